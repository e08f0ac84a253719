/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Status fields, lv_attr, and what an LV's first segment makes it. */
#include <stdlib.h>
#include <string.h>

#include "lib/report/source.h"

const char *lv_type_name(const struct lv *lv, struct dm_pool *mem)
{
	const char *type = lv->seg_count ? lv->segs[0].type_name : "";
	char *bare;

	if (!lv->seg_count)
		return "";
	if (lv->segs[0].type == SEG_STRIPED)
		return lv->segs[0].area_count == 1 ? "linear" : "striped";
	if (lv->segs[0].type == SEG_UNKNOWN)
		return "unknown";
	if (!(bare = dm_pool_strdup(mem, type)))
		return "";
	bare[strcspn(bare, "+")] = '\0';
	return bare;
}

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool ends_like(const char *name, const char *part)
{
	return strstr(name, part);
}

/* An LV that another one's segment of that type stands on. */
static bool is_under(const struct lv *lv, const char *type)
{
	for (uint32_t i = 0; i < lv->vg->lv_count; i++)
		for (uint32_t k = 0; k < lv->vg->lvs[i]->seg_count; k++) {
			const struct seg *seg = &lv->vg->lvs[i]->segs[k];

			if (!starts_with(seg->type_name, type))
				continue;
			for (uint32_t a = 0; a < seg->area_count; a++)
				if (seg->areas[a].type == AREA_LV && seg->areas[a].lv == lv)
					return true;
		}
	return false;
}

static char volume_type(const struct lv *lv, const char *type)
{
	if (lv->status & STATUS_PVMOVE)
		return 'p';
	if (ends_like(lv->name, "_tmeta") || ends_like(lv->name, "_cmeta") ||
	    ends_like(lv->name, "_rmeta") || ends_like(lv->name, "_pmspare"))
		return 'e';
	if (ends_like(lv->name, "_tdata"))
		return 'T';
	if (starts_with(type, "cache"))
		return 'C';
	if (starts_with(type, "raid"))
		return lv->status & STATUS_NOTSYNCED ? 'R' : 'r';
	if (starts_with(type, "mirror"))
		return lv->status & STATUS_NOTSYNCED ? 'M' : 'm';
	if (starts_with(type, "thin-pool"))
		return 't';
	if (starts_with(type, "thin"))
		return 'V';
	if (!strcmp(type, "error") || !strcmp(type, "zero") || !strcmp(type, "unknown"))
		return 'v';
	if (ends_like(lv->name, "_mimage") || ends_like(lv->name, "_rimage"))
		return 'i';
	if (ends_like(lv->name, "_mlog"))
		return 'l';
	if (is_under(lv, "snapshot"))
		return lv_is_visible(lv) ? 'o' : 's';
	return '-';
}

static char permission(const struct report_row *row)
{
	const struct lv *lv = row->lv;

	if (lv->status & STATUS_PVMOVE)
		return '-';
	if (!(lv->status & (STATUS_WRITE | FLAG_WRITE_LOCKED)))
		return 'r';
	return row_kernel(row) && row_kernel(row)->active && row_kernel(row)->read_only ? 'R' : 'w';
}

static char allocation(const struct lv *lv)
{
	static const char normal[] = {
		[ALLOC_INHERIT] = 'i',	     [ALLOC_CONTIGUOUS] = 'c', [ALLOC_CLING] = 'l',
		[ALLOC_CLING_BY_TAGS] = 'l', [ALLOC_NORMAL] = 'n',     [ALLOC_ANYWHERE] = 'a'
	};
	const char letter = normal[lv->alloc];

	return lv->status & STATUS_LOCKED ? (char)(letter - 'a' + 'A') : letter;
}

static char state(const struct report_row *row)
{
	if (!row_kernel(row))
		return 'X';
	if (!row_kernel(row)->exists)
		return '-';
	if (row_kernel(row)->suspended)
		return 's';
	if (row_kernel(row)->active)
		return 'a';
	return row_kernel(row)->inactive_table ? 'i' : 'd';
}

static char is_open(const struct report_row *row)
{
	if (!row_kernel(row))
		return 'X';
	return row_kernel(row)->exists && row_kernel(row)->open_count ? 'o' : '-';
}

static char target(char volume, const char *type)
{
	if (starts_with(type, "cache"))
		return 'C';
	if (starts_with(type, "raid") || volume == 'i')
		return 'r';
	if (starts_with(type, "mirror") || volume == 'p')
		return 'm';
	if (volume == 'o' || volume == 's')
		return 's';
	if (starts_with(type, "thin"))
		return 't';
	if (!strcmp(type, "unknown"))
		return 'u';
	return !strcmp(type, "error") || !strcmp(type, "zero") ? 'v' : '-';
}

