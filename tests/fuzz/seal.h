/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checksums made right, so that what is behind them is reached. */
#ifndef TESTS_FUZZ_SEAL_H
#define TESTS_FUZZ_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "metadata/base/crc.h"
#include "metadata/label.h"
#include "metadata/mda.h"

/** The CRC of @covered at @checksum, little-endian. */
static inline void seal(unsigned char *checksum, const unsigned char *covered, size_t size)
{
	uint32_t crc = lvm_crc(LVM_CRC_INITIAL, covered, size);

	for (int i = 0; i < 4; i++)
		checksum[i] = (unsigned char)(crc >> 8 * i);
}

static inline void seal_label(unsigned char sector[SECTOR_BYTES])
{
	seal(sector + 16, sector + 20, SECTOR_BYTES - 20);
}

static inline void seal_mda_header(unsigned char header[MDA_HEADER_BYTES])
{
	seal(header, header + 4, MDA_HEADER_BYTES - 4);
}

#endif
