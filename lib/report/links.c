/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/kept.h"
#include "metadata/base/cleanup.h"
#include "metadata/used_runs.h"
#include "metadata/vg_words.h"

static int compare_addresses(const void *a, const void *b)
{
	const uintptr_t left = (uintptr_t)a, right = (uintptr_t)b;

	return (left > right) - (left < right);
}

/* ---- uses ---- */

/* Called for each use; the first pass only counts. */
struct use_list {
	struct lv_use *items;
	size_t count;
};

static void add_use(struct use_list *list, struct lv_use use)
{
	if (list->items) {
		use.order = list->count;
		list->items[list->count] = use;
	}
	list->count++;
}

static void add_area_uses(struct use_list *list, const struct seg *seg)
{
	for (uint32_t i = 0; i < seg_data_count(seg) && seg->area_count; i++) {
		const struct area area = seg_data_area(seg, i);

		if (area.type == AREA_LV)
			add_use(list, (struct lv_use){ area.lv, USE_AREA, seg, NULL, 0 });
	}
	for (uint32_t i = 0; i < seg_meta_count(seg); i++) {
		const struct area area = seg_meta_area(seg, i);

		if (area.type == AREA_LV)
			add_use(list, (struct lv_use){ area.lv, USE_RAID_META, seg, NULL, 0 });
	}
}

static void add_seg_uses(struct use_list *list, const struct seg *seg)
{
	if (seg->type == SEG_UNKNOWN)
		return;
	add_area_uses(list, seg);
	if (seg->type != SEG_OTHER)
		return;
	for (const struct cfg_node *node = seg->content; node; node = node->next) {
		const struct lv *lv;

		if (node->is_section || !seg_reference_key(seg->type_name, node->key) ||
		    !(lv = seg_lv(seg, node->key)))
			continue;
		add_use(list, (struct lv_use){ lv, node->key, seg, NULL, 0 });
	}
}

/* Values of a removed LV's record refer to the living LVs that they name. */
static void add_record_uses(struct use_list *list, const struct cfg_node *record, const char *key,
			    const char *use)
{
	const struct cfg_node *node = cfg_find_key(record->items, key);

	for (const struct cfg_value *value = node && !node->is_section ? node->values : NULL; value;
	     value = value->next) {
		const char *name = (const char *)(const void *)cfg_value_reference(value);

		if (!name)
			continue;
		add_use(list,
			(struct lv_use){
				(const struct lv *)(const void *)(name - offsetof(struct lv, name)),
				use, NULL, record, 0 });
	}
}

static void add_all_uses(struct use_list *list, const struct vg *vg)
{
	for (uint32_t i = 0; i < vg->lv_count; i++)
		for (uint32_t k = 0; k < vg->lvs[i]->seg_count; k++)
			add_seg_uses(list, &vg->lvs[i]->segs[k]);
	for (const struct cfg_node *record = vg->historical ? vg->historical->items : NULL; record;
	     record = record->next) {
		if (!record->is_section)
			continue;
		add_record_uses(list, record, "origin", USE_HISTORY_FROM);
		add_record_uses(list, record, "descendants", USE_HISTORY_TO);
	}
}

static int compare_uses(const void *a, const void *b)
{
	const struct lv_use *left = a, *right = b;
	const int by_lv = compare_addresses(left->lv, right->lv);

	return by_lv ? by_lv : (left->order > right->order) - (left->order < right->order);
}

static int build_uses(struct arena *arena, struct report_vg *vg, struct err *err)
{
	struct use_list list = { 0 };

	add_all_uses(&list, vg->stored->vg);
	if (!(list.items = arena_calloc(arena, list.count + 1, sizeof(*list.items))))
		return err_set(err, ENOMEM, "Out of memory.");
	list.count = 0;
	add_all_uses(&list, vg->stored->vg);
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare_uses);
	vg->uses = list.items;
	vg->use_count = list.count;
	return 0;
}

const struct lv_use *links_uses(const struct report_vg *vg, const struct lv *lv, size_t *ret_count)
{
	size_t low = 0, high = vg->use_count, end;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare_addresses(vg->uses[middle].lv, lv) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < vg->use_count && vg->uses[end].lv == lv;)
		end++;
	*ret_count = end - low;
	return vg->uses + low;
}

