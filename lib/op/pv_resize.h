/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_OP_PV_RESIZE_H
#define LIB_OP_PV_RESIZE_H

#include "lib/op/op.h"
#include "lib/op/session.h"

/** What op_pv_resize() does for a PV of an open VG (SESSION_WRITE); commits. As in_session.h. */
int pv_resize_in(struct session *session, const struct uuid *id, uint64_t sectors,
		 struct err *err) MUST_CHECK;

#endif
