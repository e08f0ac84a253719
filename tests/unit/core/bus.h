/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A few lockspaces on a bus that orders and delivers at once: for tests of one behaviour. (Loss,
 * delay and reordering are the simulation's, tests/sim.) What comes out for clients is recorded.
 */
#ifndef TESTS_UNIT_CORE_BUS_H
#define TESTS_UNIT_CORE_BUS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <cmocka.h>

#include "clvmd/core/lockspace.h"
#include "clvmd/core/message.h"

#define BUS_NODES  4 /* 1 to 3 are used; 0 is not */
#define BUS_EVENTS 256

struct bus_event {
	enum effect_type type;
	uint32_t on; /* the node whose effect it was */
	uint32_t node;
	uint64_t client, request, value;
	struct op_id op;
	enum op_phase phase;
	int error;
	char text[256];
};

struct bus_message {
	struct bus_message *next;
	uint32_t from;
	unsigned component;
	size_t length;
	unsigned char bytes[];
};

struct bus {
	struct lockspace *ls[BUS_NODES];
	unsigned nodes, boot[BUS_NODES], daemon[BUS_NODES], component[BUS_NODES];
	uint64_t ring, ring_of[BUS_NODES];
	uint16_t minor[BUS_NODES]; /* protocol version of its clvmd; 0: the usual one */
	bool drop_acks;		   /* as if no acknowledgement ever arrived */
	struct bus_message *first, **last;
	struct bus_event events[BUS_EVENTS];
	size_t count;
	char error[256]; /* the last one that was logged */
	uint32_t error_on;
};

#define V_VG "V_vg"
#define LV   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static inline void bus_take(struct bus *bus, uint32_t on, const struct effect *effects)
{
	for (const struct effect *at = effects; at; at = at->next) {
		struct bus_event *event = &bus->events[bus->count];

		if (at->type == EFFECT_SEND) {
			struct bus_message *message = calloc(1, sizeof(*message) + at->length);

			assert_non_null(message);
			message->from = on;
			message->component = bus->component[on];
			message->length = at->length;
			memcpy(message->bytes, at->bytes, at->length);
			*bus->last = message;
			bus->last = &message->next;
			continue;
		}
		if (at->type == EFFECT_LOG && at->level <= LOG_ERR) {
			bus->error_on |= 1U << on;
			(void)snprintf(bus->error, sizeof(bus->error), "%.255s", at->text);
		}
		if (at->type == EFFECT_LOG || at->type == EFFECT_STATE)
			continue;
		assert_true(bus->count < BUS_EVENTS);
		bus->count++;
		*event = (struct bus_event){ at->type,	on,	at->node,  at->client, at->request,
					     at->value, at->op, at->phase, at->error,  "" };
		(void)snprintf(event->text, sizeof(event->text), "%.255s", at->text);
	}
}

static inline bool bus_is(const struct bus_message *message, enum message_type type)
{
	struct message decoded;

	assert_non_null(message);
	assert_int_equal(message_decode(message->bytes, message->length, &decoded, NULL), 0);
	return decoded.type == type;
}

/* The message that is delivered next: to all in its sender's component. */
static inline void bus_deliver(struct bus *bus)
{
	struct bus_message *message = bus->first;
	struct event_message event = { message->from, message->bytes, message->length };

	if (!(bus->first = message->next))
		bus->last = &bus->first;
	for (uint32_t n = 1; n <= bus->nodes; n++)
		if (bus->ls[n] && bus->component[n] == message->component &&
		    !(bus->drop_acks && bus_is(message, MESSAGE_ACK)))
			bus_take(bus, n, lockspace_message(bus->ls[n], &event));
	free(message);
}

/* Deliver everything, until nobody says anything more. */
static inline void bus_run(struct bus *bus)
{
	for (int pass = 0; pass < 2; pass++) {
		while (bus->first) {
			bus_deliver(bus);
			pass = 0;
		}
		for (uint32_t n = 1; n <= bus->nodes; n++)
			if (bus->ls[n])
				bus_take(bus, n, lockspace_flush(bus->ls[n]));
	}
}

/* Take a message of that type of node @from out of the queue: to be freed or given back. */
static inline struct bus_message *bus_hold_back(struct bus *bus, uint32_t from,
						enum message_type type)
{
	struct bus_message **link = &bus->first, *held;

	while (*link && ((*link)->from != from || !bus_is(*link, type)))
		link = &(*link)->next;
	assert_non_null(held = *link);
	if (!(*link = held->next))
		bus->last = link;
	held->next = NULL;
	return held;
}

static inline void bus_give_back(struct bus *bus, struct bus_message *held)
{
	*bus->last = held;
	bus->last = &held->next;
}

static inline void bus_ring(struct bus *bus, uint32_t n, bool quorate)
{
	uint32_t members[BUS_NODES];
	struct event_ring ring = { { 1, bus->ring_of[n] }, members, 0 };
	struct event_quorum quorum = { quorate, { 1, bus->ring_of[n] }, members, 0 };

	for (uint32_t i = 1; i <= bus->nodes; i++)
		if (bus->component[i] == bus->component[n])
			members[ring.member_count++] = i;
	quorum.member_count = ring.member_count;
	bus_take(bus, n, lockspace_ring(bus->ls[n], &ring));
	bus_take(bus, n, lockspace_quorum(bus->ls[n], &quorum));
}

static inline void bus_id(unsigned char bytes[16], unsigned a, unsigned b)
{
	memset(bytes, 0x33, 16);
	/* The lineage's first half is mixed with the ring's number. */
	bytes[8] = (unsigned char)a;
	bytes[9] = (unsigned char)b;
}

/* Creates the lockspace; adopt locks before bus_join(). */
static inline void bus_create(struct bus *bus, uint32_t n)
{
	struct nodelist_entry list[BUS_NODES] = { 0 };
	struct lockspace_options options = { .node = n, .minor = bus->minor[n] };

	bus_id(options.boot.bytes, n, bus->boot[n]);
	bus_id(options.daemon.bytes, n + 50, ++bus->daemon[n]);
	bus_id(options.lineage_seed.bytes, n + 100, bus->daemon[n]);
	bus->ls[n] = lockspace_create(&options);
	assert_non_null(bus->ls[n]);
	for (uint32_t i = 1; i <= bus->nodes; i++) {
		list[i - 1].node = i;
		(void)snprintf(list[i - 1].name, sizeof(list[i - 1].name), "n%u", i);
	}
	bus_take(bus, n, lockspace_nodelist(bus->ls[n], list, bus->nodes));
}

static inline void bus_joins(struct bus *bus, uint32_t n)
{
	struct confchg_entry members[BUS_NODES], joined = { .node = n };
	struct event_confchg event = { members, NULL, &joined, 0, 0, 1 };

	for (uint32_t i = 1; i <= bus->nodes; i++)
		if (bus->ls[i] && bus->component[i] == bus->component[n])
			members[event.member_count++] = (struct confchg_entry){ .node = i };
	for (uint32_t i = 1; i <= bus->nodes; i++)
		if (bus->ls[i] && bus->component[i] == bus->component[n])
			bus_take(bus, i, lockspace_confchg(bus->ls[i], &event));
	bus_ring(bus, n, true);
}

static inline void bus_join(struct bus *bus, uint32_t n)
{
	bus_joins(bus, n);
	bus_run(bus);
}

static inline void bus_start(struct bus *bus, uint32_t n)
{
	bus_create(bus, n);
	bus_join(bus, n);
}

/* The daemon is gone; the node stays. */
static inline void bus_dies(struct bus *bus, uint32_t n, enum leave_reason reason)
{
	struct confchg_entry left = { .node = n, .reason = reason };
	struct event_confchg event = { NULL, &left, NULL, 0, 1, 0 };

	lockspace_destroy(bus->ls[n]);
	bus->ls[n] = NULL;
	for (uint32_t i = 1; i <= bus->nodes; i++)
		if (bus->ls[i] && bus->component[i] == bus->component[n])
			bus_take(bus, i, lockspace_confchg(bus->ls[i], &event));
}

static inline void bus_kill(struct bus *bus, uint32_t n, enum leave_reason reason)
{
	bus_dies(bus, n, reason);
	bus_run(bus);
}

/* New rings: @component[n] of each node. A node without a daemon may be moved too. Nothing is
 * delivered yet. */
static inline void bus_new_rings(struct bus *bus, const unsigned component[BUS_NODES],
				 const bool quorate[BUS_NODES])
{
	unsigned before[BUS_NODES];

	memcpy(before, bus->component, sizeof(before));
	memcpy(bus->component, component, sizeof(before));
	bus->ring += 4;
	for (uint32_t n = 1; n <= bus->nodes; n++) {
		struct confchg_entry left[BUS_NODES], joined[BUS_NODES];
		struct event_confchg event = { NULL, left, joined, 0, 0, 0 };

		bus->ring_of[n] = bus->ring + component[n] % 4;
		for (uint32_t i = 1; bus->ls[n] && i <= bus->nodes; i++) {
			if (!bus->ls[i] || i == n)
				continue;
			if (before[i] == before[n] && component[i] != component[n])
				left[event.left_count++] =
					(struct confchg_entry){ .node = i,
								.reason = LEAVE_NODEDOWN };
			if (before[i] != before[n] && component[i] == component[n])
				joined[event.joined_count++] =
					(struct confchg_entry){ .node = i, .nodeup = true };
		}
		if (bus->ls[n])
			bus_take(bus, n, lockspace_confchg(bus->ls[n], &event));
	}
	for (uint32_t n = 1; n <= bus->nodes; n++)
		if (bus->ls[n])
			bus_ring(bus, n, quorate[n]);
}

static inline void bus_split(struct bus *bus, const unsigned component[BUS_NODES],
			     const bool quorate[BUS_NODES])
{
	bus_new_rings(bus, component, quorate);
	bus_run(bus);
}

static inline void bus_isolate(struct bus *bus, uint32_t alone)
{
	unsigned component[BUS_NODES] = { 0, 1, 1, 1 };
	bool quorate[BUS_NODES] = { false, true, true, true };

	component[alone] = 2;
	quorate[alone] = false;
	bus_split(bus, component, quorate);
}

static inline void bus_merge(struct bus *bus)
{
	static const unsigned component[BUS_NODES] = { 0, 1, 1, 1 };
	static const bool quorate[BUS_NODES] = { false, true, true, true };

	bus_split(bus, component, quorate);
}

/* The node is switched off, and the others notice. */
static inline void bus_crash(struct bus *bus, uint32_t n)
{
	unsigned component[BUS_NODES] = { 0, 1, 1, 1 };
	bool quorate[BUS_NODES] = { false, true, true, true };
	struct lockspace *dead = bus->ls[n];

	component[n] = 3;
	bus_split(bus, component, quorate);
	lockspace_destroy(dead);
	bus->ls[n] = NULL;
}

static inline void bus_init(struct bus *bus, unsigned nodes)
{
	*bus = (struct bus){ .nodes = nodes, .ring = 8 };
	bus->last = &bus->first;
	for (uint32_t n = 1; n <= nodes; n++) {
		bus->component[n] = 1;
		bus->boot[n] = 1;
		bus->ring_of[n] = bus->ring;
	}
}

static inline void bus_form(struct bus *bus, unsigned nodes)
{
	bus_init(bus, nodes);
	for (uint32_t n = 1; n <= nodes; n++)
		bus_start(bus, n);
	for (uint32_t n = 1; n <= nodes; n++)
		assert_true(lockspace_is_running(bus->ls[n]));
	bus->count = 0;
}

static inline void bus_finish(struct bus *bus)
{
	bus_run(bus);
	for (uint32_t n = 1; n <= bus->nodes; n++)
		lockspace_destroy(bus->ls[n]);
}

/* ---- clients ---- */

static inline void bus_ask(struct bus *bus, uint32_t n, uint64_t client, uint64_t request,
			   const char *resource, enum lock_mode mode, bool wait)
{
	struct lock_request asked = { .client = client,
				      .request = request,
				      .kind = client ? LOCK_COMMAND : LOCK_ACTIVATION,
				      .mode = mode,
				      .wait = wait,
				      .pid = 812,
				      .command = client ? "lvextend -L+1g vg/lv" : "",
				      .since = request * 1000,
				      .resources = &resource,
				      .resource_count = 1 };

	bus_take(bus, n, lockspace_lock(bus->ls[n], &asked));
	bus_run(bus);
}

static inline void bus_unlock(struct bus *bus, uint32_t n, uint64_t client, const char *resource,
			      uint64_t value)
{
	struct unlock_request asked = { .client = client,
					.kind = client ? LOCK_COMMAND : LOCK_ACTIVATION,
					.resources = &resource,
					.resource_count = 1,
					.value = value };

	bus_take(bus, n, lockspace_unlock(bus->ls[n], &asked));
	bus_run(bus);
}

static inline const struct bus_event *bus_find(const struct bus *bus, enum effect_type type,
					       uint64_t request)
{
	for (size_t i = bus->count; i-- > 0;)
		if (bus->events[i].type == type && bus->events[i].request == request)
			return &bus->events[i];
	return NULL;
}

static inline bool bus_granted(const struct bus *bus, uint64_t request)
{
	return bus_find(bus, EFFECT_GRANTED, request) != NULL;
}

static inline size_t bus_count(const struct bus *bus, enum effect_type type, enum op_phase phase)
{
	size_t count = 0;

	for (size_t i = 0; i < bus->count; i++)
		count += bus->events[i].type == type && bus->events[i].phase == phase;
	return count;
}

static inline const struct effect *lockspace_fence_ack(struct lockspace *ls, uint32_t node,
						       bool no_volumes, struct err *err)
{
	return lockspace_fenced(
		ls, &(struct fence_ack){ .node = node, .no_volumes = no_volumes, .how = "test" },
		err);
}

struct bus_search {
	uint32_t node;
	enum member_state state;
	const char *resource;
	size_t locks;
	enum lock_state lock_state;
	uint64_t since;
	struct member_view member;
};

static inline bool bus_see_member(void *data, const struct member_view *member)
{
	struct bus_search *search = data;

	if (member->node == search->node)
		search->state = member->state;
	if (member->node == search->node)
		search->member = *member;
	return true;
}

static inline enum member_state bus_state(const struct bus *bus, uint32_t on, uint32_t node)
{
	struct bus_search search = { .node = node };

	lockspace_each_member(bus->ls[on], bus_see_member, &search);
	return search.state;
}

static inline bool bus_see_lock(void *data, const struct lock_view *lock)
{
	struct bus_search *search = data;

	if (!strcmp(lock->resource, search->resource)) {
		search->locks++;
		search->lock_state = lock->state;
		search->since = lock->since;
	}
	return true;
}

static inline size_t bus_locks(const struct bus *bus, uint32_t on, const char *resource)
{
	struct bus_search search = { .resource = resource };

	lockspace_each_lock(bus->ls[on], bus_see_lock, &search);
	return search.locks;
}

static inline enum lock_state bus_lock_state(const struct bus *bus, uint32_t on,
					     const char *resource)
{
	struct bus_search search = { .resource = resource };

	lockspace_each_lock(bus->ls[on], bus_see_lock, &search);
	return search.lock_state;
}

static inline uint64_t bus_since(const struct bus *bus, uint32_t on, const char *resource)
{
	struct bus_search search = { .resource = resource };

	lockspace_each_lock(bus->ls[on], bus_see_lock, &search);
	return search.since;
}

static inline struct member_view bus_member(const struct bus *bus, uint32_t on, uint32_t node)
{
	struct bus_search search = { .node = node };

	lockspace_each_member(bus->ls[on], bus_see_member, &search);
	return search.member;
}

static inline bool bus_waits_for(const struct bus *bus, uint32_t on, const char *words)
{
	char text[2048];

	lockspace_waiting_for(bus->ls[on], text, sizeof(text));
	return strstr(text, words) != NULL;
}

#endif
