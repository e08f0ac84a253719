/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables built from metadata, against what LVM2 loaded for the same metadata. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "lib/activate/activate.h"
#include "lib/activate/mapper.h"
#include "lib/activate/nodes.h"
#include "metadata/base/cleanup.h"
#include "metadata/vg_text.h"

#define LIMIT	((size_t)1 << 20)
#define PVS_MAX 4
#define UBD	98 /* major number of the disks that LVM2 ran on; 16 minors each */
#define ENOUGH	(UINT64_C(1) << 40)

/* A sample: its VG, and disks such as LVM2 had them. */
struct sample {
	struct stored_vg stored;
	struct device devices[PVS_MAX];
	struct pv_disk disks[PVS_MAX];
	struct pv_disk *pv_disks[PVS_MAX];
};

static void read_file(const char *name, const char *suffix, struct buf *out)
{
	char path[512], bytes[4096];
	size_t got;
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/table/%s.%s", TEST_DATA, name, suffix);
	if (!(in = fopen(path, "re")))
		fail_msg("%s: %s", path, strerror(errno));
	while ((got = fread(bytes, 1, sizeof(bytes), in)) > 0)
		buf_add(out, bytes, got);
	(void)fclose(in);
	assert_false(out->failed || !out->used);
}

static void sample_load(struct sample *sample, const char *name)
{
	struct buf AUTO_BUF text = { .limit = LIMIT };
	struct err err = { 0 };

	*sample = (struct sample){ .stored.pv_disks = sample->pv_disks };
	read_file(name, "vg", &text);
	if (vg_import(text.data, text.used, &sample->stored.vg, NULL, &err))
		fail_msg("%s: %s", name, err.text);
	assert_in_range(sample->stored.vg->pv_count, 1, PVS_MAX);
	for (uint32_t i = 0; i < sample->stored.vg->pv_count; i++) {
		const char *hint = sample->stored.vg->pvs[i]->device_hint;
		unsigned int number = (unsigned int)(hint[strlen(hint) - 1] - 'a');

		sample->devices[i] = (struct device){ .name = hint,
						      .devno = makedev(UBD, 16 * number),
						      .size_bytes = ENOUGH };
		sample->disks[i].device = &sample->devices[i];
		sample->pv_disks[i] = &sample->disks[i];
	}
}

/* The lines "name: table" of one device. */
static void expected_table(const char *all, const char *name, struct buf *out)
{
	size_t length = strlen(name);

	while (*all) {
		const char *end = strchr(all, '\n');

		assert_non_null(end);
		if (!strncmp(all, name, length) && !strncmp(all + length, ": ", 2))
			buf_add(out, all + length + 2, (size_t)(end + 1 - (all + length + 2)));
		all = end + 1;
	}
}

static void check_sample(const char *name, size_t lines_expected)
{
	struct buf AUTO_BUF all = { .limit = LIMIT };
	struct sample sample;
	size_t lines = 0;

	read_file(name, "dmtable", &all);
	sample_load(&sample, name);
	for (uint32_t i = 0; i < sample.stored.vg->lv_count; i++) {
		const struct lv *lv = sample.stored.vg->lvs[i];
		struct buf AUTO_BUF expected = { .limit = LIMIT },
				    AUTO_BUF built = { .limit = LIMIT };
		char dm_name[MAPPER_NAME_SIZE];
		struct err err = { 0 };

		assert_int_equal(dm_name_build(sample.stored.vg->name, lv->name, dm_name, NULL), 0);
		expected_table(all.data, dm_name, &expected);
		if (lv_table_build(&sample.stored, lv, &built, &err))
			fail_msg("%s: %s", dm_name, err.text);
		if (!expected.used)
			continue; /* was not active */
		assert_string_equal(built.data, expected.data);
		lines += lv->seg_count;
	}
	/* So that none is passed over. */
	assert_int_equal(lines, lines_expected);
	vg_free(sample.stored.vg);
}

static void tables_are_those_of_lvm2(void **state)
{
	(void)state;
	check_sample("01-plain", 1);
	check_sample("02-three-tags", 2);
	check_sample("03-striped", 2);
	check_sample("04-segments", 10);
	check_sample("05-hyphens", 3);
}

static void a_missing_pv_is_named(void **state)
{
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct err err = { 0 };
	struct sample sample;

	(void)state;
	sample_load(&sample, "03-striped");
	sample.pv_disks[1] = NULL;
	assert_int_equal(lv_table_build(&sample.stored, sample.stored.vg->lvs[0], &out, &err),
			 -ENXIO);
	assert_non_null(strstr(err.text, "vgs/st"));
	assert_non_null(strstr(err.text, "/dev/ubdb"));
	vg_free(sample.stored.vg);
}

static void a_device_shorter_than_the_metadata_is_refused(void **state)
{
	struct buf AUTO_BUF out = { .limit = LIMIT }, AUTO_BUF again = { .limit = LIMIT };
	struct err err = { 0 };
	struct sample sample;
	uint64_t end = (UINT64_C(2048) + 24576) * 512;

	(void)state;
	sample_load(&sample, "01-plain");
	sample.devices[0].size_bytes = end;
	if (lv_table_build(&sample.stored, sample.stored.vg->lvs[0], &out, &err))
		fail_msg("%s", err.text);
	sample.devices[0].size_bytes = end - 512;
	assert_int_equal(lv_table_build(&sample.stored, sample.stored.vg->lvs[0], &again, &err),
			 -ENOSPC);
	assert_non_null(strstr(err.text, "/dev/ubda"));
	vg_free(sample.stored.vg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_those_of_lvm2),
		cmocka_unit_test(a_missing_pv_is_named),
		cmocka_unit_test(a_device_shorter_than_the_metadata_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
