/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The three phases of a change to active LVs (rule 23 of the lock service).
 *
 * Prepare is all or nothing: either every LV of the job that is active here is suspended with its
 * new table waiting, or none is and nothing waits. Abort and resume may be repeated. Between
 * prepare and the end, the caller keeps this process locked in memory.
 */
#include <errno.h>

#include "lib/activate/activate.h"
#include "lib/job/job_steps.h"
#include "metadata/base/cleanup.h"

#define AUTO_JOB_VG CLEANUP(job_vg_close)

static int abort_all(struct job_step *step, size_t count, struct err *err)
{
	const struct job *job = step->job;
	struct err one = { 0 };
	char dashed[UUID_DASHED_SIZE];
	int r = 0;

	while (count-- > 0) {
		int failed = lv_abort(step->context, &job->vg_id, &job->lv_ids[count], &one);

		if (failed && !r)
			r = err_set(err, -failed, "Logical volume %s/%s: %s", job->vg_name,
				    job_lv_name(job, count, dashed), one.text);
		else if (failed)
			err_append(err, "\nLogical volume %s/%s: %s", job->vg_name,
				   job_lv_name(job, count, dashed), one.text);
	}
	return r;
}

/* The lock keeps LVs from becoming active meanwhile. When in doubt one is. */
static bool any_is_active(const struct job_step *step)
{
	const struct job *job = step->job;
	struct lv_kernel_state state;

	for (size_t i = 0; i < job->lv_count; i++)
		if (lv_kernel_state_get(&job->vg_id, &job->lv_ids[i], &state, NULL) || state.exists)
			return true;
	return false;
}

static int prepare_one(struct job_step *step, const struct job_vg *vg, size_t i, struct err *err)
{
	const struct lv *lv = job_vg_find(vg, &step->job->lv_ids[i]);
	char dashed[UUID_DASHED_SIZE];

	if (!lv)
		return err_set(err, ENOENT, "Logical volume %s/%s is not in the new metadata.",
			       step->job->vg_name, job_lv_name(step->job, i, dashed));
	return lv_preload_suspend(step->context, vg->stored, lv, err);
}

static int prepare_all(struct job_step *step, struct err *err)
{
	struct job_vg AUTO_JOB_VG vg = { .scan = NULL };
	struct err abort_err = { 0 };
	int r;

	if (!any_is_active(step))
		return 0;
	if ((r = job_vg_open_precommitted(step, &vg, err)))
		return r;
	for (size_t i = 0; i < step->job->lv_count; i++) {
		if (!(r = prepare_one(step, &vg, i, err)))
			continue;
		if (abort_all(step, i, &abort_err))
			err_append(err, "\nStill suspended: %s", abort_err.text);
		return r;
	}
	return 0;
}

static int resume_one(struct job_step *step, const struct job_vg *vg, size_t i, struct err *err)
{
	const struct job *job = step->job;
	const struct lv *lv = job_vg_find(vg, &job->lv_ids[i]);
	struct lv_kernel_state state;
	char dashed[UUID_DASHED_SIZE];
	int r;

	if (lv)
		return lv_resume(step->context, vg->stored, lv, err);
	/* Its extents may be another LV's by now: what it maps must not go on. */
	if ((r = lv_kernel_state_get(&job->vg_id, &job->lv_ids[i], &state, err)) || !state.exists)
		return r;
	return err_set(err, ENOENT, "Logical volume %s/%s is active but no longer in the metadata.",
		       job->vg_name, job_lv_name(job, i, dashed));
}

/* Each LV is resumed whatever becomes of the others. */
static int resume_all(struct job_step *step, struct err *err)
{
	struct job_vg AUTO_JOB_VG vg = { .scan = NULL };
	struct err one = { 0 };
	int r;

	if (!any_is_active(step))
		return 0;
	if ((r = job_vg_open(step, &vg, err)))
		return r;
	for (size_t i = 0; i < step->job->lv_count; i++) {
		int failed = resume_one(step, &vg, i, &one);

		if (failed && r)
			err_append(err, "\n%s", one.text);
		else if (failed)
			r = err_set(err, -failed, "%s", one.text);
	}
	return r;
}

int job_suspend(struct job_step *step, struct err *err)
{
	switch (step->phase) {
	case JOB_PHASE_PREPARE:
		return prepare_all(step, err);
	case JOB_PHASE_ABORT:
		return abort_all(step, step->job->lv_count, err);
	case JOB_PHASE_RESUME:
		return resume_all(step, err);
	case JOB_PHASE_DO:
	default:
		return err_set(err, EPROTO, "Job suspend cannot run in phase %d.",
			       (int)step->phase);
	}
}
