/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any two sectors as a label and a metadata area header, with their checksums made right. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_label(unsigned char sector[SECTOR_BYTES])
{
	unsigned char again[SECTOR_BYTES];
	struct pv_header header, reread;

	seal_label(sector);
	if (label_decode(sector, sector[8], &header, NULL) || label_encode(&header, 1, again, NULL))
		return;
	assert(!label_decode(again, 1, &reread, NULL));
	assert(!memcmp(&header.id, &reread.id, sizeof(header.id)));
	(void)pv_layout_pe_count(&header, 2048, 8192);
}

static void try_mda(unsigned char sector[SECTOR_BYTES], const struct disk_area *area)
{
	struct mda_location location;
	struct mda_pieces pieces;
	struct mda_header header;

	seal_mda_header(sector);
	if (mda_header_decode(sector, area, &header, NULL))
		return;
	pieces = mda_text_pieces(&header, &header.committed);
	for (unsigned i = 0; i < pieces.count; i++) {
		assert(pieces.piece[i].offset_bytes >= area->offset_bytes + MDA_HEADER_BYTES);
		assert(pieces.piece[i].offset_bytes + pieces.piece[i].size_bytes <=
		       area->offset_bytes + area->size_bytes);
	}
	if (!mda_place(&header, 1000, "vg", 1, "device", &location, NULL)) {
		pieces = mda_text_pieces(&header, &location);
		assert(pieces.count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct disk_area area = { 4096, 1044480 };
	unsigned char sector[SECTOR_BYTES] = { 0 };

	memcpy(sector, data, size < SECTOR_BYTES ? size : SECTOR_BYTES);
	try_label(sector);
	memset(sector, 0, sizeof(sector));
	if (size > SECTOR_BYTES)
		memcpy(sector, data + SECTOR_BYTES,
		       size < 2 * SECTOR_BYTES ? size - SECTOR_BYTES : SECTOR_BYTES);
	try_mda(sector, &area);
	return 0;
}
