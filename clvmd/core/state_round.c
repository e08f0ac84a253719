/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every member says when the ring changes or somebody joins, and what follows from it.
 *
 * HELLO says who a member is and which table it had when the ring began. When the HELLOs of all
 * present members are in, all of them decide alike whose table counts (the core): members that
 * had equal tables go on with it; every other becomes a joiner, gets that table, and CLAIMs what
 * its clients hold. STATE says whether corosync calls this ring quorate. The table runs when the
 * core is decided, nobody is unclean, and every synced member's STATE of this ring says quorate.
 */
#include <string.h>

#include "clvmd/core/internal.h"

bool view_has_synced(const struct lockspace *ls)
{
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (member->present && member->hello_valid && member->hello.synced)
			return true;
	}
	return false;
}

bool hellos_complete(const struct lockspace *ls)
{
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (member->present && !member->other_version && !member->hello_fresh)
			return false;
	}
	return ls->ring_known && ls->self->present;
}

bool hello_from_message(const struct message *message, struct hello *ret)
{
	*ret = (struct hello){
		.boot = message->boot,
		.daemon = message->daemon,
		.lineage = message->lineage,
		.minor = message->minor,
		.synced = message->flags & FLAG_SYNCED,
		.ghost = message->flags & FLAG_GHOST,
		.holds = message->flags & FLAG_HOLDS,
		.denies_form = message->flags & FLAG_DENIES_FORM,
		.epoch = message->epoch,
		.count = message->count,
		.hash = message->hash,
	};
	return !is_zero(ret->boot.bytes) && !is_zero(ret->daemon.bytes) &&
	       marks_decode(message->marks, ret->written_off, &ret->written_off_count);
}

void view_hello(struct lockspace *ls, struct member *from, const struct message *message)
{
	struct hello hello;

	if (!hello_from_message(message, &hello)) {
		ls_break(ls, "malformed HELLO from %s", from->name);
		return;
	}
	from->hello = hello;
	from->hello_valid = from->hello_fresh = true;
	from->acked_down = false;
	if (ls->has_table || view_has_synced(ls))
		return;
	/* Before formation: what one was told by its administrator counts for all. */
	for (size_t i = 0; i < hello.written_off_count; i++) {
		struct member *down = member_find(ls, hello.written_off[i].node);

		if (down && !down->present && is_zero(hello.written_off[i].boot.bytes))
			down->acked_down = true;
	}
}

/* ---- whose table counts ---- */

static bool is_candidate(const struct member *member)
{
	return member->present && !member->other_version && member->hello_valid &&
	       member->hello.synced && !member->hello.ghost;
}

static bool same_base(const struct hello *a, const struct hello *b)
{
	return is_same(a->lineage.bytes, b->lineage.bytes) && a->epoch == b->epoch &&
	       a->count == b->count && a->hash == b->hash;
}

static size_t group_size(const struct lockspace *ls, const struct member *of)
{
	size_t size = 0;

	for (size_t i = 0; i < ls->member_count; i++)
		if (is_candidate(ls->members[i]) && same_base(&ls->members[i]->hello, &of->hello))
			size++;
	return size;
}

/* Did @by's side write off somebody of @of's side? */
static bool wrote_off(const struct lockspace *ls, const struct member *by, const struct member *of)
{
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (is_candidate(member) && same_base(&member->hello, &of->hello) &&
		    is_ghost_in(by, member))
			return true;
	}
	return false;
}

/* Does @a's table count rather than @b's? Both are the lowest of their side, @b the lower. */
static bool beats(const struct lockspace *ls, const struct member *a, const struct member *b)
{
	bool a_over_b = wrote_off(ls, a, b), b_over_a = wrote_off(ls, b, a);

	if (a_over_b != b_over_a)
		return a_over_b;
	if (!a_over_b && is_same(a->hello.lineage.bytes, b->hello.lineage.bytes) &&
	    a->hello.epoch != b->hello.epoch)
		return a->hello.epoch > b->hello.epoch;
	return group_size(ls, a) > group_size(ls, b);
}

static struct member *find_core(const struct lockspace *ls)
{
	struct member *best = NULL;

	for (size_t i = 0; i < ls->member_count; i++) {
		struct member *member = ls->members[i];

		if (!is_candidate(member) || (best && same_base(&member->hello, &best->hello)))
			continue;
		if (!best || beats(ls, member, best))
			best = member;
	}
	return best;
}

/* A side that wrote off one of the core ran without it: it cannot be merged. */
static bool is_ghost_of(const struct lockspace *ls, const struct member *core,
			const struct member *member)
{
	const struct hello *hello = &member->hello;
	bool is_foreign = !is_zero(hello->lineage.bytes) &&
			  !is_same(hello->lineage.bytes, core->hello.lineage.bytes);

	return is_ghost_in(core, member) || (is_foreign && hello->holds) ||
	       (hello->synced && hello->holds && wrote_off(ls, member, core));
}

