/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text -> LVs and segments, in three passes: all LVs by name, then the segments, whose areas may
 * name any of them, then what segments say about the LVs that they name (snapshots).
 *
 * Of LVs that come one by one, segments that name only PVs are read in the first pass.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/vg_import.h"

/* A segment names what may be an LV, and not all of these are known: the second pass reads it. */
#define NOT_YET (-EAGAIN)

struct kept_lv {
	struct lv *lv;
	const struct cfg_node *node; /* in the scratch arena */
	struct kept_lv *next;
};

static const struct key_row lv_rows[] = {
	{ "id", KEY_UUID, offsetof(struct lv, id), "read uuid" },
	{ "status", KEY_STATUS, 0, "find status flags" },
	{ "flags", KEY_FLAGS, 0, NULL },
	{ "tags", KEY_NAMES, offsetof(struct lv, tags), NULL },
	{ "creation_time", KEY_UINT64, offsetof(struct lv, creation_time), NULL },
	{ "creation_host", KEY_TEXT, offsetof(struct lv, creation_host), NULL },
	{ "lock_args", KEY_TEXT, offsetof(struct lv, lock_args), NULL },
	{ "allocation_policy", KEY_POLICY, offsetof(struct lv, alloc), NULL },
	{ "profile", KEY_TEXT, offsetof(struct lv, profile), NULL },
	{ "read_ahead", KEY_INT64, offsetof(struct lv, read_ahead), NULL },
	{ "major", KEY_INT32, offsetof(struct lv, major), NULL },
	{ "minor", KEY_INT32, offsetof(struct lv, minor), NULL },
	{ "segment_count", KEY_UINT32, offsetof(struct lv, seg_count), "find segment count" },
	{ 0 },
};

static const struct key_table lv_table = {
	.rows = lv_rows,
	.words = lv_words,
	.status_offset = offsetof(struct lv, status),
	.flags_offset = offsetof(struct lv, unknown_flags),
	.unknown_offset = offsetof(struct lv, unknown),
	.sections_are_parts = true,
};

/* A segment while it is being read. */
struct seg_reading {
	struct seg seg; /* first: offsets of rows count from here */
	uint32_t stripe_count;
	struct cfg_node *unknown;
	uint32_t no_status;
	struct name_list *no_flags;
};

static const struct key_row seg_rows[] = {
	{ "start_extent", KEY_UINT32, offsetof(struct seg, le_start), "read 'start_extent'" },
	{ "extent_count", KEY_UINT32, offsetof(struct seg, le_count), "read 'extent_count'" },
	{ "type", KEY_TEXT, offsetof(struct seg, type_name), NULL },
	{ "tags", KEY_NAMES, offsetof(struct seg, tags), NULL },
	{ 0 },
};

static const struct key_row striped_rows[] = {
	{ "start_extent", KEY_UINT32, offsetof(struct seg, le_start), "read 'start_extent'" },
	{ "extent_count", KEY_UINT32, offsetof(struct seg, le_count), "read 'extent_count'" },
	{ "type", KEY_IGNORED, 0, NULL },
	{ "tags", KEY_NAMES, offsetof(struct seg, tags), NULL },
	{ "stripe_count", KEY_UINT32, offsetof(struct seg_reading, stripe_count),
	  "read 'stripe_count'" },
	{ "stripe_size", KEY_UINT32, offsetof(struct seg, stripe_size), NULL },
	{ "stripes", KEY_IGNORED, 0, NULL },
	{ 0 },
};

#define SEG_TABLE(rows_)                                                  \
	{                                                                 \
		.rows = (rows_), .words = lv_words,                       \
		.status_offset = offsetof(struct seg_reading, no_status), \
		.flags_offset = offsetof(struct seg_reading, no_flags),   \
		.unknown_offset = offsetof(struct seg_reading, unknown),  \
	}

static const struct key_table seg_table = SEG_TABLE(seg_rows);
static const struct key_table striped_table = SEG_TABLE(striped_rows);

/* Point @area at the PV or LV of that name; false when there is none. */
static bool find_area(const struct importer *importer, const char *name, struct area *area)
{
	struct pv *pv = name_index_find(&importer->pvs, name);
	struct lv *lv = pv ? NULL : name_index_find(&importer->lvs, name);

	if (pv)
		*area = (struct area){ .type = AREA_PV, .pv = pv };
	else if (lv)
		*area = (struct area){ .type = AREA_LV, .lv = lv };
	return pv || lv;
}

