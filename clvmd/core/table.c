/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The replicated lock table: resources, their locks, and one queue of requests in order of
 * arrival. Requests are granted in one global order (conversions first, then arrival), so a
 * request of several resources can wait without a cycle among the waiting. Every grant raises
 * the count, so an acknowledgement of that count says that the grant, not only the request, was
 * applied.
 */
#include <errno.h>
#include <string.h>

#include "clvmd/core/internal.h"

#define BUCKETS_AT_START 256

/* ---- resources ---- */

static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261U;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619U;
	return hash;
}

struct resource *resource_find(const struct lockspace *ls, const char *name)
{
	uint32_t hash = hash_name(name);

	if (!ls->bucket_count)
		return NULL;
	for (struct resource *at = ls->buckets[hash % ls->bucket_count]; at; at = at->next)
		if (at->hash == hash && !strcmp(at->name, name))
			return at;
	return NULL;
}

static bool grow_buckets(struct lockspace *ls)
{
	size_t count = ls->bucket_count ? ls->bucket_count * 4 : BUCKETS_AT_START;
	struct resource **buckets = ls_alloc(ls, count * sizeof(struct resource *));

	if (!buckets)
		return false;
	for (size_t i = 0; i < ls->bucket_count; i++) {
		while (ls->buckets[i]) {
			struct resource *moved = ls->buckets[i];

			ls->buckets[i] = moved->next;
			moved->next = buckets[moved->hash % count];
			buckets[moved->hash % count] = moved;
		}
	}
	ls_free(ls, ls->buckets);
	ls->buckets = buckets;
	ls->bucket_count = count;
	return true;
}

struct resource *resource_get(struct lockspace *ls, const char *name)
{
	struct resource *resource = resource_find(ls, name), **bucket;
	size_t size = strlen(name) + 1;

	if (resource)
		return resource;
	if (ls->resource_count >= ls->bucket_count && !grow_buckets(ls))
		return NULL;
	if (!(resource = ls_alloc(ls, sizeof(*resource) + size)))
		return NULL;
	memcpy(resource->name, name, size);
	resource->hash = hash_name(name);
	bucket = &ls->buckets[resource->hash % ls->bucket_count];
	resource->next = *bucket;
	*bucket = resource;
	ls->resource_count++;
	return resource;
}

void resource_put(struct lockspace *ls, struct resource *resource)
{
	struct resource **link;

	if (resource->locks || resource->holds || resource->waiting || resource->value ||
	    resource->lost_value)
		return;
	link = &ls->buckets[resource->hash % ls->bucket_count];
	while (*link != resource)
		link = &(*link)->next;
	*link = resource->next;
	ls->resource_count--;
	ls_free(ls, resource);
}

void resource_each(struct lockspace *ls,
		   void (*visit)(struct lockspace *ls, struct resource *resource, void *data),
		   void *data)
{
	for (size_t i = 0; i < ls->bucket_count; i++) {
		struct resource *next;

		for (struct resource *at = ls->buckets[i]; at; at = next) {
			next = at->next;
			visit(ls, at, data);
			resource_put(ls, at);
		}
	}
}

/* ---- locks ---- */

struct lock *lock_find(const struct resource *resource, uint32_t node, enum lock_kind kind,
		       uint64_t client)
{
	for (struct lock *at = resource->locks; at; at = at->next)
		if (at->node == node && at->kind == kind && at->client == client)
			return at;
	return NULL;
}

static char *record_command(struct lockspace *ls, const struct message *record)
{
	const char *text = blob_text(record->command, LOCK_COMMAND_MAX - 1, &ls->arena);

	return ls_strdup(ls, text ? text : "");
}

