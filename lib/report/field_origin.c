/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields about where an LV comes from and what came from it: COW and thin snapshots, external
 * origins, LVs that are removed but remembered, pvmove and lvconvert in progress.
 *
 * A text may claim that two LVs are each other's origin: no list gets longer than the VG.
 */
#include <string.h>

#include "lib/report/getters.h"
#include "lib/report/kept.h"
#include "lib/report/links.h"
#include "lib/report/lv_kind.h"

#define DEPTH_MAX 1000 /* snapshots of snapshots */

/* ---- the origin ---- */

static const struct lv *cached_origin(const struct lv *lv)
{
	static const char *const types[] = { "cache", "writecache", "integrity" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (lv_is_type(lv, types[i]))
			return lv_named_by(lv, "origin");
	return NULL;
}

/* Of snapshots: what they were taken of. */
static const struct lv *snapshot_origin(const struct lv *lv)
{
	if (lv->snapshot_origin)
		return lv->snapshot_origin;
	if (!lv_is_type(lv, "thin"))
		return NULL;
	return lv_named_by(lv, "origin") ? lv_named_by(lv, "origin")
					 : lv_named_by(lv, "external_origin");
}

static const struct lv *origin_of(const struct lv *lv)
{
	return snapshot_origin(lv) ? snapshot_origin(lv) : cached_origin(lv);
}

static struct value name_or_empty(const struct lv *lv)
{
	return lv ? value_lv(lv) : value_text("");
}

static struct value uuid_or_empty(const struct lv *lv, struct dm_pool *mem)
{
	return lv ? value_of_uuid(&lv->id, mem) : value_text("");
}

GETTER(get_origin)
{
	(void)mem;
	return name_or_empty(origin_of(row->lv));
}

GETTER(get_origin_uuid)
{
	return uuid_or_empty(origin_of(row->lv), mem);
}

GETTER(get_origin_size)
{
	const struct lv *lv = row->lv;

	(void)mem;
	if (lv->snapshot_origin)
		return value_size(lv_sectors(lv->snapshot_origin));
	if (lv->snapshot_count)
		return value_size(lv_sectors(lv));
	if (lv_is_type(lv, "thin") && lv_named_by(lv, "external_origin"))
		return value_size(lv_sectors(lv_named_by(lv, "external_origin")));
	return (struct value){ .kind = VALUE_EMPTY };
}

/* ---- family ---- */

struct family {
	const struct report_vg *vg;
	struct dm_pool *mem;
	struct value list;
	uint32_t left;	   /* how many more may be listed */
	bool with_history; /* look behind removed LVs too (they themselves are not listed) */
};

static struct family family_of(const struct report_row *row, struct dm_pool *mem, bool with_history)
{
	return (struct family){ row->vg, mem, value_list(mem, ","), row->lv->vg->lv_count,
				with_history };
}

static bool list_relative(struct family *family, const struct lv *lv)
{
	if (!family->left)
		return false;
	family->left--;
	list_add(&family->list, family->mem, lv->name);
	return true;
}

/* The removed LV that a name such as "-old" means. */
static const struct cfg_node *find_record(const struct report_vg *vg, const char *name)
{
	const struct cfg_node *historical = vg->stored->vg->historical;

	return historical && *name == '-' ? cfg_find_section(historical->items, name + 1) : NULL;
}

/* What a removed LV came from, behind any number of removed ones. */
static const struct lv *origin_of_record(const struct family *family, const struct cfg_node *record)
{
	for (unsigned depth = 0; record && depth < DEPTH_MAX; depth++) {
		const struct cfg_node *node = cfg_find_key(record->items, "origin");
		const char *name;

		if (!cfg_get_string(node, &name))
			return NULL;
		if (cfg_value_reference(node->values))
			return vg_find_lv(family->vg->stored->vg, cfg_value_text(node->values));
		record = find_record(family->vg, name);
	}
	return NULL;
}

static const struct lv *parent_of(const struct family *family, const struct lv *lv)
{
	const struct lv *origin = snapshot_origin(lv);
	const struct lv_use *use;

	if (origin || !family->with_history)
		return origin;
	use = links_use(family->vg, lv, NULL, USE_HISTORY_TO);
	return use ? origin_of_record(family, use->record) : NULL;
}

static struct value ancestors(const struct report_row *row, struct dm_pool *mem, bool with_history)
{
	struct family family = family_of(row, mem, with_history);
	const struct lv *lv = row->lv;

	while ((lv = parent_of(&family, lv)) && list_relative(&family, lv))
		continue;
	return family.list;
}

GETTER(get_lv_ancestors)
{
	return ancestors(row, mem, false);
}

GETTER(get_lv_full_ancestors)
{
	return ancestors(row, mem, true);
}

static void list_descendants(struct family *family, const struct lv *lv, unsigned depth);

static void list_child(struct family *family, const struct lv *lv, unsigned depth)
{
	if (depth < DEPTH_MAX && list_relative(family, lv))
		list_descendants(family, lv, depth + 1);
}

/* Children of a removed LV: living ones, and those of removed ones that came from it. */
static void list_of_record(struct family *family, const struct cfg_node *record, unsigned depth)
{
	const struct vg *vg = family->vg->stored->vg;
	const struct cfg_node *node = cfg_find_key(record->items, "descendants");
	const char *name;

	if (depth >= DEPTH_MAX || !family->left)
		return;
	for (const struct cfg_node *other = vg->historical->items; other; other = other->next)
		if (other->is_section &&
		    cfg_get_string(cfg_find_key(other->items, "origin"), &name) && *name == '-' &&
		    !strcmp(name + 1, record->key))
			list_of_record(family, other, depth + 1);
	for (const struct cfg_value *value = node && !node->is_section ? node->values : NULL; value;
	     value = value->next) {
		const struct lv *lv =
			cfg_value_reference(value) ? vg_find_lv(vg, cfg_value_text(value)) : NULL;

		if (lv)
			list_child(family, lv, depth);
	}
}

/* Which LVs have @lv as origin: COW snapshots when there are any, else thin ones. */
static const struct lv *child_of_use(const struct lv *lv, const struct lv_use *use)
{
	if (!use->seg)
		return NULL;
	if (lv->snapshot_count) {
		if (!seg_is(use->seg, "snapshot") || strcmp(use->key, "origin") != 0)
			return NULL;
		return seg_lv(use->seg, "cow_store") ? seg_lv(use->seg, "cow_store")
						     : seg_lv(use->seg, "merging_store");
	}
	if (!seg_is(use->seg, "thin"))
		return NULL;
	return !strcmp(use->key, "origin") || !strcmp(use->key, "external_origin") ? use->seg->lv
										   : NULL;
}

static void list_descendants(struct family *family, const struct lv *lv, unsigned depth)
{
	size_t count;
	const struct lv_use *uses = links_uses(family->vg, lv, &count);

	for (size_t i = 0; i < count; i++) {
		const struct lv *child = child_of_use(lv, &uses[i]);

		if (child)
			list_child(family, child, depth);
	}
	for (size_t i = 0; family->with_history && i < count; i++)
		if (!strcmp(uses[i].key, USE_HISTORY_FROM))
			list_of_record(family, uses[i].record, depth);
}

static struct value descendants(const struct report_row *row, struct dm_pool *mem,
				bool with_history)
{
	struct family family = family_of(row, mem, with_history);

	list_descendants(&family, row->lv, 0);
	return family.list;
}

GETTER(get_lv_descendants)
{
	return descendants(row, mem, false);
}

GETTER(get_lv_full_descendants)
{
	return descendants(row, mem, true);
}

/* ---- in progress ---- */

GETTER(get_lv_merging)
{
	(void)mem;
	return value_flag(lv_is_merge_source(row->lv) ||
				  (row->lv->snapshot_count && lv_is_merge_target(row->vg, row->lv)),
			  "merging");
}

GETTER(get_lv_converting)
{
	(void)mem;
	return value_flag(lv_converting_layer(row->lv), "converting");
}

GETTER(get_convert_lv)
{
	(void)mem;
	return name_or_empty(lv_converting_layer(row->lv));
}

GETTER(get_convert_lv_uuid)
{
	return uuid_or_empty(lv_converting_layer(row->lv), mem);
}

/* The PV that pvmove empties is the first leg of its mirror. */
static const struct pv *moved_pv(const struct lv *lv)
{
	uint64_t moved;

	for (uint32_t i = 0; i < lv->seg_count; i++) {
		const struct seg *seg = &lv->segs[i];

		if (seg_is(seg, "mirror") && seg->area_count && seg->areas[0].type == AREA_PV &&
		    (lv->status & STATUS_PVMOVE || seg_number(seg, "extents_moved", &moved)))
			return seg->areas[0].pv;
	}
	return NULL;
}

GETTER(get_move_pv)
{
	(void)mem;
	return value_text(moved_pv(row->lv) ? pv_device_name(row->vg, moved_pv(row->lv)) : "");
}

GETTER(get_move_pv_uuid)
{
	return moved_pv(row->lv) ? value_of_uuid(&moved_pv(row->lv)->id, mem) : value_text("");
}
