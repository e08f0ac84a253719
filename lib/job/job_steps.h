/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of job, each a function; job_run() is the table of them. */
#ifndef LIB_JOB_JOB_STEPS_H
#define LIB_JOB_JOB_STEPS_H

#include "lib/job/job_run.h"
#include "lib/store/store.h"

/* One job while it runs. */
struct job_step {
	struct context *context;
	const struct job *job;
	enum job_phase phase;
	struct arena *arena;
	struct job_data *data;
};

int job_rescan(struct job_step *step, struct err *err) MUST_CHECK;
int job_query(struct job_step *step, struct err *err) MUST_CHECK;
int job_activate(struct job_step *step, struct err *err) MUST_CHECK;
int job_deactivate(struct job_step *step, struct err *err) MUST_CHECK;
int job_refresh(struct job_step *step, struct err *err) MUST_CHECK;
int job_suspend(struct job_step *step, struct err *err) MUST_CHECK;
int job_fs(struct job_step *step, struct err *err) MUST_CHECK;
int job_state(struct job_step *step, struct err *err) MUST_CHECK;
int job_backup(struct job_step *step, struct err *err) MUST_CHECK;

/*
 * The job's VG as it is on disk now, and its LVs by id. Start with { 0 }, release with
 * job_vg_close().
 */
struct job_vg {
	struct scan *scan;
	struct stored_vg *stored;
	const struct lv **lvs; /* sorted by id */
};

/** Committed metadata of at least the job's seqno: -ESTALE otherwise. */
int job_vg_open(struct job_step *step, struct job_vg *ret_vg, struct err *err) MUST_CHECK;
/** The very text that the job names, precommitted. */
int job_vg_open_precommitted(struct job_step *step, struct job_vg *ret_vg,
			     struct err *err) MUST_CHECK;
void job_vg_close(struct job_vg *vg);

/** NULL: not in this metadata. */
const struct lv *job_vg_find(const struct job_vg *vg, const struct uuid *lv_id);

/** The name that the job gives its LV number @i, or its id written to @dashed. */
const char *job_lv_name(const struct job *job, size_t i, char dashed[UUID_DASHED_SIZE]);

#endif
