/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a metadata text. What is read as a VG must be sound, must be written, and the
 * writing must be read back as the same text. Whether the LVs are read one by one or as a whole
 * makes no difference.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "metadata/base/cleanup.h"
#include "metadata/check.h"
#include "metadata/vg_text.h"

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_text(struct vg *vg, enum vg_text_form form, struct buf *out)
{
	static const struct vg_text_info info = { .description = "fuzz" };

	assert(!vg_export(vg, form, &info, out, NULL));
}

static void read_back(const struct buf *text)
{
	AUTO_BUF struct buf again = { .limit = OUT_MAX };
	struct vg *vg = NULL, *copy;

	assert(!vg_import(text->data, text->used, &vg, NULL, NULL));
	copy = vg_copy(vg);
	vg_free(vg);
	assert(copy && !vg_check(copy, NULL));
	write_text(copy, VG_TEXT_DISK, &again);
	assert(again.used == text->used && !memcmp(again.data, text->data, text->used));
	vg_free(copy);
}

/* Of a second section of LVs, an empty one, only the text as a whole makes sense. */
static void read_as_a_whole(const char *data, size_t size, const struct buf *expected)
{
	AUTO_BUF struct buf twice = { .limit = OUT_MAX };
	AUTO_BUF struct buf disk = { .limit = OUT_MAX };
	const char *brace = memchr(data, '{', size);
	struct vg *vg = NULL;
	size_t head;

	if (!brace)
		return;
	head = (size_t)(brace + 1 - data);
	/* In a comment or a string it is none that begins the VG, nor behind a path. */
	if (memchr(data, '#', head) || memchr(data, '"', head) || memchr(data, '\'', head) ||
	    memchr(data, '/', head))
		return;
	buf_add(&twice, data, head);
	buf_puts(&twice, "logical_volumes { }");
	buf_add(&twice, data + head, size - head);
	assert(!vg_import(twice.data, twice.used, &vg, NULL, NULL));
	write_text(vg, VG_TEXT_DISK, &disk);
	vg_free(vg);
	assert(disk.used == expected->used && !memcmp(disk.data, expected->data, disk.used));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf disk = { .limit = OUT_MAX };
	AUTO_BUF struct buf file = { .limit = OUT_MAX };
	struct vg *vg = NULL;

	if (vg_import((const char *)data, size, &vg, NULL, NULL))
		return 0;
	for (uint32_t i = 0; i < vg->lv_count; i++) {
		(void)lv_is_partial(vg->lvs[i]);
		(void)lv_is_operable(vg->lvs[i]);
	}
	write_text(vg, VG_TEXT_FILE, &file);
	write_text(vg, VG_TEXT_DISK, &disk);
	vg_free(vg);
	read_back(&disk);
	read_as_a_whole((const char *)data, size, &disk);
	return 0;
}
