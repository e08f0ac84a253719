/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Status: what `clvmd status` and `clvmd locks` show, and who holds which LV. Answers within a
 * second whatever hangs: names of VGs and LVs come from a cache when the disks do not answer.
 */
#ifndef CLVMD_STATUS_H
#define CLVMD_STATUS_H

#include "clvmd/client.h"

struct status_waits *status_create(struct daemon *d);
void status_destroy(struct status_waits *waits);

/** Something that a status waits for is here: asked or not, never from within an answer. */
void status_arrived(struct daemon *d);

void status_request(struct client *client, const struct client_message *message);
void status_locks(struct client *client, const struct client_message *message);
void status_members(struct client *client, const struct client_message *message);
void status_holders(struct client *client, const struct client_message *message);

#endif
