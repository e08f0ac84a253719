/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations that are open or owed, and why a volume is suspended. */
#ifndef CLVMD_STATUS_OPS_H
#define CLVMD_STATUS_OPS_H

#include "clvmd/daemon.h"
#include "clvmd/status_json.h"

/** A list of them. */
struct json_object *status_ops_list(struct daemon *d);

/** One line for each that is open for longer than a moment. */
void status_ops_text(struct daemon *d, struct buf *out);

/** For whom the LVs of @vg are suspended, as part of a sentence; "" when no operation says so. */
void status_why_suspended(struct daemon *d, const char *vg, char *text, size_t size);

#endif
