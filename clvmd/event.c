/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/log.h"
#include "clvmd/quorum.h"

#define WAITING_MAX   1024
#define COMMITS_KNOWN 64

struct follower {
	struct follower *next;
	uint64_t client;
	uint32_t id;
	bool json;
	uint64_t lost; /* since it was last told */
};

/* A commit shows in two ways, one after the other: the last ones are remembered. */
struct known_commit {
	char vg[RESOURCE_NAME_MAX];
	uint64_t seqno;
};

struct watched_member {
	uint32_t node; /* 0: free */
	enum member_state state;
	uint64_t since;
};

struct events {
	struct daemon *d;
	struct event_ring *ring;
	struct follower *followers;
	size_t follower_count;
	uint64_t lost;
	bool quorate, running;
	struct watched_member members[LOCKSPACE_NODES_MAX];
	struct known_commit commits[COMMITS_KNOWN];
	size_t next_commit;
};

static void add_error(void *data, const char *text)
{
	event_add((struct daemon *)data, EVENT_ERROR, 0, event_text("text", text));
}

struct events *events_create(struct daemon *d)
{
	struct events *events = must_alloc(sizeof(*events));

	events->d = d;
	if (!(events->ring = event_ring_create()))
		abort(); /* at start only */
	log_watch_errors(add_error, d);
	return events;
}

void events_destroy(struct events *events)
{
	while (events->followers) {
		struct follower *next = events->followers->next;

		free(events->followers);
		events->followers = next;
	}
	log_watch_errors(NULL, NULL);
	event_ring_destroy(events->ring);
	events->d->events = NULL;
	free(events);
}

/* ---- followers ---- */

static void send_line(struct client *client, uint32_t id, const char *line)
{
	client_send(client,
		    &(struct client_message){ .type = CLIENT_TEXT, .id = id, .text = line });
}

static void send_event(struct client *client, const struct follower *follower,
		       const struct event *event)
{
	struct buf line = { .limit = EVENT_LINE_MAX };

	event_print(event, follower->json, &line);
	if (line.data && !line.failed)
		send_line(client, follower->id, line.data);
	buf_free(&line);
}

static bool has_room(const struct client *client)
{
	return client->link.out_bytes < EVENT_QUEUE_MAX;
}

/* It reads again: say what it missed. */
static void tell_lost(struct client *client, struct follower *follower)
{
	struct event_field count = event_number("count", follower->lost);
	struct event event = {
		.type = EVENT_LOST, .node = client->d->node_name, .fields = &count, .field_count = 1
	};

	if (!follower->lost || !has_room(client))
		return;
	(void)clock_gettime(CLOCK_REALTIME, &event.time);
	follower->lost = 0;
	send_event(client, follower, &event);
}

static void drop_follower(struct events *events, struct follower **at)
{
	struct follower *gone = *at;

	*at = gone->next;
	events->follower_count--;
	free(gone);
}

/* To all who are still there; @event NULL: only tell who lost some. */
static void send_to_followers(struct events *events, const struct event *event)
{
	struct follower **at = &events->followers;

	while (*at) {
		struct follower *follower = *at;
		struct client *client = client_find(events->d, follower->client);

		if (!client || client->link.fd < 0) {
			drop_follower(events, at);
			continue;
		}
		tell_lost(client, follower);
		if (event && !follower->lost && has_room(client)) {
			send_event(client, follower, event);
		} else if (event) {
			follower->lost++;
			events->lost++;
		}
		at = &follower->next;
	}
}

struct ring_dump {
	struct client *client;
	uint32_t id;
	struct buf text;
};

/* Several lines in a message: the ring is long. */
static void dump_line(void *data, const char *line)
{
	struct ring_dump *dump = data;

	if (dump->text.used + strlen(line) > CLIENT_TEXT_CHUNK) {
		send_line(dump->client, dump->id, dump->text.data);
		dump->text.used = 0;
	}
	buf_puts(&dump->text, line);
}

void events_request(struct client *client, const struct client_message *message)
{
	struct ring_dump dump = { client, message->id, { .limit = CLIENT_TEXT_MAX } };
	struct events *events = client->d->events;
	struct follower *follower;

	event_ring_each(events->ring, message->json, dump_line, &dump);
	if (dump.text.used)
		send_line(client, message->id, dump.text.data);
	buf_free(&dump.text);
	if (!message->wait) {
		client_done(client, message->id, 0, "");
		return;
	}
	send_to_followers(events, NULL); /* forgets those that are gone */
	if (events->follower_count >= EVENT_FOLLOWERS_MAX) {
		client_done(client, message->id, -EUSERS,
			    "Too many processes follow the events of clvmd already.");
		return;
	}
	follower = must_alloc(sizeof(*follower));
	*follower = (struct follower){ .next = events->followers,
				       .client = client->number,
				       .id = message->id,
				       .json = message->json };
	events->followers = follower;
	events->follower_count++;
}

