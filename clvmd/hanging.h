/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hanging: what workers tell each other of devices that did not answer, so that not every job of
 * every VG waits devices/read_timeout for the same bad disk, while other nodes wait for it.
 *
 * A device in the list is asked first, and given half a second; if it answers it is as any other.
 * The list is a file in /run. A hint: when it cannot be read or written, jobs take longer.
 */
#ifndef CLVMD_HANGING_H
#define CLVMD_HANGING_H

#include "lib/context.h"

/** Before a job: leave out what is known to hang and does so still. */
void hanging_expect(struct context *context);

/** After it: what this job found. */
void hanging_remember(const struct context *context);

#endif
