/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The area is one header sector and a ring of text bytes, 512..size-1. Offsets of the header and
 * the rules of the ring are in FORMAT.md.
 */
#include "metadata/mda.h"

#include <errno.h>
#include <string.h>

#include "metadata/base/crc.h"
#include "metadata/base/span.h"

#define MDA_MAGIC	" LVM2 x[5A%r0N*>"
#define MDA_MAGIC_BYTES 16
#define MDA_VERSION	1
#define MDA_CRC_START	4 /* the checksum covers what is from here to the sector's end */
#define RING_START	MDA_HEADER_BYTES
#define AREA_MIN_BYTES	(4 * SECTOR_BYTES) /* a header and a ring that two texts could share */

static struct mda_location read_location(struct reader *in)
{
	struct mda_location location = { .offset_bytes = get_le64(in) };

	location.size_bytes = get_le64(in);
	location.checksum = get_le32(in);
	location.flags = get_le32(in);
	return location;
}

static bool location_is_none(const struct mda_location *location)
{
	return !location->offset_bytes;
}

/* Does the text lie in the ring, and not meet itself? */
static bool location_is_valid(const struct mda_location *location, uint64_t area_size)
{
	return location->offset_bytes >= RING_START && location->offset_bytes < area_size &&
	       location->size_bytes && location->size_bytes <= area_size - RING_START;
}

int mda_header_decode(const unsigned char sector[MDA_HEADER_BYTES], const struct disk_area *area,
		      struct mda_header *ret_header, struct err *err)
{
	struct reader in = { .at = sector, .left = MDA_HEADER_BYTES };
	uint32_t crc = get_le32(&in), expected, version;
	struct mda_header header = { 0 };
	char magic[MDA_MAGIC_BYTES];

	get_bytes(&in, magic, sizeof(magic));
	version = get_le32(&in);
	header.start_bytes = get_le64(&in);
	header.size_bytes = get_le64(&in);
	header.committed = read_location(&in);
	header.precommitted = read_location(&in);
	expected =
		lvm_crc(LVM_CRC_INITIAL, sector + MDA_CRC_START, MDA_HEADER_BYTES - MDA_CRC_START);
	if (crc != expected)
		return err_set(err, EUCLEAN, "wrong checksum %x in mda header", crc);
	if (memcmp(magic, MDA_MAGIC, MDA_MAGIC_BYTES) != 0)
		return err_set(err, EUCLEAN, "wrong magic number in mda header");
	if (version != MDA_VERSION)
		return err_set(err, EUCLEAN, "incompatible version %u mda header", version);
	if (header.start_bytes != area->offset_bytes)
		return err_set(err, EUCLEAN, "wrong start sector %llu in mda header",
			       (unsigned long long)(header.start_bytes / SECTOR_BYTES));
	if (header.size_bytes < AREA_MIN_BYTES || header.size_bytes > area->size_bytes)
		return err_set(err, EUCLEAN, "wrong size %llu in mda header",
			       (unsigned long long)header.size_bytes);
	/* An ignored area may hold anything; so may what was never committed. */
	if (!location_is_none(&header.committed) &&
	    !(header.committed.flags & MDA_LOCATION_IGNORED) &&
	    !location_is_valid(&header.committed, header.size_bytes))
		return err_set(err, EUCLEAN,
			       "metadata location %llu of %llu bytes is outside the "
			       "metadata area",
			       (unsigned long long)header.committed.offset_bytes,
			       (unsigned long long)header.committed.size_bytes);
	if (!location_is_valid(&header.precommitted, header.size_bytes))
		header.precommitted = (struct mda_location){ 0 };
	*ret_header = header;
	return 0;
}

bool mda_header_has_magic(const unsigned char sector[MDA_HEADER_BYTES])
{
	struct reader in = { .at = sector, .left = MDA_HEADER_BYTES };
	char magic[MDA_MAGIC_BYTES];

	(void)get_le32(&in); /* checksum */
	get_bytes(&in, magic, sizeof(magic));
	return !memcmp(magic, MDA_MAGIC, MDA_MAGIC_BYTES) && get_le32(&in) == MDA_VERSION;
}

static void write_location(struct writer *out, const struct mda_location *location)
{
	put_le64(out, location->offset_bytes);
	put_le64(out, location->size_bytes);
	put_le32(out, location->checksum);
	put_le32(out, location->flags);
}

