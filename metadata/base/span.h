/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bounded little-endian reader and writer over bytes that somebody else owns.
 *
 * Reading past the end gives zeros and sets `overrun`; writing past it writes
 * nothing and sets it. A codec reads or writes all its fields and asks once.
 */
#ifndef METADATA_BASE_SPAN_H
#define METADATA_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const unsigned char *at;
	size_t left;
	bool overrun;
};

struct writer {
	unsigned char *at;
	size_t left;
	bool overrun;
};

uint8_t get_u8(struct reader *in);
uint16_t get_le16(struct reader *in);
uint32_t get_le32(struct reader *in);
uint64_t get_le64(struct reader *in);
/** Copy @length bytes out; zero-fills @bytes past the end. */
void get_bytes(struct reader *in, void *bytes, size_t length);
void skip_bytes(struct reader *in, size_t length);

void put_u8(struct writer *out, uint8_t value);
void put_le16(struct writer *out, uint16_t value);
void put_le32(struct writer *out, uint32_t value);
void put_le64(struct writer *out, uint64_t value);
void put_bytes(struct writer *out, const void *bytes, size_t length);

#endif