/* Let a kept name follow the object it names. */
static void bind_area(struct cfg_value *value, const struct area *area)
{
	cfg_value_refer(value, area->type == AREA_PV ? &area->pv->key : &area->lv->name);
}

static size_t count_values(const struct cfg_node *node)
{
	size_t count = 0;

	for (const struct cfg_value *value = node->values; value; value = value->next)
		count++;
	return count;
}

/*
 * Read an array of areas behind those that @seg has. @bind: the array is @seg's kept content,
 * and its names become references. An empty name ("raids" of a missing image) is no area.
 */
static int read_areas(struct importer *importer, struct seg *seg, struct cfg_node *node,
		      const struct area_key *key, bool bind)
{
	size_t values = node->is_section ? 0 : count_values(node);
	size_t count = key->has_extents ? values / 2 : values;
	struct cfg_value *value;
	struct area *areas;

	if (node->is_section || (key->has_extents && values % 2))
		return import_error(importer, node,
				    "Incorrect number of areas in area array for "
				    "logical volume '%s'.",
				    seg->lv->name);
	if (!(areas = arena_calloc(importer->arena, seg->area_count + count, sizeof(*areas))))
		return import_no_memory(importer);
	if (seg->area_count)
		memcpy(areas, seg->areas, seg->area_count * sizeof(*areas));
	seg->areas = areas;
	for (value = node->values; value; value = value->next) {
		struct area *area = &areas[seg->area_count];
		const struct cfg_value *start = key->has_extents ? value->next : NULL;

		if (value->type != CFG_STRING ||
		    (start && (start->type != CFG_INTEGER || start->integer < 0 ||
			       start->integer > UINT32_MAX)))
			return import_error(importer, node,
					    "Bad value in area array for logical volume '%s'.",
					    seg->lv->name);
		if (*value->text) {
			if (!find_area(importer, value->text, area))
				return !importer->has_all_lvs
					       ? NOT_YET
					       : import_error(
							 importer, node,
							 "Couldn't find volume '%s' for segment of "
							 "logical volume '%s'.",
							 value->text, seg->lv->name);
			if (area->type == AREA_LV)
				area->lv->user_count++;
			if (bind)
				bind_area(value, area);
			area->start = start ? (uint32_t)start->integer : 0;
			seg->area_count++;
		}
		if (start)
			value = value->next;
	}
	return 0;
}

static int read_striped(struct importer *importer, const struct cfg_node *node, struct seg *seg,
			uint32_t stripe_count)
{
	const struct area_key *key = seg_area_key("stripes");
	struct cfg_node *stripes = cfg_find_key(node->items, key->key);
	int rc;

	if (!stripes)
		return import_error(importer, node,
				    "Couldn't find stripes array for segment of logical volume "
				    "'%s'.",
				    seg->lv->name);
	if ((rc = read_areas(importer, seg, stripes, key, false)))
		return rc;
	if (!stripe_count || seg->area_count != stripe_count)
		return import_error(importer, stripes,
				    "Incorrect number of areas in area array for logical volume "
				    "'%s'.",
				    seg->lv->name);
	if (stripe_count == 1)
		seg->stripe_size = 0;
	else if (!seg->stripe_size)
		return import_error(importer, node,
				    "Couldn't read stripe_size for segment of logical volume '%s'.",
				    seg->lv->name);
	seg->type_name = "striped";
	return 0;
}

/* The LV that a key of the kept content names, or NULL. */
static struct lv *named_lv(const struct importer *importer, const struct seg *seg, const char *key)
{
	const char *name;

	if (!cfg_get_string(cfg_find_key(seg->content, key), &name))
		return NULL;
	return name_index_find(&importer->lvs, name);
}

static void note_snapshot(const struct importer *importer, const struct seg *seg)
{
	struct lv *origin = named_lv(importer, seg, "origin");
	struct lv *store = named_lv(importer, seg, "cow_store");
	bool merging = !store;

	if (merging)
		store = named_lv(importer, seg, "merging_store");
	if (!origin || !store)
		return;
	origin->snapshot_count++;
	store->snapshot_origin = origin;
	store->is_merging_snapshot = merging;
}

/* One key of the kept content whose value may be an LV's name. */
static void bind_reference(const struct importer *importer, struct seg *seg, struct cfg_node *node,
			   bool nested)
{
	const struct reference_key *key = seg_reference_key(seg->type_name, node->key);
	const char *name;
	struct lv *lv;

	/* Of the sections in segments only the messages of thin pools name LVs. */
	if (!key || nested != !strcmp(key->key, "create") || !cfg_get_string(node, &name) ||
	    !(lv = name_index_find(&importer->lvs, name)))
		return;
	cfg_value_refer(node->values, &lv->name);
	lv->user_count++;
	if (key->rests_on_it)
		seg->needs[seg->need_count++] = lv;
}

