/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the daemon speaks: syslog, stderr in the foreground, and libqb's black box. */
#ifndef CLVMD_LOG_H
#define CLVMD_LOG_H

#include <stdbool.h>
#include <syslog.h>

#include "metadata/base/err.h"

#define CLVMD_BLACKBOX_PATH "/run/clvm/blackbox"
#define CLVMD_CRASH_PATH    "/run/clvm/blackbox.crash" /* of a daemon that crashed */

/** @debug: 0 no, 1 to stderr, 2 to syslog. A crash writes the black box from now on. */
void log_open(const char *name, bool to_stderr, unsigned int debug);
void log_to_stderr(bool enabled);
void log_close(void);

/** One line; @level as syslog's. */
void log_line(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Also tell @watcher of each line of LOG_ERR or worse; NULL: nobody. */
void log_watch_errors(void (*watcher)(void *data, const char *text), void *data);

/** Off: its memory is given back, before this process becomes another program. */
void log_keep_blackbox(bool on);

/** Write the black box, the last messages of all levels, for qb-blackbox. */
int log_write_blackbox(const char *path, struct err *err);

#endif
