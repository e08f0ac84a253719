/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of VGs. A row without a VG (an orphan PV) has those of an empty, read-only one, as in
 * LVM2. */
#include "lib/report/getters.h"
#include "lib/report/links.h"

static const struct vg *vg_of(const struct report_row *row)
{
	return row->vg ? row->vg->stored->vg : NULL;
}

static uint32_t status_of(const struct report_row *row)
{
	return row->vg ? vg_of(row)->status : 0;
}

static uint32_t missing_count(const struct report_row *row)
{
	return row->vg ? row->vg->missing_count : 0;
}

static GETTER(get_vg_fmt)
{
	(void)row;
	(void)mem;
	return value_text("lvm2");
}

static GETTER(get_vg_uuid)
{
	return row->vg ? value_of_uuid(&vg_of(row)->id, mem) : value_text("");
}

static GETTER(get_vg_name)
{
	(void)mem;
	if (row->vg)
		return value_text(vg_of(row)->name);
	/* marked in use, but no VG has it */
	return value_text(row->disk && row->disk->header.extension_flags & PV_EXTENSION_USED
				  ? "[unknown]"
				  : "");
}

static GETTER(get_vg_attr)
{
	static const char policies[] = {
		[ALLOC_INHERIT] = 'i',	     [ALLOC_CONTIGUOUS] = 'c', [ALLOC_CLING] = 'l',
		[ALLOC_CLING_BY_TAGS] = 'l', [ALLOC_NORMAL] = 'n',     [ALLOC_ANYWHERE] = 'a'
	};
	const uint32_t status = status_of(row);
	char attr[] = "------";

	if (!row->vg)
		return value_text("r-----");
	attr[0] = status & (STATUS_WRITE | FLAG_WRITE_LOCKED) ? 'w' : 'r';
	if (status & STATUS_RESIZEABLE)
		attr[1] = 'z';
	if (status & STATUS_EXPORTED)
		attr[2] = 'x';
	if (missing_count(row))
		attr[3] = 'p';
	attr[4] = policies[vg_of(row)->alloc];
	if (status & STATUS_CLUSTERED)
		attr[5] = 'c';
	else if (status & STATUS_SHARED)
		attr[5] = 's';
	return value_text(dm_pool_strdup(mem, attr));
}

static GETTER(get_vg_permissions)
{
	(void)mem;
	return value_text(status_of(row) & (STATUS_WRITE | FLAG_WRITE_LOCKED) ? "writeable"
									      : "read-only");
}

static GETTER(get_vg_extendable)
{
	(void)mem;
	return value_flag(status_of(row) & STATUS_RESIZEABLE, "extendable");
}

static GETTER(get_vg_exported)
{
	(void)mem;
	return value_flag(status_of(row) & STATUS_EXPORTED, "exported");
}

static GETTER(get_vg_autoactivation)
{
	(void)mem;
	return value_flag(!(status_of(row) & FLAG_NOAUTOACTIVATE), "enabled");
}

static GETTER(get_vg_partial)
{
	(void)mem;
	return value_flag(missing_count(row), "partial");
}

static GETTER(get_vg_allocation_policy)
{
	(void)mem;
	return value_text(row->vg ? alloc_policy_name(vg_of(row)->alloc) : "unknown");
}

static GETTER(get_vg_clustered)
{
	(void)mem;
	return value_flag(status_of(row) & STATUS_CLUSTERED, "clustered");
}

static GETTER(get_vg_shared)
{
	(void)mem;
	return value_flag(status_of(row) & STATUS_SHARED, "shared");
}

static GETTER(get_vg_size)
{
	(void)mem;
	return value_size(row->vg ? row->vg->extent_count * vg_of(row)->extent_size : 0);
}

static GETTER(get_vg_free)
{
	(void)mem;
	return value_size(row->vg ? row->vg->free_count * vg_of(row)->extent_size : 0);
}

static struct value text_or_empty(const char *text)
{
	return value_text(text ? text : "");
}

static GETTER(get_vg_sysid)
{
	(void)mem;
	return text_or_empty(row->vg ? vg_of(row)->system_id : NULL);
}

static GETTER(get_vg_systemid)
{
	return get_vg_sysid(row, mem);
}

static GETTER(get_vg_lock_type)
{
	(void)mem;
	return text_or_empty(row->vg ? vg_of(row)->lock_type : NULL);
}

static GETTER(get_vg_lock_args)
{
	(void)mem;
	return text_or_empty(row->vg ? vg_of(row)->lock_args : NULL);
}

static GETTER(get_vg_extent_size)
{
	(void)mem;
	return value_size(row->vg ? vg_of(row)->extent_size : 0);
}

static GETTER(get_vg_extent_count)
{
	(void)mem;
	return value_number(row->vg ? row->vg->extent_count : 0);
}

static GETTER(get_vg_free_count)
{
	(void)mem;
	return value_number(row->vg ? row->vg->free_count : 0);
}

