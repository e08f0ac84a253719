/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pvscan, vgscan, lvscan, lvmdiskscan: lists with a layout of their own, through ctx_print(). VGs
 * come in LVM2's order: the one last found first, devices being looked at by number.
 */
#ifndef LIB_REPORT_LISTING_H
#define LIB_REPORT_LISTING_H

#include <stdbool.h>

#include "lib/context.h"

struct pvscan_args {
	bool exported, orphans; /* only these: -e, -n */
	bool is_short, uuids;	/* -s, -u */
};

int list_pvs(struct context *context, const struct pvscan_args *args, struct err *err) MUST_CHECK;

/** @mknodes: also mend nodes and links of their LVs. */
int list_vgs(struct context *context, bool mknodes, struct err *err) MUST_CHECK;

/** @all: hidden LVs too. */
int list_lvs(struct context *context, bool all, struct err *err) MUST_CHECK;

/** @only_lvm: no devices that are no PVs. */
int list_disks(struct context *context, bool only_lvm, struct err *err) MUST_CHECK;

#endif
