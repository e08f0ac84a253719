/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/carry_out.h"
#include "clvmd/event_report.h"
#include "clvmd/group.h"
#include "clvmd/log.h"
#include "clvmd/names.h"
#include "clvmd/nodelist.h"
#include "clvmd/operation.h"
#include "clvmd/quorum.h"
#include "clvmd/session.h"
#include "lib/cluster.h"
#include "lib/proto/job.h"
#include "metadata/base/cleanup.h"

#define SETTLE_WAIT_SECONDS 3	 /* a table that settles by itself has done so by then */
#define TICK_REQUESTS_MAX   4096 /* looked at in one tick; the rest in the next */
#define CANCEL_SECONDS	    5	 /* for the answer to a cancelled lock request */
#define OP_EXTRA_SECONDS    30	 /* beyond what a member's worker gets: then its daemon is stuck */
#define JOB_ARENA_MAX	    ((size_t)64 << 20)
#define REASON_MAX	    512

enum request_kind { REQUEST_LOCK = 1, REQUEST_OP };

struct request {
	struct request *next;
	enum request_kind kind;
	uint64_t number;
	uint64_t client;   /* number; 0: abandoned, the lockspace has still to answer */
	uint32_t id;	   /* of the message to answer; 0: none is waiting */
	uint64_t deadline; /* 0 none */
	char resource[RESOURCE_NAME_MAX];
	uint64_t asked_at;
	enum lock_mode mode;
	bool wait, wait_quorum, unless_paused;
	bool parked; /* waits for quorum: the lockspace does not know of it */
	bool cancelled;
	int end_rc;		 /* given up by us: what its client is told */
	char reason[REASON_MAX]; /* whom we wait for */
	/* operations */
	uint32_t run_id; /* id of the RUN: how the client names it */
	enum op_phase phase;
	bool endless; /* a file system's resize */
};

struct requests {
	struct request *first;
};

struct requests *requests_create(struct daemon *d)
{
	(void)d;
	return must_alloc(sizeof(struct requests));
}

void requests_destroy(struct requests *requests)
{
	while (requests->first) {
		struct request *next = requests->first->next;

		free(requests->first);
		requests->first = next;
	}
	free(requests);
}

static struct request *add_request(struct client *client, enum request_kind kind, uint32_t id)
{
	struct daemon *d = client->d;
	struct request *request = must_alloc(sizeof(*request));

	*request = (struct request){
		.kind = kind, .number = ++d->next_number, .client = client->number, .id = id
	};
	request->next = d->requests->first;
	d->requests->first = request;
	client->used = true;
	return request;
}

static struct client *client_of(struct daemon *d, const struct request *request)
{
	return request->client ? client_find(d, request->client) : NULL;
}

static bool is_open_op(const struct request *request)
{
	return request->kind == REQUEST_OP && request->phase != OP_DO;
}

static bool has_open_op(const struct daemon *d, const struct client *client)
{
	for (const struct request *at = d->requests->first; at; at = at->next)
		if (at->client == client->number && is_open_op(at))
			return true;
	return false;
}

static void free_request(struct daemon *d, struct request *request)
{
	struct client *client = is_open_op(request) ? client_of(d, request) : NULL;
	struct request **at = &d->requests->first;

	while (*at != request)
		at = &(*at)->next;
	*at = request->next;
	free(request);
	if (client && !has_open_op(d, client))
		session_op_closed(client);
}

static struct request *find(struct daemon *d, enum request_kind kind, uint64_t number)
{
	struct request *request = d->requests->first;

	while (request && (request->kind != kind || request->number != number))
		request = request->next;
	return request;
}

static bool has_too_many(struct client *client)
{
	size_t count = 0;

	for (const struct request *r = client->d->requests->first; r; r = r->next)
		count += r->client == client->number;
	return count >= REQUESTS_PER_CLIENT_MAX;
}

/* Rule 29: without quorum nothing new is begun, and the reason is said at once. */
static bool cannot_run(struct daemon *d, char *text, size_t size)
{
	const char *votes = quorum_votes(d->quorum);

	if (!group_is_connected(d->group)) {
		(void)snprintf(text, size, "corosync does not run on node %s", d->node_name);
		return true;
	}
	if (lockspace_is_quorate(d->ls))
		return false;
	(void)snprintf(text, size, "cluster is not quorate%s%s%s", *votes ? " (" : "", votes,
		       *votes ? ")" : "");
	return true;
}

