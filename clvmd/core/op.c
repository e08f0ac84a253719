/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations in the table. DO: its targets run a payload once and answer. PREPARE: they run it,
 * answer, and stay suspended until the end is known: RESUME (to the new metadata) or ABORT (to
 * the old). Between lies the point of no return: COMMIT, which the owner may write to disk only
 * when every target acknowledged it in the same ring.
 *
 * So a target that lost the owner and never saw COMMIT knows that nothing was written, and goes
 * back at once; for all others only the disk knows, and only when the owner's process is dead
 * (rule 23). A target that was lost before it went either way owes that (rule 24): the operation
 * stays, and no write lock on its resource is granted, until it is back or fenced.
 */
#include <errno.h>
#include <string.h>

#include "clvmd/core/internal.h"

static const struct blob no_bytes = { "", 0 };

static bool same_id(struct op_id a, struct op_id b)
{
	return a.node == b.node && a.number == b.number;
}

struct op *op_find(struct op *ops, struct op_id id)
{
	for (struct op *at = ops; at; at = at->next)
		if (same_id(at->id, id))
			return at;
	return NULL;
}

void op_free(struct lockspace *ls, struct op *op)
{
	if (op)
		ls_free(ls, op->payload);
	ls_free(ls, op);
}

void ops_free(struct lockspace *ls, struct op **ops)
{
	while (*ops) {
		struct op *op = *ops;

		*ops = op->next;
		op_free(ls, op);
	}
}

static void op_drop(struct lockspace *ls, struct op *op)
{
	struct op **link = &ls->ops;

	while (*link != op)
		link = &(*link)->next;
	*link = op->next;
	op_free(ls, op);
	ls->pump_due = true;
}

static struct op_target *target_of(struct op *op, uint32_t node)
{
	for (size_t i = 0; i < op->target_count; i++)
		if (op->targets[i].node == node)
			return &op->targets[i];
	return NULL;
}

static bool is_final(const struct op *op)
{
	return op->phase == OP_ABORT || op->phase == OP_RESUME;
}

static bool is_pending(const struct op *op, bool count_gone)
{
	for (size_t i = 0; i < op->target_count; i++)
		if (op->targets[i].pending && (count_gone || !op->targets[i].gone))
			return true;
	return false;
}

static bool is_mine(const struct lockspace *ls, const struct op *op)
{
	return op->id.node == ls->node && is_same(op->daemon.bytes, ls->daemon.bytes);
}

static bool owner_is_alive(const struct lockspace *ls, const struct op *op)
{
	const struct member *owner = member_find(ls, op->id.node);

	return owner && owner->synced && is_same(owner->daemon.bytes, op->daemon.bytes);
}

static void run_here(struct lockspace *ls, const struct op *op)
{
	struct effect *effect = ls_effect(ls, EFFECT_RUN);
	void *payload = op->payload_length ? arena_alloc(&ls->arena, op->payload_length) : NULL;

	if (payload)
		memcpy(payload, op->payload, op->payload_length);
	else if (op->payload_length)
		ls_break(ls, "out of memory for an operation");
	effect->op = op->id;
	effect->phase = op->phase;
	effect->node = op->id.node;
	effect->client = op->client;
	effect->bytes = payload;
	effect->length = payload ? op->payload_length : 0;
}

static void answer_for_gone(struct lockspace *ls, const struct op *op, uint32_t node)
{
	const char *text;

	if (!is_mine(ls, op))
		return;
	text = ls_printf(ls, "node %s is gone%s", member_name(ls, node),
			 is_final(op) ? ": it will do this when it is back" : "");
	own_op_result(ls, op, node, -EHOSTDOWN, (struct blob){ text, strlen(text) }, no_bytes);
}

/* Tells the owner when all have answered, and forgets what is over. True when @op is freed. */
static bool op_settle(struct lockspace *ls, struct op *op)
{
	bool is_over;

	if (is_pending(op, false) || op->phase == OP_COMMIT)
		return false;
	if (is_mine(ls, op))
		own_op_done(ls, op->id, op->phase, 0, "");
	ls->pump_due = true;
	is_over = op->phase == OP_DO || (is_final(op) && !is_pending(op, true));
	if (is_over)
		op_drop(ls, op);
	return is_over;
}

