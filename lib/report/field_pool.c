/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of thin and cache pools, of what is in them, and of caches. */
#include <inttypes.h>
#include <string.h>

#include "lib/report/getters.h"
#include "lib/report/kept.h"
#include "lib/report/links.h"
#include "metadata/config_text.h"

static const struct value nothing = { .kind = VALUE_EMPTY };

/* ---- which LV ---- */

struct part_key {
	const char *type, *key;
};

static const struct lv *part_of(const struct lv *lv, const struct part_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lv_is_type(lv, keys[i].type))
			return lv_named_by(lv, keys[i].key);
	return NULL;
}

static const struct lv *pool_of(const struct lv *lv)
{
	static const struct part_key keys[] = { { "thin", "thin_pool" },
						{ "cache", "cache_pool" },
						{ "writecache", "writecache" },
						{ "vdo", "vdo_pool" } };

	return part_of(lv, keys, sizeof(keys) / sizeof(*keys));
}

static const struct lv *data_of(const struct lv *lv)
{
	static const struct part_key keys[] = { { "thin-pool", "pool" },
						{ "cache-pool", "data" },
						{ "vdo-pool", "data" } };

	return part_of(lv, keys, sizeof(keys) / sizeof(*keys));
}

static const struct lv *metadata_of(const struct lv *lv)
{
	static const struct part_key keys[] = { { "thin-pool", "metadata" },
						{ "cache-pool", "metadata" } };

	return part_of(lv, keys, sizeof(keys) / sizeof(*keys));
}

static struct value name_of(const struct lv *lv)
{
	return lv ? value_lv(lv) : value_text("");
}

static struct value uuid_of(const struct lv *lv, struct dm_pool *mem)
{
	return lv ? value_of_uuid(&lv->id, mem) : value_text("");
}

GETTER(get_pool_lv)
{
	(void)mem;
	return name_of(pool_of(row->lv));
}

GETTER(get_pool_lv_uuid)
{
	return uuid_of(pool_of(row->lv), mem);
}

GETTER(get_data_lv)
{
	(void)mem;
	return name_of(data_of(row->lv));
}

GETTER(get_data_lv_uuid)
{
	return uuid_of(data_of(row->lv), mem);
}

GETTER(get_metadata_lv)
{
	(void)mem;
	return name_of(metadata_of(row->lv));
}

GETTER(get_metadata_lv_uuid)
{
	return uuid_of(metadata_of(row->lv), mem);
}

GETTER(get_lv_metadata_size)
{
	const struct lv *metadata = metadata_of(row->lv);
	uint64_t length;

	(void)mem;
	if (metadata)
		return value_size(lv_sectors(metadata));
	if (lv_is_type(row->lv, "cache") && seg_number(&row->lv->segs[0], "metadata_len", &length))
		return value_size(length);
	return nothing;
}

GETTER(get_lv_when_full)
{
	(void)mem;
	if (!lv_is_type(row->lv, "thin-pool"))
		return value_text("");
	return value_text(row->lv->status & FLAG_ERROR_WHEN_FULL ? "error" : "queue");
}

/* ---- thin ---- */

/* The pool's segment of a pool or of a thin LV. */
static const struct seg *thin_pool_seg(const struct seg *seg)
{
	const struct lv *pool;

	if (!seg || seg_is(seg, "thin-pool"))
		return seg;
	pool = seg_is(seg, "thin") ? seg_lv(seg, "thin_pool") : NULL;
	return pool && lv_is_type(pool, "thin-pool") ? &pool->segs[0] : NULL;
}

GETTER(get_thin_count)
{
	(void)mem;
	if (!row->seg || !seg_is(row->seg, "thin-pool"))
		return nothing;
	return value_number(links_count(row->vg, row->seg->lv, "thin", "thin_pool"));
}

GETTER(get_discards)
{
	const struct seg *pool = thin_pool_seg(row->seg);
	const char *discards = pool ? seg_text(pool, "discards") : NULL;

	(void)mem;
	return value_text(discards ? discards : "");
}

GETTER(get_zero)
{
	const struct seg *pool = thin_pool_seg(row->seg);
	uint64_t zero = 0;

	(void)mem;
	if (!pool || !seg_is(pool, "thin-pool"))
		return (struct value){ .kind = VALUE_UNKNOWN };
	return value_flag(seg_number(pool, "zero_new_blocks", &zero) && zero, "zero");
}

static struct value number_of(const struct seg *seg, const char *key)
{
	uint64_t number;

	return seg && seg_number(seg, key, &number) ? value_number(number) : nothing;
}

GETTER(get_transaction_id)
{
	(void)mem;
	return number_of(row->seg, "transaction_id");
}

GETTER(get_thin_id)
{
	(void)mem;
	return row->seg && seg_is(row->seg, "thin") ? number_of(row->seg, "device_id") : nothing;
}

