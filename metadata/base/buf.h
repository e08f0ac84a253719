/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Growable bytes with a maximum.
 *
 * A failed append (no memory, past the limit) sets `failed` and makes all later
 * appends do nothing, so a writer appends without looking and asks once at the end.
 * data is always NUL-terminated behind `used` once anything was appended.
 */
#ifndef METADATA_BASE_BUF_H
#define METADATA_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Start with { .limit = n }. Released by buf_free(). */
struct buf {
	char *data; /* NULL while empty */
	size_t used;
	size_t size;
	size_t limit; /* `used` never passes this */
	bool failed;
};

void buf_add(struct buf *buf, const void *bytes, size_t length);
/** As buf_add() for what is nearly always short: no call when there is room. */
static inline void buf_add_short(struct buf *buf, const char *bytes, size_t length)
{
	if (buf->failed || length >= buf->size - buf->used || length > buf->limit - buf->used) {
		buf_add(buf, bytes, length);
		return;
	}
	memcpy(buf->data + buf->used, bytes, length);
	buf->used += length;
	buf->data[buf->used] = '\0';
}

static inline void buf_puts(struct buf *buf, const char *text)
{
	buf_add_short(buf, text, strlen(text));
}

void buf_number(struct buf *buf, int64_t number);
void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *buf);

#endif
