/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of LVs from the metadata, the lock table and the kernel's device. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/report/source.h"

static const char *pool_name(struct dm_pool *mem, const struct lv *lv, const char *layer)
{
	char *name = dm_build_dm_name(mem, lv->vg->name, lv->name, layer);

	return name ? name : "";
}

static bool is_clustered(const struct report_row *row)
{
	return vg_is_clustered(row->lv->vg);
}

/* ---- names ---- */

static struct value get_lv_uuid(const struct report_row *row, struct dm_pool *mem)
{
	return value_of_uuid(&row->lv->id, mem);
}

static struct value get_lv_name(const struct report_row *row, struct dm_pool *mem)
{
	if (lv_is_shown(row->lv))
		return value_text(row->lv->name);
	return value_text(pool_printf(mem, "[%s]", row->lv->name));
}

static struct value get_lv_full_name(const struct report_row *row, struct dm_pool *mem)
{
	return value_text(pool_printf(mem, "%s/%s", row->lv->vg->name, row->lv->name));
}

static struct value get_lv_path(const struct report_row *row, struct dm_pool *mem)
{
	if (!lv_is_shown(row->lv))
		return value_text("");
	return value_text(pool_printf(mem, "/dev/%s/%s", row->lv->vg->name, row->lv->name));
}

static struct value get_lv_dm_path(const struct report_row *row, struct dm_pool *mem)
{
	return value_text(pool_printf(mem, "/dev/mapper/%s", pool_name(mem, row->lv, NULL)));
}

static struct value get_lv_layout(const struct report_row *row, struct dm_pool *mem)
{
	struct value list = value_list(mem, ",");

	list_add(&list, mem, lv_type_name(row->lv, mem));
	return list;
}

static struct value get_lv_role(const struct report_row *row, struct dm_pool *mem)
{
	struct value list = value_list(mem, ",");

	list_add(&list, mem, lv_is_shown(row->lv) ? "public" : "private");
	return list;
}

/* ---- metadata ---- */

static struct value get_lv_allocation_policy(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(alloc_policy_name(row->lv->alloc));
}

static struct value get_lv_allocation_locked(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(row->lv->status & STATUS_LOCKED, "allocation locked");
}

static struct value get_lv_fixed_minor(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(row->lv->status & STATUS_FIXED_MINOR, "fixed minor");
}

static struct value get_lv_skip_activation(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(row->lv->status & FLAG_ACTIVATION_SKIP, "skip activation");
}

static struct value get_lv_autoactivation(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(!(row->lv->status & FLAG_NOAUTOACTIVATE), "enabled");
}

static struct value get_lv_major(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return row->lv->major < 0 ? (struct value){ .kind = VALUE_MINUS_ONE }
				  : value_number((uint64_t)row->lv->major);
}

static struct value get_lv_minor(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return row->lv->minor < 0 ? (struct value){ .kind = VALUE_MINUS_ONE }
				  : value_number((uint64_t)row->lv->minor);
}

static struct value get_lv_read_ahead(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	if (row->lv->read_ahead == READ_AHEAD_AUTO)
		return (struct value){ .kind = VALUE_SPECIAL, .text = "auto" };
	return value_size(row->lv->read_ahead == READ_AHEAD_NONE ? 0
								 : (uint64_t)row->lv->read_ahead);
}

static struct value get_lv_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size((uint64_t)row->lv->le_count * row->lv->vg->extent_size);
}

static struct value get_seg_count(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->lv->seg_count);
}

static struct value get_lv_tags(const struct report_row *row, struct dm_pool *mem)
{
	return value_of_tags(row->lv->tags, mem);
}

static struct value get_lv_profile(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(row->lv->profile ? row->lv->profile : "");
}

static struct value get_lv_lockargs(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(row->lv->lock_args ? row->lv->lock_args : "");
}

static struct value get_lv_time(const struct report_row *row, struct dm_pool *mem)
{
	const time_t seconds = (time_t)row->lv->creation_time;
	char text[64] = "";
	struct tm local;

	if (seconds && localtime_r(&seconds, &local))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %T %z", &local);
	return (struct value){ .kind = VALUE_TIME,
			       .text = pool_printf(mem, "%s", text),
			       .number = row->lv->creation_time };
}

