/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: one function per kind of event. Each changes the view, lets the table see the
 * delivery (or keeps it, while a state transfer to this member runs), and then does what has
 * become due: decide whose table counts, run or pause, grant, send.
 */
#include "clvmd/core/lockspace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/core/internal.h"

struct lockspace *lockspace_create(const struct lockspace_options *options)
{
	struct lockspace *ls = calloc(1, sizeof(*ls));

	if (!ls)
		return NULL;
	ls->node = options->node;
	ls->boot = options->boot;
	ls->daemon = options->daemon;
	ls->lineage_seed = options->lineage_seed;
	ls->minor = options->minor ? options->minor : PROTOCOL_MINOR;
	ls->memory_limit = options->memory_limit ? options->memory_limit : DEFAULT_MEMORY;
	ls->chunks.limit = ls->memory_limit;
	ls->waiters_end = &ls->waiters;
	ls->own_requests_end = &ls->own_requests;
	ls->kept_end = &ls->kept;
	ls_begin(ls);
	if (!(ls->self = member_get(ls, ls->node))) {
		lockspace_destroy(ls);
		return NULL;
	}
	if (options->node_name)
		(void)snprintf(ls->self->name, sizeof(ls->self->name), "%s", options->node_name);
	return ls;
}

void lockspace_destroy(struct lockspace *ls)
{
	if (!ls)
		return;
	ls_begin(ls);
	transfer_void(ls);
	own_ops_free(ls);
	own_free(ls);
	table_free(ls);
	values_claimed(ls);
	ops_free(ls, &ls->carried);
	for (size_t i = 0; i < ls->member_count; i++) {
		buf_free(&ls->members[i]->claim);
		ls_free(ls, ls->members[i]);
	}
	ls_free(ls, ls->buckets);
	arena_free(&ls->arena);
	free(ls);
}

/* ---- after every event ---- */

void table_settle(struct lockspace *ls)
{
	if (!ls->has_table)
		return;
	update_running(ls);
	ops_advance(ls);
	while (ls->pump_due) {
		ls->pump_due = false;
		table_pump(ls);
	}
}

static void check(struct lockspace *ls)
{
	struct err err = { 0 };

	if (!ls->broken && !check_in_turn(ls, &err))
		ls_break(ls, "internal check failed: %s", err.text);
}

static const struct effect *settle(struct lockspace *ls)
{
	if (ls->broken)
		return ls_end(ls);
	/* All that had the table died while this member was getting it. */
	if (ls->has_table && !ls->self->synced && !ls->forming && !lowest_synced(ls)) {
		table_lost(ls);
		ls->decided = false;
	}
	decide_core(ls);
	ghost_advance(ls);
	table_settle(ls);
	send_hello_and_state(ls);
	transfer_advance(ls);
	own_advance(ls);
	own_ops_advance(ls);
	members_report(ls);
	check(ls);
	return ls_end(ls);
}

/* ---- configuration ---- */

const struct effect *lockspace_nodelist(struct lockspace *ls, const struct nodelist_entry *nodes,
					size_t count)
{
	ls_begin(ls);
	if (ls->broken)
		return ls_end(ls);
	for (size_t i = 0; i < ls->member_count; i++)
		ls->members[i]->in_nodelist = false;
	for (size_t i = 0; i < count; i++) {
		struct member *member = member_get(ls, nodes[i].node);

		if (!member)
			break;
		member->in_nodelist = true;
		if (*nodes[i].name)
			(void)snprintf(member->name, sizeof(member->name), "%.*s",
				       NODE_NAME_MAX - 1, nodes[i].name);
	}
	ls->has_nodelist = count > 0;
	return settle(ls);
}

