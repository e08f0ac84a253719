/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clvmd/client_journal.h"
#include "clvmd/log.h"
#include "lib/process.h"

/* A lock to claim. */
struct kept_lock {
	struct kept_lock *next;
	uint64_t client;
	enum lock_mode mode;
	uint64_t since;
	char resource[RESOURCE_NAME_MAX];
};

struct sessions {
	struct daemon *d;
	struct client_journal *journal;
	struct kept_lock *kept;
};

struct sessions *sessions_create(struct daemon *d, struct err *err)
{
	struct client_journal *journal = client_journal_create(CLIENT_JOURNAL_PATH, err);
	struct sessions *sessions;

	if (!journal)
		return NULL;
	sessions = must_alloc(sizeof(*sessions));
	sessions->d = d;
	sessions->journal = journal;
	return sessions;
}

static void forget_kept(struct sessions *sessions)
{
	while (sessions->kept) {
		struct kept_lock *next = sessions->kept->next;

		free(sessions->kept);
		sessions->kept = next;
	}
}

void sessions_destroy(struct sessions *sessions)
{
	if (!sessions)
		return;
	forget_kept(sessions);
	client_journal_destroy(sessions->journal);
	free(sessions);
}

/* ---- what an earlier daemon left ---- */

static void keep_lock(struct sessions *sessions, const struct client_record *record)
{
	struct kept_lock *lock = must_alloc(sizeof(*lock));

	lock->client = record->number;
	lock->mode = record->mode;
	lock->since = record->since;
	(void)snprintf(lock->resource, sizeof(lock->resource), "%s", record->resource);
	lock->next = sessions->kept;
	sessions->kept = lock;
}

static void read_one(void *data, const struct client_record *record)
{
	struct sessions *sessions = data;
	struct daemon *d = sessions->d;
	struct client *client = client_find(d, record->number);

	if (process_start_time((pid_t)record->pid) != record->start_time)
		client = NULL;
	else if (!client)
		client = clients_keep(d, record);
	if (!client) {
		client_journal_remove(sessions->journal, record->number, record->resource);
		return;
	}
	if (!strcmp(record->resource, CLIENT_OPERATION))
		client->had_operation = true;
	else
		keep_lock(sessions, record);
}

void sessions_read(struct daemon *d)
{
	client_journal_each(d->sessions->journal, read_one, d->sessions);
}

struct search {
	const struct client *found;
};

static void note_operation(void *data, struct client *client)
{
	struct search *search = data;

	if (client->had_operation)
		search->found = client;
}

const char *sessions_wait_for(struct daemon *d, char *text, size_t size)
{
	struct search search = { NULL };

	clients_each(d, note_operation, &search);
	if (!search.found)
		return NULL;
	(void)snprintf(text, size,
		       "the end of \"%s\" (pid %u), which was in the middle of a change when clvmd "
		       "ended",
		       search.found->command, search.found->pid);
	return text;
}

void sessions_adopt(struct daemon *d)
{
	for (const struct kept_lock *lock = d->sessions->kept; lock; lock = lock->next) {
		const struct client *client = client_find(d, lock->client);
		struct adopted_client adopted;
		struct err err;

		if (!client)
			continue; /* has ended meanwhile */
		adopted = (struct adopted_client){ client->number, client->pid, client->command };
		if (lockspace_adopt_command(d->ls, &adopted, lock->resource, lock->mode,
					    lock->since, &err))
			log_line(LOG_ERR, "Lock %s of \"%s\" (pid %u): %s", lock->resource,
				 client->command, client->pid, err.text);
		else
			log_line(LOG_INFO, "Lock %s stays with \"%s\" (pid %u) until it ends.",
				 lock->resource, client->command, client->pid);
	}
	forget_kept(d->sessions);
}

struct client *session_take_up(struct client *client, uint64_t number)
{
	struct client *known = client_find(client->d, number);
	struct err err;
	int fd;

	if (!known || known == client || known->link.fd >= 0 || known->pid != client->pid ||
	    known->start_time != client->start_time)
		return NULL;
	link_close(&known->link);
	if ((fd = link_release(&client->link)) < 0)
		return NULL;
	if (link_open(known->d, &known->link, fd, client->link.ops, known, &err)) {
		log_line(LOG_ERR, "%s", err.text);
		return NULL;
	}
	known->connected_at = client->connected_at;
	known->kept = false;
	known->had_operation = false; /* who connects is not writing: it has given up its change */
	return known;
}

/* ---- what a client holds ---- */

static int put(struct client *client, const char *resource, enum lock_mode mode, struct err *err)
{
	return client_journal_put(client->d->sessions->journal,
				  &(struct client_record){ .number = client->number,
							   .pid = client->pid,
							   .start_time = client->start_time,
							   .resource = resource,
							   .mode = mode,
							   .since = wall_ns(),
							   .command = client->command },
				  err);
}

int session_locked(struct client *client, const char *resource, enum lock_mode mode,
		   struct err *err)
{
	return put(client, resource, mode, err);
}

int session_weakens(struct client *client, const char *resource, enum lock_mode mode,
		    struct err *err)
{
	enum lock_mode held =
		client_journal_mode(client->d->sessions->journal, client->number, resource);

	if (held == MODE_NL || held == mode || !lock_mode_covers(held, mode))
		return 0;
	return put(client, resource, mode, err);
}

void session_unlocked(struct client *client, const char *resource)
{
	client_journal_remove(client->d->sessions->journal, client->number, resource);
}

int session_op_opened(struct client *client, struct err *err)
{
	return put(client, CLIENT_OPERATION, MODE_NL, err);
}

void session_op_closed(struct client *client)
{
	client_journal_remove(client->d->sessions->journal, client->number, CLIENT_OPERATION);
}

void session_gone(struct client *client)
{
	client_journal_remove(client->d->sessions->journal, client->number, NULL);
}
