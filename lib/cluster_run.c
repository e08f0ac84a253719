/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs on members, and who holds what. The daemon answers with one RESULT per member and then
 * DONE; it puts an end to a member that does not answer, so here is no deadline, only a line
 * for people every so often.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cluster.h"
#include "lib/cluster_private.h"
#include "lib/proto/job.h"
#include "metadata/base/cleanup.h"

#define TELL_MS	      10000
#define LISTS_WAIT_MS 800
#define JOB_BYTES_MAX CLIENT_DATA_MAX
#define RESULTS_FIRST 8u
#define RESULTS_MAX   4096u /* far more than members; bounds what a broken daemon sends */
#define HOLDERS_MAX   (1U << 22)

void member_results_free(struct member_results *results)
{
	arena_free(&results->arena);
	results->items = NULL;
	results->count = 0;
}

void lv_holders_free(struct lv_holders *holders)
{
	arena_free(&holders->arena);
	holders->items = NULL;
	holders->count = 0;
}

/*
 * Room for one more item in an array that doubles: it is full when its count is @first times a
 * power of two. NULL without memory.
 */
static void *grow(struct arena *arena, void *items, size_t count, size_t first, size_t size)
{
	size_t room = first;
	void *more;

	while (room < count)
		room *= 2;
	if (items && count < room)
		return items;
	if (!(more = arena_calloc(arena, items ? room * 2 : first, size)))
		return NULL;
	if (items)
		memcpy(more, items, count * size);
	return more;
}

static int add_result(struct member_results *results, const struct client_message *answer,
		      struct err *err)
{
	struct member_result *item;
	void *items = results->count < RESULTS_MAX
			      ? grow(&results->arena, results->items, results->count, RESULTS_FIRST,
				     sizeof(*item))
			      : NULL;

	if (!items)
		return err_set(err, ENOMEM, "Out of memory for the members' answers.");
	results->items = items;
	item = &results->items[results->count];
	*item = (struct member_result){ .node = answer->node, .rc = answer->rc };
	item->node_name = arena_strdup(&results->arena, answer->node_name);
	item->text = arena_strdup(&results->arena, answer->text);
	if (!item->node_name || !item->text)
		return err_set(err, ENOMEM, "Out of memory for the members' answers.");
	results->count++;
	if (!answer->data_length)
		return 0;
	return job_data_decode(answer->data, answer->data_length, &results->arena, &item->data,
			       err);
}

/* One line per failed member in @err; returns the first failure. */
static int failures(const struct member_results *results, const char *prefix, struct err *err)
{
	int first = 0;

	for (size_t i = 0; i < results->count; i++) {
		const struct member_result *item = &results->items[i];
		const char *text = *item->text ? item->text : strerror(-item->rc);

		if (!item->rc)
			continue;
		if (!first)
			first = err_set(err, -item->rc, "%s %s: %s", prefix, item->node_name, text);
		else
			(void)err_append(err, "\n%s %s: %s", prefix, item->node_name, text);
	}
	return first;
}

static void tell_still_waiting(struct cluster *cluster, const struct member_results *results)
{
	if (cluster->context)
		ctx_verbose(cluster->context,
			    "Still waiting for members to answer (%zu answered so far).",
			    results->count);
}

/* Collect the RESULTs of request @id until DONE. */
static int collect(struct cluster *cluster, uint32_t id, struct member_results *results,
		   const char *prefix, struct err *err)
{
	struct client_message answer;
	struct err why;
	int rc, failed;

	for (;;) {
		rc = cluster_receive(cluster, id, TELL_MS, &answer, err);
		if (rc == -ETIMEDOUT) {
			tell_still_waiting(cluster, results);
			continue;
		}
		if (rc)
			return rc;
		if (answer.type != CLIENT_RESULT)
			break;
		if ((rc = add_result(results, &answer, err)))
			return cluster_fail(cluster, rc);
	}
	if (answer.type != CLIENT_DONE)
		return cluster_unexpected(cluster, &answer, err);
	failed = failures(results, prefix, &why);
	if (answer.rc && failed)
		return err_set(err, -answer.rc, "%s\n%s", why.text, answer.text);
	if (answer.rc)
		return err_set(err, -answer.rc, "%s", answer.text);
	return failed ? err_set(err, -failed, "%s", why.text) : 0;
}

