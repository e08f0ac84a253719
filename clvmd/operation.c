/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of EFFECT_RUN, by the states of struct running:
 *
 *	LOCKING ──granted──> WORKING ──done──> answered
 *	   └──refused, late──> answered        (de)activation that failed in part:
 *	                       WORKING ──> CHECKING (which LVs are active?) ──> answered
 *	                       OUTCOME at the recoverer: WORKING ──> REWRITING ──> answered
 */
#include "clvmd/operation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clvmd/carry_out.h"
#include "clvmd/event_report.h"
#include "clvmd/freeze.h"
#include "clvmd/journal.h"
#include "clvmd/log.h"
#include "clvmd/lv_lock.h"
#include "clvmd/names.h"
#include "clvmd/nodelist.h"
#include "clvmd/recover.h"
#include "clvmd/settle.h"
#include "clvmd/worker.h"
#include "lib/job/job_run.h"

#define OPERATIONS_MAX	   1024
#define LOOK_LATER_SECONDS 5 /* a path that is back is used soon, and logs are not flooded */
#define LOCK_RETRY_NS	   (100 * QB_TIME_NS_IN_MSEC)
#define LOCK_ATTEMPTS	   30

struct running {
	struct running *next;
	struct daemon *d;
	struct op_id op;
	enum op_phase phase;
	enum { LOCKING = 1, WORKING, CHECKING, REWRITING, LOOKING, LOOK_LATER } state;
	uint64_t request, deadline, asked_at; /* of the lock */
	bool late;	       /* answered already: a grant that comes is given back */
	bool is_new;	       /* OUTCOME */
	bool decides_anyway;   /* of a recovery: no other member sees more */
	unsigned int attempts; /* at the locks */
	bool *held_before;     /* per LV: this node had it locked before this job */
	int rc;
	char *text;
	struct arena arena; /* of the job and the names */
	struct job job;
	const char **resources; /* as many as job.lv_count */
	size_t payload_length;
	void *payload;
};

struct recovering {
	struct recovering *next;
	struct op_id op;
};

struct operations {
	struct running *first;
	struct recovering *recovered; /* this node looked at the disk for these */
	size_t count;
};

struct operations *operations_create(struct daemon *d)
{
	(void)d;
	return must_alloc(sizeof(struct operations));
}

static void free_running(struct running *running)
{
	struct running **at = &running->d->operations->first;

	while (*at && *at != running)
		at = &(*at)->next;
	if (*at) {
		*at = running->next;
		running->d->operations->count--;
	}
	arena_free(&running->arena);
	free(running->held_before);
	free(running->text);
	free(running->payload);
	free(running);
}

void operations_destroy(struct operations *operations)
{
	while (operations->first)
		free_running(operations->first);
	while (operations->recovered) {
		struct recovering *next = operations->recovered->next;

		free(operations->recovered);
		operations->recovered = next;
	}
	free(operations);
}

/* ---- answers ---- */

static enum job_phase job_phase(const struct running *running)
{
	switch (running->phase) {
	case OP_PREPARE:
		return JOB_PHASE_PREPARE;
	case OP_ABORT:
		return JOB_PHASE_ABORT;
	case OP_RESUME:
		return JOB_PHASE_RESUME;
	case OP_OUTCOME:
		return running->is_new ? JOB_PHASE_RESUME : JOB_PHASE_ABORT;
	case OP_DO:
	case OP_COMMIT:
		break;
	}
	return JOB_PHASE_DO;
}

static void send_result(struct running *running, int rc, const char *text, const void *data,
			size_t length)
{
	struct daemon *d = running->d;
	struct op_result result = { .op = running->op,
				    .phase = running->phase,
				    .rc = rc,
				    .text = text,
				    .data = data,
				    .data_length = length };
	char cut[RESULT_TEXT_MAX];

	if (strlen(text) >= RESULT_TEXT_MAX) {
		(void)snprintf(cut, sizeof(cut), "%.*s", RESULT_TEXT_MAX - 1, text);
		result.text = cut;
	}
	if (rc)
		log_line(LOG_WARNING, "Job of %s failed: %s",
			 running->job.vg_name ? running->job.vg_name : "no volume group", text);
	report_job(d, running->op.node, &running->job, job_phase(running), rc, text);
	carry_out(d, lockspace_op_result(d->ls, &result));
}

static void answer_and_free(struct running *running, int rc, const char *text)
{
	send_result(running, rc, text, NULL, 0);
	free_running(running);
}