static struct value get_lv_host(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(row->lv->creation_host ? row->lv->creation_host : "");
}

/* ---- activation: by the kernel here, by the lock table elsewhere ---- */

struct activity {
	bool here, elsewhere, exclusive, known;
};

static struct activity activity_of(const struct report_row *row)
{
	struct activity activity = { .here = row_kernel(row) && row_kernel(row)->active,
				     .known = row_kernel(row) || row->holders };

	for (size_t i = 0; row->holders && i < row->holders->count; i++) {
		const struct lv_holder *holder = &row->holders->items[i];

		if (!uuid_equal(&holder->lv_id, &row->lv->id) ||
		    !uuid_equal(&holder->vg_id, &row->lv->vg->id))
			continue;
		activity.elsewhere |= !holder->is_local;
		activity.exclusive |= holder->mode == MODE_EX;
	}
	if (!is_clustered(row))
		activity.exclusive = activity.here;
	return activity;
}

static struct value get_lv_active(const struct report_row *row, struct dm_pool *mem)
{
	const struct activity activity = activity_of(row);

	(void)mem;
	if (!activity.known)
		return value_text("unknown");
	if (!is_clustered(row))
		return value_text(activity.here ? "active" : "");
	if (activity.here)
		return value_text(activity.exclusive ? "local exclusive" : "locally");
	if (activity.elsewhere)
		return value_text(activity.exclusive ? "remote exclusive" : "remotely");
	return value_text("");
}

static struct value unknown_flag(void)
{
	return (struct value){ .kind = VALUE_UNKNOWN };
}

static struct value get_lv_active_locally(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return row_kernel(row) ? value_flag(row_kernel(row)->active, "active locally")
			       : unknown_flag();
}

static struct value get_lv_active_remotely(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	if (is_clustered(row) ? !row->holders : !row_kernel(row))
		return unknown_flag();
	return value_flag(activity_of(row).elsewhere, "active remotely");
}

static struct value get_lv_active_exclusively(const struct report_row *row, struct dm_pool *mem)
{
	const struct activity activity = activity_of(row);

	(void)mem;
	if (!activity.known)
		return unknown_flag();
	return value_flag(activity.exclusive && (activity.here || activity.elsewhere),
			  "active exclusively");
}

static struct value get_lv_active_nodes(const struct report_row *row, struct dm_pool *mem)
{
	struct value list = value_list(mem, ",");

	list.sorted = true;
	for (size_t i = 0; row->holders && i < row->holders->count; i++)
		if (uuid_equal(&row->holders->items[i].lv_id, &row->lv->id) &&
		    uuid_equal(&row->holders->items[i].vg_id, &row->lv->vg->id))
			list_add(&list, mem, row->holders->items[i].node_name);
	return list;
}

/* ---- the kernel's device ---- */

static bool exists(const struct report_row *row)
{
	return row_kernel(row) && row_kernel(row)->exists;
}

static struct value get_lv_kernel_major(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return exists(row) ? value_number(row_kernel(row)->major)
			   : (struct value){ .kind = VALUE_MINUS_ONE };
}

static struct value get_lv_kernel_minor(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return exists(row) ? value_number(row_kernel(row)->minor)
			   : (struct value){ .kind = VALUE_MINUS_ONE };
}

static struct value get_lv_kernel_read_ahead(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return exists(row) ? value_size(row_kernel(row)->read_ahead)
			   : (struct value){ .kind = VALUE_MINUS_ONE };
}

static struct value get_lv_permissions(const struct report_row *row, struct dm_pool *mem)
{
	const bool writeable = row->lv->status & (STATUS_WRITE | FLAG_WRITE_LOCKED);

	(void)mem;
	if (!row_kernel(row))
		return value_text("unknown");
	if (!writeable)
		return value_text("read-only");
	return value_text(exists(row) && row_kernel(row)->read_only ? "read-only-override"
								    : "writeable");
}

static struct value device_flag(const struct report_row *row, bool is_set, const char *word)
{
	return row_kernel(row) ? value_flag(exists(row) && is_set, word) : unknown_flag();
}

static struct value get_lv_suspended(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return device_flag(row, row_kernel(row) && row_kernel(row)->suspended, "suspended");
}

