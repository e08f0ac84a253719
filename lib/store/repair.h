/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only an explicit repair does to areas and PVs. */
#ifndef LIB_STORE_REPAIR_H
#define LIB_STORE_REPAIR_H

#include "lib/store/store.h"

/**
 * Make areas of these PVs that cannot be read empty ones, which the next write of their VG fills.
 * Texts stay where they are, so pvck --dump metadata_search finds them. One whose header has
 * another magic or version may be something else: it is left alone unless @any_header. Each is
 * told.
 */
int store_repair_areas(struct context *context, struct scan *scan, struct pv_disk *const *pv_disks,
		       size_t count, bool any_header, struct err *err) MUST_CHECK;

/** PVs that were removed from the VG while they were away: they hold a copy of its metadata that
 * the newest does not name. @ret_disks is in the scan's arena. */
int scan_outdated_pvs(struct scan *scan, const struct vg *vg, struct pv_disk ***ret_disks,
		      size_t *ret_count, struct err *err) MUST_CHECK;

#endif
