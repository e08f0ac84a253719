/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The extent allocator: LVM2 2.03.16's choices, by observation (on-disk format, section 6.4). */
#ifndef METADATA_ALLOC_H
#define METADATA_ALLOC_H

#include "metadata/model.h"

struct extent_range {
	uint32_t start;
	uint32_t count;
};

/* One PV that a command named, with the ranges it allows there (none: all of it). */
struct alloc_pv {
	struct pv *pv;
	struct extent_range *ranges;
	size_t range_count;
};

/* { 0 }: anywhere in the VG by the VG's policy. */
struct alloc_where {
	enum alloc_policy policy;   /* --alloc; ALLOC_INHERIT: the LV's, else the VG's */
	const struct alloc_pv *pvs; /* in argument order; NULL: all PVs in list order */
	size_t pv_count;
	bool approximate; /* take what can be had when less than asked is free (%FREE and the like)
			   */
	struct name_list *cling_tags; /* allocation/cling_tag_list */
};

struct alloc_piece {
	uint32_t le_count;  /* over all stripes */
	struct area *areas; /* one per stripe, AREA_PV */
};

/**
 * Choose space for @le_count extents in @stripes stripes, to be put behind @lv's last segment
 * (or for a new LV when @lv has none). Pieces are in VG's arena, in order.
 *
 * @le_count must be a multiple of @stripes. No PV may come twice in @where and the ranges of one
 * may not overlap. With @where->approximate the pieces may be fewer, for an LV that has segments
 * even none. -ENOSPC with LVM2's wording. Does not change the VG.
 */
int alloc_extents(struct vg *vg, const struct lv *lv, uint32_t le_count, uint32_t stripes,
		  const struct alloc_where *where, struct alloc_piece **ret_pieces,
		  size_t *ret_count, struct err *err) MUST_CHECK;

/** Free extents on the PVs and ranges of @where (%PVS and "only M available"). */
uint64_t alloc_free_count(const struct vg *vg, const struct alloc_where *where);

/**
 * How many PVs LVM2 counts for @where: named ones only when allocatable and not full, else all.
 * -ENOSPC "No specified PVs have space available."
 */
int alloc_count_pvs(const struct vg *vg, const struct alloc_where *where, size_t *ret_count,
		    struct err *err) MUST_CHECK;

#endif
