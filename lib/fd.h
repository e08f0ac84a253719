/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_FD_H
#define LIB_FD_H

#include <unistd.h>

#include "metadata/base/cleanup.h"

static inline void close_at_exit(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* Start with -1. */
#define AUTO_CLOSE CLEANUP(close_at_exit)

#endif
