/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `clvmd locks`: who holds what, who waits, and for whom. */
#ifndef CLVMD_STATUS_LOCKS_H
#define CLVMD_STATUS_LOCKS_H

#include "clvmd/daemon.h"
#include "metadata/base/buf.h"

void status_print_locks(struct daemon *d, bool json, struct buf *out);

#endif