/* Everybody goes to the new metadata (RESUME) or back to the old (ABORT). */
static bool op_decide(struct lockspace *ls, struct op *op, enum op_phase phase)
{
	op->phase = phase;
	if (is_mine(ls, op))
		own_op_overtaken(ls, op->id);
	for (size_t i = 0; i < op->target_count; i++) {
		struct op_target *target = &op->targets[i];

		target->pending = true;
		if (target->gone)
			answer_for_gone(ls, op, target->node);
		else if (target->node == ls->node)
			run_here(ls, op);
	}
	return op_settle(ls, op);
}

/* ---- messages ---- */

static void add_target(struct op *op, uint32_t node)
{
	op->targets[op->target_count++] = (struct op_target){ .node = node, .pending = true };
}

static int add_targets(struct lockspace *ls, struct op *op, uint32_t only_node)
{
	const struct member *only = only_node ? member_find(ls, only_node) : NULL;

	if (only_node) {
		if (!only || !only->synced)
			return -EHOSTDOWN;
		add_target(op, only_node);
		return 0;
	}
	for (size_t i = 0; i < ls->member_count; i++)
		if (ls->members[i]->synced)
			add_target(op, ls->members[i]->node);
	return 0;
}

static bool is_resource_busy(const struct lockspace *ls, const char *resource)
{
	for (const struct op *at = ls->ops; at; at = at->next)
		if (at->phase != OP_DO && *at->resource && !strcmp(at->resource, resource))
			return true;
	return false;
}

static size_t op_count(const struct lockspace *ls)
{
	size_t count = 0;

	for (const struct op *at = ls->ops; at; at = at->next)
		count++;
	return count;
}

static struct op *op_new(struct lockspace *ls, const struct message *message, uint32_t owner)
{
	struct op *op = ls_alloc(ls, sizeof(*op));

	if (!op)
		return NULL;
	op->id = (struct op_id){ owner, message->op_number };
	op->client = message->client;
	op->since = message->since;
	op->phase = (enum op_phase)message->op_phase;
	if (message->text.length < sizeof(op->resource) && message->text.length)
		memcpy(op->resource, message->text.bytes, message->text.length);
	op->payload_length = message->payload.length;
	if (op->payload_length && !(op->payload = ls_alloc(ls, op->payload_length))) {
		op_free(ls, op);
		return NULL;
	}
	if (op->payload_length)
		memcpy(op->payload, message->payload.bytes, op->payload_length);
	return op;
}

/* Why not, or 0. The same on all members. */
static int why_not(const struct lockspace *ls, const struct op *op, const struct message *message,
		   const char **ret_text)
{
	*ret_text = "";
	if ((message->flags & FLAG_NEEDS_RUNNING) && !ls->running) {
		*ret_text = NULL;
		return -ENOLCK;
	}
	if (op_count(ls) >= OPS_MAX) {
		*ret_text = "too many operations are open";
		return -EBUSY;
	}
	if (op->phase == OP_PREPARE && *op->resource && is_resource_busy(ls, op->resource)) {
		*ret_text = "another operation on the volume group is not finished";
		return -EBUSY;
	}
	return 0;
}

static void op_start(struct lockspace *ls, struct member *from, const struct message *message)
{
	struct op_id id = { from->node, message->op_number };
	struct op *op, **end = &ls->ops;
	const char *text;
	int error;

	if (op_find(ls->ops, id) || !(op = op_new(ls, message, from->node)))
		return;
	op->daemon = message->daemon;
	if (!(error = why_not(ls, op, message, &text)) &&
	    (error = add_targets(ls, op, (uint32_t)message->only_node)))
		text = "the node is not a member";
	if (error) {
		if (is_mine(ls, op))
			own_op_done(ls, id, op->phase, error, text ? text : text_paused(ls));
		op_free(ls, op);
		return;
	}
	while (*end)
		end = &(*end)->next;
	*end = op;
	if (target_of(op, ls->node))
		run_here(ls, op);
}

