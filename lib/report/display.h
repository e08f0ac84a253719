/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vgdisplay, lvdisplay, pvdisplay: all of one object in lines for people, or in one line parted by
 * colons for scripts, through ctx_print(). Which objects is said as for reports.
 */
#ifndef LIB_REPORT_DISPLAY_H
#define LIB_REPORT_DISPLAY_H

#include "lib/report/report.h"

enum display_form {
	DISPLAY_FULL,
	DISPLAY_COLON, /* -c */
	DISPLAY_SHORT, /* -s: VGs and PVs */
	DISPLAY_MAPS,  /* -m: full, and which extents are where; LVs and PVs */
};

/**
 * Of @args: kind (VGS, LVS or PVS), names, all, units, no_suffix, verbose (VGs: their LVs and PVs
 * too). @only_active: VGs with an LV that is active here. Failures are as report_run()'s.
 */
int display_run(struct context *context, const struct report_args *args, enum display_form form,
		bool only_active, struct err *err) MUST_CHECK;

#endif
