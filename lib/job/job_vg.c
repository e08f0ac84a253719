/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a job's VG.
 *
 * Another node may have changed partitions or sizes that this kernel has not seen. So a PV that is
 * missing, or ends before its metadata say, makes us look again before anybody is told about it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/device/device.h"
#include "lib/job/job_steps.h"

#define SECTOR_SHIFT 9

/* Is every PV there, and as long as its extents need? */
static bool devices_fit(const struct stored_vg *stored)
{
	for (uint32_t i = 0; i < stored->vg->pv_count; i++) {
		const struct pv *pv = stored->vg->pvs[i];
		const struct pv_disk *disk = stored->pv_disks[i];
		uint64_t end = pv->pe_start + (uint64_t)pv->pe_count * stored->vg->extent_size;

		if (!disk || !disk->device || end > disk->device->size_bytes >> SECTOR_SHIFT)
			return false;
	}
	return true;
}

static int compare_lvs(const void *a, const void *b)
{
	const struct lv *const *first = a, *const *second = b;

	return memcmp((*first)->id.text, (*second)->id.text, UUID_LENGTH);
}

static int compare_id(const void *id, const void *lv)
{
	const struct lv *const *entry = lv;

	return memcmp(id, (*entry)->id.text, UUID_LENGTH);
}

/* Thousands of LVs are looked up by id. */
static int sort_lvs(struct job_vg *vg, struct err *err)
{
	const struct vg *metadata = vg->stored->vg;

	if (!(vg->lvs = calloc(metadata->lv_count + (size_t)1, sizeof(*vg->lvs))))
		return err_set(err, ENOMEM, "Out of memory.");
	for (uint32_t i = 0; i < metadata->lv_count; i++)
		vg->lvs[i] = metadata->lvs[i];
	qsort(vg->lvs, metadata->lv_count, sizeof(*vg->lvs), compare_lvs);
	return 0;
}

const struct lv *job_vg_find(const struct job_vg *vg, const struct uuid *lv_id)
{
	const struct lv *const *found =
		bsearch(lv_id, vg->lvs, vg->stored->vg->lv_count, sizeof(*vg->lvs), compare_id);

	return found ? *found : NULL;
}

void job_vg_close(struct job_vg *vg)
{
	free(vg->lvs);
	stored_vg_free(vg->stored);
	scan_free(vg->scan);
	*vg = (struct job_vg){ .scan = NULL };
}

static int read_once(struct job_step *step, bool precommitted, struct job_vg *vg, struct err *err)
{
	const struct job *job = step->job;
	int r = scan_run(step->context, &vg->scan, err);

	if (r)
		return r;
	if (precommitted)
		return stored_vg_read_precommitted(step->context, vg->scan, &job->vg_id,
						   job->text_length, job->text_crc, &vg->stored,
						   err);
	return stored_vg_read(step->context, vg->scan, job->vg_name, &job->vg_id, &vg->stored, err);
}

/* Read; if something does not fit, let the kernel look at the disks again and read once more. */
static int read_vg(struct job_step *step, bool precommitted, struct job_vg *vg, struct err *err)
{
	int r = read_once(step, precommitted, vg, err);

	if (!r && devices_fit(vg->stored))
		return 0;
	if (device_reread_partitions(step->context, NULL))
		return r;
	job_vg_close(vg);
	if (err)
		*err = (struct err){ .code = 0 };
	return read_once(step, precommitted, vg, err);
}

static int check_seqno(const struct job *job, const struct job_vg *vg, struct err *err)
{
	uint32_t seqno = vg->stored->vg->seqno;

	if (seqno < job->seqno)
		return err_set(err, ESTALE,
			       "Volume group %s has seqno %" PRIu32
			       " on this node's disks, %" PRIu32 " is expected.",
			       vg->stored->vg->name, seqno, job->seqno);
	return 0;
}

int job_vg_open(struct job_step *step, struct job_vg *ret_vg, struct err *err)
{
	int r = read_vg(step, false, ret_vg, err);

	if (!r)
		r = check_seqno(step->job, ret_vg, err);
	return r ? r : sort_lvs(ret_vg, err);
}

int job_vg_open_precommitted(struct job_step *step, struct job_vg *ret_vg, struct err *err)
{
	int r = read_vg(step, true, ret_vg, err);

	if (!r)
		r = check_seqno(step->job, ret_vg, err);
	return r ? r : sort_lvs(ret_vg, err);
}

const char *job_lv_name(const struct job *job, size_t i, char dashed[UUID_DASHED_SIZE])
{
	if (job->lv_names && job->lv_names[i] && *job->lv_names[i])
		return job->lv_names[i];
	return uuid_format(&job->lv_ids[i], dashed);
}
