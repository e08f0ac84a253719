/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table as bytes (state transfer), this node's part of it as bytes (claim), and as a hash.
 * Equal tables have equal hashes whatever order their resources are in; what may differ between
 * two members of one component that saw the same deliveries (who is unclean since when, what is
 * confirmed) is not in it.
 */
#include <stdlib.h>
#include <string.h>

#include "clvmd/core/internal.h"
#include "lib/proto/field.h"

enum record_tag {
	RECORD_TABLE = 1,
	RECORD_MEMBER,
	RECORD_VALUE,
	RECORD_LOCK,
	RECORD_WAITER,
	RECORD_OP,
};

static struct blob text_blob(const char *text)
{
	return (struct blob){ text ? text : "", text ? strlen(text) : 0 };
}

/* ---- writing ---- */

static void write_names(uint16_t tag, struct message *record, const char *const *names,
			size_t count, struct buf *out)
{
	struct buf bytes = { .limit = MESSAGE_LENGTH_MAX };

	names_encode(names, count, &bytes);
	record->names = (struct blob){ bytes.data, bytes.used };
	record_encode(tag, record, out);
	out->failed |= bytes.failed;
	buf_free(&bytes);
}

static void write_member(const struct member *member, struct buf *out)
{
	struct message record = { .node = member->node,
				  .state = member->class,
				  .number = member->loss,
				  .value = member->minor,
				  .boot = member->boot,
				  .id = member->daemon };

	record.flags =
		(member->unclean ? FLAG_UNCLEAN : 0) | (member->synced ? FLAG_SYNCED : 0) |
		(member->loaded ? FLAG_LOADED : 0) | (member->goodbye ? FLAG_GOODBYE : 0) |
		(member->refused ? FLAG_GHOST : 0) | (member->written_off ? FLAG_WRITTEN_OFF : 0) |
		(member->state_valid ? FLAG_STATE_VALID : 0) | (member->quorate ? FLAG_QUORATE : 0);
	if (member->written_off)
		record.data = (struct blob){ member->written_off_boot.bytes,
					     sizeof(member->written_off_boot.bytes) };
	record_encode(RECORD_MEMBER, &record, out);
}

static void write_lock(const struct resource *resource, const struct lock *lock, struct buf *out)
{
	const char *name = resource->name;
	struct message record = { .node = lock->node,
				  .client = lock->client,
				  .request = lock->request,
				  .kind = lock->kind,
				  .mode = lock->mode,
				  .previous_mode = lock->previous,
				  .pid = lock->pid,
				  .since = lock->since,
				  .command = text_blob(lock->command) };

	record.flags = (lock->orphan ? FLAG_ORPHAN : 0) | (lock->conflict ? FLAG_CONFLICT : 0);
	write_names(RECORD_LOCK, &record, &name, 1, out);
}

static void write_resource(const struct resource *resource, struct buf *out)
{
	const char *name = resource->name;
	struct message record = { .value = resource->value };

	if (resource->value)
		write_names(RECORD_VALUE, &record, &name, 1, out);
	for (const struct lock *at = resource->locks; at; at = at->next)
		write_lock(resource, at, out);
}

static void write_waiter(const struct waiter *waiter, struct buf *out)
{
	struct message record = { .node = waiter->node,
				  .client = waiter->client,
				  .request = waiter->request,
				  .kind = waiter->kind,
				  .mode = waiter->mode,
				  .pid = waiter->pid,
				  .since = waiter->since,
				  .flags = waiter->wait ? FLAG_WAIT : 0,
				  .command = text_blob(waiter->command) };
	const char **names = calloc(waiter->count, sizeof(*names));

	if (!names) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < waiter->count; i++)
		names[i] = waiter->resources[i]->name;
	write_names(RECORD_WAITER, &record, names, waiter->count, out);
	free(names);
}