/* ---- locks ---- */

static void refuse_lock(struct client *client, uint32_t id, int rc, const char *text)
{
	client_send(client, &(struct client_message){
				    .type = CLIENT_REFUSED, .id = id, .rc = rc, .text = text });
}

static void send_waiting(struct daemon *d, struct request *request)
{
	struct client *client = client_of(d, request);

	if (client && request->id && *request->reason)
		client_send(client, &(struct client_message){ .type = CLIENT_WAITING,
							      .id = request->id,
							      .text = request->reason });
}

/* Paused: nobody holds it, and yet it waits; say for what. */
static void explain_pause(struct daemon *d, struct request *request)
{
	lockspace_waiting_for(d->ls, request->reason, sizeof(request->reason));
	request->reason[strcspn(request->reason, "\n")] = '\0';
	send_waiting(d, request);
}

/* Ask the lockspace: now, or when the cluster is quorate again. */
static void ask_for_lock(struct daemon *d, const struct client *client, struct request *request)
{
	const char *const resources[] = { request->resource };
	uint64_t number = request->number;

	request->parked =
		request->wait_quorum && cannot_run(d, request->reason, sizeof(request->reason));
	if (request->parked) {
		send_waiting(d, request);
		return;
	}
	carry_out(d, lockspace_lock(d->ls, &(struct lock_request){ .client = client->number,
								   .request = number,
								   .kind = LOCK_COMMAND,
								   .mode = request->mode,
								   .wait = request->wait,
								   .pid = client->pid,
								   .command = client->command,
								   .since = wall_ns(),
								   .resources = resources,
								   .resource_count = 1 }));
	if ((request = find(d, REQUEST_LOCK, number)) && !lockspace_is_running(d->ls))
		explain_pause(d, request);
}

void request_lock(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;
	char text[REASON_MAX];
	struct request *request;
	struct err err;

	if (!*message->resource || message->mode == MODE_NL || has_too_many(client)) {
		refuse_lock(client, message->id, -EINVAL, "not a valid request for a lock");
		return;
	}
	if (!message->wait_quorum && cannot_run(d, text, sizeof(text))) {
		refuse_lock(client, message->id, -ENOLCK, text);
		return;
	}
	if (session_weakens(client, message->resource, message->mode, &err)) {
		refuse_lock(client, message->id, err.code, err.text);
		return;
	}
	request = add_request(client, REQUEST_LOCK, message->id);
	request->asked_at = now_ns();
	if (!message->wait_quorum)
		request->deadline = request->asked_at + SECONDS(d->conf.lock_timeout);
	request->mode = message->mode;
	request->wait = message->wait;
	request->wait_quorum = message->wait_quorum;
	request->unless_paused = message->unless_paused;
	(void)snprintf(request->resource, sizeof(request->resource), "%s", message->resource);
	ask_for_lock(d, client, request);
}

static struct asked_lock asked(const struct request *request, const struct client *client)
{
	return (struct asked_lock){ request->resource, request->mode, request->asked_at, client };
}

static enum request_result how_refused(const struct request *request)
{
	if (request->end_rc == -EBUSY)
		return RESULT_TIMED_OUT;
	return request->cancelled ? RESULT_CANCELLED : RESULT_REFUSED;
}

/* A grant that nobody waits for any more. */
struct late_grant {
	uint64_t client;
	char resource[RESOURCE_NAME_MAX];
};

static void give_back(struct daemon *d, void *data)
{
	struct late_grant *late = data;

	carry_out(d, lockspace_unlock(d->ls,
				      &(struct unlock_request){
					      .client = late->client,
					      .kind = LOCK_COMMAND,
					      .resources = (const char *const[]){ late->resource },
					      .resource_count = 1 }));
	free(late);
}

bool request_granted(struct daemon *d, const struct effect *effect)
{
	struct request *request = find(d, REQUEST_LOCK, effect->request);
	struct client *client;
	struct err err = { 0 };

	if (!request)
		return false;
	client = client_of(d, request);
	if (client && request->id && !request->cancelled &&
	    !session_locked(client, request->resource, request->mode, &err)) {
		report_granted(d, asked(request, client));
		client_send(client, &(struct client_message){ .type = CLIENT_GRANTED,
							      .id = request->id,
							      .value = effect->value });
	} else {
		struct late_grant *late = must_alloc(sizeof(*late));

		late->client = effect->client;
		memcpy(late->resource, request->resource, sizeof(late->resource));
		daemon_defer(d, give_back, late);
		if (client && request->id)
			refuse_lock(client, request->id, err.code ? err.code : -EBUSY,
				    err.code ? err.text : "given up");
	}
	free_request(d, request);
	return true;
}

