/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/collect.h"
#include "clvmd/names.h"
#include "clvmd/status_locks.h"
#include "clvmd/status_metrics.h"
#include "clvmd/status_print.h"
#include "clvmd/status_volumes.h"
#include "clvmd/worker.h"

#define WAIT_MS		  700 /* then with what is known: all is answered within a second */
#define WAIT_MS_MAX	  30000
#define NAMES_JOB_SECONDS 60
#define WAITS_MAX	  64 /* status requests at a time; more are answered with what is known */

struct wait {
	struct wait *next;
	struct status_waits *waits;
	uint64_t client;
	uint32_t id;
	enum wait_kind { WAIT_SUMMARY, WAIT_VOLUMES, WAIT_JSON, WAIT_METRICS } kind;
	uint64_t since; /* answers count from then on */
	bool has_names;
	qb_loop_timer_handle timer;
	bool timer_set;
};

struct status_waits {
	struct daemon *d;
	struct wait *first;
	size_t count;
	bool reading; /* a worker reads the names */
	bool answer_pending;
};

struct status_waits *status_create(struct daemon *d)
{
	struct status_waits *waits = must_alloc(sizeof(*waits));

	waits->d = d;
	return waits;
}

static void free_wait(struct wait *wait)
{
	struct status_waits *waits = wait->waits;
	struct wait **at = &waits->first;

	while (*at != wait)
		at = &(*at)->next;
	*at = wait->next;
	waits->count--;
	if (wait->timer_set)
		(void)qb_loop_timer_del(waits->d->loop, wait->timer);
	free(wait);
}

void status_destroy(struct status_waits *waits)
{
	while (waits->first)
		free_wait(waits->first);
	free(waits);
}

static void answer(struct wait *wait)
{
	struct daemon *d = wait->waits->d;
	struct client *client = client_find(d, wait->client);
	struct buf text = { .limit = STATUS_TEXT_MAX };

	if (client) {
		if (wait->kind == WAIT_JSON)
			status_print_json(d, wait->since, &text);
		else if (wait->kind == WAIT_VOLUMES)
			status_volumes_text(d, wait->since, &text);
		else if (wait->kind == WAIT_METRICS)
			status_print_metrics(d, wait->since, &text);
		else
			status_print_text(d, &text);
		client_text(client, wait->id, text.data ? text.data : "");
	}
	buf_free(&text);
	free_wait(wait);
}

static void waited_long_enough(void *data)
{
	struct wait *wait = data;

	wait->timer_set = false;
	answer(wait);
}

/* Numbers are of this node, and need no names. */
static bool is_complete(const struct daemon *d, const struct wait *wait)
{
	if (wait->kind == WAIT_METRICS)
		return collect_facts(d, d->node, wait->since);
	return wait->has_names &&
	       (wait->kind == WAIT_SUMMARY || collect_is_complete(d, wait->since));
}

static void answer_complete(struct daemon *d, void *data)
{
	struct wait *next;

	(void)data;
	d->status->answer_pending = false;
	for (struct wait *wait = d->status->first; wait; wait = next) {
		next = wait->next;
		if (is_complete(d, wait))
			answer(wait);
	}
}

void status_arrived(struct daemon *d)
{
	if (!d->status->answer_pending)
		daemon_defer(d, answer_complete, NULL);
	d->status->answer_pending = true;
}

static void names_read(struct daemon *d, void *data, const struct worker_answer *found)
{
	(void)data;
	d->status->reading = false;
	if (!found->rc)
		names_replace(d->names, found->length ? found->data : "");
	for (struct wait *wait = d->status->first; wait; wait = wait->next)
		wait->has_names = true;
	status_arrived(d);
}

static void read_names(struct daemon *d)
{
	if (!d->status->reading)
		worker_submit(d, "/names", &(struct client_message){ .type = CLIENT_WORKER_NAMES },
			      NAMES_JOB_SECONDS, names_read, NULL);
	d->status->reading = true;
}

static enum wait_kind kind_of(const struct client_message *message)
{
	if (message->type == CLIENT_METRICS)
		return WAIT_METRICS;
	if (message->json)
		return WAIT_JSON;
	return message->target == STATUS_VOLUMES ? WAIT_VOLUMES : WAIT_SUMMARY;
}

static struct wait *add_wait(struct client *client, const struct client_message *message)
{
	struct status_waits *waits = client->d->status;
	struct wait *wait = must_alloc(sizeof(*wait));

	*wait = (struct wait){ .next = waits->first,
			       .waits = waits,
			       .client = client->number,
			       .id = message->id,
			       .kind = kind_of(message),
			       .since = now_ns() };
	waits->first = wait;
	waits->count++;
	return wait;
}