static void op_commit(struct lockspace *ls, struct op *op, struct op_id id)
{
	if (!op || op->phase != OP_PREPARE || op->doomed || op->client_gone ||
	    is_pending(op, true)) {
		if (id.node == ls->node)
			own_op_done(ls, id, OP_COMMIT, -ECANCELED,
				    "a member was lost before the commit");
		return;
	}
	op->phase = OP_COMMIT;
	op->commit_seen = true;
	op->commit_count = ls->count;
	op->commit_ring = ls->ring;
	ls->ack_due = true;
}

static void op_end(struct lockspace *ls, struct op *op, struct op_id id, enum op_phase phase)
{
	if (op && !is_final(op) && op->phase != OP_DO &&
	    (phase == OP_ABORT || op->phase == OP_COMMIT)) {
		(void)op_decide(ls, op, phase);
		return;
	}
	if (op && is_final(op) && is_pending(op, false))
		return; /* decided already; its owner hears of it when all have answered */
	if (id.node == ls->node)
		own_op_done(ls, id, phase, op && !is_final(op) ? -EINVAL : 0, "");
}

void op_message(struct lockspace *ls, struct member *from, const struct message *message,
		bool in_ring)
{
	struct op_id id = { from->node, message->op_number };
	enum op_phase phase = (enum op_phase)message->op_phase;
	bool counts = in_ring && from->synced;
	struct op *op;

	if (phase == OP_OUTCOME)
		id.node = (uint32_t)message->op_node;
	op = op_find(ls->ops, id);
	switch (phase) {
	case OP_DO:
	case OP_PREPARE:
	case OP_COMMIT:
		if (!counts && from == ls->self)
			own_op_returned(ls, message);
		else if (counts && phase == OP_COMMIT)
			op_commit(ls, op, id);
		else if (counts)
			op_start(ls, from, message);
		break;
	case OP_ABORT:
	case OP_RESUME:
		op_end(ls, op, id, phase);
		break;
	case OP_OUTCOME:
		if (op && !is_final(op) && op->phase != OP_DO)
			(void)op_decide(ls, op,
					message->flags & FLAG_IS_NEW ? OP_RESUME : OP_ABORT);
		break;
	}
}

static struct op_look *look_of(struct op *op, uint32_t node)
{
	for (size_t i = 0; i < op->look_count; i++)
		if (op->looks[i].node == node)
			return &op->looks[i];
	return NULL;
}

/* The recoverer cannot tell: the next is chosen when the table goes on. */
static void op_unclear(struct op *op, const struct member *from, uint64_t missing)
{
	struct op_look *look;

	if (is_final(op) || op->recoverer != from->node)
		return;
	op->recoverer = 0;
	look = look_of(op, from->node);
	if (!look && op->look_count < LOCKSPACE_NODES_MAX)
		look = &op->looks[op->look_count++];
	if (look)
		*look = (struct op_look){ from->node, missing };
}

void ops_forget_looks(struct lockspace *ls)
{
	for (struct op *op = ls->ops; op; op = op->next) {
		op->look_count = 0;
		op->look_rounds = 0;
	}
}

void op_result(struct lockspace *ls, struct member *from, const struct message *message)
{
	struct op_id id = { (uint32_t)message->op_node, message->op_number };
	struct op *op = op_find(ls->ops, id);
	struct op_target *target = op ? target_of(op, from->node) : NULL;

	if (op && message->op_phase == OP_OUTCOME) {
		op_unclear(op, from, message->count);
		return;
	}
	if (!target || !target->pending || op->phase != (enum op_phase)message->op_phase)
		return;
	target->pending = false;
	if (is_mine(ls, op))
		own_op_result(ls, op, from->node, -(int)message->rc, message->text, message->data);
	(void)op_settle(ls, op);
}

/* ---- losses and returns ---- */

static void target_lost(struct lockspace *ls, struct op *op, struct op_target *target)
{
	if (target->gone)
		return;
	target->gone = target->was_lost = true;
	if (!is_final(op) && op->phase != OP_DO)
		op->doomed = true;
	if (!target->pending)
		return;
	answer_for_gone(ls, op, target->node);
	if (!is_final(op))
		target->pending = false;
}

/* Somebody here never saw COMMIT, so the owner never got leave to write it. */
static bool is_proof_of_old(const struct op *op)
{
	if (op->phase != OP_PREPARE)
		return false;
	for (size_t i = 0; i < op->target_count; i++)
		if (!op->targets[i].was_lost)
			return true;
	return false;
}

