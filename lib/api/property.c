/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties: the values of report fields, without their texts. Which names there are, and of which
 * kind, is the interface's; what they say is said once, by the getters of reports.
 */
#include <errno.h>
#include <string.h>

#include "lib/api/handle.h"
#include "lib/dm_lock.h"
#include "lib/report/getters.h"

#define SECTOR	512
#define TABLES	3
#define NO_SIZE ((uint64_t)UINT32_MAX * SECTOR) /* a read-ahead that is automatic or not there */

enum kind {
	KIND_TEXT,	/* "" when there is none */
	KIND_TEXT_NULL, /* NULL when there is none */
	KIND_NUMBER,
	KIND_SIZE, /* bytes */
	KIND_SIGNED,
	KIND_PERCENT,	/* none: -1 */
	KIND_IN_SYNC,	/* per cent, of what is always in sync */
	KIND_NOTHING,	/* valid, and no value: times */
	KIND_NOT_THERE, /* ENOSYS */
};

struct property {
	enum kind kind;
	const char *names; /* with commas */
};

static const struct property vg_properties[] = {
	{ KIND_TEXT, "vg_fmt,vg_uuid,vg_name,vg_attr,vg_sysid,vg_systemid,vg_lock_type,"
		     "vg_lock_args,vg_tags,vg_profile" },
	{ KIND_SIZE, "vg_size,vg_free,vg_extent_size,vg_mda_free,vg_mda_size" },
	{ KIND_NUMBER, "vg_extent_count,vg_free_count,max_lv,max_pv,pv_count,vg_missing_pv_count,"
		       "lv_count,snap_count,vg_seqno,vg_mda_count,vg_mda_used_count,"
		       "vg_mda_copies" },
	{ KIND_NOT_THERE, "vg_permissions,vg_extendable,vg_exported,vg_partial,"
			  "vg_allocation_policy,vg_clustered,vg_shared" },
	{ KIND_NOTHING, NULL },
};

static const struct property pv_properties[] = {
	{ KIND_TEXT, "pv_fmt,pv_uuid,pv_name,pv_attr,pv_tags" },
	{ KIND_SIZE, "dev_size,pv_size,pv_free,pv_used,pe_start,pv_mda_free,pv_mda_size,"
		     "pv_ba_start,pv_ba_size" },
	{ KIND_NUMBER, "pv_pe_count,pv_pe_alloc_count,pv_mda_count,pv_mda_used_count" },
	{ KIND_NOT_THERE, "pv_allocatable,pv_exported,pv_missing,pv_in_use,pv_duplicate,"
			  "pv_ext_vsn,pv_major,pv_minor" },
	{ KIND_NOTHING, NULL },
};

static const struct property lv_properties[] = {
	{ KIND_TEXT, "lv_uuid,lv_name,lv_full_name,lv_path,lv_dm_path,lv_parent,lv_attr,lv_active,"
		     "lv_tags,lv_profile,lv_lockargs,lv_host,lv_modules" },
	{ KIND_TEXT_NULL, "origin,origin_uuid,move_pv,move_pv_uuid,convert_lv,convert_lv_uuid,"
			  "mirror_log,mirror_log_uuid,data_lv,data_lv_uuid,metadata_lv,"
			  "metadata_lv_uuid,pool_lv,pool_lv_uuid,raid_sync_action,"
			  "kernel_discards" },
	{ KIND_NOTHING, "lv_time,lv_time_removed" },
	{ KIND_SIZE, "lv_size,lv_read_ahead,lv_kernel_read_ahead,lv_metadata_size,origin_size" },
	{ KIND_NUMBER, "seg_count,raid_mismatch_count,raid_write_behind,raid_min_recovery_rate,"
		       "raid_max_recovery_rate" },
	{ KIND_SIGNED, "lv_major,lv_minor,lv_kernel_major,lv_kernel_minor" },
	{ KIND_PERCENT, "data_percent,snap_percent,metadata_percent" },
	{ KIND_IN_SYNC, "copy_percent,sync_percent" },
	{ KIND_NOT_THERE, "lv_layout,lv_role,lv_initial_image_sync,lv_image_synced,lv_merging,"
			  "lv_converting,lv_allocation_policy,lv_allocation_locked,lv_fixed_minor,"
			  "lv_skip_activation,lv_when_full,lv_active_locally,lv_active_remotely,"
			  "lv_active_exclusively,lv_ancestors,lv_full_ancestors,lv_descendants,"
			  "lv_full_descendants,lv_historical,lv_permissions,lv_suspended,"
			  "lv_live_table,lv_inactive_table,lv_device_open,lv_health_status,"
			  "lv_check_needed,lv_merge_failed,lv_snapshot_invalid,cache_total_blocks,"
			  "cache_used_blocks,cache_dirty_blocks,cache_read_hits,cache_read_misses,"
			  "cache_write_hits,cache_write_misses,kernel_cache_settings,"
			  "kernel_cache_policy,kernel_metadata_format" },
	{ KIND_NOTHING, NULL },
};

