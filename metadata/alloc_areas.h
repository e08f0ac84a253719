/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The allocator's working set: the free areas of each PV that may be used, and their order.
 *
 * The order decides what LVM2 picks, so it is LVM2's: largest first, equal ones by position;
 * an area whose size changed goes behind all that are not smaller. While an attempt is
 * under way an area may be spoken for in part: it is then sorted by what is left of it, though
 * others still compare themselves with its whole size. A walk that meets such an area goes on
 * from its new place.
 */
#ifndef METADATA_ALLOC_AREAS_H
#define METADATA_ALLOC_AREAS_H

#include "metadata/alloc.h"
#include "metadata/base/arena.h"

struct alloc_area {
	struct alloc_map *map;
	uint32_t start;
	uint32_t count;
	uint32_t left; /* of count, not spoken for in this attempt */
	struct alloc_area *prev, *next;
};

struct alloc_map {
	struct pv *pv;
	struct alloc_area *first, *last;
	bool reserved; /* an area has left != count */
};

struct alloc_maps {
	struct alloc_map *maps;
	size_t count;
	size_t area_count;
	size_t pvs_with_space; /* free extents anywhere, also outside the ranges */
	uint64_t free;	       /* extents in all areas */
};

/** Free areas of the PVs and ranges of @where that are allocatable and there. In @arena. */
int alloc_maps_build(const struct vg *vg, const struct alloc_where *where, struct arena *arena,
		     struct alloc_maps *ret_maps, struct err *err) MUST_CHECK;

/** Speak for up to @count extents of @area; returns how many. */
uint32_t alloc_area_reserve(struct alloc_area *area, uint32_t count);

/** Speak for all of @area; it keeps its place. */
void alloc_area_reserve_all(struct alloc_area *area);

/** Forget that; it keeps its place. */
void alloc_area_unreserve(struct alloc_area *area);

/** Forget what was spoken for. */
void alloc_maps_unreserve(struct alloc_maps *maps);

/** Use the first @count extents of @area for good. */
void alloc_area_take(struct alloc_maps *maps, struct alloc_area *area, uint32_t count);

#endif