static void one_left(struct lockspace *ls, const struct confchg_entry *entry)
{
	struct member *member = member_get(ls, entry->node);

	if (!member || !member->present)
		return;
	member->present = member->hello_valid = member->hello_fresh = false;
	member->other_version = false;
	if (entry->reason == LEAVE_NODEDOWN)
		member->in_ring = false; /* the new ring, which says so too, follows */
	buf_free(&member->claim);
	transfer_left(ls, entry->node);
	if (member == ls->self) {
		if (ls->has_table)
			table_lost(ls);
		transfer_void(ls);
		ls->decided = ls->ring_known = false;
		return;
	}
	if (ls->keeping)
		keep_left(ls, entry->node, entry->reason);
	else if (ls->has_table)
		member_left(ls, entry->node, entry->reason);
	else
		member->state_valid = false;
	table_settle(ls);
}

static void one_joined(struct lockspace *ls, const struct confchg_entry *entry)
{
	struct member *member = member_get(ls, entry->node);

	if (!member)
		return;
	member->present = true;
	member->acked_down = false;
	ls->form_sent = false;
	for (size_t i = 0; i < ls->member_count; i++)
		ls->members[i]->hello_fresh = false;
	/* NODEUP comes with a ring change, which has its own round. */
	if (!entry->nodeup)
		ls->hello_due = ls->state_due = true;
	if (member == ls->self && ls->has_table)
		table_lost(ls);
}

const struct effect *lockspace_confchg(struct lockspace *ls, const struct event_confchg *event)
{
	ls_begin(ls);
	if (ls->broken)
		return ls_end(ls);
	for (size_t i = 0; ls->has_table && i < event->left_count; i++)
		if (event->left[i].reason == LEAVE_NODEDOWN)
			ops_targets_lost(ls, event->left[i].node);
	for (size_t i = 0; i < event->left_count; i++)
		one_left(ls, &event->left[i]);
	for (size_t i = 0; i < event->joined_count; i++)
		one_joined(ls, &event->joined[i]);
	for (size_t i = 0; i < event->member_count; i++) {
		struct member *member = member_get(ls, event->members[i].node);

		if (member)
			member->present = true;
	}
	return settle(ls);
}

/* ---- ring ---- */

static bool is_listed(const struct event_ring *event, uint32_t node)
{
	for (size_t i = 0; i < event->member_count; i++)
		if (event->members[i] == node)
			return true;
	return false;
}

static void see_ring_members(struct lockspace *ls, const struct event_ring *event)
{
	bool lost = false;

	for (size_t i = 0; i < event->member_count; i++)
		(void)member_get(ls, event->members[i]);
	for (size_t i = 0; i < ls->member_count; i++) {
		struct member *member = ls->members[i];
		bool listed = is_listed(event, member->node);

		lost |= member->in_ring && !listed;
		member->in_ring = listed;
	}
	/* What was down may since have joined those that are out of sight now. */
	for (size_t i = 0; lost && i < ls->member_count; i++)
		ls->members[i]->acked_down = false;
}

const struct effect *lockspace_ring(struct lockspace *ls, const struct event_ring *event)
{
	ls_begin(ls);
	if (ls->broken)
		return ls_end(ls);
	if (ring_is(ls, event->ring))
		return settle(ls);
	transfer_void(ls);
	see_ring_members(ls, event);
	members_ring_changed(ls);
	ops_ring_changed(ls);
	if (ls->has_table && !ls->self->synced)
		table_lost(ls);
	ls->ring = event->ring;
	ls->ring_known = true;
	ls->decided = ls->form_sent = ls->claim_sent = ls->level_sent = false;
	for (size_t i = 0; i < ls->member_count; i++) {
		ls->members[i]->hello_valid = ls->members[i]->hello_fresh = false;
		ls->members[i]->loaded = false;
		buf_free(&ls->members[i]->claim);
	}
	if (ls->has_table) {
		ls->base_epoch = ls->epoch;
		ls->base_count = ls->count;
		ls->base_hash = table_hash(ls);
	}
	ls->hello_due = ls->state_due = true;
	return settle(ls);
}

const struct effect *lockspace_quorum(struct lockspace *ls, const struct event_quorum *event)
{
	ls_begin(ls);
	if (ls->broken)
		return ls_end(ls);
	ls->quorum = *event;
	ls->quorum.members = NULL;
	ls->quorum_known = true;
	return settle(ls);
}

