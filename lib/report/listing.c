/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/listing.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/activate/nodes.h"
#include "lib/config.h"
#include "lib/report/getters.h"
#include "lib/report/kept.h"
#include "lib/report/source.h"
#include "lib/size.h"
#include "metadata/base/cleanup.h"

#define ORPHAN_VG_LENGTH 13 /* of LVM2's internal name "#orphans_lvm2", which sets the width */

/* ---- VGs in LVM2's order ---- */

struct found_vg {
	const struct report_vg *vg;
	dev_t first_seen; /* the lowest device with metadata of it */
};

static dev_t first_seen(const struct scan *scan, const struct uuid *vg_id)
{
	dev_t first = (dev_t)-1;

	for (size_t i = 0; i < scan->pv_disk_count; i++) {
		const struct pv_disk *disk = scan->pv_disks[i];

		for (uint32_t k = 0; k < disk->mda_count; k++)
			if (disk->mdas[k].state == MDA_VALID && disk->device->devno < first &&
			    uuid_equal(&disk->mdas[k].summary.id, vg_id))
				first = disk->device->devno;
	}
	return first;
}

static int compare_found(const void *a, const void *b)
{
	const struct found_vg *x = a, *y = b;

	if (x->first_seen != y->first_seen)
		return x->first_seen > y->first_seen ? -1 : 1;
	return 0;
}

/* As many as the source has; in its arena. */
static int order_vgs(struct report_source *source, const struct found_vg **ret_vgs, struct err *err)
{
	struct found_vg *vgs = arena_calloc(&source->arena, source->vg_count + 1, sizeof(*vgs));

	if (!vgs)
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < source->vg_count; i++)
		vgs[i] = (struct found_vg){
			&source->vgs[i],
			first_seen(source->scan, &source->vgs[i].stored->vg->id),
		};
	qsort(vgs, source->vg_count, sizeof(*vgs), compare_found);
	*ret_vgs = vgs;
	return 0;
}

/* What every list needs: everything read, VGs in order. */
struct listing {
	struct report_source source;
	const struct found_vg *vgs;
	bool failed; /* some VG could not be read, which was told */
};

static int listing_open(struct context *context, struct listing *listing, struct err *err)
{
	int rc = report_source_open(context, &listing->source, &listing->failed, err);

	if (!rc && (rc = order_vgs(&listing->source, &listing->vgs, err)))
		report_source_close(&listing->source);
	return rc;
}

static int listing_close(struct listing *listing, struct err *err)
{
	report_source_close(&listing->source);
	return listing->failed ? err_set(err, EIO, "%s", "") : 0;
}

/* ---- pvscan ---- */

/* One line. */
struct listed_pv {
	const char *name;
	const struct uuid *id;
	const struct vg *vg; /* NULL: of no VG */
	uint64_t size, free; /* sectors */
};

struct pv_list {
	struct listed_pv *items;
	size_t count;
	int name_width, vg_width;
};

static void add_pv(struct pv_list *list, struct listed_pv pv)
{
	int name = (int)strlen(pv.name), vg = pv.vg ? (int)strlen(pv.vg->name) : 0;

	list->items[list->count++] = pv;
	if (name > list->name_width)
		list->name_width = name;
	if (vg > list->vg_width)
		list->vg_width = vg;
}

static void add_pvs_of_vg(struct pv_list *list, const struct report_vg *from)
{
	const struct vg *vg = from->stored->vg;

	for (uint32_t i = 0; i < vg->pv_count; i++) {
		const struct pv *pv = vg->pvs[i];
		uint64_t allocated = links_pv(from, pv)->allocated;

		add_pv(list, (struct listed_pv){
				     .name = pv_device_name(from, pv),
				     .id = &pv->id,
				     .vg = vg,
				     .size = (uint64_t)pv->pe_count * vg->extent_size,
				     .free = (pv->pe_count - allocated) * vg->extent_size,
			     });
	}
}

static int compare_disks(const void *a, const void *b)
{
	const struct pv_disk *x = *(struct pv_disk *const *)a, *y = *(struct pv_disk *const *)b;

	return (x->device->devno > y->device->devno) - (x->device->devno < y->device->devno);
}

static void add_orphans(struct pv_list *list, const struct report_source *source)
{
	const struct scan *scan = source->scan;
	const struct pv *pv;

	for (size_t i = 0; i < scan->pv_disk_count; i++) {
		const struct pv_disk *disk = scan->pv_disks[i];

		if (!disk->is_duplicate && !report_hides(source, disk) &&
		    !report_vg_of_pv(source, &disk->header.id, &pv))
			add_pv(list, (struct listed_pv){
					     .name = disk->device->name,
					     .id = &disk->header.id,
					     .size = disk->header.device_size_bytes / SECTOR_BYTES,
				     });
	}
}