const char *lv_attr_text(const struct report_row *row, struct dm_pool *mem)
{
	const char *type = lv_type_name(row->lv, mem);
	char attr[] = "----------";

	attr[0] = volume_type(row->lv, type);
	attr[1] = permission(row);
	attr[2] = allocation(row->lv);
	if (row->lv->status & STATUS_FIXED_MINOR)
		attr[3] = 'm';
	attr[4] = state(row);
	attr[5] = is_open(row);
	attr[6] = target(attr[0], type);
	if (lv_is_partial(row->lv))
		attr[8] = 'p';
	if (row->lv->status & FLAG_ACTIVATION_SKIP)
		attr[9] = 'k';
	return pool_printf(mem, "%s", attr);
}

static struct value get_lv_health_status(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(lv_is_partial(row->lv) ? "partial" : "");
}

static struct value get_lv_attr(const struct report_row *row, struct dm_pool *mem)
{
	return value_text(lv_attr_text(row, mem));
}

/* clang-format off */
const struct field lv_status_fields[] = {
	{ OWNER_LV_STATUS, "data_percent", "Data%", FIELD_PERCENT, 6, get_nothing },
	{ OWNER_LV_STATUS, "snap_percent", "Snap%", FIELD_PERCENT, 6, get_nothing },
	{ OWNER_LV_STATUS, "metadata_percent", "Meta%", FIELD_PERCENT, 6, get_nothing },
	{ OWNER_LV_STATUS, "copy_percent", "Cpy%Sync", FIELD_PERCENT, 0, get_nothing },
	{ OWNER_LV_STATUS, "sync_percent", "Cpy%Sync", FIELD_PERCENT, 0, get_nothing },
	{ OWNER_LV_STATUS, "cache_total_blocks", "CacheTotalBlocks", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV_STATUS, "cache_used_blocks", "CacheUsedBlocks", FIELD_NUMBER, 16, get_nothing },
	{ OWNER_LV_STATUS, "cache_dirty_blocks", "CacheDirtyBlocks", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV_STATUS, "cache_read_hits", "CacheReadHits", FIELD_NUMBER, 16, get_nothing },
	{ OWNER_LV_STATUS, "cache_read_misses", "CacheReadMisses", FIELD_NUMBER, 16, get_nothing },
	{ OWNER_LV_STATUS, "cache_write_hits", "CacheWriteHits", FIELD_NUMBER, 16, get_nothing },
	{ OWNER_LV_STATUS, "cache_write_misses", "CacheWriteMisses", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV_STATUS, "kernel_cache_settings", "KCacheSettings", FIELD_LIST, 18, get_nothing },
	{ OWNER_LV_STATUS, "kernel_cache_policy", "KCachePolicy", FIELD_STRING, 18, get_nothing },
	{ OWNER_LV_STATUS, "kernel_metadata_format", "KMFmt", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV_STATUS, "lv_health_status", "Health", FIELD_STRING, 15, get_lv_health_status },
	{ OWNER_LV_STATUS, "kernel_discards", "KDiscards", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV_STATUS, "lv_check_needed", "CheckNeeded", FIELD_NUMBER, 15, get_unknown },
	{ OWNER_LV_STATUS, "lv_merge_failed", "MergeFailed", FIELD_NUMBER, 15, get_unknown },
	{ OWNER_LV_STATUS, "lv_snapshot_invalid", "SnapInvalid", FIELD_NUMBER, 15, get_unknown },
	{ OWNER_LV_STATUS, "vdo_operating_mode", "VDOOperatingMode", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV_STATUS, "vdo_compression_state", "VDOCompressionState", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV_STATUS, "vdo_index_state", "VDOIndexState", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV_STATUS, "vdo_used_size", "VDOUsedSize", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV_STATUS, "vdo_saving_percent", "VDOSaving%", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV_STATUS, "writecache_total_blocks", "WCacheTotalBlocks", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV_STATUS, "writecache_free_blocks", "WCacheFreeBlocks", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV_STATUS, "writecache_writeback_blocks", "WCacheWritebackBlocks", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV_STATUS, "writecache_error", "WCacheErrors", FIELD_NUMBER, 0, get_nothing },
	{ 0 },
};
/* clang-format on */

/* clang-format off */
const struct field lv_both_fields[] = {
	{ OWNER_LV_BOTH, "lv_attr", "Attr", FIELD_STRING, 0, get_lv_attr },
	{ 0 },
};
/* clang-format on */
