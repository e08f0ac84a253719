/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of jobs. Each reads the disks afresh: what another node wrote a moment ago counts. */
#include "lib/job/job_run.h"

#include <errno.h>

#include "lib/job/job_steps.h"

struct job_entry {
	const char *name;
	int (*run)(struct job_step *step, struct err *err);
	bool needs_vg;
	bool has_phases;
};

static const struct job_entry jobs[] = {
	[JOB_RESCAN] = { "rescan", job_rescan, false, false },
	[JOB_QUERY] = { "query", job_query, true, false },
	[JOB_ACTIVATE] = { "activate", job_activate, true, false },
	[JOB_DEACTIVATE] = { "deactivate", job_deactivate, true, false },
	[JOB_REFRESH] = { "refresh", job_refresh, true, false },
	[JOB_SUSPEND] = { "suspend", job_suspend, true, true },
	[JOB_RESIZE_FS] = { "resize file system", job_fs, true, false },
	[JOB_BACKUP] = { "backup", job_backup, true, false },
	[JOB_CHECK_FS] = { "check file system", job_fs, true, false },
	[JOB_STATE] = { "state", job_state, false, false },
};

int job_run(struct context *context, const struct job *job, enum job_phase phase,
	    struct arena *arena, struct job_data *ret_data, struct err *err)
{
	struct job_step step = {
		.context = context, .job = job, .phase = phase, .arena = arena, .data = ret_data
	};
	const struct job_entry *entry;

	*ret_data = (struct job_data){ .lvs = NULL };
	if ((size_t)job->kind >= sizeof(jobs) / sizeof(*jobs) || !jobs[job->kind].run)
		return err_set(err, EOPNOTSUPP, "Unknown job %d.", (int)job->kind);
	entry = &jobs[job->kind];
	if (entry->has_phases == (phase == JOB_PHASE_DO))
		return err_set(err, EPROTO, "Job %s cannot run in phase %d.", entry->name,
			       (int)phase);
	if (entry->needs_vg && (!job->vg_name || uuid_is_unset(&job->vg_id)))
		return err_set(err, EPROTO, "Job %s names no volume group.", entry->name);
	return entry->run(&step, err);
}