struct lock *lock_add(struct lockspace *ls, struct resource *resource, const struct message *record,
		      uint32_t node)
{
	struct lock *lock = ls_alloc(ls, sizeof(*lock)), **end = &resource->locks;

	if (!lock || !(lock->command = record_command(ls, record))) {
		ls_free(ls, lock);
		return NULL;
	}
	lock->node = node;
	lock->pid = (uint32_t)record->pid;
	lock->kind = (enum lock_kind)record->kind;
	lock->mode = (enum lock_mode)record->mode;
	lock->previous = (enum lock_mode)record->previous_mode;
	lock->client = record->client;
	lock->request = record->request;
	lock->since = record->since;
	lock->orphan = record->flags & FLAG_ORPHAN;
	lock->conflict = record->flags & FLAG_CONFLICT;
	while (*end)
		end = &(*end)->next;
	*end = lock;
	ls->lock_count++;
	return lock;
}

/* A conflict of claims is over when the locks left are compatible. */
static void settle_conflicts(struct resource *resource)
{
	for (struct lock *a = resource->locks; a; a = a->next)
		for (struct lock *b = a->next; b; b = b->next)
			if (!lock_mode_compatible(a->mode, b->mode))
				return;
	for (struct lock *a = resource->locks; a; a = a->next)
		a->conflict = false;
}

static void lock_drop(struct lockspace *ls, struct resource *resource, struct lock *lock)
{
	struct lock **link = &resource->locks;
	bool conflict = lock->conflict;

	while (*link != lock)
		link = &(*link)->next;
	*link = lock->next;
	ls_free(ls, lock->command);
	ls_free(ls, lock);
	ls->lock_count--;
	if (conflict)
		settle_conflicts(resource);
}

static void drop_locks_of(struct lockspace *ls, struct resource *resource, void *data)
{
	const uint32_t *node = data;
	struct lock *next;

	for (struct lock *at = resource->locks; at; at = next) {
		next = at->next;
		if (!node || at->node == *node)
			lock_drop(ls, resource, at);
	}
}

void table_drop_locks(struct lockspace *ls, uint32_t node)
{
	resource_each(ls, drop_locks_of, &node);
}

static void orphan_locks_of(struct lockspace *ls, struct resource *resource, void *data)
{
	const uint32_t *node = data;

	(void)ls;
	for (struct lock *at = resource->locks; at; at = at->next)
		if (at->node == *node)
			at->orphan = true;
}

void table_make_orphans(struct lockspace *ls, uint32_t node)
{
	resource_each(ls, orphan_locks_of, &node);
}

bool table_has_locks(const struct lockspace *ls, uint32_t node)
{
	for (size_t i = 0; i < ls->bucket_count; i++)
		for (const struct resource *at = ls->buckets[i]; at; at = at->next)
			for (const struct lock *lock = at->locks; lock; lock = lock->next)
				if (lock->node == node)
					return true;
	return false;
}

/* ---- the queue ---- */

static void waiter_free(struct lockspace *ls, struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++) {
		waiter->resources[i]->waiting--;
		resource_put(ls, waiter->resources[i]);
	}
	ls->lock_count -= waiter->count;
	ls_free(ls, waiter->resources);
	ls_free(ls, waiter->command);
	ls_free(ls, waiter);
}

static void waiter_unlink(struct lockspace *ls, struct waiter *waiter)
{
	struct waiter **link = &ls->waiters;

	while (*link != waiter)
		link = &(*link)->next;
	*link = waiter->next;
	if (!waiter->next)
		ls->waiters_end = link;
}

void waiter_drop(struct lockspace *ls, struct waiter *waiter)
{
	waiter_unlink(ls, waiter);
	waiter_free(ls, waiter);
}

void table_drop_waiters(struct lockspace *ls, uint32_t node)
{
	struct waiter *next;

	for (struct waiter *at = ls->waiters; at; at = next) {
		next = at->next;
		if (at->node == node)
			waiter_drop(ls, at);
	}
}

void waiters_drop_unclaimed(struct lockspace *ls)
{
	struct waiter *next;

	for (struct waiter *at = ls->waiters; at; at = next) {
		next = at->next;
		if (at->unclaimed)
			waiter_drop(ls, at);
	}
}

