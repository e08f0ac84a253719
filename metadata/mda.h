/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metadata area: its header sector, and where the next text goes in the ring (sections 2.1, 2.2).
 */
#ifndef METADATA_MDA_H
#define METADATA_MDA_H

#include <stdbool.h>
#include <stdint.h>

#include "metadata/base/err.h"
#include "metadata/label.h"

#define MDA_HEADER_BYTES     SECTOR_BYTES
#define MDA_LOCATION_IGNORED 1U

/* Where a text is; offset is relative to the area's start. All zero: none. */
struct mda_location {
	uint64_t offset_bytes;
	uint64_t size_bytes;
	uint32_t checksum;
	uint32_t flags;
};

struct mda_header {
	uint64_t start_bytes; /* absolute, of this header */
	uint64_t size_bytes;  /* of the whole area */
	struct mda_location committed;
	struct mda_location precommitted;
};

/** -EUCLEAN: checksum, magic, version or start is wrong, or a location lies outside (says which).
 */
int mda_header_decode(const unsigned char sector[MDA_HEADER_BYTES], const struct disk_area *area,
		      struct mda_header *ret_header, struct err *err) MUST_CHECK;

/** Magic and version are those of an area, whatever else is wrong with it. */
bool mda_header_has_magic(const unsigned char sector[MDA_HEADER_BYTES]);

void mda_header_encode(const struct mda_header *header, unsigned char sector[MDA_HEADER_BYTES]);

/* A text in the ring is one piece, or two when it wraps to byte 512 of the area. */
struct mda_pieces {
	struct disk_area piece[2]; /* absolute offsets on the device */
	unsigned count;
};
struct mda_pieces mda_text_pieces(const struct mda_header *header,
				  const struct mda_location *location);

/**
 * Where a new text of @size_bytes goes: never over the committed one.
 * -ENOSPC with LVM2's wording when it is longer than half the ring allows.
 */
int mda_place(const struct mda_header *header, uint64_t size_bytes, const char *vg_name,
	      uint32_t seqno, const char *device_name, struct mda_location *ret_location,
	      struct err *err) MUST_CHECK;

/** Longest text that the area can take, in bytes. */
uint64_t mda_text_max(uint64_t area_size_bytes);

#endif
