/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_OP_VG_CLUSTERED_H
#define LIB_OP_VG_CLUSTERED_H

#include "lib/op/session.h"

/**
 * vgchange -cy / -cn. Only while no LV of the VG is active on any node: a local VG's activation is
 * known to no lock, and a clustered one's locks would outlive the flag. -EALREADY when it is so
 * already.
 */
int vg_set_clustered(struct context *context, const char *name, bool clustered,
		     struct err *err) MUST_CHECK;

#endif
