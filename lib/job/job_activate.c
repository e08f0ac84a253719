/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Activate, deactivate, refresh. LV locks are taken before and given back after by the caller. */
#include <errno.h>

#include "lib/activate/activate.h"
#include "lib/job/job_steps.h"
#include "metadata/base/cleanup.h"

#define AUTO_JOB_VG CLEANUP(job_vg_close)

static int not_in_metadata(const struct job_step *step, const struct job_vg *vg, size_t i,
			   struct err *err)
{
	char dashed[UUID_DASHED_SIZE];

	return err_set(err, ENOENT, "Logical volume %s/%s is not in the metadata of seqno %u.",
		       step->job->vg_name, job_lv_name(step->job, i, dashed),
		       vg->stored->vg->seqno);
}

/* Take away again what this job activated: @was_active says what it found. */
static void undo_activation(struct job_step *step, const bool *was_active, size_t count,
			    struct err *err)
{
	const struct job *job = step->job;
	char dashed[UUID_DASHED_SIZE];
	struct err undo_err = { 0 };

	while (count-- > 0) {
		if (!was_active[count] &&
		    lv_deactivate(step->context, &job->vg_id, job->vg_name, &job->lv_ids[count],
				  job_lv_name(job, count, dashed), &undo_err))
			err_append(err, "\nStill active: %s", undo_err.text);
	}
}

static int activate_one(struct job_step *step, const struct job_vg *vg, size_t i,
			bool *ret_was_active, struct err *err)
{
	const struct job *job = step->job;
	const struct lv *lv = job_vg_find(vg, &job->lv_ids[i]);
	struct lv_kernel_state state;
	int r;

	if (!lv)
		return not_in_metadata(step, vg, i, err);
	if ((r = lv_kernel_state_get(&job->vg_id, &lv->id, &state, err)))
		return r;
	*ret_was_active = state.exists;
	return lv_activate(step->context, vg->stored, lv, job->read_only, err);
}

int job_activate(struct job_step *step, struct err *err)
{
	struct job_vg AUTO_JOB_VG vg = { .scan = NULL };
	bool AUTO_FREE *was_active = calloc(step->job->lv_count + 1, sizeof(*was_active));
	int r;

	if (!was_active)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((r = job_vg_open(step, &vg, err)))
		return r;
	for (size_t i = 0; i < step->job->lv_count; i++) {
		if (!(r = activate_one(step, &vg, i, &was_active[i], err)))
			continue;
		undo_activation(step, was_active, i, err);
		return r;
	}
	return 0;
}

int job_deactivate(struct job_step *step, struct err *err)
{
	const struct job *job = step->job;
	struct err one = { 0 };
	char dashed[UUID_DASHED_SIZE];
	int r = 0;

	/* All that can be deactivated are; the answer is the first failure's, with all texts. */
	for (size_t i = 0; i < job->lv_count; i++) {
		int failed = lv_deactivate(step->context, &job->vg_id, job->vg_name,
					   &job->lv_ids[i], job_lv_name(job, i, dashed), &one);

		if (failed && r)
			err_append(err, "\n%s", one.text);
		else if (failed)
			r = err_set(err, -failed, "%s", one.text);
	}
	return r;
}

int job_refresh(struct job_step *step, struct err *err)
{
	struct job_vg AUTO_JOB_VG vg = { .scan = NULL };
	int r = job_vg_open(step, &vg, err);

	for (size_t i = 0; !r && i < step->job->lv_count; i++) {
		const struct lv *lv = job_vg_find(&vg, &step->job->lv_ids[i]);

		r = lv ? lv_refresh(step->context, vg.stored, lv, err)
		       : not_in_metadata(step, &vg, i, err);
	}
	return r;
}