/* What to tell of a lock that could not be had in time, or not any more. */
static void end_text(struct daemon *d, const struct request *request, char *text, size_t size)
{
	if (request->end_rc == -ENOLCK)
		(void)snprintf(text, size, "%s", request->reason);
	else
		(void)snprintf(text, size, "Lock %s could not be had within %u seconds: %s",
			       request->resource, d->conf.lock_timeout,
			       *request->reason ? request->reason
						: "the members have not answered");
}

bool request_refused(struct daemon *d, const struct effect *effect)
{
	struct request *request = find(d, REQUEST_LOCK, effect->request);
	const char *text = effect->text && *effect->text ? effect->text : "the lock was refused";
	struct client *client;
	char late[REASON_MAX + 300];

	if (!request) {
		request_op_done(d, effect); /* an operation that was not begun, if it is one */
		return true;
	}
	client = client_of(d, request);
	report_refused(d, asked(request, client), how_refused(request),
		       request->end_rc ? request->reason : text);
	if (client && request->id && request->end_rc) {
		end_text(d, request, late, sizeof(late));
		refuse_lock(client, request->id, request->end_rc, late);
	} else if (client && request->id) {
		refuse_lock(client, request->id, effect->error ? effect->error : -EBUSY, text);
	}
	free_request(d, request);
	return true;
}

void request_waiting(struct daemon *d, const struct effect *effect)
{
	struct request *request = find(d, REQUEST_LOCK, effect->request);

	if (!request || !effect->text)
		return;
	(void)snprintf(request->reason, sizeof(request->reason), "%s", effect->text);
	send_waiting(d, request);
}

void request_unlock(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;

	client->used = true;
	report_unlock(d, message->resource, message->value);
	session_unlocked(client, message->resource);
	carry_out(d, lockspace_unlock(
			     d->ls, &(struct unlock_request){
					    .client = client->number,
					    .kind = LOCK_COMMAND,
					    .resources = (const char *const[]){ message->resource },
					    .resource_count = 1,
					    .value = message->value }));
	client_done(client, message->id, 0, "");
}

void request_cancel(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;

	for (struct request *request = d->requests->first; request; request = request->next)
		if (request->kind == REQUEST_LOCK && request->client == client->number &&
		    request->id == message->value && !request->cancelled) {
			request->cancelled = true;
			if (request->parked) {
				refuse_lock(client, request->id, -ECANCELED, "given up");
				free_request(d, request);
				break;
			}
			carry_out(d, lockspace_cancel(d->ls, client->number, request->number));
			break;
		}
	client_done(client, message->id, 0, "");
}

/* ---- operations ---- */

/* May a job begin while the table is paused? What ends or only looks may (rule 9). */
static bool needs_running(enum job_kind kind)
{
	switch (kind) {
	case JOB_ACTIVATE:
	case JOB_REFRESH:
	case JOB_SUSPEND:
	case JOB_RESIZE_FS:
	case JOB_CHECK_FS:
		return true;
	case JOB_RESCAN:
	case JOB_QUERY:
	case JOB_DEACTIVATE:
	case JOB_BACKUP:
	case JOB_STATE:
		break;
	}
	return false;
}

struct target_choice {
	bool local_only;
	uint32_t only_node;
};

static int choose_target(struct daemon *d, const struct client_message *message,
			 struct target_choice *target, struct err *err)
{
	if (message->target == TARGET_ALL_MEMBERS)
		return 0;
	if (message->target == TARGET_THIS_NODE) {
		target->local_only = true;
		return 0;
	}
	target->only_node = nodelist_find(d->nodelist, message->node_name);
	if (message->target != TARGET_ONE_NODE || !target->only_node)
		return err_set(err, ENOENT, "no node \"%s\" in corosync's nodelist",
			       message->node_name);
	return 0;
}

