/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Effects of the lockspace -> messages, answers, jobs, log lines; in order, after the call. */
#ifndef CLVMD_CARRY_OUT_H
#define CLVMD_CARRY_OUT_H

#include "clvmd/daemon.h"

/** Carry out what a lockspace function returned, and see to it that lockspace_flush() follows. */
void carry_out(struct daemon *d, const struct effect *effects);

#endif
