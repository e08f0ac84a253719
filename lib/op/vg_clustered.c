/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/op/vg_clustered.h"

#include <errno.h>

#include "lib/op/members.h"
#include "lib/op/pv_init.h"

/*
 * Ask every member for the LVs' state, whatever the VG is now: a local VG may have been activated
 * on several nodes behind each other's back.
 */
static int check_inactive(const struct session *session, struct cluster *cluster, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	const struct vg *vg = session->before->vg;
	struct job job;
	int rc;

	if ((rc = members_job(session, JOB_QUERY, vg->lvs, vg->lv_count, &arena, &job, err)) ||
	    (rc = cluster_run(cluster, &job, TARGET_ALL_MEMBERS, NULL, &results, err)))
		return rc;
	for (size_t i = 0; i < results.count; i++)
		for (uint32_t k = 0; k < vg->lv_count; k++) {
			const struct lv_report *report =
				member_lv_report(&results.items[i], &vg->lvs[k]->id);

			if (report && report->active)
				return err_set(err, EBUSY,
					       "Logical volume %s/%s is active on node %s.\n"
					       "Deactivate the volume group's volumes first.",
					       vg->name, vg->lvs[k]->name,
					       results.items[i].node_name);
		}
	return 0;
}

/* All members see all its PVs; members that do not are named. */
static int check_visible(const struct session *session, struct cluster *cluster, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = VG_ARENA_LIMIT };
	const struct stored_vg *before = session->before;
	const char **paths = arena_calloc(&arena, before->vg->pv_count + 1, sizeof(*paths));

	if (!paths)
		return err_set(err, ENOMEM, "Out of memory.");
	for (uint32_t i = 0; i < before->vg->pv_count; i++)
		paths[i] = before->pv_disks[i]->device->name;
	return pv_check_members(session->context, cluster, session->scan, paths,
				before->vg->pv_count, session->context->options.force, err);
}

int vg_set_clustered(struct context *context, const char *name, bool clustered, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	AUTO_SESSION struct session session = { 0 };
	struct cluster *cluster;
	int rc;

	if ((rc = global_lock_take(context, &lock, err)) ||
	    (rc = session_open(context, name, SESSION_WRITE, &session, err)))
		return rc;
	if (vg_is_clustered(session.vg) == clustered)
		return err_set(err, EALREADY, "Volume group \"%s\" is already %sclustered", name,
			       clustered ? "" : "not ");
	if ((rc = cluster_get(context, &cluster, err)))
		return err_prefix(err, "A clustered volume group needs clvmd: ");
	if (!context->options.test && (rc = check_inactive(&session, cluster, err)))
		return rc;
	if (clustered && (rc = check_visible(&session, cluster, err)))
		return rc;
	session.vg->status ^= STATUS_CLUSTERED;
	if ((rc = session_write(&session, NULL, 0, err)))
		return rc;
	ctx_print(context, "Volume group \"%s\" successfully changed", name);
	return 0;
}
