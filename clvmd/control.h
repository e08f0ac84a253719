/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `clvmd SUBCOMMAND`: the clients of a running clvmd. */
#ifndef CLVMD_CONTROL_H
#define CLVMD_CONTROL_H

#include <stdbool.h>

#include "metadata/base/err.h"

#define CONTROL_COMM "clvmctl" /* agents count processes that are called "clvmd" */

/** Is @word a subcommand? */
bool control_is_command(const char *word);

/** Run it; @argv[0] is the subcommand. Returns the exit status. */
int control_main(int argc, char **argv);

/** clvmd restart, and -S; returns when the new daemon is ready. */
int control_restart(bool force);

/** -R: all members look at their devices again. */
int control_rescan(void);

/** The list of subcommands, for the usage text. */
void control_print_usage(void);

/** Print the error; returns the exit status that fits it. */
int control_fail(const struct err *err);

#endif
