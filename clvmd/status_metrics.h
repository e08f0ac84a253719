/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `clvmd metrics`: what is counted, and the state of things now, for Prometheus. */
#ifndef CLVMD_STATUS_METRICS_H
#define CLVMD_STATUS_METRICS_H

#include "clvmd/daemon.h"
#include "metadata/base/buf.h"

/** @since: as volumes_gather(). */
void status_print_metrics(struct daemon *d, uint64_t since, struct buf *out);

#endif
