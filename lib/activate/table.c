/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From metadata to a device-mapper table: one line per segment, as LVM2 writes it. Pure, so that it
 * can be compared with what LVM2 loaded. Nothing is built that reaches past the end of a device:
 * this kernel may know an older, smaller size of it than the node that wrote the metadata, and it
 * checks the size of a table preloaded into a live device only at the resume, which is too late.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/sysmacros.h>

#include "lib/activate/activate.h"

#define SECTOR_SHIFT 9

/* The disk of a PV, or NULL when it is missing. */
static const struct pv_disk *disk_of(const struct stored_vg *stored, const struct pv *pv)
{
	for (uint32_t i = 0; i < stored->vg->pv_count; i++) {
		if (stored->vg->pvs[i] == pv)
			return stored->pv_disks[i];
	}
	return NULL;
}

/* Sectors of the segment on each of its areas. */
static uint64_t area_sectors(const struct seg *seg)
{
	return (uint64_t)seg->le_count / seg->area_count * seg->lv->vg->extent_size;
}

static int add_area(const struct stored_vg *stored, const struct seg *seg, const struct area *area,
		    struct buf *out, struct err *err)
{
	const struct vg *vg = stored->vg;
	const struct lv *lv = seg->lv;
	const struct pv_disk *disk;
	char dashed[UUID_DASHED_SIZE];
	uint64_t start, end;

	if (area->type != AREA_PV)
		return err_set(
			err, EOPNOTSUPP,
			"Logical volume %s/%s lies on another logical volume: not supported.",
			vg->name, lv->name);
	if (!(disk = disk_of(stored, area->pv)) || !disk->device)
		return err_set(err, ENXIO,
			       "Logical volume %s/%s: no device here for PV with uuid %s (%s).",
			       vg->name, lv->name, uuid_format(&area->pv->id, dashed),
			       area->pv->device_hint ? area->pv->device_hint : "[unknown]");
	start = area->pv->pe_start + (uint64_t)area->start * vg->extent_size;
	end = start + area_sectors(seg);
	if (end > disk->device->size_bytes >> SECTOR_SHIFT)
		return err_set(err, ENOSPC,
			       "Logical volume %s/%s needs %" PRIu64
			       " sectors of %s, but that has %" PRIu64 " here.",
			       vg->name, lv->name, end, disk->device->name,
			       disk->device->size_bytes >> SECTOR_SHIFT);
	buf_printf(out, " %u:%u %" PRIu64, major(disk->device->devno), minor(disk->device->devno),
		   start);
	return 0;
}

static int add_segment(const struct stored_vg *stored, const struct seg *seg, struct buf *out,
		       struct err *err)
{
	const struct vg *vg = stored->vg;
	uint64_t start = (uint64_t)seg->le_start * vg->extent_size;
	uint64_t length = (uint64_t)seg->le_count * vg->extent_size;
	int r = 0;

	if (seg->type != SEG_STRIPED || !seg->area_count || seg->le_count % seg->area_count)
		return err_set(err, EOPNOTSUPP,
			       "Logical volume %s/%s has a segment of type %s: not supported.",
			       vg->name, seg->lv->name, seg->type_name ? seg->type_name : "?");
	buf_printf(out, "%" PRIu64 " %" PRIu64, start, length);
	if (seg->area_count == 1)
		buf_puts(out, " linear");
	else
		buf_printf(out, " striped %" PRIu32 " %" PRIu32, seg->area_count, seg->stripe_size);
	for (uint32_t i = 0; !r && i < seg->area_count; i++)
		r = add_area(stored, seg, &seg->areas[i], out, err);
	buf_puts(out, "\n");
	return r;
}

int lv_table_build(const struct stored_vg *stored, const struct lv *lv, struct buf *out,
		   struct err *err)
{
	int r = 0;

	if (!lv->seg_count)
		return err_set(err, EUCLEAN, "Logical volume %s/%s has no segments.",
			       stored->vg->name, lv->name);
	for (uint32_t i = 0; !r && i < lv->seg_count; i++)
		r = add_segment(stored, &lv->segs[i], out, err);
	if (!r && out->failed)
		return err_set(err, ENOMEM, "Table of logical volume %s/%s is too long.",
			       stored->vg->name, lv->name);
	return r;
}
