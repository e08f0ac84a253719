/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Release at end of scope, for what is not in an arena: the arena itself, a buf,
 * and the odd malloc. lib/fd.h adds file descriptors.
 */
#ifndef METADATA_BASE_CLEANUP_H
#define METADATA_BASE_CLEANUP_H

#include <stdlib.h>

#include "metadata/base/arena.h"
#include "metadata/base/buf.h"

#define CLEANUP(release) __attribute__((cleanup(release)))

static inline void free_at_exit(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

#define AUTO_FREE  CLEANUP(free_at_exit)
#define AUTO_ARENA CLEANUP(arena_free)
#define AUTO_BUF   CLEANUP(buf_free)

#endif