void snapshot_write(struct lockspace *ls, struct buf *out)
{
	struct message table = { .id = ls->lineage,
				 .epoch = ls->epoch,
				 .count = ls->count,
				 .state = ls->level,
				 .flags = ls->running ? FLAG_RUNNING : 0,
				 .value = ls->base_epoch,
				 .number = ls->base_count,
				 .hash = ls->base_hash };

	record_encode(RECORD_TABLE, &table, out);
	for (size_t i = 0; i < ls->member_count; i++)
		write_member(ls->members[i], out);
	for (size_t i = 0; i < ls->bucket_count; i++)
		for (const struct resource *at = ls->buckets[i]; at; at = at->next)
			write_resource(at, out);
	for (const struct waiter *at = ls->waiters; at; at = at->next)
		write_waiter(at, out);
	for (const struct op *at = ls->ops; at; at = at->next)
		op_write(at, out);
}

/* ---- loading ---- */

static bool load_member(struct lockspace *ls, const struct message *record)
{
	struct member *member = member_get(ls, (uint32_t)record->node);

	if (!member || record->state > CLASS_FENCED)
		return false;
	member->class = (enum member_class)record->state;
	member->loss = record->number;
	member->minor = record->value;
	member->boot = record->boot;
	member->daemon = record->id;
	member->unclean = record->flags & FLAG_UNCLEAN;
	member->synced = record->flags & FLAG_SYNCED;
	member->loaded = record->flags & FLAG_LOADED;
	member->goodbye = record->flags & FLAG_GOODBYE;
	member->refused = record->flags & FLAG_GHOST;
	member->written_off = record->flags & FLAG_WRITTEN_OFF;
	member->state_valid = record->flags & FLAG_STATE_VALID;
	member->quorate = record->flags & FLAG_QUORATE;
	member->written_off_boot = (struct boot_id){ 0 };
	if (record->data.length == sizeof(member->written_off_boot.bytes))
		memcpy(member->written_off_boot.bytes, record->data.bytes, record->data.length);
	return true;
}

static struct resource *record_resource(struct lockspace *ls, const struct message *record)
{
	const char **names;
	size_t count;

	if (names_decode(record->names, &ls->arena, &names, &count) || count != 1)
		return NULL;
	return resource_get(ls, names[0]);
}

static bool load_table(struct lockspace *ls, const struct message *record)
{
	ls->lineage = record->id;
	ls->epoch = record->epoch;
	ls->count = record->count;
	ls->level = record->state;
	ls->level_count = 0;
	ls->running = record->flags & FLAG_RUNNING;
	ls->base_epoch = record->value;
	ls->base_count = record->number;
	ls->base_hash = record->hash;
	return true;
}

static bool load_lock(struct lockspace *ls, const struct message *record)
{
	struct resource *resource = record_resource(ls, record);

	return resource && record->kind && lock_add(ls, resource, record, (uint32_t)record->node);
}

static bool load_record(struct lockspace *ls, struct member *from, uint16_t tag,
			const struct message *record)
{
	struct resource *resource;
	struct op *op;

	(void)from;
	switch (tag) {
	case RECORD_TABLE:
		return load_table(ls, record);
	case RECORD_MEMBER:
		return load_member(ls, record);
	case RECORD_VALUE:
		if ((resource = record_resource(ls, record)))
			resource->value = record->value;
		return resource;
	case RECORD_LOCK:
		return load_lock(ls, record);
	case RECORD_WAITER:
		return record->kind && waiter_add(ls, record, (uint32_t)record->node);
	case RECORD_OP:
		if (!(op = op_read(ls, record)))
			return false;
		op->next = ls->ops;
		ls->ops = op;
		return true;
	default:
		return true; /* a newer member's */
	}
}

static bool each_record(struct lockspace *ls, struct member *from, const void *bytes, size_t length,
			bool (*load)(struct lockspace *ls, struct member *from, uint16_t tag,
				     const struct message *record))
{
	struct field_reader reader;
	struct message record;
	const void *value;
	size_t value_length;
	uint16_t tag;

	field_reader_init(&reader, bytes ? bytes : "", length);
	while (field_next(&reader, &tag, &value, &value_length)) {
		if (record_decode(value, value_length, &record) || !load(ls, from, tag, &record) ||
		    ls->broken)
			return false;
	}
	return !reader.failed;
}

