/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of LV segments and of runs of PEs. */
#include "lib/report/source.h"

static uint64_t in_sectors(const struct seg *seg, uint32_t extents)
{
	return (uint64_t)extents * seg->lv->vg->extent_size;
}

static struct value get_segtype(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	if (!row->seg)
		return value_text(row->run ? "free" : "");
	if (row->seg->type == SEG_STRIPED)
		return value_text(row->seg->area_count == 1 ? "linear" : "striped");
	return value_text(row->seg->type_name);
}

static struct value get_stripes(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->seg ? row->seg->area_count : 0);
}

static struct value get_data_stripes(const struct report_row *row, struct dm_pool *mem)
{
	return get_stripes(row, mem);
}

static struct value get_data_copies(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return row->seg ? value_number(1) : value_text("");
}

static struct value get_stripe_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size(row->seg ? row->seg->stripe_size : 0);
}

static struct value get_region_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)row;
	(void)mem;
	return value_size(0);
}

static struct value get_chunk_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)row;
	(void)mem;
	return value_size(0);
}

static struct value get_seg_start(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size(row->seg ? in_sectors(row->seg, row->seg->le_start) : 0);
}

static struct value get_seg_start_pe(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->seg ? row->seg->le_start : 0);
}

static struct value get_seg_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size(row->seg ? in_sectors(row->seg, row->seg->le_count) : 0);
}

/* A count of extents, though LVM2's table says it is a size. */
static struct value get_seg_size_pe(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->seg ? row->seg->le_count : 0);
}

static struct value get_seg_tags(const struct report_row *row, struct dm_pool *mem)
{
	return value_of_tags(row->seg ? row->seg->tags : NULL, mem);
}

static const char *area_name(const struct report_row *row, const struct area *area)
{
	const struct stored_vg *stored = row->vg->stored;

	if (area->type == AREA_LV)
		return area->lv->name;
	for (uint32_t i = 0; i < stored->vg->pv_count; i++)
		if (stored->vg->pvs[i] == area->pv)
			return stored->pv_disks[i] ? stored->pv_disks[i]->device->name
						   : "[unknown]";
	return "[unknown]";
}

static struct value ranges(const struct report_row *row, struct dm_pool *mem,
			   const char *delimiter)
{
	struct value list = value_list(mem, delimiter);

	for (uint32_t i = 0; row->seg && i < row->seg->area_count; i++) {
		const struct area *area = &row->seg->areas[i];
		const uint32_t length = row->seg->type == SEG_STRIPED
						? row->seg->le_count / row->seg->area_count
						: row->seg->le_count;

		list_add(&list, mem,
			 pool_printf(mem, "%s:%u-%u", area_name(row, area), area->start,
				     area->start + length - 1));
	}
	return list;
}

static struct value get_seg_pe_ranges(const struct report_row *row, struct dm_pool *mem)
{
	return ranges(row, mem, " ");
}

static struct value get_seg_le_ranges(const struct report_row *row, struct dm_pool *mem)
{
	return ranges(row, mem, ",");
}

static struct value get_devices(const struct report_row *row, struct dm_pool *mem)
{
	struct value list = value_list(mem, ",");

	for (uint32_t i = 0; row->seg && i < row->seg->area_count; i++)
		list_add(&list, mem,
			 pool_printf(mem, "%s(%u)", area_name(row, &row->seg->areas[i]),
				     row->seg->areas[i].start));
	return list;
}

static struct value get_pvseg_start(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->run ? row->run->start : 0);
}

static struct value get_pvseg_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->run ? row->run->count : 0);
}

