/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "lib/report/display_private.h"
#include "lib/report/getters.h"

/* The numbers that -c shows as a PV's status. */
enum { PV_EXPORTED = 0x2, PV_ALLOCATABLE = 0x8 };

/* A PV of a VG, or one of none. */
struct shown_pv {
	const char *name;
	const struct uuid *id;
	const struct vg *vg; /* NULL: of none */
	const struct pv *pv; /* likewise */
	uint64_t size;	     /* of the device, in sectors */
	uint32_t free;	     /* extents */
};

static struct shown_pv look(const struct report_row *row)
{
	if (!row->vg)
		return (struct shown_pv){
			.name = row->device->name,
			.id = &row->disk->header.id,
			.size = row->disk->header.device_size_bytes / 512,
		};
	return (struct shown_pv){
		.name = pv_device_name(row->vg, row->pv),
		.id = &row->pv->id,
		.vg = row->vg->stored->vg,
		.pv = row->pv,
		.size = row->pv->dev_size,
		.free = row->pv->pe_count - links_pv(row->vg, row->pv)->allocated,
	};
}

static bool is_exported(const struct shown_pv *pv)
{
	return pv->vg && pv->vg->status & STATUS_EXPORTED;
}

static bool is_allocatable(const struct shown_pv *pv)
{
	return pv->pv && pv->pv->status & STATUS_ALLOCATABLE;
}

static void show_colon(const struct display *display, const struct shown_pv *pv)
{
	const uint32_t total = pv->pv ? pv->pv->pe_count : 0;
	const unsigned int allocatable = is_allocatable(pv) ? PV_ALLOCATABLE : 0;
	char uuid[UUID_DASHED_SIZE];

	ctx_print(display->context, "%s:%s:%" PRIu64 ":-1:%u:%u:-1:%u:%u:%u:%u:%s", pv->name,
		  pv->vg ? pv->vg->name : "", pv->size,
		  allocatable | (is_exported(pv) ? PV_EXPORTED : 0U), allocatable,
		  pv->vg ? pv->vg->extent_size / 2 : 0, total, pv->free, total - pv->free,
		  uuid_format(pv->id, uuid));
}

/* Not usable is what is behind the last extent, counted from the device's beginning: but for PVs
 * where nothing is. */
static void show_size(const struct display *display, const struct shown_pv *pv)
{
	uint64_t used;

	if (!pv->vg) {
		ctx_print(display->context, VG_LINE "%s", "PV Size",
			  display_size(display, pv->size));
		return;
	}
	used = (uint64_t)pv->pv->pe_count * pv->vg->extent_size;
	if (used > pv->size || pv->size - used == pv->pv->pe_start)
		used = pv->size;
	ctx_print(display->context, VG_LINE "%s / not usable %s", "PV Size",
		  display_size(display, pv->size), display_size(display, pv->size - used));
}

static void show_full(const struct display *display, const struct shown_pv *pv)
{
	struct context *context = display->context;
	const uint32_t total = pv->pv ? pv->pv->pe_count : 0;
	char uuid[UUID_DASHED_SIZE];

	ctx_print(context, "---%s Physical volume ---", pv->vg ? "" : " NEW");
	ctx_print(context, VG_LINE "%s", "PV Name", pv->name);
	ctx_print(context, VG_LINE "%s%s", "VG Name", pv->vg ? pv->vg->name : "",
		  is_exported(pv) ? " (exported)" : "");
	show_size(display, pv);
	ctx_print(context, VG_LINE "%s", "Allocatable",
		  !is_allocatable(pv)  ? "NO"
		  : total && !pv->free ? "yes (but full)"
				       : "yes ");
	ctx_print(context, VG_LINE "%s", "PE Size",
		  display_size(display, pv->vg ? pv->vg->extent_size : 0));
	ctx_print(context, VG_LINE "%u", "Total PE", total);
	ctx_print(context, VG_LINE "%u", "Free PE", pv->free);
	ctx_print(context, VG_LINE "%u", "Allocated PE", total - pv->free);
	ctx_print(context, VG_LINE "%s", "PV UUID", uuid_format(pv->id, uuid));
	ctx_print(context, " ");
}

static void show_map(const struct display *display, const struct report_row *row)
{
	struct context *context = display->context;
	const struct report_pv *pv = row->vg ? links_pv(row->vg, row->pv) : NULL;

	if (pv)
		ctx_print(context, "--- Physical Segments ---");
	for (size_t i = 0; pv && i < pv->run_count; i++) {
		const struct pv_run *run = &pv->runs[i];
		const struct seg *seg = run->seg;

		ctx_print(context, "Physical extent %u to %u:", run->start,
			  run->start + run->count - 1);
		if (!seg) {
			ctx_print(context, "  FREE");
			continue;
		}
		ctx_print(context, "  Logical volume\t/dev/%s/%s", seg->lv->vg->name,
			  seg->lv->name);
		ctx_print(context, "  Logical extents\t%u to %u", seg->le_start,
			  seg->le_start + seg->le_count - 1);
	}
	ctx_print(context, " ");
}

void display_pv(const struct display *display, const struct report_row *row)
{
	const struct shown_pv pv = look(row);
	struct context *context = display->context;

	if (display->form == DISPLAY_SHORT) {
		ctx_print(context, "Device \"%s\" has a capacity of %s", pv.name,
			  display_size(display,
				       pv.vg ? (uint64_t)pv.free * pv.vg->extent_size : pv.size));
		return;
	}
	if (is_exported(&pv))
		ctx_print(context, "Physical volume \"%s\" of volume group \"%s\" is exported",
			  pv.name, pv.vg->name);
	if (!pv.vg)
		ctx_print(context, "\"%s\" is a new physical volume of \"%s\"", pv.name,
			  display_size(display, pv.size));
	if (display->form == DISPLAY_COLON) {
		show_colon(display, &pv);
		return;
	}
	show_full(display, &pv);
	if (display->form == DISPLAY_MAPS)
		show_map(display, row);
}

void display_pv_of_vg(const struct display *display, const struct report_vg *vg,
		      const struct pv *pv)
{
	struct context *context = display->context;
	char uuid[UUID_DASHED_SIZE];

	ctx_print(context, VG_LINE "%s     ", "PV Name", pv_device_name(vg, pv));
	ctx_print(context, VG_LINE "%s", "PV UUID", uuid_format(&pv->id, uuid));
	ctx_print(context, VG_LINE "%sallocatable", "PV Status",
		  pv->status & STATUS_ALLOCATABLE ? "" : "NOT ");
	ctx_print(context, VG_LINE "%u / %u", "Total PE / Free PE", pv->pe_count,
		  pv->pe_count - links_pv(vg, pv)->allocated);
	ctx_print(context, " ");
}