static bool fits(const struct lv_use *use, const char *type, const char *key)
{
	return !strcmp(use->key, key) && (!type || (use->seg && seg_is(use->seg, type)));
}

const struct lv_use *links_use(const struct report_vg *vg, const struct lv *lv, const char *type,
			       const char *key)
{
	size_t count;
	const struct lv_use *uses = links_uses(vg, lv, &count);

	for (size_t i = 0; i < count; i++)
		if (fits(&uses[i], type, key))
			return &uses[i];
	return NULL;
}

size_t links_count(const struct report_vg *vg, const struct lv *lv, const char *type,
		   const char *key)
{
	size_t count, found = 0;
	const struct lv_use *uses = links_uses(vg, lv, &count);

	for (size_t i = 0; i < count; i++)
		found += fits(&uses[i], type, key);
	return found;
}

/* ---- runs ---- */

/* The runs of one PV, free ones between the used ones. Returns their number. */
static size_t runs_of_pv(struct report_pv *entry, const struct used_run *used, size_t used_count,
			 struct pv_run *runs)
{
	const struct pv *pv = entry->pv;
	size_t count = 0;
	uint32_t at = 0;

	for (size_t i = 0; i < used_count; i++) {
		const struct used_run *run = &used[i];

		if (run->start > at)
			runs[count++] = (struct pv_run){ pv, at, run->start - at, NULL };
		runs[count++] = (struct pv_run){ pv, run->start, run->count, run->seg };
		at = run->start + run->count;
		entry->allocated += run->count;
	}
	if (at < pv->pe_count || !pv->pe_count)
		runs[count++] = (struct pv_run){ pv, at, pv->pe_count - at, NULL };
	entry->runs = runs;
	entry->run_count = count;
	return count;
}

static int compare_pvs(const void *a, const void *b)
{
	const struct report_pv *left = a, *right = b;

	return compare_addresses(left->pv, right->pv);
}

static int build_runs(struct arena *arena, struct report_vg *vg, struct err *err)
{
	AUTO_ARENA struct arena scratch = { .limit = VG_ARENA_LIMIT };
	const struct vg *model = vg->stored->vg;
	struct used_runs used = { 0 };
	int rc;

	if ((rc = used_runs_build(model, &scratch, &used, err)))
		return rc;
	vg->runs = arena_calloc(arena, 2 * used.count + model->pv_count, sizeof(*vg->runs));
	vg->pvs = arena_calloc(arena, model->pv_count, sizeof(*vg->pvs));
	if (!vg->runs || !vg->pvs)
		return err_set(err, ENOMEM, "Out of memory.");
	for (uint32_t i = 0; i < model->pv_count; i++) {
		struct report_pv *entry = &vg->pvs[i];

		entry->pv = model->pvs[i];
		entry->disk = vg->stored->pv_disks[i];
		vg->run_count +=
			runs_of_pv(entry, used.items + used.first[i],
				   used.first[i + 1] - used.first[i], vg->runs + vg->run_count);
		vg->extent_count += model->pvs[i]->pe_count;
		vg->free_count += model->pvs[i]->pe_count - (uint64_t)entry->allocated;
		vg->missing_count += !entry->disk || entry->pv->status & STATUS_MISSING;
	}
	qsort(vg->pvs, model->pv_count, sizeof(*vg->pvs), compare_pvs);
	return 0;
}

const struct report_pv *links_pv(const struct report_vg *vg, const struct pv *pv)
{
	const struct report_pv wanted = { .pv = pv };

	return bsearch(&wanted, vg->pvs, vg->stored->vg->pv_count, sizeof(wanted), compare_pvs);
}

int links_build(struct arena *arena, struct report_vg *vg, struct err *err)
{
	int rc;

	if ((rc = build_runs(arena, vg, err)) || (rc = build_uses(arena, vg, err)))
		return rc;
	vg->visible_count = vg_visible_lv_count(vg->stored->vg);
	for (uint32_t i = 0; i < vg->stored->vg->lv_count; i++)
		vg->snapshot_count += lv_is_snapshot_record(vg->stored->vg->lvs[i]);
	return 0;
}
