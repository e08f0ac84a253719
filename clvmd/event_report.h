/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which events and numbers come of what requests and jobs end with. */
#ifndef CLVMD_EVENT_REPORT_H
#define CLVMD_EVENT_REPORT_H

#include "clvmd/client.h"
#include "lib/job/job_run.h"
#include "lib/proto/job.h"

#define SLOW_LOCK_NS (1000 * QB_TIME_NS_IN_MSEC) /* a grant that took longer is an event */

/* A lock that was asked for; @client is NULL for the daemon's own (LV locks). */
struct asked_lock {
	const char *resource;
	enum lock_mode mode;
	uint64_t asked_at; /* now_ns() */
	const struct client *client;
};

void report_granted(struct daemon *d, struct asked_lock lock);

/** @reason: for whom it waited, or why it was refused. */
void report_refused(struct daemon *d, struct asked_lock lock, enum request_result result,
		    const char *reason);

/** Before the unlock: a higher value than the table's is a commit. */
void report_unlock(struct daemon *d, const char *resource, uint64_t value);

/** A job of @node's operation ended here. */
void report_job(struct daemon *d, uint32_t node, const struct job *job, enum job_phase phase,
		int rc, const char *text);

/** An interrupted change of @vg was settled. */
void report_recovery(struct daemon *d, const char *vg, bool is_new);

#endif
