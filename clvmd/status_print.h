/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Status as text and as JSON; the keys are an interface that others script against. */
#ifndef CLVMD_STATUS_PRINT_H
#define CLVMD_STATUS_PRINT_H

#include "clvmd/daemon.h"
#include "metadata/base/buf.h"

#define STATUS_TEXT_MAX ((size_t)48 << 20)

void status_print_text(struct daemon *d, struct buf *out);
/** @since: now_ns(); answers of members that are older do not count. */
void status_print_json(struct daemon *d, uint64_t since, struct buf *out);

/** What it waits for, one sentence a line: corosync, other nodes, workers. "" nothing. */
void status_waiting_for(struct daemon *d, char *text, size_t size);

#endif