bool snapshot_load(struct lockspace *ls, const void *bytes, size_t length)
{
	ls->has_table = true;
	return each_record(ls, NULL, bytes, length, load_record) && !is_zero(ls->lineage.bytes);
}

/* ---- claims ---- */

static void write_holds(const struct resource *resource, struct buf *out)
{
	const char *name = resource->name;

	for (const struct hold *at = resource->holds; at; at = at->next) {
		struct message record = { .client = at->client,
					  .kind = at->kind,
					  .mode = at->mode,
					  .pid = at->pid,
					  .since = at->since,
					  .command = text_blob(at->command) };

		write_names(RECORD_LOCK, &record, &name, 1, out);
	}
}

/* What this node knew of it, and the table that counts may not (rule 4). */
static void write_lost_value(const struct resource *resource, struct buf *out)
{
	const char *name = resource->name;
	struct message record = { .value = resource->lost_value };

	if (resource->lost_value > resource->value)
		write_names(RECORD_VALUE, &record, &name, 1, out);
}

void claim_write(struct lockspace *ls, struct buf *out)
{
	for (size_t i = 0; i < ls->bucket_count; i++)
		for (const struct resource *at = ls->buckets[i]; at; at = at->next)
			write_holds(at, out);
	for (size_t i = 0; i < ls->bucket_count; i++)
		for (const struct resource *at = ls->buckets[i]; at; at = at->next)
			write_lost_value(at, out);
	for (const struct own_request *at = ls->own_requests; at; at = at->next) {
		struct message record = { .client = at->client,
					  .request = at->request,
					  .kind = at->kind,
					  .mode = at->mode,
					  .pid = at->pid,
					  .since = at->since,
					  .flags = at->wait ? FLAG_WAIT : 0,
					  .command = text_blob(at->command) };

		write_names(RECORD_WAITER, &record, (const char *const *)at->names, at->count, out);
	}
	for (struct op *at = ls->carried; at; at = at->next) {
		/* What its owner claims, its client goes on with: unless that died meanwhile. */
		if (at->id.node == ls->node && !own_op_find(ls, at->id.number))
			at->client_gone = true;
		op_write(at, out);
	}
}

static bool claim_lock(struct lockspace *ls, struct member *from, const struct message *record)
{
	struct resource *resource = record_resource(ls, record);
	struct lock *lock;

	if (!resource || !record->kind)
		return false;
	if (lock_find(resource, from->node, (enum lock_kind)record->kind, record->client))
		return true;
	if (!(lock = lock_add(ls, resource, record, from->node)))
		return false;
	for (struct lock *at = resource->locks; at; at = at->next) {
		if (at == lock || lock_mode_compatible(at->mode, lock->mode))
			continue;
		/* Both use it: nobody else gets it until people have looked (rule 20). */
		at->conflict = lock->conflict = true;
		ls_log(ls, LOG_LEVEL_ERROR, "%s is claimed by %s and by %s", resource->name,
		       member_name(ls, at->node), from->name);
	}
	return true;
}

static bool claim_value(struct lockspace *ls, const struct message *record)
{
	struct resource *resource = record_resource(ls, record);

	if (resource && record->value > resource->value)
		resource->value = record->value;
	return resource;
}

static bool claim_waiter(struct lockspace *ls, struct member *from, const struct message *record)
{
	struct waiter *waiter = waiter_find(ls, from->node, record->client, record->request);

	if (!waiter)
		return record->kind && waiter_add(ls, record, from->node);
	waiter->unclaimed = false; /* keeps its place */
	return true;
}

static bool claim_record(struct lockspace *ls, struct member *from, uint16_t tag,
			 const struct message *record)
{
	struct op *op;

	switch (tag) {
	case RECORD_LOCK:
		return claim_lock(ls, from, record);
	case RECORD_VALUE:
		return claim_value(ls, record);
	case RECORD_WAITER:
		return claim_waiter(ls, from, record);
	case RECORD_OP:
		if (!(op = op_read(ls, record)))
			return false;
		op_merge_claim(ls, from, op);
		return true;
	default:
		return true;
	}
}

