/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settle: operations that the journal of an earlier daemon knows and the cluster does not (all
 * daemons died). Nobody will say what is to become of them, and whoever drove them has lost his
 * connection: what is committed on the disk is the truth, and what is suspended is resumed to it.
 */
#ifndef CLVMD_SETTLE_H
#define CLVMD_SETTLE_H

#include "clvmd/daemon.h"

#define SETTLE_SECONDS 15 /* up, for the cluster to say what becomes of old operations */

/** Once a second. */
void settle_tick(struct daemon *d, uint64_t now);

#endif
