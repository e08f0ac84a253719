/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations of this node's clients: what was asked for, whether it went out, and what the client
 * was answered. Each phase is answered exactly once by EFFECT_OP_DONE.
 */
#include <errno.h>
#include <string.h>

#include "clvmd/core/internal.h"

#define OWN_OPS_MAX 1024

struct own_op *own_op_find(const struct lockspace *ls, uint64_t number)
{
	for (struct own_op *at = ls->own_ops; at; at = at->next)
		if (at->number == number)
			return at;
	return NULL;
}

static void own_op_drop(struct lockspace *ls, struct own_op *own)
{
	struct own_op **link = &ls->own_ops;

	while (*link != own)
		link = &(*link)->next;
	*link = own->next;
	ls_free(ls, own->payload);
	ls_free(ls, own);
}

void own_ops_free(struct lockspace *ls)
{
	while (ls->own_ops)
		own_op_drop(ls, ls->own_ops);
}

static void emit_done(struct lockspace *ls, struct op_id id, uint64_t client, enum op_phase phase,
		      int error, const char *text)
{
	struct effect *effect = ls_effect(ls, EFFECT_OP_DONE);

	effect->op = id;
	effect->client = client;
	effect->phase = phase;
	effect->error = error;
	effect->text = text;
}

void own_op_result(struct lockspace *ls, const struct op *op, uint32_t node, int rc,
		   struct blob text, struct blob data)
{
	const struct own_op *own = own_op_find(ls, op->id.number);
	struct effect *effect;
	const char *copy;
	void *bytes;

	if (!own || own->answered || own->phase != op->phase)
		return;
	copy = blob_text(text, RESULT_TEXT_MAX, &ls->arena);
	effect = ls_effect(ls, EFFECT_OP_RESULT);
	effect->op = op->id;
	effect->client = own->client;
	effect->phase = op->phase;
	effect->node = node;
	effect->error = rc;
	effect->text = copy ? copy : "";
	if (!data.length || !(bytes = arena_alloc(&ls->arena, data.length)))
		return;
	memcpy(bytes, data.bytes, data.length);
	effect->bytes = bytes;
	effect->length = data.length;
}

void own_op_done(struct lockspace *ls, struct op_id id, enum op_phase phase, int error,
		 const char *text)
{
	struct own_op *own = own_op_find(ls, id.number);

	if (!own || own->answered || own->phase != phase)
		return;
	own->answered = true;
	emit_done(ls, id, own->client, phase, error, text);
	if (phase == OP_DO || phase == OP_ABORT || phase == OP_RESUME ||
	    (phase == OP_PREPARE && error))
		own_op_drop(ls, own);
}

void own_op_overtaken(struct lockspace *ls, struct op_id id)
{
	const struct own_op *own = own_op_find(ls, id.number);

	if (own && !own->answered && (own->phase == OP_PREPARE || own->phase == OP_COMMIT))
		own_op_done(ls, id, own->phase, -ECANCELED,
			    "a member was lost: the change is undone");
}

void own_op_returned(struct lockspace *ls, const struct message *message)
{
	struct op_id id = { ls->node, message->op_number };
	struct own_op *own = own_op_find(ls, message->op_number);

	if (!own || own->phase != (enum op_phase)message->op_phase)
		return;
	if (own->phase == OP_COMMIT)
		own_op_done(ls, id, OP_COMMIT, -EAGAIN, "the cluster changed during the commit");
	else
		own->sent = false;
}

void own_ops_end(struct lockspace *ls, int error, const char *text)
{
	struct own_op *next;

	for (struct own_op *own = ls->own_ops; own; own = next) {
		next = own->next;
		if (own->runs_here)
			continue;
		if (!own->answered)
			emit_done(ls, (struct op_id){ ls->node, own->number }, own->client,
				  own->phase, error, text);
		own_op_drop(ls, own);
	}
}

/* The node went over to another table. Who has not answered yet counts as gone. */
void own_ops_table_lost(struct lockspace *ls)
{
	static const char text[] = "contact to the node was lost";
	struct own_op *next;

	for (struct own_op *own = ls->own_ops; own; own = next) {
		struct op_id id = { ls->node, own->number };
		const struct op *op = op_find(ls->ops, id);
		enum op_phase phase = own->phase;

		next = own->next;
		own->sent = false;
		if (phase == OP_COMMIT)
			own_op_done(ls, id, phase, -EAGAIN,
				    "the cluster changed during the commit");
		if (!op || (phase != OP_DO && phase != OP_PREPARE))
			continue;
		for (size_t i = 0; i < op->target_count; i++)
			if (op->targets[i].pending)
				own_op_result(ls, op, op->targets[i].node, -EHOSTDOWN,
					      (struct blob){ text, sizeof(text) - 1 },
					      (struct blob){ "", 0 });
		own_op_done(ls, id, phase, 0, "");
	}
}

