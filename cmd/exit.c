/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/exit.h"

#include <errno.h>
#include <stdio.h>

enum exit_code exit_code(enum stage stage, int rc)
{
	if (rc >= 0)
		return EXIT_DONE;
	if (rc == -EINVAL)
		return EXIT_BAD_ARGUMENT;
	return stage == STAGE_OPEN ? EXIT_NOT_STARTED : EXIT_FAILED;
}

int exit_worse(int a, int b)
{
	return exit_code(STAGE_RUN, b) > exit_code(STAGE_RUN, a) ? b : a;
}

const char *exit_hint(enum stage stage, int rc, const char *command, char *text, size_t size)
{
	if (rc != -EINVAL || stage == STAGE_FORM)
		return NULL;
	if (stage == STAGE_USAGE || stage == STAGE_VALUES)
		return "Error during parsing of command line.";
	(void)snprintf(text, size, "Run `%s --help' for more information.", command);
	return text;
}
