/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which volume is what on which node: the matrix for people, the lists for programs. */
#ifndef CLVMD_STATUS_VOLUMES_H
#define CLVMD_STATUS_VOLUMES_H

#include "clvmd/daemon.h"
#include "clvmd/status_json.h"

/** Adds "volumes", "locks_held" and "locks_waiting". @since: as volumes_gather(). */
void status_volumes_json(struct daemon *d, uint64_t since, struct json_object *status);

void status_volumes_text(struct daemon *d, uint64_t since, struct buf *out);

#endif
