/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zlib's CRC is the same polynomial, but inverts before and after: undo both. */
#include "metadata/base/crc.h"

#include <zlib.h>

uint32_t lvm_crc(uint32_t crc, const void *bytes, size_t length)
{
	return (uint32_t)~crc32_z(~crc & 0xffffffffU, bytes, length);
}
