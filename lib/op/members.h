/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs for the nodes concerned: this one for a local VG, all members for a clustered one.
 * Operations do not care which: they get one result per node either way.
 */
#ifndef LIB_OP_MEMBERS_H
#define LIB_OP_MEMBERS_H

#include "lib/op/session.h"
#include "lib/proto/job.h"

/** A job of @kind on some LVs of the VG; its arrays are in @arena. */
int members_job(const struct session *session, enum job_kind kind, struct lv *const *lvs,
		size_t lv_count, struct arena *arena, struct job *ret_job,
		struct err *err) MUST_CHECK;

/**
 * Run @job on @target (a local VG: here). @results: start with MEMBER_RESULTS; released by
 * member_results_free(). A no-op with no results in test mode.
 */
int members_run(const struct session *session, const struct job *job, enum cluster_target target,
		const char *node_name, struct member_results *results, struct err *err) MUST_CHECK;

/** The same when nobody looks at the results. */
int members_do(const struct session *session, const struct job *job, enum cluster_target target,
	       struct err *err) MUST_CHECK;

/* The phases of a change of LVs in use (JOB_SUSPEND). */
int members_prepare(const struct session *session, const struct job *job,
		    struct err *err) MUST_CHECK;
int members_commit(const struct session *session, struct err *err) MUST_CHECK;
int members_resume(const struct session *session, const struct job *job,
		   struct err *err) MUST_CHECK;
int members_abort(const struct session *session, const struct job *job, struct err *err) MUST_CHECK;

/** All members write a backup of session->vg. Nobody waits for them; failures are in their logs. */
void members_send_backup(const struct session *session);

/* Where LVs are active, open and mounted: one line per node and LV. */
int members_query(const struct session *session, struct lv *const *lvs, size_t lv_count,
		  struct member_results *results, struct err *err) MUST_CHECK;

/**
 * -EBUSY when a node that has no answer in @results (no clvmd there) has one of these LVs active,
 * by its lock: nothing that is done to the LV would reach it.
 */
int members_check_holders(const struct session *session, const struct uuid *lv_ids,
			  const char *const *lv_names, size_t lv_count,
			  const struct member_results *results, struct err *err) MUST_CHECK;

/**
 * Deactivate an LV everywhere, so that it can be removed: -EBUSY as members_check_holders() when a
 * node without clvmd may still have it active, also one that died just now.
 */
int members_deactivate(const struct session *session, struct lv *lv, struct err *err) MUST_CHECK;

/** "n1", or "this node" for a local VG. */
const char *member_result_name(const struct member_result *result);

/** What @result says of @lv_id, or NULL. */
const struct lv_report *member_lv_report(const struct member_result *result,
					 const struct uuid *lv_id);

/** Active anywhere / number of nodes where it is. */
size_t members_active_count(const struct member_results *results, const struct uuid *lv_id);

#define MEMBER_RESULTS                              \
	{                                           \
		.arena.limit = MEMBER_RESULTS_LIMIT \
	}
#define AUTO_RESULTS CLEANUP(member_results_free)

#endif
