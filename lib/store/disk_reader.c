/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading one device of a scan: from what a batch has brought, or else from the device itself. A
 * device that let a batch wait in vain is not asked again.
 */
#include "lib/store/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "metadata/base/cleanup.h"

/* ---- one reader ---- */

static const unsigned char *find_known(const struct disk_reader *reader, uint64_t offset,
				       size_t length)
{
	for (const struct known_bytes *known = reader->known; known; known = known->next)
		if (offset >= known->offset && offset - known->offset <= known->length &&
		    length <= known->length - (size_t)(offset - known->offset))
			return known->bytes + (offset - known->offset);
	return NULL;
}

int disk_read(struct disk_reader *reader, uint64_t offset, void *bytes, size_t length,
	      struct err *err)
{
	const unsigned char *known = find_known(reader, offset, length);

	if (known) {
		memcpy(bytes, known, length);
		return 0;
	}
	if (reader->hangs)
		return err_set(err, ETIMEDOUT, "%s: reading timed out.", reader->device->name);
	if (reader->fd < 0 && (reader->fd = device_open(reader->device, DEVICE_READ, err)) < 0)
		return reader->fd;
	return device_read(reader->fd, reader->device, offset, bytes, length, err);
}

const void *disk_peek(const struct disk_reader *reader, uint64_t offset, size_t length)
{
	return find_known(reader, offset, length);
}

bool disk_take(struct disk_reader *reader, const void *bytes, struct text_memory *ret_memory)
{
	for (const struct known_bytes *known = reader->known; known; known = known->next)
		if (known->alone && known->bytes == bytes)
			return batch_take_memory(&known->alone->batch, bytes, &ret_memory->block,
						 &ret_memory->mapped_bytes);
	return false;
}

void disk_reader_forget(struct disk_reader *reader)
{
	reader->known = NULL;
}

void disk_reader_close(struct disk_reader *reader)
{
	if (reader->fd >= 0)
		(void)close(reader->fd);
	reader->fd = -1;
	reader->known = NULL;
}

/* ---- many at once ---- */

int gather_add(struct gather *gather, struct disk_reader *reader, uint64_t offset, size_t length,
	       const void *expected, struct err *err)
{
	if (find_known(reader, offset, length))
		return 0;
	if (gather->count == gather->size) {
		size_t size = gather->size ? gather->size * 2 : 64;
		struct gathered *grown = reallocarray(gather->items, size, sizeof(*grown));

		if (!grown)
			return err_set(err, ENOMEM, "Out of memory for the scan.");
		gather->items = grown;
		gather->size = size;
	}
	gather->items[gather->count++] = (struct gathered){
		.reader = reader,
		.read = { .device = reader->device,
			  .offset = offset,
			  .length = length,
			  .expected = expected },
	};
	gather->bytes += expected ? 0 : length;
	return 0;
}

/* What came goes to the readers. */
static void hand_out(struct gather *gather, const struct batch_read *reads)
{
	for (size_t i = 0; i < gather->count; i++) {
		struct gathered *item = &gather->items[i];

		item->read = reads[i];
		if (reads[i].code == -ETIMEDOUT)
			item->reader->hangs = true;
		if (!reads[i].got)
			continue;
		item->known = (struct known_bytes){ .offset = reads[i].offset,
						    .length = reads[i].got,
						    .bytes = reads[i].bytes,
						    .alone = gather->count == 1 ? gather : NULL,
						    .next = item->reader->known };
		item->reader->known = &item->known;
	}
}

int gather_run(struct gather *gather, unsigned timeout_ms, struct err *err)
{
	AUTO_FREE struct batch_read *reads = NULL;
	int rc;

	if (!gather->count)
		return 0;
	if (!(reads = calloc(gather->count, sizeof(*reads))))
		return err_set(err, ENOMEM, "Out of memory for the scan.");
	for (size_t i = 0; i < gather->count; i++)
		reads[i] = gather->items[i].read;
	gather->batch =
		(struct batch){ .reads = reads, .count = gather->count, .timeout_ms = timeout_ms };
	rc = batch_run(&gather->batch, err);
	gather->batch.reads = NULL;
	if (!rc)
		hand_out(gather, reads);
	return rc;
}

void gather_free(struct gather *gather)
{
	batch_free(&gather->batch);
	free(gather->items);
	*gather = (struct gather){ 0 };
}
