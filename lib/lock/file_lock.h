/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks of local VGs: LVM2's own flock files under /run/lock/lvm (V_<vg>, P_global), so that both
 * suites can live on one machine.
 */
#ifndef LIB_LOCK_FILE_LOCK_H
#define LIB_LOCK_FILE_LOCK_H

#include <stdbool.h>

#include "lib/context.h"

struct file_lock;

/** @resource is "V_<vg>" or "P_global". Waits unless global/wait_for_locks=0 (-EBUSY with
 * the line that LVM2 prints before "Can't get lock for ..."). -EACCES. Takes nothing with
 * --nolocking or --readonly. */
int file_lock_take(struct context *context, const char *resource, bool exclusive,
		   struct file_lock **ret_lock, struct err *err) MUST_CHECK;
void file_lock_release(struct file_lock *lock);

#endif
