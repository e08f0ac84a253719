/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodelist: corosync's configured nodes and cluster name (cmap), followed as they change. */
#ifndef CLVMD_NODELIST_H
#define CLVMD_NODELIST_H

#include "clvmd/daemon.h"

struct nodelist *nodelist_create(struct daemon *d);
void nodelist_destroy(struct nodelist *nodelist);

/** Connect and read: sets d->node_name and d->cluster_name. */
bool nodelist_connect(struct nodelist *nodelist);
void nodelist_disconnect(struct nodelist *nodelist);

/** Tell the lockspace what was read. */
void nodelist_tell(struct nodelist *nodelist);

/** Node id by name (or by the id as text); 0 not known. */
uint32_t nodelist_find(const struct nodelist *nodelist, const char *name);

/** The name of a node; "node N" when it has none. In @text of NODE_NAME_MAX bytes. */
const char *nodelist_name(const struct nodelist *nodelist, uint32_t node, char *text);

/** Without corosync: this node alone. */
void nodelist_set_single(struct nodelist *nodelist);

#endif
