/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Invariants that one copy can see by itself. A copy that breaks one of them must not go on: it
 * leaves the group (rule 28).
 */
#include <errno.h>
#include <string.h>

#include "clvmd/core/internal.h"

#define SMALL_TABLE   64 /* locks: checked as a whole after every event */
#define CHECK_BUCKETS 8	 /* of a larger one, after one event */

static bool fail(struct err *err, const char *what, const char *name)
{
	(void)err_set(err, EUCLEAN, "%s: %s", name, what);
	return false;
}

static bool check_resource(const struct lockspace *ls, const struct resource *resource,
			   size_t *locks, struct err *err)
{
	for (const struct lock *a = resource->locks; a; a = a->next) {
		(*locks)++;
		if ((unsigned)a->mode >= LOCK_MODE_COUNT)
			return fail(err, "a lock of no mode", resource->name);
		if (!lock_mode_covers(a->mode, a->previous))
			return fail(err, "a lock weaker than it goes back to", resource->name);
		for (const struct lock *b = a->next; b; b = b->next) {
			if (a->node == b->node && a->kind == b->kind && a->client == b->client)
				return fail(err, "two locks of one owner", resource->name);
			if (!a->conflict && !b->conflict && !lock_mode_compatible(a->mode, b->mode))
				return fail(err, "two holders in conflict", resource->name);
		}
	}
	/* What this node relies on is in the table, at least as strong. */
	for (const struct hold *at = resource->holds; at; at = at->next) {
		const struct lock *lock = lock_find(resource, ls->node, at->kind, at->client);

		if (!ls->has_table || !ls->self->synced || !ls->decided)
			continue;
		if (!lock)
			return fail(err, "held here but not in the table", resource->name);
	}
	return true;
}

static bool check_waiters(const struct lockspace *ls, size_t *locks, struct err *err)
{
	const struct waiter *first = ls->waiters;

	for (const struct waiter *at = ls->waiters; at; at = at->next) {
		*locks += at->count;
		if (!at->count)
			return fail(err, "a request for nothing", "queue");
	}
	if (ls->running && first && waiter_is_grantable(ls, first) && !ls->pump_due) {
		/* A conversion of another's may go before it; but nothing else may. */
		for (size_t i = 0; i < first->count; i++)
			if (first->resources[i]->waiting > 1)
				return true;
		return fail(err, "the first request waits for nothing", first->resources[0]->name);
	}
	return true;
}

static bool check_members(const struct lockspace *ls, struct err *err)
{
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (i && ls->members[i - 1]->node >= member->node)
			return fail(err, "members are not in order", member->name);
		if (member->unclean && ls->running)
			return fail(err, "runs although it is unclean", member->name);
		if (member->synced && (member->class != CLASS_IN || !ls->has_table))
			return fail(err, "synced without taking part", member->name);
		if (member->synced && ls->running && !(member->state_valid && member->quorate))
			return fail(err, "runs although it is not quorate there", member->name);
	}
	return true;
}

static bool check_buckets(const struct lockspace *ls, size_t from, size_t to, size_t *locks,
			  struct err *err)
{
	for (size_t i = from; i < to && i < ls->bucket_count; i++)
		for (const struct resource *at = ls->buckets[i]; at; at = at->next)
			if (!check_resource(ls, at, locks, err))
				return false;
	return true;
}

bool lockspace_check(const struct lockspace *ls, struct err *err)
{
	size_t locks = 0;

	if (!check_members(ls, err) || !check_buckets(ls, 0, ls->bucket_count, &locks, err) ||
	    !check_waiters(ls, &locks, err))
		return false;
	if (locks != ls->lock_count)
		return fail(err, "locks are miscounted", "table");
	return true;
}

bool check_in_turn(struct lockspace *ls, struct err *err)
{
	size_t locks = 0, from = ls->checked_buckets;

	if (ls->lock_count <= SMALL_TABLE)
		return lockspace_check(ls, err);
	ls->checked_buckets = from + CHECK_BUCKETS < ls->bucket_count ? from + CHECK_BUCKETS : 0;
	return check_members(ls, err) && check_waiters(ls, &locks, err) &&
	       check_buckets(ls, from, from + CHECK_BUCKETS, &locks, err);
}
