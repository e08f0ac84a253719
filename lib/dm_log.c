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
#include <stdlib.h>
#include <string.h>

#include <libdevmapper.h>

#include "lib/context.h"
#include "lib/dm_lock.h"
#include "metadata/base/cleanup.h"

#define CAPTURE_LIMIT	((size_t)64 << 10)
#define LINE_MAX_LENGTH 1024
#define LEVEL_MASK	7    /* above it are flags (to stderr, once, ...) */
#define LEVEL_TO_STDERR 0x80 /* a flag; a warning without it is a line of output */
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
	dm_lock();
	*capture = (struct dm_log_capture){ .errors.limit = CAPTURE_LIMIT,
					    .warnings.limit = CAPTURE_LIMIT };
	open_capture = capture;
	dm_log_with_errno_init(keep_line);
}

void dm_log_capture_free(struct dm_log_capture *capture)
{
	buf_free(&capture->errors);
	buf_free(&capture->warnings);
}

static _Thread_local struct context *open_context;

/* Rows have no limit of ours: dm_report prints each as one line, however long. */
__attribute__((format(printf, 5, 6))) static void pass_line(int level, const char *file, int line,
							    int code, const char *fmt, ...)
{
	AUTO_FREE char *formatted = NULL;
	va_list args;

	(void)file;
	(void)line;
	(void)code;
	if (!open_context || (level & LEVEL_MASK) > LEVEL_WARNING)
		return;
	va_start(args, fmt);
	if (!strcmp(fmt, "%s")) /* a row: there are thousands */
		formatted = strdup(va_arg(args, const char *));
	else if (vasprintf(&formatted, fmt, args) < 0)
		formatted = NULL;
	va_end(args);
	if (!formatted)
		return;
	if ((level & LEVEL_MASK) <= LEVEL_ERROR)
		ctx_error(open_context, "%s", formatted);
	else if (level & LEVEL_TO_STDERR)
		ctx_warn(open_context, "%s", formatted);
	else
		ctx_row(open_context, formatted);
}

void dm_log_to_context_begin(struct context *context)
{
	assert(!open_capture);
	open_context = context;
	dm_log_with_errno_init(pass_line);
}

void dm_log_to_context_end(void)
{
	open_context = NULL;
	dm_log_with_errno_init(keep_line);
}

void dm_log_capture_end(void)
{
	open_capture = NULL;
	if (open_context) /* a report that looked at a device goes on printing */
		dm_log_with_errno_init(pass_line);
	dm_unlock();
}
