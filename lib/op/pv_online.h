/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_OP_PV_ONLINE_H
#define LIB_OP_PV_ONLINE_H

#include "lib/op/op.h"

/** pvscan --cache -aay: activate local VGs that are complete; with @devices only theirs. */
int op_pv_online(struct context *context, struct arena *arena, const char *const *devices,
		 size_t device_count, struct err *err) MUST_CHECK;

#endif
