/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/base/span.h"

#include <string.h>

void get_bytes(struct reader *in, void *bytes, size_t length)
{
	if (length > in->left) {
		in->overrun = true;
		in->left = 0;
		memset(bytes, 0, length);
		return;
	}
	if (length)
		memcpy(bytes, in->at, length);
	in->at += length;
	in->left -= length;
}

void skip_bytes(struct reader *in, size_t length)
{
	if (length > in->left) {
		in->overrun = true;
		in->left = 0;
		return;
	}
	in->at += length;
	in->left -= length;
}

static uint64_t get_le(struct reader *in, size_t width)
{
	unsigned char bytes[8] = { 0 };
	uint64_t value = 0;

	get_bytes(in, bytes, width);
	for (size_t i = width; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

uint8_t get_u8(struct reader *in)
{
	return (uint8_t)get_le(in, 1);
}

uint16_t get_le16(struct reader *in)
{
	return (uint16_t)get_le(in, 2);
}

uint32_t get_le32(struct reader *in)
{
	return (uint32_t)get_le(in, 4);
}

uint64_t get_le64(struct reader *in)
{
	return get_le(in, 8);
}

void put_bytes(struct writer *out, const void *bytes, size_t length)
{
	if (length > out->left) {
		out->overrun = true;
		out->left = 0;
		return;
	}
	if (length)
		memcpy(out->at, bytes, length);
	out->at += length;
	out->left -= length;
}

static void put_le(struct writer *out, uint64_t value, size_t width)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
	put_bytes(out, bytes, width);
}

void put_u8(struct writer *out, uint8_t value)
{
	put_le(out, value, 1);
}

void put_le16(struct writer *out, uint16_t value)
{
	put_le(out, value, 2);
}

void put_le32(struct writer *out, uint32_t value)
{
	put_le(out, value, 4);
}

void put_le64(struct writer *out, uint64_t value)
{
	put_le(out, value, 8);
}
