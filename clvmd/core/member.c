/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Members: what the table knows of each node, and how that changes when a daemon leaves, a node
 * vanishes, comes back, or is fenced. A member is unclean while it may hold locks that this table
 * does not know, or may go on using those that it does: that pauses everybody (rule 9).
 */
#include <stdio.h>
#include <string.h>

#include "clvmd/core/internal.h"

struct member *member_find(const struct lockspace *ls, uint32_t node)
{
	for (size_t i = 0; i < ls->member_count; i++)
		if (ls->members[i]->node == node)
			return ls->members[i];
	return NULL;
}

struct member *member_get(struct lockspace *ls, uint32_t node)
{
	struct member *member = member_find(ls, node);
	size_t at;

	if (member)
		return member;
	if (ls->member_count == LOCKSPACE_NODES_MAX) {
		ls_break(ls, "more than %d nodes", LOCKSPACE_NODES_MAX);
		return NULL;
	}
	if (!(member = ls_alloc(ls, sizeof(*member))))
		return NULL;
	member->node = node;
	member->claim.limit = ls->memory_limit;
	member->shown = MEMBER_ABSENT;
	(void)snprintf(member->name, sizeof(member->name), "node %u", node);
	for (at = ls->member_count++; at > 0 && ls->members[at - 1]->node > node; at--)
		ls->members[at] = ls->members[at - 1];
	ls->members[at] = member;
	return member;
}

const char *member_name(const struct lockspace *ls, uint32_t node)
{
	const struct member *member = member_find(ls, node);

	return member ? member->name : "an unknown node";
}

struct member *lowest_synced(const struct lockspace *ls)
{
	for (size_t i = 0; i < ls->member_count; i++)
		if (ls->members[i]->synced)
			return ls->members[i];
	return NULL;
}

enum member_state member_shown_state(const struct lockspace *ls, const struct member *member)
{
	if (member->refused || (member == ls->self && ls->ghost) ||
	    (!ls->has_table && member->present && member->hello_valid && member->hello.ghost))
		return MEMBER_FENCED;
	if (member->present && member->other_version)
		return MEMBER_NO_CLVMD;
	if (member->present && ls->has_table && member->synced)
		return MEMBER_UP;
	if (member->present && (!ls->has_table || member->hello_valid || !member->unclean))
		return ls->decided && !ls->has_table && member->hello.synced ? MEMBER_UP
									     : MEMBER_JOINING;
	if (member->unclean)
		return member->present ? MEMBER_JOINING : MEMBER_UNCLEAN;
	switch (member->class) {
	case CLASS_LEFT:
		return MEMBER_LEFT;
	case CLASS_FENCED:
		return MEMBER_FENCED;
	case CLASS_NO_CLVMD:
		return MEMBER_NO_CLVMD;
	case CLASS_ABSENT:
	case CLASS_IN:
		break;
	}
	if (member->acked_down)
		return MEMBER_FENCED;
	return member->in_ring && !member->present ? MEMBER_NO_CLVMD : MEMBER_ABSENT;
}

void members_report(struct lockspace *ls)
{
	for (size_t i = 0; i < ls->member_count; i++) {
		struct member *member = ls->members[i];
		enum member_state state = member_shown_state(ls, member);
		struct effect *effect;

		if (state == member->shown)
			continue;
		effect = ls_effect(ls, EFFECT_STATE);
		effect->node = member->node;
		effect->text =
			ls_printf(ls, "node %s: %s -> %s", member->name,
				  member_state_name(member->shown), member_state_name(state));
		member->shown = state;
	}
}

/* ---- ends ---- */

static void forget_locks(struct lockspace *ls, struct member *member)
{
	table_drop_locks(ls, member->node);
	table_drop_waiters(ls, member->node);
	ops_member_dead(ls, member->node);
}

static void no_longer_synced(struct member *member)
{
	member->synced = member->loaded = member->loading = false;
	member->state_valid = false;
	member->acked = 0;
}

/* The table's side of a node's disappearance from the group. */
void member_left(struct lockspace *ls, uint32_t node, enum leave_reason reason)
{
	struct member *member = member_find(ls, node);

	if (!member)
		return;
	no_longer_synced(member);
	member->refused = false;
	if (member->goodbye) {
		member->goodbye = false;
		member->unclean = false; /* a merge may have made it so: it holds nothing */
		member->class = CLASS_LEFT;
		forget_locks(ls, member);
		ls->pump_due = true;
		return;
	}
	if (member->class != CLASS_IN)
		return;
	if (reason == LEAVE_NODEDOWN) {
		member->unclean = true;
		member->loss = ls->ring.seq;
		ls_log(ls, LOG_LEVEL_WARNING,
		       "node %s vanished: nothing is granted until it is "
		       "fenced or back",
		       member->name);
	} else if (!member->unclean) {
		member->class = CLASS_NO_CLVMD;
		table_make_orphans(ls, node);
		table_drop_waiters(ls, node);
	}
	ops_member_lost(ls, node);
	ls->pump_due = true;
}

