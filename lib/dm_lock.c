/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/dm_lock.h"

#include <assert.h>
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void dm_lock(void)
{
	const int rc = pthread_mutex_lock(&mutex);

	assert(!rc); /* a recursive mutex that we only use in pairs */
	(void)rc;
}

void dm_unlock(void)
{
	const int rc = pthread_mutex_unlock(&mutex);

	assert(!rc);
	(void)rc;
}
