/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fencing of unclean members (rule 16): who asks is the lowest member that is up, of a quorate
 * component. A helper process is run per node; only its success, asked for after the loss, counts.
 *
 *	pacemaker	stonith_admin --fence NODE --tolerance SECONDS-SINCE-THE-LOSS
 *	exec		PROGRAM NODE ID; exit 0: is down for sure
 *	manual		nobody is asked: `clvmd fence-ack NODE`
 *	none		taken for fenced at once: unsafe
 */
#ifndef CLVMD_FENCE_H
#define CLVMD_FENCE_H

#include <sys/types.h>

#include "clvmd/daemon.h"

struct fences *fences_create(struct daemon *d);
void fences_destroy(struct fences *fences);

void fence_tick(struct daemon *d, uint64_t now);

/** A child ended; false: not one of ours. */
bool fence_process_ended(struct daemon *d, pid_t pid, int status);

#endif
