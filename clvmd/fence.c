/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/fence.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "clvmd/carry_out.h"
#include "clvmd/event.h"
#include "clvmd/fence_helper.h"
#include "clvmd/log.h"
#include "metadata/base/buf.h"

#define RETRY_SECONDS	 5  /* after a helper that failed */
#define TAKEOVER_SECONDS 20 /* for each member before this one */
#define METHOD_SECONDS	 5  /* how long it is believed that pacemaker runs, or not */
#define HOW_MAX		 512

struct fence {
	uint32_t node; /* 0: free, once no helper runs either */
	char name[NODE_NAME_MAX];
	uint64_t lost_at; /* when it was first seen as unclean here */
	uint64_t asked_at, retry_at;
	unsigned int attempts;
	bool seen;	       /* is still unclean */
	char failure[HOW_MAX]; /* of the last attempt */
	struct fence_helper helper;
};

struct fences {
	struct fence rows[LOCKSPACE_NODES_MAX];
	enum fence_method method; /* where none is configured */
	uint64_t method_until;
	uint32_t rank;	/* how many members ask before this one */
	uint32_t asker; /* lowest member that is up; 0 none */
	bool is_up;	/* this node is: else it cannot tell the others */
};

struct fences *fences_create(struct daemon *d)
{
	(void)d;
	return must_alloc(sizeof(struct fences));
}

void fences_destroy(struct fences *fences)
{
	free(fences); /* helpers finish on their own */
}

/* ---- which method ---- */

enum fence_method fence_method(struct daemon *d)
{
	struct fences *fences = d->fences;
	uint64_t now = now_ns();

	if (d->conf.fence != FENCE_DEFAULT)
		return (enum fence_method)d->conf.fence;
	if (now >= fences->method_until) {
		fences->method = fence_pacemaker_runs() ? FENCE_PACEMAKER : FENCE_MANUAL;
		fences->method_until = now + SECONDS(METHOD_SECONDS);
	}
	return fences->method;
}

void fence_describe(struct daemon *d, char *text, size_t size)
{
	enum fence_method method = fence_method(d);
	const char *note = "";

	if (d->conf.fence == FENCE_DEFAULT)
		note = method == FENCE_PACEMAKER ? " (default: pacemaker runs here)"
						 : " (default: pacemaker does not run here)";
	else if (method == FENCE_NONE)
		note = " (UNSAFE: a lost node is taken for dead)";
	if (method == FENCE_EXEC)
		(void)snprintf(text, size, "exec (%s)", d->conf.fence_program);
	else
		(void)snprintf(text, size, "%s%s", fence_method_name(method), note);
}

/* ---- who is lost ---- */

static struct fence *row_of(struct fences *fences, uint32_t node)
{
	struct fence *unused = NULL;

	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++) {
		struct fence *row = &fences->rows[i];

		if (row->node == node)
			return row;
		if (!row->node && !row->helper.pid && !unused)
			unused = row;
	}
	return unused;
}

static void note_unclean(struct daemon *d, const struct member_view *member)
{
	struct fence *row = row_of(d->fences, member->node);
	char method[HOW_MAX];

	if (!row)
		return; /* helpers of earlier losses have not ended: at the next look */
	row->seen = true;
	if (row->node)
		return;
	*row = (struct fence){ .node = member->node, .lost_at = now_ns(), .seen = true };
	(void)snprintf(row->name, sizeof(row->name), "%s", member->name);
	fence_describe(d, method, sizeof(method));
	event_add(d, EVENT_FENCE, row->node, event_text("step", "lost"), event_text("how", method));
	log_line(LOG_WARNING, "Node %s is lost: nothing is granted until it is fenced: %s%s.",
		 row->name, method,
		 fence_method(d) == FENCE_MANUAL
			 ? "; make sure that it is down, then run clvmd fence-ack"
			 : "");
}

static bool look_at(void *data, const struct member_view *member)
{
	struct daemon *d = data;
	struct fences *fences = d->fences;

	if (member->state == MEMBER_UP && !fences->asker)
		fences->asker = member->node; /* they come in the order of their ids */
	fences->is_up |= member->state == MEMBER_UP && member->node == d->node;
	if (member->state == MEMBER_UP && member->node < d->node)
		fences->rank++;
	if (member->state == MEMBER_UNCLEAN)
		note_unclean(d, member);
	return true;
}

