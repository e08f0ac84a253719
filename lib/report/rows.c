/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/op/op.h"
#include "lib/op/tags.h"
#include "lib/report/kept.h"
#include "metadata/base/cleanup.h"

/* What has been fed: an open-addressed set. */
struct seen {
	const void **slots;
	size_t size, count; /* size is a power of two, or 0 */
};

struct feed {
	struct report_source *source;
	const struct report_args *args;
	uint32_t owners;
	row_fn *each;
	void *data;
	struct kernel_cache kernel_cache; /* of the LV whose rows are being made */
	struct err first;		  /* the first failure */
	struct seen seen;
};

static const void **slot_of(const void **slots, size_t size, const void *object)
{
	size_t i = ((uintptr_t)object >> 4) * (size_t)0x9e3779b97f4a7c15U;

	for (;; i++)
		if (!slots[i & (size - 1)] || slots[i & (size - 1)] == object)
			return &slots[i & (size - 1)];
}

static bool grow_seen(struct seen *seen)
{
	const size_t size = seen->size ? seen->size * 2 : 64;
	const void **slots = calloc(size, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < seen->size; i++)
		if (seen->slots[i])
			*slot_of(slots, size, seen->slots[i]) = seen->slots[i];
	free(seen->slots);
	seen->slots = slots;
	seen->size = size;
	return true;
}

/* An object that several names mean is shown once; without memory, as often as it is named. */
static bool is_new(struct feed *feed, const void *object)
{
	struct seen *seen = &feed->seen;
	const void **slot;

	if (feed->args->name_count < 2)
		return true;
	if (seen->count * 2 >= seen->size && !grow_seen(seen))
		return true;
	slot = slot_of(seen->slots, seen->size, object);
	if (*slot)
		return false;
	*slot = object;
	seen->count++;
	return true;
}

static void fail(struct feed *feed, const struct err *err)
{
	ctx_report_error(feed->source->context, err);
	if (!feed->first.code)
		feed->first = *err;
}

/* Of another LV; that there is no driver at all is true for all. */
static struct kernel_cache kernel_cache_of_next(const struct kernel_cache *cache)
{
	return (struct kernel_cache){ .no_driver = cache->no_driver };
}

static void add(struct feed *feed, struct report_row *row)
{
	struct err err = { 0 };

	row->holders = feed->source->has_holders ? &feed->source->holders : NULL;
	row->kernel_cache = &feed->kernel_cache;
	if (!feed->each(feed->data, row)) {
		(void)err_set(&err, ENOMEM, "A row of the report could not be made.");
		fail(feed, &err);
	}
}

/* ---- LVs ---- */

static void feed_lv(struct feed *feed, const struct report_vg *vg, const struct lv *lv)
{
	struct report_row row = { .vg = vg, .lv = lv };

	if (!is_new(feed, lv))
		return;
	feed->kernel_cache = kernel_cache_of_next(&feed->kernel_cache);
	if (!(feed->owners & OWNER_SEG) || !lv->seg_count) {
		add(feed, &row);
		return;
	}
	for (uint32_t i = 0; i < lv->seg_count; i++) {
		row.seg = &lv->segs[i];
		add(feed, &row);
	}
}

static void feed_lvs_of(struct feed *feed, const struct report_vg *vg)
{
	const struct vg *model = vg->stored->vg;

	for (uint32_t i = 0; i < model->lv_count; i++)
		if (!lv_is_snapshot_record(model->lvs[i]) &&
		    (feed->args->all || lv_is_visible(model->lvs[i])))
			feed_lv(feed, vg, model->lvs[i]);
}

static void not_found(struct feed *feed, const char *name)
{
	struct err err = { 0 };

	(void)err_set(&err, ENOENT, "Volume group \"%s\" not found\nCannot process volume group %s",
		      name, name);
	fail(feed, &err);
}

