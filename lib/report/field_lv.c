/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of LVs from the metadata, the lock table and the kernel's device. */

#include "lib/report/getters.h"
#include "lib/report/kept.h"
#include "lib/report/links.h"

static const char *pool_name(struct dm_pool *mem, const struct lv *lv, const char *layer)
{
	char *name = dm_build_dm_name(mem, lv->vg->name, lv->name, layer);

	return name ? name : "";
}

const char *lv_display_name(const struct lv *lv, struct dm_pool *mem)
{
	return lv_is_visible(lv) ? lv->name : pool_printf(mem, "[%s]", lv->name);
}

struct value value_lv(const struct lv *lv)
{
	return (struct value){ .kind = VALUE_TEXT, .text = lv->name, .hidden = !lv_is_visible(lv) };
}

/* ---- names ---- */

static GETTER(get_lv_uuid)
{
	return value_of_uuid(&row->lv->id, mem);
}

static GETTER(get_lv_name)
{
	(void)mem;
	return value_lv(row->lv);
}

static GETTER(get_lv_full_name)
{
	return value_text(pool_printf(mem, "%s/%s", row->lv->vg->name, row->lv->name));
}

static GETTER(get_lv_path)
{
	if (!lv_is_visible(row->lv) || lv_is_type(row->lv, "thin-pool"))
		return value_text("");
	return value_text(pool_printf(mem, "/dev/%s/%s", row->lv->vg->name, row->lv->name));
}

static GETTER(get_lv_dm_path)
{
	return value_text(pool_printf(mem, "/dev/mapper/%s", pool_name(mem, row->lv, NULL)));
}

/* ---- metadata ---- */

static GETTER(get_lv_allocation_policy)
{
	(void)mem;
	return value_text(alloc_policy_name(row->lv->alloc));
}

static GETTER(get_lv_allocation_locked)
{
	(void)mem;
	return value_flag(row->lv->status & STATUS_LOCKED, "allocation locked");
}

static GETTER(get_lv_fixed_minor)
{
	(void)mem;
	return value_flag(row->lv->status & STATUS_FIXED_MINOR, "fixed minor");
}

static GETTER(get_lv_skip_activation)
{
	(void)mem;
	return value_flag(row->lv->status & FLAG_ACTIVATION_SKIP, "skip activation");
}

static GETTER(get_lv_autoactivation)
{
	(void)mem;
	return value_flag(!(row->lv->status & FLAG_NOAUTOACTIVATE), "enabled");
}

static GETTER(get_lv_major)
{
	(void)mem;
	return row->lv->major < 0 ? (struct value){ .kind = VALUE_MINUS_ONE }
				  : value_number((uint64_t)row->lv->major);
}

static GETTER(get_lv_minor)
{
	(void)mem;
	return row->lv->minor < 0 ? (struct value){ .kind = VALUE_MINUS_ONE }
				  : value_number((uint64_t)row->lv->minor);
}

static GETTER(get_lv_read_ahead)
{
	(void)mem;
	if (row->lv->read_ahead == READ_AHEAD_AUTO)
		return (struct value){ .kind = VALUE_SPECIAL,
				       .text = "auto",
				       .number = SORT_AS_AUTO };
	return value_size(row->lv->read_ahead == READ_AHEAD_NONE ? 0
								 : (uint64_t)row->lv->read_ahead);
}

static GETTER(get_lv_size)
{
	(void)mem;
	return value_size(lv_sectors(row->lv));
}

/* Only the kernel knows; we do not ask it about mirrors and raids. */
static GETTER(get_lv_image_synced)
{
	(void)row;
	(void)mem;
	return value_flag(false, "image synced");
}

static GETTER(get_seg_count)
{
	(void)mem;
	return value_number(row->lv->seg_count);
}

static GETTER(get_lv_tags)
{
	return value_of_tags(row->lv->tags, mem);
}

static GETTER(get_lv_profile)
{
	(void)mem;
	return value_text(row->lv->profile ? row->lv->profile : "");
}

static GETTER(get_lv_lockargs)
{
	(void)mem;
	return value_text(row->lv->lock_args ? row->lv->lock_args : "");
}

static GETTER(get_lv_time)
{
	(void)mem;
	return (struct value){ .kind = VALUE_TIME, .number = row->lv->creation_time };
}

static GETTER(get_lv_host)
{
	(void)mem;
	return value_text(row->lv->creation_host ? row->lv->creation_host : "");
}

