/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_OP_VG_RESTORE_H
#define LIB_OP_VG_RESTORE_H

#include "lib/op/session.h"

/**
 * Hold the lock of a VG that comes from a file. session->before is what the disks say of it, NULL
 * when nothing can be read. -EEXIST another VG has its name; -EPERM the disks and the file do not
 * agree on which lock it has.
 */
int vg_lock_for_restore(struct context *context, const struct vg *vg, struct session *session,
			struct err *err) MUST_CHECK;

#endif