static bool is_exported(const struct listed_pv *pv)
{
	return pv->vg && pv->vg->status & STATUS_EXPORTED;
}

static void print_pv(struct context *context, const struct pv_list *list,
		     const struct listed_pv *pv, bool with_uuid)
{
	char size[SIZE_TEXT_MAX], free_size[SIZE_TEXT_MAX];
	char dashed[UUID_DASHED_SIZE];
	AUTO_BUF struct buf name = { .limit = 65536 };

	if (with_uuid)
		buf_printf(&name, "%-*s with UUID %s   ", list->name_width, pv->name,
			   uuid_format(pv->id, dashed));
	else
		buf_printf(&name, "%-*s  ", list->name_width, pv->name);
	if (name.failed)
		return;
	(void)size_format(pv->size, size);
	(void)size_format(pv->free, free_size);
	if (!pv->vg)
		ctx_print(context, "PV %s    %-*s lvm2 [%s]", name.data, list->vg_width, "", size);
	else if (is_exported(pv))
		ctx_print(context, "PV %s  is in exported VG %s [%s / %s free]", name.data,
			  pv->vg->name, size, free_size);
	else
		ctx_print(context, "PV %s VG %-*s lvm2 [%s / %s free]", name.data, list->vg_width,
			  pv->vg->name, size, free_size);
}

static void print_pvs(struct context *context, const struct pv_list *list,
		      const struct pvscan_args *args)
{
	char total_size[SIZE_TEXT_MAX], used_size[SIZE_TEXT_MAX], unused_size[SIZE_TEXT_MAX];
	uint64_t total = 0, unused = 0;
	size_t count = 0, unused_count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct listed_pv *pv = &list->items[i];

		if ((args->exported && !is_exported(pv)) || (args->orphans && pv->vg))
			continue;
		count++;
		total += pv->size;
		unused_count += !pv->vg;
		unused += pv->vg ? 0 : pv->size;
		if (args->is_short)
			ctx_print(context, "%s", pv->name);
		else
			print_pv(context, list, pv, args->uuids);
	}
	if (!count)
		ctx_print(context, "No matching physical volumes found");
	else
		ctx_print(context, "Total: %zu [%s] / in use: %zu [%s] / in no VG: %zu [%s]", count,
			  size_format(total, total_size), count - unused_count,
			  size_format(total - unused, used_size), unused_count,
			  size_format(unused, unused_size));
}

int list_pvs(struct context *context, const struct pvscan_args *args, struct err *err)
{
	struct listing listing;
	struct pv_list list = { .vg_width = ORPHAN_VG_LENGTH };
	struct report_source *source = &listing.source;
	size_t count;
	int rc;

	if (args->exported)
		ctx_warn(context, "WARNING: only considering physical volumes of exported volume "
				  "group(s)");
	if (args->orphans)
		ctx_warn(context, "WARNING: only considering physical volumes in no volume group");
	if ((rc = listing_open(context, &listing, err)))
		return rc;
	count = source->scan->pv_disk_count;
	for (size_t i = 0; i < source->vg_count; i++)
		count += source->vgs[i].stored->vg->pv_count;
	if ((list.items = arena_calloc(&source->arena, count + 1, sizeof(*list.items)))) {
		for (size_t i = 0; i < source->vg_count; i++)
			add_pvs_of_vg(&list, listing.vgs[i].vg);
		if (source->scan->pv_disk_count)
			qsort(source->scan->pv_disks, source->scan->pv_disk_count,
			      sizeof(struct pv_disk *), compare_disks);
		add_orphans(&list, source);
		list.vg_width += 2;
		print_pvs(context, &list, args);
	}
	rc = listing_close(&listing, err);
	return list.items ? rc : err_set(err, ENOMEM, "Out of memory.");
}

/* ---- vgscan ---- */

static void mend_nodes(struct context *context, const struct vg *vg)
{
	for (uint32_t i = 0; i < vg->lv_count; i++) {
		const struct lv *lv = vg->lvs[i];
		struct lv_kernel_state state;

		if (!lv_is_visible(lv) || lv_kernel_state_get(&vg->id, &lv->id, &state, NULL))
			continue;
		if (state.active)
			link_mend(context, vg->name, lv->name, &state);
		else
			link_remove(context, vg->name, lv->name);
	}
}

int list_vgs(struct context *context, bool mknodes, struct err *err)
{
	struct listing listing;
	int rc = listing_open(context, &listing, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < listing.source.vg_count; i++) {
		const struct vg *vg = listing.vgs[i].vg->stored->vg;

		ctx_print(context, "Found %svolume group \"%s\" using metadata type lvm2",
			  vg->status & STATUS_EXPORTED ? "exported " : "", vg->name);
	}
	if (mknodes && config_bool(context->config, "global/activation") &&
	    activation_driver_present()) {
		links_sweep(context);
		for (size_t i = 0; i < listing.source.vg_count; i++)
			mend_nodes(context, listing.vgs[i].vg->stored->vg);
	}
	return listing_close(&listing, err);
}