void events_tick(struct daemon *d)
{
	send_to_followers(d->events, NULL);
}

/* ---- adding ---- */

void event_add_fields(struct daemon *d, enum event_type type, uint32_t node,
		      const struct event_field *fields, size_t count)
{
	struct event event = { .type = type, .fields = fields, .field_count = count };

	if (!d->events)
		return; /* not yet, or not any more */
	event.node =
		node && node != d->node && d->ls ? lockspace_node_name(d->ls, node) : d->node_name;
	(void)clock_gettime(CLOCK_REALTIME, &event.time);
	event_ring_add(d->events->ring, &event);
	send_to_followers(d->events, &event);
}

bool events_commit_is_known(struct daemon *d, const char *vg, uint64_t seqno)
{
	struct known_commit *commits = d->events->commits;

	for (size_t i = 0; i < COMMITS_KNOWN; i++)
		if (commits[i].seqno == seqno && !strcmp(commits[i].vg, vg))
			return true;
	commits += d->events->next_commit;
	(void)snprintf(commits->vg, sizeof(commits->vg), "%s", vg);
	commits->seqno = seqno;
	d->events->next_commit = (d->events->next_commit + 1) % COMMITS_KNOWN;
	return false;
}

void events_forget_commits(struct daemon *d, const char *vg)
{
	for (size_t i = 0; i < COMMITS_KNOWN; i++)
		if (!strcmp(d->events->commits[i].vg, vg))
			d->events->commits[i].vg[0] = '\0';
}

uint64_t events_total(const struct daemon *d)
{
	return event_ring_total(d->events->ring);
}

uint64_t events_lost(const struct daemon *d)
{
	return d->events->lost;
}

/* ---- watching the lockspace ---- */

static const struct watched_member *find_member(const struct events *events, uint32_t node)
{
	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++)
		if (events->members[i].node == node)
			return &events->members[i];
	return NULL;
}

uint64_t events_member_since(const struct daemon *d, uint32_t node)
{
	const struct watched_member *member = node ? find_member(d->events, node) : NULL;

	return member ? member->since : 0;
}

static struct watched_member *member_slot(struct events *events, uint32_t node)
{
	struct watched_member *unused = NULL;

	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++) {
		if (events->members[i].node == node)
			return &events->members[i];
		if (!events->members[i].node && !unused)
			unused = &events->members[i];
	}
	return unused;
}

static bool watch_member(void *data, const struct member_view *view)
{
	struct daemon *d = data;
	struct watched_member *member = member_slot(d->events, view->node);
	const char *was;

	if (!member || (member->node && member->state == view->state))
		return true;
	was = member->node ? member_state_name(member->state) : "";
	*member = (struct watched_member){ .node = view->node,
					   .state = view->state,
					   .since = (uint64_t)time(NULL) };
	/* What was never here is no news. */
	if (*was || view->state != MEMBER_ABSENT)
		event_add(d, EVENT_MEMBERSHIP, view->node,
			  event_text("state", member_state_name(view->state)),
			  event_text("was", was));
	return true;
}

static void watch_table(struct daemon *d)
{
	bool running = lockspace_is_running(d->ls);
	char reason[WAITING_MAX] = "";

	if (running == d->events->running)
		return;
	d->events->running = running;
	if (!running)
		lockspace_waiting_for(d->ls, reason, sizeof(reason));
	reason[strcspn(reason, "\n")] = '\0';
	event_add(d, EVENT_TABLE, 0, event_text("state", running ? "running" : "paused"),
		  event_text("reason", reason));
}

void events_watch(struct daemon *d, bool members_changed)
{
	bool quorate = lockspace_is_quorate(d->ls);

	if (members_changed)
		lockspace_each_member(d->ls, watch_member, d);
	if (quorate != d->events->quorate)
		event_add(d, EVENT_QUORUM, 0, event_text("quorate", quorate ? "yes" : "no"),
			  event_text("votes", quorum_votes(d->quorum)));
	d->events->quorate = quorate;
	watch_table(d);
}
