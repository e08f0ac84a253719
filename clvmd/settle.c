/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/journal.h"
#include "clvmd/log.h"
#include "clvmd/operation.h"
#include "clvmd/recover.h"
#include "clvmd/worker.h"

#define AGAIN_SECONDS 5
#define REASON_MAX    600

struct settling {
	struct settling *next;
	struct op_id op;
	char *vg_name;	      /* "": none */
	enum job_phase phase; /* RESUME or ABORT; DO: not known, the disk says it */
	bool is_running;      /* a worker has it */
	uint64_t due;	      /* when to try again */
	char reason[REASON_MAX];
	size_t length;
	unsigned char payload[];
};

static void free_settling(struct daemon *d, struct settling *settling)
{
	struct settling **at = &d->settling;

	while (*at != settling)
		at = &(*at)->next;
	*at = settling->next;
	free(settling->vg_name);
	free(settling);
}

void settle_destroy(struct daemon *d)
{
	while (d->settling)
		free_settling(d, d->settling);
}

static struct settling *find(const struct daemon *d, struct op_id op)
{
	struct settling *settling = d->settling;

	while (settling && (settling->op.node != op.node || settling->op.number != op.number))
		settling = settling->next;
	return settling;
}

static struct settling *add(struct daemon *d, struct op_id op, const char *vg_name,
			    enum job_phase phase, const void *payload, size_t length)
{
	struct settling *settling = must_alloc(sizeof(*settling) + length);

	settling->op = op;
	settling->vg_name = must_strdup(vg_name ? vg_name : "");
	settling->phase = phase;
	settling->length = length;
	if (length)
		memcpy(settling->payload, payload, length);
	settling->next = d->settling;
	d->settling = settling;
	return settling;
}

static void set_reason(struct settling *settling, const char *why)
{
	(void)snprintf(settling->reason, sizeof(settling->reason),
		       "an earlier change of volume group %s is not finished on this node, and is "
		       "tried again every %d seconds: %s",
		       settling->vg_name, AGAIN_SECONDS, why);
	settling->due = now_ns() + SECONDS(AGAIN_SECONDS);
}

void settle_add(struct daemon *d, struct op_id op, const char *vg_name, enum job_phase phase,
		const void *payload, size_t length, const char *why)
{
	struct settling *settling = find(d, op);

	if (!settling)
		settling = add(d, op, vg_name, phase, payload, length);
	set_reason(settling, why);
	log_line(LOG_ERR, "On this node %s", settling->reason);
}

const char *settle_reason(const struct daemon *d, const char *vg_name)
{
	for (const struct settling *at = d->settling; at; at = at->next)
		if (vg_name && !strcmp(at->vg_name, vg_name) && *at->reason)
			return at->reason;
	return NULL;
}

void settle_print(const struct daemon *d, char *text, size_t size)
{
	size_t used = strlen(text);

	for (const struct settling *at = d->settling; at && used < size; at = at->next) {
		if (*at->reason)
			(void)snprintf(text + used, size - used, "%s%s",
				       used && text[used - 1] != '\n' ? "\n" : "", at->reason);
		used = strlen(text);
	}
}

/* ---- the attempts ---- */

static void settled(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct settling *settling = find(d, *(const struct op_id *)data);

	free(data);
	if (!settling)
		return;
	settling->is_running = false;
	if (answer->rc) {
		if (!*settling->reason)
			log_line(LOG_ERR,
				 "%s: what was interrupted could not be settled, and is tried "
				 "again: %s",
				 settling->vg_name, answer->text);
		set_reason(settling, answer->text);
		return;
	}
	log_line(LOG_NOTICE, "%s: what was left of an earlier change is settled.",
		 settling->vg_name);
	journal_op_remove(d->journal, settling->op);
	free_settling(d, settling);
}

static void submit(struct daemon *d, struct settling *settling, enum client_message_type type,
		   uint32_t phase, worker_done done)
{
	struct client_message message = { .type = type,
					  .phase = phase,
					  .data = settling->payload,
					  .data_length = settling->length };
	struct op_id *op = must_alloc(sizeof(*op));

	*op = settling->op;
	settling->is_running = true;
	worker_submit(d, settling->vg_name, &message, JOB_SECONDS, done, op);
}

static void looked(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct settling *settling = find(d, *(const struct op_id *)data);
	bool is_new = recover_decode(answer->value).is_new;

	if (answer->rc || !settling) {
		settled(d, data, answer);
		return;
	}
	free(data);
	settling->phase = is_new ? JOB_PHASE_RESUME : JOB_PHASE_ABORT;
	log_line(LOG_WARNING, "%s: a change that a restart interrupted is settled: %s metadata.",
		 settling->vg_name, is_new ? "new" : "old");
	submit(d, settling, CLIENT_WORKER_RUN, (uint32_t)settling->phase, settled);
}

static void try_again(struct daemon *d, struct settling *settling)
{
	if (settling->phase == JOB_PHASE_DO)
		submit(d, settling, CLIENT_WORKER_RECOVER, RECOVER_LOOK, looked);
	else
		submit(d, settling, CLIENT_WORKER_RUN, (uint32_t)settling->phase, settled);
}

/* ---- what an earlier daemon left ---- */

static void add_old(struct daemon *d, struct op_id op, const void *payload, size_t length)
{
	struct arena arena = { .limit = (size_t)64 << 20 };
	struct job job;
	struct err err;

	if (job_decode(payload, length, &arena, &job, &err))
		log_line(LOG_ERR, "%s/ops: %s", CLVMD_RUN_DIR, err.text);
	else
		(void)add(d, op, job.vg_name, JOB_PHASE_DO, payload, length);
	arena_free(&arena);
}

static void look_at_journal(struct daemon *d, uint64_t now)
{
	enum op_phase phase;
	struct op_id op;
	const void *payload;
	size_t length;

	if (d->settled || !d->ls || !lockspace_is_up(d->ls))
		return;
	if (!d->up_since)
		d->up_since = now;
	if (now - d->up_since < SECONDS(SETTLE_SECONDS))
		return;
	d->settled = true;
	for (size_t i = 0; journal_op_at(d->journal, i, &op, &phase, &payload, &length); i++)
		if (!operation_is_running(d, op) && !find(d, op) &&
		    journal_op_is_old(d->journal, op))
			add_old(d, op, payload, length);
}

void settle_tick(struct daemon *d, uint64_t now)
{
	look_at_journal(d, now);
	for (struct settling *at = d->settling; at; at = at->next)
		if (!at->is_running && now >= at->due)
			try_again(d, at);
}