static GETTER(get_max_lv)
{
	(void)mem;
	return value_number(row->vg ? vg_of(row)->max_lv : 0);
}

static GETTER(get_max_pv)
{
	(void)mem;
	return value_number(row->vg ? vg_of(row)->max_pv : 0);
}

static GETTER(get_pv_count)
{
	(void)mem;
	return value_number(row->vg ? vg_of(row)->pv_count : 0);
}

static GETTER(get_vg_missing_pv_count)
{
	(void)mem;
	return value_number(missing_count(row));
}

static GETTER(get_lv_count)
{
	(void)mem;
	return value_number(row->vg ? row->vg->visible_count : 0);
}

static GETTER(get_snap_count)
{
	(void)mem;
	return value_number(row->vg ? row->vg->snapshot_count : 0);
}

static GETTER(get_vg_seqno)
{
	(void)mem;
	return value_number(row->vg ? vg_of(row)->seqno : 0);
}

static GETTER(get_vg_tags)
{
	return value_of_tags(row->vg ? vg_of(row)->tags : NULL, mem);
}

static GETTER(get_vg_profile)
{
	(void)mem;
	return text_or_empty(row->vg ? vg_of(row)->profile : NULL);
}

/* Call @visit for each area of the VG's PVs that are there. */
static void each_mda(const struct report_row *row,
		     void (*visit)(void *data, const struct mda_copy *mda), void *data)
{
	const struct stored_vg *stored = row->vg ? row->vg->stored : NULL;

	for (uint32_t i = 0; stored && i < stored->vg->pv_count; i++)
		for (uint32_t k = 0; stored->pv_disks[i] && k < stored->pv_disks[i]->mda_count; k++)
			visit(data, &stored->pv_disks[i]->mdas[k]);
}

static bool takes_part(const struct mda_copy *mda)
{
	return mda->ignored || mda->state == MDA_VALID;
}

static void count_mda(void *data, const struct mda_copy *mda)
{
	*(uint64_t *)data += takes_part(mda);
}

static void count_used_mda(void *data, const struct mda_copy *mda)
{
	*(uint64_t *)data += mda->state == MDA_VALID && !mda->ignored;
}

static void least_free(void *data, const struct mda_copy *mda)
{
	const uint64_t max = mda_text_max(mda->area.size_bytes);
	const uint64_t used = mda->state == MDA_VALID ? mda->header.committed.size_bytes : 0;
	const uint64_t left = used < max ? (max - used) / SECTOR_BYTES : 0;
	uint64_t *least = data;

	if (takes_part(mda) && !mda->ignored && left < *least)
		*least = left;
}

static void least_size(void *data, const struct mda_copy *mda)
{
	uint64_t *least = data;

	if (takes_part(mda) && mda->area.size_bytes / SECTOR_BYTES < *least)
		*least = mda->area.size_bytes / SECTOR_BYTES;
}

static GETTER(get_vg_mda_count)
{
	uint64_t count = 0;

	(void)mem;
	each_mda(row, count_mda, &count);
	return value_number(count);
}

static GETTER(get_vg_mda_used_count)
{
	uint64_t count = 0;

	(void)mem;
	each_mda(row, count_used_mda, &count);
	return value_number(count);
}

static GETTER(get_vg_mda_free)
{
	uint64_t least = UINT64_MAX;

	(void)mem;
	each_mda(row, least_free, &least);
	return value_size(least == UINT64_MAX ? 0 : least);
}

static GETTER(get_vg_mda_size)
{
	uint64_t least = UINT64_MAX;

	(void)mem;
	each_mda(row, least_size, &least);
	return value_size(least == UINT64_MAX ? 0 : least);
}

static GETTER(get_vg_mda_copies)
{
	const uint32_t copies = row->vg ? vg_of(row)->metadata_copies : 0;

	(void)mem;
	if (!copies)
		return (struct value){ .kind = VALUE_SPECIAL,
				       .text = "unmanaged",
				       .number = COPIES_UNMANAGED };
	if (copies == COPIES_ALL)
		return (struct value){ .kind = VALUE_SPECIAL, .text = "all", .number = copies };
	return value_number(copies);
}

