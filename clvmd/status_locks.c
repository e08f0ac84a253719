/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/status_locks.h"

#include <stdlib.h>
#include <string.h>

#include "clvmd/names.h"
#include "clvmd/status_json.h"

#define BLOCKERS_SHOWN 16 /* of one waiter: two hundred may wait for the same lock */

/* All locks, by resource; within one as the table has them: holders, then who waits, in order. */
struct lock_list {
	struct lock_view *items;
	size_t *order; /* what sorting must not change: where it was */
	size_t count, room;
};

static bool note_lock(void *data, const struct lock_view *lock)
{
	struct lock_list *list = data;

	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		struct lock_view *items = realloc(list->items, room * sizeof(*items));

		if (!items)
			return false;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = *lock;
	return true;
}

/* Waiters come last from the lockspace, oldest first: a stable sort keeps that. */
static int by_resource(const void *a, const void *b, void *data)
{
	const struct lock_list *list = data;
	const struct lock_view *left = &list->items[*(const size_t *)a];
	const struct lock_view *right = &list->items[*(const size_t *)b];
	int order = strcmp(left->resource, right->resource);

	if (order)
		return order;
	return (*(const size_t *)a > *(const size_t *)b) -
	       (*(const size_t *)a < *(const size_t *)b);
}

static void list_locks(struct daemon *d, struct lock_list *list)
{
	*list = (struct lock_list){ .count = 0 };
	if (d->ls)
		lockspace_each_lock(d->ls, note_lock, list);
	list->order = must_alloc((list->count + 1) * sizeof(*list->order));
	for (size_t i = 0; i < list->count; i++)
		list->order[i] = i;
	qsort_r(list->order, list->count, sizeof(*list->order), by_resource, list);
}

static const struct lock_view *lock_at(const struct lock_list *list, size_t i)
{
	return &list->items[list->order[i]];
}

static bool same_owner(const struct lock_view *a, const struct lock_view *b)
{
	return a->node == b->node && a->client == b->client && a->kind == b->kind;
}

/*
 * Does the waiter at @i wait for the lock at @k? For holders of modes that do not go with its own,
 * and for who asked before it.
 */
static bool waits_for(const struct lock_list *list, size_t i, size_t k)
{
	const struct lock_view *waiter = lock_at(list, i), *other = lock_at(list, k);

	if (i == k || waiter->state != LOCK_WAITING || same_owner(waiter, other) ||
	    strcmp(waiter->resource, other->resource) != 0)
		return false;
	return !lock_mode_compatible(waiter->mode, other->mode) &&
	       (other->state != LOCK_WAITING || k < i);
}

/* The first and last lock of the same resource. */
static void neighbours(const struct lock_list *list, size_t i, size_t *first, size_t *end)
{
	const char *resource = lock_at(list, i)->resource;

	for (*first = i; *first && !strcmp(lock_at(list, *first - 1)->resource, resource);)
		--*first;
	for (*end = i + 1; *end < list->count && !strcmp(lock_at(list, *end)->resource, resource);)
		++*end;
}

static const char *state_text(const struct lock_view *lock)
{
	return lock->state == LOCK_WAITING ? "waiting" : "granted";
}

/* ---- text ---- */

static void print_owner(struct daemon *d, const struct lock_view *lock, struct buf *out)
{
	buf_puts(out, lockspace_node_name(d->ls, lock->node));
	if (lock->kind == LOCK_COMMAND)
		buf_printf(out, "  pid %u  %s", lock->pid, lock->command);
	else if (lock->state == LOCK_ORPHAN)
		buf_puts(out, "  (its clvmd does not run)");
}

/* The table's own reason, when nobody is in the way. */
static void print_pause(struct daemon *d, struct buf *out)
{
	char text[1024];

	lockspace_waiting_for(d->ls, text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	buf_printf(out, "    waits for: %s\n", *text ? text : "the members' acknowledgement");
}

static void print_blockers(struct daemon *d, const struct lock_list *list, size_t i,
			   struct buf *out)
{
	size_t first, end, count = 0;

	neighbours(list, i, &first, &end);
	for (size_t k = first; k < end && count < BLOCKERS_SHOWN; k++) {
		if (!waits_for(list, i, k))
			continue;
		buf_printf(out, "    waits for: %s %s ", lock_mode_name(lock_at(list, k)->mode),
			   state_text(lock_at(list, k)));
		print_owner(d, lock_at(list, k), out);
		buf_puts(out, "\n");
		count++;
	}
	if (!count)
		print_pause(d, out);
}

static void print_text(struct daemon *d, const struct lock_list *list, size_t i, struct buf *out)
{
	const struct lock_view *lock = lock_at(list, i);
	char name[300], since[TIME_TEXT_MAX];

	(void)time_text(lock->since, false, since);
	buf_printf(out, "%-40s %-2s  %-7s  since %s  ",
		   names_resource(d->names, lock->resource, name, sizeof(name)),
		   lock_mode_name(lock->mode), state_text(lock), *since ? since : "unknown");
	print_owner(d, lock, out);
	buf_puts(out, "\n");
	if (lock->state == LOCK_WAITING)
		print_blockers(d, list, i, out);
}

/* ---- JSON ---- */

static struct json_object *owner_object(struct daemon *d, const struct lock_view *lock)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "mode", lock_mode_name(lock->mode));
	put_text(object, "state", state_text(lock));
	put_text(object, "node", lockspace_node_name(d->ls, lock->node));
	put_number(object, "pid", lock->pid);
	put_text(object, "command", lock->command);
	put_since(object, "since", lock->since);
	return object;
}

static void add_blockers(struct daemon *d, const struct lock_list *list, size_t i,
			 struct json_object *object)
{
	struct json_object *blockers = json_object_new_array();
	size_t first, end;

	neighbours(list, i, &first, &end);
	for (size_t k = first; k < end && json_object_array_length(blockers) < BLOCKERS_SHOWN; k++)
		if (waits_for(list, i, k))
			(void)json_object_array_add(blockers, owner_object(d, lock_at(list, k)));
	put_add(object, "waits_for", blockers);
}

static struct json_object *lock_object(struct daemon *d, const struct lock_list *list, size_t i)
{
	const struct lock_view *lock = lock_at(list, i);
	struct json_object *object = owner_object(d, lock);
	char name[300];

	put_text(object, "resource", lock->resource);
	put_text(object, "name", names_resource(d->names, lock->resource, name, sizeof(name)));
	put_text(object, "kind", lock->kind == LOCK_COMMAND ? "command" : "activation");
	put_bool(object, "orphan", lock->state == LOCK_ORPHAN);
	if (lock->state == LOCK_WAITING)
		add_blockers(d, list, i, object);
	return object;
}

void status_print_locks(struct daemon *d, bool json, struct buf *out)
{
	struct json_object *array = json ? json_object_new_array() : NULL;
	struct lock_list list;

	list_locks(d, &list);
	for (size_t i = 0; i < list.count; i++)
		if (json)
			(void)json_object_array_add(array, lock_object(d, &list, i));
		else
			print_text(d, &list, i, out);
	if (json)
		print_json(array, out);
	free(list.items);
	free(list.order);
}
