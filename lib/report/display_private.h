/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_REPORT_DISPLAY_PRIVATE_H
#define LIB_REPORT_DISPLAY_PRIVATE_H

#include "lib/report/display.h"
#include "lib/report/rows.h"

/* LVM2's columns: one blank less for VGs and PVs than for LVs. */
#define VG_LINE "%-21s "
#define LV_LINE "%-22s "

/* A run of one of these commands. */
struct display {
	struct context *context;
	const struct report_args *args;
	enum display_form form;
	struct field_format format;
	struct dm_pool *pool; /* of sizes; emptied behind each object */
};

/** A size as LVM2 shows it in lines: "4.00 MiB". Lasts until the object is done. */
const char *display_size(const struct display *display, uint64_t sectors);

/* One object each, with the empty line behind it. */
void display_vg(const struct display *display, const struct report_row *row);
void display_lv(const struct display *display, const struct report_row *row);
void display_pv(const struct display *display, const struct report_row *row);

/** One entry of vgdisplay -v's list of PVs. */
void display_pv_of_vg(const struct display *display, const struct report_vg *vg,
		      const struct pv *pv);

#endif
