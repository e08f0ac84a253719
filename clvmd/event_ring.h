/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Event ring: the last things that happened, as text. Pure: who adds tells the time.
 *
 * The types' names and the fields' are an interface that others script against: never renamed.
 *
 *	membership	state, was		a member's state as in `clvmd status`
 *	quorum		quorate
 *	table		state, reason		"running" or "paused"
 *	lock		resource, mode, result, seconds, pid, command, reason
 *						granted late, or not at all
 *	activation	vg, lvs, mode, result	on this node; deactivation the same
 *	commit		vg, seqno		metadata of a clustered VG
 *	fence		step, how, seconds	asked, confirmed, failed, acknowledged
 *	freeze, thaw	lvs
 *	operation	kind, vg, result	of a job that failed
 *	recovery	vg, metadata		an interrupted change was settled: new or old
 *	error		text
 *	start, stop	version; reason
 *	lost		count			only to a reader that was too slow
 */
#ifndef CLVMD_EVENT_RING_H
#define CLVMD_EVENT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "metadata/base/buf.h"

#define EVENTS_MAX	 1024u /* in the ring */
#define EVENT_FIELD_MAX	 512u  /* characters of one field; longer ones are cut */
#define EVENT_LINE_MAX	 8192u
#define EVENT_FIELDS_MAX 10u

enum event_type {
	EVENT_MEMBERSHIP = 1,
	EVENT_QUORUM,
	EVENT_TABLE,
	EVENT_LOCK,
	EVENT_ACTIVATION,
	EVENT_DEACTIVATION,
	EVENT_COMMIT,
	EVENT_FENCE,
	EVENT_FREEZE,
	EVENT_THAW,
	EVENT_OPERATION,
	EVENT_RECOVERY,
	EVENT_ERROR,
	EVENT_START,
	EVENT_STOP,
	EVENT_LOST,
	EVENT_TYPES /* one more than the last */
};

/* A field with no text is a number. Empty texts are not shown. */
struct event_field {
	const char *name, *text;
	uint64_t number;
};

struct event {
	enum event_type type;
	struct timespec time; /* CLOCK_REALTIME */
	const char *node;     /* where it happened */
	const struct event_field *fields;
	size_t field_count;
};

const char *event_type_name(enum event_type type);

/** One line with its newline, for people or as a JSON object. */
void event_print(const struct event *event, bool json, struct buf *out);

struct event_ring;

/** NULL without memory. */
struct event_ring *event_ring_create(void);
void event_ring_destroy(struct event_ring *ring);

/** Keep a copy. An event that there is no memory for is counted as dropped. */
void event_ring_add(struct event_ring *ring, const struct event *event);

/** All lines, oldest first. */
void event_ring_each(const struct event_ring *ring, bool json,
		     void (*visit)(void *data, const char *line), void *data);

/** How many were ever added; how many of them are not in the ring any more. */
uint64_t event_ring_total(const struct event_ring *ring);
uint64_t event_ring_dropped(const struct event_ring *ring);

#endif