static const struct property lvseg_properties[] = {
	{ KIND_TEXT, "segtype,seg_tags,seg_pe_ranges,seg_le_ranges,seg_metadata_le_ranges,devices,"
		     "metadata_devices,seg_monitor,cache_mode" },
	{ KIND_TEXT_NULL, "discards" },
	{ KIND_NUMBER, "stripes,data_stripes,data_copies,reshape_len,reshape_len_le,data_offset,"
		       "new_data_offset,parity_chunks,thin_count,transaction_id,thin_id,"
		       "cache_metadata_format,zero,seg_start_pe,seg_size_pe" },
	{ KIND_SIZE, "stripe_size,region_size,chunk_size,seg_start,seg_size" },
	{ KIND_NOT_THERE, "cache_policy,cache_settings" },
	{ KIND_NOTHING, NULL },
};

static const struct property pvseg_properties[] = {
	{ KIND_NUMBER, "pvseg_start" },
	{ KIND_SIZE, "pvseg_size" }, /* extents times 512: programs know it so */
	{ KIND_NOTHING, NULL },
};

/* What properties an object has, and where their getters are. */
struct object_kind {
	const struct property *properties;
	const struct field *tables[TABLES + 1];
};

static bool names_have(const char *names, const char *name)
{
	const size_t length = strlen(name);

	for (const char *at = names; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, length) && (!at[length] || at[length] == ','))
			return true;
	}
	return false;
}

static const struct property *find_property(const struct property *table, const char *name)
{
	for (; table->names; table++)
		if (names_have(table->names, name))
			return table;
	return NULL;
}

static const struct field *find_field(const struct object_kind *object, const char *name)
{
	for (const struct field *const *table = object->tables; *table; table++)
		for (const struct field *field = *table; field->name; field++)
			if (!strcmp(field->name, name))
				return field;
	return NULL;
}

/* ---- from a report's value to a property's ---- */

static const char *join(struct arena *arena, const struct value *value)
{
	struct buf AUTO_BUF text = { .limit = (size_t)1 << 20 };
	const struct dm_str_list *item;

	dm_list_iterate_items (item, value->list) {
		if (text.used)
			buf_puts(&text, value->delimiter);
		buf_puts(&text, item->str);
	}
	return arena_strdup(arena, text.data ? text.data : "");
}

static const char *as_text(struct arena *arena, const struct value *value, const char *none)
{
	if (value->kind == VALUE_LIST)
		return join(arena, value);
	if ((value->kind == VALUE_TEXT || value->kind == VALUE_SPECIAL) && value->text)
		return *value->text ? arena_strdup(arena, value->text) : none;
	return none;
}

static uint64_t as_number(const struct value *value)
{
	switch (value->kind) {
	case VALUE_NUMBER:
	case VALUE_SIZE:
	case VALUE_SPECIAL:
	case VALUE_FLAG:
		return value->number;
	case VALUE_EMPTY:
	case VALUE_TEXT:
	case VALUE_MINUS_ONE:
	case VALUE_UNKNOWN:
	case VALUE_LIST:
	case VALUE_TIME:
		break;
	}
	return 0;
}

static struct lvm_property_value number_property(uint64_t number, bool is_signed)
{
	return (struct lvm_property_value){
		.is_integer = 1, .is_signed = is_signed, .is_valid = 1, .value.integer = number
	};
}

static struct lvm_property_value make_property(enum kind kind, struct arena *arena,
					       const struct value *value)
{
	switch (kind) {
	case KIND_TEXT:
	case KIND_TEXT_NULL:
		return (struct lvm_property_value){
			.is_string = 1,
			.is_valid = 1,
			.value.string = as_text(arena, value, kind == KIND_TEXT ? "" : NULL)
		};
	case KIND_NUMBER:
		return number_property(as_number(value), false);
	case KIND_SIZE:
		return number_property(value->kind == VALUE_MINUS_ONE ? NO_SIZE
								      : as_number(value) * SECTOR,
				       false);
	case KIND_SIGNED:
		return number_property(value->kind == VALUE_NUMBER ? value->number : UINT64_MAX,
				       true);
	case KIND_PERCENT:
		return number_property(value->kind == VALUE_NUMBER ? value->number : UINT64_MAX,
				       true);
	case KIND_IN_SYNC:
		return number_property(PERCENT_100, true);
	case KIND_NOTHING:
	case KIND_NOT_THERE:
		break;
	}
	return (struct lvm_property_value){ .is_valid = 1 };
}

static struct lvm_property_value evaluate(struct lvm *library, struct arena *arena,
					  const struct property *property,
					  const struct field *field, const struct report_row *row)
{
	struct lvm_property_value result = { 0 };
	struct value value = { .kind = VALUE_EMPTY };
	struct dm_pool *pool;

	dm_lock();
	if ((pool = dm_pool_create("property", 4096))) {
		if (field)
			value = field->get(row, pool);
		result = make_property(property->kind, arena, &value);
		dm_pool_destroy(pool);
	}
	dm_unlock();
	if (!pool || (property->kind == KIND_TEXT && !result.value.string)) {
		(void)api_error(library, ENOMEM, "Out of memory.");
		return (struct lvm_property_value){ 0 };
	}
	return result;
}

