/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Adopt: what an earlier daemon of this boot left (rule 21). The kernel says which LVs are active,
 * the journal in which modes; a clustered LV that the journal does not know is claimed EX if it is
 * open, else shared.
 */
#ifndef CLVMD_ADOPT_H
#define CLVMD_ADOPT_H

#include "clvmd/daemon.h"

void adopt_start(struct daemon *d);
void adopt_tick(struct daemon *d);

/** Give the journal's LVs to a new lockspace, before it joins. */
const char *adopt_waits_for(struct daemon *d, char *text, size_t size);

void adopt_into_lockspace(struct daemon *d);

#endif
