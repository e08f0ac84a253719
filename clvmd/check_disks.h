/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of `clvmd check` that may hang: disks, other nodes' disks, programs. It runs in a
 * process of its own, which is given up at the deadline.
 */
#ifndef CLVMD_CHECK_DISKS_H
#define CLVMD_CHECK_DISKS_H

#include <stdbool.h>
#include <sys/types.h>

#include "clvmd/findings.h"

struct disk_check {
	pid_t pid; /* 0: it could not be started */
	int fd;	   /* its findings, a line each */
};

/** @pacemaker: the fencer of it is asked as well. */
void disk_check_start(struct disk_check *check, bool pacemaker);

/** Take what it finds; at most @ms from now. */
void disk_check_end(struct disk_check *check, int ms, struct findings *findings);

#endif
