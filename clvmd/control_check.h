/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `clvmd check`: what is wrong, and what to do about it. */
#ifndef CLVMD_CONTROL_CHECK_H
#define CLVMD_CONTROL_CHECK_H

#include <stdbool.h>

/** Returns the exit status: 0 nothing is wrong, 1 something is, 3 clvmd does not run. */
int control_check(bool json);

#endif
