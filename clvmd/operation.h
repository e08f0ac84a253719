/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations on this node: jobs that the lockspace says to run, for whichever member asked.
 *
 * Before a clustered LV is activated this node takes its lock and waits for the confirmed grant;
 * after it is deactivated the lock is given back. In this order (rule 26), so that a crash in
 * between leaves a lock too many and never an active LV without one:
 *
 *	lock confirmed, journal, device-mapper   |   device-mapper, unlock, journal
 */
#ifndef CLVMD_OPERATION_H
#define CLVMD_OPERATION_H

#include "clvmd/daemon.h"

#define JOB_SECONDS	120 /* every job but a file system's resize, which takes what it takes */
#define PHASE_SECONDS	30  /* of a change to active LVs, which meanwhile are suspended elsewhere */
#define LV_LOCK_SECONDS 30  /* until the members have confirmed an LV lock */

struct operations *operations_create(struct daemon *d);
void operations_destroy(struct operations *operations);

/* ---- from carry_out(): never call the lockspace ---- */

void operation_run(struct daemon *d, const struct effect *effect);
void operation_recover(struct daemon *d, const struct effect *effect);
void operation_lock_answered(struct daemon *d, const struct effect *effect, bool granted);

/* ---- from the loop ---- */

void operations_tick(struct daemon *d, uint64_t now);

size_t operations_count(const struct daemon *d); /* that run on this node */
bool operation_is_running(struct daemon *d, struct op_id op);

#endif
