/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/collect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "clvmd/carry_out.h"
#include "clvmd/status.h"
#include "clvmd/worker.h"
#include "lib/job/job_run.h"

#define FACTS_MAX     ((size_t)16 << 20) /* bytes of one node's answer */
#define HERE_SECONDS  60		 /* for this node's own worker */
#define FORGET_AFTER  SECONDS(180)	 /* a question that even the lockspace has forgotten */
#define PAYLOAD_BYTES 64

struct collect {
	struct daemon *d;
	struct node_facts nodes[LOCKSPACE_NODES_MAX];
	struct buf payload; /* the question */
};

struct collect *collect_create(struct daemon *d)
{
	struct collect *collect = must_alloc(sizeof(*collect));

	collect->d = d;
	collect->payload.limit = PAYLOAD_BYTES;
	if (job_encode(&(struct job){ .kind = JOB_STATE }, &collect->payload, NULL))
		abort(); /* at start only */
	return collect;
}

void collect_destroy(struct collect *collect)
{
	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++)
		arena_free(&collect->nodes[i].arena);
	buf_free(&collect->payload);
	free(collect);
}

/* ---- answers ---- */

static void answered(struct daemon *d, struct node_facts *facts, int rc, const char *text,
		     const void *data, size_t length)
{
	struct err err = { 0 };

	arena_free(&facts->arena);
	facts->arena = (struct arena){ .limit = FACTS_MAX };
	facts->data = (struct job_data){ .lvs = NULL };
	facts->number = 0;
	facts->answered_at = now_ns();
	facts->rc = rc;
	(void)snprintf(facts->text, sizeof(facts->text), "%s", text ? text : "");
	if (!rc && (facts->rc = job_data_decode(data, length, &facts->arena, &facts->data, &err)))
		(void)snprintf(facts->text, sizeof(facts->text), "%.255s", err.text);
	status_arrived(d);
}

static struct node_facts *find_question(const struct daemon *d, uint64_t number)
{
	for (size_t i = 0; number && i < LOCKSPACE_NODES_MAX; i++)
		if (d->collect->nodes[i].number == number)
			return &d->collect->nodes[i];
	return NULL;
}

bool collect_asked(const struct daemon *d, uint64_t number)
{
	return find_question(d, number);
}

static struct node_facts *question_of(struct daemon *d, const struct effect *effect)
{
	return effect->op.node == d->node ? find_question(d, effect->op.number) : NULL;
}

bool collect_result(struct daemon *d, const struct effect *effect)
{
	struct node_facts *facts = question_of(d, effect);

	if (facts)
		answered(d, facts, effect->error, effect->text, effect->bytes, effect->length);
	return facts;
}

/* After the result nothing is open any more; without one there will be none. */
bool collect_done(struct daemon *d, const struct effect *effect)
{
	struct node_facts *facts = question_of(d, effect);

	if (facts)
		answered(d, facts, effect->error ? effect->error : -EIO,
			 effect->text && *effect->text ? effect->text : "it left", NULL, 0);
	return facts;
}

static void looked_here(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct node_facts *facts = data;

	answered(d, facts, answer->rc, answer->text, answer->data, answer->length);
}

/* ---- questions ---- */

static struct node_facts *slot_of(struct collect *collect, uint32_t node)
{
	struct node_facts *unused = NULL;

	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++) {
		if (collect->nodes[i].node == node)
			return &collect->nodes[i];
		if (!collect->nodes[i].node && !unused)
			unused = &collect->nodes[i];
	}
	if (unused)
		unused->node = node;
	return unused;
}

/* This node needs no group to look at itself. */
static void ask_here(struct daemon *d, struct node_facts *facts)
{
	worker_submit(d, STATE_QUEUE,
		      &(struct client_message){ .type = CLIENT_WORKER_RUN,
						.phase = JOB_PHASE_DO,
						.data = d->collect->payload.data,
						.data_length = d->collect->payload.used },
		      HERE_SECONDS, looked_here, facts);
}

static void ask_member(struct daemon *d, const struct node_facts *facts)
{
	carry_out(d, lockspace_op(d->ls, &(struct op_request){ .number = facts->number,
							       .phase = OP_DO,
							       .only_node = facts->node,
							       .payload = d->collect->payload.data,
							       .payload_length =
								       d->collect->payload.used }));
}

static void ask(struct daemon *d, uint32_t node)
{
	struct node_facts *facts = slot_of(d->collect, node);
	uint64_t now = now_ns();

	if (!facts || (facts->number && (node == d->node || now - facts->asked_at < FORGET_AFTER)))
		return;
	facts->number = ++d->next_number;
	facts->asked_at = now;
	if (node == d->node)
		ask_here(d, facts);
	else
		ask_member(d, facts);
}

struct up_nodes {
	uint32_t nodes[LOCKSPACE_NODES_MAX];
	size_t count;
};

static bool note_up(void *data, const struct member_view *member)
{
	struct up_nodes *up = data;

	if (member->state == MEMBER_UP && member->synced && up->count < LOCKSPACE_NODES_MAX)
		up->nodes[up->count++] = member->node;
	return true;
}

void collect_ask(struct daemon *d)
{
	struct up_nodes up = { .count = 0 };

	if (!d->ls)
		return;
	if (lockspace_is_up(d->ls))
		lockspace_each_member(d->ls, note_up, &up);
	ask(d, d->node);
	/* Asking may change the members that are up: they were listed before. */
	for (size_t i = 0; i < up.count; i++)
		if (up.nodes[i] != d->node)
			ask(d, up.nodes[i]);
}

void collect_ask_here(struct daemon *d)
{
	if (d->ls)
		ask(d, d->node);
}

bool collect_is_complete(const struct daemon *d, uint64_t since)
{
	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++) {
		const struct node_facts *facts = &d->collect->nodes[i];

		/* An answer to an older question does not count: another one is not sent before it.
		 */
		if (facts->number || (facts->asked_at >= since && facts->answered_at < since))
			return false;
	}
	return true;
}

const struct node_facts *collect_facts(const struct daemon *d, uint32_t node, uint64_t since)
{
	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++)
		if (d->collect->nodes[i].node == node)
			return d->collect->nodes[i].answered_at >= since ? &d->collect->nodes[i]
									 : NULL;
	return NULL;
}
