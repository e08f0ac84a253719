/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/lv_kind.h"

#include <string.h>

#include "lib/report/getters.h"
#include "lib/report/kept.h"

/* ---- duties ---- */

static const struct lv_duty duties[] = {
	{ "mirror", USE_AREA, "mirror,image", 'i', 'm', true },
	{ "mirror", "mirror_log", "mirror,log", 'l', 'm', true },
	{ "raid", USE_AREA, "raid,image", 'i', 'r', true },
	{ "raid", USE_RAID_META, "raid,metadata", 'e', 'r', true },
	{ "thin-pool", "pool", "thin,pool,data", 'T', 0, true },
	{ "thin-pool", "metadata", "thin,pool,metadata", 'e', 0, true },
	{ "cache-pool", "data", "cache,pool,data", 'C', '-', true },
	{ "cache-pool", "metadata", "cache,pool,metadata", 'e', 0, true },
	{ "cache", "origin", "cache,origin,cacheorigin", 'o', 'C', false },
	{ "writecache", "origin", "writecache,origin,writecacheorigin", 'o', 'C', false },
	{ "integrity", "origin", "integrity,origin,integrityorigin", '-', 0, false },
	{ "integrity", "meta_dev", "integrity,metadata", 'e', 0, false },
	{ "vdo-pool", "data", "vdo,pool,data", 'D', 0, false },
};

static bool is_of_duty(const struct lv_use *use, const struct lv_duty *duty)
{
	if (!use->seg || strcmp(use->key, duty->key) != 0)
		return false;
	return !strcmp(duty->type, "raid") ? seg_is_raid(use->seg) : seg_is(use->seg, duty->type);
}

const struct lv_duty *lv_duty(const struct report_vg *vg, const struct lv *lv,
			      const struct lv **ret_owner)
{
	size_t count;
	const struct lv_use *uses = links_uses(vg, lv, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sizeof(duties) / sizeof(*duties); k++) {
			if (!is_of_duty(&uses[i], &duties[k]))
				continue;
			if (ret_owner)
				*ret_owner = uses[i].seg->lv;
			return &duties[k];
		}
	return NULL;
}

static bool ends_with(const char *name, const char *end)
{
	const size_t length = strlen(name), end_length = strlen(end);

	return length >= end_length && !strcmp(name + length - end_length, end);
}

bool lv_is_spare(const struct lv *lv)
{
	return ends_with(lv->name, "_pmspare") && !lv_is_visible(lv);
}

bool lv_is_virtual_origin(const struct lv *lv)
{
	return lv->snapshot_count && ends_with(lv->name, "_vorigin");
}

bool lv_is_cachevol(const struct report_vg *vg, const struct lv *lv, const char **ret_type)
{
	if (!(lv->status & FLAG_CACHE_VOL))
		return false;
	if (links_use(vg, lv, "writecache", "writecache"))
		*ret_type = "writecache";
	else if (links_use(vg, lv, "cache", "cache_pool"))
		*ret_type = "cache";
	else
		return false;
	return true;
}

const struct lv *lv_converting_layer(const struct lv *lv)
{
	const struct seg *seg = lv->segs;

	if (!lv_is_type(lv, "mirror"))
		return NULL;
	for (uint32_t i = 0; i < seg->area_count; i++)
		if (seg->areas[i].type == AREA_LV && lv_is_type(seg->areas[i].lv, "mirror"))
			return seg->areas[i].lv;
	return NULL;
}

bool lv_is_merge_source(const struct lv *lv)
{
	return lv->is_merging_snapshot || (lv_is_type(lv, "thin") && lv_named_by(lv, "merge"));
}

bool lv_is_merge_target(const struct report_vg *vg, const struct lv *lv)
{
	size_t count;
	const struct lv_use *uses = links_uses(vg, lv, &count);

	for (size_t i = 0; i < count; i++)
		if (uses[i].seg && seg_is(uses[i].seg, "snapshot") &&
		    !strcmp(uses[i].key, "origin") && seg_lv(uses[i].seg, "merging_store"))
			return true;
	return links_use(vg, lv, "thin", "merge");
}

/* ---- lv_layout ---- */

struct layout {
	const char *type, *words;
};

