/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One metadata area: header, committed text, precommitted text.
 *
 * Readers take no lock. A header is one block, so it is old or new; but its text may be written
 * over by the second commit after it was read. So a bad area is read again, header first, before it
 * is called bad.
 */
#include "lib/store/store_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fd.h"
#include "metadata/base/crc.h"

#define READ_TRIES	  3
#define GATHERED_TEXT_MAX ((uint64_t)16 << 20) /* longer ones are read alone */
#define COMPARED_TEXT_MIN ((uint64_t)64 << 10) /* shorter ones are sooner read than waited for */

/* ---- texts ---- */

static int bad_checksum(const struct device *device, const struct mda_header *header,
			const struct mda_location *location, struct err *err)
{
	return err_set(err, EUCLEAN, "Checksum error on %s at offset %llu.", device->name,
		       (unsigned long long)(header->start_bytes + location->offset_bytes));
}

/* The bytes at @location, whatever they are. */
static int read_bytes(struct disk_reader *reader, const struct mda_header *header,
		      const struct mda_location *location, char **ret_text, struct err *err)
{
	const struct device *device = reader->device;
	struct mda_pieces pieces = mda_text_pieces(header, location);
	AUTO_FREE char *text = NULL;
	size_t done = 0;
	int rc;

	if (location->size_bytes > VG_TEXT_MAX)
		return err_set(err, EUCLEAN, "Metadata text on %s is too long (%llu bytes).",
			       device->name, (unsigned long long)location->size_bytes);
	if (!(text = malloc(location->size_bytes + 1)))
		return err_set(err, ENOMEM, "Out of memory for the metadata on %s.", device->name);
	for (unsigned i = 0; i < pieces.count; i++) {
		size_t length = (size_t)pieces.piece[i].size_bytes;

		if (length > location->size_bytes - done)
			return err_set(err, EUCLEAN, "Metadata text on %s is not in its area.",
				       device->name);
		if ((rc = disk_read(reader, pieces.piece[i].offset_bytes, text + done, length,
				    err)))
			return rc;
		done += length;
	}
	if (done != location->size_bytes)
		return bad_checksum(device, header, location, err);
	text[done] = '\0';
	*ret_text = text;
	text = NULL;
	return 0;
}

static bool checksum_is_right(const char *text, const struct mda_location *location)
{
	return lvm_crc(LVM_CRC_INITIAL, text, (size_t)location->size_bytes) == location->checksum;
}

int mda_text_read(struct disk_reader *reader, const struct mda_header *header,
		  const struct mda_location *location, char **ret_text, struct err *err)
{
	AUTO_FREE char *text = NULL;
	int rc;

	if ((rc = read_bytes(reader, header, location, &text, err)))
		return rc;
	if (!checksum_is_right(text, location))
		return bad_checksum(reader->device, header, location, err);
	*ret_text = text;
	text = NULL;
	return 0;
}

/* A text that came with a batch is used where it is, if it is there in one piece; NULL: it is not.
 */
static const char *find_in_batch(const struct disk_reader *reader, const struct mda_header *header,
				 const struct mda_location *location)
{
	struct mda_pieces pieces = mda_text_pieces(header, location);
	const char *text = NULL;
	size_t done = 0;

	if (location->size_bytes > VG_TEXT_MAX)
		return NULL;
	for (unsigned i = 0; i < pieces.count; i++) {
		const size_t length = (size_t)pieces.piece[i].size_bytes;
		const char *piece = disk_peek(reader, pieces.piece[i].offset_bytes, length);

		if (!piece || (text && piece != text + done))
			return NULL;
		text = text ? text : piece;
		done += length;
	}
	return done == location->size_bytes ? text : NULL;
}

/* The text, which is in @bytes of malloc() or, when that is NULL, came with a batch. */
static const struct known_text *keep_text(struct scan *scan, struct disk_reader *reader,
					  const char *text, char *bytes,
					  const struct mda_location *location, struct err *err)
{
	const size_t length = (size_t)location->size_bytes;
	struct text_memory memory = { .block = bytes };
	const struct known_text *known;
	const bool taken = !bytes && disk_take(reader, text, &memory);

	assert(text);
	if (!memory.block) {
		if (!(memory.block = malloc(length + 1))) {
			(void)err_set(err, ENOMEM, "Out of memory for metadata.");
			return NULL;
		}
		text = memcpy(memory.block, text, length);
	}
	known = scan_keep_text(scan, text, length, location->checksum, &memory, err);
	if (!known && taken)
		disk_reader_forget(reader); /* it is released */
	return known;
}

