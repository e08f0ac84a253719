/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which extents of which PV are in use, and by which segment: the areas of all segments, by PV.
 */
#ifndef METADATA_USED_RUNS_H
#define METADATA_USED_RUNS_H

#include "metadata/model.h"

/* What one area of a segment uses of its PV. */
struct used_run {
	uint32_t start; /* PE */
	uint32_t count; /* extents */
	const struct seg *seg;
};

struct used_runs {
	struct used_run *items; /* by PV in the order of vg->pvs, then by start */
	size_t *first;		/* those of vg->pvs[i] are first[i] to first[i + 1] - 1 */
	size_t count;
};

/**
 * All areas of @vg that are on PVs, in @arena. Runs may overlap or lie outside their PV when
 * vg_check() has not seen the VG. Linear, and a sort of each PV whose LVs do not use it in their
 * own order. -EUCLEAN: an area is on a PV that is not of the VG; -ENOMEM.
 */
int used_runs_build(const struct vg *vg, struct arena *arena, struct used_runs *ret_runs,
		    struct err *err) MUST_CHECK;

#endif