/* The one VG of that name; a failure is told. */
static const struct report_vg *find_vg(struct feed *feed, const char *name)
{
	const struct report_source *source = feed->source;
	const struct report_vg *found = NULL;
	struct err err = { 0 };

	for (size_t i = 0; i < source->vg_count; i++) {
		if (strcmp(source->vgs[i].stored->vg->name, name) != 0)
			continue;
		if (found) {
			(void)err_set(&err, ENOTUNIQ,
				      "Multiple VGs found with the same name: skipping %s\n"
				      "Use --select vg_uuid=<uuid> in place of the VG name.",
				      name);
			fail(feed, &err);
			return NULL;
		}
		found = &source->vgs[i];
	}
	if (!found)
		not_found(feed, name);
	return found;
}

static void feed_named_lv(struct feed *feed, const char *name)
{
	AUTO_ARENA struct arena arena = { .limit = (size_t)1 << 20 };
	const char *vg_name, *lv_name = NULL;
	const struct report_vg *vg;
	const struct lv *lv;
	struct err err = { 0 };

	if (op_split_lv_name(name, &arena, &vg_name, &lv_name, NULL) &&
	    op_vg_name(name, &arena, &vg_name, &err)) {
		fail(feed, &err);
		return;
	}
	if (!(vg = find_vg(feed, vg_name)))
		return;
	if (vg->stored->vg->status & STATUS_EXPORTED) {
		(void)err_set(&err, EPERM, "Volume group %s is exported", vg_name);
		fail(feed, &err);
	} else if (!lv_name) {
		feed_lvs_of(feed, vg);
	} else if ((lv = vg_find_lv(vg->stored->vg, lv_name)) && !lv_is_snapshot_record(lv)) {
		feed_lv(feed, vg, lv);
	} else {
		(void)err_set(&err, ENOENT, "Failed to find logical volume \"%s/%s\"", vg_name,
			      lv_name);
		fail(feed, &err);
	}
}

static void feed_tagged_lvs(struct feed *feed, const char *tag)
{
	for (size_t i = 0; i < feed->source->vg_count; i++) {
		const struct report_vg *vg = &feed->source->vgs[i];

		for (uint32_t k = 0; k < vg->stored->vg->lv_count; k++) {
			const struct lv *lv = vg->stored->vg->lvs[k];

			if (lv_is_snapshot_record(lv))
				continue;
			if (tags_have(lv->tags, tag) || tags_have(vg->stored->vg->tags, tag))
				feed_lv(feed, vg, lv);
		}
	}
}

static void feed_lvs(struct feed *feed)
{
	for (size_t i = 0; i < feed->args->name_count; i++)
		if (*feed->args->names[i] == '@')
			feed_tagged_lvs(feed, feed->args->names[i]);
		else
			feed_named_lv(feed, feed->args->names[i]);
	if (feed->args->name_count)
		return;
	for (size_t i = 0; i < feed->source->vg_count; i++)
		if (!(feed->source->vgs[i].stored->vg->status & STATUS_EXPORTED))
			feed_lvs_of(feed, &feed->source->vgs[i]);
}

/* ---- VGs ---- */

static void feed_runs(struct feed *feed, const struct report_vg *vg, const struct pv_run *runs,
		      size_t count)
{
	const struct report_pv *pv = NULL;

	for (size_t i = 0; i < count; i++) {
		struct report_row row = { .vg = vg, .pv = runs[i].pv, .run = &runs[i] };

		if (!pv || pv->pv != runs[i].pv)
			pv = links_pv(vg, runs[i].pv);
		row.disk = pv->disk;
		row.device = pv->disk ? pv->disk->device : NULL;
		row.seg = runs[i].seg;
		row.lv = row.seg ? row.seg->lv : NULL;
		feed->kernel_cache = kernel_cache_of_next(&feed->kernel_cache);
		add(feed, &row);
	}
}

