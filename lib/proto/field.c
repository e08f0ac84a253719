/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tagged fields. What is read was sent by a stranger: every length is checked before it is used. */
#include "lib/proto/field.h"

#include <assert.h>
#include <string.h>

#include "metadata/base/span.h"

static void put_header(unsigned char header[FIELD_HEADER_SIZE], uint16_t tag, size_t length)
{
	struct writer out = { .at = header, .left = FIELD_HEADER_SIZE };

	put_le16(&out, tag);
	put_le32(&out, (uint32_t)length);
}

void field_put_bytes(struct field_writer *writer, uint16_t tag, const void *bytes, size_t length)
{
	unsigned char header[FIELD_HEADER_SIZE];

	if (length > UINT32_MAX) {
		writer->out->failed = true;
		return;
	}
	put_header(header, tag, length);
	buf_add(writer->out, header, sizeof(header));
	buf_add(writer->out, bytes, length);
}

void field_put_u32(struct field_writer *writer, uint16_t tag, uint32_t value)
{
	unsigned char bytes[4];
	struct writer out = { .at = bytes, .left = sizeof(bytes) };

	put_le32(&out, value);
	field_put_bytes(writer, tag, bytes, sizeof(bytes));
}

void field_put_u64(struct field_writer *writer, uint16_t tag, uint64_t value)
{
	unsigned char bytes[8];
	struct writer out = { .at = bytes, .left = sizeof(bytes) };

	put_le64(&out, value);
	field_put_bytes(writer, tag, bytes, sizeof(bytes));
}

void field_put_string(struct field_writer *writer, uint16_t tag, const char *text)
{
	if (text)
		field_put_bytes(writer, tag, text, strlen(text));
}

size_t field_begin(struct field_writer *writer, uint16_t tag)
{
	size_t begun = writer->out->used;

	field_put_bytes(writer, tag, "", 0);
	return begun;
}

void field_end(struct field_writer *writer, size_t begun)
{
	struct buf *out = writer->out;
	size_t length;
	struct writer patch;

	if (out->failed)
		return;
	assert(out->used >= begun + FIELD_HEADER_SIZE);
	length = out->used - begun - FIELD_HEADER_SIZE;
	if (length > UINT32_MAX) {
		out->failed = true;
		return;
	}
	patch = (struct writer){ .at = (unsigned char *)out->data + begun + 2, .left = 4 };
	put_le32(&patch, (uint32_t)length);
}

void field_reader_init(struct field_reader *reader, const void *bytes, size_t length)
{
	*reader = (struct field_reader){ .at = bytes, .left = length };
}

bool field_next(struct field_reader *reader, uint16_t *ret_tag, const void **ret_bytes,
		size_t *ret_length)
{
	struct reader in = { .at = reader->at, .left = reader->left };
	uint16_t tag;
	uint32_t length;

	if (reader->failed || !reader->left)
		return false;
	tag = get_le16(&in);
	length = get_le32(&in);
	if (in.overrun || length > in.left) {
		reader->failed = true;
		return false;
	}
	*ret_tag = tag;
	*ret_bytes = in.at;
	*ret_length = length;
	reader->at = in.at + length;
	reader->left = in.left - length;
	return true;
}

bool field_get_u32(const void *bytes, size_t length, uint32_t *ret_value)
{
	struct reader in = { .at = bytes, .left = length };

	if (length != 4)
		return false;
	*ret_value = get_le32(&in);
	return true;
}

bool field_get_u64(const void *bytes, size_t length, uint64_t *ret_value)
{
	struct reader in = { .at = bytes, .left = length };

	if (length != 8)
		return false;
	*ret_value = get_le64(&in);
	return true;
}

bool field_get_fixed(const void *bytes, size_t length, void *ret_bytes, size_t size)
{
	if (length != size)
		return false;
	memcpy(ret_bytes, bytes, size);
	return true;
}

bool field_get_string(const void *bytes, size_t length, size_t max, struct arena *arena,
		      const char **ret_text)
{
	char *text;

	if (length > max || (length && memchr(bytes, '\0', length)))
		return false;
	if (!(text = arena_strndup(arena, bytes, length)))
		return false;
	*ret_text = text;
	return true;
}
