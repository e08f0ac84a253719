/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests: what clients asked of the lockspace and have no answer to yet; locks and operations.
 *
 * Each has a number (shared with the lockspace) and a deadline. A request whose client gave up or
 * died stays as abandoned until the lockspace has answered, so that a late grant is unlocked.
 */
#ifndef CLVMD_REQUEST_H
#define CLVMD_REQUEST_H

#include "clvmd/client.h"
#include "clvmd/daemon.h"

#define REQUESTS_PER_CLIENT_MAX 64

struct requests *requests_create(struct daemon *d);
void requests_destroy(struct requests *requests);

/* ---- from clients ---- */

void request_lock(struct client *client, const struct client_message *message);
void request_unlock(struct client *client, const struct client_message *message);
void request_cancel(struct client *client, const struct client_message *message);
void request_run(struct client *client, const struct client_message *message);
void request_phase(struct client *client, const struct client_message *message);

/* ---- from carry_out(): never call the lockspace ---- */

/** False: not a request of ours. */
bool request_granted(struct daemon *d, const struct effect *effect);
bool request_refused(struct daemon *d, const struct effect *effect);
void request_waiting(struct daemon *d, const struct effect *effect);
void request_op_result(struct daemon *d, const struct effect *effect);
void request_op_done(struct daemon *d, const struct effect *effect);

/* ---- from the loop ---- */

/** Deadlines; once a second. */
void request_tick(struct daemon *d, uint64_t now);

/** Nobody will answer: tell all clients that wait. */
void request_fail_all(struct daemon *d, const char *why);

/** Is a client in the middle of something that needs this connection? @text names it. */
bool request_find_open(struct daemon *d, char *text, size_t size);

/** The client is being freed: its requests are abandoned. Does it have any? */
bool request_client_has_any(struct daemon *d, const struct client *client);
void request_client_freed(struct daemon *d, const struct client *client);

#endif