/* clang-format off */
const struct field lv_fields[] = {
	{ OWNER_LV, "lv_uuid", "LV UUID", FIELD_STRING, 38, get_lv_uuid,
	  "id, unlike the name the same for life" },
	{ OWNER_LV, "lv_name", "LV", FIELD_STRING, 4, get_lv_name,
	  "name; in brackets when it is part of another LV" },
	{ OWNER_LV, "lv_full_name", "LV", FIELD_STRING, 4, get_lv_full_name,
	  "VG and name, as vg/lv" },
	{ OWNER_LV, "lv_path", "Path", FIELD_STRING, 0, get_lv_path,
	  "device to use; empty for parts of other LVs" },
	{ OWNER_LV, "lv_dm_path", "DMPath", FIELD_STRING, 0, get_lv_dm_path,
	  "device under /dev/mapper" },
	{ OWNER_LV, "lv_parent", "Parent", FIELD_STRING, 0, get_lv_parent,
	  "LV of which this one is a part" },
	{ OWNER_LV, "lv_layout", "Layout", FIELD_LIST, 10, get_lv_layout,
	  "what kind of LV it is" },
	{ OWNER_LV, "lv_role", "Role", FIELD_LIST, 10, get_lv_role,
	  "what it is for other LVs, public if users see it" },
	{ OWNER_LV, "lv_initial_image_sync", "InitImgSync", FIELD_NUMBER, 10, get_lv_initial_image_sync,
	  "all copies were written once since it was made" },
	{ OWNER_LV, "lv_image_synced", "ImgSynced", FIELD_NUMBER, 10, get_lv_image_synced,
	  "this copy is up to date" },
	{ OWNER_LV, "lv_merging", "Merging", FIELD_NUMBER, 10, get_lv_merging,
	  "a snapshot is going back into its origin" },
	{ OWNER_LV, "lv_converting", "Converting", FIELD_NUMBER, 0, get_lv_converting,
	  "lvconvert has not finished yet" },
	{ OWNER_LV, "lv_allocation_policy", "AllocPol", FIELD_STRING, 10, get_lv_allocation_policy,
	  "how space for it is chosen" },
	{ OWNER_LV, "lv_allocation_locked", "AllocLock", FIELD_NUMBER, 10, get_lv_allocation_locked,
	  "its extents stay where they are" },
	{ OWNER_LV, "lv_fixed_minor", "FixMin", FIELD_NUMBER, 10, get_lv_fixed_minor,
	  "device number is fixed in the metadata" },
	{ OWNER_LV, "lv_skip_activation", "SkipAct", FIELD_NUMBER, 15, get_lv_skip_activation,
	  "left out when a whole VG is activated" },
	{ OWNER_LV, "lv_autoactivation", "AutoAct", FIELD_NUMBER, 0, get_lv_autoactivation,
	  "activated when its PVs appear" },
	{ OWNER_LV, "lv_when_full", "WhenFull", FIELD_STRING, 15, get_lv_when_full,
	  "thin pool: wait or fail when there is no space left" },
	{ OWNER_LV, "lv_active", "Active", FIELD_STRING, 0, get_lv_active,
	  "whether, and where, it is active" },
	{ OWNER_LV, "lv_active_locally", "ActLocal", FIELD_NUMBER, 10, get_lv_active_locally,
	  "active on this node" },
	{ OWNER_LV, "lv_active_remotely", "ActRemote", FIELD_NUMBER, 10, get_lv_active_remotely,
	  "active on some other node" },
	{ OWNER_LV, "lv_active_exclusively", "ActExcl", FIELD_NUMBER, 10, get_lv_active_exclusively,
	  "active, and no second node may activate it" },
	{ OWNER_LV, "lv_major", "Maj", FIELD_NUMBER, 0, get_lv_major,
	  "fixed major device number, -1: none" },
	{ OWNER_LV, "lv_minor", "Min", FIELD_NUMBER, 0, get_lv_minor,
	  "fixed minor device number, -1: none" },
	{ OWNER_LV, "lv_read_ahead", "Rahead", FIELD_SIZE, 0, get_lv_read_ahead,
	  "read ahead that the metadata asks for" },
	{ OWNER_LV, "lv_size", "LSize", FIELD_SIZE, 0, get_lv_size,
	  "size that users see" },
	{ OWNER_LV, "lv_metadata_size", "MSize", FIELD_SIZE, 0, get_lv_metadata_size,
	  "pools and caches: room for their metadata" },
	{ OWNER_LV, "seg_count", "#Seg", FIELD_NUMBER, 0, get_seg_count,
	  "how many segments it has" },
	{ OWNER_LV, "origin", "Origin", FIELD_STRING, 0, get_origin,
	  "what it is a snapshot of, or what it caches" },
	{ OWNER_LV, "origin_uuid", "Origin UUID", FIELD_STRING, 38, get_origin_uuid,
	  "id of the origin" },
	{ OWNER_LV, "origin_size", "OSize", FIELD_SIZE, 0, get_origin_size,
	  "COW snapshots: size of what they show" },
	{ OWNER_LV, "lv_ancestors", "Ancestors", FIELD_LIST, 0, get_lv_ancestors,
	  "origin, its origin, and so on" },
	{ OWNER_LV, "lv_full_ancestors", "FAncestors", FIELD_LIST, 0, get_lv_full_ancestors,
	  "as lv_ancestors, also behind removed LVs" },
	{ OWNER_LV, "lv_descendants", "Descendants", FIELD_LIST, 0, get_lv_descendants,
	  "snapshots, their snapshots, and so on" },
	{ OWNER_LV, "lv_full_descendants", "FDescendants", FIELD_LIST, 0, get_lv_full_descendants,
	  "as lv_descendants, also behind removed LVs" },
	{ OWNER_LV, "raid_mismatch_count", "Mismatches", FIELD_NUMBER, 0, get_nothing,
	  "raid: differences that the last check met" },
	{ OWNER_LV, "raid_sync_action", "SyncAction", FIELD_STRING, 0, get_nothing,
	  "raid: what the kernel does to its images now" },
	{ OWNER_LV, "raid_write_behind", "WBehind", FIELD_NUMBER, 0, get_raid_write_behind,
	  "raid1: writes that a slow leg may lag behind" },
	{ OWNER_LV, "raid_min_recovery_rate", "MinSync", FIELD_NUMBER, 0, get_raid_min_recovery_rate,
	  "raid: resync runs at least that fast (KiB/s)" },
	{ OWNER_LV, "raid_max_recovery_rate", "MaxSync", FIELD_NUMBER, 0, get_raid_max_recovery_rate,
	  "raid: resync runs at most that fast (KiB/s)" },
	{ OWNER_LV, "raidintegritymode", "IntegMode", FIELD_STRING, 0, get_raidintegritymode,
	  "how checksums are kept: journal or bitmap" },
	{ OWNER_LV, "raidintegrityblocksize", "IntegBlkSize", FIELD_NUMBER, 0, get_raidintegrityblocksize,
	  "bytes that share one checksum" },
	{ OWNER_LV, "integritymismatches", "IntegMismatches", FIELD_NUMBER, 0, get_nothing,
	  "checksums that did not fit" },
	{ OWNER_LV, "move_pv", "Move", FIELD_STRING, 0, get_move_pv,
	  "pvmove: PV that is being emptied" },
	{ OWNER_LV, "move_pv_uuid", "Move UUID", FIELD_STRING, 38, get_move_pv_uuid,
	  "id of that PV" },
	{ OWNER_LV, "convert_lv", "Convert", FIELD_STRING, 0, get_convert_lv,
	  "lvconvert: what the LV was before" },
	{ OWNER_LV, "convert_lv_uuid", "Convert UUID", FIELD_STRING, 38, get_convert_lv_uuid,
	  "id of that LV" },
	{ OWNER_LV, "mirror_log", "Log", FIELD_STRING, 0, get_mirror_log,
	  "mirror: LV with its dirty map" },
	{ OWNER_LV, "mirror_log_uuid", "Log UUID", FIELD_STRING, 38, get_mirror_log_uuid,
	  "id of that LV" },
	{ OWNER_LV, "data_lv", "Data", FIELD_STRING, 0, get_data_lv,
	  "pool: LV with its data" },
	{ OWNER_LV, "data_lv_uuid", "Data UUID", FIELD_STRING, 38, get_data_lv_uuid,
	  "id of that LV" },
	{ OWNER_LV, "metadata_lv", "Meta", FIELD_STRING, 0, get_metadata_lv,
	  "pool: LV with its metadata" },
	{ OWNER_LV, "metadata_lv_uuid", "Meta UUID", FIELD_STRING, 38, get_metadata_lv_uuid,
	  "id of that LV" },
	{ OWNER_LV, "pool_lv", "Pool", FIELD_STRING, 0, get_pool_lv,
	  "pool or cache volume that it uses" },
	{ OWNER_LV, "pool_lv_uuid", "Pool UUID", FIELD_STRING, 38, get_pool_lv_uuid,
	  "id of that LV" },
	{ OWNER_LV, "lv_tags", "LV Tags", FIELD_LIST, 0, get_lv_tags,
	  "its tags" },
	{ OWNER_LV, "lv_profile", "LProfile", FIELD_STRING, 0, get_lv_profile,
	  "its configuration profile" },
	{ OWNER_LV, "lv_lockargs", "LLockArgs", FIELD_STRING, 0, get_lv_lockargs,
	  "lvmlockd's words about it" },
	{ OWNER_LV, "lv_time", "CTime", FIELD_TIME, 26, get_lv_time,
	  "when it was made" },
	{ OWNER_LV, "lv_time_removed", "RTime", FIELD_TIME, 26, get_nothing,
	  "removed LVs: when that was" },
	{ OWNER_LV, "lv_host", "Host", FIELD_STRING, 10, get_lv_host,
	  "on which host it was made" },
	{ OWNER_LV, "lv_modules", "Modules", FIELD_LIST, 0, get_lv_modules,
	  "dm targets that the kernel needs for it" },
	{ OWNER_LV, "lv_historical", "Historical", FIELD_NUMBER, 0, get_nothing,
	  "no longer there, only remembered" },
	{ OWNER_LV, "writecache_block_size", "WCacheBlkSize", FIELD_NUMBER, 0, get_writecache_block_size,
	  "writecache: bytes per block" },
	{ OWNER_LV, "lv_active_nodes", "ActiveNodes", FIELD_LIST, 0, get_lv_active_nodes,
	  "nodes on which it is active" },
	{ 0 },
};
/* clang-format on */