/* ---- caches: settings are in the pool's segment, or in the cache's own with a cachevol ---- */

static const struct seg *cache_seg(const struct seg *seg)
{
	const struct lv *pool;

	if (!seg || seg_is(seg, "cache-pool"))
		return seg;
	if (!seg_is(seg, "cache"))
		return NULL;
	pool = seg_lv(seg, "cache_pool");
	return pool && lv_is_type(pool, "cache-pool") ? &pool->segs[0] : seg;
}

static const struct seg *row_cache_seg(const struct report_row *row)
{
	const struct seg *seg = cache_seg(row->seg);

	return seg && (seg_is(seg, "cache-pool") || seg_is(seg, "cache")) ? seg : NULL;
}

/* A format that is not given is the first one, once a pool is in use. */
GETTER(get_cache_metadata_format)
{
	const struct seg *seg = row_cache_seg(row);
	uint64_t format;

	(void)mem;
	if (!seg)
		return nothing;
	if (seg_number(seg, "metadata_format", &format))
		return value_number(format);
	return seg_is(seg, "cache") || links_use(row->vg, seg->lv, "cache", "cache_pool")
		       ? value_number(1)
		       : nothing;
}

static struct value cache_text(const struct report_row *row, const char *key)
{
	const struct seg *seg = row_cache_seg(row);
	const char *text = seg ? seg_text(seg, key) : NULL;

	return value_text(text ? text : "");
}

GETTER(get_cache_mode)
{
	(void)mem;
	return cache_text(row, "cache_mode");
}

GETTER(get_cache_policy)
{
	(void)mem;
	return cache_text(row, "policy");
}

static void add_setting(struct value *list, struct dm_pool *mem, const char *key,
			const struct cfg_value *value)
{
	if (!value)
		return;
	if (value->type == CFG_INTEGER)
		list_add(list, mem, pool_printf(mem, "%s=%" PRId64, key, value->integer));
	else
		list_add(list, mem,
			 pool_printf(mem, value->type == CFG_STRING ? "%s=\"%s\"" : "%s=%s", key,
				     cfg_value_text(value)));
}

/* In the order in which LVM2 lists them. */
static const char *const writecache_keys[] = {
	"high_watermark",  "low_watermark", "writeback_jobs",  "autocommit_blocks",
	"autocommit_time", "fua",	    "nofua",	       "cleaner",
	"max_age",	   "metadata_only", "pause_writeback",
};

static void add_writecache_settings(struct value *list, struct dm_pool *mem, const struct seg *seg)
{
	const char *key = seg_text(seg, "writecache_setting_key");
	const char *value = seg_text(seg, "writecache_setting_val");

	for (size_t i = 0; i < sizeof(writecache_keys) / sizeof(*writecache_keys); i++) {
		const struct cfg_node *node = cfg_find_key(seg->content, writecache_keys[i]);

		if (node && !node->is_section)
			add_setting(list, mem, writecache_keys[i], node->values);
	}
	if (key && value)
		list_add(list, mem, pool_printf(mem, "%s=%s", key, value));
}

GETTER(get_cache_settings)
{
	struct value list = value_list(mem, ",");
	const struct seg *seg = row_cache_seg(row);
	const struct cfg_node *settings =
		seg ? cfg_find_section(seg->content, "policy_settings") : NULL;

	for (const struct cfg_node *node = settings ? settings->items : NULL; node;
	     node = node->next)
		if (!node->is_section)
			add_setting(&list, mem, node->key, node->values);
	if (row->seg && seg_is(row->seg, "writecache"))
		add_writecache_settings(&list, mem, row->seg);
	return list;
}

GETTER(get_writecache_block_size)
{
	uint64_t size;

	(void)mem;
	if (!lv_is_type(row->lv, "writecache") ||
	    !seg_number(&row->lv->segs[0], "writecache_block_size", &size))
		return (struct value){ .kind = VALUE_MINUS_ONE };
	return value_number(size);
}

/* ---- chunks: of pools, of what is in a cache pool, and of COW snapshots ---- */

static const struct seg *chunk_seg(const struct report_row *row)
{
	const struct lv_use *use;

	if (!row->seg)
		return NULL;
	if (row->seg->lv->snapshot_origin) {
		use = links_use(row->vg, row->seg->lv, "snapshot", "cow_store");
		if (!use)
			use = links_use(row->vg, row->seg->lv, "snapshot", "merging_store");
		return use ? use->seg : NULL;
	}
	return seg_is(row->seg, "thin-pool") ? row->seg : row_cache_seg(row);
}

GETTER(get_chunk_size)
{
	const struct seg *seg = chunk_seg(row);
	uint64_t size;

	(void)mem;
	return value_size(seg && seg_number(seg, "chunk_size", &size) ? size : 0);
}