void fence_watch(struct daemon *d)
{
	struct fences *fences = d->fences;

	if (!d->ls)
		return;
	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++)
		fences->rows[i].seen = false;
	fences->rank = fences->asker = 0;
	fences->is_up = false;
	lockspace_each_member(d->ls, look_at, d);
	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++)
		if (!fences->rows[i].seen)
			fences->rows[i].node = 0; /* a helper that still runs keeps the row */
}

/* ---- asking ---- */

static uint64_t seconds_since(uint64_t then)
{
	return (now_ns() - then) / SECONDS(1);
}

static void failed(struct daemon *d, struct fence *row, const char *why)
{
	event_add(d, EVENT_FENCE, row->node, event_text("step", "failed"),
		  event_text("reason", why), event_number("attempt", row->attempts));
	(void)snprintf(row->failure, sizeof(row->failure), "%s", why);
	log_line(LOG_ERR, "Fencing node %s failed: %s; trying again in %d seconds.", row->name, why,
		 RETRY_SECONDS);
	row->retry_at = now_ns() + SECONDS(RETRY_SECONDS);
}

static void tell_lockspace(struct daemon *d, struct fence *row, const char *method)
{
	struct err err = { 0 };
	char how[HOW_MAX];

	(void)snprintf(how, sizeof(how), "%s, asked by node %s, %" PRIu64 " s after the loss",
		       method, d->node_name, seconds_since(row->lost_at));
	/* A ring change swallows it: then all of it again. */
	row->retry_at = now_ns() + SECONDS(RETRY_SECONDS);
	carry_out(d, lockspace_fenced(d->ls, &(struct fence_ack){ .node = row->node, .how = how },
				      &err));
	if (err.code)
		failed(d, row, err.text);
}

static void ask(struct daemon *d, struct fence *row)
{
	enum fence_method method = fence_method(d);
	struct err err = { 0 };

	row->attempts++;
	if (!row->asked_at)
		row->asked_at = now_ns();
	if (method == FENCE_NONE) {
		log_line(LOG_WARNING,
			 "Node %s: fence = \"none\": UNSAFE, it is taken for dead without proof.",
			 row->name);
		tell_lockspace(d, row, "fence = \"none\": not made sure at all");
		return;
	}
	event_add(d, EVENT_FENCE, row->node, event_text("step", "asked"),
		  event_text("how", fence_method_name(method)),
		  event_number("attempt", row->attempts),
		  event_number("seconds", seconds_since(row->lost_at)));
	log_line(LOG_NOTICE, "Asking for node %s to be fenced (%s, attempt %u).", row->name,
		 fence_method_name(method), row->attempts);
	if (fence_helper_start(d, &row->helper, method, row->node, row->name,
			       seconds_since(row->lost_at), &err))
		failed(d, row, err.text);
}

/* Whose turn is it? The lowest at once, the next ones later and later. */
static bool is_my_turn(const struct daemon *d, const struct fence *row, uint64_t now)
{
	return d->fences->is_up &&
	       now - row->lost_at >= SECONDS((uint64_t)d->fences->rank * TAKEOVER_SECONDS);
}

static void check_deadline(struct daemon *d, struct fence *row, uint64_t now)
{
	if (!row->helper.pid || now - row->helper.started_at < SECONDS(FENCE_HELPER_SECONDS))
		return;
	fence_helper_give_up(&row->helper);
	if (row->node)
		failed(d, row, "no answer in time, the program was killed");
}

void fence_tick(struct daemon *d, uint64_t now)
{
	if (!d->ls)
		return;
	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++) {
		struct fence *row = &d->fences->rows[i];

		check_deadline(d, row, now);
		if (!row->node || row->helper.pid || now < row->retry_at ||
		    fence_method(d) == FENCE_MANUAL || !lockspace_is_quorate(d->ls) ||
		    !is_my_turn(d, row, now))
			continue;
		ask(d, row);
	}
}

/* ---- answers ---- */

static void log_output(const char *name, const char *output)
{
	while (*output) {
		int length = (int)strcspn(output, "\n");

		if (length)
			log_line(LOG_INFO, "Fencing %s: %.*s", name, length, output);
		output += length + (output[length] == '\n');
	}
}

static void say_why(struct daemon *d, struct fence *row, int status)
{
	const char *last = strrchr(row->helper.output, '\n');
	char why[HOW_MAX];

	last = last ? last + 1 : row->helper.output;
	(void)snprintf(why, sizeof(why), "%s %d%s%.200s",
		       WIFSIGNALED(status) ? "killed by signal" : "exit status",
		       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		       *last ? ": " : "", last);
	failed(d, row, why);
}

