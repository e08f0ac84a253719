/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is where in a VG, looked up once for all rows: who uses an LV, what is on a PV, and sums.
 * Each question takes a binary search, so that a report on 20,000 LVs does not take 20,000 walks.
 */
#ifndef LIB_REPORT_LINKS_H
#define LIB_REPORT_LINKS_H

#include <stddef.h>

#include "lib/report/field.h"
#include "metadata/config_text.h"

/* Keys of uses that are no keys of the text. */
#define USE_AREA	 "areas"	      /* an area of a stripe, mirror, or raid image */
#define USE_RAID_META	 "raid-metadata"      /* the other half of a pair in "raids" */
#define USE_HISTORY_FROM "history-origin"     /* origin of a removed LV */
#define USE_HISTORY_TO	 "history-descendant" /* came from a removed LV */

/* One place where an LV is named. */
struct lv_use {
	const struct lv *lv;
	const char *key;	       /* one of the above, or the segment's key: "origin", ... */
	const struct seg *seg;	       /* who names it; NULL for history */
	const struct cfg_node *record; /* of a removed LV; else NULL */
	size_t order;		       /* in which they are in the text */
};

struct report_pv {
	const struct pv *pv;
	const struct pv_disk *disk; /* NULL: missing */
	const struct pv_run *runs;  /* free ones too, sorted by start */
	size_t run_count;
	uint32_t allocated;
};

struct report_vg {
	struct stored_vg *stored;
	struct pv_run *runs; /* of all its PVs, in list order */
	size_t run_count;
	struct report_pv *pvs; /* sorted by address of pv */
	struct lv_use *uses;   /* sorted by address of lv, then order */
	size_t use_count;
	uint64_t extent_count, free_count;
	uint32_t missing_count, visible_count, snapshot_count;
};

/** Fill all but @vg->stored, in @arena. */
int links_build(struct arena *arena, struct report_vg *vg, struct err *err) MUST_CHECK;

const struct report_pv *links_pv(const struct report_vg *vg, const struct pv *pv);

/** All uses of @lv; *ret_count may be 0. */
const struct lv_use *links_uses(const struct report_vg *vg, const struct lv *lv, size_t *ret_count);

/** The first use of @lv by that key in a segment of that type (NULL: any), or NULL. */
const struct lv_use *links_use(const struct report_vg *vg, const struct lv *lv, const char *type,
			       const char *key);
size_t links_count(const struct report_vg *vg, const struct lv *lv, const char *type,
		   const char *key);

#endif
