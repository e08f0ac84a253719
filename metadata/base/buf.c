/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Make room for @more bytes and a NUL; false when that cannot be. */
static bool make_room(struct buf *buf, size_t more)
{
	size_t size = buf->size ? buf->size : 256;
	char *data;

	if (buf->failed || more > buf->limit - buf->used) {
		buf->failed = true;
		return false;
	}
	if (buf->data && more < buf->size - buf->used)
		return true;
	while (size - buf->used <= more)
		size *= 2;
	if (!(data = realloc(buf->data, size))) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->size = size;
	return true;
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
	if (!make_room(buf, length))
		return;
	if (length)
		memcpy(buf->data + buf->used, bytes, length);
	buf->used += length;
	buf->data[buf->used] = '\0';
}

void buf_number(struct buf *buf, int64_t number)
{
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	char digits[24], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (number < 0)
		*--at = '-';
	buf_add_short(buf, at, (size_t)(digits + sizeof(digits) - at));
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (length < 0)
		buf->failed = true;
	if (!make_room(buf, (size_t)length))
		return;
	va_start(args, fmt);
	(void)vsnprintf(buf->data + buf->used, (size_t)length + 1, fmt, args);
	va_end(args);
	buf->used += (size_t)length;
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ .limit = buf->limit };
}
