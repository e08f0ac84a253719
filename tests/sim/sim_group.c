/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What corosync does to a closed process group. Messages of a ring are one log; every member of
 * the ring delivers a prefix of it. When rings re-form, the members that stay together deliver
 * the same rest: as much of the log as one of them may have received, and, past that gap, what
 * they sent themselves (agreed, not safe delivery). A message that was accepted but not ordered
 * goes into the next ring. Then each is told NODEDOWN, NODEUP and PROCDOWN, and the new ring.
 * Quorum callbacks come on a queue of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "clvmd/core/message.h"
#include "lib/proto/field.h"
#include "tests/sim/sim.h"

#define NEWER_MINOR	  2
#define NEW_FIELD	  0x300 /* optional: without FIELD_REQUIRED */
#define NEW_TYPE	  71
#define NEW_OPTIONAL_TYPE 72

static void *get(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

void group_init(struct sim *sim)
{
	for (unsigned n = 0; n < SIM_NODES; n++) {
		sim->node[n].events_end = &sim->node[n].events;
		sim->node[n].outbox_end = &sim->node[n].outbox;
		sim->node[n].quorum_end = &sim->node[n].quorum;
	}
}

static void drop_events(struct node *node)
{
	while (node->events) {
		struct event *event = node->events;

		node->events = event->next;
		free(event);
	}
	node->events_end = &node->events;
	while (node->quorum) {
		struct quorum_callback *callback = node->quorum;

		node->quorum = callback->next;
		free(callback);
	}
	node->quorum_end = &node->quorum;
}

static void drop_outbox(struct node *node)
{
	while (node->outbox) {
		struct entry *entry = node->outbox;

		node->outbox = entry->next;
		free(entry);
	}
	node->outbox_end = &node->outbox;
}

void group_drop(struct node *node)
{
	drop_events(node);
	drop_outbox(node);
}

void group_finish(struct sim *sim)
{
	for (unsigned n = 0; n < SIM_NODES; n++)
		group_drop(&sim->node[n]);
	while (sim->rings) {
		struct ring *ring = sim->rings;

		sim->rings = ring->next;
		for (size_t i = 0; i < ring->length; i++)
			free(ring->log[i]);
		free(ring->log);
		free(ring);
	}
	while (sim->bytes) {
		struct bytes *bytes = sim->bytes;

		sim->bytes = bytes->next;
		free(bytes);
	}
}

static void to_outbox(struct sim *sim, unsigned node, enum entry_type type,
		      const struct bytes *bytes)
{
	struct entry *entry = get(sizeof(*entry));

	entry->type = type;
	entry->node = node;
	entry->bytes = bytes;
	entry->daemon_number = sim->node[node].daemon_number;
	*sim->node[node].outbox_end = entry;
	sim->node[node].outbox_end = &entry->next;
}

static void send_bytes(struct sim *sim, unsigned node, const void *data, size_t length)
{
	struct bytes *bytes = get(sizeof(*bytes) + length);

	bytes->length = length;
	memcpy(bytes->data, data, length);
	bytes->next = sim->bytes;
	sim->bytes = bytes;
	to_outbox(sim, node, ENTRY_MESSAGE, bytes);
}

static void send_new_type(struct sim *sim, unsigned node, const struct message *like, unsigned type,
			  bool optional)
{
	struct message message = { .type = (enum message_type)type,
				   .minor = like->minor,
				   .optional = optional,
				   .lineage = like->lineage,
				   .ring = like->ring,
				   .daemon = like->daemon };
	struct buf bytes = { .limit = 1024 };

	message_encode(&message, &bytes);
	send_bytes(sim, node, bytes.data, bytes.used);
	buf_free(&bytes);
}

/* A newer daemon: a field that is skipped, a message that may be, and at its level one that not. */
static void send_newer(struct sim *sim, unsigned node, const void *data, size_t length)
{
	const struct lockspace *ls = sim->node[node].ls;
	struct field_writer writer = { .out = &(struct buf){ .limit = 2 * MESSAGE_LENGTH_MAX } };
	struct message like;

	if (message_decode(data, length, &like, NULL))
		abort();
	buf_add(writer.out, data, length);
	field_put_u32(&writer, NEW_FIELD, 1);
	send_bytes(sim, node, writer.out->data, writer.out->used);
	buf_free(writer.out);
	if (!sim_draw(sim, 8))
		send_new_type(sim, node, &like, NEW_OPTIONAL_TYPE, true);
	if (!sim_draw(sim, 8) && lockspace_is_running(ls) &&
	    lockspace_header(ls).level >= NEWER_MINOR)
		send_new_type(sim, node, &like, NEW_TYPE, false);
}

void group_send(struct sim *sim, unsigned node, const void *data, size_t length)
{
	if (sim->node[node].minor >= NEWER_MINOR)
		send_newer(sim, node, data, length);
	else
		send_bytes(sim, node, data, length);
}

/* What this daemon would do with it is not in this code. */
static bool is_of_newer(const struct node *node, const struct bytes *bytes)
{
	struct message message;

	return node->minor >= NEWER_MINOR &&
	       !message_decode(bytes->data, bytes->length, &message, NULL) && !message.type &&
	       message.unknown_type == NEW_TYPE;
}

static void queue_quorum(struct sim *sim, unsigned n, bool quorate)
{
	struct quorum_callback *callback = get(sizeof(*callback));
	struct node *node = &sim->node[n];

	callback->ring = node->ring->id;
	callback->mask = node->ring->mask;
	callback->quorate = quorate;
	*node->quorum_end = callback;
	node->quorum_end = &callback->next;
}

static bool is_quorate(const struct sim *sim, unsigned mask)
{
	unsigned count = (unsigned)__builtin_popcount(mask);

	return (sim->two_node && count > 0) || count * 2 > sim->nodes;
}

void group_flip_quorum(struct sim *sim, unsigned n, bool quorate)
{
	if (sim->node[n].ring && sim->node[n].daemon)
		queue_quorum(sim, n, quorate && is_quorate(sim, sim->node[n].ring->mask));
}

void group_join(struct sim *sim, unsigned n)
{
	to_outbox(sim, n, ENTRY_JOIN, NULL);
	queue_quorum(sim, n, is_quorate(sim, sim->node[n].ring->mask));
}

void group_daemon_gone(struct sim *sim, unsigned n, bool cleanly)
{
	drop_events(&sim->node[n]);
	sim->node[n].listening = false;
	to_outbox(sim, n, cleanly ? ENTRY_LEAVE : ENTRY_DOWN, NULL);
}

/* ---- delivery ---- */

static struct event *new_event(struct node *node, enum event_type type)
{
	struct event *event = get(sizeof(*event));

	event->type = type;
	*node->events_end = event;
	node->events_end = &event->next;
	return event;
}

static void add(struct confchg_entry *entries, size_t *count, unsigned n, bool nodeup,
		enum leave_reason reason)
{
	entries[(*count)++] = (struct confchg_entry){
		.node = n + 1, .pid = 100 + n, .nodeup = nodeup, .reason = reason
	};
}

static void add_members(struct event *event, unsigned mask)
{
	for (unsigned n = 0; n < SIM_NODES; n++)
		if (mask & 1U << n)
			add(event->members, &event->member_count, n, false, 0);
}

static void queue_ring(struct node *node)
{
	struct event *event = new_event(node, EVENT_RING);

	event->ring = node->ring->id;
	event->mask = node->ring->mask;
}

/* Node @n is given one entry of the log. */
static void queue_entry(struct sim *sim, unsigned n, const struct entry *entry)
{
	struct node *node = &sim->node[n];
	struct event *event;

	if (entry->type == ENTRY_MESSAGE) {
		if (!node->listening)
			return;
		event = new_event(node, EVENT_MESSAGE);
		event->from = entry->node + 1;
		event->bytes = entry->bytes;
		return;
	}
	if (entry->type == ENTRY_JOIN)
		node->group |= 1U << entry->node;
	else if (!(node->group & 1U << entry->node))
		return;
	else
		node->group &= ~(1U << entry->node);
	if (entry->type == ENTRY_JOIN && entry->node == n)
		node->listening = node->daemon && node->daemon_number == entry->daemon_number;
	if (!node->listening)
		return;
	event = new_event(node, EVENT_CONFCHG);
	add_members(event, node->group);
	if (entry->type == ENTRY_JOIN)
		add(event->joined, &event->joined_count, entry->node, false, 0);
	else
		add(event->left, &event->left_count, entry->node, false,
		    entry->type == ENTRY_DOWN ? LEAVE_PROCDOWN : LEAVE_CLEAN);
	if (entry->type == ENTRY_JOIN && entry->node == n)
		queue_ring(node);
}

static void to_log(struct ring *ring, struct entry *entry)
{
	if (ring->length == ring->size) {
		ring->size = ring->size ? ring->size * 2 : 64;
		ring->log = realloc(ring->log, ring->size * sizeof(ring->log[0]));
		if (!ring->log)
			abort();
	}
	ring->log[ring->length++] = entry;
}

static void catch_up(struct sim *sim, unsigned n)
{
	struct node *node = &sim->node[n];

	while (node->next_entry < node->ring->length)
		queue_entry(sim, n, node->ring->log[node->next_entry++]);
}

bool group_order_one(struct sim *sim, unsigned n)
{
	struct node *node = &sim->node[n];
	struct entry *entry = node->outbox;

	if (!entry || !node->ring || !node->alive)
		return false;
	if (!(node->outbox = entry->next))
		node->outbox_end = &node->outbox;
	entry->next = NULL;
	/* A daemon gets the log from its JOIN on, or none of it any more. */
	if (entry->type != ENTRY_MESSAGE)
		catch_up(sim, n);
	to_log(node->ring, entry);
	if (entry->type == ENTRY_JOIN)
		node->in_group = true;
	else if (entry->type != ENTRY_MESSAGE)
		node->in_group = false;
	return true;
}

static void hand_over(struct sim *sim, unsigned n, struct event *event)
{
	struct node *node = &sim->node[n];
	const struct effect *effects = NULL;

	if (event->type == EVENT_MESSAGE && is_of_newer(node, event->bytes)) {
		return;
	} else if (event->type == EVENT_MESSAGE) {
		struct event_message message = { event->from, event->bytes->data,
						 event->bytes->length };

		effects = lockspace_message(node->ls, &message);
	} else if (event->type == EVENT_CONFCHG) {
		struct event_confchg confchg = { event->members,    event->left,
						 event->joined,	    event->member_count,
						 event->left_count, event->joined_count };

		effects = lockspace_confchg(node->ls, &confchg);
	} else {
		uint32_t members[SIM_NODES];
		struct event_ring ring = { event->ring, members, 0 };

		for (unsigned i = 0; i < SIM_NODES; i++)
			if (event->mask & 1U << i)
				members[ring.member_count++] = i + 1;
		effects = lockspace_ring(node->ls, &ring);
		node->seen_ring = event->ring.seq;
	}
	node_effects(sim, n, effects);
}

bool group_deliver_one(struct sim *sim, unsigned n)
{
	struct node *node = &sim->node[n];
	struct event *event;

	if (!node->daemon || !node->ring)
		return false;
	while (!node->events && node->next_entry < node->ring->length)
		queue_entry(sim, n, node->ring->log[node->next_entry++]);
	if (!(event = node->events))
		return false;
	if (!(node->events = event->next))
		node->events_end = &node->events;
	hand_over(sim, n, event);
	free(event);
	return true;
}

bool group_quorum_one(struct sim *sim, unsigned n)
{
	struct node *node = &sim->node[n];
	struct quorum_callback *callback = node->quorum;
	struct event_quorum event = { 0 };

	if (!callback || !node->daemon)
		return false;
	if (!(node->quorum = callback->next))
		node->quorum_end = &node->quorum;
	event.quorate = callback->quorate;
	event.ring = callback->ring;
	node->quorum_ring = callback->ring.seq;
	event.member_count = (size_t)__builtin_popcount(callback->mask);
	free(callback);
	node_effects(sim, n, lockspace_quorum(node->ls, &event));
	return true;
}

/* ---- new rings ---- */

/* What those in @together, of the old ring, still deliver of it. */
static void deliver_rest(struct sim *sim, struct ring *old, unsigned together)
{
	size_t received = 0;

	for (unsigned n = 0; n < SIM_NODES; n++)
		if (together & 1U << n && sim->node[n].next_entry > received)
			received = sim->node[n].next_entry;
	received += sim_draw(sim, old->length - received + 1);
	for (unsigned n = 0; n < SIM_NODES; n++) {
		struct node *node = &sim->node[n];

		if (!(together & 1U << n))
			continue;
		for (; node->next_entry < old->length; node->next_entry++) {
			const struct entry *entry = old->log[node->next_entry];

			if (node->next_entry < received || together & 1U << entry->node)
				queue_entry(sim, n, entry);
		}
	}
}

/* A dead daemon's leaving is not sent again: the others hear of it when they compare lists. */
static void forget_leaving(struct node *node)
{
	struct entry **link = &node->outbox;

	while (*link) {
		struct entry *entry = *link;
		bool is_live = node->daemon && entry->daemon_number == node->daemon_number;

		if (entry->type == ENTRY_MESSAGE || (entry->type == ENTRY_JOIN && is_live)) {
			link = &entry->next;
			continue;
		}
		*link = entry->next;
		if (entry->type != ENTRY_JOIN)
			node->in_group = false;
		free(entry);
	}
	node->outbox_end = link;
}

static void queue_change(struct sim *sim, unsigned n, unsigned together, unsigned now)
{
	struct node *node = &sim->node[n];
	unsigned before = node->group;
	struct event *down, *up;

	node->group = now;
	if (!node->listening)
		return;
	if (before & ~together) {
		down = new_event(node, EVENT_CONFCHG);
		add_members(down, before & together);
		for (unsigned i = 0; i < SIM_NODES; i++)
			if (before & ~together & 1U << i)
				add(down->left, &down->left_count, i, false, LEAVE_NODEDOWN);
	}
	if (now & ~(before & together)) {
		up = new_event(node, EVENT_CONFCHG);
		add_members(up, (before & together) | now);
		for (unsigned i = 0; i < SIM_NODES; i++)
			if (now & ~(before & together) & 1U << i)
				add(up->joined, &up->joined_count, i, true, 0);
	}
	for (unsigned i = 0; i < SIM_NODES; i++) {
		if (!(before & together & ~now & 1U << i))
			continue;
		down = new_event(node, EVENT_CONFCHG);
		add_members(down, now);
		add(down->left, &down->left_count, i, false, LEAVE_PROCDOWN);
	}
	queue_ring(node);
}

static struct ring *new_ring(struct sim *sim, unsigned mask)
{
	struct ring *ring = get(sizeof(*ring));

	ring->id.node = (uint32_t)__builtin_ctz(mask) + 1;
	ring->id.seq = sim->next_ring += 4;
	ring->mask = mask;
	ring->next = sim->rings;
	sim->rings = ring;
	return ring;
}

void group_reform(struct sim *sim, const unsigned color[SIM_NODES], unsigned blip)
{
	struct ring *old[SIM_NODES] = { NULL };
	unsigned together[SIM_NODES] = { 0 };

	for (unsigned n = 0; n < SIM_NODES; n++) {
		old[n] = sim->node[n].ring;
		for (unsigned i = 0; sim->node[n].alive && old[n] && i < SIM_NODES; i++)
			if (sim->node[i].alive && sim->node[i].ring == old[n] &&
			    color[i] == color[n] && (i == n || !((blip >> i ^ blip >> n) & 1)))
				together[n] |= 1U << i;
	}
	for (unsigned n = 0; n < SIM_NODES; n++)
		if (together[n] && (unsigned)__builtin_ctz(together[n]) == n)
			deliver_rest(sim, old[n], together[n]);
	for (unsigned n = 0; n < SIM_NODES; n++)
		forget_leaving(&sim->node[n]);
	for (unsigned n = 0; n < SIM_NODES; n++) {
		unsigned mask = 0;

		for (unsigned i = 0; sim->node[n].alive && i < SIM_NODES; i++)
			if (sim->node[i].alive && color[i] == color[n])
				mask |= 1U << i;
		if (mask && (unsigned)__builtin_ctz(mask) == n) {
			struct ring *ring = new_ring(sim, mask);

			for (unsigned i = 0; i < SIM_NODES; i++)
				if (mask & 1U << i) {
					sim->node[i].ring = ring;
					sim->node[i].next_entry = 0;
				}
		}
	}
	for (unsigned n = 0; n < SIM_NODES; n++) {
		unsigned now = 0;

		if (!sim->node[n].alive)
			continue;
		for (unsigned i = 0; i < SIM_NODES; i++)
			if (sim->node[n].ring->mask & 1U << i && sim->node[i].in_group)
				now |= 1U << i;
		queue_change(sim, n, together[n] ? together[n] : 1U << n, now);
		if (sim->node[n].daemon)
			queue_quorum(sim, n, is_quorate(sim, sim->node[n].ring->mask));
	}
	sim->cuts++;
}
