/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carry out a job on this node: called by commands for local VGs, by clvmd's workers for clustered
 * ones. */
#ifndef LIB_JOB_JOB_RUN_H
#define LIB_JOB_JOB_RUN_H

#include "lib/context.h"
#include "lib/proto/job.h"

/* The phase of a two-phase job (JOB_SUSPEND); every other job has JOB_PHASE_DO. */
enum job_phase {
	JOB_PHASE_DO = 1,
	JOB_PHASE_PREPARE, /* preload and suspend */
	JOB_PHASE_ABORT,   /* clear what was preloaded, resume the old table */
	JOB_PHASE_RESUME,  /* resume to the committed metadata */
};

/**
 * Run it here. @ret_data is filled in @arena (all zero when the job has none). Reads the disks
 * afresh. LV locks and cluster messages are not its business. Text for people is in @err on
 * failure. What the tools of JOB_RESIZE_FS and JOB_CHECK_FS print is not
 * printed here but in @ret_data->output.
 */
int job_run(struct context *context, const struct job *job, enum job_phase phase,
	    struct arena *arena, struct job_data *ret_data, struct err *err) MUST_CHECK;

#endif