/* Everybody who vanished at once, before anything is concluded from one of them. */
void ops_targets_lost(struct lockspace *ls, uint32_t node)
{
	for (struct op *op = ls->ops; op; op = op->next) {
		struct op_target *target = target_of(op, node);

		if (target)
			target_lost(ls, op, target);
	}
}

void ops_member_lost(struct lockspace *ls, uint32_t node)
{
	struct op *next;

	for (struct op *op = ls->ops; op; op = next) {
		struct op_target *target = target_of(op, node);

		next = op->next;
		if (target)
			target_lost(ls, op, target);
		if (op->recoverer == node)
			op->recoverer = 0;
		if (op->id.node == node && op->phase == OP_DO)
			op_drop(ls, op);
		else if (op->id.node == node && is_proof_of_old(op))
			(void)op_decide(ls, op, OP_ABORT);
		else
			(void)op_settle(ls, op);
	}
}

void ops_member_dead(struct lockspace *ls, uint32_t node)
{
	struct op *next;

	for (struct op *op = ls->ops; op; op = next) {
		struct op_target *target = target_of(op, node);

		next = op->next;
		if (target) {
			/* Its kernel is gone, and what was suspended in it: it owes nothing any
			 * more. */
			target_lost(ls, op, target);
			*target = op->targets[--op->target_count];
		}
		if (op->id.node == node)
			op->client_gone = true;
		if (op->id.node == node && op->phase == OP_DO)
			op_drop(ls, op);
		else
			(void)op_settle(ls, op);
	}
}

void ops_member_claimed(struct lockspace *ls, struct member *member)
{
	struct op *next;

	for (struct op *op = ls->ops; op; op = next) {
		struct op_target *target = target_of(op, member->node);

		next = op->next;
		if (op->id.node == member->node && !op->claimed)
			op->client_gone = true; /* its daemon died, or it never came to an end */
		op->claimed = false;
		if (target)
			target->gone = false;
		if (target && is_final(op) && target->pending && member == ls->self)
			run_here(ls, op);
		(void)op_settle(ls, op);
	}
}

void ops_client_gone(struct lockspace *ls, uint32_t node, uint64_t client)
{
	for (struct op *op = ls->ops; op; op = op->next)
		if (op->id.node == node && op->client == client && op->phase != OP_DO)
			op->client_gone = true;
}

size_t ops_owed_by(const struct lockspace *ls, uint32_t node)
{
	size_t count = 0;

	for (struct op *op = ls->ops; op; op = op->next) {
		const struct op_target *target = target_of(op, node);

		count += op->id.node == node || (target && op->phase != OP_DO);
	}
	return count;
}

void ops_ring_changed(struct lockspace *ls)
{
	for (struct op *op = ls->ops; op; op = op->next)
		op->recoverer = 0;
	ops_forget_looks(ls);
	ops_paused(ls);
}

/*
 * A pause before COMMIT forbids it: somebody of whom this side does not know that it takes part
 * may have vanished, and gone back.
 */
void ops_paused(struct lockspace *ls)
{
	for (struct op *op = ls->ops; op; op = op->next)
		if (op->phase == OP_PREPARE)
			op->doomed = true;
}

/* ---- operations that nobody drives any more ---- */

static bool may_look(const struct lockspace *ls, const struct op *op, const struct member *member,
		     bool owner_alive)
{
	/* While the table does not run, nobody but the owner's node is known to be let alone. */
	return member->synced && (ls->running || (owner_alive && member->node == op->id.node));
}

/*
 * Who is asked next: the owner's node, then the others from the lowest, each once; then who sees
 * most. 0: everybody who may has been asked, and none can read it.
 */
static uint32_t choose_recoverer(struct lockspace *ls, struct op *op, bool owner_alive,
				 unsigned *ret_flags)
{
	const struct op_look *best = NULL;

	*ret_flags = op->look_rounds ? RECOVER_LATER : 0;
	if (owner_alive && !look_of(op, op->id.node))
		return op->id.node;
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];
		const struct op_look *look = look_of(op, member->node);

		if (!may_look(ls, op, member, owner_alive))
			continue;
		if (!look)
			return member->node;
		if (look->missing != AREAS_UNREADABLE && (!best || look->missing < best->missing))
			best = look;
	}
	*ret_flags |= RECOVER_ANYWAY;
	return best ? best->node : 0;
}

