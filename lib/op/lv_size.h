/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what -L, -l and the PV arguments say to extents and to where they may come from. */
#ifndef LIB_OP_LV_SIZE_H
#define LIB_OP_LV_SIZE_H

#include "lib/op/session.h"
#include "lib/size.h"
#include "metadata/alloc.h"

/** PV arguments ("/dev/sda:0-9", "@tag") as a place for the allocator; in @arena. */
int lv_where(const struct session *session, const char *const *pvs, size_t count,
	     enum alloc_policy policy, struct arena *arena, struct alloc_where *ret_where,
	     struct err *err) MUST_CHECK;

/** Extents of a new LV; rounds up, says so, caps percentages at what is free. Sets
 * where->approximate. */
int lv_new_extents(const struct session *session, const struct size_arg *size, uint32_t stripes,
		   struct alloc_where *where, uint32_t *ret_count, struct err *err) MUST_CHECK;

/** New total of extents of @lv; rounds percentages as LVM2 does for +, - and absolute sizes. Sets
 * where->approximate. */
int lv_resized_extents(const struct session *session, const struct lv *lv,
		       const struct size_arg *size, struct alloc_where *where, uint32_t *ret_count,
		       struct err *err) MUST_CHECK;

/** A new total of extents to whole stripes, said aloud: up, or down where the VG has no room.
 * @stripes: of what an extended LV gets; a reduced one ends in a segment with its own. False: it
 * was whole. */
bool lv_round_to_stripes(const struct session *session, const struct lv *lv, uint32_t stripes,
			 uint32_t *count);

/** Sectors, by metadata/stripesize. */
uint64_t lv_default_stripe_size(const struct session *session);
/** A power of two, and no more than an extent (said aloud); sectors. -EINVAL. */
int lv_check_stripe_size(const struct session *session, uint64_t size, uint32_t *ret_size,
			 struct err *err) MUST_CHECK;

#endif