static void answer_kept(struct daemon *d, void *data)
{
	struct running *running = data;

	(void)d;
	answer_and_free(running, running->rc, running->text ? running->text : "");
}

/* Answer from the loop: carrying out an effect must not call the lockspace. */
static void answer_soon(struct running *running, int rc, const char *text)
{
	running->rc = rc;
	free(running->text);
	running->text = must_strdup(text);
	daemon_defer(running->d, answer_kept, running);
}

/* ---- the worker's part ---- */

static void worked(struct daemon *d, void *data, const struct worker_answer *answer);
static void look(struct running *running);

static const char *queue_key(const struct running *running)
{
	/* No VG is called that: who only looks waits for nobody. */
	if (running->job.kind == JOB_STATE)
		return STATE_QUEUE;
	return running->job.vg_name ? running->job.vg_name : "";
}

/* While an operation is open, LVs are suspended on other nodes: they are not to wait for long. */
static unsigned int job_seconds(const struct running *running)
{
	if (job_is_endless(running->job.kind))
		return 0;
	return running->phase == OP_DO ? JOB_SECONDS : PHASE_SECONDS;
}

static void start_work(struct running *running)
{
	struct client_message message = { .type = CLIENT_WORKER_RUN,
					  .phase = (uint32_t)job_phase(running),
					  .data = running->payload,
					  .data_length = running->payload_length };

	running->state = WORKING;
	worker_submit(running->d, queue_key(running), &message, job_seconds(running), worked,
		      running);
}

/* ---- LV locks and journal ---- */

static bool takes_locks(const struct running *running)
{
	return running->phase == OP_DO && running->job.kind == JOB_ACTIVATE &&
	       running->job.clustered && running->job.lv_count;
}

static bool gives_locks_back(const struct running *running)
{
	return running->phase == OP_DO && running->job.clustered && running->job.lv_count &&
	       (running->job.kind == JOB_ACTIVATE || running->job.kind == JOB_DEACTIVATE);
}

static void write_journal(struct running *running)
{
	struct err err;

	if (journal_write(running->d->journal, &err))
		log_line(LOG_ERR, "%s", err.text);
}

/*
 * What this node has exclusively it gives up only by its own wish: a shared activation that another
 * node asks for must not take it away.
 */
static bool keeps_exclusive(const struct running *running, size_t i)
{
	const struct daemon *d = running->d;

	return running->job.mode != MODE_EX && running->op.node != d->node &&
	       journal_mode(d->journal, running->resources[i]) == MODE_EX;
}

static int journal_locks(struct running *running, struct err *err)
{
	struct daemon *d = running->d;
	char name[300];

	for (size_t i = 0; i < running->job.lv_count; i++)
		journal_add(d->journal, running->resources[i],
			    keeps_exclusive(running, i) ? MODE_EX : running->job.mode,
			    names_lv(d->names, running->resources[i], name, sizeof(name)));
	return journal_write(d->journal, err);
}

/* Give back the locks of the LVs for which @keep is not set; @keep NULL: all. */
static void unlock_lvs(struct running *running, const bool *keep)
{
	struct daemon *d = running->d;
	const char **gone = must_alloc((running->job.lv_count + 1) * sizeof(*gone));
	struct unlock_request request = { .kind = LOCK_ACTIVATION, .resources = gone };

	for (size_t i = 0; i < running->job.lv_count; i++)
		if (!(keep && keep[i]) &&
		    journal_mode(d->journal, running->resources[i]) != MODE_NL)
			gone[request.resource_count++] = running->resources[i];
	if (request.resource_count)
		carry_out(d, lockspace_unlock(d->ls, &request));
	for (size_t i = 0; i < request.resource_count; i++)
		journal_remove(d->journal, gone[i]);
	if (request.resource_count)
		write_journal(running);
	free(gone);
}

static void granted(struct daemon *d, void *data)
{
	struct running *running = data;
	struct err err;

	(void)d;
	if (running->late) {
		/* Nobody waits any more: back to what it was. */
		unlock_lvs(running, running->held_before);
		free_running(running);
		return;
	}
	if (journal_locks(running, &err)) {
		unlock_lvs(running, running->held_before);
		answer_and_free(running, err.code, err.text);
		return;
	}
	start_work(running);
}