static void feed_vg(struct feed *feed, const struct report_vg *vg)
{
	struct report_row row = { .vg = vg };

	if (!is_new(feed, vg))
		return;
	if (feed->owners & (OWNER_ANY_LV | OWNER_SEG)) {
		feed_lvs_of(feed, vg);
	} else if (feed->owners & OWNER_PVSEG) {
		feed_runs(feed, vg, vg->runs, vg->run_count);
	} else if (!(feed->owners & (OWNER_PV | OWNER_LABEL))) {
		add(feed, &row);
	} else {
		for (uint32_t i = 0; i < vg->stored->vg->pv_count; i++) {
			row.pv = vg->stored->vg->pvs[i];
			row.disk = vg->stored->pv_disks[i];
			row.device = row.disk ? row.disk->device : NULL;
			add(feed, &row);
		}
	}
}

static void feed_named_vg(struct feed *feed, const char *name)
{
	AUTO_ARENA struct arena arena = { .limit = (size_t)1 << 20 };
	const struct report_vg *vg;
	const char *vg_name;
	struct err err = { 0 };

	if (op_vg_name(name, &arena, &vg_name, &err))
		fail(feed, &err);
	else if ((vg = find_vg(feed, vg_name)))
		feed_vg(feed, vg);
}

static void feed_vgs(struct feed *feed)
{
	for (size_t i = 0; i < feed->args->name_count; i++) {
		const char *name = feed->args->names[i];

		if (*name != '@')
			feed_named_vg(feed, name);
		for (size_t k = 0; *name == '@' && k < feed->source->vg_count; k++)
			if (tags_have(feed->source->vgs[k].stored->vg->tags, name))
				feed_vg(feed, &feed->source->vgs[k]);
	}
	for (size_t i = 0; !feed->args->name_count && i < feed->source->vg_count; i++)
		feed_vg(feed, &feed->source->vgs[i]);
}

/* ---- PVs ---- */

static void feed_pv(struct feed *feed, const struct report_vg *vg, const struct pv *pv,
		    const struct pv_disk *disk)
{
	static const struct pv_run nothing; /* what an orphan PV has */
	struct report_row row = { .vg = vg, .pv = pv, .disk = disk, .run = &nothing };
	const struct report_pv *entry = pv ? links_pv(vg, pv) : NULL;

	if (!is_new(feed, disk ? (const void *)disk : pv))
		return;
	row.device = disk ? disk->device : NULL;
	if (entry && feed->owners & (OWNER_ANY_LV | OWNER_SEG | OWNER_PVSEG))
		feed_runs(feed, vg, entry->runs, entry->run_count);
	else
		add(feed, &row);
}

/* Removed from a VG while it was away: not shown, as with LVM2; the VG's reader has warned of it.
 */
static bool is_outdated(const struct feed *feed, const struct pv_disk *disk)
{
	const struct vg_summary *vg = scan_vg_claiming(feed->source->scan, disk);

	for (size_t i = 0; vg && i < feed->source->vg_count; i++)
		if (uuid_equal(&feed->source->vgs[i].stored->vg->id, &vg->id))
			return !vg_find_pv_by_id(feed->source->vgs[i].stored->vg, &disk->header.id);
	return false;
}

static void warn_used(const struct feed *feed, const struct pv_disk *disk)
{
	struct context *context = feed->source->context;

	if (!(disk->header.extension_flags & PV_EXTENSION_USED))
		return;
	ctx_warn(context, "WARNING: PV %s is marked in use but no VG was found using it.",
		 disk->device->name);
	ctx_warn(context, "WARNING: PV %s might need repairing.", disk->device->name);
}

static void feed_disk(struct feed *feed, const struct pv_disk *disk)
{
	const struct pv *pv;
	const struct report_vg *vg = report_vg_of_pv(feed->source, &disk->header.id, &pv);

	if (vg && links_pv(vg, pv)->disk != disk)
		return; /* a duplicate: the VG uses the other device */
	if (report_hides(feed->source, disk) || is_outdated(feed, disk))
		return;
	if (!vg)
		warn_used(feed, disk);
	feed_pv(feed, vg, pv, disk);
}

