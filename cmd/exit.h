/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exit codes, all of them: the one place where an error becomes one.
 *
 *	0 done		2 no such command	3 bad command line or argument
 *	4 not started (configuration)		5 failed
 */
#ifndef CMD_EXIT_H
#define CMD_EXIT_H

#include "cmd/command.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_NO_COMMAND = 2,
	EXIT_BAD_ARGUMENT = 3,
	EXIT_NOT_STARTED = 4,
	EXIT_FAILED = 5,
};

/** @rc: 0 or a negative errno of that stage. */
enum exit_code exit_code(enum stage stage, int rc);

/** The one of two results that makes the command fail worse. */
int exit_worse(int a, int b);

/** What LVM2 says behind a failure of that stage; NULL: nothing. @command's name goes into @text.
 */
const char *exit_hint(enum stage stage, int rc, const char *command, char *text, size_t size);

#endif
