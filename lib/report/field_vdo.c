/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of VDO: what the pool's segment says, also shown for the volumes in it. */
#include <string.h>

#include "lib/report/getters.h"
#include "lib/report/kept.h"

static const struct seg *vdo_pool_seg(const struct report_row *row)
{
	const struct lv *pool;

	if (!row->seg || seg_is(row->seg, "vdo-pool"))
		return row->seg;
	pool = seg_is(row->seg, "vdo") ? seg_lv(row->seg, "vdo_pool") : NULL;
	return pool && lv_is_type(pool, "vdo-pool") ? &pool->segs[0] : NULL;
}

enum vdo_unit { VDO_FLAG, VDO_NUMBER, VDO_SECTORS, VDO_BYTES, VDO_MIB };

static struct value vdo_value(const struct report_row *row, const char *key, enum vdo_unit unit)
{
	const struct seg *seg = vdo_pool_seg(row);
	uint64_t number = 0;

	if (!seg || !seg_is(seg, "vdo-pool"))
		return (struct value){ .kind = VALUE_EMPTY };
	(void)seg_number(seg, key, &number);
	switch (unit) {
	case VDO_FLAG:
		return value_flag(number, "enabled");
	case VDO_SECTORS:
		return value_size(number);
	case VDO_BYTES:
		return value_size(number / 512);
	case VDO_MIB:
		return value_size(number * 2048);
	case VDO_NUMBER:
		break;
	}
	return value_number(number);
}

#define VDO_GETTER(field, key, unit)              \
	GETTER(get_vdo_##field)                   \
	{                                         \
		(void)mem;                        \
		return vdo_value(row, key, unit); \
	}

/* clang-format off */
VDO_GETTER(compression, "use_compression", VDO_FLAG)
VDO_GETTER(deduplication, "use_deduplication", VDO_FLAG)
VDO_GETTER(use_metadata_hints, "use_metadata_hints", VDO_FLAG)
VDO_GETTER(minimum_io_size, "minimum_io_size", VDO_BYTES)
VDO_GETTER(block_map_cache_size, "block_map_cache_size_mb", VDO_MIB)
VDO_GETTER(block_map_era_length, "block_map_era_length", VDO_NUMBER)
VDO_GETTER(use_sparse_index, "use_sparse_index", VDO_FLAG)
VDO_GETTER(index_memory_size, "index_memory_size_mb", VDO_MIB)
VDO_GETTER(slab_size, "slab_size_mb", VDO_MIB)
VDO_GETTER(ack_threads, "ack_threads", VDO_NUMBER)
VDO_GETTER(bio_threads, "bio_threads", VDO_NUMBER)
VDO_GETTER(bio_rotation, "bio_rotation", VDO_NUMBER)
VDO_GETTER(cpu_threads, "cpu_threads", VDO_NUMBER)
VDO_GETTER(hash_zone_threads, "hash_zone_threads", VDO_NUMBER)
VDO_GETTER(logical_threads, "logical_threads", VDO_NUMBER)
VDO_GETTER(physical_threads, "physical_threads", VDO_NUMBER)
VDO_GETTER(max_discard, "max_discard", VDO_NUMBER)
VDO_GETTER(header_size, "header_size", VDO_SECTORS)
/* clang-format on */

GETTER(get_vdo_write_policy)
{
	const struct seg *seg = vdo_pool_seg(row);
	const char *policy = seg ? seg_text(seg, "write_policy") : NULL;

	(void)mem;
	if (!seg || !seg_is(seg, "vdo-pool"))
		return value_text("");
	return value_text(policy ? policy : "auto");
}