void status_request(struct client *client, const struct client_message *message)
{
	uint64_t ms = message->value ? message->value : WAIT_MS;
	struct daemon *d = client->d;
	struct wait *wait = add_wait(client, message);

	if (d->status->count > WAITS_MAX) {
		answer(wait);
		return;
	}
	if (ms > WAIT_MS_MAX)
		ms = WAIT_MS_MAX;
	wait->timer_set = !qb_loop_timer_add(d->loop, QB_LOOP_MED, ms * QB_TIME_NS_IN_MSEC, wait,
					     waited_long_enough, &wait->timer);
	if (!wait->timer_set) {
		answer(wait);
		return;
	}
	if (wait->kind == WAIT_METRICS) {
		collect_ask_here(d);
		return;
	}
	read_names(d);
	if (wait->kind != WAIT_SUMMARY)
		collect_ask(d);
}

void status_locks(struct client *client, const struct client_message *message)
{
	struct buf text = { .limit = STATUS_TEXT_MAX };

	status_print_locks(client->d, message->json, &text);
	client_text(client, message->id, text.data ? text.data : "");
	buf_free(&text);
}

/* ---- members ---- */

struct member_list {
	struct client *client;
	uint32_t id;
};

static bool send_member(void *data, const struct member_view *member)
{
	const struct member_list *list = data;

	client_send(list->client, &(struct client_message){
					  .type = CLIENT_MEMBER,
					  .id = list->id,
					  .node = member->node,
					  .node_name = member->name,
					  .text = member_state_name(member->state),
					  .value = member->state == MEMBER_UP && member->synced });
	return true;
}

void status_members(struct client *client, const struct client_message *message)
{
	struct member_list list = { client, message->id };

	lockspace_each_member(client->d->ls, send_member, &list);
	client_done(client, message->id, 0, "");
}

/* ---- holders ---- */

/* One row of records per node, sent when it is full and at the end. */
struct holders {
	struct client *client;
	uint32_t id;
	size_t node_count;
	struct {
		uint32_t node;
		struct buf records;
	} nodes[LOCKSPACE_NODES_MAX];
};

static void send_records(struct holders *holders, size_t i)
{
	struct buf *records = &holders->nodes[i].records;

	if (records->used)
		client_send(holders->client,
			    &(struct client_message){
				    .type = CLIENT_HOLDERS_OF,
				    .id = holders->id,
				    .node = holders->nodes[i].node,
				    .node_name = lockspace_node_name(holders->client->d->ls,
								     holders->nodes[i].node),
				    .data = records->data,
				    .data_length = records->used });
	records->used = 0;
}

static size_t row_of(struct holders *holders, uint32_t node)
{
	size_t i = 0;

	while (i < holders->node_count && holders->nodes[i].node != node)
		i++;
	if (i == holders->node_count && i < LOCKSPACE_NODES_MAX) {
		holders->nodes[i].node = node;
		holders->nodes[i].records.limit = HOLDER_RECORDS_MAX * HOLDER_RECORD_SIZE;
		holders->node_count++;
	}
	return i;
}

static bool add_holder(void *data, const struct lock_view *lock)
{
	struct holders *holders = data;
	char mode = (char)lock->mode;
	struct buf *records;
	size_t i;

	if (lock->kind != LOCK_ACTIVATION || lock->state == LOCK_WAITING ||
	    strlen(lock->resource) != HOLDER_RECORD_SIZE - 1 ||
	    (i = row_of(holders, lock->node)) == LOCKSPACE_NODES_MAX)
		return true;
	records = &holders->nodes[i].records;
	if (records->used + HOLDER_RECORD_SIZE > records->limit)
		send_records(holders, i);
	buf_add(records, &mode, 1);
	buf_add(records, lock->resource, HOLDER_RECORD_SIZE - 1);
	return true;
}

void status_holders(struct client *client, const struct client_message *message)
{
	struct holders *holders;
	char text[512];

	if (!lockspace_is_up(client->d->ls)) {
		/* Who holds what is not known here yet: not "nobody". */
		status_waiting_for(client->d, text, sizeof(text));
		client_done(client, message->id, -EAGAIN, text);
		return;
	}
	holders = must_alloc(sizeof(*holders));
	holders->client = client;
	holders->id = message->id;
	lockspace_each_lock(client->d->ls, add_holder, holders);
	for (size_t i = 0; i < holders->node_count; i++) {
		send_records(holders, i);
		buf_free(&holders->nodes[i].records);
	}
	free(holders);
	client_done(client, message->id, 0, "");
}
