/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One dm_report object per PV, VG, LV, segment or run, as the report's kind and fields ask. */
#ifndef LIB_REPORT_ROWS_H
#define LIB_REPORT_ROWS_H

#include "lib/report/report.h"
#include "lib/report/source.h"

/**
 * Feed @report. @owners: the field owners that the chosen fields have (dm_report_init()'s types).
 * Unknown names are said aloud; the first failure is the result, after all that can be shown.
 */
int rows_feed(struct report_source *source, const struct report_args *args, uint32_t owners,
	      struct dm_report *report, struct err *err) MUST_CHECK;

#endif