static const char *failure_prefix(enum job_kind kind)
{
	switch (kind) {
	case JOB_ACTIVATE:
	case JOB_DEACTIVATE:
	case JOB_REFRESH:
	case JOB_SUSPEND:
		return "Error locking on node"; /* 2.02's words: scripts look for them */
	case JOB_RESCAN:
	case JOB_QUERY:
	case JOB_RESIZE_FS:
	case JOB_BACKUP:
	case JOB_CHECK_FS:
	case JOB_STATE:
		break;
	}
	return "Error on node";
}

static int send_job(struct cluster *cluster, const struct job *job, enum cluster_target target,
		    const char *node_name, uint32_t *ret_id, struct err *err)
{
	AUTO_BUF struct buf bytes = { .limit = JOB_BYTES_MAX };
	struct client_message request = {
		.type = CLIENT_RUN,
		.target = (uint32_t)target,
		.node_name = node_name,
	};
	int rc;

	if ((rc = job_encode(job, &bytes, err)))
		return rc;
	request.data = bytes.data;
	request.data_length = bytes.used;
	rc = cluster_send(cluster, &request, err);
	*ret_id = request.id;
	return rc;
}

static int run_once(struct cluster *cluster, const struct job *job, enum cluster_target target,
		    const char *node_name, struct member_results *results, struct err *err)
{
	uint32_t id;
	int rc;

	if ((rc = send_job(cluster, job, target, node_name, &id, err)))
		return rc;
	if (job->kind == JOB_SUSPEND)
		cluster->open_run = id;
	rc = collect(cluster, id, results, failure_prefix(job->kind), err);
	if (rc == -EAGAIN && job->kind == JOB_SUSPEND)
		cluster->open_run = 0; /* it was not begun */
	return rc;
}

/* What does not leave anything open, and is not a file system's resize, may be done twice. */
int cluster_run(struct cluster *cluster, const struct job *job, enum cluster_target target,
		const char *node_name, struct member_results *results, struct err *err)
{
	int64_t began = cluster_now_ms();
	int rc;

	if (job->kind == JOB_SUSPEND && cluster->open_run)
		return err_set(err, EBUSY, "Internal error: an operation is still open.");
	while ((rc = run_once(cluster, job, target, node_name, results, err)) &&
	       (cluster->lost ? job->kind != JOB_RESIZE_FS && job->kind != JOB_SUSPEND
			      : !results->count) &&
	       cluster_may_repeat(cluster, rc, began, err))
		member_results_free(results);
	return rc;
}

/* Its answers are dropped by whoever receives next. */
int cluster_post(struct cluster *cluster, const struct job *job, struct err *err)
{
	uint32_t id;

	return send_job(cluster, job, TARGET_ALL_MEMBERS, NULL, &id, err);
}

/* The next phase of the open operation. */
static int next_phase(struct cluster *cluster, enum client_message_type type,
		      struct member_results *results, bool closes, struct err *err)
{
	struct member_results own = { .arena.limit = MEMBER_RESULTS_LIMIT };
	struct client_message request = { .type = type, .value = cluster->open_run };
	int rc;

	if (!cluster->open_run)
		return err_set(err, EINVAL, "Internal error: no operation is open.");
	if (closes)
		cluster->open_run = 0;
	if (!(rc = cluster_send(cluster, &request, err)))
		rc = collect(cluster, request.id, results ? results : &own, "Error locking on node",
			     err);
	member_results_free(&own);
	return rc;
}

int cluster_commit(struct cluster *cluster, struct err *err)
{
	return next_phase(cluster, CLIENT_COMMIT, NULL, false, err);
}

int cluster_resume(struct cluster *cluster, struct member_results *results, struct err *err)
{
	return next_phase(cluster, CLIENT_RESUME, results, true, err);
}

int cluster_abort(struct cluster *cluster, struct member_results *results, struct err *err)
{
	return next_phase(cluster, CLIENT_ABORT, results, true, err);
}

/* ---- lists ---- */

/* What one answer adds to the list that is being made. */
typedef int answer_fn(struct cluster *cluster, void *list, const struct client_message *answer,
		      struct err *err);

/* A list that comes in answers of type @part, then DONE. */
static int ask_once(struct cluster *cluster, enum client_message_type asked,
		    enum client_message_type part, answer_fn *add, void *list, struct err *err)
{
	struct client_message answer, request = { .type = asked };
	int rc;

