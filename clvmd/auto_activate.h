/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * activate_at_start = "auto": once in a boot, when the table first runs, what `vgchange -aay` would
 * activate of the clustered VGs is activated on this node. By a process of its own, which is a
 * client of the daemon like any command: `clvmd --activate-at-start`.
 */
#ifndef CLVMD_AUTO_ACTIVATE_H
#define CLVMD_AUTO_ACTIVATE_H

#include <sys/types.h>

#include "clvmd/daemon.h"

#define AUTO_ACTIVATE_OPTION "--activate-at-start"

void auto_activate_tick(struct daemon *d);

/** A child ended; false: not this one. */
bool auto_activate_ended(struct daemon *d, pid_t pid, int status);

/** The process. Returns its exit status. */
int auto_activate_main(void);

#endif
