/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of LV segments and of runs of PEs. */
#include <string.h>

#include "lib/report/getters.h"
#include "lib/report/kept.h"
#include "lib/report/links.h"

static uint64_t in_sectors(const struct seg *seg, uint32_t extents)
{
	return (uint64_t)extents * seg->lv->vg->extent_size;
}

static GETTER(get_segtype)
{
	if (!row->seg)
		return value_text(row->run ? "free" : "");
	if (row->seg->type == SEG_STRIPED)
		return value_text(row->seg->area_count == 1 ? "linear" : "striped");
	return value_text(pool_printf(mem, "%.*s", (int)strcspn(row->seg->type_name, "+"),
				      row->seg->type_name));
}

static GETTER(get_seg_start)
{
	(void)mem;
	return value_size(row->seg ? in_sectors(row->seg, row->seg->le_start) : 0);
}

static GETTER(get_seg_start_pe)
{
	(void)mem;
	return value_number(row->seg ? row->seg->le_start : 0);
}

static GETTER(get_seg_size)
{
	(void)mem;
	return value_size(row->seg ? in_sectors(row->seg, row->seg->le_count) : 0);
}

/* A count of extents, though LVM2's table says it is a size. */
static GETTER(get_seg_size_pe)
{
	(void)mem;
	return value_number(row->seg ? row->seg->le_count : 0);
}

static GETTER(get_seg_tags)
{
	return value_of_tags(row->seg ? row->seg->tags : NULL, mem);
}

const char *pv_device_name(const struct report_vg *vg, const struct pv *pv)
{
	const struct report_pv *entry = links_pv(vg, pv);

	return entry && entry->disk ? entry->disk->device->name : "[unknown]";
}

/* How fields about areas differ. */
struct area_style {
	const char *delimiter;
	bool metadata;	    /* areas of a raid's metadata instead of its data */
	bool range;	    /* name:first-last, else name(first) */
	bool display_names; /* hidden LVs in brackets */
};

/* Of an LV below LVM2 always names all extents. */
static const char *area_text(const struct report_row *row, struct dm_pool *mem,
			     const struct area *area, const struct area_style *style)
{
	const bool on_pv = area->type == AREA_PV;
	const uint32_t length = on_pv ? seg_area_length(row->seg) : area->lv->le_count;
	const uint32_t start = on_pv ? area->start : 0;
	const char *name;

	if (on_pv)
		name = pv_device_name(row->vg, area->pv);
	else
		name = style->display_names ? lv_display_name(area->lv, mem) : area->lv->name;
	if (!style->range)
		return pool_printf(mem, "%s(%u)", name, start);
	return pool_printf(mem, "%s:%u-%u", name, start, start + length - 1);
}

static struct value areas(const struct report_row *row, struct dm_pool *mem,
			  const struct area_style *style)
{
	struct value list = value_list(mem, style->delimiter);
	const struct seg *seg = row->seg;
	uint32_t count = 0;

	if (seg)
		count = style->metadata ? seg_meta_count(seg) : seg_data_count(seg);
	for (uint32_t i = 0; i < count; i++) {
		const struct area area =
			style->metadata ? seg_meta_area(seg, i) : seg_data_area(seg, i);

		list_add(&list, mem, area_text(row, mem, &area, style));
	}
	return list;
}

static GETTER(get_seg_pe_ranges)
{
	return areas(row, mem, &(struct area_style){ .delimiter = " ", .range = true });
}

static GETTER(get_seg_le_ranges)
{
	return areas(
		row, mem,
		&(struct area_style){ .delimiter = ",", .range = true, .display_names = true });
}

static GETTER(get_seg_metadata_le_ranges)
{
	return areas(
		row, mem,
		&(struct area_style){
			.delimiter = ",", .metadata = true, .range = true, .display_names = true });
}

static GETTER(get_devices)
{
	return areas(row, mem, &(struct area_style){ .delimiter = "," });
}

static GETTER(get_metadata_devices)
{
	return areas(row, mem, &(struct area_style){ .delimiter = ",", .metadata = true });
}

static GETTER(get_pvseg_start)
{
	(void)mem;
	return value_number(row->run ? row->run->start : 0);
}

static GETTER(get_pvseg_size)
{
	(void)mem;
	return value_number(row->run ? row->run->count : 0);
}

