/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libdevmapper says, kept instead of printed.
 *
 * libdevmapper has one log function per process and does not tell which. Opening a capture makes it
 * ours, and it stays: outside of a capture what libdevmapper says is dropped, for a library does
 * not print. Captures do not nest.
 */
#ifndef LIB_DM_LOG_H
#define LIB_DM_LOG_H

#include "metadata/base/buf.h"

/* Lines joined by '\n'. Release with dm_log_capture_free(). */
struct dm_log_capture {
	struct buf errors;
	struct buf warnings;
};

void dm_log_capture_begin(struct dm_log_capture *capture);
void dm_log_capture_end(void);
void dm_log_capture_free(struct dm_log_capture *capture);

struct context;

/**
 * Between these two what libdevmapper prints (rows of reports) and says goes to @context's
 * messages. No capture may be open.
 */
void dm_log_to_context_begin(struct context *context);
void dm_log_to_context_end(void);

#endif
