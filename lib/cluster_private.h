/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of lib/cluster*.c share, and clvmd's own subcommands use: the connection itself.
 */
#ifndef LIB_CLUSTER_PRIVATE_H
#define LIB_CLUSTER_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/cluster.h"
#include "lib/cluster_channel.h"

#define SOCKET_PATH_MAX 108  /* sockaddr_un's */
#define HELD_LOCKS_MAX	1024 /* of one command: `vgchange -ay` takes one VG after the other */

struct cluster {
	struct context *context; /* NULL: messages are dropped */
	struct channel channel;
	bool lost;	  /* after a failure that leaves the stream undefined: every call fails */
	bool given_up;	  /* connecting again has failed: it is not tried again */
	uint64_t session; /* our number there, to go on with what we hold */
	char path[SOCKET_PATH_MAX]; /* "": a socket that was given to us, which cannot be had again
				     */
	uint32_t next_id;
	uint32_t open_run;     /* id of the RUN whose operation is open; 0 none */
	uint32_t lock_timeout; /* seconds, of the daemon */
	uint32_t patience_ms;  /* for a lock, when that is less; 0: it is not */
	uint32_t node;
	bool scope_is_node; /* deactivation_scope of the daemon */
	char *node_name;
	char *cluster_name;
	char *version;		    /* of the daemon */
	char *held[HELD_LOCKS_MAX]; /* resources, for the order of locks (rule 11) */
	size_t held_count;
};

/** Connect to @path and say hello; @context may be NULL. -EHOSTDOWN when nobody listens. */
int cluster_connect(struct context *context, const char *path, struct cluster **ret_cluster,
		    struct err *err) MUST_CHECK;

/** Say hello on a connected socket, which is taken over also on failure. */
int cluster_connect_fd(struct context *context, int fd, struct cluster **ret_cluster,
		       struct err *err) MUST_CHECK;

/**
 * A request has failed with @rc. True: it may be sent again, for the daemon was restarted and knows
 * us, with all that we hold; or starts, and says "not yet". Waits for it, and tells why. @since:
 * when the first try began (cluster_now_ms()).
 */
bool cluster_may_repeat(struct cluster *cluster, int rc, int64_t since, struct err *err);
int64_t cluster_now_ms(void);

/** Send a request with a fresh id, which goes to message->id. */
int cluster_send(struct cluster *cluster, struct client_message *message,
		 struct err *err) MUST_CHECK;

/**
 * The next answer to request @id. Answers to others (given up before) are dropped. -ETIMEDOUT as
 * channel_receive().
 */
int cluster_receive(struct cluster *cluster, uint32_t id, int timeout_ms,
		    struct client_message *ret_message, struct err *err) MUST_CHECK;

/** Mark the connection as unusable and return @rc. */
int cluster_fail(struct cluster *cluster, int rc);

/** An answer of a type that does not belong here. */
int cluster_unexpected(struct cluster *cluster, const struct client_message *message,
		       struct err *err);

/** Send @request, pass each TEXT to @visit, return what DONE says. For the daemon's subcommands. */
int cluster_request_text(struct cluster *cluster, struct client_message *request,
			 void (*visit)(void *data, const char *text), void *data,
			 struct err *err) MUST_CHECK;

#endif