void mda_header_encode(const struct mda_header *header, unsigned char sector[MDA_HEADER_BYTES])
{
	struct writer out = { .at = sector, .left = MDA_HEADER_BYTES };
	struct writer crc = { .at = sector, .left = MDA_CRC_START };

	memset(sector, 0, MDA_HEADER_BYTES);
	put_le32(&out, 0); /* checksum, below */
	put_bytes(&out, MDA_MAGIC, MDA_MAGIC_BYTES);
	put_le32(&out, MDA_VERSION);
	put_le64(&out, header->start_bytes);
	put_le64(&out, header->size_bytes);
	write_location(&out, &header->committed);
	write_location(&out, &header->precommitted);
	put_le32(&crc, lvm_crc(LVM_CRC_INITIAL, sector + MDA_CRC_START,
			       MDA_HEADER_BYTES - MDA_CRC_START));
}

struct mda_pieces mda_text_pieces(const struct mda_header *header,
				  const struct mda_location *location)
{
	struct mda_pieces pieces = { 0 };
	uint64_t first;

	if (!location_is_valid(location, header->size_bytes))
		return pieces;
	first = header->size_bytes - location->offset_bytes;
	if (first > location->size_bytes)
		first = location->size_bytes;
	pieces.piece[0] = (struct disk_area){ header->start_bytes + location->offset_bytes, first };
	pieces.count = 1;
	if (first < location->size_bytes) {
		pieces.piece[1] = (struct disk_area){ header->start_bytes + RING_START,
						      location->size_bytes - first };
		pieces.count = 2;
	}
	return pieces;
}

uint64_t mda_text_max(uint64_t area_size_bytes)
{
	if (area_size_bytes < AREA_MIN_BYTES)
		return 0;
	return (area_size_bytes - RING_START) / 2 - SECTOR_BYTES;
}

static bool has_text(const struct mda_location *location)
{
	return !location_is_none(location) && !(location->flags & MDA_LOCATION_IGNORED);
}

/* The next sector behind the committed text, or the ring's start when that is too near its end. */
static uint64_t next_offset(const struct mda_header *header)
{
	const uint64_t size = header->size_bytes;
	uint64_t last, next;

	if (!has_text(&header->committed))
		return RING_START;
	last = header->committed.offset_bytes + header->committed.size_bytes - 1;
	if (last >= size)
		last -= size - RING_START;
	next = (last / SECTOR_BYTES + 1) * SECTOR_BYTES;
	return size - last < SECTOR_BYTES || next > size - SECTOR_BYTES ? RING_START : next;
}

/*
 * Would @length bytes from @offset on, in whole sectors, meet the committed text? Counted in
 * the ring, where the distance from each to the other must be at least its length.
 */
static bool meets_committed(const struct mda_header *header, uint64_t offset, uint64_t length)
{
	const uint64_t ring = header->size_bytes - RING_START;
	const struct mda_location *committed = &header->committed;
	uint64_t to_committed, to_new;

	if (!has_text(committed))
		return false;
	if (offset == committed->offset_bytes)
		return true;
	to_committed = (committed->offset_bytes + ring - offset) % ring;
	to_new = ring - to_committed;
	length = (length + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
	return to_committed < length || to_new < committed->size_bytes;
}

int mda_place(const struct mda_header *header, uint64_t size_bytes, const char *vg_name,
	      uint32_t seqno, const char *device_name, struct mda_location *ret_location,
	      struct err *err)
{
	const uint64_t max = mda_text_max(header->size_bytes);
	uint64_t offset;

	if (!size_bytes || size_bytes > max)
		return err_set(err, ENOSPC,
			       "VG %s %u metadata on %s (%llu bytes) exceeds maximum metadata size "
			       "(%llu bytes)",
			       vg_name, seqno, device_name, (unsigned long long)size_bytes,
			       (unsigned long long)max);
	offset = next_offset(header);
	/* Only a text that another rule placed can be in the way. */
	if (meets_committed(header, offset, size_bytes))
		return err_set(err, ENOSPC,
			       "VG %s %u metadata on %s (%llu bytes) does not fit beside the %llu "
			       "bytes in use",
			       vg_name, seqno, device_name, (unsigned long long)size_bytes,
			       (unsigned long long)header->committed.size_bytes);
	*ret_location = (struct mda_location){ .offset_bytes = offset, .size_bytes = size_bytes };
	return 0;
}
