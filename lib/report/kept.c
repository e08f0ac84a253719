/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/kept.h"

#include <stddef.h>
#include <string.h>

#include "metadata/config_text.h"

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool seg_is(const struct seg *seg, const char *type)
{
	size_t length;

	/* Asked of many types for each volume; most differ in the first letters, and most volumes
	 * are striped. */
	if (seg->type_name[0] != type[0] || seg->type_name[1] != type[1])
		return false;
	if (seg->type == SEG_STRIPED)
		return !strcmp(type, "striped");
	length = strcspn(seg->type_name, "+");
	return strlen(type) == length && !memcmp(seg->type_name, type, length);
}

bool seg_is_raid(const struct seg *seg)
{
	return seg->type == SEG_OTHER && starts_with(seg->type_name, "raid");
}

bool lv_is_type(const struct lv *lv, const char *type)
{
	return lv->seg_count && seg_is(&lv->segs[0], type);
}

bool lv_is_raid(const struct lv *lv)
{
	return lv->seg_count && seg_is_raid(&lv->segs[0]);
}

bool lv_is_pool(const struct lv *lv)
{
	return lv_is_type(lv, "thin-pool") || lv_is_type(lv, "cache-pool") ||
	       lv_is_type(lv, "vdo-pool");
}

const char *seg_text(const struct seg *seg, const char *key)
{
	const char *text;

	return cfg_get_string(cfg_find_key(seg->content, key), &text) ? text : NULL;
}

bool seg_number(const struct seg *seg, const char *key, uint64_t *ret_number)
{
	return cfg_get_unsigned(cfg_find_key(seg->content, key), INT64_MAX, ret_number);
}

/* A reference of a key with an LV's name leads to that LV's name. */
const struct lv *seg_lv(const struct seg *seg, const char *key)
{
	const struct cfg_node *node = cfg_find_key(seg->content, key);
	const char *name;

	if (seg->type != SEG_OTHER || !node || node->is_section || !node->values ||
	    !(name = (const char *)(const void *)cfg_value_reference(node->values)))
		return NULL;
	return (const struct lv *)(const void *)(name - offsetof(struct lv, name));
}

const struct lv *lv_named_by(const struct lv *lv, const char *key)
{
	return lv->seg_count ? seg_lv(&lv->segs[0], key) : NULL;
}

/* ---- areas ---- */

struct single_area {
	const char *type, *key;
};

/* Types that rest on one LV, named by a key instead of an array. */
static const struct single_area single_areas[] = {
	{ "thin-pool", "pool" },    { "cache-pool", "data" },  { "cache", "origin" },
	{ "writecache", "origin" }, { "integrity", "origin" }, { "vdo-pool", "data" },
	{ "vdo", "vdo_pool" },
};

static const struct lv *single_lv(const struct seg *seg)
{
	for (size_t i = 0; i < sizeof(single_areas) / sizeof(*single_areas); i++)
		if (seg_is(seg, single_areas[i].type))
			return seg_lv(seg, single_areas[i].key);
	return NULL;
}

/* "raids" has pairs: metadata, image. */
static bool has_pairs(const struct seg *seg)
{
	return seg->type == SEG_OTHER && cfg_find_key(seg->content, "raids");
}

uint32_t seg_data_count(const struct seg *seg)
{
	if (has_pairs(seg))
		return seg->area_count / 2;
	if (seg->area_count)
		return seg->area_count;
	return single_lv(seg) ? 1 : 0;
}

struct area seg_data_area(const struct seg *seg, uint32_t number)
{
	if (has_pairs(seg))
		return seg->areas[2 * number + 1];
	if (seg->area_count)
		return seg->areas[number];
	/* struct area does not change what it names */
	return (struct area){ .type = AREA_LV, .lv = (struct lv *)(uintptr_t)single_lv(seg) };
}

uint32_t seg_meta_count(const struct seg *seg)
{
	return has_pairs(seg) ? seg->area_count / 2 : 0;
}

struct area seg_meta_area(const struct seg *seg, uint32_t number)
{
	return seg->areas[2 * number];
}