static void ask_for_locks(struct daemon *d, void *data)
{
	struct running *running = data;
	const char **wanted = must_alloc((running->job.lv_count + 1) * sizeof(*wanted));
	struct lock_request request = { .request = running->request,
					.kind = LOCK_ACTIVATION,
					.mode = running->job.mode,
					.pid = (uint32_t)getpid(),
					.command = "clvmd",
					.since = wall_ns(),
					.resources = wanted };

	for (size_t i = 0; i < running->job.lv_count; i++)
		if (!keeps_exclusive(running, i))
			wanted[request.resource_count++] = running->resources[i];
	running->asked_at = now_ns();
	running->deadline = running->asked_at + SECONDS(LV_LOCK_SECONDS);
	running->state = LOCKING;
	if (request.resource_count)
		carry_out(d, lockspace_lock(d->ls, &request));
	else
		start_work(running); /* active here already, and more than asked for */
	free(wanted);
}

static void ask_again(void *data)
{
	struct running *running = data;

	running->request = ++running->d->next_number;
	ask_for_locks(running->d, running);
}

/*
 * The node that asks all members to activate may itself be giving up an exclusive lock for it, at
 * this very moment: its conversion and our request are not ordered.
 */
static bool tries_again(struct running *running, uint32_t holder)
{
	qb_loop_timer_handle timer;

	if (!holder || holder != running->op.node || running->job.mode == MODE_EX ||
	    ++running->attempts > LOCK_ATTEMPTS)
		return false;
	return !qb_loop_timer_add(running->d->loop, QB_LOOP_MED, LOCK_RETRY_NS, running, ask_again,
				  &timer);
}

static struct asked_lock asked(const struct running *running)
{
	return (struct asked_lock){ .resource = running->resources[0],
				    .mode = running->job.mode,
				    .asked_at = running->asked_at };
}

static struct running *find_locking(struct daemon *d, uint64_t request)
{
	struct running *running = d->operations->first;

	while (running && (running->state != LOCKING || running->request != request))
		running = running->next;
	return running;
}

void operation_lock_answered(struct daemon *d, const struct effect *effect, bool was_granted)
{
	struct running *running = find_locking(d, effect->request);
	char text[RESULT_TEXT_MAX];
	uint32_t holder;

	if (!running)
		return;
	if (was_granted) {
		report_granted(d, asked(running));
		daemon_defer(d, granted, running);
	} else if (running->late) {
		free_running(running);
	} else {
		holder = lv_lock_refusal(d, running->resources, running->job.lv_count,
					 running->job.mode, effect->text ? effect->text : "", text,
					 sizeof(text));
		if (!tries_again(running, holder)) {
			report_refused(d, asked(running), RESULT_REFUSED, text);
			answer_soon(running, effect->error ? effect->error : -EBUSY, text);
		}
	}
}

static void lock_not_confirmed(struct daemon *d, struct running *running)
{
	running->late = true;
	report_refused(d, asked(running), RESULT_TIMED_OUT, "");
	log_line(LOG_ERR,
		 "The members did not confirm the locks of %zu logical volumes within %d seconds.",
		 running->job.lv_count, LV_LOCK_SECONDS);
	send_result(running, -ETIMEDOUT,
		    "the members did not confirm the lock in time; clvmd status says whom it waits "
		    "for",
		    NULL, 0);
	carry_out(d, lockspace_cancel(d->ls, 0, running->request));
}

void operations_tick(struct daemon *d, uint64_t now)
{
	for (struct running *running = d->operations->first; running; running = running->next) {
		if (running->state == LOOK_LATER && now >= running->deadline)
			look(running);
		if (running->state != LOCKING || running->late || now < running->deadline)
			continue;
		lock_not_confirmed(d, running);
		break; /* the list may have changed: the rest in a second */
	}
}

/* ---- after the worker ---- */

/* Which LVs of the job are active, as JOB_QUERY found; false when it cannot be told. */
static bool find_active(const struct running *running, const struct worker_answer *answer,
			bool *active)
{
	struct arena arena = { .limit = (size_t)64 << 20 };
	struct job_data data;
	bool known =
		!answer->rc && !job_data_decode(answer->data, answer->length, &arena, &data, NULL);

	for (size_t i = 0; known && i < running->job.lv_count; i++) {
		active[i] = true; /* not in the answer: not known, keeps its lock */
		for (size_t k = 0; k < data.lv_count; k++)
			if (uuid_equal(&data.lvs[k].lv_id, &running->job.lv_ids[i]))
				active[i] = data.lvs[k].active || data.lvs[k].suspended;
	}
	arena_free(&arena);
	return known;
}

