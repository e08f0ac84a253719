/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the metadata areas of a VG hold its text. */
#ifndef LIB_OP_PV_AREAS_H
#define LIB_OP_PV_AREAS_H

#include "lib/op/op.h"
#include "lib/op/session.h"

/**
 * From the next write of the session's VG on, the areas of that PV are in use or ignored. Where the
 * VG says how many are to be, that number changes too, once the user has agreed. -EEXIST: they all
 * are already; -EPERM: they are the last ones in use; -ECANCELED.
 */
int pv_areas_ignore(struct session *session, const struct pv_disk *pv_disk, bool ignore,
		    struct err *err) MUST_CHECK;

/** The same for an orphan, at once. */
int orphan_areas_ignore(struct pv_disk *pv_disk, bool ignore, struct err *err) MUST_CHECK;

/** vgchange --vgmetadatacopies: @copies as in struct vg_change_args. */
void vg_areas_set_copies(struct session *session, int copies);

#endif
