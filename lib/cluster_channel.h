/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Channel: client messages over a SOCK_SEQPACKET socket, for who may block: commands, and clvmd's
 * worker processes. (clvmd itself has a non-blocking one.)
 */
#ifndef LIB_CLUSTER_CHANNEL_H
#define LIB_CLUSTER_CHANNEL_H

#include "lib/proto/client_message.h"

struct channel {
	int fd; /* owned */
	struct client_assembly assembly;
	struct arena arena; /* of the message received last */
};

#define CHANNEL_FOREVER (-1)

void channel_init(struct channel *channel, int fd);
void channel_close(struct channel *channel);

/** -EHOSTDOWN when the other side is gone. */
int channel_send(struct channel *channel, const struct client_message *message,
		 struct err *err) MUST_CHECK;

/**
 * The next message; its strings live until the next call. -ETIMEDOUT after @timeout_ms without a
 * packet (call again to go on), -EHOSTDOWN when the other side is gone, -EBADMSG.
 */
int channel_receive(struct channel *channel, int timeout_ms, struct client_message *ret_message,
		    struct err *err) MUST_CHECK;

#endif
