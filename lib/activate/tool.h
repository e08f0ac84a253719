/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run a program of the system (resize2fs, …): no shell, fixed environment, output to the context.
 */
#ifndef LIB_ACTIVATE_TOOL_H
#define LIB_ACTIVATE_TOOL_H

#include <stdbool.h>

#include "lib/context.h"

/** Is program @name installed? */
bool tool_exists(const char *name);

/**
 * Run argv[0] (a name without slash) and wait. Each non-empty line that it prints, on either
 * stream, goes to ctx_print. @ret_exit is its exit code. -ENOENT not installed; -EIO killed.
 */
int tool_run(struct context *context, const char *const argv[], int *ret_exit,
	     struct err *err) MUST_CHECK;

#endif