static struct lvm_property_value get_property(struct lvm *library, struct arena *arena,
					      const struct object_kind *object, const char *name,
					      const struct report_row *what)
{
	struct kernel_cache cache = { 0 };
	struct report_row row = *what;
	const struct property *property;

	if (!name) {
		(void)api_error(library, EINVAL, "Invalid NULL parameter.");
		return (struct lvm_property_value){ 0 };
	}
	if (!(property = find_property(object->properties, name))) {
		(void)api_error(library, EINVAL, "No property \"%s\" of this object.", name);
		return (struct lvm_property_value){ 0 };
	}
	if (property->kind == KIND_NOT_THERE) {
		(void)api_error(library, ENOSYS, "Property \"%s\" is not available here.", name);
		return (struct lvm_property_value){ 0 };
	}
	row.kernel_cache = &cache;
	return evaluate(library, arena, property, find_field(object, name), &row);
}

static struct lvm_property_value null_object(struct lvm *library)
{
	if (library && !library->error)
		(void)api_error(library, EINVAL, "The object is no more.");
	return (struct lvm_property_value){ 0 };
}

/* ---- each object ---- */

struct lvm_property_value lvm_vg_get_property(const vg_t vg, const char *name)
{
	const struct object_kind object = { vg_properties, { vg_fields } };
	struct report_row row = { 0 };
	struct lvm_property_value value;

	if (!CHECK_VG(vg))
		return (struct lvm_property_value){ 0 };
	if (!(row.vg = vg_view(vg)))
		return null_object(vg->handle.library);
	value = get_property(vg->handle.library, &vg->arena, &object, name, &row);
	if (value.is_valid && !strcmp(name, "vg_mda_copies")) {
		value.is_settable = 1;
		value.value.integer = vg->session.vg->metadata_copies; /* 0: not managed */
	}
	return value;
}

static const struct object_kind lv_kind = { lv_properties,
					    { lv_fields, lv_info_fields, lv_status_fields } };
static const struct object_kind lv_attr_kind = { lv_properties, { lv_both_fields } };

struct lvm_property_value lvm_lv_get_property(const lv_t lv, const char *name)
{
	const struct object_kind *object =
		name && !strcmp(name, "lv_attr") ? &lv_attr_kind : &lv_kind;
	struct report_row row = { 0 };

	if (!CHECK_LV(lv))
		return (struct lvm_property_value){ 0 };
	if (!(row.lv = lv_of(lv)) || !(row.vg = vg_view(lv->vg)))
		return null_object(lv->handle.library);
	if (row.lv->seg_count)
		row.seg = &row.lv->segs[0];
	row.holders = lv->vg->view.has_holders ? &lv->vg->view.holders : NULL;
	return get_property(lv->handle.library, &lv->vg->arena, object, name, &row);
}

struct lvm_property_value lvm_lvseg_get_property(const lvseg_t lvseg, const char *name)
{
	const struct object_kind object = { lvseg_properties, { seg_fields } };
	struct report_row row = { 0 };

	if (!handle_check(lvseg, HANDLE_LVSEG, __func__))
		return (struct lvm_property_value){ 0 };
	if (!(row.seg = seg_of(lvseg)) || !(row.vg = vg_view(lvseg->lv->vg)))
		return null_object(lvseg->handle.library);
	row.lv = row.seg->lv;
	return get_property(lvseg->handle.library, &lvseg->lv->vg->arena, &object, name, &row);
}

static struct arena *arena_of(struct physical_volume *pv)
{
	return pv->vg ? &pv->vg->arena : &pv->list->arena;
}

struct lvm_property_value lvm_pv_get_property(const pv_t pv, const char *name)
{
	const struct object_kind object = { pv_properties, { label_fields, pv_fields } };
	struct pv_facts facts;
	struct report_row row;

	if (!CHECK_PV(pv))
		return (struct lvm_property_value){ 0 };
	if (!pv_facts_of(pv, &facts))
		return null_object(pv->handle.library);
	row = (struct report_row){
		.vg = facts.vg, .pv = facts.pv, .disk = facts.disk, .device = facts.device
	};
	return get_property(pv->handle.library, arena_of(pv), &object, name, &row);
}

struct lvm_property_value lvm_pvseg_get_property(const pvseg_t pvseg, const char *name)
{
	const struct object_kind object = { pvseg_properties, { pvseg_fields } };
	struct pv_run run;
	struct report_row row = { .run = &run };

	if (!handle_check(pvseg, HANDLE_PVSEG, __func__))
		return (struct lvm_property_value){ 0 };
	run = (struct pv_run){ .start = pvseg->start, .count = pvseg->count };
	return get_property(pvseg->handle.library, arena_of(pvseg->pv), &object, name, &row);
}