static void recover(struct lockspace *ls, struct op *op, bool owner_alive)
{
	const struct member *recoverer = member_find(ls, op->recoverer);
	unsigned flags;
	struct effect *effect;

	if (recoverer && recoverer->synced)
		return;
	op->recoverer = choose_recoverer(ls, op, owner_alive, &flags);
	if (!op->recoverer) {
		op->look_count = 0;
		op->look_rounds++;
		op->recoverer = choose_recoverer(ls, op, owner_alive, &flags);
	}
	if (op->recoverer != ls->node)
		return;
	effect = ls_effect(ls, EFFECT_RECOVER);
	effect->op = op->id;
	effect->value = flags;
	ls_log(ls, LOG_LEVEL_INFO,
	       "an operation of %s was cut short after its commit: reading "
	       "the disk",
	       member_name(ls, op->id.node));
}

void ops_advance(struct lockspace *ls)
{
	struct op *next;

	if (!ls->has_table || !ls->decided || !lowest_synced(ls))
		return;
	for (struct op *op = ls->ops; op; op = next) {
		bool alive = owner_is_alive(ls, op);

		next = op->next;
		if (!op->client_gone || is_final(op) || op->phase == OP_DO)
			continue;
		/* Without proof somebody may have seen a COMMIT that we did not. */
		if (is_proof_of_old(op))
			(void)op_decide(ls, op, OP_ABORT);
		else if (alive || ls->running)
			recover(ls, op, alive);
	}
}

bool ops_block(const struct lockspace *ls, const char *resource, uint32_t node, uint64_t client,
	       enum lock_mode mode)
{
	bool is_write = mode == MODE_CW || mode == MODE_PW || mode == MODE_EX;

	for (const struct op *op = ls->ops; op && mode != MODE_NL; op = op->next) {
		if (op->phase == OP_DO || strcmp(op->resource, resource) != 0)
			continue;
		if (op->client_gone && (!is_final(op) || is_pending(op, false)))
			return true;
		if (is_final(op) && is_write && !(op->id.node == node && op->client == client))
			return true;
	}
	return false;
}

/* ---- in a state transfer, and in claims ---- */

void op_write(const struct op *op, struct buf *out)
{
	struct message record = { .op_node = op->id.node,
				  .op_number = op->id.number,
				  .op_phase = op->phase,
				  .client = op->client,
				  .since = op->since,
				  .id = op->daemon,
				  .count = op->commit_count,
				  .node = op->recoverer,
				  .ring = op->commit_ring,
				  .number = op->commit_ring.seq,
				  .only_node = op->commit_ring.node,
				  .text = { op->resource, strlen(op->resource) },
				  .payload = { op->payload, op->payload_length } };
	uint32_t nodes[LOCKSPACE_NODES_MAX];
	unsigned char states[LOCKSPACE_NODES_MAX];
	struct buf bytes = { .limit = sizeof(nodes) };

	record.flags = (op->commit_seen ? FLAG_COMMIT_SEEN : 0) | (op->doomed ? FLAG_DOOMED : 0) |
		       (op->client_gone ? FLAG_CLIENT_GONE : 0);
	for (size_t i = 0; i < op->target_count; i++) {
		nodes[i] = op->targets[i].node;
		states[i] = (unsigned char)(op->targets[i].pending | op->targets[i].gone << 1 |
					    op->targets[i].was_lost << 2);
	}
	nodes_encode(nodes, op->target_count, &bytes);
	record.nodes = (struct blob){ bytes.data, bytes.used };
	record.data = (struct blob){ states, op->target_count };
	record_encode(6, &record, out);
	buf_free(&bytes);
}

struct op *op_read(struct lockspace *ls, const struct message *record)
{
	const unsigned char *states = record->data.bytes;
	uint32_t nodes[LOCKSPACE_NODES_MAX];
	struct op *op;
	size_t count;

