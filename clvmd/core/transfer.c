/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a member gets the table. The lowest synced member multicasts SYNC(joiners). At its delivery
 * it writes the table down and the joiners begin to keep what is delivered; chunks follow; after
 * the last one a joiner loads the table and applies what it kept. Then it CLAIMs: its clients'
 * locks replace, in all copies, whatever the table had of this node, and it is synced. A ring
 * change voids all of that. When nobody has a table, the lowest FORMs an empty one, which
 * everybody CLAIMs into.
 */
#include <errno.h>
#include <string.h>

#include "clvmd/core/internal.h"

/* ---- keeping ---- */

static void keep(struct lockspace *ls, struct kept *kept)
{
	*ls->kept_end = kept;
	ls->kept_end = &kept->next;
}

static void keep_bytes(struct lockspace *ls, enum kept_type type, uint32_t from, const void *bytes,
		       size_t length)
{
	struct kept *kept = ls_alloc(ls, sizeof(*kept) + length);

	if (!kept)
		return;
	kept->type = type;
	kept->node = from;
	kept->length = length;
	memcpy(kept->bytes, bytes, length);
	keep(ls, kept);
}

void keep_message(struct lockspace *ls, uint32_t from, const void *bytes, size_t length)
{
	keep_bytes(ls, KEPT_MESSAGE, from, bytes, length);
}

void keep_left(struct lockspace *ls, uint32_t node, enum leave_reason reason)
{
	struct kept *kept = ls_alloc(ls, sizeof(*kept));

	if (!kept)
		return;
	kept->type = KEPT_LEFT;
	kept->node = node;
	kept->reason = reason;
	keep(ls, kept);
}

static void forget_kept(struct lockspace *ls)
{
	while (ls->kept) {
		struct kept *kept = ls->kept;

		ls->kept = kept->next;
		ls_free(ls, kept);
	}
	ls->kept_end = &ls->kept;
	ls->keeping = false;
	ls->chunks_for = NULL;
	buf_free(&ls->chunks);
}

static void replay_one(struct lockspace *ls, const struct kept *kept)
{
	struct message message;

	if (kept->type == KEPT_SYNC)
		return;
	if (kept->type == KEPT_LEFT)
		member_left(ls, kept->node, kept->reason);
	else if (!message_decode(kept->bytes, kept->length, &message, NULL))
		table_message(ls, kept->node, &message, kept->bytes, kept->length);
	table_settle(ls);
}

/* ---- the transfer ---- */

static void transfer_stopped(struct lockspace *ls)
{
	ls->transfer = false;
	for (size_t i = 0; i < ls->member_count; i++)
		ls->members[i]->loading = false;
}

void transfer_void(struct lockspace *ls)
{
	ls->sync_sent = false;
	transfer_stopped(ls);
	forget_kept(ls);
}

/* A joiner goes on keeping: another SYNC will follow, and be one of the places to begin at. */
void transfer_left(struct lockspace *ls, uint32_t node)
{
	ls->form_sent = false;
	if (ls->transfer && ls->transfer_from == node)
		transfer_stopped(ls);
}

static bool may_sync(const struct lockspace *ls, const struct member *member)
{
	return member->present && !member->other_version && member->hello_valid &&
	       !member->refused && !member->synced && !member->loaded && !member->loading &&
	       member->class == CLASS_IN && member->hello.minor >= ls->level &&
	       is_same(member->daemon.bytes, member->hello.daemon.bytes);
}

static void send_sync(struct lockspace *ls)
{
	struct message message = { .type = MESSAGE_SYNC,
				   .request = ls->sync_number + 1,
				   .number = ls->level };
	uint32_t nodes[LOCKSPACE_NODES_MAX];
	struct buf bytes = { .limit = sizeof(nodes) };
	size_t count = 0;

	for (size_t i = 0; i < ls->member_count; i++)
		if (may_sync(ls, ls->members[i]))
			nodes[count++] = ls->members[i]->node;
	if (!count)
		return;
	nodes_encode(nodes, count, &bytes);
	message.nodes = (struct blob){ bytes.data, bytes.used };
	ls_send(ls, &message);
	buf_free(&bytes);
	ls->sync_number++;
	ls->sync_sent = true;
}