static int bind_content(struct importer *importer, struct seg *seg)
{
	size_t count = 0;
	int rc;

	for (const struct cfg_node *node = seg->content; node; node = node->next)
		count++;
	if (!(seg->needs = arena_calloc(importer->arena, count, sizeof(struct lv *))))
		return import_no_memory(importer);
	for (const struct area_key *key = seg_area_keys; key->key; key++) {
		struct cfg_node *node = cfg_find_key(seg->content, key->key);

		if (node && (rc = read_areas(importer, seg, node, key, true)))
			return rc;
	}
	for (struct cfg_node *node = seg->content; node; node = node->next) {
		if (!node->is_section)
			bind_reference(importer, seg, node, false);
		for (struct cfg_node *item = node->is_section ? node->items : NULL; item;
		     item = item->next)
			bind_reference(importer, seg, item, true);
	}
	return 0;
}

/* Of a type nobody knows: only what looks like an array of areas, and no more than names. */
static void bind_unknown(const struct importer *importer, struct seg *seg)
{
	struct area area;

	for (struct cfg_node *node = seg->content; node; node = node->next) {
		if (node->is_section || !seg_area_key(node->key))
			continue;
		for (struct cfg_value *value = node->values; value; value = value->next) {
			if (value->type != CFG_STRING || !find_area(importer, value->text, &area))
				continue;
			bind_area(value, &area);
			if (area.type == AREA_LV)
				area.lv->user_count++;
		}
	}
}

static int read_seg(struct importer *importer, const struct cfg_node *node, struct lv *lv,
		    struct seg *seg)
{
	struct seg_reading reading = { .seg.lv = lv };
	const struct import_what what = { .lv = lv->name, .seg = node->key };
	const char *type_name = NULL;
	bool striped;
	int rc;

	if (!cfg_get_string(cfg_find_key(node->items, "type"), &type_name))
		return import_error(importer, node,
				    "Couldn't read segment type for logical volume '%s'.",
				    lv->name);
	reading.seg.type = seg_type_of_name(type_name);
	striped = reading.seg.type == SEG_STRIPED;
	if (!striped && !importer->has_all_lvs)
		return NOT_YET;
	if ((rc = import_keys(importer, striped ? &striped_table : &seg_table, node->items,
			      &reading, &what)))
		return rc;
	*seg = reading.seg;
	if (striped) {
		seg->content = reading.unknown;
		return read_striped(importer, node, seg, reading.stripe_count);
	}
	if ((rc = import_copy(importer, node->items, &seg->content)))
		return rc;
	if (seg->type == SEG_OTHER)
		return bind_content(importer, seg);
	importer->vg->has_unknown_segments = true;
	bind_unknown(importer, seg);
	return 0;
}

static int compare_segs(const void *a, const void *b)
{
	const struct seg *x = a, *y = b;

	return x->le_start < y->le_start ? -1 : x->le_start > y->le_start;
}

static int read_segs(struct importer *importer, const struct cfg_node *node, struct lv *lv)
{
	uint32_t count = 0;
	uint64_t le_count = 0;
	int rc;

	for (const struct cfg_node *item = node->items; item; item = item->next)
		count += item->is_section;
	if (count != lv->seg_count)
		return import_error(importer, node,
				    "segment_count and actual number of segments disagree for "
				    "logical volume %s.",
				    lv->name);
	if (!(lv->segs = arena_calloc(importer->arena, count, sizeof(*lv->segs))))
		return import_no_memory(importer);
	count = 0;
	for (const struct cfg_node *item = node->items; item; item = item->next) {
		if (!item->is_section)
			continue;
		if ((rc = read_seg(importer, item, lv, &lv->segs[count])))
			return rc;
		le_count += lv->segs[count++].le_count;
	}
	if (le_count > EXTENTS_MAX)
		return import_error(importer, node, "Logical volume %s has too many extents.",
				    lv->name);
	lv->le_count = (uint32_t)le_count;
	if (count > 1)
		qsort(lv->segs, count, sizeof(*lv->segs), compare_segs);
	return 0;
}

