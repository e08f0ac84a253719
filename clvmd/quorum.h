/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quorum: corosync's quorum callbacks with their ring (model v1), to the lockspace. */
#ifndef CLVMD_QUORUM_H
#define CLVMD_QUORUM_H

#include "clvmd/daemon.h"

struct quorum *quorum_create(struct daemon *d);
void quorum_destroy(struct quorum *quorum);

bool quorum_connect(struct quorum *quorum);
void quorum_disconnect(struct quorum *quorum);

/** What the last callback said; false without corosync. */
bool quorum_is_known(const struct quorum *quorum); /* corosync has told */
void quorum_set_single(struct quorum *quorum);	   /* without corosync: always quorate */
bool quorum_is_quorate(const struct quorum *quorum);

/** "1 of 2 votes"; "" when not known. */
const char *quorum_votes(const struct quorum *quorum);

#endif