/* clang-format off */
const struct field seg_fields[] = {
	{ OWNER_SEG, "segtype", "Type", FIELD_STRING, 0, get_segtype,
	  "type" },
	{ OWNER_SEG, "stripes", "#Str", FIELD_NUMBER, 0, get_stripes,
	  "stripes, legs or images" },
	{ OWNER_SEG, "data_stripes", "#DStr", FIELD_NUMBER, 0, get_data_stripes,
	  "those of them that are not parity or copies" },
	{ OWNER_SEG, "reshape_len", "RSize", FIELD_SIZE, 0, get_reshape_len,
	  "space kept aside to change a raid's layout" },
	{ OWNER_SEG, "reshape_len_le", "RSize", FIELD_NUMBER, 0, get_reshape_len_le,
	  "the same in extents" },
	{ OWNER_SEG, "data_copies", "#Cpy", FIELD_NUMBER, 0, get_data_copies,
	  "how many copies there are of each byte" },
	{ OWNER_SEG, "data_offset", "DOff", FIELD_NUMBER, 0, get_nothing,
	  "where data begins in a raid's images" },
	{ OWNER_SEG, "new_data_offset", "NOff", FIELD_NUMBER, 0, get_nothing,
	  "where it will begin after the change" },
	{ OWNER_SEG, "parity_chunks", "#Par", FIELD_NUMBER, 0, get_parity_chunks,
	  "images that may fail" },
	{ OWNER_SEG, "stripe_size", "Stripe", FIELD_SIZE, 0, get_stripe_size,
	  "bytes on one stripe before the next follows" },
	{ OWNER_SEG, "region_size", "Region", FIELD_SIZE, 0, get_region_size,
	  "mirrors and raid: what is synced as a whole" },
	{ OWNER_SEG, "chunk_size", "Chunk", FIELD_SIZE, 0, get_chunk_size,
	  "snapshots, pools, caches: what is copied as a whole" },
	{ OWNER_SEG, "thin_count", "#Thins", FIELD_NUMBER, 0, get_thin_count,
	  "thin LVs in the pool" },
	{ OWNER_SEG, "discards", "Discards", FIELD_STRING, 0, get_discards,
	  "what the pool shall do with discards" },
	{ OWNER_SEG, "cache_metadata_format", "CMFmt", FIELD_NUMBER, 0, get_cache_metadata_format,
	  "format of the cache's metadata" },
	{ OWNER_SEG, "cache_mode", "CacheMode", FIELD_STRING, 0, get_cache_mode,
	  "when writes reach the origin" },
	{ OWNER_SEG, "zero", "Zero", FIELD_NUMBER, 0, get_zero,
	  "new blocks of the pool are zeroed" },
	{ OWNER_SEG, "transaction_id", "TransId", FIELD_NUMBER, 0, get_transaction_id,
	  "thin: change at which it was made; pool: last one" },
	{ OWNER_SEG, "thin_id", "ThId", FIELD_NUMBER, 0, get_thin_id,
	  "thin: its number in the pool" },
	{ OWNER_SEG, "seg_start", "Start", FIELD_SIZE, 0, get_seg_start,
	  "where it begins in the LV" },
	{ OWNER_SEG, "seg_start_pe", "Start", FIELD_NUMBER, 0, get_seg_start_pe,
	  "the same in extents" },
	{ OWNER_SEG, "seg_size", "SSize", FIELD_SIZE, 0, get_seg_size,
	  "its size" },
	{ OWNER_SEG, "seg_size_pe", "SSize", FIELD_SIZE, 0, get_seg_size_pe,
	  "the same in extents" },
	{ OWNER_SEG, "seg_tags", "Seg Tags", FIELD_LIST, 0, get_seg_tags,
	  "its tags" },
	{ OWNER_SEG, "seg_pe_ranges", "PE Ranges", FIELD_LIST, 0, get_seg_pe_ranges,
	  "extents below, as device:first-last" },
	{ OWNER_SEG, "seg_le_ranges", "LE Ranges", FIELD_LIST, 0, get_seg_le_ranges,
	  "the same, with hidden LVs in brackets" },
	{ OWNER_SEG, "seg_metadata_le_ranges", "Metadata LE Ranges", FIELD_LIST, 0, get_seg_metadata_le_ranges,
	  "raid: extents with its metadata" },
	{ OWNER_SEG, "devices", "Devices", FIELD_LIST, 0, get_devices,
	  "what is below, with the first extent" },
	{ OWNER_SEG, "metadata_devices", "Metadata Devs", FIELD_LIST, 0, get_metadata_devices,
	  "raid: LVs with its metadata" },
	{ OWNER_SEG, "seg_monitor", "Monitor", FIELD_STRING, 0, get_nothing,
	  "does dmeventd watch it" },
	{ OWNER_SEG, "cache_policy", "CachePolicy", FIELD_STRING, 0, get_cache_policy,
	  "what decides what is cached" },
	{ OWNER_SEG, "cache_settings", "CacheSettings", FIELD_LIST, 0, get_cache_settings,
	  "parameters of that" },
	{ OWNER_SEG, "vdo_compression", "VDOCompression", FIELD_NUMBER, 0, get_vdo_compression,
	  "VDO: shall it compress" },
	{ OWNER_SEG, "vdo_deduplication", "VDODeduplication", FIELD_NUMBER, 0, get_vdo_deduplication,
	  "VDO: shall it look for duplicates" },
	{ OWNER_SEG, "vdo_use_metadata_hints", "VDOMetadataHints", FIELD_NUMBER, 0, get_vdo_use_metadata_hints,
	  "VDO: mark its metadata for the layers below" },
	{ OWNER_SEG, "vdo_minimum_io_size", "VDOMinimumIOSize", FIELD_NUMBER, 0, get_vdo_minimum_io_size,
	  "VDO: smallest I/O it takes" },
	{ OWNER_SEG, "vdo_block_map_cache_size", "VDOBlockMapCacheSize", FIELD_SIZE, 0, get_vdo_block_map_cache_size,
	  "VDO: memory for its block map" },
	{ OWNER_SEG, "vdo_block_map_era_length", "VDOBlockMapEraLength", FIELD_NUMBER, 0, get_vdo_block_map_era_length,
	  "VDO: how soon map pages are written" },
	{ OWNER_SEG, "vdo_use_sparse_index", "VDOSparseIndex", FIELD_NUMBER, 0, get_vdo_use_sparse_index,
	  "VDO: a larger, coarser index" },
	{ OWNER_SEG, "vdo_index_memory_size", "VDOIndexMemorySize", FIELD_SIZE, 0, get_vdo_index_memory_size,
	  "VDO: memory for its index" },
	{ OWNER_SEG, "vdo_slab_size", "VDOSlabSize", FIELD_SIZE, 0, get_vdo_slab_size,
	  "VDO: unit in which it grows" },
	{ OWNER_SEG, "vdo_ack_threads", "VDOAckThreads", FIELD_NUMBER, 0, get_vdo_ack_threads,
	  "VDO: threads that report completion" },
	{ OWNER_SEG, "vdo_bio_threads", "VDOBioThreads", FIELD_NUMBER, 0, get_vdo_bio_threads,
	  "VDO: threads that submit I/O" },
	{ OWNER_SEG, "vdo_bio_rotation", "VDOBioRotation", FIELD_NUMBER, 0, get_vdo_bio_rotation,
	  "VDO: I/Os before the next thread is used" },
	{ OWNER_SEG, "vdo_cpu_threads", "VDOCPUThreads", FIELD_NUMBER, 0, get_vdo_cpu_threads,
	  "VDO: threads that hash and compress" },
	{ OWNER_SEG, "vdo_hash_zone_threads", "VDOHashZoneThreads", FIELD_NUMBER, 0, get_vdo_hash_zone_threads,
	  "VDO: threads that look up hashes" },
	{ OWNER_SEG, "vdo_logical_threads", "VDOLogicalThreads", FIELD_NUMBER, 0, get_vdo_logical_threads,
	  "VDO: threads by logical address" },
	{ OWNER_SEG, "vdo_physical_threads", "VDOPhysicalThreads", FIELD_NUMBER, 0, get_vdo_physical_threads,
	  "VDO: threads by physical address" },
	{ OWNER_SEG, "vdo_max_discard", "VDOMaxDiscard", FIELD_NUMBER, 0, get_vdo_max_discard,
	  "VDO: largest discard, in blocks" },
	{ OWNER_SEG, "vdo_write_policy", "VDOWritePolicy", FIELD_STRING, 0, get_vdo_write_policy,
	  "VDO: when a write counts as done" },
	{ OWNER_SEG, "vdo_header_size", "VDOHeaderSize", FIELD_SIZE, 0, get_vdo_header_size,
	  "VDO: space in front of its data" },
	{ 0 },
};
/* clang-format on */

/* clang-format off */
const struct field pvseg_fields[] = {
	{ OWNER_PVSEG, "pvseg_start", "Start", FIELD_NUMBER, 0, get_pvseg_start,
	  "first extent" },
	{ OWNER_PVSEG, "pvseg_size", "SSize", FIELD_NUMBER, 0, get_pvseg_size,
	  "number of extents" },
	{ 0 },
};
/* clang-format on */
