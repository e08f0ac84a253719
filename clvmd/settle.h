/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settle: operations that have to be ended on this node and are not, until they are.
 *
 * Those that the journal of an earlier daemon knows and the cluster does not (all daemons died):
 * nobody will say what is to become of them, and whoever drove them has lost his connection. What
 * is committed on the disk is the truth, and what is suspended is resumed to it.
 *
 * And those whose RESUME or ABORT failed here, for example because a disk does not answer: tried
 * again until it works. Until then their LVs stay suspended, so that nothing goes to extents that
 * may be another LV's by now, and their VG takes no further change on this node.
 */
#ifndef CLVMD_SETTLE_H
#define CLVMD_SETTLE_H

#include "clvmd/daemon.h"
#include "lib/job/job_run.h"

#define SETTLE_SECONDS 15 /* up, for the cluster to say what becomes of old operations */

/** It could not be ended here (@why): try @phase (RESUME or ABORT) again, every few seconds. */
void settle_add(struct daemon *d, struct op_id op, const char *vg_name, enum job_phase phase,
		const void *payload, size_t length, const char *why);

/** What keeps @vg_name from being changed on this node, for people; NULL: nothing. */
const char *settle_reason(const struct daemon *d, const char *vg_name);

/** A line for each: what this node waits for. */
void settle_print(const struct daemon *d, char *text, size_t size);

/** Once a second. */
void settle_tick(struct daemon *d, uint64_t now);
void settle_destroy(struct daemon *d);

#endif
