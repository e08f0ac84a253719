/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Read by clang-tidy before each file, never compiled: tells the analyzer, which sees one file at
 * a time, that err_set() and its like return a negative number. Without that it believes that a
 * function which has failed may have returned 0, and reports what would follow.
 */
#ifndef TESTS_LINT_ANALYZER_MODEL_H
#define TESTS_LINT_ANALYZER_MODEL_H

#include "metadata/base/err.h"

static inline int model_failed(int code)
{
	if (code >= 0)
		__builtin_unreachable();
	return code;
}

#define err_set(...)	model_failed(err_set(__VA_ARGS__))
#define err_prefix(...) model_failed(err_prefix(__VA_ARGS__))
#define err_append(...) model_failed(err_append(__VA_ARGS__))

#endif
