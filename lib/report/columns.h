/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which columns and which order: LVM2's defaults and what -o and -O make of them. Pure text. */
#ifndef LIB_REPORT_COLUMNS_H
#define LIB_REPORT_COLUMNS_H

#include "lib/report/report.h"
#include "metadata/base/buf.h"

/**
 * The comma-joined fields of a report: the defaults of its kind (more with @verbose), then each -o
 * in order: "a,b" replaces all before it, "+a" adds, "-a" removes, "#a" is ignored here.
 */
int columns_build(const struct report_args *args, struct buf *out, struct err *err) MUST_CHECK;

/** -O, or the kind's default order. */
const char *columns_sort(const struct report_args *args);

#endif