/* ---- messages ---- */

static void returned_unheard(struct lockspace *ls, const struct message *message)
{
	if (message->type == MESSAGE_LOCK)
		own_returned(ls, message);
	else if (message->type == MESSAGE_OP)
		own_op_returned(ls, message);
	else if (message->type == MESSAGE_GOODBYE && ls->left)
		ls_effect(ls, EFFECT_LEAVE)->text = "left cleanly";
}

/* The sender is the daemon that this table knows on that node, and means this table. */
static bool is_heard(const struct lockspace *ls, const struct member *from,
		     const struct message *message)
{
	if (!ls->has_table || from->class != CLASS_IN || from->refused)
		return false;
	if (!is_same(from->daemon.bytes, message->daemon.bytes) ||
	    !is_same(ls->lineage.bytes, message->lineage.bytes))
		return false;
	/* Requests count in their own ring only; what ends something always does (rule 8). */
	if (message->type == MESSAGE_LOCK || message->type == MESSAGE_LEVEL)
		return ring_is(ls, message->ring) && from->synced;
	return true;
}

static void apply(struct lockspace *ls, struct member *from, const struct message *message)
{
	ls->count++;
	switch (message->type) {
	case MESSAGE_LOCK:
		table_lock(ls, from, message);
		break;
	case MESSAGE_UNLOCK:
		table_unlock(ls, from->node, message);
		break;
	case MESSAGE_CANCEL:
		table_cancel(ls, from->node, message);
		break;
	case MESSAGE_GONE:
		table_gone(ls, from->node, message->client);
		break;
	case MESSAGE_OP:
		op_message(ls, from, message, ring_is(ls, message->ring));
		break;
	case MESSAGE_RESULT:
		op_result(ls, from, message);
		break;
	case MESSAGE_GOODBYE:
		member_goodbye(ls, from);
		break;
	case MESSAGE_LEVEL:
		table_level(ls, from, message);
		break;
	case MESSAGE_HELLO:
	case MESSAGE_STATE:
	case MESSAGE_SYNC:
	case MESSAGE_CHUNK:
	case MESSAGE_CLAIM:
	case MESSAGE_FORM:
	case MESSAGE_ACK:
	case MESSAGE_FENCED:
	case MESSAGE_TYPE_COUNT:
		break;
	}
}

static void table_hello(struct lockspace *ls, struct member *from, const struct message *message)
{
	struct hello hello;

	if (ls->has_table && ls->decided && ring_is(ls, message->ring) &&
	    hello_from_message(message, &hello))
		member_hello(ls, from, &hello);
}

void table_message(struct lockspace *ls, uint32_t node, const struct message *message,
		   const void *bytes, size_t length)
{
	struct member *from = member_get(ls, node);

	(void)bytes;
	(void)length;
	if (!from)
		return;
	switch (message->type) {
	case MESSAGE_HELLO:
		table_hello(ls, from, message);
		return;
	case MESSAGE_STATE:
		table_state(ls, from, message);
		return;
	case MESSAGE_CLAIM:
		if (is_heard(ls, from, message))
			table_claim(ls, from, message);
		return;
	case MESSAGE_FENCED:
		if (ring_is(ls, message->ring) && (!ls->has_table || is_heard(ls, from, message))) {
			ls->count++;
			member_fenced(ls, from, message);
		}
		return;
	case MESSAGE_LOCK:
	case MESSAGE_UNLOCK:
	case MESSAGE_CANCEL:
	case MESSAGE_GONE:
	case MESSAGE_OP:
	case MESSAGE_RESULT:
	case MESSAGE_GOODBYE:
	case MESSAGE_LEVEL:
		if (is_heard(ls, from, message))
			apply(ls, from, message);
		else if (from == ls->self && is_same(message->daemon.bytes, ls->daemon.bytes))
			returned_unheard(ls, message);
		return;
	case MESSAGE_SYNC:
	case MESSAGE_CHUNK:
	case MESSAGE_FORM:
	case MESSAGE_ACK:
	case MESSAGE_TYPE_COUNT:
		return;
	}
}

