/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pvs, vgs, lvs: rows through libdevmapper's dm_report, the engine LVM2 itself uses, so that
 * layout, sorting, selection and JSON are the same. Our part are the field tables.
 *
 * Reports take no lock and need no daemon. A VG that changes between two reads is read again.
 */
#ifndef LIB_REPORT_REPORT_H
#define LIB_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/context.h"

enum report_kind { REPORT_PVS = 1, REPORT_VGS, REPORT_LVS, REPORT_PVSEGS, REPORT_SEGS };

struct report_args {
	enum report_kind kind;
	const char *const *fields; /* each -o in order, with its +-# prefix */
	size_t field_count;
	const char *columns;   /* defaults of the configuration; NULL: LVM2's */
	const char *sort;      /* -O; NULL: default */
	const char *select;    /* -S; NULL */
	const char *separator; /* NULL: one blank */
	const char *units;     /* NULL: config global/units */
	bool no_headings, no_suffix, aligned, unaligned, unbuffered, name_prefixes, unquoted, rows,
		binary;
	bool all;		  /* -a */
	bool segments;		  /* --segments */
	bool json;		  /* --reportformat json */
	int verbose;		  /* more columns */
	const char *const *names; /* VG names, vg/lv, PV paths, @tags; none: everything */
	size_t name_count;
	bool ignore_skipped_cluster;
};

/**
 * Print a report on stdout (dm_report prints itself). Unknown names: message each, the rest is
 * shown, and the result is the failure (-ENOENT). Unknown field: -EIO after the field list; bad
 * units -EINVAL.
 */
int report_run(struct context *context, const struct report_args *args, struct err *err) MUST_CHECK;

#endif