static int read_lv(struct importer *importer, const struct cfg_node *node, struct lv **ret_lv)
{
	struct lv *lv = arena_new(importer->arena, struct lv);
	const struct import_what what = { .lv = node->key };
	char text[IMPORT_WHAT_SIZE];
	int rc;

	if (!lv || !(lv->name = arena_strdup(importer->arena, node->key)))
		return import_no_memory(importer);
	lv->major = lv->minor = -1;
	if ((rc = import_keys(importer, &lv_table, node->items, lv, &what)))
		return rc;
	if (lv->read_ahead < READ_AHEAD_NONE || lv->read_ahead > UINT32_MAX)
		return import_error(importer, node, "Couldn't read 'read_ahead' for %s.",
				    import_describe(importer, &what, text));
	*ret_lv = lv;
	return vg_add_lv(importer->vg, lv, importer->err);
}

static int read_next_lv(struct importer *importer, const struct cfg_node *node, struct lv **ret_lv)
{
	int rc = read_lv(importer, node, ret_lv);

	if (rc)
		err_append(importer->err,
			   "\nCouldn't read all logical volume names for volume group %s.",
			   importer->vg->name);
	return rc;
}

/* The segments of LVs that are @kept, now that all LVs are known by name. */
static int read_kept(struct importer *importer, const struct kept_lv *kept)
{
	int rc;

	for (const struct kept_lv *item = kept; item; item = item->next)
		if ((rc = read_segs(importer, item->node, item->lv))) {
			err_append(importer->err,
				   "\nCouldn't read all logical volumes for volume group %s.",
				   importer->vg->name);
			return rc;
		}
	for (const struct kept_lv *item = kept; item; item = item->next)
		for (uint32_t i = 0; i < item->lv->seg_count; i++)
			if (!strcmp(item->lv->segs[i].type_name, "snapshot"))
				note_snapshot(importer, &item->lv->segs[i]);
	return 0;
}

static int keep(struct importer *importer, const struct cfg_node *node, struct lv *lv)
{
	struct kept_lv *kept = arena_new(&importer->scratch, struct kept_lv);

	if (!kept || !node)
		return import_no_memory(importer);
	kept->lv = lv;
	kept->node = node;
	if (importer->last_kept)
		importer->last_kept->next = kept;
	else
		importer->kept = kept;
	importer->last_kept = kept;
	return 0;
}

int import_next_lv(struct importer *importer, const struct cfg_node *node)
{
	struct lv *lv = NULL;
	int rc;

	if (!node->is_section)
		return 0;
	if ((rc = read_next_lv(importer, node, &lv)))
		return rc;
	if ((rc = read_segs(importer, node, lv)) != NOT_YET)
		return rc;
	return keep(importer, cfg_copy(node, &importer->scratch, NULL, NULL), lv);
}

/* Only few texts have something that names LVs. */
static int index_lvs(struct importer *importer)
{
	struct vg *vg = importer->vg;

	if (importer->has_all_lvs)
		return 0;
	if (!name_index_new(&importer->lvs, vg->lv_count, &importer->scratch))
		return import_no_memory(importer);
	for (uint32_t i = 0; i < vg->lv_count; i++)
		name_index_add(&importer->lvs, vg->lvs[i]->name, vg->lvs[i]);
	(void)name_index_finish(&importer->lvs);
	importer->has_all_lvs = true;
	return 0;
}

int import_rest_of_lvs(struct importer *importer)
{
	int rc;

	if (!importer->kept)
		return 0;
	if ((rc = index_lvs(importer)))
		return rc;
	return read_kept(importer, importer->kept);
}

int import_lvs(struct importer *importer, const struct cfg_node *section)
{
	const struct cfg_node *node = section ? section->items : NULL;
	struct lv *lv = NULL;
	int rc;

	for (; node; node = node->next)
		if (node->is_section &&
		    ((rc = read_next_lv(importer, node, &lv)) || (rc = keep(importer, node, lv))))
			return rc;
	return import_rest_of_lvs(importer);
}

int import_bind_history(struct importer *importer, struct cfg_node *historical)
{
	struct lv *lv;
	int rc;

	if ((rc = index_lvs(importer)))
		return rc;

	for (struct cfg_node *record = historical->items; record; record = record->next) {
		if (!record->is_section)
			continue;
		for (struct cfg_node *node = record->items; node; node = node->next) {
			if (node->is_section || (strcmp(node->key, "origin") != 0 &&
						 strcmp(node->key, "descendants") != 0))
				continue;
			/* Names of other removed LVs begin with "-", so they are not found. */
			for (struct cfg_value *value = node->values; value; value = value->next)
				if (value->type == CFG_STRING &&
				    (lv = name_index_find(&importer->lvs, value->text)))
					cfg_value_refer(value, &lv->name);
		}
	}
	return 0;
}
