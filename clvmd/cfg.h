/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Corosync asks before it is stopped: no, while clustered LVs are active here. */
#ifndef CLVMD_CFG_H
#define CLVMD_CFG_H

#include "clvmd/daemon.h"

struct cfg *cfg_create(struct daemon *d);
void cfg_destroy(struct cfg *cfg);

/** Without it corosync does not ask: a warning, nothing else. */
void cfg_connect(struct cfg *cfg);
void cfg_disconnect(struct cfg *cfg);

#endif