/* ---- lvscan ---- */

static bool is_active(const struct lv *lv)
{
	struct lv_kernel_state state;

	return !lv_kernel_state_get(&lv->vg->id, &lv->id, &state, NULL) && state.exists;
}

static void print_lv(struct context *context, const struct lv *lv, bool with_kernel)
{
	const char *kind = lv->snapshot_count	 ? "Original"
			   : lv->snapshot_origin ? "Snapshot"
						 : "        ";
	char size[SIZE_TEXT_MAX];

	ctx_print(context, "%s %s '/dev/%s/%s' [%s] %s",
		  with_kernel && is_active(lv) ? "ACTIVE  " : "inactive", kind, lv->vg->name,
		  lv->name, size_format(lv_sectors(lv), size), alloc_policy_name(lv->alloc));
}

int list_lvs(struct context *context, bool all, struct err *err)
{
	struct listing listing;
	int rc = listing_open(context, &listing, err);
	bool with_kernel;

	if (rc)
		return rc;
	with_kernel =
		config_bool(context->config, "global/activation") && activation_driver_present();
	for (size_t i = 0; i < listing.source.vg_count; i++) {
		const struct vg *vg = listing.vgs[i].vg->stored->vg;

		if (vg->status & STATUS_EXPORTED)
			continue;
		for (uint32_t k = 0; k < vg->lv_count; k++)
			if (!lv_is_snapshot_record(vg->lvs[k]) &&
			    (all || lv_is_visible(vg->lvs[k])))
				print_lv(context, vg->lvs[k], with_kernel);
	}
	return listing_close(&listing, err);
}

/* ---- lvmdiskscan ---- */

/* LVM2 takes what ends in a digit for a partition. */
static bool looks_like_partition(const char *name)
{
	return isdigit((unsigned char)name[strlen(name) - 1]);
}

static int compare_devices(const void *a, const void *b)
{
	const struct device *x = *(struct device *const *)a, *y = *(struct device *const *)b;

	return (x->devno > y->devno) - (x->devno < y->devno);
}

static int compare_to_device(const struct device *device, const struct pv_disk *disk)
{
	return (device->devno > disk->device->devno) - (device->devno < disk->device->devno);
}

static void print_disks(struct context *context, const struct scan *scan, bool only_lvm)
{
	const struct device_list *devices = scan->devices;
	unsigned counts[2][2] = { { 0 } }; /* [is a PV][is a partition] */
	int width = 0;
	size_t next = 0;

	for (size_t i = 0; i < devices->count; i++)
		if (!devices->items[i]->rejected && (int)strlen(devices->items[i]->name) > width)
			width = (int)strlen(devices->items[i]->name);
	/* Both are sorted by number. */
	for (size_t i = 0; i < devices->count; i++) {
		const struct device *device = devices->items[i];
		char size[SIZE_TEXT_MAX];
		bool is_pv;

		if (device->rejected)
			continue;
		while (next < scan->pv_disk_count &&
		       compare_to_device(device, scan->pv_disks[next]) > 0)
			next++;
		is_pv = next < scan->pv_disk_count && scan->pv_disks[next]->device == device;
		if (only_lvm && !is_pv)
			continue;
		counts[is_pv][looks_like_partition(device->name)]++;
		ctx_print(context, "%-*s [%15s] %s", width, device->name,
			  size_format(device->size_bytes / SECTOR_BYTES, size),
			  is_pv ? "LVM physical volume" : "");
	}
	if (!only_lvm) {
		ctx_print(context, "%u disk%s", counts[0][0], counts[0][0] == 1 ? "" : "s");
		ctx_print(context, "%u partition%s", counts[0][1], counts[0][1] == 1 ? "" : "s");
	}
	ctx_print(context, "%u LVM physical volume whole disk%s", counts[1][0],
		  counts[1][0] == 1 ? "" : "s");
	ctx_print(context, "%u LVM physical volume%s", counts[1][1], counts[1][1] == 1 ? "" : "s");
}

int list_disks(struct context *context, bool only_lvm, struct err *err)
{
	struct scan *scan;
	int rc;

	if (only_lvm)
		ctx_warn(context, "WARNING: only considering LVM devices");
	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if (scan->devices->count)
		qsort(scan->devices->items, scan->devices->count, sizeof(struct device *),
		      compare_devices);
	if (scan->pv_disk_count)
		qsort(scan->pv_disks, scan->pv_disk_count, sizeof(struct pv_disk *), compare_disks);
	print_disks(context, scan, only_lvm);
	scan_free(scan);
	return 0;
}
