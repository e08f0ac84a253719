/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Getters that stand in another file than the table of their field. */
#ifndef LIB_REPORT_GETTERS_H
#define LIB_REPORT_GETTERS_H

#include "lib/report/field.h"

#define GETTER(name) struct value name(const struct report_row *row, struct dm_pool *mem)

/* lv_kind.c */
GETTER(get_lv_layout);
GETTER(get_lv_role);
GETTER(get_lv_parent);

/* field_attr.c */
GETTER(get_lv_attr);
GETTER(get_lv_health_status);
GETTER(get_lv_permissions);

/* field_lv_active.c */
GETTER(get_lv_active);
GETTER(get_lv_active_locally);
GETTER(get_lv_active_remotely);
GETTER(get_lv_active_exclusively);
GETTER(get_lv_active_nodes);

/* field_origin.c */
GETTER(get_lv_merging);
GETTER(get_lv_converting);
GETTER(get_origin);
GETTER(get_origin_uuid);
GETTER(get_origin_size);
GETTER(get_lv_ancestors);
GETTER(get_lv_full_ancestors);
GETTER(get_lv_descendants);
GETTER(get_lv_full_descendants);
GETTER(get_move_pv);
GETTER(get_move_pv_uuid);
GETTER(get_convert_lv);
GETTER(get_convert_lv_uuid);

/* field_modules.c */
GETTER(get_lv_modules);

/* field_raid.c */
GETTER(get_lv_initial_image_sync);
GETTER(get_raid_write_behind);
GETTER(get_raid_min_recovery_rate);
GETTER(get_raid_max_recovery_rate);
GETTER(get_raidintegritymode);
GETTER(get_raidintegrityblocksize);
GETTER(get_mirror_log);
GETTER(get_mirror_log_uuid);
GETTER(get_stripes);
GETTER(get_data_stripes);
GETTER(get_data_copies);
GETTER(get_parity_chunks);
GETTER(get_reshape_len);
GETTER(get_reshape_len_le);
GETTER(get_stripe_size);
GETTER(get_region_size);

/* field_pool.c */
GETTER(get_lv_when_full);
GETTER(get_lv_metadata_size);
GETTER(get_data_lv);
GETTER(get_data_lv_uuid);
GETTER(get_metadata_lv);
GETTER(get_metadata_lv_uuid);
GETTER(get_pool_lv);
GETTER(get_pool_lv_uuid);
GETTER(get_writecache_block_size);
GETTER(get_chunk_size);
GETTER(get_thin_count);
GETTER(get_discards);
GETTER(get_zero);
GETTER(get_transaction_id);
GETTER(get_thin_id);
GETTER(get_cache_metadata_format);
GETTER(get_cache_mode);
GETTER(get_cache_policy);
GETTER(get_cache_settings);

/* field_vdo.c */
GETTER(get_vdo_compression);
GETTER(get_vdo_deduplication);
GETTER(get_vdo_use_metadata_hints);
GETTER(get_vdo_minimum_io_size);
GETTER(get_vdo_block_map_cache_size);
GETTER(get_vdo_block_map_era_length);
GETTER(get_vdo_use_sparse_index);
GETTER(get_vdo_index_memory_size);
GETTER(get_vdo_slab_size);
GETTER(get_vdo_ack_threads);
GETTER(get_vdo_bio_threads);
GETTER(get_vdo_bio_rotation);
GETTER(get_vdo_cpu_threads);
GETTER(get_vdo_hash_zone_threads);
GETTER(get_vdo_logical_threads);
GETTER(get_vdo_physical_threads);
GETTER(get_vdo_max_discard);
GETTER(get_vdo_write_policy);
GETTER(get_vdo_header_size);

/* ---- values of LVs ---- */

/** Its name, in brackets when it is hidden; sorts and selects without them. */
struct value value_lv(const struct lv *lv);
/** The same as plain text, for lists. */
const char *lv_display_name(const struct lv *lv, struct dm_pool *mem);

/** Extents that users see: without what a reshape keeps aside. */
uint64_t lv_size_extents(const struct lv *lv);
uint64_t lv_sectors(const struct lv *lv);

/** A list of the comma-parted @words, which must stay. */
void list_add_words(struct value *list, struct dm_pool *mem, const char *words);

/** What the row's segment says, or with -o lv_... the LV's first. NULL: none. */
const struct seg *row_seg(const struct report_row *row);

/** Path of the device of a PV, "[unknown]" when it is missing. */
const char *pv_device_name(const struct report_vg *vg, const struct pv *pv);

#endif
