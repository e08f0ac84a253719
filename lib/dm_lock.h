/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libdevmapper keeps its state in globals: who calls it holds this lock, one thread of the process
 * at a time. The same thread may take it again. Never held while waiting for a lock of the cluster
 * or a VG.
 */
#ifndef LIB_DM_LOCK_H
#define LIB_DM_LOCK_H

void dm_lock(void);
void dm_unlock(void);

#endif
