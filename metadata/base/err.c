/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int(err_set)(struct err *err, int errnum, const char *fmt, ...)
{
	va_list args;

	assert(errnum > 0);
	if (!err)
		return -errnum;
	err->code = -errnum;
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return err->code;
}

int(err_prefix)(struct err *err, const char *fmt, ...)
{
	char rest[ERR_TEXT_MAX];
	va_list args;
	size_t used;

	if (!err)
		return -1;
	memcpy(rest, err->text, sizeof(rest));
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof(err->text) - used, "%s", rest);
	return err->code;
}

int(err_append)(struct err *err, const char *fmt, ...)
{
	va_list args;
	size_t used;

	if (!err)
		return -1;
	used = strlen(err->text);
	va_start(args, fmt);
	(void)vsnprintf(err->text + used, sizeof(err->text) - used, fmt, args);
	va_end(args);
	return err->code;
}
