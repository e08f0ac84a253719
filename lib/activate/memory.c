/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locking this process in memory while devices are suspended. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/activate/activate.h"

/* Of the process, as the lock is. */
static unsigned int depth;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void activation_memory_lock(struct context *context)
{
	(void)pthread_mutex_lock(&mutex);
	if (!depth++ && mlockall(MCL_CURRENT | MCL_FUTURE))
		ctx_verbose(context, "Cannot lock memory: %s", strerror(errno));
	(void)pthread_mutex_unlock(&mutex);
}

void activation_memory_unlock(void)
{
	(void)pthread_mutex_lock(&mutex);
	assert(depth);
	if (!--depth)
		(void)munlockall();
	(void)pthread_mutex_unlock(&mutex);
}