static void send_blob(struct lockspace *ls, enum message_type type, const struct buf *blob)
{
	struct message message = { .type = type,
				   .flags = FLAG_FIRST,
				   .count = ls->count,
				   .request = ls->transfer_number };
	size_t sent = 0;

	do {
		size_t length = blob->used - sent < CHUNK_SIZE ? blob->used - sent : CHUNK_SIZE;

		message.number++;
		message.payload = (struct blob){ length ? blob->data + sent : "", length };
		sent += length;
		if (sent == blob->used) {
			message.flags |= FLAG_LAST;
			message.hash = type == MESSAGE_CHUNK ? table_hash(ls) : 0;
		}
		ls_send(ls, &message);
		message.flags = 0;
	} while (sent < blob->used);
}

static void send_chunks(struct lockspace *ls)
{
	struct buf table = { .limit = ls->memory_limit };

	snapshot_write(ls, &table);
	if (table.failed)
		ls_break(ls, "out of memory for a state transfer");
	else
		send_blob(ls, MESSAGE_CHUNK, &table);
	buf_free(&table);
}

static bool names_node(const struct message *sync, uint32_t node)
{
	uint32_t nodes[LOCKSPACE_NODES_MAX];
	size_t count;

	if (!nodes_decode(sync->nodes, nodes, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (nodes[i] == node)
			return true;
	return false;
}

/* The table's side of SYNC. */
static void transfer_begins(struct lockspace *ls, uint32_t from, const struct message *sync)
{
	ls->transfer = true;
	ls->transfer_from = from;
	ls->transfer_number = sync->request;
	ls->transfer_level = sync->number;
	ops_forget_looks(ls);
	for (size_t i = 0; i < ls->member_count; i++)
		if (!ls->members[i]->synced && ls->members[i]->minor >= sync->number &&
		    names_node(sync, ls->members[i]->node))
			ls->members[i]->loading = true;
}

void transfer_sync(struct lockspace *ls, struct member *from, const struct message *message,
		   const void *bytes, size_t length)
{
	if (!ring_is(ls, message->ring))
		return;
	if (from == ls->self)
		ls->sync_sent = false;
	/* Was sent by who is not the lowest any more: no chunks will follow. */
	if (ls->has_table && from != lowest_synced(ls))
		return;
	if (ls->has_table && !ls->self->synced && names_node(message, ls->node))
		table_lost(ls);
	if (ls->has_table) {
		transfer_begins(ls, from->node, message);
		if (from == ls->self)
			send_chunks(ls);
	} else if (ls->keeping || (names_node(message, ls->node) && message->number <= ls->minor)) {
		/* One of a newer level was for an earlier daemon of this node. */
		ls->keeping = true;
		keep_bytes(ls, KEPT_SYNC, from->node, bytes, length);
	}
}

static void transfer_done(struct lockspace *ls)
{
	for (size_t i = 0; i < ls->member_count; i++) {
		struct member *member = ls->members[i];

		if (member->loading)
			member->loaded = true;
	}
	transfer_stopped(ls);
}

/* Chunks name their SYNC by daemon and number; a joiner applies what it kept since that one. */
static bool is_expected(struct lockspace *ls, const struct member *from,
			const struct message *message)
{
	const struct kept *found = NULL;
	struct message sync;

	if (!ls->keeping)
		return ls->has_table && ls->transfer && from->node == ls->transfer_from &&
		       message->request == ls->transfer_number;
	for (const struct kept *at = ls->kept; at && !found; at = at->next)
		if (at->type == KEPT_SYNC && at->node == from->node &&
		    !message_decode(at->bytes, at->length, &sync, NULL) &&
		    is_same(sync.daemon.bytes, message->daemon.bytes) &&
		    sync.request == message->request && names_node(&sync, ls->node))
			found = at;
	if (found && found != ls->chunks_for) {
		ls->chunks_for = found;
		ls->chunks_seen = 0;
		buf_free(&ls->chunks);
	}
	return found;
}

static void load_and_replay(struct lockspace *ls, uint64_t hash)
{
	const struct kept *sync = ls->chunks_for;
	struct message message;

	if (!snapshot_load(ls, ls->chunks.data, ls->chunks.used) || table_hash(ls) != hash ||
	    message_decode(sync->bytes, sync->length, &message, NULL)) {
		ls_break(ls, "the transferred lock table is damaged");
		return;
	}
	ls->keeping = false;
	ls->decided = true;
	transfer_begins(ls, sync->node, &message);
	for (const struct kept *at = sync->next; at && !ls->broken; at = at->next)
		replay_one(ls, at);
	forget_kept(ls);
	ls->state_due = true;
}

void transfer_chunk(struct lockspace *ls, struct member *from, const struct message *message)
{
	if (!ring_is(ls, message->ring) || !is_expected(ls, from, message))
		return;
	if (ls->keeping) {
		if (message->number != ++ls->chunks_seen) {
			ls_break(ls, "a chunk of the lock table is missing");
			return;
		}
		buf_add(&ls->chunks, message->payload.bytes, message->payload.length);
		if (ls->chunks.failed) {
			ls_break(ls, "out of memory for a state transfer");
			return;
		}
	}
	if (!(message->flags & FLAG_LAST))
		return;
	if (ls->keeping)
		load_and_replay(ls, message->hash);
	transfer_done(ls);
}

/* ---- claims ---- */

static void send_claim(struct lockspace *ls)
{
	struct buf claim = { .limit = ls->memory_limit };

	claim_write(ls, &claim);
	if (claim.failed) {
		ls_break(ls, "out of memory for a claim");
	} else {
		send_blob(ls, MESSAGE_CLAIM, &claim);
		ls->claim_sent = true;
		for (struct own_request *at = ls->own_requests; at; at = at->next)
			at->sent = true;
	}
	buf_free(&claim);
}

static void claim_done(struct lockspace *ls, struct member *from, uint64_t count)
{
	buf_free(&from->claim);
	from->synced = true;
	from->unclean = false;
	from->acked = count;
	from->hello.synced = true;
	ls->forming = false;
	if (from == ls->self) {
		ls->ack_due = true;
		values_claimed(ls);
		ops_free(ls, &ls->carried);
	}
	ops_member_claimed(ls, from);
	ls->pump_due = true;
}

void table_claim(struct lockspace *ls, struct member *from, const struct message *message)
{
	if (!ring_is(ls, message->ring) || from->class != CLASS_IN || !from->loaded || from->synced)
		return;
	if (message->flags & FLAG_FIRST)
		buf_free(&from->claim);
	buf_add(&from->claim, message->payload.bytes, message->payload.length);
	if (from->claim.failed) {
		ls_break(ls, "out of memory for a claim");
		return;
	}
	if (!(message->flags & FLAG_LAST))
		return;
	ls->count++;
	if (claim_apply(ls, from, from->claim.data, from->claim.used))
		claim_done(ls, from, message->count);
	else
		ls_break(ls, "malformed claim of %s", from->name);
}

/* ---- formation ---- */

static bool takes_part(const struct member *member)
{
	return member->present && !member->other_version && member->hello_valid &&
	       !member->hello.ghost;
}

/* Rule 20: of every node it is known what it holds, or that it is down. */
static bool may_form(const struct lockspace *ls)
{
	if (!ls->has_nodelist || !lockspace_is_quorate(ls) || view_has_synced(ls) ||
	    !hellos_complete(ls) || ls->ghost)
		return false;
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (member->in_nodelist && !takes_part(member) && !member->acked_down)
			return false;
		if (takes_part(member) && !(member->state_valid && member->quorate))
			return false;
	}
	return true;
}

static size_t participants(const struct lockspace *ls, uint32_t nodes[LOCKSPACE_NODES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ls->member_count; i++)
		if (takes_part(ls->members[i]))
			nodes[count++] = ls->members[i]->node;
	return count;
}

static uint64_t form_level(const struct lockspace *ls)
{
	uint64_t level = ls->minor;

	for (size_t i = 0; i < ls->member_count; i++)
		if (takes_part(ls->members[i]) && ls->members[i]->hello.minor < level)
			level = ls->members[i]->hello.minor;
	return level;
}

static void send_form(struct lockspace *ls)
{
	struct message message = { .type = MESSAGE_FORM,
				   .id = ls->lineage_seed,
				   .number = form_level(ls) };
	struct buf nodes = { .limit = MESSAGE_LENGTH_MAX }, marks = { .limit = MESSAGE_LENGTH_MAX };
	struct mark written_off[MARKS_MAX];
	uint32_t list[LOCKSPACE_NODES_MAX];

	nodes_encode(list, participants(ls, list), &nodes);
	marks_encode(written_off, written_off_marks(ls, written_off), &marks);
	message.nodes = (struct blob){ nodes.data, nodes.used };
	message.marks = (struct blob){ marks.data, marks.used };
	/* Number of this formation, so that one daemon never makes the same lineage twice. */
	for (size_t i = 0; i < 8; i++)
		message.id.bytes[i] ^= (unsigned char)(ls->ring.seq >> (8 * i));
	ls_send(ls, &message);
	buf_free(&nodes);
	buf_free(&marks);
	ls->form_sent = true;
}

static bool form_is_valid(const struct lockspace *ls, const struct member *from,
			  const struct message *message)
{
	uint32_t named[LOCKSPACE_NODES_MAX], here[LOCKSPACE_NODES_MAX];
	size_t named_count, here_count = participants(ls, here);

	return ring_is(ls, message->ring) && !ls->has_table && !view_has_synced(ls) &&
	       hellos_complete(ls) && !is_zero(message->id.bytes) &&
	       nodes_decode(message->nodes, named, &named_count) && named_count == here_count &&
	       here_count && !memcmp(named, here, here_count * sizeof(here[0])) &&
	       from->node == here[0];
}

static void form_member(struct lockspace *ls, struct member *member)
{
	member->state_valid = false; /* said again by all, so that all count the same ones */
	if (!takes_part(member))
		return;
	member->class = CLASS_IN;
	member->unclean = true; /* until it has claimed */
	member->loss = ls->ring.seq;
	member->loaded = true;
	member->boot = member->hello.boot;
	member->daemon = member->hello.daemon;
	member->minor = member->hello.minor;
}

void transfer_form(struct lockspace *ls, struct member *from, const struct message *message)
{
	struct mark marks[MARKS_MAX];
	size_t count;

	if (from == ls->self)
		ls->form_sent = false;
	if (!form_is_valid(ls, from, message) || !marks_decode(message->marks, marks, &count)) {
		if (!ls->has_table && ring_is(ls, message->ring))
			ls->hello_due = ls->denies_form = true;
		return;
	}
	if (ls->ghost)
		return;
	ls->lineage = message->id;
	ls->epoch = ls->count = 1;
	ls->level = message->number;
	ls->level_count = 0;
	ls->has_table = ls->forming = ls->decided = true;
	ls->running = false;
	for (size_t i = 0; i < ls->member_count; i++)
		form_member(ls, ls->members[i]);
	for (size_t i = 0; i < count; i++) {
		struct member *down = member_get(ls, marks[i].node);

		if (!down || down->class == CLASS_IN)
			continue;
		down->written_off = true;
		down->written_off_boot = marks[i].boot;
		down->class = CLASS_FENCED;
	}
	ls->base_epoch = ls->epoch;
	ls->base_count = ls->count;
	ls->base_hash = table_hash(ls);
	ls->state_due = true;
	ls_log(ls, LOG_LEVEL_INFO, "the lock table is formed by %s", from->name);
}

/* ---- what is due now ---- */

void transfer_advance(struct lockspace *ls)
{
	if (ls->broken || ls->left || !ls->ring_known || !ls->self->present)
		return;
	if (!ls->has_table) {
		if (!ls->decided && !ls->keeping && !ls->form_sent && may_form(ls)) {
			uint32_t nodes[LOCKSPACE_NODES_MAX];

			if (participants(ls, nodes) && nodes[0] == ls->node)
				send_form(ls);
		}
		return;
	}
	if (!ls->self->synced) {
		/* After STATE, so that a table that runs does not pause for this one. */
		if (ls->self->loaded && !ls->claim_sent && ls->state_sent && !ls->state_due &&
		    ring_is(ls, ls->sent_ring))
			send_claim(ls);
		return;
	}
	if (!ls->decided || lowest_synced(ls) != ls->self)
		return;
	level_advance(ls);
	if (!ls->transfer && !ls->sync_sent && level_is_settled(ls))
		send_sync(ls);
}

void table_lost(struct lockspace *ls)
{
	own_ops_table_lost(ls);
	ops_carry(ls);
	table_free(ls);
	own_table_lost(ls);
	ls->claim_sent = false;
	ls->hello_due = true;
	for (size_t i = 0; i < ls->member_count; i++) {
		struct member *member = ls->members[i];

		member->class = CLASS_ABSENT;
		member->boot = (struct boot_id){ 0 };
		member->daemon = (struct daemon_id){ 0 };
		member->loss = 0;
		member->unclean = member->synced = member->loaded = member->loading = false;
		member->goodbye = member->refused = member->written_off = false;
		buf_free(&member->claim);
	}
}