static struct value get_lv_live_table(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return device_flag(row, row_kernel(row) && row_kernel(row)->active, "live table present");
}

static struct value get_lv_inactive_table(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return device_flag(row, row_kernel(row) && row_kernel(row)->inactive_table,
			   "inactive table present");
}

static struct value get_lv_device_open(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return device_flag(row, row_kernel(row) && row_kernel(row)->open_count, "open");
}

/* clang-format off */
const struct field lv_fields[] = {
	{ OWNER_LV, "lv_uuid", "LV UUID", FIELD_STRING, 38, get_lv_uuid },
	{ OWNER_LV, "lv_name", "LV", FIELD_STRING, 4, get_lv_name },
	{ OWNER_LV, "lv_full_name", "LV", FIELD_STRING, 4, get_lv_full_name },
	{ OWNER_LV, "lv_path", "Path", FIELD_STRING, 0, get_lv_path },
	{ OWNER_LV, "lv_dm_path", "DMPath", FIELD_STRING, 0, get_lv_dm_path },
	{ OWNER_LV, "lv_parent", "Parent", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "lv_layout", "Layout", FIELD_LIST, 10, get_lv_layout },
	{ OWNER_LV, "lv_role", "Role", FIELD_LIST, 10, get_lv_role },
	{ OWNER_LV, "lv_initial_image_sync", "InitImgSync", FIELD_NUMBER, 10, get_nothing },
	{ OWNER_LV, "lv_image_synced", "ImgSynced", FIELD_NUMBER, 10, get_nothing },
	{ OWNER_LV, "lv_merging", "Merging", FIELD_NUMBER, 10, get_nothing },
	{ OWNER_LV, "lv_converting", "Converting", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV, "lv_allocation_policy", "AllocPol", FIELD_STRING, 10, get_lv_allocation_policy },
	{ OWNER_LV, "lv_allocation_locked", "AllocLock", FIELD_NUMBER, 10, get_lv_allocation_locked },
	{ OWNER_LV, "lv_fixed_minor", "FixMin", FIELD_NUMBER, 10, get_lv_fixed_minor },
	{ OWNER_LV, "lv_skip_activation", "SkipAct", FIELD_NUMBER, 15, get_lv_skip_activation },
	{ OWNER_LV, "lv_autoactivation", "AutoAct", FIELD_NUMBER, 0, get_lv_autoactivation },
	{ OWNER_LV, "lv_when_full", "WhenFull", FIELD_STRING, 15, get_nothing },
	{ OWNER_LV, "lv_active", "Active", FIELD_STRING, 0, get_lv_active },
	{ OWNER_LV, "lv_active_locally", "ActLocal", FIELD_NUMBER, 10, get_lv_active_locally },
	{ OWNER_LV, "lv_active_remotely", "ActRemote", FIELD_NUMBER, 10, get_lv_active_remotely },
	{ OWNER_LV, "lv_active_exclusively", "ActExcl", FIELD_NUMBER, 10, get_lv_active_exclusively },
	{ OWNER_LV, "lv_major", "Maj", FIELD_NUMBER, 0, get_lv_major },
	{ OWNER_LV, "lv_minor", "Min", FIELD_NUMBER, 0, get_lv_minor },
	{ OWNER_LV, "lv_read_ahead", "Rahead", FIELD_SIZE, 0, get_lv_read_ahead },
	{ OWNER_LV, "lv_size", "LSize", FIELD_SIZE, 0, get_lv_size },
	{ OWNER_LV, "lv_metadata_size", "MSize", FIELD_SIZE, 0, get_nothing },
	{ OWNER_LV, "seg_count", "#Seg", FIELD_NUMBER, 0, get_seg_count },
	{ OWNER_LV, "origin", "Origin", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "origin_uuid", "Origin UUID", FIELD_STRING, 38, get_nothing },
	{ OWNER_LV, "origin_size", "OSize", FIELD_SIZE, 0, get_nothing },
	{ OWNER_LV, "lv_ancestors", "Ancestors", FIELD_LIST, 0, get_nothing },
	{ OWNER_LV, "lv_full_ancestors", "FAncestors", FIELD_LIST, 0, get_nothing },
	{ OWNER_LV, "lv_descendants", "Descendants", FIELD_LIST, 0, get_nothing },
	{ OWNER_LV, "lv_full_descendants", "FDescendants", FIELD_LIST, 0, get_nothing },
	{ OWNER_LV, "raid_mismatch_count", "Mismatches", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV, "raid_sync_action", "SyncAction", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "raid_write_behind", "WBehind", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV, "raid_min_recovery_rate", "MinSync", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV, "raid_max_recovery_rate", "MaxSync", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV, "raidintegritymode", "IntegMode", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "raidintegrityblocksize", "IntegBlkSize", FIELD_NUMBER, 0, get_minus_one },
	{ OWNER_LV, "integritymismatches", "IntegMismatches", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV, "move_pv", "Move", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "move_pv_uuid", "Move UUID", FIELD_STRING, 38, get_nothing },
	{ OWNER_LV, "convert_lv", "Convert", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "convert_lv_uuid", "Convert UUID", FIELD_STRING, 38, get_nothing },
	{ OWNER_LV, "mirror_log", "Log", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "mirror_log_uuid", "Log UUID", FIELD_STRING, 38, get_nothing },
	{ OWNER_LV, "data_lv", "Data", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "data_lv_uuid", "Data UUID", FIELD_STRING, 38, get_nothing },
	{ OWNER_LV, "metadata_lv", "Meta", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "metadata_lv_uuid", "Meta UUID", FIELD_STRING, 38, get_nothing },
	{ OWNER_LV, "pool_lv", "Pool", FIELD_STRING, 0, get_nothing },
	{ OWNER_LV, "pool_lv_uuid", "Pool UUID", FIELD_STRING, 38, get_nothing },
	{ OWNER_LV, "lv_tags", "LV Tags", FIELD_LIST, 0, get_lv_tags },
	{ OWNER_LV, "lv_profile", "LProfile", FIELD_STRING, 0, get_lv_profile },
	{ OWNER_LV, "lv_lockargs", "LLockArgs", FIELD_STRING, 0, get_lv_lockargs },
	{ OWNER_LV, "lv_time", "CTime", FIELD_TIME, 26, get_lv_time },
	{ OWNER_LV, "lv_time_removed", "RTime", FIELD_TIME, 26, get_nothing },
	{ OWNER_LV, "lv_host", "Host", FIELD_STRING, 10, get_lv_host },
	{ OWNER_LV, "lv_modules", "Modules", FIELD_LIST, 0, get_nothing },
	{ OWNER_LV, "lv_historical", "Historical", FIELD_NUMBER, 0, get_nothing },
	{ OWNER_LV, "writecache_block_size", "WCacheBlkSize", FIELD_NUMBER, 0, get_minus_one },
	{ OWNER_LV, "lv_active_nodes", "ActiveNodes", FIELD_LIST, 0, get_lv_active_nodes },
	{ 0 },
};
/* clang-format on */

/* clang-format off */
const struct field lv_info_fields[] = {
	{ OWNER_LV_INFO, "lv_kernel_major", "KMaj", FIELD_NUMBER, 0, get_lv_kernel_major },
	{ OWNER_LV_INFO, "lv_kernel_minor", "KMin", FIELD_NUMBER, 0, get_lv_kernel_minor },
	{ OWNER_LV_INFO, "lv_kernel_read_ahead", "KRahead", FIELD_SIZE, 0, get_lv_kernel_read_ahead },
	{ OWNER_LV_INFO, "lv_permissions", "LPerms", FIELD_STRING, 8, get_lv_permissions },
	{ OWNER_LV_INFO, "lv_suspended", "Suspended", FIELD_NUMBER, 10, get_lv_suspended },
	{ OWNER_LV_INFO, "lv_live_table", "LiveTable", FIELD_NUMBER, 20, get_lv_live_table },
	{ OWNER_LV_INFO, "lv_inactive_table", "InactiveTable", FIELD_NUMBER, 20, get_lv_inactive_table },
	{ OWNER_LV_INFO, "lv_device_open", "DevOpen", FIELD_NUMBER, 10, get_lv_device_open },
	{ 0 },
};
/* clang-format on */
