/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * -I singlenode: the lock service without corosync, on one machine and for tests. The group has one
 * member, which hears what it says, in order, and is quorate.
 */
#ifndef CLVMD_SINGLE_H
#define CLVMD_SINGLE_H

#include "clvmd/daemon.h"

#define SINGLE_NODE_ID 1

/** Name the node and create the lockspace. */
int single_connect(struct daemon *d, struct err *err) MUST_CHECK;

/** The only member joins. */
void single_join(struct daemon *d);

#endif
