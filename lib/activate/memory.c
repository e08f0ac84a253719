/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locking this process in memory while devices are suspended. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/activate/activate.h"

/* Of the process, as the lock is. */
static unsigned int depth;

void activation_memory_lock(struct context *context)
{
	if (depth++)
		return;
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		ctx_verbose(context, "Cannot lock memory: %s", strerror(errno));
}

void activation_memory_unlock(void)
{
	assert(depth);
	if (!--depth)
		(void)munlockall();
}