static int read_known_text(struct scan *scan, struct disk_reader *reader, struct mda_copy *copy,
			   const struct known_text **ret_known, struct err *err)
{
	const struct mda_location *location = &copy->header.committed;
	const size_t length = (size_t)location->size_bytes;
	AUTO_FREE char *bytes = NULL;
	const char *text;
	int rc;

	if ((*ret_known = scan_find_place(scan, copy, location)))
		return 0;
	if (!(text = find_in_batch(reader, &copy->header, location))) {
		if ((rc = read_bytes(reader, &copy->header, location, &bytes, err))) {
			copy->state = rc == -EUCLEAN ? MDA_BAD_TEXT : MDA_UNREADABLE;
			return rc;
		}
		text = bytes;
	}
	if ((*ret_known = scan_find_text(scan, text, length, location->checksum)))
		return 0;
	copy->state = MDA_BAD_TEXT;
	if (!checksum_is_right(text, location))
		return bad_checksum(reader->device, &copy->header, location, err);
	*ret_known = keep_text(scan, reader, text, bytes, location, err);
	bytes = NULL;
	return *ret_known ? 0 : -EUCLEAN;
}

/* ---- one try ---- */

static int read_header(struct disk_reader *reader, struct mda_copy *copy, struct err *err)
{
	unsigned char sector[MDA_HEADER_BYTES];
	int rc;

	if ((rc = disk_read(reader, copy->area.offset_bytes, sector, sizeof(sector), err))) {
		copy->state = MDA_UNREADABLE;
		return rc;
	}
	if ((rc = mda_header_decode(sector, &copy->area, &copy->header, err)))
		copy->state = MDA_BAD_HEADER;
	return rc;
}

static int read_committed(struct scan *scan, struct disk_reader *reader, struct mda_copy *copy,
			  struct err *err)
{
	const struct mda_location *location = &copy->header.committed;
	const struct known_text *known = NULL;
	int rc;

	copy->ignored = location->flags & MDA_LOCATION_IGNORED;
	copy->state = MDA_EMPTY;
	if (!location->offset_bytes || copy->ignored)
		return 0;
	if ((rc = read_known_text(scan, reader, copy, &known, err)))
		return rc;
	copy->state = MDA_VALID;
	copy->summary = known->summary;
	copy->text = known->text;
	copy->text_length = known->length;
	scan_note_place(scan, copy);
	return 0;
}

static uint32_t seqno_of(struct scan *scan, const char *text, const struct mda_location *location)
{
	AUTO_ARENA struct arena arena = { .limit = VG_TEXT_MAX };
	size_t length = (size_t)location->size_bytes;
	const struct known_text *known = scan_find_text(scan, text, length, location->checksum);
	struct vg_summary summary;

	if (known)
		return known->summary.seqno;
	if (!checksum_is_right(text, location) ||
	    vg_text_summary(text, length, &arena, &summary, NULL))
		return 0;
	return summary.seqno;
}

/* Only its seqno counts, and only if it is readable: nothing is said when it is not. */
static void read_precommitted(struct scan *scan, struct disk_reader *reader, struct mda_copy *copy)
{
	const struct mda_location *location = &copy->header.precommitted;
	AUTO_FREE char *text = NULL;

	copy->precommitted_seqno = 0;
	if (!location->offset_bytes || !location->size_bytes ||
	    location->offset_bytes == copy->header.committed.offset_bytes)
		return;
	if (!read_bytes(reader, &copy->header, location, &text, NULL))
		copy->precommitted_seqno = seqno_of(scan, text, location);
}

/* ---- warnings ---- */

static void warn_bad_text(struct context *context, const struct mda_copy *copy, unsigned number,
			  const char *reason)
{
	const char *name = copy->pv_disk->device->name;
	unsigned long long at = copy->area.offset_bytes + copy->header.committed.offset_bytes;

	ctx_warn(context, "WARNING: %s", reason);
	ctx_warn(context, "WARNING: invalid metadata text from %s at %llu.", name, at);
	ctx_warn(context, "WARNING: metadata on %s at %llu has invalid summary for VG.", name, at);
	ctx_warn(context, "WARNING: bad metadata text on %s in mda%u", name, number);
}

