/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "lib/report/display_private.h"
#include "lib/report/getters.h"
#include "lib/report/kept.h"

/* The numbers that -c shows as a VG's status. */
enum {
	VG_EXPORTED = 0x2,
	VG_RESIZEABLE = 0x4,
	VG_READ = 0x100,
	VG_WRITE = 0x200,
	VG_CLUSTERED = 0x400
};

/* Areas that can be read, those that are left unwritten too. */
static unsigned int count_mdas(const struct stored_vg *stored)
{
	unsigned int count = 0;

	for (uint32_t i = 0; i < stored->vg->pv_count; i++)
		for (uint32_t k = 0; stored->pv_disks[i] && k < stored->pv_disks[i]->mda_count; k++)
			count += stored->pv_disks[i]->mdas[k].ignored ||
				 stored->pv_disks[i]->mdas[k].state == MDA_VALID;
	return count;
}

struct vg_counts {
	unsigned int open, mdas;
};

static struct vg_counts count(const struct report_row *row)
{
	const struct vg *vg = row->vg->stored->vg;
	struct vg_counts counts = { .mdas = count_mdas(row->vg->stored) };
	struct lv_kernel_state state;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		counts.open += lv_is_visible(vg->lvs[i]) &&
			       !lv_kernel_state_get(&vg->id, &vg->lvs[i]->id, &state, NULL) &&
			       state.open_count;
	return counts;
}

static unsigned int status_number(const struct vg *vg)
{
	return (vg->status & STATUS_EXPORTED ? VG_EXPORTED : 0U) |
	       (vg->status & STATUS_RESIZEABLE ? VG_RESIZEABLE : 0U) |
	       (vg->status & STATUS_READ ? VG_READ : 0U) |
	       (vg->status & STATUS_WRITE ? VG_WRITE : 0U) |
	       (vg_is_clustered(vg) ? VG_CLUSTERED : 0U);
}

static void show_colon(const struct display *display, const struct report_row *row)
{
	const struct report_vg *all = row->vg;
	const struct vg *vg = all->stored->vg;
	char uuid[UUID_DASHED_SIZE];

	ctx_print(display->context,
		  "%s:%s:%u:-1:%u:%u:%u:-1:%u:%u:%u:%" PRIu64 ":%u:%" PRIu64 ":%" PRIu64 ":%" PRIu64
		  ":%s",
		  vg->name, vg->status & STATUS_WRITE ? "r/w" : "r", status_number(vg), vg->max_lv,
		  all->visible_count, count(row).open, vg->max_pv, vg->pv_count,
		  vg->pv_count - all->missing_count, all->extent_count * vg->extent_size / 2,
		  vg->extent_size / 2, all->extent_count, all->extent_count - all->free_count,
		  all->free_count, uuid_format(&vg->id, uuid));
}

static void show_short(const struct display *display, const struct report_row *row)
{
	const struct report_vg *all = row->vg;
	const struct vg *vg = all->stored->vg;

	ctx_print(display->context, "\"%s\" %-9s [%-9s used / %s free]", vg->name,
		  display_size(display, all->extent_count * vg->extent_size),
		  display_size(display, (all->extent_count - all->free_count) * vg->extent_size),
		  display_size(display, all->free_count * vg->extent_size));
}

static void show_sizes(const struct display *display, const struct report_vg *all)
{
	const struct vg *vg = all->stored->vg;
	const uint64_t used = all->extent_count - all->free_count;
	struct context *context = display->context;
	char uuid[UUID_DASHED_SIZE];

	ctx_print(context, VG_LINE "%s", "VG Size",
		  display_size(display, all->extent_count * vg->extent_size));
	ctx_print(context, VG_LINE "%s", "PE Size", display_size(display, vg->extent_size));
	ctx_print(context, VG_LINE "%" PRIu64, "Total PE", all->extent_count);
	ctx_print(context, VG_LINE "%" PRIu64 " / %s", "Alloc PE / Size", used,
		  display_size(display, used * vg->extent_size));
	ctx_print(context, VG_LINE "%" PRIu64 " / %s", "Free  PE / Size", all->free_count,
		  display_size(display, all->free_count * vg->extent_size));
	ctx_print(context, VG_LINE "%s", "VG UUID", uuid_format(&vg->id, uuid));
	ctx_print(context, " ");
}

static void show_full(const struct display *display, const struct report_row *row)
{
	const struct report_vg *all = row->vg;
	const struct vg *vg = all->stored->vg;
	const struct vg_counts counts = count(row);
	struct context *context = display->context;

	ctx_print(context, "--- Volume group ---");
	ctx_print(context, VG_LINE "%s", "VG Name", vg->name);
	ctx_print(context, VG_LINE "%s", "System ID", vg->system_id ? vg->system_id : "");
	ctx_print(context, VG_LINE "lvm2", "Format");
	ctx_print(context, VG_LINE "%u", "Metadata Areas", counts.mdas);
	ctx_print(context, VG_LINE "%u", "Metadata Sequence No", vg->seqno);
	ctx_print(context, VG_LINE "%s", "VG Access",
		  vg->status & STATUS_WRITE ? "read/write" : "read");
	ctx_print(context, VG_LINE "%s%sresizable", "VG Status",
		  vg->status & STATUS_EXPORTED ? "exported/" : "",
		  vg->status & STATUS_RESIZEABLE ? "" : "NOT ");
	if (vg_is_clustered(vg)) { /* 2.02's lines: ocf:heartbeat:clvm looks for the first */
		ctx_print(context, VG_LINE "yes", "Clustered");
		ctx_print(context, VG_LINE "%s", "Shared",
			  vg->status & STATUS_SHARED ? "yes" : "no");
	}
	ctx_print(context, VG_LINE "%u", "MAX LV", vg->max_lv);
	ctx_print(context, VG_LINE "%u", "Cur LV", all->visible_count);
	ctx_print(context, VG_LINE "%u", "Open LV", counts.open);
	ctx_print(context, VG_LINE "%u", "Max PV", vg->max_pv);
	ctx_print(context, VG_LINE "%u", "Cur PV", vg->pv_count);
	ctx_print(context, VG_LINE "%u", "Act PV", vg->pv_count - all->missing_count);
	show_sizes(display, all);
}

/* What -v adds. */
static void show_parts(const struct display *display, const struct report_row *row)
{
	const struct vg *vg = row->vg->stored->vg;

	for (uint32_t i = 0; i < vg->lv_count; i++) {
		struct kernel_cache cache = { 0 };
		struct report_row lv_row = *row;

		lv_row.lv = vg->lvs[i];
		lv_row.kernel_cache = &cache;
		if (!lv_is_snapshot_record(vg->lvs[i]) && lv_is_visible(vg->lvs[i]))
			display_lv(display, &lv_row);
	}
	ctx_print(display->context, "--- Physical volumes ---");
	for (uint32_t i = 0; i < vg->pv_count; i++)
		display_pv_of_vg(display, row->vg, vg->pvs[i]);
}

void display_vg(const struct display *display, const struct report_row *row)
{
	if (display->form == DISPLAY_COLON) {
		show_colon(display, row);
	} else if (display->form == DISPLAY_SHORT) {
		show_short(display, row);
	} else {
		show_full(display, row);
		if (display->args->verbose)
			show_parts(display, row);
	}
}
