/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Link: a non-blocking socket on the loop that carries client messages, to a command or to a
 * worker. Who sends half a message or does not read harms only his own link: it fails.
 */
#ifndef CLVMD_LINK_H
#define CLVMD_LINK_H

#include "clvmd/daemon.h"
#include "lib/proto/client_message.h"

#define LINK_QUEUE_MAX	   ((size_t)64 << 20) /* bytes not yet read by the other side */
#define LINK_HALF_SECONDS  10		      /* for the rest of a message, once begun */
#define LINK_STALL_SECONDS 30		      /* for the other side to read something */

struct packet;

struct link_ops {
	/* A whole message; its strings live until the return. */
	void (*message)(void *owner, const struct client_message *message);
	/* The link failed or the other side is gone: called once, from the loop, never from within
	 * a call to the link. */
	void (*closed)(void *owner, const char *why);
};

struct link {
	struct daemon *d;
	int fd; /* -1: failed or closed */
	const struct link_ops *ops;
	void *owner;
	struct client_assembly in;
	uint64_t half_since; /* 0: no message begun */
	struct packet *out_first, **out_last;
	size_t out_bytes;
	uint64_t stalled_since; /* 0: nothing waits to be sent */
	char why[128];
	bool close_pending;
};

/** Put @fd (non-blocking, taken over) on the loop. */
int link_open(struct daemon *d, struct link *link, int fd, const struct link_ops *ops, void *owner,
	      struct err *err) MUST_CHECK;

/** Queue a message. A link that fails by it says so later through closed(). */
void link_send(struct link *link, const struct client_message *message);

/** Give up on the other side: closed() is called from the loop. */
void link_fail(struct link *link, const char *why);

/** Take the socket out, to be put on another link; -1: there is none. */
int link_release(struct link *link);

/** Close without closed(). */
void link_close(struct link *link);

/** Enforce deadlines; once a second. */
void link_check(struct link *link, uint64_t now);

#endif