static void view_ack(struct lockspace *ls, struct member *from, const struct message *message)
{
	if (!ring_is(ls, message->ring) || !is_same(from->daemon.bytes, message->daemon.bytes) ||
	    !is_same(ls->lineage.bytes, message->lineage.bytes))
		return;
	if (message->count > from->acked)
		from->acked = message->count;
	/* It acknowledges what was delivered before: to everybody. */
	if (!ls->has_table || !ls->self->synced || !from->synced || message->count <= ls->count)
		return;
	if (ls->node > from->node)
		ls_break(ls, LOCKSPACE_TABLES_DIFFER " %s differ", from->name);
	else
		ls_log(ls, LOG_LEVEL_ERROR, LOCKSPACE_TABLES_DIFFER " %s differ", from->name);
}

/* What every member does at once, with or without a table. True when the table has no part. */
static bool view_message(struct lockspace *ls, struct member *from, const struct message *message,
			 const struct event_message *event)
{
	switch (message->type) {
	case MESSAGE_HELLO:
		if (!ring_is(ls, message->ring) || !from->present)
			return true;
		from->other_version = false;
		view_hello(ls, from, message);
		return false;
	case MESSAGE_ACK:
		view_ack(ls, from, message);
		return true;
	case MESSAGE_SYNC:
		transfer_sync(ls, from, message, event->bytes, event->length);
		return true;
	case MESSAGE_CHUNK:
		transfer_chunk(ls, from, message);
		return true;
	case MESSAGE_FORM:
		if (!ls->keeping)
			transfer_form(ls, from, message);
		return true;
	case MESSAGE_CLAIM:
		if ((message->flags & FLAG_LAST) && ring_is(ls, message->ring) && !ls->has_table &&
		    view_has_synced(ls))
			from->hello.synced = true;
		return false;
	case MESSAGE_STATE:
	case MESSAGE_LOCK:
	case MESSAGE_UNLOCK:
	case MESSAGE_CANCEL:
	case MESSAGE_GONE:
	case MESSAGE_OP:
	case MESSAGE_RESULT:
	case MESSAGE_GOODBYE:
	case MESSAGE_FENCED:
	case MESSAGE_LEVEL:
	case MESSAGE_TYPE_COUNT:
		break;
	}
	return false;
}

static void other_version(struct lockspace *ls, struct member *from, const char *text)
{
	if (!from->other_version)
		ls_log(ls, LOG_LEVEL_ERROR, "node %s speaks %s, this one %d.%d: not let in",
		       from->name, text, PROTOCOL_MAJOR, ls->minor);
	from->other_version = true;
	from->hello_valid = false;
}

/*
 * Of a newer member. It was meant for the members of this table in the ring it was sent in: there
 * the level says what all understand (rule 27). Who is none of them ignores it.
 */
static void unknown_type(struct lockspace *ls, const struct member *from,
			 const struct message *message)
{
	bool is_member = (ls->has_table && ls->decided) || ls->keeping;

	if (!message->optional && is_member && ring_is(ls, message->ring) &&
	    (ls->keeping || is_same(ls->lineage.bytes, message->lineage.bytes)))
		ls_break(ls, "%s sent an unknown message type %u", from->name,
			 message->unknown_type);
}

static void kept_for_later(struct lockspace *ls, const struct member *from,
			   const struct message *message, const struct event_message *event)
{
	keep_message(ls, event->from, event->bytes, event->length);
	/* All others have heard it, and what is kept here may be thrown away. */
	if (message->type == MESSAGE_GOODBYE && from == ls->self && ls->left &&
	    is_same(message->daemon.bytes, ls->daemon.bytes))
		returned_unheard(ls, message);
}