	if ((rc = cluster_send(cluster, &request, err)))
		return rc;
	for (;;) {
		if ((rc = cluster_receive(cluster, request.id, TELL_MS, &answer, err)))
			return rc;
		if (answer.type != part)
			break;
		if ((rc = add(cluster, list, &answer, err)))
			return rc;
	}
	if (answer.type != CLIENT_DONE)
		return cluster_unexpected(cluster, &answer, err);
	return answer.rc ? err_set(err, -answer.rc, "%s", answer.text) : 0;
}

/* Nobody waits here for a daemon that has not joined, but for one that is just restarted. */
static bool may_ask_again(struct cluster *cluster, int rc, int64_t began, struct err *err)
{
	return (cluster->lost || cluster_now_ms() - began < LISTS_WAIT_MS) &&
	       cluster_may_repeat(cluster, rc, began, err);
}

/* ---- holders ---- */

static int add_holders(struct cluster *cluster, void *list, const struct client_message *answer,
		       struct err *err)
{
	struct lv_holders *holders = list;
	const unsigned char *at = answer->data;
	const char *node_name = arena_strdup(&holders->arena, answer->node_name);

	if (!node_name)
		return err_set(err, ENOMEM, "Out of memory for the list of active volumes.");
	if (answer->data_length % HOLDER_RECORD_SIZE)
		return cluster_unexpected(cluster, answer, err);
	for (size_t i = answer->data_length / HOLDER_RECORD_SIZE; i--; at += HOLDER_RECORD_SIZE) {
		struct lv_holder *holder;
		void *items = holders->count < HOLDERS_MAX
				      ? grow(&holders->arena, holders->items, holders->count, 64,
					     sizeof(*holder))
				      : NULL;

		if (!items)
			return err_set(err, ENOMEM,
				       "Out of memory for the list of active volumes.");
		if (at[0] >= LOCK_MODE_COUNT)
			return cluster_unexpected(cluster, answer, err);
		holders->items = items;
		holder = &holders->items[holders->count++];
		*holder = (struct lv_holder){ .node_name = node_name,
					      .mode = (enum lock_mode)at[0],
					      .is_local = answer->node == cluster->node };
		memcpy(holder->vg_id.text, at + 1, UUID_LENGTH);
		memcpy(holder->lv_id.text, at + 1 + UUID_LENGTH, UUID_LENGTH);
	}
	return 0;
}

int cluster_lv_holders(struct cluster *cluster, struct lv_holders *ret_holders, struct err *err)
{
	const int64_t began = cluster_now_ms();
	int rc;

	while ((rc = ask_once(cluster, CLIENT_HOLDERS, CLIENT_HOLDERS_OF, add_holders, ret_holders,
			      err)) &&
	       may_ask_again(cluster, rc, began, err))
		lv_holders_free(ret_holders);
	return rc;
}

/* ---- members ---- */

static int add_member(struct cluster *cluster, void *list, const struct client_message *answer,
		      struct err *err)
{
	struct cluster_members *members = list;
	void *items =
		grow(&members->arena, members->items, members->count, 16, sizeof(*members->items));
	struct cluster_member *member;

	if (!items)
		return err_set(err, ENOMEM, "Out of memory for the list of members.");
	members->items = items;
	member = &members->items[members->count];
	*member = (struct cluster_member){
		.node = answer->node,
		.node_name = arena_strdup(&members->arena, answer->node_name),
		.state = arena_strdup(&members->arena, answer->text),
		.is_local = answer->node == cluster->node,
		.takes_part = answer->value,
	};
	if (!member->node_name || !member->state)
		return err_set(err, ENOMEM, "Out of memory for the list of members.");
	members->count++;
	return 0;
}

int cluster_list_members(struct cluster *cluster, struct cluster_members *ret_members,
			 struct err *err)
{
	const int64_t began = cluster_now_ms();
	int rc;

	while ((rc = ask_once(cluster, CLIENT_MEMBERS, CLIENT_MEMBER, add_member, ret_members,
			      err)) &&
	       may_ask_again(cluster, rc, began, err))
		cluster_members_free(ret_members);
	return rc;
}

void cluster_members_free(struct cluster_members *members)
{
	arena_free(&members->arena);
	*members = (struct cluster_members){ .arena.limit = MEMBER_RESULTS_LIMIT };
}
