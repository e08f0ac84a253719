/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tagged fields: how everything that travels between nodes and over the socket is written.
 *
 * A message is a row of fields: u16 tag, u32 length, bytes; numbers are little-endian. Fields may
 * come in any order, and a field's bytes may be fields again. A reader skips tags that it does not
 * know, unless FIELD_REQUIRED is set in them: those it must refuse. So a newer sender can add
 * what older members may ignore, and cannot be misunderstood in what they may not.
 */
#ifndef LIB_PROTO_FIELD_H
#define LIB_PROTO_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/base/arena.h"
#include "metadata/base/buf.h"

#define FIELD_REQUIRED	  0x8000u /* bit of a tag: who does not know it must refuse the message */
#define FIELD_HEADER_SIZE 6u

/* ---- writing: appends to a buf, whose `failed` is asked once at the end ---- */

struct field_writer {
	struct buf *out;
};

void field_put_u32(struct field_writer *writer, uint16_t tag, uint32_t value);
void field_put_u64(struct field_writer *writer, uint16_t tag, uint64_t value);
void field_put_bytes(struct field_writer *writer, uint16_t tag, const void *bytes, size_t length);
/** @text without its NUL; NULL writes nothing. */
void field_put_string(struct field_writer *writer, uint16_t tag, const char *text);

/** A field whose bytes are what is written until field_end(); give its result to that. */
size_t field_begin(struct field_writer *writer, uint16_t tag);
void field_end(struct field_writer *writer, size_t begun);

/* ---- reading: never past the bytes given ---- */

struct field_reader {
	const unsigned char *at;
	size_t left;
	bool failed; /* the bytes are not a row of fields */
};

void field_reader_init(struct field_reader *reader, const void *bytes, size_t length);

/** The next field; false at the end and at what is no field: ask `failed` then. */
bool field_next(struct field_reader *reader, uint16_t *ret_tag, const void **ret_bytes,
		size_t *ret_length);

/*
 * The value of a field. False when its length is not that of the type, when a string has a NUL
 * in it, or is longer than @max, or without memory.
 */
bool field_get_u32(const void *bytes, size_t length, uint32_t *ret_value);
bool field_get_u64(const void *bytes, size_t length, uint64_t *ret_value);
bool field_get_fixed(const void *bytes, size_t length, void *ret_bytes, size_t size);
bool field_get_string(const void *bytes, size_t length, size_t max, struct arena *arena,
		      const char **ret_text);

static inline bool field_may_skip(uint16_t tag)
{
	return !(tag & FIELD_REQUIRED);
}

#endif
