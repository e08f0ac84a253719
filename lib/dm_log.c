/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only mutable static of the library: libdevmapper's callback has no argument of the caller's.
 * It is thread-local, and all calls of libdevmapper come from one thread at a time anyway.
 */
#include "lib/dm_log.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <libdevmapper.h>

#define CAPTURE_LIMIT	((size_t)64 << 10)
#define LINE_MAX_LENGTH 1024
#define LEVEL_MASK	7 /* above it are flags (to stderr, once, ...) */
#define LEVEL_ERROR	3
#define LEVEL_WARNING	4

static _Thread_local struct dm_log_capture *open_capture;

__attribute__((format(printf, 5, 6))) static void keep_line(int level, const char *file, int line,
							    int code, const char *fmt, ...)
{
	char text[LINE_MAX_LENGTH];
	struct buf *out = NULL;
	va_list args;

	(void)file;
	(void)line;
	(void)code;
	if (!open_capture)
		return;
	if ((level & LEVEL_MASK) <= LEVEL_ERROR)
		out = &open_capture->errors;
	else if ((level & LEVEL_MASK) == LEVEL_WARNING)
		out = &open_capture->warnings;
	if (!out)
		return;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (out->used)
		buf_puts(out, "\n");
	buf_puts(out, text);
}

void dm_log_capture_begin(struct dm_log_capture *capture)
{
	assert(!open_capture);
	*capture = (struct dm_log_capture){ .errors.limit = CAPTURE_LIMIT,
					    .warnings.limit = CAPTURE_LIMIT };
	open_capture = capture;
	dm_log_with_errno_init(keep_line);
}

void dm_log_capture_end(void)
{
	open_capture = NULL;
}

void dm_log_capture_free(struct dm_log_capture *capture)
{
	buf_free(&capture->errors);
	buf_free(&capture->warnings);
}