struct waiter *waiter_find(const struct lockspace *ls, uint32_t node, uint64_t client,
			   uint64_t request)
{
	for (struct waiter *at = ls->waiters; at; at = at->next)
		if (at->node == node && at->client == client && at->request == request)
			return at;
	return NULL;
}

bool waiter_add(struct lockspace *ls, const struct message *record, uint32_t node)
{
	struct waiter *waiter = ls_alloc(ls, sizeof(*waiter));
	const char **names;
	size_t count;

	if (!waiter || names_decode(record->names, &ls->arena, &names, &count) ||
	    !(waiter->command = record_command(ls, record)) ||
	    !(waiter->resources = ls_alloc(ls, count * sizeof(struct resource *)))) {
		if (waiter)
			ls_free(ls, waiter->command);
		ls_free(ls, waiter);
		return false;
	}
	waiter->node = node;
	waiter->pid = (uint32_t)record->pid;
	waiter->kind = (enum lock_kind)record->kind;
	waiter->mode = (enum lock_mode)record->mode;
	waiter->wait = record->flags & FLAG_WAIT;
	waiter->client = record->client;
	waiter->request = record->request;
	waiter->since = record->since;
	for (size_t i = 0; i < count; i++) {
		if (!(waiter->resources[i] = resource_get(ls, names[i])))
			break;
		waiter->resources[i]->waiting++;
		waiter->count++;
		ls->lock_count++;
	}
	*ls->waiters_end = waiter;
	ls->waiters_end = &waiter->next;
	return waiter->count == count;
}

static bool is_owner(const struct lock *lock, const struct waiter *waiter)
{
	return lock->node == waiter->node && lock->kind == waiter->kind &&
	       lock->client == waiter->client;
}

static struct lock *own_lock(const struct resource *resource, const struct waiter *waiter)
{
	return lock_find(resource, waiter->node, waiter->kind, waiter->client);
}

/* Holds every resource in a mode that is enough already: conversion down, always at once. */
static bool is_down(const struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++) {
		const struct lock *lock = own_lock(waiter->resources[i], waiter);

		if (!lock || !lock_mode_covers(lock->mode, waiter->mode))
			return false;
	}
	return true;
}

static bool is_conversion(const struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++)
		if (own_lock(waiter->resources[i], waiter))
			return true;
	return false;
}

bool waiter_is_grantable(const struct lockspace *ls, const struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++) {
		const struct resource *resource = waiter->resources[i];

		for (const struct lock *lock = resource->locks; lock; lock = lock->next) {
			if (lock->conflict)
				return false;
			if (!is_owner(lock, waiter) &&
			    !lock_mode_compatible(lock->mode, waiter->mode))
				return false;
		}
		if (ops_block(ls, resource->name, waiter->node, waiter->client, waiter->mode))
			return false;
	}
	return true;
}

static bool is_behind_another(const struct lockspace *ls, const struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++)
		if (waiter->resources[i]->stamp == ls->stamp)
			return true;
	return false;
}

static void stamp_resources(const struct lockspace *ls, const struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++)
		waiter->resources[i]->stamp = ls->stamp;
}

static void grant_one(struct lockspace *ls, struct resource *resource, const struct waiter *waiter)
{
	struct lock *lock = own_lock(resource, waiter);
	bool is_new = !lock;

	if (is_new) {
		struct message record = { .kind = waiter->kind,
					  .mode = waiter->mode,
					  .pid = waiter->pid,
					  .client = waiter->client,
					  .since = waiter->since,
					  .command = { waiter->command, strlen(waiter->command) } };

		if (!(lock = lock_add(ls, resource, &record, waiter->node)))
			return;
	} else if (lock->request == waiter->request) {
		return; /* a request that names a resource twice */
	}
	/* What a cancellation goes back to must never be stronger than what is held now. */
	lock->previous = is_new					      ? MODE_NL
			 : lock_mode_covers(lock->mode, waiter->mode) ? waiter->mode
								      : lock->mode;
	lock->mode = waiter->mode;
	lock->request = waiter->request;
}