bool fence_process_ended(struct daemon *d, pid_t pid, int status)
{
	for (size_t i = 0; d->fences && i < LOCKSPACE_NODES_MAX; i++) {
		struct fence *row = &d->fences->rows[i];
		char method[HOW_MAX];
		bool is_down;

		if (row->helper.pid != pid)
			continue;
		is_down = fence_helper_ended(&row->helper, status);
		log_output(row->name, row->helper.output);
		fence_describe(d, method, sizeof(method));
		if (row->node && is_down)
			tell_lockspace(d, row, method);
		else if (row->node)
			say_why(d, row, status);
		/* else it came back meanwhile: this is about an earlier loss */
		return true;
	}
	return false;
}

/* How long it took: as this node saw it, from the loss to here. */
void fence_confirmed(struct daemon *d, uint32_t node, const char *how)
{
	const struct fence *row = row_of(d->fences, node);

	event_add(d, EVENT_FENCE, node, event_text("step", "confirmed"), event_text("how", how),
		  event_number("seconds",
			       row && row->node == node ? seconds_since(row->lost_at) : 0));
	log_line(LOG_WARNING, "Node %s is fenced (%s): its locks are released.",
		 lockspace_node_name(d->ls, node), how);
}

/* ---- for people ---- */

/* Who does what about it, and what a person can do. */
static void describe_row(struct daemon *d, const struct fence *row, char *text, size_t size)
{
	enum fence_method method = fence_method(d);
	uint64_t now = now_ns(), turn;

	turn = row->lost_at + SECONDS((uint64_t)d->fences->rank * TAKEOVER_SECONDS);
	if (!lockspace_is_quorate(d->ls))
		(void)snprintf(text, size, "nobody is fenced without quorum");
	else if (method == FENCE_MANUAL)
		(void)snprintf(text, size,
			       "fencing is manual: make sure that it is down, then run "
			       "clvmd fence-ack %s",
			       row->name);
	else if (row->helper.pid)
		(void)snprintf(text, size,
			       "this node asked for its fencing %" PRIu64 " s ago (%s, attempt %u)",
			       seconds_since(row->helper.started_at), fence_method_name(method),
			       row->attempts);
	else if (*row->failure)
		(void)snprintf(text, size,
			       "fencing failed %u times (%s: %s), the next attempt comes in "
			       "%d seconds at most; if it is down for sure: clvmd fence-ack %s",
			       row->attempts, fence_method_name(method), row->failure,
			       RETRY_SECONDS, row->name);
	else if (d->fences->rank && now < turn)
		(void)snprintf(text, size,
			       "node %s is to have it fenced (%s), this node will in %" PRIu64 " s",
			       lockspace_node_name(d->ls, d->fences->asker),
			       fence_method_name(method),
			       (uint64_t)((turn - now) / SECONDS(1)) + 1);
	else
		(void)snprintf(text, size, "its fencing is about to be asked for (%s)",
			       fence_method_name(method));
}

void fence_waiting_for(struct daemon *d, struct buf *out)
{
	char text[2 * HOW_MAX];

	for (size_t i = 0; d->ls && i < LOCKSPACE_NODES_MAX; i++) {
		const struct fence *row = &d->fences->rows[i];

		if (!row->node)
			continue;
		describe_row(d, row, text, sizeof(text));
		buf_printf(out, "node %s was lost %" PRIu64 " s ago: %s\n", row->name,
			   seconds_since(row->lost_at), text);
	}
}

static struct json_object *row_json(struct daemon *d, const struct fence *row)
{
	struct json_object *object = json_object_new_object();
	char text[2 * HOW_MAX];

	describe_row(d, row, text, sizeof(text));
	(void)json_object_object_add(object, "node", json_object_new_string(row->name));
	(void)json_object_object_add(object, "lost_seconds",
				     json_object_new_uint64(seconds_since(row->lost_at)));
	(void)json_object_object_add(object, "attempts", json_object_new_int((int)row->attempts));
	(void)json_object_object_add(
		object, "asked_seconds",
		row->asked_at ? json_object_new_uint64(seconds_since(row->asked_at)) : NULL);
	(void)json_object_object_add(object, "last_failure", json_object_new_string(row->failure));
	(void)json_object_object_add(object, "text", json_object_new_string(text));
	return object;
}

struct json_object *fence_json(struct daemon *d)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; d->ls && i < LOCKSPACE_NODES_MAX; i++)
		if (d->fences->rows[i].node)
			(void)json_object_array_add(list, row_json(d, &d->fences->rows[i]));
	return list;
}
