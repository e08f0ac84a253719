/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/op/members.h"

#include <errno.h>
#include <string.h>

#include "lib/config.h"
#include "lib/job/job_run.h"

int members_job(const struct session *session, enum job_kind kind, struct lv *const *lvs,
		size_t lv_count, struct arena *arena, struct job *ret_job, struct err *err)
{
	const struct vg *vg = session->before ? session->before->vg : session->vg;
	struct job job = { .kind = kind,
			   .vg_name = vg->name,
			   .vg_id = vg->id,
			   .clustered = session_is_clustered(session),
			   .seqno = vg->seqno,
			   .lv_count = lv_count };
	struct uuid *ids = arena_calloc(arena, lv_count, sizeof(*ids));
	const char **names = arena_calloc(arena, lv_count, sizeof(*names));

	if (lv_count > JOB_LVS_MAX)
		return err_set(err, E2BIG,
			       "%zu logical volumes in one step are too many: %d at most.",
			       lv_count, JOB_LVS_MAX);
	if (!ids || !names)
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < lv_count; i++) {
		ids[i] = lvs[i]->id;
		names[i] = lvs[i]->name;
	}
	job.lv_ids = ids;
	job.lv_names = names;
	*ret_job = job;
	return 0;
}

static int run_here(const struct session *session, const struct job *job, enum job_phase phase,
		    struct member_results *results, struct err *err)
{
	struct member_result *result = arena_new(&results->arena, struct member_result);
	int rc;

	if (!result)
		return err_set(err, ENOMEM, "Out of memory.");
	rc = job_run(session->context, job, phase, &results->arena, &result->data, err);
	*result = (struct member_result){
		.node_name = "", .rc = rc, .text = rc && err ? err->text : "", .data = result->data
	};
	results->items = result;
	results->count = 1;
	return rc;
}

int members_run(const struct session *session, const struct job *job, enum cluster_target target,
		const char *node_name, struct member_results *results, struct err *err)
{
	if (session->context->options.test)
		return 0;
	if (session_is_clustered(session))
		return cluster_run(session->cluster, job, target, node_name, results, err);
	return run_here(session, job, JOB_PHASE_DO, results, err);
}

int members_do(const struct session *session, const struct job *job, enum cluster_target target,
	       struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;

	return members_run(session, job, target, NULL, &results, err);
}

static bool has_answered(const struct member_results *results, const char *node_name)
{
	for (size_t i = 0; i < results->count; i++)
		if (!strcmp(results->items[i].node_name, node_name))
			return true;
	return false;
}

int members_check_holders(const struct session *session, const struct uuid *lv_ids,
			  const char *const *lv_names, size_t lv_count,
			  const struct member_results *results, struct err *err)
{
	struct lv_holders holders = { .arena.limit = MEMBER_RESULTS_LIMIT };
	int rc;

	if (!session_is_clustered(session) || session->context->options.test)
		return 0;
	rc = cluster_lv_holders(session->cluster, &holders, err);
	for (size_t i = 0; !rc && i < holders.count; i++) {
		const struct lv_holder *holder = &holders.items[i];

		if (has_answered(results, holder->node_name))
			continue;
		for (size_t k = 0; !rc && k < lv_count; k++)
			if (uuid_equal(&holder->lv_id, &lv_ids[k]))
				rc = err_set(err, EBUSY,
					     "Logical volume %s/%s is active on node %s, where "
					     "clvmd does not answer.\n"
					     "Start clvmd there, or fence the node.",
					     session->vg->name, lv_names[k], holder->node_name);
	}
	lv_holders_free(&holders);
	return rc;
}

int members_deactivate(const struct session *session, struct lv *lv, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	struct job job;
	int rc;

	if ((rc = members_job(session, JOB_DEACTIVATE, &lv, 1, &arena, &job, err)) ||
	    (rc = members_run(session, &job, TARGET_ALL_MEMBERS, NULL, &results, err)))
		return rc;
	return members_check_holders(session, job.lv_ids, job.lv_names, 1, &results, err);
}

int members_prepare(const struct session *session, const struct job *job, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	int rc;

	if (!session_is_clustered(session))
		return run_here(session, job, JOB_PHASE_PREPARE, &results, err);
	rc = cluster_run(session->cluster, job, TARGET_ALL_MEMBERS, NULL, &results, err);
	if (rc)
		return rc;
	return members_check_holders(session, job->lv_ids, job->lv_names, job->lv_count, &results,
				     err);
}

int members_commit(const struct session *session, struct err *err)
{
	return session_is_clustered(session) ? cluster_commit(session->cluster, err) : 0;
}

int members_resume(const struct session *session, const struct job *job, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;

	if (session_is_clustered(session))
		return cluster_resume(session->cluster, &results, err);
	return run_here(session, job, JOB_PHASE_RESUME, &results, err);
}

int members_abort(const struct session *session, const struct job *job, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;

	if (session_is_clustered(session))
		return cluster_abort(session->cluster, &results, err);
	return run_here(session, job, JOB_PHASE_ABORT, &results, err);
}

void members_send_backup(const struct session *session)
{
	struct context *context = session->context;
	const struct vg *vg = session->vg;
	struct err err = { 0 };
	struct job job = { .kind = JOB_BACKUP, .clustered = true };

	if (!vg || context->options.test || !config_bool(context->config, "backup/backup"))
		return;
	job.vg_name = vg->name;
	job.vg_id = vg->id;
	job.seqno = vg->seqno;
	if (cluster_post(session->cluster, &job, &err))
		ctx_warn(context,
			 "WARNING: Other nodes do not back up the metadata of volume group %s: %s",
			 vg->name, err.text);
}

int members_query(const struct session *session, struct lv *const *lvs, size_t lv_count,
		  struct member_results *results, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	struct job job;
	int rc;

	if ((rc = members_job(session, JOB_QUERY, lvs, lv_count, &arena, &job, err)))
		return rc;
	return members_run(session, &job, TARGET_ALL_MEMBERS, NULL, results, err);
}

const char *member_result_name(const struct member_result *result)
{
	return *result->node_name ? result->node_name : "this node";
}

const struct lv_report *member_lv_report(const struct member_result *result,
					 const struct uuid *lv_id)
{
	for (size_t i = 0; i < result->data.lv_count; i++)
		if (uuid_equal(&result->data.lvs[i].lv_id, lv_id))
			return &result->data.lvs[i];
	return NULL;
}

size_t members_active_count(const struct member_results *results, const struct uuid *lv_id)
{
	size_t count = 0;

	for (size_t i = 0; i < results->count; i++) {
		const struct lv_report *report = member_lv_report(&results->items[i], lv_id);

		count += report && report->active;
	}
	return count;
}
