/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking at the lockspace: for status, for people, for tests. Changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "clvmd/core/internal.h"

bool lockspace_is_up(const struct lockspace *ls)
{
	return ls->has_table && ls->self->synced && !ls->broken;
}

bool lockspace_is_running(const struct lockspace *ls)
{
	return lockspace_is_up(ls) && ls->running;
}

bool lockspace_is_quorate(const struct lockspace *ls)
{
	return ls->quorum_known && ls->quorum.quorate;
}

bool lockspace_knows_quorum(const struct lockspace *ls)
{
	return ls->quorum_known;
}

const char *lockspace_node_name(const struct lockspace *ls, uint32_t node)
{
	return member_name(ls, node);
}

const char *member_state_name(enum member_state state)
{
	static const char *const names[] = {
		[MEMBER_ABSENT] = "absent",
		[MEMBER_JOINING] = "joining",
		[MEMBER_UP] = "up",
		[MEMBER_LEFT] = "left",
		[MEMBER_NO_CLVMD] = "no-clvmd",
		[MEMBER_UNCLEAN] = "unclean",
		[MEMBER_FENCED] = "fenced",
	};

	return state >= MEMBER_ABSENT && state <= MEMBER_FENCED ? names[state] : "?";
}

uint64_t lockspace_value(const struct lockspace *ls, const char *name)
{
	const struct resource *resource = resource_find(ls, name);

	return resource ? resource->value : 0;
}

uint64_t lockspace_hash(const struct lockspace *ls)
{
	return ls->has_table ? table_hash(ls) : 0;
}

/* ---- what it waits for ---- */

static void wait_for_quorum(const struct lockspace *ls, struct buf *out)
{
	size_t nodes = 0;

	for (size_t i = 0; i < ls->member_count; i++)
		nodes += ls->members[i]->in_nodelist;
	if (!ls->quorum_known)
		buf_puts(out, "corosync has not said yet whether the cluster is quorate\n");
	else if (!ls->quorum.quorate)
		buf_printf(out, "cluster is not quorate (%zu of %zu votes)\n",
			   ls->quorum.member_count, nodes);
}

static void wait_for_member(const struct lockspace *ls, const struct member *member,
			    struct buf *out)
{
	if (member->present && member->other_version)
		buf_printf(out,
			   "node %s speaks version %u.%u of the protocol, this one %d.%u: not let "
			   "in (install the same version of clvmd on both)\n",
			   member->name, member->spoken_major, member->spoken_minor, PROTOCOL_MAJOR,
			   ls->minor);
	else if (member->refused ||
		 (member != ls->self && member->hello_valid && member->hello.ghost))
		buf_printf(out,
			   "node %s was fenced but did not reboot: unmount its clustered volumes "
			   "or reboot it\n",
			   member->name);
	else if (ls->has_table && member->unclean && member == ls->self)
		buf_puts(out, "the members of the new ring agree on the lock table\n");
	else if (ls->has_table && member->unclean && member->present)
		buf_printf(out, "node %s is back: its locks are being merged\n", member->name);
	else if (ls->has_table && member->unclean && member->in_ring)
		buf_printf(out, "node %s is back without clvmd: start clvmd there\n", member->name);
	else if (ls->has_table && member->unclean)
		buf_printf(out,
			   "node %s is unclean: it must be fenced or come back "
			   "(if it is down for sure: clvmd fence-ack %s)\n",
			   member->name, member->name);
	else if (member->present && !member->hello_fresh && !ls->decided)
		buf_printf(out, "node %s has not said hello yet\n", member->name);
	else if (ls->has_table && member->synced && !member->state_valid)
		buf_printf(out, "node %s has not said yet whether the cluster is quorate\n",
			   member->name);
	else if (ls->has_table && member->synced && !member->quorate)
		buf_printf(out, "node %s says that the cluster is not quorate\n", member->name);
}

/* Formation needs it, or the word that it is down. */
static bool is_missed(const struct member *member)
{
	return member->in_nodelist && !member->present && !member->acked_down;
}

static void wait_for_formation(const struct member *member, struct buf *out)
{
	if (!is_missed(member))
		return;
	if (member->in_ring)
		buf_printf(out,
			   "node %s is up without clvmd: start it there (if it uses no clustered "
			   "volume: clvmd fence-ack --no-volumes %s)\n",
			   member->name, member->name);
	else
		buf_printf(out,
			   "node %s was never seen: start it "
			   "(if it is down for sure: clvmd fence-ack %s)\n",
			   member->name, member->name);
}

void lockspace_waiting_for(const struct lockspace *ls, char *text, size_t size)
{
	struct buf out = { .limit = 64U << 10 };

	if (ls->broken)
		buf_puts(&out, "clvmd had to leave the group: restart it\n");
	else if (ls->left)
		buf_puts(&out, "clvmd is stopping on this node\n");
	else if (ls->ghost)
		buf_puts(&out, "this node was written off as fenced but did not reboot: "
			       "unmount its clustered volumes or reboot it\n");
	if (!ls->self->present && !ls->left)
		buf_puts(&out, "clvmd has not joined its group yet\n");
	wait_for_quorum(ls, &out);
	for (size_t i = 0; i < ls->member_count; i++) {
		wait_for_member(ls, ls->members[i], &out);
		if (!ls->has_table && !ls->decided && ls->self->present)
			wait_for_formation(ls->members[i], &out);
	}
	if (!out.used && !lockspace_is_up(ls) && !ls->left)
		buf_puts(&out, "the lock table is being transferred to this node\n");
	text_add_debts(ls, NULL, &out);
	(void)snprintf(text, size, "%s", out.data ? out.data : "");
	buf_free(&out);
}