static void begin(struct client *client, const struct client_message *message,
		  const struct job *job, const struct target_choice *target)
{
	struct daemon *d = client->d;
	struct request *request = add_request(client, REQUEST_OP, message->id);
	char resource[RESOURCE_NAME_MAX];

	request->run_id = message->id;
	request->phase = job->kind == JOB_SUSPEND ? OP_PREPARE : OP_DO;
	request->endless = job_is_endless(job->kind);
	if (!request->endless)
		request->deadline = now_ns() + SECONDS(JOB_SECONDS + OP_EXTRA_SECONDS);
	(void)snprintf(resource, sizeof(resource), "V_%s", job->vg_name ? job->vg_name : "");
	carry_out(d, lockspace_op(d->ls, &(struct op_request){
						 .client = client->number,
						 .number = request->number,
						 .phase = request->phase,
						 .needs_running = needs_running(job->kind),
						 .local_only = target->local_only,
						 .only_node = target->only_node,
						 .resource = request->phase == OP_PREPARE ? resource
											  : NULL,
						 .since = wall_ns(),
						 .payload = message->data,
						 .payload_length = message->data_length }));
}

void request_run(struct client *client, const struct client_message *message)
{
	AUTO_ARENA struct arena arena = { .limit = JOB_ARENA_MAX };
	struct daemon *d = client->d;
	struct target_choice target = { 0 };
	struct job job = { 0 };
	char text[REASON_MAX];
	struct err err = { 0 };

	if (message->data_length > OP_PAYLOAD_MAX || has_too_many(client))
		err_set(&err, E2BIG, "the job is too long, or too many are open");
	else if (!job_decode(message->data, message->data_length, &arena, &job, &err))
		(void)choose_target(d, message, &target, &err);
	if (err.code) {
		client_done(client, message->id, err.code, err.text);
		return;
	}
	if (needs_running(job.kind) && cannot_run(d, text, sizeof(text))) {
		client_done(client, message->id, -ENOLCK, text);
		return;
	}
	if (job.kind == JOB_SUSPEND && session_op_opened(client, &err)) {
		client_done(client, message->id, err.code, err.text);
		return;
	}
	names_learn(d->names, &job);
	begin(client, message, &job, &target);
}

static struct request *find_run(struct client *client, uint64_t run_id)
{
	struct request *request = client->d->requests->first;

	while (request && (request->kind != REQUEST_OP || request->client != client->number ||
			   request->run_id != run_id))
		request = request->next;
	return request;
}

void request_phase(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;
	struct request *request = find_run(client, message->value);

	if (!request || request->phase == OP_DO) {
		client_done(client, message->id, -EINVAL, "no such operation is open");
		return;
	}
	request->phase = message->type == CLIENT_COMMIT	  ? OP_COMMIT
			 : message->type == CLIENT_RESUME ? OP_RESUME
							  : OP_ABORT;
	request->id = message->id;
	request->deadline = now_ns() + SECONDS(JOB_SECONDS + OP_EXTRA_SECONDS);
	carry_out(d, lockspace_op(d->ls, &(struct op_request){ .client = client->number,
							       .number = request->number,
							       .phase = request->phase }));
}

void request_op_result(struct daemon *d, const struct effect *effect)
{
	struct request *request = find(d, REQUEST_OP, effect->op.number);
	struct client *client = request ? client_of(d, request) : NULL;
	char name[NODE_NAME_MAX];

	if (!client || !request->id)
		return;
	client_send(client, &(struct client_message){
				    .type = CLIENT_RESULT,
				    .id = request->id,
				    .node = effect->node,
				    .node_name = nodelist_name(d->nodelist, effect->node, name),
				    .rc = effect->error,
				    .text = effect->text,
				    .data = effect->bytes,
				    .data_length = effect->length });
}

static bool is_last_phase(enum op_phase phase)
{
	return phase == OP_DO || phase == OP_RESUME || phase == OP_ABORT || phase == OP_OUTCOME;
}

void request_op_done(struct daemon *d, const struct effect *effect)
{
	uint64_t number = effect->type == EFFECT_REFUSED ? effect->request : effect->op.number;
	struct request *request = find(d, REQUEST_OP, number);
	struct client *client;

	if (!request)
		return;
	client = client_of(d, request);
	d->metrics.operations[effect->error ? RESULT_FAILED : RESULT_DONE] +=
		effect->error || is_last_phase(request->phase);
	if (client && request->id)
		client_done(client, request->id, effect->error, effect->text);
	request->id = 0;
	request->deadline = 0;
	/* A PREPARE that was refused as a whole was never open. */
	if (is_last_phase(request->phase) || effect->type == EFFECT_REFUSED)
		free_request(d, request);
}

/* ---- ends ---- */

