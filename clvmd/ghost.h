/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This node was written off and is not dead (rule 19): its clustered LVs are put on the error
 * target, also open ones, commands that have locks are killed, and what is not in use any more is
 * removed, until nothing is left and the lockspace joins as new.
 */
#ifndef CLVMD_GHOST_H
#define CLVMD_GHOST_H

#include "clvmd/daemon.h"

#define GHOST_AGAIN_SECONDS 5 /* for volumes that were open, or could not be reached */

/** EFFECT_GHOST: sent to the workers from the loop. */
void ghost_stop(struct daemon *d, const struct effect *effect);

/** Goes on until no LV of this node is active. */
void ghost_tick(struct daemon *d, uint64_t now);

#endif
