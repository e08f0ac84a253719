/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reports are made of: every VG that can be read, every PV, read once. */
#ifndef LIB_REPORT_SOURCE_H
#define LIB_REPORT_SOURCE_H

#include "lib/cluster.h"
#include "lib/report/links.h"

struct report_source {
	struct context *context;
	struct arena arena;
	struct scan *scan;
	struct report_vg *vgs; /* sorted by name */
	size_t vg_count;
	struct uuid *hidden; /* VGs of other hosts or lock managers: neither they nor their PVs */
	size_t hidden_count;
	struct lv_holders holders;
	bool has_holders;
};

/** Read everything. VGs that cannot be read are said aloud and left out; *ret_failed remembers. */
int report_source_open(struct context *context, struct report_source *source, bool *ret_failed,
		       struct err *err) MUST_CHECK;
void report_source_close(struct report_source *source);

/** Learn from clvmd who has what active; one warning when there are clustered VGs and no clvmd. */
void report_source_ask_cluster(struct report_source *source);

/** By VG and LV, as rows look for them. */
void lv_holders_sort(struct lv_holders *holders);

/** Does the disk belong to a VG that is hidden? */
bool report_hides(const struct report_source *source, const struct pv_disk *disk);
/** The VG that has the PV, or NULL. */
const struct report_vg *report_vg_of_pv(const struct report_source *source,
					const struct uuid *pv_id, const struct pv **ret_pv);

#endif
