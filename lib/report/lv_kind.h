/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an LV is made of (layout), and what it is for others (role, duty). */
#ifndef LIB_REPORT_LV_KIND_H
#define LIB_REPORT_LV_KIND_H

#include "lib/report/links.h"

/* What an LV that is part of another one does there. */
struct lv_duty {
	const char *type; /* of the segment that names it; "raid" stands for all raid levels */
	const char *key;  /* under which it is named */
	const char *role; /* the words of lv_role behind "private" */
	char letter;	  /* lv_attr's first character when its own type has none */
	char target;	  /* lv_attr's seventh character, or 0: by its own type */
	bool has_parent;  /* lv_parent shows whose part it is */
};

/** NULL when it is part of nothing. @ret_owner (may be NULL): the LV that it is part of. */
const struct lv_duty *lv_duty(const struct report_vg *vg, const struct lv *lv,
			      const struct lv **ret_owner);

bool lv_is_spare(const struct lv *lv);		/* kept to repair a pool's metadata */
bool lv_is_virtual_origin(const struct lv *lv); /* the zeros below a sparse snapshot */
bool lv_is_cachevol(const struct report_vg *vg, const struct lv *lv, const char **ret_type);

/** A mirror that is being given another leg rests on the mirror that it was; else NULL. */
const struct lv *lv_converting_layer(const struct lv *lv);

/** Merging: a COW snapshot, its origin; a thin snapshot, and what it is merged into. */
bool lv_is_merge_source(const struct lv *lv);
bool lv_is_merge_target(const struct report_vg *vg, const struct lv *lv);

#endif
