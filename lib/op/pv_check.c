/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvck: look at what is on one device, without the scan that other commands begin with. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/op/op.h"
#include "lib/op/pv_raw.h"
#include "metadata/base/cleanup.h"
#include "metadata/vg_text.h"

#define FILE_MODE	 0600
#define USUAL_MDA_OFFSET 4096
#define USUAL_MDA_SIZE	 1044480
#define COPY_BYTES	 ((size_t)1 << 20)

typedef unsigned long long ull;

#define AUTO_RAW  CLEANUP(pv_raw_close)
#define AUTO_TEXT CLEANUP(raw_text_free)

static int found_bad(const struct pv_raw *raw, struct err *err)
{
	return raw->is_bad ? err_set(err, EUCLEAN, "Found bad header or metadata values.") : 0;
}

/* ---- files ---- */

static int open_output(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, FILE_MODE);

	return fd < 0 ? err_set(err, errno, "%s: open failed: %s", path, strerror(errno)) : fd;
}

static int put(int fd, const char *path, const void *bytes, size_t length, struct err *err)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = write(fd, (const char *)bytes + done, length - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, errno, "%s: write failed: %s", path, strerror(errno));
		done += (size_t)n;
	}
	return 0;
}

/* ---- committed text ---- */

/* Say what it is, and whether its checksum is right. -ENOENT: there is none. */
static int look_at_text(struct pv_raw *raw, unsigned number, bool say, struct raw_text *ret_text,
			struct err *err)
{
	const struct raw_mda *mda = &raw->mdas[number];
	int rc;

	if (!mda->has_magic)
		return err_set(err, ENOENT, "The area's header is bad.");
	if ((rc = pv_raw_read_text(raw, mda, ret_text, err)) == -EUCLEAN)
		pv_raw_wrong(raw, "mda_header_%u.raw_locn[0] is not in the area", number + 1);
	if (rc)
		return rc;
	if (ret_text->crc != mda->header.committed.checksum)
		pv_raw_wrong(raw,
			     "metadata text at %llu crc does not match "
			     "mda_header_%u.raw_locn[0].checksum",
			     (ull)ret_text->offset_bytes, number + 1);
	if (say)
		ctx_print(raw->context, "metadata text at %llu crc 0x%x # vgname %s seqno %lu",
			  (ull)ret_text->offset_bytes, ret_text->crc, ret_text->vg_name,
			  ret_text->seqno);
	return 0;
}

/* All areas, with their texts. */
static int look_at_areas(struct pv_raw *raw, bool say, struct err *err)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < raw->mda_count; i++) {
		struct raw_text AUTO_TEXT text = { 0 };
		struct err ignored = { 0 };

		if (!(rc = pv_raw_look_at_mda(raw, i, err)))
			(void)!look_at_text(raw, i, say, &text, &ignored);
	}
	return rc;
}

int op_pv_check(struct context *context, const char *path, struct err *err)
{
	struct pv_raw AUTO_RAW raw;
	int rc;

	if ((rc = pv_raw_open(context, path, DEVICE_READ, &raw, err)))
		return rc;
	pv_raw_look_at_label(&raw);
	if (!raw.has_label)
		return err_set(err, ENOENT, "Could not find LVM label on %s", path);
	if ((rc = look_at_areas(&raw, false, err)))
		return rc;
	ctx_print(context, "Found label on %s, sector %llu, type=LVM2 001", path,
		  (ull)raw.label_sector);
	for (unsigned i = 0; i < raw.mda_count; i++)
		if (raw.mdas[i].has_magic)
			ctx_print(context, "Found text metadata area: offset=%llu, size=%llu",
				  (ull)raw.mdas[i].area.offset_bytes,
				  (ull)raw.mdas[i].area.size_bytes);
	return found_bad(&raw, err);
}

/* ---- --dump ---- */

static int dump_text(struct pv_raw *raw, const char *file, struct err *err)
{
	struct raw_text AUTO_TEXT text = { 0 };
	AUTO_CLOSE int fd = -1;
	struct err why = { 0 };
	int rc;

	if ((rc = look_at_text(raw, 0, true, &text, &why)))
		return rc == -ENOENT || rc == -EUCLEAN ? 0 : err_set(err, -rc, "%s", why.text);
	if (!file) {
		ctx_print(raw->context, "---");
		ctx_print(raw->context, "%s", text.bytes);
		ctx_print(raw->context, "---");
		return 0;
	}
	if ((fd = open_output(file, err)) < 0)
		return fd;
	return put(fd, file, text.bytes, text.length, err);
}

struct dumper {
	struct context *context;
	const char *file; /* NULL: only a line per text */
	int fd;
	char first_id[UUID_DASHED_SIZE];
	bool differ; /* not all texts are of one VG */
};

