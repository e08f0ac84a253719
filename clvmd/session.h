/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions: commands that outlive the daemon, or their connection to it. What they hold is in the
 * client journal; the next daemon keeps it until they have ended, and lets them go on with it when
 * they connect again.
 */
#ifndef CLVMD_SESSION_H
#define CLVMD_SESSION_H

#include "clvmd/client.h"

/** Opens the journal. NULL with @err. */
struct sessions *sessions_create(struct daemon *d, struct err *err);
void sessions_destroy(struct sessions *sessions);

/** Make clients of the processes that an earlier daemon left and that still run. Once, at start. */
void sessions_read(struct daemon *d);

/**
 * A process that had an operation open when the daemon before died may be writing its commit: it
 * must end before we join, which settles the operation. Its description for people; NULL: none.
 */
const char *sessions_wait_for(struct daemon *d, char *text, size_t size);

/** Claim the locks of those that live: when the lockspace is created, before joining. */
void sessions_adopt(struct daemon *d);

/** HELLO named a session: @client's connection becomes that one's. NULL: cannot be. */
struct client *session_take_up(struct client *client, uint64_t number);

/* ---- what a client holds ---- */

/** Before it is told of the grant. */
int session_locked(struct client *client, const char *resource, enum lock_mode mode,
		   struct err *err) MUST_CHECK;
/** Before a weaker mode is asked for. */
int session_weakens(struct client *client, const char *resource, enum lock_mode mode,
		    struct err *err) MUST_CHECK;
/** Before the lock is given back. */
void session_unlocked(struct client *client, const char *resource);
/** Before PREPARE is sent; and when the operation is over. */
int session_op_opened(struct client *client, struct err *err) MUST_CHECK;
void session_op_closed(struct client *client);
/** The process has ended. */
void session_gone(struct client *client);

#endif
