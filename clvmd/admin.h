/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests of the administrator: `clvmd fence-ack`, `clvmd stop`. */
#ifndef CLVMD_ADMIN_H
#define CLVMD_ADMIN_H

#include "clvmd/client.h"

void admin_fence_ack(struct client *client, const struct client_message *message);
void admin_stop(struct client *client, const struct client_message *message);
void admin_ready(struct client *client, const struct client_message *message);
void admin_blackbox(struct client *client, const struct client_message *message);

/** GOODBYE was sent: end when it is on its way. Once a second. */
void admin_tick(struct daemon *d);

#endif