const struct effect *lockspace_message(struct lockspace *ls, const struct event_message *event)
{
	struct message message;
	struct err err = { 0 };
	struct member *from;
	int rc;

	ls_begin(ls);
	if (ls->broken || !(from = member_get(ls, event->from)))
		return ls_end(ls);
	rc = message_decode(event->bytes, event->length, &message, &err);
	from->spoken_major = message.major;
	from->spoken_minor = message.minor;
	if (rc == -EPROTO) {
		other_version(ls, from, err.text);
		return settle(ls);
	}
	if (rc) {
		ls_break(ls, "%s sent %s", from->name, err.text);
		return ls_end(ls);
	}
	if (!message.type) {
		unknown_type(ls, from, &message);
		return ls_end(ls);
	}
	if (!view_message(ls, from, &message, event)) {
		if (ls->keeping)
			kept_for_later(ls, from, &message, event);
		else
			table_message(ls, event->from, &message, event->bytes, event->length);
	}
	return settle(ls);
}

const struct effect *lockspace_flush(struct lockspace *ls)
{
	struct message message = { .type = MESSAGE_ACK, .count = ls->count };

	ls_begin(ls);
	if (!ls->ack_due || ls->broken || ls->left || !ls->has_table || !ls->decided ||
	    !ls->self->synced)
		return ls_end(ls);
	ls_send(ls, &message);
	ls->ack_due = false;
	return ls_end(ls);
}

/* ---- fencing, leaving ---- */

static int why_not_fenced(const struct lockspace *ls, const struct fence_ack *ack, struct err *err)
{
	const struct member *member = member_find(ls, ack->node);

	if (!member)
		return err_set(err, ENOENT, "node %u is not in the cluster", ack->node);
	if (ls->broken || !ls->ring_known || !ls->self->present)
		return err_set(err, ENOLCK, "clvmd has not joined its group");
	if (member->present)
		return err_set(err, EBUSY, "%s is a member: not accepted", member->name);
	if (!lockspace_is_quorate(ls) && !ack->force)
		return err_set(err, ENOLCK,
			       "the cluster is not quorate: not accepted without --force");
	if (member->in_ring && !(ack->no_volumes && !ls->has_table))
		return err_set(err, EBUSY, "%s is up in this cluster: not accepted", member->name);
	if (ls->has_table && (!ls->decided || !ls->self->synced))
		return err_set(err, EAGAIN, "the cluster is settling: try again");
	if (ls->has_table && !member->unclean)
		return err_set(err, EINVAL, "%s is not unclean: nothing waits for it",
			       member->name);
	if (!ls->has_table && view_has_synced(ls))
		return err_set(err, EAGAIN, "this node is still joining: ask another one");
	return 0;
}

const struct effect *lockspace_fenced(struct lockspace *ls, const struct fence_ack *ack,
				      struct err *err)
{
	struct message message = { .type = MESSAGE_FENCED,
				   .node = ack->node,
				   .flags = ack->no_volumes ? FLAG_NO_VOLUMES : 0,
				   .text = { ack->how, strlen(ack->how) } };

	ls_begin(ls);
	if (why_not_fenced(ls, ack, err))
		return ls_end(ls);
	if (ls->has_table)
		message.boot = member_find(ls, ack->node)->boot;
	ls_send(ls, &message);
	return ls_end(ls);
}

const struct effect *lockspace_goodbye(struct lockspace *ls, struct err *err)
{
	struct message message = { .type = MESSAGE_GOODBYE };

	ls_begin(ls);
	if (own_holds(ls)) {
		(void)err_set(err, EBUSY, "clustered volumes are active or commands hold locks");
	} else if (ls->own_requests || ls->own_ops) {
		(void)err_set(err, EBUSY, "commands of this node are running");
	} else if (ls->has_table && ops_owed_by(ls, ls->node)) {
		(void)err_set(err, EBUSY, "an operation is not finished on this node");
	} else if (ls->has_table && ls->self->synced && !ls->broken) {
		ls->left = true;
		ls_send(ls, &message);
	} else {
		ls->left = true;
		ls_effect(ls, EFFECT_LEAVE)->text = "left before it had joined";
	}
	return ls_end(ls);
}