/* An operation whose members do not answer: the client gets an end, the lockspace goes on. */
static void op_timed_out(struct daemon *d, struct request *request)
{
	struct client *client = client_of(d, request);

	d->metrics.operations[RESULT_TIMED_OUT]++;
	if (client && request->id)
		client_done(client, request->id, -ETIMEDOUT,
			    "not all members have answered; clvmd status shows them");
	request->id = 0;
	request->deadline = 0;
}

/* Its client is told @rc: when the lockspace has let go of it, or a little later in any case. */
static void end_lock(struct daemon *d, struct request *request, uint64_t now, int rc)
{
	request->end_rc = rc;
	request->cancelled = true;
	request->deadline = now + SECONDS(CANCEL_SECONDS);
	carry_out(d, lockspace_cancel(d->ls, request->client, request->number));
}

static void lock_timed_out(struct daemon *d, struct request *request, uint64_t now)
{
	struct client *client = client_of(d, request);
	char text[REASON_MAX + 300];

	if (!request->end_rc) {
		end_lock(d, request, now, -EBUSY);
		return;
	}
	/* Even the end of waiting is not confirmed: tell the client; a grant is given back. */
	end_text(d, request, text, sizeof(text));
	if (client && request->id)
		refuse_lock(client, request->id, request->end_rc, text);
	request->id = 0;
	request->deadline = 0;
}

/*
 * A request that waits while the cluster cannot go on (rule 29): without quorum it ends with the
 * reason, unless its client wants to wait for that too; one that can do without the lock ends also
 * when the table does not run for another reason. True: the list may have changed.
 */
static bool check_pause(struct daemon *d, struct request *request, uint64_t now)
{
	const struct client *client = client_of(d, request);
	char text[REASON_MAX];
	bool cannot = cannot_run(d, text, sizeof(text));

	if (request->parked && !cannot && client) {
		ask_for_lock(d, client, request);
		return true;
	}
	if (request->cancelled || request->wait_quorum || lockspace_is_running(d->ls))
		return false;
	if (cannot)
		(void)snprintf(request->reason, sizeof(request->reason), "%s", text);
	else if (!request->unless_paused || now - request->asked_at < SECONDS(SETTLE_WAIT_SECONDS))
		return false;
	else
		explain_pause(d, request);
	end_lock(d, request, now, -ENOLCK);
	return true;
}

/* The first request that is due; false when none is. The list may have changed after. */
static bool tick_one(struct daemon *d, uint64_t now)
{
	for (struct request *request = d->requests->first; request; request = request->next) {
		if (request->kind == REQUEST_LOCK && check_pause(d, request, now))
			return true;
		if (!request->deadline || now < request->deadline)
			continue;
		if (request->kind == REQUEST_LOCK)
			lock_timed_out(d, request, now);
		else
			op_timed_out(d, request);
		return true;
	}
	return false;
}

void request_tick(struct daemon *d, uint64_t now)
{
	/* Many may be due at once, when quorum is lost. Each is so once. */
	for (size_t i = 0; i < TICK_REQUESTS_MAX && tick_one(d, now); i++)
		continue;
}

void request_fail_all(struct daemon *d, const char *why)
{
	for (struct request *request = d->requests->first; request; request = request->next) {
		struct client *client = client_of(d, request);

		if (client && request->id && request->wait_quorum)
			continue; /* goes on when corosync is back */
		if (client && request->id && request->kind == REQUEST_LOCK)
			refuse_lock(client, request->id, -ENOLCK, why);
		else if (client && request->id)
			client_done(client, request->id, -ENOLCK, why);
		request->id = 0;
		request->cancelled = true; /* a grant that comes is given back */
		request->deadline = 0;
	}
}

bool request_find_open(struct daemon *d, char *text, size_t size)
{
	for (const struct request *request = d->requests->first; request; request = request->next) {
		const struct client *client = client_of(d, request);

		if (request->kind != REQUEST_OP || !client)
			continue;
		(void)snprintf(text, size, "\"%s\" (pid %u) is in the middle of a change",
			       client->command, client->pid);
		return true;
	}
	return false;
}

bool request_client_has_any(struct daemon *d, const struct client *client)
{
	for (const struct request *request = d->requests->first; request; request = request->next)
		if (request->client == client->number)
			return true;
	return false;
}

void request_client_freed(struct daemon *d, const struct client *client)
{
	struct request *next;

	for (struct request *request = d->requests->first; request; request = next) {
		next = request->next;
		if (request->client == client->number)
			free_request(d, request);
	}
}
