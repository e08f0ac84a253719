/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One row per PV, VG, LV, segment or run, as the report's kind and fields ask. */
#ifndef LIB_REPORT_ROWS_H
#define LIB_REPORT_ROWS_H

#include "lib/report/report.h"
#include "lib/report/source.h"

/** False: no memory for it. @row is the caller's next one after that. */
typedef bool row_fn(void *data, struct report_row *row);

/**
 * Give all rows to @each. @owners: the field owners that the chosen fields have
 * (dm_report_init()'s types). Unknown names are said aloud; the first failure is the result, after
 * all that can be shown.
 */
int rows_each(struct report_source *source, const struct report_args *args, uint32_t owners,
	      row_fn *each, void *data, struct err *err) MUST_CHECK;

/** Units of sizes and the like, from the options and the configuration. In report.c. */
int report_format_of(struct context *context, const struct report_args *args,
		     struct field_format *ret_format, struct err *err) MUST_CHECK;

#endif