/* Nodes whose daemon is dead show their end only by the ring: they have no entry in the group. */
void members_ring_changed(struct lockspace *ls)
{
	for (size_t i = 0; i < ls->member_count; i++) {
		struct member *member = ls->members[i];

		member->state_valid = member->loading = false;
		member->acked = 0;
		/*
		 * Until it is decided whose table counts, everybody may be a stranger: copies
		 * that were equal when the ring began must stay so, whoever saw whom vanish.
		 */
		if (ls->has_table && member->class == CLASS_IN)
			member->unclean = true;
		if (!ls->has_table || member->class != CLASS_NO_CLVMD || member->in_ring)
			continue;
		if (table_has_locks(ls, member->node) || ops_owed_by(ls, member->node)) {
			member->unclean = true;
			member->loss = ls->ring.seq;
			ls_log(ls, LOG_LEVEL_WARNING,
			       "node %s, whose clvmd was dead, vanished with its locks",
			       member->name);
		}
	}
}

void member_goodbye(struct lockspace *ls, struct member *member)
{
	if (member->class != CLASS_IN)
		return;
	member->goodbye = true;
	if (member != ls->self)
		return;
	ls->left = true;
	ls_effect(ls, EFFECT_LEAVE)->text = "left cleanly";
}

/* ---- written off ---- */

static void say_fenced(struct lockspace *ls, const struct member *member,
		       const struct message *message)
{
	const char *how = blob_text(message->text, RESULT_TEXT_MAX, &ls->arena);
	struct effect *effect = ls_effect(ls, EFFECT_FENCED);

	effect->node = member->node;
	effect->text = how ? how : "";
}

static void write_off(struct lockspace *ls, struct member *member, const struct member *from)
{
	member->written_off = true;
	member->written_off_boot = member->boot;
	member->class = CLASS_FENCED;
	member->unclean = false;
	no_longer_synced(member);
	forget_locks(ls, member);
	ls_log(ls, LOG_LEVEL_WARNING, "node %s is fenced, says node %s: its locks are released",
	       member->name, from->name);
	ls->pump_due = true;
}

static void fenced_before_formation(struct lockspace *ls, struct member *member, bool no_volumes)
{
	if (view_has_synced(ls) || member->present || (member->in_ring && !no_volumes))
		return;
	member->acked_down = true;
}

void member_fenced(struct lockspace *ls, const struct member *from, const struct message *message)
{
	struct member *member = member_find(ls, (uint32_t)message->node);

	if (!member)
		return;
	if (!ls->has_table) {
		if (is_zero(message->boot.bytes))
			fenced_before_formation(ls, member, message->flags & FLAG_NO_VOLUMES);
		if (member->acked_down)
			say_fenced(ls, member, message);
		return;
	}
	/* Names this boot, in this ring, in which it cannot have come and gone again. */
	if (!member->unclean || member->present || member->in_ring ||
	    !is_same(message->boot.bytes, member->boot.bytes))
		return;
	say_fenced(ls, member, message);
	write_off(ls, member, from);
}

size_t written_off_marks(const struct lockspace *ls, struct mark marks[MARKS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (ls->has_table ? !member->written_off : !member->acked_down)
			continue;
		marks[count] = (struct mark){ .node = member->node };
		if (ls->has_table)
			marks[count].boot = member->written_off_boot;
		count++;
	}
	return count;
}

/* ---- comes back ---- */

static void rebooted(struct lockspace *ls, struct member *member)
{
	forget_locks(ls, member);
	member->unclean = false;
	member->class = CLASS_LEFT;
	ls_log(ls, LOG_LEVEL_INFO, "node %s rebooted: its locks are released", member->name);
}

/* The table's side of the HELLO of a member that is not synced. */
void member_hello(struct lockspace *ls, struct member *member, const struct hello *hello)
{
	bool is_known = member->class == CLASS_IN || member->class == CLASS_NO_CLVMD;
	bool has_lineage = !is_zero(hello->lineage.bytes);
	bool is_foreign = has_lineage && !is_same(hello->lineage.bytes, ls->lineage.bytes);
	struct mark marks[MARKS_MAX];
	bool is_new_daemon;

	if (member->synced)
		return;
	if (is_ghost(marks, written_off_marks(ls, marks), &ls->lineage, member->node, hello) ||
	    hello->ghost || (is_foreign && hello->holds)) {
		ghost_refuse(ls, member);
		return;
	}
	ghost_is_new(ls, member, hello);
	if (is_known && !is_same(member->boot.bytes, hello->boot.bytes)) {
		rebooted(ls, member);
		is_known = false;
	}
	is_new_daemon = !is_known || !is_same(member->daemon.bytes, hello->daemon.bytes);
	/* What it holds is in this table for sure only if it died under our eyes. */
	if (hello->holds && (has_lineage || member->class != CLASS_NO_CLVMD)) {
		member->unclean = true;
		member->loss = ls->ring.seq;
	}
	member->class = CLASS_IN;
	member->goodbye = false;
	member->boot = hello->boot;
	member->daemon = hello->daemon;
	member->minor = hello->minor;
	if (is_new_daemon || hello->denies_form)
		member->loaded = false;
	/* A SYNC that was for the daemon before it, and is not heeded by this one. */
	if (is_new_daemon && ls->transfer && hello->minor < ls->transfer_level)
		member->loading = false;
	if (is_new_daemon)
		member->loading = false; /* a transfer under way was meant for the one before */
	ls->pump_due = true;
}
