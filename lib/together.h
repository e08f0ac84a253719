/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same thing for many devices at a time: what waits for one disk need not keep the others
 * waiting.
 */
#ifndef LIB_TOGETHER_H
#define LIB_TOGETHER_H

#include <stddef.h>

/** Called once for each index; must not touch what belongs to another, nor report anything. */
typedef void together_fn(void *data, size_t index);

/* Of what is soon done: for so many, starting threads takes longer than it saves. */
#define TOGETHER_FEW 4

/**
 * @fn for 0 to @count - 1, from several threads when there are more than @few, and return when all
 * have. Up to @few are done in their order by the caller alone, and so are all when no thread is to
 * be had. Signals stay with the caller's thread.
 */
void together_run(size_t count, size_t few, together_fn *fn, void *data);

#endif
