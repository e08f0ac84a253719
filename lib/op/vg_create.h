/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of vgcreate and vgextend, for who takes them one by one (the C API). */
#ifndef LIB_OP_VG_CREATE_H
#define LIB_OP_VG_CREATE_H

#include "lib/op/op.h"
#include "lib/op/session.h"

/** -EINVAL: not a name for a new VG, or /dev has that name already. */
int vg_check_new_name(const char *name, struct err *err) MUST_CHECK;

/** UNSET: clustered when clvmd runs. */
int vg_choose_clustered(struct context *context, enum tristate asked, bool *ret_clustered,
			struct err *err) MUST_CHECK;

/** session->vg becomes a new VG as @args say, without PVs. */
int vg_fill_new(struct session *session, const struct vg_create_args *args, bool clustered,
		struct err *err) MUST_CHECK;

/** Clustered: all members see the PVs on @devices (labelled by now); a local VG: 0. */
int vg_check_members_see(struct session *session, const char *const *devices, size_t count,
			 struct err *err) MUST_CHECK;

#endif
