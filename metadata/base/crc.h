/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef METADATA_BASE_CRC_H
#define METADATA_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* LVM2's CRC-32 starts from this and is not inverted at the end (on-disk format, section 1.1). */
#define LVM_CRC_INITIAL 0xf597a6cfU

/** Continue LVM2's checksum @crc over @length bytes; begin with LVM_CRC_INITIAL. */
uint32_t lvm_crc(uint32_t crc, const void *bytes, size_t length);

#endif
