/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Group: corosync's closed process group "clvmd". Deliveries and configuration changes go to the
 * lockspace; what it sends waits in a bounded queue while corosync says TRY_AGAIN.
 *
 * When corosync goes away under us, the lockspace is shown what a cut link would have shown: all
 * others down, no quorum. Then we connect again, every second.
 */
#ifndef CLVMD_GROUP_H
#define CLVMD_GROUP_H

#include "clvmd/daemon.h"

#define GROUP_QUEUE_MAX	  ((size_t)64 << 20)  /* bytes; what passes it means corosync is stuck */
#define GROUP_MESSAGE_MAX ((1U << 20) - 1024) /* a CPG message that is not fragmented (F6) */

struct group *group_create(struct daemon *d);
void group_destroy(struct group *group);

/** Once a second: connect when not connected and ready to join. */
void group_tick(struct group *group);

bool group_is_connected(const struct group *group);
bool group_is_missing(const struct group *group); /* corosync does not run here */
bool group_has_left(const struct group *group);	  /* on purpose: never joins again */

/** Put a message on its way; copied. */
void group_send(struct group *group, const void *bytes, size_t length);

/** Is everything handed over to corosync? */
bool group_is_idle(const struct group *group);
size_t group_queued_bytes(const struct group *group);

/** Leave for good (rules 12, 28). From the loop, not from a delivery. */
void group_leave(struct group *group);

/** The connection to corosync broke (any of its services said so). Put off to the loop. */
void group_lost(struct group *group, const char *why);

#endif
