/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /run/clvm/clvmd.pid: the lock on it, not the number in it, says that clvmd runs. */
#ifndef CLVMD_PIDFILE_H
#define CLVMD_PIDFILE_H

#include <sys/types.h>

#include "metadata/base/err.h"

/** Take the lock and write our pid. The fd (close-on-exec) is kept for life. -EALREADY: it runs. */
int pidfile_take(const char *path, int *ret_fd, struct err *err) MUST_CHECK;

/** At a clean end: the file stays, as others may wait for its lock, and is empty. Closes @fd. */
void pidfile_release(int fd);

/** The pid of who holds the lock; 0: nobody does. */
pid_t pidfile_holder(const char *path);

#endif
