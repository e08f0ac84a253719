/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PV arguments of lvcreate, lvextend and pvmove: a name (or @tag), and behind colons the extents
 * that may be used there: "/dev/sdb:0-9:20+4:30-". A colon of the name itself is written "\:".
 */
#ifndef LIB_PV_ARGUMENT_H
#define LIB_PV_ARGUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "metadata/alloc.h"
#include "metadata/base/arena.h"
#include "metadata/base/err.h"

/* A range open to the end of the PV has count PV_ARGUMENT_TO_END. */
#define PV_ARGUMENT_TO_END UINT32_MAX

struct pv_argument {
	const char *name;	     /* without ranges, unescaped; "@tag" as it was given */
	struct extent_range *ranges; /* in the order given; NULL: the whole PV */
	size_t range_count;
};

/**
 * Split @text; strings and ranges are in @arena. -EINVAL is never returned, as these are failures
 * of the command (exit code 5): -EDOM with "Physical extent parsing error at x." or "PE range
 * error: ...", -EEXIST "Overlapping PE ranges specified (...) on NAME."
 */
int pv_argument_parse(const char *text, struct arena *arena, struct pv_argument *ret_argument,
		      struct err *err) MUST_CHECK;

/**
 * Allow what @argument says on @allowed->pv, whose device is called @device_name: add its ranges,
 * cut to the PV, to @allowed->ranges (in @arena). To be called for each argument that names this
 * PV. Without ranges the whole PV is allowed, which then overlaps all others, as in LVM2.
 * -EDOM a range lies outside the PV, -EEXIST it overlaps another.
 */
int pv_argument_allow(const struct pv_argument *argument, const char *device_name,
		      struct arena *arena, struct alloc_pv *allowed, struct err *err) MUST_CHECK;

#endif