static void warn_bad_copy(struct context *context, const struct mda_copy *copy,
			  const struct err *reason)
{
	const struct pv_disk *pv_disk = copy->pv_disk;
	const char *name = pv_disk->device->name;
	unsigned number = (unsigned)(copy - pv_disk->mdas) + 1;

	if (copy->state == MDA_BAD_TEXT) {
		warn_bad_text(context, copy, number, reason->text);
	} else if (copy->state == MDA_BAD_HEADER) {
		ctx_warn(context, "WARNING: %s on %s at %llu", reason->text, name,
			 (unsigned long long)copy->area.offset_bytes);
		ctx_warn(context, "WARNING: bad metadata header on %s at %llu.", name,
			 (unsigned long long)copy->area.offset_bytes);
	} else {
		ctx_warn(context, "%s", reason->text);
	}
	ctx_warn(context, "WARNING: scanning %s mda%u failed to read metadata summary.", name,
		 number);
	ctx_warn(context, "WARNING: repair VG metadata on %s with vgck --updatemetadata.", name);
	ctx_warn(context, "WARNING: scan failed to get metadata summary from %s PVID %.*s", name,
		 UUID_LENGTH, pv_disk->header.id.text);
}

void mda_copy_read(struct context *context, struct scan *scan, struct disk_reader *reader,
		   struct mda_copy *copy, bool warn)
{
	struct err err = { 0 };
	int rc = -EUCLEAN;

	scan->index->vgs_valid = false;
	copy->precommitted_seqno = 0;
	copy->ignored = false;
	for (unsigned i = 0; rc == -EUCLEAN && i < READ_TRIES; i++) {
		if (i)
			disk_reader_forget(reader);
		if (!(rc = read_header(reader, copy, &err)))
			rc = read_committed(scan, reader, copy, &err);
	}
	if (!rc)
		read_precommitted(scan, reader, copy);
	else if (warn)
		warn_bad_copy(context, copy, &err);
}

/* ---- what will be wanted ---- */

int mda_gather_header(struct gather *gather, struct disk_reader *reader,
		      const struct mda_copy *copy, struct err *err)
{
	return gather_add(gather, reader, copy->area.offset_bytes, MDA_HEADER_BYTES, NULL, err);
}

/* Most areas of a VG hold the same text. */
static int gather_text(struct gather *gather, const struct scan *scan, struct disk_reader *reader,
		       const struct mda_header *header, const struct mda_location *location,
		       struct err *err)
{
	struct mda_pieces pieces = mda_text_pieces(header, location);
	const struct known_text *likely = scan_guess_text(scan, location);
	size_t count = gather->count, done = 0;
	int rc = 0;

	if (!location->offset_bytes || location->flags & MDA_LOCATION_IGNORED ||
	    location->size_bytes > GATHERED_TEXT_MAX)
		return 0;
	for (unsigned i = 0; !rc && i < pieces.count; i++) {
		const size_t length = (size_t)pieces.piece[i].size_bytes;

		/* What the area's own header says is more than there is of the text: hostile. */
		if (likely && length > likely->length - done)
			likely = NULL;
		if ((rc = gather_add(gather, reader, pieces.piece[i].offset_bytes, length,
				     likely ? likely->text + done : NULL, err)))
			break;
		done += length;
		if (gather->count == count)
			continue; /* it came with the head */
		count = gather->count;
		gather->items[count - 1].text_bytes = location->size_bytes;
		gather->items[count - 1].text_checksum = location->checksum;
	}
	return rc;
}

/* What is wrong with it is found, and said, when it is read in earnest. */
static bool peek_header(struct disk_reader *reader, const struct mda_copy *copy,
			struct mda_header *header)
{
	unsigned char sector[MDA_HEADER_BYTES];

	return reader->known && !reader->hangs &&
	       !disk_read(reader, copy->area.offset_bytes, sector, sizeof(sector), NULL) &&
	       !mda_header_decode(sector, &copy->area, header, NULL);
}

int mda_gather_texts(struct gather *gather, struct scan *scan, struct disk_reader *reader,
		     const struct mda_copy *copy, struct err *err)
{
	struct mda_header header;
	int rc;

	if (!peek_header(reader, copy, &header))
		return 0;
	if (!scan_find_place(scan, copy, &header.committed) &&
	    (rc = gather_text(gather, scan, reader, &header, &header.committed, err)))
		return rc;
	if (header.precommitted.offset_bytes == header.committed.offset_bytes)
		return 0;
	return gather_text(gather, scan, reader, &header, &header.precommitted, err);
}

bool mda_text_is_gathered(const struct gather *gather, struct disk_reader *reader,
			  const struct mda_copy *copy)
{
	struct mda_header header;

	if (!gather->count || !peek_header(reader, copy, &header) ||
	    header.committed.size_bytes < COMPARED_TEXT_MIN)
		return false;
	for (size_t i = 0; i < gather->count; i++)
		if (!gather->items[i].read.expected &&
		    gather->items[i].text_bytes == header.committed.size_bytes &&
		    gather->items[i].text_checksum == header.committed.checksum)
			return true;
	return false;
}
