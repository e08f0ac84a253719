/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events: what happened, kept in a ring and sent to who follows (`clvmd events`).
 *
 * Who learns of something adds an event, also while effects are carried out: adding neither blocks
 * nor calls the lockspace. A follower that does not read is told later how many it lost.
 *
 *	event_add(d, EVENT_FENCE, node, event_text("step", "asked"), event_text("how", "exec"));
 */
#ifndef CLVMD_EVENT_H
#define CLVMD_EVENT_H

#include "clvmd/client.h"
#include "clvmd/event_ring.h"

#define EVENT_FOLLOWERS_MAX 64u
#define EVENT_QUEUE_MAX	    262144u /* bytes that a follower has not read yet */

struct events *events_create(struct daemon *d);
void events_destroy(struct events *events);

static inline struct event_field event_text(const char *name, const char *text)
{
	return (struct event_field){ .name = name, .text = text ? text : "" };
}

static inline struct event_field event_number(const char *name, uint64_t number)
{
	return (struct event_field){ .name = name, .number = number };
}

void event_add_fields(struct daemon *d, enum event_type type, uint32_t node,
		      const struct event_field *fields, size_t count);

/** Add an event that happened on @node; 0: on this one. At least one field. */
#define event_add(d, type, node, ...)                                                      \
	event_add_fields((d), (type), (node), (const struct event_field[]){ __VA_ARGS__ }, \
			 sizeof((const struct event_field[]){ __VA_ARGS__ }) /             \
				 sizeof(struct event_field))

/**
 * Look for what changed in the lockspace: quorum, running and, when it said that one changed, the
 * members' states. After each call to it: so it must cost nothing when nothing did.
 */
void events_watch(struct daemon *d, bool members_changed);

/** When @node came into its present state, by this node's CLOCK_REALTIME in seconds; 0: unknown. */
uint64_t events_member_since(const struct daemon *d, uint32_t node);

/** Was a commit of @vg with this seqno told already? From now on it was. */
bool events_commit_is_known(struct daemon *d, const char *vg, uint64_t seqno);

/** The VG is new, or gone: its seqnos begin again. */
void events_forget_commits(struct daemon *d, const char *vg);

uint64_t events_total(const struct daemon *d);
uint64_t events_lost(const struct daemon *d); /* by followers that did not read */

/** CLIENT_EVENTS. */
void events_request(struct client *client, const struct client_message *message);

void events_tick(struct daemon *d);

#endif
