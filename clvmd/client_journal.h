/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Client journal: /run/clvm/clients, the locks that commands have been told they hold, and who has
 * an operation open. With it the next daemon of this boot keeps those locks until the processes
 * have ended (rules 21, 22).
 *
 * One line of a fixed length for each, so that one is written alone and in place: a lock costs one
 * short write to memory, and a daemon that is killed leaves whole lines.
 */
#ifndef CLVMD_CLIENT_JOURNAL_H
#define CLVMD_CLIENT_JOURNAL_H

#include "clvmd/daemon.h"

#define CLIENT_JOURNAL_PATH CLVMD_RUN_DIR "/clients"

/* In place of a resource: the process has an operation open. */
#define CLIENT_OPERATION "operation"

struct client_record {
	uint64_t number; /* of the client */
	uint32_t pid;
	uint64_t start_time;
	const char *resource; /* or CLIENT_OPERATION */
	enum lock_mode mode;
	uint64_t since; /* of the lock: nanoseconds since 1970 */
	const char *command;
};

/** Opens the file, whatever is in it. NULL with @err. */
struct client_journal *client_journal_create(const char *path, struct err *err);
void client_journal_destroy(struct client_journal *journal);

/** What an earlier daemon left. Lines that are not valid are skipped, and free for others. */
void client_journal_each(struct client_journal *journal,
			 void (*visit)(void *data, const struct client_record *record), void *data);

/** Before the client is told. Again: its mode is changed. */
int client_journal_put(struct client_journal *journal, const struct client_record *record,
		       struct err *err) MUST_CHECK;

/** MODE_NL when it is not there. */
enum lock_mode client_journal_mode(struct client_journal *journal, uint64_t number,
				   const char *resource);

/** @resource NULL: all of this client. */
void client_journal_remove(struct client_journal *journal, uint64_t number, const char *resource);

#endif