/* clang-format off */
const struct field vg_fields[] = {
	{ OWNER_VG, "vg_fmt", "Fmt", FIELD_STRING, 0, get_vg_fmt,
	  "format of its metadata" },
	{ OWNER_VG, "vg_uuid", "VG UUID", FIELD_STRING, 38, get_vg_uuid,
	  "id, unlike the name the same for life" },
	{ OWNER_VG, "vg_name", "VG", FIELD_STRING, 0, get_vg_name,
	  "name" },
	{ OWNER_VG, "vg_attr", "Attr", FIELD_STRING, 5, get_vg_attr,
	  "six letters, explained in vgs(8)" },
	{ OWNER_VG, "vg_permissions", "VPerms", FIELD_STRING, 10, get_vg_permissions,
	  "may it be changed" },
	{ OWNER_VG, "vg_extendable", "Extendable", FIELD_NUMBER, 0, get_vg_extendable,
	  "PVs may join or leave" },
	{ OWNER_VG, "vg_exported", "Exported", FIELD_NUMBER, 10, get_vg_exported,
	  "put aside by vgexport" },
	{ OWNER_VG, "vg_autoactivation", "AutoAct", FIELD_NUMBER, 0, get_vg_autoactivation,
	  "activated when its PVs appear" },
	{ OWNER_VG, "vg_partial", "Partial", FIELD_NUMBER, 10, get_vg_partial,
	  "a PV is not found" },
	{ OWNER_VG, "vg_allocation_policy", "AllocPol", FIELD_STRING, 10, get_vg_allocation_policy,
	  "how space is chosen unless an LV says otherwise" },
	{ OWNER_VG, "vg_clustered", "Clustered", FIELD_NUMBER, 10, get_vg_clustered,
	  "locked through clvmd" },
	{ OWNER_VG, "vg_shared", "Shared", FIELD_NUMBER, 7, get_vg_shared,
	  "locked through lvmlockd" },
	{ OWNER_VG, "vg_size", "VSize", FIELD_SIZE, 0, get_vg_size,
	  "space for extents on all PVs" },
	{ OWNER_VG, "vg_free", "VFree", FIELD_SIZE, 0, get_vg_free,
	  "extents not in use, as a size" },
	{ OWNER_VG, "vg_sysid", "SYS ID", FIELD_STRING, 0, get_vg_sysid,
	  "system ID of the host that owns it" },
	{ OWNER_VG, "vg_systemid", "System ID", FIELD_STRING, 0, get_vg_systemid,
	  "same as vg_sysid" },
	{ OWNER_VG, "vg_lock_type", "LockType", FIELD_STRING, 0, get_vg_lock_type,
	  "lvmlockd's kind of lock" },
	{ OWNER_VG, "vg_lock_args", "VLockArgs", FIELD_STRING, 0, get_vg_lock_args,
	  "lvmlockd's words about it" },
	{ OWNER_VG, "vg_extent_size", "Ext", FIELD_SIZE, 0, get_vg_extent_size,
	  "size of one extent" },
	{ OWNER_VG, "vg_extent_count", "#Ext", FIELD_NUMBER, 0, get_vg_extent_count,
	  "how many extents all PVs have" },
	{ OWNER_VG, "vg_free_count", "Free", FIELD_NUMBER, 0, get_vg_free_count,
	  "how many of them are not in use" },
	{ OWNER_VG, "max_lv", "MaxLV", FIELD_NUMBER, 0, get_max_lv,
	  "most LVs that it may get, 0: no limit" },
	{ OWNER_VG, "max_pv", "MaxPV", FIELD_NUMBER, 0, get_max_pv,
	  "most PVs that it may get, 0: no limit" },
	{ OWNER_VG, "pv_count", "#PV", FIELD_NUMBER, 0, get_pv_count,
	  "how many PVs it has" },
	{ OWNER_VG, "vg_missing_pv_count", "#PV Missing", FIELD_NUMBER, 0, get_vg_missing_pv_count,
	  "how many of them are not found" },
	{ OWNER_VG, "lv_count", "#LV", FIELD_NUMBER, 0, get_lv_count,
	  "how many LVs users see" },
	{ OWNER_VG, "snap_count", "#SN", FIELD_NUMBER, 0, get_snap_count,
	  "how many COW snapshots it has" },
	{ OWNER_VG, "vg_seqno", "Seq", FIELD_NUMBER, 0, get_vg_seqno,
	  "number of the last change" },
	{ OWNER_VG, "vg_tags", "VG Tags", FIELD_LIST, 0, get_vg_tags,
	  "its tags" },
	{ OWNER_VG, "vg_profile", "VProfile", FIELD_STRING, 0, get_vg_profile,
	  "its configuration profile" },
	{ OWNER_VG, "vg_mda_count", "#VMda", FIELD_NUMBER, 0, get_vg_mda_count,
	  "metadata areas on its PVs" },
	{ OWNER_VG, "vg_mda_used_count", "#VMdaUse", FIELD_NUMBER, 0, get_vg_mda_used_count,
	  "how many of them are written" },
	{ OWNER_VG, "vg_mda_free", "VMdaFree", FIELD_SIZE, 9, get_vg_mda_free,
	  "room left for a larger metadata text" },
	{ OWNER_VG, "vg_mda_size", "VMdaSize", FIELD_SIZE, 9, get_vg_mda_size,
	  "size of the smallest metadata area" },
	{ OWNER_VG, "vg_mda_copies", "#VMdaCps", FIELD_NUMBER, 0, get_vg_mda_copies,
	  "how many areas to keep written" },
	{ 0 },
};
/* clang-format on */