static void checked(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct running *running = data;
	bool *active = must_alloc((running->job.lv_count + 1) * sizeof(*active));

	(void)d;
	if (find_active(running, answer, active))
		unlock_lvs(running, active);
	free(active);
	answer_and_free(running, running->rc, running->text);
}

/* Some LVs may have changed and others not: ask the kernel which locks are still needed. */
static void check_what_is_active(struct running *running, const struct worker_answer *answer)
{
	struct buf payload = { .limit = CLIENT_DATA_MAX };
	struct job query = running->job;
	struct err err;

	running->state = CHECKING;
	running->rc = answer->rc;
	free(running->text);
	running->text = must_strdup(answer->text);
	query.kind = JOB_QUERY;
	if (job_encode(&query, &payload, &err)) {
		answer_and_free(running, running->rc, running->text);
	} else {
		struct client_message message = { .type = CLIENT_WORKER_RUN,
						  .phase = JOB_PHASE_DO,
						  .data = payload.data,
						  .data_length = payload.used };

		worker_submit(running->d, queue_key(running), &message, JOB_SECONDS, checked,
			      running);
	}
	buf_free(&payload);
}

static bool was_recoverer(struct daemon *d, struct op_id op)
{
	for (struct recovering **at = &d->operations->recovered; *at; at = &(*at)->next)
		if ((*at)->op.node == op.node && (*at)->op.number == op.number) {
			struct recovering *found = *at;

			*at = found->next;
			free(found);
			return true;
		}
	return false;
}

static void rewritten(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct running *running = data;

	(void)d;
	if (answer->rc)
		log_line(LOG_ERR, "Recovered metadata could not be written again: %s",
			 answer->text);
	answer_and_free(running, 0, "");
}

static void rewrite(struct running *running)
{
	struct client_message message = { .type = CLIENT_WORKER_RECOVER,
					  .phase = RECOVER_REWRITE,
					  .data = running->payload,
					  .data_length = running->payload_length };

	running->state = REWRITING;
	worker_submit(running->d, queue_key(running), &message, JOB_SECONDS, rewritten, running);
}

static bool ends_operation(enum op_phase phase)
{
	return phase == OP_RESUME || phase == OP_ABORT || phase == OP_OUTCOME;
}

static void worked(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct running *running = data;

	if (answer->rc && ends_operation(running->phase))
		settle_add(d, running->op, running->job.vg_name, job_phase(running),
			   running->payload, running->payload_length, answer->text);
	else if (ends_operation(running->phase))
		journal_op_remove(d->journal, running->op);
	if (ends_operation(running->phase))
		freeze_change_ended(d);
	if (gives_locks_back(running) && answer->rc) {
		check_what_is_active(running, answer);
		return;
	}
	if (gives_locks_back(running) && running->job.kind == JOB_DEACTIVATE)
		unlock_lvs(running, NULL);
	if (ends_operation(running->phase) && was_recoverer(d, running->op)) {
		rewrite(running);
		return;
	}
	send_result(running, answer->rc, answer->text, answer->data, answer->length);
	free_running(running);
}

/* ---- EFFECT_RUN ---- */

static bool build_resources(struct running *running)
{
	const struct job *job = &running->job;

	running->resources =
		arena_calloc(&running->arena, job->lv_count + 1, sizeof(*running->resources));
	running->held_before = must_alloc((job->lv_count + 1) * sizeof(bool));
	for (size_t i = 0; running->resources && i < job->lv_count; i++) {
		running->resources[i] =
			arena_printf(&running->arena, "%.*s%.*s", UUID_LENGTH, job->vg_id.text,
				     UUID_LENGTH, job->lv_ids[i].text);
		if (!running->resources[i])
			return false;
		running->held_before[i] =
			journal_mode(running->d->journal, running->resources[i]) != MODE_NL;
	}
	return running->resources;
}

static struct running *create_running(struct daemon *d, const struct effect *effect,
				      struct err *err)
{
	struct running *running = must_alloc(sizeof(*running));
	const void *payload = effect->bytes;
	size_t length = effect->length;
	enum op_phase known;

