/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stuck: what a worker's job is at, and which device it waits for. Reads sysfs only, which answers
 * also when devices do not.
 */
#ifndef CLVMD_STUCK_H
#define CLVMD_STUCK_H

#include <stddef.h>

#include "lib/proto/client_message.h"

/**
 * For people: "suspending vg/lv0; /dev/sdc does not answer". Devices are those under the job's LVs
 * that have requests in flight or are suspended.
 */
void stuck_describe(const struct client_message *message, char *text, size_t size);

#endif
