/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks of strangers, read as a scan reads them: labels, areas, texts, the VGs that they make up.
 *
 * A disk is rows of offset (32 bits), length (32 bits), bytes; elsewhere it cannot be read. A row
 * at the highest offset ends a disk. Checksums of labels, area headers and of texts that are whole
 * rows are made right, so that what is behind them is reached.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store/store_private.h"
#include "metadata/base/cleanup.h"
#include "metadata/check.h"
#include "tests/fuzz/seal.h"

#define DISKS_MAX   4
#define ROWS_MAX    32
#define ROW_HEADER  8
#define END_OF_DISK UINT32_MAX
#define LOCATIONS   40 /* in an area header */
#define HEAD_BYTES  ((size_t)LABEL_SCAN_SECTORS * SECTOR_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct disk {
	struct device device;
	struct known_bytes rows[ROWS_MAX];
	unsigned char *bytes[ROWS_MAX]; /* of rows, to be changed and freed */
	size_t row_count;
	unsigned char head[HEAD_BYTES];
};

static void say(void *data, enum message_level level, const char *text)
{
	(void)data;
	(void)level;
	assert(text);
}

/* ---- rows ---- */

/* Little-endian. */
static uint64_t number(const unsigned char *bytes, unsigned width)
{
	uint64_t value = 0;

	while (width--)
		value = value << 8 | bytes[width];
	return value;
}

static const struct known_bytes *row_at(const struct disk *disk, uint64_t offset, uint64_t length)
{
	for (size_t i = 0; i < disk->row_count; i++)
		if (disk->rows[i].offset == offset && disk->rows[i].length == length)
			return &disk->rows[i];
	return NULL;
}

static void seal_area(const struct disk *disk, unsigned char *header)
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned char *location = header + LOCATIONS + (size_t)24 * i;
		const struct known_bytes *text =
			row_at(disk, number(header + 24, 8) + number(location, 8),
			       number(location + 8, 8));

		if (text)
			seal(location + 16, text->bytes, text->length);
	}
	seal_mda_header(header);
}

static void seal_all(struct disk *disk)
{
	for (size_t i = 0; i < disk->row_count; i++) {
		unsigned char *bytes = disk->bytes[i];
		size_t length = disk->rows[i].length;

		if (length >= MDA_HEADER_BYTES && !memcmp(bytes + 4, " LVM2 x[5A%r0N*>", 16))
			seal_area(disk, bytes);
		for (size_t at = 0; at + SECTOR_BYTES <= length; at += SECTOR_BYTES)
			if (label_is_present(bytes + at))
				seal_label(bytes + at);
	}
}

/* Returns where the next disk begins. */
static size_t read_rows(struct disk *disk, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (size - at >= ROW_HEADER) {
		uint32_t offset = (uint32_t)number(data + at, 4);
		size_t length = (size_t)number(data + at + 4, 4);
		unsigned char *bytes;

		at += ROW_HEADER;
		if (offset == END_OF_DISK || disk->row_count == ROWS_MAX)
			return at;
		if (length > size - at)
			length = size - at;
		bytes = malloc(length + 1);
		assert(bytes);
		memcpy(bytes, data + at, length);
		disk->bytes[disk->row_count] = bytes;
		disk->rows[disk->row_count] =
			(struct known_bytes){ .offset = offset, .length = length, .bytes = bytes };
		if (disk->row_count)
			disk->rows[disk->row_count - 1].next = &disk->rows[disk->row_count];
		disk->row_count++;
		at += length;
	}
	return size;
}

/* ---- the scan ---- */

static void add_disk(struct context *context, struct scan *scan, struct disk *disk)
{
	struct disk_reader reader = { .device = &disk->device, .fd = -1, .known = disk->rows };
	struct pv_header header;
	struct pv_disk *pv;
	uint64_t sector;

	if (!disk_read(&reader, 0, disk->head, HEAD_BYTES, NULL) &&
	    scan_find_label(context, &disk->device, disk->head, &header, &sector)) {
		assert(!scan_add_pv(scan, &disk->device, &header, sector, &pv, NULL));
		for (uint32_t i = 0; i < pv->mda_count; i++) {
			reader.known = disk->rows;
			mda_copy_read(context, scan, &reader, &pv->mdas[i], true);
		}
	}
	disk_reader_close(&reader);
}

static void read_vgs(struct context *context, struct scan *scan)
{
	const struct vg_summary *summaries;
	size_t count;

	if (scan_list_vgs(scan, &summaries, &count, NULL))
		return;
	for (size_t i = 0; i < count; i++) {
		struct stored_vg *stored = NULL;
		struct err err = { 0 };

		if (stored_vg_read(context, scan, summaries[i].name, &summaries[i].id, &stored,
				   &err)) {
			assert(*err.text);
			continue;
		}
		assert(!vg_check(stored->vg, NULL));
		(void)stored_vg_mda_count(stored);
		stored_vg_free(stored);
	}
}

static void scan_disks(struct context *context, struct disk *disks, size_t count)
{
	struct scan *scan = calloc(1, sizeof(*scan));

	assert(scan);
	scan->arena.limit = (size_t)256 << 20;
	scan->index = arena_new(&scan->arena, struct scan_index);
	scan->devices = calloc(1, sizeof(*scan->devices));
	assert(scan->index && scan->devices);
	scan_begin_texts(context, scan);
	for (size_t i = 0; i < count; i++)
		add_disk(context, scan, &disks[i]);
	scan_resolve_duplicates(context, scan);
	assert(!scan_index_vgs(scan, NULL));
	scan_end_texts(context, scan);
	read_vgs(context, scan);
	scan_free(scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[DISKS_MAX] = { "/a/1", "/a/2", "/a/3", "/a/4" };
	static const char *const no_aliases[] = { NULL };
	static struct context *context;
	struct disk *disks = calloc(DISKS_MAX, sizeof(*disks));
	struct context_options options = { .system_dir = "/nonexistent",
					   .ops = { .message = say } };
	size_t count = 0;

	assert(disks && (context || !context_open(&options, &context, NULL)));
	for (; count < DISKS_MAX && size; count++) {
		size_t used = read_rows(&disks[count], data, size);

		disks[count].device = (struct device){ .name = names[count],
						       .aliases = no_aliases,
						       .devno = (dev_t)count + 1,
						       .size_bytes = (uint64_t)1 << 32,
						       .logical_block_bytes = SECTOR_BYTES };
		seal_all(&disks[count]);
		data += used;
		size -= used;
	}
	scan_disks(context, disks, count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < disks[i].row_count; k++)
			free(disks[i].bytes[k]);
	free(disks);
	return 0;
}