/* With -a: devices that are no PVs, too. */
static void feed_other_devices(struct feed *feed)
{
	static const struct pv_run nothing;
	const struct scan *scan = feed->source->scan;

	for (size_t i = 0; i < scan->devices->count; i++) {
		struct report_row row = { .device = scan->devices->items[i], .run = &nothing };

		if (!row.device->rejected && !scan_find_pv_on(scan, row.device))
			add(feed, &row);
	}
}

static void feed_named_pv(struct feed *feed, const char *name)
{
	const struct device *device = device_find(feed->source->scan->devices, name);
	const struct pv_disk *disk = NULL;
	struct err err = { 0 };

	if (!device)
		(void)err_set(&err, ENODEV, "Cannot use %s: device not found", name);
	else if (device->rejected)
		(void)err_set(&err, ENODEV, "Cannot use %s: %s", name, device->rejected);
	else if (!(disk = scan_find_pv_on(feed->source->scan, device)) || is_outdated(feed, disk))
		(void)err_set(&err, ENOENT, "Failed to find physical volume \"%s\".", name);
	else
		feed_disk(feed, disk);
	if (err.code)
		fail(feed, &err);
}

static void feed_missing_pvs(struct feed *feed, const struct report_vg *vg)
{
	for (uint32_t i = 0; i < vg->stored->vg->pv_count; i++)
		if (!vg->stored->pv_disks[i])
			feed_pv(feed, vg, vg->stored->vg->pvs[i], NULL);
}

static void feed_tagged_pvs(struct feed *feed, const char *tag)
{
	for (size_t i = 0; i < feed->source->vg_count; i++) {
		const struct report_vg *vg = &feed->source->vgs[i];

		for (uint32_t k = 0; k < vg->stored->vg->pv_count; k++)
			if (tags_have(vg->stored->vg->pvs[k]->tags, tag) ||
			    tags_have(vg->stored->vg->tags, tag))
				feed_pv(feed, vg, vg->stored->vg->pvs[k], vg->stored->pv_disks[k]);
	}
}

static void feed_pvs(struct feed *feed)
{
	const struct scan *scan = feed->source->scan;

	for (size_t i = 0; i < feed->args->name_count; i++)
		if (*feed->args->names[i] == '@')
			feed_tagged_pvs(feed, feed->args->names[i]);
		else
			feed_named_pv(feed, feed->args->names[i]);
	if (feed->args->name_count)
		return;
	for (size_t i = 0; i < scan->pv_disk_count; i++)
		if (!scan->pv_disks[i]->is_duplicate)
			feed_disk(feed, scan->pv_disks[i]);
	for (size_t i = 0; i < feed->source->vg_count; i++)
		feed_missing_pvs(feed, &feed->source->vgs[i]);
	if (feed->args->all)
		feed_other_devices(feed);
}

int rows_each(struct report_source *source, const struct report_args *args, uint32_t owners,
	      row_fn *each, void *data, struct err *err)
{
	struct feed feed = {
		.source = source, .args = args, .owners = owners, .each = each, .data = data
	};

	switch (args->kind) {
	case REPORT_PVS:
		feed_pvs(&feed);
		break;
	case REPORT_PVSEGS:
		feed.owners |= OWNER_PVSEG;
		feed_pvs(&feed);
		break;
	case REPORT_VGS:
		feed_vgs(&feed);
		break;
	case REPORT_SEGS:
		feed.owners |= OWNER_SEG;
		feed_lvs(&feed);
		break;
	case REPORT_LVS:
		feed_lvs(&feed);
		break;
	}
	free(feed.seen.slots);
	if (feed.first.code && err)
		*err = (struct err){ .code = feed.first.code }; /* said already */
	return feed.first.code;
}
