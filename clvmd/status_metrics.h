/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `clvmd metrics`: what is counted, and the state of things now, for Prometheus. */
#ifndef CLVMD_STATUS_METRICS_H
#define CLVMD_STATUS_METRICS_H

#include "clvmd/client.h"

/** CLIENT_METRICS. */
void status_metrics(struct client *client, const struct client_message *message);

#endif
