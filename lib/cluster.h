/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command's connection to this node's clvmd: cluster locks, and jobs on all members.
 *
 * Locks taken here are command locks: they go when this process ends, whatever happens to the
 * socket. Every failure says which node, who holds it, and what to do.
 */
#ifndef LIB_CLUSTER_H
#define LIB_CLUSTER_H

#include "lib/context.h"
#include "lib/interfaces.h"
#include "lib/proto/job.h"
#include "lib/proto/lock_mode.h"

struct cluster;

/** Does a clvmd answer here? Connects on first use and keeps it in the context; NULL and -EHOSTDOWN
 * if not. */
int cluster_get(struct context *context, struct cluster **ret_cluster, struct err *err) MUST_CHECK;
void cluster_close(struct cluster *cluster);

/** Is clvmd running here (socket answers)? Never fails; false with --nolocking. */
bool cluster_is_running(struct context *context);

/**
 * Take @resource ("P_global", "V_<vg>"). Waits up to the daemon's lock_timeout, or with --wait as
 * long as it takes; with global/wait_for_locks=0 not at all (a waiting line goes to ctx_verbose
 * after 1 s, to ctx_warn after 5 s, naming the holder). @ret_value: highest seqno committed, 0
 * unknown. -EBUSY refused or timed out, -ENOLCK not quorate or paused. The text says who holds it.
 */
int cluster_lock(struct cluster *cluster, const char *resource, enum lock_mode mode,
		 uint64_t *ret_value, struct err *err) MUST_CHECK;
/** The same, but -ENOLCK within seconds when nothing is granted now because a node is lost. */
int cluster_lock_unless_paused(struct cluster *cluster, const char *resource, enum lock_mode mode,
			       uint64_t *ret_value, struct err *err) MUST_CHECK;
/** @value: the seqno committed under it; 0 nothing was; LOCK_VALUE_FORGET there is no such VG any
 * more. */
int cluster_unlock(struct cluster *cluster, const char *resource, uint64_t value,
		   struct err *err) MUST_CHECK;

enum cluster_target { TARGET_ALL_MEMBERS = 1, TARGET_THIS_NODE, TARGET_ONE_NODE };

/* One member's answer. */
struct member_result {
	uint32_t node;
	const char *node_name;
	int rc;
	const char *text; /* for people; "" */
	struct job_data data;
};

struct member_results {
	struct arena arena; /* owns everything below; start with { .arena.limit =
			       MEMBER_RESULTS_LIMIT } */
	struct member_result *items;
	size_t count;
};
#define MEMBER_RESULTS_LIMIT ((size_t)256 << 20)

void member_results_free(struct member_results *results);

/**
 * Run a job on the targets and collect one result per member (a member that died meanwhile has a
 * result too). 0 when all answers are 0; otherwise the first failure, and @err has one line per
 * failed member. For JOB_SUSPEND (phase PREPARE) the operation stays open: go on with the three
 * calls below.
 */
int cluster_run(struct cluster *cluster, const struct job *job, enum cluster_target target,
		const char *node_name, struct member_results *results, struct err *err) MUST_CHECK;

/** Have all members do a job whose result nobody waits for: what fails is in their logs. */
int cluster_post(struct cluster *cluster, const struct job *job, struct err *err) MUST_CHECK;

/** After PREPARE said yes: COMMIT message, acknowledged by all participants; only then write the
 * commit. */
int cluster_commit(struct cluster *cluster, struct err *err) MUST_CHECK;
/** After the commit is on disk: all resume to it. */
int cluster_resume(struct cluster *cluster, struct member_results *results,
		   struct err *err) MUST_CHECK;
/** Instead of commit: all clear their preloaded tables and resume the old ones. */
int cluster_abort(struct cluster *cluster, struct member_results *results,
		  struct err *err) MUST_CHECK;

/* Who holds what, from the local copy of the lock table: answers at once. */
struct lv_holder {
	struct uuid vg_id, lv_id;
	const char *node_name;
	enum lock_mode mode;
	bool is_local;
};
struct lv_holders {
	struct arena arena; /* start with { .arena.limit = MEMBER_RESULTS_LIMIT } */
	struct lv_holder *items;
	size_t count;
};
int cluster_lv_holders(struct cluster *cluster, struct lv_holders *ret_holders,
		       struct err *err) MUST_CHECK;
void lv_holders_free(struct lv_holders *holders);

/* The nodes of the cluster, as this one's clvmd sees them. */
struct cluster_member {
	uint32_t node;
	const char *node_name, *state; /* the state as in clvmd status */
	bool is_local;
	bool takes_part; /* up and in step: takes locks, does jobs */
};
struct cluster_members {
	struct arena arena; /* start with { .arena.limit = MEMBER_RESULTS_LIMIT } */
	struct cluster_member *items;
	size_t count;
};
int cluster_list_members(struct cluster *cluster, struct cluster_members *ret_members,
			 struct err *err) MUST_CHECK;
void cluster_members_free(struct cluster_members *members);

const char *cluster_node_name(const struct cluster *cluster); /* this node's corosync name */
const char *cluster_name(const struct cluster *cluster);
/** deactivation_scope = "node": what a person deactivates is meant for this node only. */
bool cluster_scope_is_node(const struct cluster *cluster);

#endif