/* LVM2 does not name the layout of some raid levels, and has none for error and zero. */
static const struct layout layouts[] = {
	{ "mirror", "mirror" },
	{ "cache", "cache" },
	{ "cache-pool", "cache,pool" },
	{ "thin", "thin,sparse" },
	{ "thin-pool", "thin,pool" },
	{ "vdo", "vdo,sparse" },
	{ "vdo-pool", "vdo,pool" },
	{ "writecache", "writecache" },
	{ "integrity", "integrity" },
	{ "raid0", "raid,raid0" },
	{ "raid0_meta", "raid" },
	{ "raid1", "raid,raid1" },
	{ "raid10", "raid,raid10" },
	{ "raid10_near", "raid,raid10" },
	{ "raid4", "raid,raid4" },
	{ "raid5", "raid,raid5,raid5_ls" },
	{ "raid5_n", "raid,raid5" },
	{ "raid5_la", "raid,raid5,raid5_la" },
	{ "raid5_ls", "raid,raid5,raid5_ls" },
	{ "raid5_ra", "raid,raid5,raid5_ra" },
	{ "raid5_rs", "raid,raid5,raid5_rs" },
	{ "raid6", "raid,raid6,raid6_zr" },
	{ "raid6_zr", "raid,raid6,raid6_zr" },
	{ "raid6_nr", "raid,raid6,raid6_nr" },
	{ "raid6_nc", "raid,raid6,raid6_nc" },
	{ "raid6_n_6", "raid,raid6" },
	{ "raid6_ls_6", "raid,raid6" },
	{ "raid6_la_6", "raid,raid6" },
	{ "raid6_rs_6", "raid,raid6" },
	{ "raid6_ra_6", "raid,raid6" },
};

static const char *layout_of(const struct report_row *row)
{
	const struct lv *lv = row->lv;
	bool linear = false, striped = false;
	const char *type;

	if (lv_is_virtual_origin(lv))
		return "virtual";
	if (lv_is_cachevol(row->vg, lv, &type))
		return !strcmp(type, "cache") ? "cache,cachevol" : "writecache,cachevol";
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (lv_is_type(lv, layouts[i].type))
			return layouts[i].words;
	for (uint32_t i = 0; i < lv->seg_count; i++) {
		linear |= lv->segs[i].type == SEG_STRIPED && lv->segs[i].area_count == 1;
		striped |= lv->segs[i].type == SEG_STRIPED && lv->segs[i].area_count > 1;
	}
	if (linear && striped)
		return "linear,striped";
	return linear ? "linear" : striped ? "striped" : "unknown";
}

struct value get_lv_layout(const struct report_row *row, struct dm_pool *mem)
{
	struct value list = value_list(mem, ",");

	list_add_words(&list, mem, layout_of(row));
	return list;
}

/* ---- lv_role ---- */

/* An origin is one once, of whatever its snapshots are. */
static void add_origin(struct value *list, struct dm_pool *mem, bool *is_origin, size_t count,
		       const char *word, const char *word_for_many)
{
	if (!count)
		return;
	if (!*is_origin)
		list_add(list, mem, "origin");
	*is_origin = true;
	list_add(list, mem, word);
	if (count > 1)
		list_add(list, mem, word_for_many);
}

static void add_snapshot_roles(struct value *list, struct dm_pool *mem,
			       const struct report_row *row)
{
	const struct lv *lv = row->lv;
	bool is_origin = false;

	add_origin(list, mem, &is_origin, links_count(row->vg, lv, "thin", "origin"), "thinorigin",
		   "multithinorigin");
	if (lv_is_type(lv, "thin") &&
	    (lv_named_by(lv, "origin") || lv_named_by(lv, "external_origin")))
		list_add_words(list, mem, "snapshot,thinsnapshot");
	add_origin(list, mem, &is_origin, links_count(row->vg, lv, "thin", "external_origin"),
		   "extthinorigin", "multiextthinorigin");
	add_origin(list, mem, &is_origin, lv->snapshot_count, "thickorigin", "multithickorigin");
	if (lv->snapshot_origin)
		list_add_words(list, mem, "snapshot,thicksnapshot");
}

struct value get_lv_role(const struct report_row *row, struct dm_pool *mem)
{
	struct value list = value_list(mem, ",");
	const struct lv *lv = row->lv;
	const struct lv_duty *duty = lv_duty(row->vg, lv, NULL);
	const bool is_pvmove = lv->status & STATUS_PVMOVE;
	const char *type;
	const bool is_private = duty || is_pvmove || lv_is_spare(lv) || lv_is_pool(lv) ||
				lv_is_virtual_origin(lv) || lv_is_cachevol(row->vg, lv, &type);

	list_add(&list, mem, is_private ? "private" : "public");
	if (duty)
		list_add_words(&list, mem, duty->role);
	else if (is_pvmove)
		list_add(&list, mem, "pvmove");
	else if (lv_is_spare(lv))
		list_add_words(&list, mem, "pool,spare");
	add_snapshot_roles(&list, mem, row);
	return list;
}

struct value get_lv_parent(const struct report_row *row, struct dm_pool *mem)
{
	const struct lv *owner;
	const struct lv_duty *duty = lv_duty(row->vg, row->lv, &owner);

	(void)mem;
	return duty && duty->has_parent ? value_lv(owner) : value_text("");
}
