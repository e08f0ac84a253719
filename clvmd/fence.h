/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fencing of unclean members (rules 14 to 16, 30). Only a quorate component asks, and only a
 * success that was asked for after the loss counts.
 *
 *	pacemaker	stonith_admin; its own fencing since the loss counts too
 *	exec		PROGRAM NODE ID; exit 0: is down for sure
 *	manual		nobody is asked: `clvmd fence-ack NODE`
 *	none		taken for fenced at once: unsafe
 *
 * The lowest member that is up asks first. Each further one begins some time later if the node is
 * still unclean by then: so that somebody does when the first one's device or daemon fails.
 */
#ifndef CLVMD_FENCE_H
#define CLVMD_FENCE_H

#include <sys/types.h>

#include "clvmd/daemon.h"
#include "metadata/base/buf.h"

struct json_object;

struct fences *fences_create(struct daemon *d);
void fences_destroy(struct fences *fences);

/** See who is lost and who is back: after each call to the lockspace. */
void fence_watch(struct daemon *d);

void fence_tick(struct daemon *d, uint64_t now);

/** A child ended; false: not one of ours. */
bool fence_process_ended(struct daemon *d, pid_t pid, int status);

/** The lockspace wrote @node off: say how it was made sure. */
void fence_confirmed(struct daemon *d, uint32_t node, const char *how);

/** The method in force: as configured, else by what runs on this node. */
enum fence_method fence_method(struct daemon *d);

/** "manual (default: pacemaker does not run here)" */
void fence_describe(struct daemon *d, char *text, size_t size);

/** What is being done about each lost node, one sentence a line. */
void fence_waiting_for(struct daemon *d, struct buf *out);

/** Array of objects, one per lost node. */
struct json_object *fence_json(struct daemon *d);

#endif