/* clang-format off */
const struct field seg_fields[] = {
	{ OWNER_SEG, "segtype", "Type", FIELD_STRING, 0, get_segtype },
	{ OWNER_SEG, "stripes", "#Str", FIELD_NUMBER, 0, get_stripes },
	{ OWNER_SEG, "data_stripes", "#DStr", FIELD_NUMBER, 0, get_data_stripes },
	{ OWNER_SEG, "reshape_len", "RSize", FIELD_SIZE, 0, get_nothing },
	{ OWNER_SEG, "reshape_len_le", "RSize", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "data_copies", "#Cpy", FIELD_NUMBER, 0, get_data_copies },
	{ OWNER_SEG, "data_offset", "DOff", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "new_data_offset", "NOff", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "parity_chunks", "#Par", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "stripe_size", "Stripe", FIELD_SIZE, 0, get_stripe_size },
	{ OWNER_SEG, "region_size", "Region", FIELD_SIZE, 0, get_region_size },
	{ OWNER_SEG, "chunk_size", "Chunk", FIELD_SIZE, 0, get_chunk_size },
	{ OWNER_SEG, "thin_count", "#Thins", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "discards", "Discards", FIELD_STRING, 0, get_nothing },
	{ OWNER_SEG, "cache_metadata_format", "CMFmt", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "cache_mode", "CacheMode", FIELD_STRING, 0, get_nothing },
	{ OWNER_SEG, "zero", "Zero", FIELD_NUMBER, 0, get_unknown },
	{ OWNER_SEG, "transaction_id", "TransId", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "thin_id", "ThId", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "seg_start", "Start", FIELD_SIZE, 0, get_seg_start },
	{ OWNER_SEG, "seg_start_pe", "Start", FIELD_NUMBER, 0, get_seg_start_pe },
	{ OWNER_SEG, "seg_size", "SSize", FIELD_SIZE, 0, get_seg_size },
	{ OWNER_SEG, "seg_size_pe", "SSize", FIELD_SIZE, 0, get_seg_size_pe },
	{ OWNER_SEG, "seg_tags", "Seg Tags", FIELD_LIST, 0, get_seg_tags },
	{ OWNER_SEG, "seg_pe_ranges", "PE Ranges", FIELD_LIST, 0, get_seg_pe_ranges },
	{ OWNER_SEG, "seg_le_ranges", "LE Ranges", FIELD_LIST, 0, get_seg_le_ranges },
	{ OWNER_SEG, "seg_metadata_le_ranges", "Metadata LE Ranges", FIELD_LIST, 0, get_nothing },
	{ OWNER_SEG, "devices", "Devices", FIELD_LIST, 0, get_devices },
	{ OWNER_SEG, "metadata_devices", "Metadata Devs", FIELD_LIST, 0, get_nothing },
	{ OWNER_SEG, "seg_monitor", "Monitor", FIELD_STRING, 0, get_nothing },
	{ OWNER_SEG, "cache_policy", "CachePolicy", FIELD_STRING, 0, get_nothing },
	{ OWNER_SEG, "cache_settings", "CacheSettings", FIELD_LIST, 0, get_nothing },
	{ OWNER_SEG, "vdo_compression", "VDOCompression", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_deduplication", "VDODeduplication", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_use_metadata_hints", "VDOMetadataHints", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_minimum_io_size", "VDOMinimumIOSize", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_block_map_cache_size", "VDOBlockMapCacheSize", FIELD_SIZE, 0, get_nothing },
	{ OWNER_SEG, "vdo_block_map_era_length", "VDOBlockMapEraLength", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_use_sparse_index", "VDOSparseIndex", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_index_memory_size", "VDOIndexMemorySize", FIELD_SIZE, 0, get_nothing },
	{ OWNER_SEG, "vdo_slab_size", "VDOSlabSize", FIELD_SIZE, 0, get_nothing },
	{ OWNER_SEG, "vdo_ack_threads", "VDOAckThreads", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_bio_threads", "VDOBioThreads", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_bio_rotation", "VDOBioRotation", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_cpu_threads", "VDOCPUThreads", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_hash_zone_threads", "VDOHashZoneThreads", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_logical_threads", "VDOLogicalThreads", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_physical_threads", "VDOPhysicalThreads", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_max_discard", "VDOMaxDiscard", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_SEG, "vdo_write_policy", "VDOWritePolicy", FIELD_STRING, 0, get_nothing },
	{ OWNER_SEG, "vdo_header_size", "VDOHeaderSize", FIELD_SIZE, 0, get_nothing },
	{ 0 },
};
/* clang-format on */

/* clang-format off */
const struct field pvseg_fields[] = {
	{ OWNER_PVSEG, "pvseg_start", "Start", FIELD_NUMBER, 0, get_pvseg_start },
	{ OWNER_PVSEG, "pvseg_size", "SSize", FIELD_NUMBER, 0, get_pvseg_size },
	{ 0 },
};
/* clang-format on */
