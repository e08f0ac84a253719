/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `clvmd events`: prints what clvmd has kept, and what comes. */
#ifndef CLVMD_CONTROL_EVENTS_H
#define CLVMD_CONTROL_EVENTS_H

#include <stdbool.h>

/** Returns the exit status. */
int control_events(bool json, bool follow);

#endif