static void join_core(struct lockspace *ls, const struct member *core)
{
	for (size_t i = 0; i < ls->member_count; i++) {
		struct member *member = ls->members[i];
		bool in_core = is_candidate(member) && same_base(&member->hello, &core->hello);

		member->synced = in_core;
		if (!in_core && member->class == CLASS_IN && !member->present)
			member->unclean = true;
		if (!in_core)
			continue;
		member->loaded = true;
		member->unclean = false;
		member->acked = core->hello.count;
	}
	for (size_t i = 0; i < ls->member_count; i++) {
		struct member *member = ls->members[i];

		if (!member->present || !member->hello_valid || member->synced)
			continue;
		/* The copies of the core may have seen it differently: it counts as unclean. */
		if (member->class == CLASS_IN)
			member->unclean = true;
		if (is_ghost_of(ls, core, member))
			member->hello.ghost = true;
		member_hello(ls, member, &member->hello);
	}
}

/*
 * Who stayed together in one ring after another has delivered the same messages: their tables were
 * equal when this one began, or something is wrong with us. The core's table counts, as always, and
 * the other side gets it; but that is not to go unnoticed.
 */
static void notice_difference(struct lockspace *ls)
{
	const struct member *self = ls->self;

	if (!self->synced || !is_candidate(self))
		return;
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (member->synced && is_candidate(member) &&
		    !same_base(&member->hello, &self->hello))
			ls_log(ls, LOG_LEVEL_ERROR,
			       LOCKSPACE_TABLES_DIFFER
			       " %s differ: a bug; keep what `clvmd blackbox` writes on both",
			       member->name);
	}
}

void decide_core(struct lockspace *ls)
{
	const struct member *core;

	if (!hellos_complete(ls))
		return;
	if (ls->decided) {
		if (!ls->has_table && !view_has_synced(ls)) {
			ls->decided = false;
			transfer_void(ls);
		}
		return;
	}
	if (!(core = find_core(ls)))
		return;
	notice_difference(ls);
	ls->decided = true;
	if (ls->has_table && ls->self->hello.synced && same_base(&ls->self->hello, &core->hello)) {
		join_core(ls, core);
		return;
	}
	if (ls->has_table)
		table_lost(ls);
	if (!ls->ghost && is_ghost_of(ls, core, ls->self))
		ghost_begin(ls, core);
}

/* ---- running ---- */

static bool may_run(const struct lockspace *ls)
{
	bool any = false;

	if (!ls->has_table || !ls->decided || ls->forming)
		return false;
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (member->unclean)
			return false;
		if (!member->synced)
			continue;
		if (!member->state_valid || !member->quorate)
			return false;
		any = true;
	}
	return any;
}

void update_running(struct lockspace *ls)
{
	bool run = may_run(ls);
	struct effect *effect;

	if (run == ls->running)
		return;
	ls->running = run;
	if (run)
		ls->epoch++;
	else
		ops_paused(ls);
	effect = ls_effect(ls, EFFECT_STATE);
	effect->text = run ? "the lock table runs" : "the lock table is paused";
	ls->pump_due = true;
}

void table_state(struct lockspace *ls, struct member *from, const struct message *message)
{
	if (!ring_is(ls, message->ring))
		return;
	from->state_valid = true;
	from->quorate = message->flags & FLAG_QUORATE;
	ls->pump_due = true; /* not quorate: refuses what does not wait */
}

/* ---- saying it ---- */

static void send_hello(struct lockspace *ls)
{
	struct mark marks[MARKS_MAX];
	struct buf bytes = { .limit = MESSAGE_LENGTH_MAX };
	struct message message = { .type = MESSAGE_HELLO,
				   .boot = ls->boot,
				   .epoch = ls->base_epoch,
				   .count = ls->base_count,
				   .hash = ls->base_hash };

	if ((ls->has_table && ls->self->synced) || ls->claim_sent)
		message.flags |= FLAG_SYNCED;
	if (ls->ghost)
		message.flags |= FLAG_GHOST;
	if (own_holds(ls))
		message.flags |= FLAG_HOLDS;
	if (ls->denies_form)
		message.flags |= FLAG_DENIES_FORM;
	ls->denies_form = false;
	marks_encode(marks, written_off_marks(ls, marks), &bytes);
	message.marks = (struct blob){ bytes.data, bytes.used };
	ls_send(ls, &message);
	buf_free(&bytes);
	ls->hello_due = false;
}

static void send_state(struct lockspace *ls)
{
	struct message message = { .type = MESSAGE_STATE,
				   .epoch = ls->epoch,
				   .count = ls->count,
				   .flags = ls->quorum.quorate ? FLAG_QUORATE : 0 };

	ls_send(ls, &message);
	ls->state_due = false;
	ls->state_sent = true;
	ls->sent_ring = ls->ring;
	ls->sent_quorate = ls->quorum.quorate;
}

void send_hello_and_state(struct lockspace *ls)
{
	if (!ls->ring_known || !ls->self->present || ls->left)
		return;
	if (ls->hello_due)
		send_hello(ls);
	if (!ls->quorum_known || !ring_is(ls, ls->quorum.ring))
		return;
	if (ls->state_due || !ls->state_sent || !ring_is(ls, ls->sent_ring) ||
	    ls->sent_quorate != ls->quorum.quorate)
		send_state(ls);
}
