/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/names.h"
#include "clvmd/status_print.h"
#include "clvmd/worker.h"

#define NAMES_WAIT_NS	  (700 * QB_TIME_NS_IN_MSEC) /* then with the names of before */
#define NAMES_JOB_SECONDS 60
#define WAITS_MAX	  64 /* status requests at a time; more are answered from the cache */

struct wait {
	struct wait *next;
	uint64_t client;
	uint32_t id;
	bool json;
};

struct status_waits {
	struct daemon *d;
	struct wait *first;
	size_t count;
	bool reading; /* a worker reads the names */
	qb_loop_timer_handle timer;
	bool timer_set;
};

struct status_waits *status_create(struct daemon *d)
{
	struct status_waits *waits = must_alloc(sizeof(*waits));

	waits->d = d;
	return waits;
}

void status_destroy(struct status_waits *waits)
{
	while (waits->first) {
		struct wait *next = waits->first->next;

		free(waits->first);
		waits->first = next;
	}
	free(waits);
}

static void answer(struct client *client, uint32_t id, bool json)
{
	struct buf text = { .limit = STATUS_TEXT_MAX };

	if (json)
		status_print_json(client->d, &text);
	else
		status_print_text(client->d, &text);
	client_text(client, id, text.data ? text.data : "");
	buf_free(&text);
}

static void answer_all(struct status_waits *waits)
{
	while (waits->first) {
		struct wait *wait = waits->first;
		struct client *client = client_find(waits->d, wait->client);

		waits->first = wait->next;
		waits->count--;
		if (client)
			answer(client, wait->id, wait->json);
		free(wait);
	}
	if (waits->timer_set)
		(void)qb_loop_timer_del(waits->d->loop, waits->timer);
	waits->timer_set = false;
}

static void waited_long_enough(void *data)
{
	struct status_waits *waits = data;

	waits->timer_set = false;
	answer_all(waits);
}

static void names_read(struct daemon *d, void *data, const struct worker_answer *found)
{
	(void)data;
	d->status->reading = false;
	if (!found->rc)
		names_replace(d->names, found->length ? found->data : "");
	answer_all(d->status);
}

void status_request(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;
	struct status_waits *waits = d->status;
	struct wait *wait;

	if (waits->count >= WAITS_MAX) {
		answer(client, message->id, message->json);
		return;
	}
	if (!waits->reading)
		worker_submit(d, "/names", &(struct client_message){ .type = CLIENT_WORKER_NAMES },
			      NAMES_JOB_SECONDS, names_read, NULL);
	waits->reading = true;
	wait = must_alloc(sizeof(*wait));
	*wait = (struct wait){ .next = waits->first,
			       .client = client->number,
			       .id = message->id,
			       .json = message->json };
	waits->first = wait;
	waits->count++;
	if (!waits->timer_set)
		waits->timer_set = !qb_loop_timer_add(d->loop, QB_LOOP_MED, NAMES_WAIT_NS, waits,
						      waited_long_enough, &waits->timer);
	if (!waits->timer_set)
		answer_all(waits);
}

void status_locks(struct client *client, const struct client_message *message)
{
	struct buf text = { .limit = STATUS_TEXT_MAX };

	status_print_locks(client->d, message->json, &text);
	client_text(client, message->id, text.data ? text.data : "");
	buf_free(&text);
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
	struct holders *holders = must_alloc(sizeof(*holders));

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