bool claim_apply(struct lockspace *ls, struct member *from, const void *bytes, size_t length)
{
	table_drop_locks(ls, from->node);
	for (struct waiter *at = ls->waiters; at; at = at->next)
		at->unclaimed = at->node == from->node;
	if (!each_record(ls, from, bytes, length, claim_record))
		return false;
	waiters_drop_unclaimed(ls);
	return true;
}

/* ---- hash ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15U + (hash << 6) + (hash >> 2);
	hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
	hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebU;
	return hash ^ (hash >> 31);
}

static uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	for (; length >= 8; length -= 8, at += 8) {
		uint64_t word;

		memcpy(&word, at, sizeof(word));
		hash = mix(hash, word);
	}
	while (length--)
		hash = mix(hash, *at++);
	return hash;
}

static uint64_t hash_resource(const struct resource *resource)
{
	uint64_t name = mix_bytes(1, resource->name, strlen(resource->name));
	uint64_t sum = resource->value ? mix(mix(name, 2), resource->value) : 0;

	for (const struct lock *at = resource->locks; at; at = at->next) {
		uint64_t hash = mix(mix(mix(name, 3), at->node), at->kind);

		hash = mix(mix(mix(hash, at->client), at->request), at->mode);
		sum += mix(hash,
			   (uint64_t)at->previous << 2 | (uint64_t)at->orphan << 1 | at->conflict);
	}
	return sum;
}

static uint64_t hash_waiter(uint64_t hash, const struct waiter *waiter)
{
	hash = mix(mix(mix(hash, waiter->node), waiter->client), waiter->request);
	hash = mix(mix(mix(hash, waiter->kind), waiter->mode), waiter->wait);
	for (size_t i = 0; i < waiter->count; i++)
		hash = mix(hash, waiter->resources[i]->hash);
	return hash;
}

static uint64_t hash_op(const struct op *op)
{
	uint64_t hash = mix(mix(mix(4, op->id.node), op->id.number), op->phase);

	hash = mix(hash,
		   (uint64_t)op->commit_seen << 2 | (uint64_t)op->doomed << 1 | op->client_gone);
	for (size_t i = 0; i < op->target_count; i++)
		hash = mix(mix(hash, op->targets[i].node),
			   (uint64_t)op->targets[i].was_lost << 2 |
				   (uint64_t)op->targets[i].pending << 1 | op->targets[i].gone);
	return hash;
}

static uint64_t hash_member(const struct member *member)
{
	uint64_t hash = mix(mix(5, member->node), member->class);

	hash = mix_bytes(hash, member->boot.bytes, sizeof(member->boot.bytes));
	hash = mix_bytes(hash, member->daemon.bytes, sizeof(member->daemon.bytes));
	if (member->written_off)
		hash = mix_bytes(mix(hash, 6), member->written_off_boot.bytes,
				 sizeof(member->written_off_boot.bytes));
	/* Of a member with a daemon all know alike whether it is unclean: by its presence. */
	return mix(mix(hash, member->goodbye), member->unclean && member->class != CLASS_IN);
}

uint64_t table_hash(const struct lockspace *ls)
{
	uint64_t hash = mix_bytes(7, ls->lineage.bytes, sizeof(ls->lineage.bytes)), sum = 0;

	hash = mix(hash, ls->level);
	for (size_t i = 0; i < ls->member_count; i++)
		if (ls->members[i]->class != CLASS_ABSENT)
			sum += hash_member(ls->members[i]);
	for (size_t i = 0; i < ls->bucket_count; i++)
		for (const struct resource *at = ls->buckets[i]; at; at = at->next)
			sum += hash_resource(at);
	for (const struct op *at = ls->ops; at; at = at->next)
		sum += hash_op(at);
	for (const struct waiter *at = ls->waiters; at; at = at->next)
		hash = hash_waiter(hash, at);
	return mix(hash, sum);
}
