/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_OP_VG_MISSING_H
#define LIB_OP_VG_MISSING_H

#include "lib/op/session.h"

/** vgreduce --removemissing, of a VG opened with SESSION_WRITE_PARTIAL. With --force the LVs that
 * had something on missing PVs go first. */
int vg_remove_missing(struct session *session, struct err *err) MUST_CHECK;

#endif
