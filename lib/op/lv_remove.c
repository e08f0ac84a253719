/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lvremove. The LV is gone from every kernel before it is gone from the metadata: its extents can
 * be given to another LV as soon as the commit is on disk.
 */
#include "lib/op/in_session.h"

#include <errno.h>
#include <string.h>

#include "lib/op/members.h"
#include "lib/op/op.h"
#include "metadata/edit.h"

int lv_check_operable(const struct lv *lv, struct err *err)
{
	if (lv_is_operable(lv))
		return 0;
	return err_set(err, EPERM,
		       "Logical volume %s/%s of type %s cannot be changed by this version.\n"
		       "Only linear and striped logical volumes can.",
		       lv->vg->name, lv->name, lv->seg_count ? lv->segs[0].type_name : "unknown");
}

int session_find_lv(const struct session *session, const char *name, struct lv **ret_lv,
		    struct err *err)
{
	struct lv *lv = vg_find_lv(session->vg, name);

	if (!lv)
		return err_set(err, ENOENT, "Failed to find logical volume \"%s/%s\"",
			       session->vg->name, name);
	*ret_lv = lv;
	return lv_check_operable(lv, err);
}

struct lv *session_lv_before(const struct session *session, const struct lv *lv)
{
	return vg_find_lv_by_id(session->before->vg, &lv->id);
}

/* What was active before a failed removal is active again. */
static void reactivate(const struct session *session, struct lv *lv,
		       const struct member_results *were)
{
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	struct err err = { 0 };
	struct job job;

	if (members_job(session, JOB_ACTIVATE, &lv, 1, &arena, &job, &err)) {
		ctx_report_error(session->context, &err);
		return;
	}
	job.mode = MODE_CR;
	for (size_t i = 0; i < were->count; i++) {
		AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
		const struct lv_report *report = member_lv_report(&were->items[i], &lv->id);

		if (report && report->active &&
		    members_run(session, &job, TARGET_ONE_NODE, were->items[i].node_name, &results,
				&err))
			ctx_report_error(session->context, &err);
	}
}

static int deactivate_everywhere(const struct session *session, struct lv *lv,
				 const struct member_results *were, struct err *err)
{
	int rc = members_deactivate(session, lv, err);

	if (rc)
		reactivate(session, lv, were);
	return rc;
}

static bool may_remove(const struct session *session, const struct lv *lv,
		       const struct member_results *results)
{
	if (session->context->options.force || !members_active_count(results, &lv->id))
		return true;
	return ctx_ask(session->context,
		       "Do you really want to remove active %slogical volume %s/%s? [y/n]: ",
		       session_is_clustered(session) ? "clustered " : "", session->vg->name,
		       lv->name);
}

static int remove_lv(struct session *session, struct lv *lv, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	struct context *context = session->context;
	AUTO_FREE char *name = strdup(lv->name);
	struct lv *before = session_lv_before(session, lv);
	int rc;

	if (!name)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = lv_check_operable(lv, err)))
		return rc;
	if ((rc = query_open_lvs(session, &before, 1, &results, err)) ||
	    (rc = lv_check_not_open(session, lv, &results, err)) ||
	    (rc = members_check_holders(session, &lv->id, (const char *const *)&lv->name, 1,
					&results, err)))
		return rc;
	if (!may_remove(session, lv, &results))
		return err_set(err, ECANCELED, "Logical volume %s/%s not removed.",
			       session->vg->name, name);
	if ((rc = deactivate_everywhere(session, before, &results, err)))
		return rc;
	if ((rc = lv_edit_remove(lv, err)) || (rc = session_write(session, NULL, 0, err)))
		return rc;
	ctx_print(context, "Logical volume \"%s\" successfully removed.", name);
	return 0;
}

int lv_remove_in(struct session *session, struct lv *lv, struct err *err)
{
	int rc = remove_lv(session, lv, err);

	return rc ? rc : session_follow(session, err);
}

int op_lv_remove(struct context *context, const char *vg_name, const char *lv_name, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	struct lv *lv;
	int rc;

	if ((rc = session_open(context, vg_name, SESSION_WRITE_PARTIAL, &session, err)))
		return rc;
	if ((rc = session_find_lv(&session, lv_name, &lv, err)))
		return rc;
	return remove_lv(&session, lv, err);
}

/* What could not be removed is said at once, before the next is asked about. */
int op_lv_remove_all(struct context *context, const char *vg_name, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	uint32_t kept = 0;
	int rc, failed = 0;

	if ((rc = session_open(context, vg_name, SESSION_WRITE_PARTIAL, &session, err)))
		return rc;
	while (session.vg && kept < session.vg->lv_count) {
		struct lv *lv = session.vg->lvs[kept];
		struct err one = { 0 };

		if (!lv_is_visible(lv)) {
			kept++;
			continue;
		}
		if (!(rc = lv_remove_in(&session, lv, &one)))
			continue;
		kept++;
		failed = failed ? failed : rc;
		ctx_report_error(context, &one);
	}
	/* All has been said. */
	return failed ? err_set(err, -failed, "%s", "") : 0;
}