/* A line of the text that begins with @key, for people who ask for more. */
static void print_line(struct context *context, const struct raw_text *text, const char *key)
{
	const char *line = strstr(text->bytes, key);

	if (line)
		ctx_print(context, "%.*s", (int)strcspn(line + 1, "\n"), line + 1);
}

static int dump_found(void *data, const struct raw_text *text, struct err *err)
{
	struct dumper *dumper = data;

	ctx_print(dumper->context, "metadata at %llu length %zu crc %08x vg %s seqno %lu id %s",
		  (ull)text->offset_bytes, text->length, text->crc, text->vg_name, text->seqno,
		  text->id);
	if (dumper->context->options.verbose) {
		print_line(dumper->context, text, "\ndescription = ");
		print_line(dumper->context, text, "\ncreation_time = ");
		ctx_print(dumper->context, "%s", "");
	}
	if (!dumper->first_id[0])
		memcpy(dumper->first_id, text->id, sizeof(text->id));
	dumper->differ |= strcmp(dumper->first_id, text->id) != 0;
	return dumper->file ? put(dumper->fd, dumper->file, text->bytes, text->length - 1, err) : 0;
}

static int dump_all(struct pv_raw *raw, const char *file, bool search, struct err *err)
{
	struct dumper dumper = { .context = raw->context, .file = file, .fd = -1 };
	struct disk_area area = { USUAL_MDA_OFFSET, USUAL_MDA_SIZE };
	AUTO_CLOSE int fd = -1;
	int rc;

	if (raw->mda_count)
		area = raw->mdas[0].area;
	else if (search)
		ctx_print(raw->context, "Using common defaults for first mda: offset %d size %d.",
			  USUAL_MDA_OFFSET, USUAL_MDA_SIZE);
	else
		return 0;
	if (search)
		ctx_print(raw->context, "Searching for metadata at offset %llu size %llu",
			  (ull)area.offset_bytes, (ull)area.size_bytes);
	if (file && (fd = open_output(file, err)) < 0)
		return fd;
	dumper.fd = fd;
	rc = pv_raw_search(raw, &area, dump_found, &dumper, err);
	if (dumper.differ)
		ctx_warn(raw->context, "WARNING: metadata from multiple VGs was found.");
	return rc;
}

static int dump_area(const struct pv_raw *raw, const char *file, struct err *err)
{
	const struct disk_area *area = &raw->mdas[0].area;
	AUTO_FREE unsigned char *bytes = NULL;
	AUTO_CLOSE int fd = -1;
	int rc = 0;

	if (!file)
		return err_set(err, ENOENT, "--dump metadata_area needs --file.");
	if (!(bytes = malloc(COPY_BYTES)))
		return err_set(err, ENOMEM, "Out of memory.");
	if ((fd = open_output(file, err)) < 0)
		return fd;
	for (uint64_t done = 0; !rc && done < area->size_bytes; done += COPY_BYTES) {
		size_t length = area->size_bytes - done < COPY_BYTES
					? (size_t)(area->size_bytes - done)
					: COPY_BYTES;

		if (!(rc = device_read(raw->fd, raw->device, area->offset_bytes + done, bytes,
				       length, err)))
			rc = put(fd, file, bytes, length, err);
	}
	return rc;
}

int op_pv_dump(struct context *context, const char *path, enum pv_dump_kind kind, const char *file,
	       struct err *err)
{
	struct pv_raw AUTO_RAW raw;
	int rc;

	if ((rc = pv_raw_open(context, path, DEVICE_READ, &raw, err)))
		return rc;
	raw.print = kind == PV_DUMP_HEADERS;
	pv_raw_look_at_label(&raw);
	if (!raw.mda_count && kind != PV_DUMP_SEARCH) {
		ctx_print(context, "zero metadata copies");
		return 0;
	}
	if (kind == PV_DUMP_HEADERS) {
		rc = look_at_areas(&raw, true, err);
		return rc ? rc : found_bad(&raw, err);
	}
	if (raw.mda_count && (rc = pv_raw_look_at_mda(&raw, 0, err)))
		return rc;
	switch (kind) {
	case PV_DUMP_METADATA:
		rc = dump_text(&raw, file, err);
		return rc ? rc : found_bad(&raw, err);
	case PV_DUMP_ALL:
	case PV_DUMP_SEARCH:
		return dump_all(&raw, file, kind == PV_DUMP_SEARCH, err);
	case PV_DUMP_AREA:
		return dump_area(&raw, file, err);
	case PV_DUMP_HEADERS:
	default:
		return 0;
	}
}