/* The waiter is gone afterwards. */
static void grant(struct lockspace *ls, struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++)
		grant_one(ls, waiter->resources[i], waiter);
	ls->count++;
	if (waiter->node == ls->node)
		own_granted(ls, waiter->client, waiter->request);
	else
		ls->ack_due = true;
	waiter_drop(ls, waiter);
}

static void refuse(struct lockspace *ls, struct waiter *waiter, int error, const char *text)
{
	if (waiter->node == ls->node)
		own_refused(ls, waiter->client, waiter->request, error, text);
	waiter_drop(ls, waiter);
}

bool table_is_hard_paused(const struct lockspace *ls)
{
	if (ls->running || !ls->decided)
		return false;
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (member->unclean)
			return true;
		if (member->synced && member->state_valid && !member->quorate)
			return true;
	}
	return false;
}

/* An earlier conversion waits for us, and we would wait for it. */
static bool would_deadlock(const struct lockspace *ls, const struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++) {
		const struct resource *resource = waiter->resources[i];
		const struct lock *mine = own_lock(resource, waiter);

		for (const struct waiter *at = ls->waiters; mine && at != waiter; at = at->next) {
			const struct lock *its = own_lock(resource, at);
			bool names_it = false;

			for (size_t j = 0; its && j < at->count; j++)
				names_it |= at->resources[j] == resource;
			if (names_it && !is_owner(its, waiter) &&
			    !lock_mode_compatible(its->mode, waiter->mode) &&
			    !lock_mode_compatible(mine->mode, at->mode))
				return true;
		}
	}
	return false;
}

static void pump_pass(struct lockspace *ls, bool conversions)
{
	struct waiter *next;

	for (struct waiter *at = ls->waiters; at; at = next) {
		next = at->next;
		if (is_conversion(at) != conversions)
			continue;
		if (!is_behind_another(ls, at) && waiter_is_grantable(ls, at))
			grant(ls, at);
		else if (conversions && would_deadlock(ls, at))
			refuse(ls, at, -EDEADLK, at->node == ls->node ? text_holders(ls, at) : "");
		else if (at->wait)
			stamp_resources(ls, at);
		else
			refuse(ls, at, -EBUSY, at->node == ls->node ? text_holders(ls, at) : "");
	}
}

static void refuse_not_waiting(struct lockspace *ls)
{
	struct waiter *next;

	for (struct waiter *at = ls->waiters; at; at = next) {
		next = at->next;
		if (!at->wait)
			refuse(ls, at, -ENOLCK, at->node == ls->node ? text_paused(ls) : "");
	}
}

/* Conversions down wait for nobody: also those that a claim brought. */
static void grant_down(struct lockspace *ls)
{
	struct waiter *next;

	for (struct waiter *at = ls->waiters; at; at = next) {
		next = at->next;
		if (is_down(at))
			grant(ls, at);
	}
}

void table_pump(struct lockspace *ls)
{
	grant_down(ls);
	if (!ls->running) {
		if (table_is_hard_paused(ls))
			refuse_not_waiting(ls);
		return;
	}
	ls->stamp++;
	pump_pass(ls, true);
	pump_pass(ls, false);
}

static void settle_new(struct lockspace *ls, struct waiter *waiter, uint64_t client,
		       uint64_t request)
{
	uint32_t node = waiter->node;

	table_pump(ls);
	if (!(waiter = waiter_find(ls, node, client, request)))
		return;
	if (would_deadlock(ls, waiter))
		refuse(ls, waiter, -EDEADLK, node == ls->node ? text_holders(ls, waiter) : "");
	else if (node == ls->node)
		own_waiting(ls, waiter);
}