/* ---- sending ---- */

static void send_op(struct lockspace *ls, struct own_op *own)
{
	struct message message = { .type = MESSAGE_OP,
				   .op_number = own->number,
				   .op_phase = own->phase,
				   .client = own->client,
				   .since = own->since };

	if (own->phase == OP_DO || own->phase == OP_PREPARE) {
		message.only_node = own->local_only ? ls->node : own->only_node;
		message.flags = own->needs_running ? FLAG_NEEDS_RUNNING : 0;
		message.text = (struct blob){ own->resource, strlen(own->resource) };
		message.payload = (struct blob){ own->payload, own->payload_length };
	}
	ls_send(ls, &message);
	own->sent = true;
}

/* COMMIT: may the client write it to disk now? */
static void permit(struct lockspace *ls, struct own_op *own)
{
	struct op_id id = { ls->node, own->number };
	const struct op *op = op_find(ls->ops, id);

	if (!op || op->phase == OP_PREPARE)
		return; /* not delivered yet */
	if (op->phase != OP_COMMIT || op->doomed) {
		own_op_done(ls, id, OP_COMMIT, -ECANCELED, "a member was lost during the commit");
		return;
	}
	if (!ring_is(ls, op->commit_ring)) {
		own_op_done(ls, id, OP_COMMIT, -EAGAIN, "the cluster changed during the commit");
		return;
	}
	for (size_t i = 0; i < op->target_count; i++) {
		const struct member *member = member_find(ls, op->targets[i].node);

		if (member != ls->self && (!member || member->acked < op->commit_count))
			return;
	}
	own->permitted = true;
	own_op_done(ls, id, OP_COMMIT, 0, "");
}

bool own_ops_await(const struct lockspace *ls, const struct member *member)
{
	for (const struct own_op *own = ls->own_ops; own; own = own->next) {
		const struct op *op = op_find(ls->ops, (struct op_id){ ls->node, own->number });

		if (!op || own->answered || own->phase != OP_COMMIT || op->phase != OP_COMMIT ||
		    member->acked >= op->commit_count)
			continue;
		for (size_t i = 0; i < op->target_count; i++)
			if (op->targets[i].node == member->node)
				return true;
	}
	return false;
}

void own_ops_advance(struct lockspace *ls)
{
	bool may_send = ls->has_table && ls->decided && ls->self->synced;
	struct own_op *next;

	for (struct own_op *own = ls->own_ops; own; own = next) {
		bool holds_back = own->needs_running && !ls->running && !table_is_hard_paused(ls) &&
				  own->phase <= OP_PREPARE;

		next = own->next;
		if (own->answered || own->runs_here)
			continue;
		if (!own->sent && own->phase == OP_COMMIT && !may_send)
			own_op_done(ls, (struct op_id){ ls->node, own->number }, OP_COMMIT, -EAGAIN,
				    "this node has no lock table now");
		else if (!own->sent && may_send && !holds_back)
			send_op(ls, own);
		else if (own->phase == OP_COMMIT && ls->has_table)
			permit(ls, own);
	}
}

void own_ops_client_gone(struct lockspace *ls, uint64_t client)
{
	struct own_op *next;

	for (struct own_op *own = ls->own_ops; own; own = next) {
		next = own->next;
		if (own->client == client)
			own_op_drop(ls, own);
	}
}

/* ---- requests ---- */

static struct own_op *own_op_new(struct lockspace *ls, const struct op_request *asked)
{
	struct own_op *own = ls_alloc(ls, sizeof(*own)), **end = &ls->own_ops;

	if (!own)
		return NULL;
	own->number = asked->number;
	own->client = asked->client;
	own->since = asked->since;
	own->needs_running = asked->needs_running;
	own->local_only = asked->local_only;
	own->only_node = asked->only_node;
	if (asked->resource)
		memcpy(own->resource, asked->resource, strlen(asked->resource));
	own->payload_length = asked->payload_length;
	if (asked->payload_length && !(own->payload = ls_alloc(ls, asked->payload_length))) {
		ls_free(ls, own);
		return NULL;
	}
	if (asked->payload_length)
		memcpy(own->payload, asked->payload, asked->payload_length);
	while (*end)
		end = &(*end)->next;
	*end = own;
	return own;
}

/* Deactivating here must not need the others. */
static void run_alone(struct lockspace *ls, struct own_op *own)
{
	struct effect *effect = ls_effect(ls, EFFECT_RUN);

	own->runs_here = true;
	effect->op = (struct op_id){ ls->node, own->number };
	effect->phase = OP_DO;
	effect->node = ls->node;
	effect->client = own->client;
	effect->bytes = own->payload;
	effect->length = own->payload_length;
}