	*running = (struct running){ .d = d,
				     .op = effect->op,
				     .phase = effect->phase,
				     .is_new = effect->value != 0,
				     .request = ++d->next_number,
				     .arena.limit = (size_t)64 << 20 };
	running->next = d->operations->first;
	d->operations->first = running;
	d->operations->count++;
	if (!payload || !length)
		payload = journal_op_find(d->journal, effect->op, &known, &length);
	running->payload = must_alloc(length + 1);
	if (payload)
		memcpy(running->payload, payload, length);
	running->payload_length = length;
	if (d->operations->count > OPERATIONS_MAX)
		err_set(err, EBUSY, "more than %d operations run on this node", OPERATIONS_MAX);
	else if (job_decode(running->payload, length, &running->arena, &running->job, err))
		running->job = (struct job){ 0 };
	else if (!build_resources(running))
		err_set(err, ENOMEM, "out of memory");
	else
		names_learn(d->names, &running->job);
	return running;
}

/* Before suspending: the journal must know (rule 25). */
static int note_operation(struct running *running, struct err *err)
{
	const char *unfinished = settle_reason(running->d, running->job.vg_name);

	if (running->phase != OP_PREPARE)
		return 0;
	if (unfinished)
		return err_set(err, EBUSY, "%s", unfinished);
	return journal_op_add(running->d->journal, running->op, running->phase, running->payload,
			      running->payload_length, err);
}

void operation_run(struct daemon *d, const struct effect *effect)
{
	struct err err = { 0 };
	struct running *running = create_running(d, effect, &err);

	if (!err.code)
		(void)note_operation(running, &err);
	if (err.code)
		answer_soon(running, err.code, err.text);
	else if (running->phase == OP_COMMIT)
		answer_soon(running, 0, "");
	else if (takes_locks(running))
		daemon_defer(d, ask_for_locks, running);
	else
		start_work(running);
}

/* ---- recovery ---- */

/* Nothing is decided, and the LVs stay suspended, until somebody who sees more has looked. */
static void unclear(struct running *running, uint64_t missing)
{
	carry_out(running->d, lockspace_op_unclear(running->d->ls, running->op, missing));
	free_running(running);
}

static void settle_by(struct running *running, bool is_new)
{
	struct daemon *d = running->d;
	struct recovering *note = must_alloc(sizeof(*note));

	note->op = running->op;
	note->next = d->operations->recovered;
	d->operations->recovered = note;
	log_line(LOG_NOTICE, "Volume group %s: an interrupted change is settled: %s metadata.",
		 queue_key(running), is_new ? "new" : "old");
	report_recovery(d, queue_key(running), is_new);
	carry_out(d, lockspace_op_outcome(d->ls, running->op, is_new));
	free_running(running);
}

static void looked(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct recover_finding found = recover_decode(answer->value);
	struct running *running = data;

	(void)d;
	if (answer->rc) {
		log_line(LOG_ERR,
			 "Volume group %s cannot be read here to settle an interrupted change: %s",
			 queue_key(running), answer->text);
		unclear(running, AREAS_UNREADABLE);
		return;
	}
	if (found.missing)
		log_line(
			LOG_WARNING,
			"Volume group %s: %llu of its physical volumes or metadata areas cannot be "
			"read here to settle an interrupted change: %s",
			queue_key(running), (unsigned long long)found.missing,
			running->decides_anyway ? "no member reads more, so it is settled without."
						: "another member is asked.");
	if (found.missing && !running->decides_anyway)
		unclear(running, found.missing);
	else
		settle_by(running, found.is_new);
}

static void look(struct running *running)
{
	struct client_message message = { .type = CLIENT_WORKER_RECOVER,
					  .phase = RECOVER_LOOK,
					  .data = running->payload,
					  .data_length = running->payload_length };

	running->state = LOOKING;
	worker_submit(running->d, queue_key(running), &message, JOB_SECONDS, looked, running);
}

void operation_recover(struct daemon *d, const struct effect *effect)
{
	struct err err = { 0 };
	struct running *running = create_running(d, effect, &err);

	if (err.code) {
		log_line(LOG_ERR, "An interrupted change cannot be settled: %s", err.text);
		free_running(running);
		return;
	}
	running->decides_anyway = effect->value & RECOVER_ANYWAY;
	if (!(effect->value & RECOVER_LATER)) {
		look(running);
		return;
	}
	running->state = LOOK_LATER;
	running->deadline = now_ns() + SECONDS(LOOK_LATER_SECONDS);
}

size_t operations_count(const struct daemon *d)
{
	return d->operations->count;
}

bool operation_is_running(struct daemon *d, struct op_id op)
{
	for (const struct running *at = d->operations->first; at; at = at->next)
		if (at->op.node == op.node && at->op.number == op.number)
			return true;
	return false;
}