	if (!nodes_decode(record->nodes, nodes, &count) || record->data.length != count ||
	    record->op_phase < OP_DO || record->op_phase > OP_RESUME ||
	    !(op = op_new(ls, record, (uint32_t)record->op_node)))
		return NULL;
	op->daemon = record->id;
	op->commit_seen = record->flags & FLAG_COMMIT_SEEN;
	op->doomed = record->flags & FLAG_DOOMED;
	op->client_gone = record->flags & FLAG_CLIENT_GONE;
	op->commit_count = record->count;
	op->commit_ring = (struct ring_id){ (uint32_t)record->only_node, record->number };
	op->recoverer = (uint32_t)record->node;
	for (size_t i = 0; i < count; i++)
		op->targets[op->target_count++] =
			(struct op_target){ nodes[i], states[i] & 1, states[i] >> 1 & 1,
					    states[i] >> 2 & 1 };
	return op;
}

void op_view(const struct op *op, struct op_target_view targets[LOCKSPACE_NODES_MAX],
	     struct op_view *ret)
{
	*ret = (struct op_view){
		.op = op->id,
		.resource = op->resource,
		.phase = op->phase,
		.client = op->client,
		.since = op->since,
		.is_suspended = op->phase == OP_PREPARE || op->phase == OP_COMMIT,
		.is_owed = is_final(op) && !is_pending(op, false),
		.is_abandoned = op->client_gone && !is_final(op),
		.recoverer = op->recoverer,
		.targets = targets,
		.target_count = op->target_count,
	};
	for (size_t i = 0; i < op->target_count; i++)
		targets[i] = (struct op_target_view){ .node = op->targets[i].node,
						      .is_pending = op->targets[i].pending,
						      .is_gone = op->targets[i].gone };
}

/* The table was lost: what this node is part of goes into its claim. */
void ops_carry(struct lockspace *ls)
{
	struct op **link = &ls->ops;

	/* What an earlier loss left is carried on: its claim was never delivered. */
	while (*link) {
		struct op *op = *link;
		const struct op_target *target = target_of(op, ls->node);
		bool is_part = target && (!is_final(op) || target->pending);

		if (op->phase == OP_DO || op_find(ls->carried, op->id) ||
		    (!is_part && !(is_mine(ls, op) && own_op_find(ls, op->id.number)))) {
			link = &op->next;
			continue;
		}
		*link = op->next;
		op->next = ls->carried;
		ls->carried = op;
	}
}

static void adopt_claimed(struct lockspace *ls, const struct member *from, struct op *op)
{
	for (size_t i = 0; i < op->target_count; i++) {
		const struct member *member = member_find(ls, op->targets[i].node);

		op->targets[i].gone =
			op->targets[i].node != from->node && !(member && member->synced);
		/* The dead will not answer; those that are synced have: they do not know it. */
		if (!member || member->class == CLASS_FENCED ||
		    (is_final(op) && member != from && member->synced))
			op->targets[i].pending = false;
	}
	op->doomed = true;
	op->recoverer = 0;
	op->next = ls->ops;
	ls->ops = op;
}

void op_merge_claim(struct lockspace *ls, struct member *from, struct op *claimed)
{
	struct op *op = op_find(ls->ops, claimed->id);
	const struct member *owner;

	if (!op) {
		adopt_claimed(ls, from, op = claimed);
		owner = member_find(ls, op->id.node);
		/* An owner that is here and does not know it, or is dead, will not drive it. */
		if (owner != from && (!owner || owner->synced || owner->class != CLASS_IN))
			op->client_gone = true;
		claimed = NULL;
	}
	if (claimed)
		op->client_gone |= claimed->client_gone;
	if (op->id.node == from->node && is_same(op->daemon.bytes, from->daemon.bytes))
		op->claimed = !op->client_gone;
	if (!claimed)
		return;
	op->commit_seen |= claimed->commit_seen;
	if (op->phase == OP_PREPARE && claimed->phase == OP_COMMIT)
		op->phase = OP_COMMIT;
	if (is_final(op) && is_final(claimed) && target_of(op, from->node) &&
	    target_of(claimed, from->node))
		target_of(op, from->node)->pending |= target_of(claimed, from->node)->pending;
	else if (!is_final(op) && is_final(claimed))
		(void)op_decide(ls, op, claimed->phase);
	op_free(ls, claimed);
}