void table_lock(struct lockspace *ls, struct member *from, const struct message *message)
{
	const char **names;
	size_t count;

	if (message->kind != LOCK_COMMAND && message->kind != LOCK_ACTIVATION) {
		ls_break(ls, "malformed lock request from %s", member_name(ls, from->node));
		return;
	}
	if (names_decode(message->names, &ls->arena, &names, &count)) {
		ls_break(ls, "malformed resource names from %s", member_name(ls, from->node));
		return;
	}
	if (waiter_find(ls, from->node, message->client, message->request))
		return;
	if (ls->lock_count + count > ls->memory_limit / MEMORY_PER_LOCK) {
		if (from == ls->self)
			own_refused(ls, message->client, message->request, -ENOSPC,
				    "the lock table is full");
		return;
	}
	if (!waiter_add(ls, message, from->node))
		return;
	settle_new(ls, waiter_find(ls, from->node, message->client, message->request),
		   message->client, message->request);
}

void table_unlock(struct lockspace *ls, uint32_t node, const struct message *message)
{
	const char **names;
	size_t count;

	if (names_decode(message->names, &ls->arena, &names, &count)) {
		ls_break(ls, "malformed resource names from %s", member_name(ls, node));
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const bool forget = message->value == LOCK_VALUE_FORGET;
		struct resource *resource = message->value && !forget ? resource_get(ls, names[i])
								      : resource_find(ls, names[i]);
		struct lock *lock;

		if (!resource)
			continue;
		lock = lock_find(resource, node, (enum lock_kind)message->kind, message->client);
		if (forget && lock)
			resource->value = resource->lost_value = 0;
		else if (!forget && message->value > resource->value)
			resource->value = message->value;
		if (lock)
			lock_drop(ls, resource, lock);
		resource_put(ls, resource);
	}
	table_pump(ls);
}

struct ending {
	uint32_t node;
	uint64_t client, request;
};

static void cancel_in(struct lockspace *ls, struct resource *resource, void *data)
{
	const struct ending *ending = data;
	struct lock *next;

	for (struct lock *at = resource->locks; at; at = next) {
		next = at->next;
		if (at->node != ending->node || at->client != ending->client ||
		    at->request != ending->request)
			continue;
		if (at->previous == MODE_NL)
			lock_drop(ls, resource, at);
		else
			at->mode = at->previous;
	}
}

void table_cancel(struct lockspace *ls, uint32_t node, const struct message *message)
{
	struct ending ending = { node, message->client, message->request };
	struct waiter *waiter = waiter_find(ls, node, message->client, message->request);

	/* Granted here and not confirmed there: its client was told no and will be. */
	if (waiter)
		waiter_drop(ls, waiter);
	else
		resource_each(ls, cancel_in, &ending);
	table_pump(ls);
}

static void gone_in(struct lockspace *ls, struct resource *resource, void *data)
{
	const struct ending *ending = data;
	struct lock *next;

	for (struct lock *at = resource->locks; at; at = next) {
		next = at->next;
		if (at->node == ending->node && at->client == ending->client &&
		    at->kind == LOCK_COMMAND)
			lock_drop(ls, resource, at);
	}
}

void table_gone(struct lockspace *ls, uint32_t node, uint64_t client)
{
	struct ending ending = { node, client, 0 };
	struct waiter *next;

	for (struct waiter *at = ls->waiters; at; at = next) {
		next = at->next;
		if (at->node == node && at->client == client)
			waiter_drop(ls, at);
	}
	ops_client_gone(ls, node, client);
	resource_each(ls, gone_in, &ending);
	table_pump(ls);
}

static void clear_table_of(struct lockspace *ls, struct resource *resource, void *data)
{
	(void)data;
	drop_locks_of(ls, resource, NULL);
	if (resource->value > resource->lost_value)
		resource->lost_value = resource->value;
	resource->value = 0;
}

void table_free(struct lockspace *ls)
{
	while (ls->waiters)
		waiter_drop(ls, ls->waiters);
	resource_each(ls, clear_table_of, NULL);
	ops_free(ls, &ls->ops);
	ls->has_table = ls->running = ls->forming = false;
}

static void forget_lost_value(struct lockspace *ls, struct resource *resource, void *data)
{
	(void)ls;
	(void)data;
	resource->lost_value = 0;
}

void values_claimed(struct lockspace *ls)
{
	resource_each(ls, forget_lost_value, NULL);
}