static const char *why_refused(struct lockspace *ls, const struct op_request *asked, int *ret_error)
{
	bool starts = asked->phase == OP_DO || asked->phase == OP_PREPARE;
	const struct own_op *own = own_op_find(ls, asked->number);
	size_t count = 0;

	for (const struct own_op *at = ls->own_ops; at; at = at->next)
		count++;
	*ret_error = -EINVAL;
	if (ls->broken)
		return "clvmd left the group";
	if (asked->phase < OP_DO || asked->phase > OP_RESUME ||
	    asked->payload_length > OP_PAYLOAD_MAX ||
	    (asked->resource && strlen(asked->resource) >= RESOURCE_NAME_MAX))
		return "invalid operation";
	if (starts == (own != NULL) || (own && !own->answered))
		return starts ? "the operation's number is in use" : "no such operation";
	if (asked->phase == OP_RESUME && !own->permitted)
		return "the commit was not acknowledged by all";
	if (starts && count >= OWN_OPS_MAX) {
		*ret_error = -EBUSY;
		return "too many operations are open";
	}
	*ret_error = -ENOLCK;
	if (starts && (ls->left || ls->ghost || !ls->has_table || !ls->self->synced) &&
	    !(asked->local_only && !asked->needs_running))
		return text_paused(ls);
	return NULL;
}

const struct effect *lockspace_op(struct lockspace *ls, const struct op_request *asked)
{
	struct own_op *own;
	const char *text;
	int error;

	ls_begin(ls);
	if (asked->phase == OP_ABORT && !own_op_find(ls, asked->number)) {
		emit_done(ls, (struct op_id){ ls->node, asked->number }, asked->client, OP_ABORT, 0,
			  ""); /* it never began, or was undone already */
		return ls_end(ls);
	}
	if ((text = why_refused(ls, asked, &error))) {
		emit_done(ls, (struct op_id){ ls->node, asked->number }, asked->client,
			  asked->phase, error, text);
		return ls_end(ls);
	}
	if (asked->phase == OP_DO || asked->phase == OP_PREPARE)
		own = own_op_new(ls, asked);
	else
		own = own_op_find(ls, asked->number);
	if (!own)
		return ls_end(ls);
	own->phase = asked->phase;
	own->sent = own->answered = false;
	if (asked->local_only && asked->phase == OP_DO && (!ls->has_table || !ls->self->synced))
		run_alone(ls, own);
	else
		own_ops_advance(ls);
	return ls_end(ls);
}

static void alone_result(struct lockspace *ls, struct own_op *own, const struct op_result *result,
			 struct blob text, struct blob data)
{
	const struct op op = { .id = result->op, .phase = OP_DO };

	own_op_result(ls, &op, ls->node, result->rc, text, data);
	own_op_done(ls, result->op, OP_DO, 0, "");
	(void)own;
}

const struct effect *lockspace_op_result(struct lockspace *ls, const struct op_result *result)
{
	size_t length = result->text ? strnlen(result->text, RESULT_TEXT_MAX) : 0;
	struct message message = { .type = MESSAGE_RESULT,
				   .op_node = result->op.node,
				   .op_number = result->op.number,
				   .op_phase = result->phase,
				   .rc = result->rc < 0 ? (uint64_t)-result->rc : 0,
				   .text = { result->text, length },
				   .data = { result->data, result->data_length } };
	struct own_op *own =
		result->op.node == ls->node ? own_op_find(ls, result->op.number) : NULL;

	ls_begin(ls);
	if (own && own->runs_here) {
		alone_result(ls, own, result, message.text, message.data);
	} else if (!ls->broken && ls->self->present) {
		if (message.data.length > OP_PAYLOAD_MAX) {
			message.data.length = 0;
			message.rc = E2BIG;
		}
		ls_send(ls, &message);
	}
	return ls_end(ls);
}

static const struct effect *send_alone(struct lockspace *ls, struct message *message)
{
	ls_begin(ls);
	if (!ls->broken && ls->self->present)
		ls_send(ls, message);
	return ls_end(ls);
}

const struct effect *lockspace_op_outcome(struct lockspace *ls, struct op_id op, bool is_new)
{
	return send_alone(ls, &(struct message){ .type = MESSAGE_OP,
						 .op_phase = OP_OUTCOME,
						 .op_node = op.node,
						 .op_number = op.number,
						 .flags = is_new ? FLAG_IS_NEW : 0 });
}

const struct effect *lockspace_op_unclear(struct lockspace *ls, struct op_id op, uint64_t missing)
{
	return send_alone(ls, &(struct message){ .type = MESSAGE_RESULT,
						 .op_phase = OP_OUTCOME,
						 .op_node = op.node,
						 .op_number = op.number,
						 .count = missing });
}
