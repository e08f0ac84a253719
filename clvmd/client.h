/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients: processes connected to /run/clvm/clvmd.sock. Only root, checked by peer credentials.
 *
 * A client is the process, not the socket (rule 22): it is known by a pidfd and its start time, and
 * its locks end when it is dead, however it lost its socket.
 */
#ifndef CLVMD_CLIENT_H
#define CLVMD_CLIENT_H

#include "clvmd/client_journal.h"
#include "clvmd/daemon.h"
#include "clvmd/link.h"

#define CLIENT_HELLO_SECONDS 10 /* to say HELLO after connecting */

struct client {
	struct client *next;
	struct daemon *d;
	struct link link;
	uint64_t number; /* never used again while the daemon runs */
	int pidfd;
	uint32_t pid;
	uint64_t start_time; /* of the process */
	uint64_t connected_at;
	bool greeted;
	bool used; /* asked the lockspace for something: it must hear of the end */
	bool dead;
	bool kept;	    /* of an earlier daemon, and has not connected again */
	bool had_operation; /* open when that one died */
	char command[LOCK_COMMAND_MAX];
};

/** Take over the listening socket. */
struct clients *clients_create(struct daemon *d, int listen_fd);
void clients_destroy(struct clients *clients);

/** Make the listening socket at @path: mode 0600, stale one replaced. Before daemonising. */
int clients_listen(const char *path, int *ret_fd, struct err *err) MUST_CHECK;

/** A client without a connection, for a process that an earlier daemon served. NULL: it has ended.
 */
struct client *clients_keep(struct daemon *d, const struct client_record *record);

void clients_each(struct daemon *d, void (*visit)(void *data, struct client *client), void *data);
struct client *client_find(struct daemon *d, uint64_t number);
size_t clients_count(const struct daemon *d);
bool client_has_locks(const struct client *client);
size_t clients_with_locks(struct daemon *d);

/** Kill every process that has locks: they are not its own any more. Says so in the log. */
void clients_kill_with_locks(struct daemon *d, const char *why);

void clients_tick(struct daemon *d, uint64_t now);

void client_send(struct client *client, const struct client_message *message);
void client_done(struct client *client, uint32_t id, int rc, const char *text);

/** The daemon's own answers in a long text: TEXT messages, then DONE. */
void client_text(struct client *client, uint32_t id, const char *text);

#endif
