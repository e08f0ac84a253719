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

/** New total of extents of @lv; rounds as LVM2 does for +, - and absolute sizes. */
int lv_resized_extents(const struct session *session, const struct lv *lv,
		       const struct size_arg *size, const struct alloc_where *where,
		       uint32_t *ret_count, struct err *err) MUST_CHECK;

#endif
