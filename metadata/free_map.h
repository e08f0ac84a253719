/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Free map: which physical extents of one PV no segment uses.
 *
 * Runs are sorted by start, not empty, do not overlap or touch, and lie in 0..pe_count-1.
 */
#ifndef METADATA_FREE_MAP_H
#define METADATA_FREE_MAP_H

#include "metadata/alloc.h"
#include "metadata/model.h"

struct free_map {
	struct extent_range *runs; /* sorted by start */
	size_t run_count;
};

/**
 * Free runs of every PV of @vg, in order of vg->pvs, in one pass over all segments. In @arena.
 * -EUCLEAN when two segments use the same extent or one lies outside its PV.
 */
int free_maps_build(const struct vg *vg, struct arena *arena, struct free_map **ret_maps,
		    struct err *err) MUST_CHECK;

#endif
