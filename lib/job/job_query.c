/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs that only look: which PVs this node sees, which LVs it has, who uses them. */
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "lib/activate/activate.h"
#include "lib/activate/mounts.h"
#include "lib/device/device.h"
#include "lib/job/job_steps.h"
#include "lib/version.h"
#include "metadata/base/cleanup.h"

#define MOUNTS_LIMIT ((size_t)256 << 20)

static void scan_free_at_exit(struct scan **scan)
{
	scan_free(*scan);
}

/* Device names differ between nodes: a disk that is no PV yet is known by what is on it. */
static int check_not_mounted(struct job_step *step, const struct scan *scan, struct err *err)
{
	struct mount_entry *mounts;
	int r = mounts_read(step->arena, &mounts, err);

	for (struct mount_entry *mount = mounts; !r && mount; mount = mount->next) {
		const struct device *device =
			device_find_devno(scan->devices, makedev(mount->major, mount->minor));
		char id[JOB_FS_ID_MAX + 1];

		if (device && !device_filesystem_id(device->name, false, id, sizeof(id), NULL) &&
		    !strcmp(id, step->job->fs_id))
			return err_set(err, EBUSY,
				       "its file system (%s) is mounted there on %s, from %s.", id,
				       mount->point.directory, device->name);
	}
	return r;
}

int job_rescan(struct job_step *step, struct err *err)
{
	const struct job *job = step->job;
	struct scan CLEANUP(scan_free_at_exit) *scan = NULL;
	struct uuid *missing;
	size_t count = 0;
	int r;

	if ((r = device_reread_partitions(step->context, err)) ||
	    (r = scan_run(step->context, &scan, err)))
		return r;
	if (job->fs_id && *job->fs_id && (r = check_not_mounted(step, scan, err)))
		return r;
	if (!(missing = arena_calloc(step->arena, job->pv_count, sizeof(*missing))))
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < job->pv_count; i++) {
		if (!scan_find_pv(scan, &job->pv_ids[i]))
			missing[count++] = job->pv_ids[i];
	}
	step->data->missing_pvs = count ? missing : NULL;
	step->data->missing_pv_count = count;
	return 0;
}

/* Where an open LV is mounted; strings in the job's arena. */
static int report_mounts(struct job_step *step, struct mount_entry *entries,
			 const struct lv_kernel_state *state, struct lv_report *report,
			 struct err *err)
{
	const struct mount_point *mounts = mounts_find(entries, state->major, state->minor);

	if (!mounts)
		return 0;
	report->mount_points = mounts_join(mounts, ",", step->arena);
	report->fs_type = arena_strdup(step->arena, mounts->fs_type);
	if (!report->mount_points || !report->fs_type)
		return err_set(err, ENOMEM, "Out of memory.");
	return 0;
}

static int report_lv(struct job_step *step, struct mount_entry *entries, struct lv_report *report,
		     struct err *err)
{
	struct lv_kernel_state state;
	int r = lv_kernel_state_get(&step->job->vg_id, &report->lv_id, &state, err);

	if (r)
		return r;
	report->active = state.active;
	report->suspended = state.suspended;
	report->open_count = state.open_count;
	report->size_sectors = state.size_sectors;
	report->mount_points = report->fs_type = "";
	report->has_holders = state.open_count && lv_has_holders(&state);
	return state.open_count ? report_mounts(step, entries, &state, report, err) : 0;
}

/* The ids to report on: the job's, or all of the VG's that this kernel has. */
static int choose_lvs(struct job_step *step, struct lv_report **ret_reports, size_t *ret_count,
		      struct err *err)
{
	const struct job *job = step->job;
	struct kernel_lv *lvs = NULL;
	struct lv_report *reports;
	size_t count = job->lv_count;
	int r;

	if (!count && (r = kernel_lvs_list(step->arena, &lvs, err)))
		return r;
	for (const struct kernel_lv *lv = lvs; lv; lv = lv->next)
		count += uuid_equal(&lv->vg_id, &job->vg_id);
	if (count > JOB_LVS_MAX)
		return err_set(err, E2BIG, "Too many LVs are active: %zu.", count);
	if (!(reports = arena_calloc(step->arena, count, sizeof(*reports))))
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < job->lv_count; i++)
		reports[i].lv_id = job->lv_ids[i];
	*ret_reports = reports;
	*ret_count = count;
	for (const struct kernel_lv *lv = lvs; lv; lv = lv->next) {
		if (uuid_equal(&lv->vg_id, &job->vg_id))
			(reports++)->lv_id = lv->lv_id;
	}
	return 0;
}

int job_query(struct job_step *step, struct err *err)
{
	struct arena AUTO_ARENA arena = { .limit = MOUNTS_LIMIT };
	struct mount_entry *entries;
	struct lv_report *reports = NULL;
	size_t count = 0;
	int r = choose_lvs(step, &reports, &count, err);

	if (!r)
		r = mounts_read(&arena, &entries, err);
	for (size_t i = 0; !r && i < count; i++)
		r = report_lv(step, entries, &reports[i], err);
	if (!r) {
		step->data->lvs = count ? reports : NULL;
		step->data->lv_count = count;
	}
	return r;
}

int job_state(struct job_step *step, struct err *err)
{
	struct kernel_lv *lvs = NULL;
	struct lv_state *states;
	size_t count = 0;
	int r = kernel_lvs_list(step->arena, &lvs, err);

	for (const struct kernel_lv *lv = lvs; lv; lv = lv->next)
		count++;
	if (!r && !(states = arena_calloc(step->arena, count + 1, sizeof(*states))))
		r = err_set(err, ENOMEM, "Out of memory.");
	if (r)
		return r;
	step->data->states = states;
	step->data->state_count = count;
	step->data->version = CLVM_VERSION;
	for (const struct kernel_lv *lv = lvs; !r && lv; lv = lv->next, states++) {
		struct lv_kernel_state state;

		*states = (struct lv_state){ .vg_id = lv->vg_id, .lv_id = lv->lv_id };
		r = lv_kernel_state_get_crc(&lv->vg_id, &lv->lv_id, &state, &states->table_crc,
					    err);
		states->active = state.active;
		states->suspended = state.suspended;
		states->preloaded = state.inactive_table;
		states->open_count = state.open_count;
		states->size_sectors = state.size_sectors;
	}
	return r;
}