bool lockspace_waits_for_daemons(const struct lockspace *ls)
{
	bool missing = false;

	if (ls->has_table || ls->broken || ls->left || ls->ghost || !ls->self->present ||
	    !ls->quorum_known || !ls->quorum.quorate)
		return false;
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (member->present && (member->other_version || !member->hello_fresh))
			return false;
		if (is_missed(member) && !member->in_ring)
			return false; /* lost, perhaps: it must come or be fenced */
		missing = missing || is_missed(member);
	}
	return missing;
}

/* ---- members and locks ---- */

void lockspace_each_member(const struct lockspace *ls,
			   bool (*visit)(void *data, const struct member_view *member), void *data)
{
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];
		const struct member_view view = {
			.node = member->node,
			.name = member->name,
			.state = member_shown_state(ls, member),
			.synced = ls->has_table && member->synced,
			.present = member->present,
			.in_ring = member->in_ring,
			.in_nodelist = member->in_nodelist,
			.unclean = ls->has_table && member->unclean,
			.is_ghost = member->refused || (member == ls->self && ls->ghost),
			.other_version = member->present && member->other_version,
			.major = member->spoken_major,
			.minor = member->spoken_minor,
			.said_quorate = member->state_valid,
			.is_quorate = member->quorate,
			.is_awaited = own_awaits(ls, member),
			.acked = member->acked,
			.loss = member->loss,
			.debts = ls->has_table ? ops_owed_by(ls, member->node) : 0,
			.boot = member->hello_valid ? member->hello.boot : member->boot,
			.daemon = member->hello_valid ? member->hello.daemon : member->daemon,
		};

		if (!visit(data, &view))
			return;
	}
}

void lockspace_each_op(const struct lockspace *ls,
		       bool (*visit)(void *data, const struct op_view *op), void *data)
{
	struct op_target_view targets[LOCKSPACE_NODES_MAX];
	struct op_view view;

	for (const struct op *at = ls->has_table ? ls->ops : ls->carried; at; at = at->next) {
		op_view(at, targets, &view);
		if (!visit(data, &view))
			return;
	}
}

struct lockspace_header lockspace_header(const struct lockspace *ls)
{
	struct lockspace_header header = {
		.has_table = ls->has_table,
		.is_running = lockspace_is_running(ls),
		.ring_known = ls->ring_known,
		.ring = ls->ring,
		.lineage = ls->lineage,
		.epoch = ls->epoch,
		.count = ls->count,
		.level = ls->level,
		.locks = ls->lock_count,
		.resources = ls->resource_count,
		.memory_used = ls->memory_used,
		.memory_limit = ls->memory_limit,
	};

	for (const struct waiter *at = ls->waiters; at; at = at->next) {
		header.waiters++;
		header.locks -= at->count;
	}
	for (const struct op *at = ls->ops; at; at = at->next)
		header.ops++;
	return header;
}

static enum lock_state state_of(const struct lockspace *ls, const struct resource *resource,
				const struct lock *lock)
{
	const struct hold *hold;

	if (lock->orphan)
		return LOCK_ORPHAN;
	if (lock->node != ls->node)
		return LOCK_GRANTED;
	hold = hold_find(resource, lock->kind, lock->client);
	return hold && hold->mode == lock->mode ? LOCK_CONFIRMED : LOCK_GRANTED;
}

static bool visit_waiters(const struct lockspace *ls,
			  bool (*visit)(void *data, const struct lock_view *lock), void *data)
{
	for (const struct waiter *at = ls->waiters; at; at = at->next)
		for (size_t i = 0; i < at->count; i++) {
			const struct lock_view view = { .resource = at->resources[i]->name,
							.mode = at->mode,
							.kind = at->kind,
							.state = LOCK_WAITING,
							.node = at->node,
							.client = at->client,
							.request = at->request,
							.pid = at->pid,
							.command = at->command,
							.since = at->since };

			if (!visit(data, &view))
				return false;
		}
	return true;
}

static bool visit_locks(const struct lockspace *ls, const struct resource *resource,
			bool (*visit)(void *data, const struct lock_view *lock), void *data)
{
	for (const struct lock *at = resource->locks; at; at = at->next) {
		const struct lock_view view = { .resource = resource->name,
						.mode = at->mode,
						.kind = at->kind,
						.state = state_of(ls, resource, at),
						.node = at->node,
						.client = at->client,
						.request = at->request,
						.pid = at->pid,
						.command = at->command,
						.since = at->since };

		if (!visit(data, &view))
			return false;
	}
	return true;
}

/* Without a table: what this node holds all the same. */
static bool visit_holds(const struct lockspace *ls, const struct resource *resource,
			bool (*visit)(void *data, const struct lock_view *lock), void *data)
{
	for (const struct hold *at = resource->holds; at; at = at->next) {
		const struct lock_view view = { .resource = resource->name,
						.mode = at->mode,
						.kind = at->kind,
						.state = LOCK_CONFIRMED,
						.node = ls->node,
						.client = at->client,
						.pid = at->pid,
						.command = at->command,
						.since = at->since };

		if (!visit(data, &view))
			return false;
	}
	return true;
}

void lockspace_each_lock(const struct lockspace *ls,
			 bool (*visit)(void *data, const struct lock_view *lock), void *data)
{
	for (size_t i = 0; i < ls->bucket_count; i++)
		for (const struct resource *at = ls->buckets[i]; at; at = at->next)
			if (!(ls->has_table ? visit_locks(ls, at, visit, data)
					    : visit_holds(ls, at, visit, data)))
				return;
	(void)visit_waiters(ls, visit, data);
}
