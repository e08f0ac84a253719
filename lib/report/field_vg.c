/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of VGs. A row without a VG (an orphan PV) has empty ones, as in LVM2. */
#include <string.h>

#include "lib/report/source.h"

#define ALL_COPIES UINT32_MAX

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
	const struct stored_vg *stored = row->vg ? row->vg->stored : NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; stored && i < stored->vg->pv_count; i++)
		count += !stored->pv_disks[i] || stored->vg->pvs[i]->status & STATUS_MISSING;
	return count;
}

static struct value get_vg_fmt(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(row->vg || row->disk ? "lvm2" : "");
}

static struct value get_vg_uuid(const struct report_row *row, struct dm_pool *mem)
{
	return row->vg ? value_of_uuid(&vg_of(row)->id, mem) : value_text("");
}

static struct value get_vg_name(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	if (row->vg)
		return value_text(vg_of(row)->name);
	/* marked in use, but no VG has it */
	return value_text(row->disk && row->disk->header.extension_flags & PV_EXTENSION_USED
				  ? "[unknown]"
				  : "");
}

static struct value get_vg_attr(const struct report_row *row, struct dm_pool *mem)
{
	static const char policies[] = {
		[ALLOC_INHERIT] = 'i',	     [ALLOC_CONTIGUOUS] = 'c', [ALLOC_CLING] = 'l',
		[ALLOC_CLING_BY_TAGS] = 'l', [ALLOC_NORMAL] = 'n',     [ALLOC_ANYWHERE] = 'a'
	};
	const uint32_t status = status_of(row);
	char attr[] = "------";

	if (!row->vg)
		return value_text("");
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

static struct value get_vg_permissions(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	if (!row->vg)
		return value_text("");
	return value_text(status_of(row) & (STATUS_WRITE | FLAG_WRITE_LOCKED) ? "writeable"
									      : "read-only");
}

static struct value get_vg_extendable(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(status_of(row) & STATUS_RESIZEABLE, "extendable");
}

static struct value get_vg_exported(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(status_of(row) & STATUS_EXPORTED, "exported");
}

static struct value get_vg_autoactivation(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(row->vg && !(status_of(row) & FLAG_NOAUTOACTIVATE), "enabled");
}

static struct value get_vg_partial(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(missing_count(row), "partial");
}

static struct value get_vg_allocation_policy(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(row->vg ? alloc_policy_name(vg_of(row)->alloc) : "");
}

static struct value get_vg_clustered(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(status_of(row) & STATUS_CLUSTERED, "clustered");
}

static struct value get_vg_shared(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(status_of(row) & STATUS_SHARED, "shared");
}

static struct value get_vg_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size(row->vg ? vg_extent_count(vg_of(row)) * vg_of(row)->extent_size : 0);
}

static struct value get_vg_free(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size(row->vg ? vg_free_count(vg_of(row)) * vg_of(row)->extent_size : 0);
}

static struct value text_or_empty(const char *text)
{
	return value_text(text ? text : "");
}

static struct value get_vg_sysid(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return text_or_empty(row->vg ? vg_of(row)->system_id : NULL);
}

static struct value get_vg_systemid(const struct report_row *row, struct dm_pool *mem)
{
	return get_vg_sysid(row, mem);
}

static struct value get_vg_lock_type(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return text_or_empty(row->vg ? vg_of(row)->lock_type : NULL);
}

static struct value get_vg_lock_args(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return text_or_empty(row->vg ? vg_of(row)->lock_args : NULL);
}

static struct value get_vg_extent_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size(row->vg ? vg_of(row)->extent_size : 0);
}

static struct value get_vg_extent_count(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->vg ? vg_extent_count(vg_of(row)) : 0);
}

static struct value get_vg_free_count(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->vg ? vg_free_count(vg_of(row)) : 0);
}

static struct value get_max_lv(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->vg ? vg_of(row)->max_lv : 0);
}

static struct value get_max_pv(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->vg ? vg_of(row)->max_pv : 0);
}

static struct value get_pv_count(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->vg ? vg_of(row)->pv_count : 0);
}

static struct value get_vg_missing_pv_count(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(missing_count(row));
}

static struct value get_lv_count(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->vg ? vg_visible_lv_count(vg_of(row)) : 0);
}

static struct value get_snap_count(const struct report_row *row, struct dm_pool *mem)
{
	uint64_t count = 0;

	(void)mem;
	for (uint32_t i = 0; row->vg && i < vg_of(row)->lv_count; i++) {
		const struct lv *lv = vg_of(row)->lvs[i];

		count += lv->seg_count && !strcmp(lv->segs[0].type_name, "snapshot");
	}
	return value_number(count);
}

static struct value get_vg_seqno(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->vg ? vg_of(row)->seqno : 0);
}

static struct value get_vg_tags(const struct report_row *row, struct dm_pool *mem)
{
	return value_of_tags(row->vg ? vg_of(row)->tags : NULL, mem);
}

static struct value get_vg_profile(const struct report_row *row, struct dm_pool *mem)
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

static struct value get_vg_mda_count(const struct report_row *row, struct dm_pool *mem)
{
	uint64_t count = 0;

	(void)mem;
	each_mda(row, count_mda, &count);
	return value_number(count);
}

static struct value get_vg_mda_used_count(const struct report_row *row, struct dm_pool *mem)
{
	uint64_t count = 0;

	(void)mem;
	each_mda(row, count_used_mda, &count);
	return value_number(count);
}

static struct value get_vg_mda_free(const struct report_row *row, struct dm_pool *mem)
{
	uint64_t least = UINT64_MAX;

	(void)mem;
	each_mda(row, least_free, &least);
	return value_size(least == UINT64_MAX ? 0 : least);
}

static struct value get_vg_mda_size(const struct report_row *row, struct dm_pool *mem)
{
	uint64_t least = UINT64_MAX;

	(void)mem;
	each_mda(row, least_size, &least);
	return value_size(least == UINT64_MAX ? 0 : least);
}

static struct value get_vg_mda_copies(const struct report_row *row, struct dm_pool *mem)
{
	const uint32_t copies = row->vg ? vg_of(row)->metadata_copies : 0;

	(void)mem;
	if (!copies)
		return (struct value){ .kind = VALUE_SPECIAL, .text = "unmanaged" };
	if (copies == ALL_COPIES)
		return (struct value){ .kind = VALUE_SPECIAL, .text = "all", .number = copies };
	return value_number(copies);
}

/* clang-format off */
const struct field vg_fields[] = {
	{ OWNER_VG, "vg_fmt", "Fmt", FIELD_STRING, 0, get_vg_fmt },
	{ OWNER_VG, "vg_uuid", "VG UUID", FIELD_STRING, 38, get_vg_uuid },
	{ OWNER_VG, "vg_name", "VG", FIELD_STRING, 0, get_vg_name },
	{ OWNER_VG, "vg_attr", "Attr", FIELD_STRING, 5, get_vg_attr },
	{ OWNER_VG, "vg_permissions", "VPerms", FIELD_STRING, 10, get_vg_permissions },
	{ OWNER_VG, "vg_extendable", "Extendable", FIELD_NUMBER, 0, get_vg_extendable },
	{ OWNER_VG, "vg_exported", "Exported", FIELD_NUMBER, 10, get_vg_exported },
	{ OWNER_VG, "vg_autoactivation", "AutoAct", FIELD_NUMBER, 0, get_vg_autoactivation },
	{ OWNER_VG, "vg_partial", "Partial", FIELD_NUMBER, 10, get_vg_partial },
	{ OWNER_VG, "vg_allocation_policy", "AllocPol", FIELD_STRING, 10, get_vg_allocation_policy },
	{ OWNER_VG, "vg_clustered", "Clustered", FIELD_NUMBER, 10, get_vg_clustered },
	{ OWNER_VG, "vg_shared", "Shared", FIELD_NUMBER, 7, get_vg_shared },
	{ OWNER_VG, "vg_size", "VSize", FIELD_SIZE, 0, get_vg_size },
	{ OWNER_VG, "vg_free", "VFree", FIELD_SIZE, 0, get_vg_free },
	{ OWNER_VG, "vg_sysid", "SYS ID", FIELD_STRING, 0, get_vg_sysid },
	{ OWNER_VG, "vg_systemid", "System ID", FIELD_STRING, 0, get_vg_systemid },
	{ OWNER_VG, "vg_lock_type", "LockType", FIELD_STRING, 0, get_vg_lock_type },
	{ OWNER_VG, "vg_lock_args", "VLockArgs", FIELD_STRING, 0, get_vg_lock_args },
	{ OWNER_VG, "vg_extent_size", "Ext", FIELD_SIZE, 0, get_vg_extent_size },
	{ OWNER_VG, "vg_extent_count", "#Ext", FIELD_NUMBER, 0, get_vg_extent_count },
	{ OWNER_VG, "vg_free_count", "Free", FIELD_NUMBER, 0, get_vg_free_count },
	{ OWNER_VG, "max_lv", "MaxLV", FIELD_NUMBER, 0, get_max_lv },
	{ OWNER_VG, "max_pv", "MaxPV", FIELD_NUMBER, 0, get_max_pv },
	{ OWNER_VG, "pv_count", "#PV", FIELD_NUMBER, 0, get_pv_count },
	{ OWNER_VG, "vg_missing_pv_count", "#PV Missing", FIELD_NUMBER, 0, get_vg_missing_pv_count },
	{ OWNER_VG, "lv_count", "#LV", FIELD_NUMBER, 0, get_lv_count },
	{ OWNER_VG, "snap_count", "#SN", FIELD_NUMBER, 0, get_snap_count },
	{ OWNER_VG, "vg_seqno", "Seq", FIELD_NUMBER, 0, get_vg_seqno },
	{ OWNER_VG, "vg_tags", "VG Tags", FIELD_LIST, 0, get_vg_tags },
	{ OWNER_VG, "vg_profile", "VProfile", FIELD_STRING, 0, get_vg_profile },
	{ OWNER_VG, "vg_mda_count", "#VMda", FIELD_NUMBER, 0, get_vg_mda_count },
	{ OWNER_VG, "vg_mda_used_count", "#VMdaUse", FIELD_NUMBER, 0, get_vg_mda_used_count },
	{ OWNER_VG, "vg_mda_free", "VMdaFree", FIELD_SIZE, 9, get_vg_mda_free },
	{ OWNER_VG, "vg_mda_size", "VMdaSize", FIELD_SIZE, 9, get_vg_mda_size },
	{ OWNER_VG, "vg_mda_copies", "#VMdaCps", FIELD_NUMBER, 0, get_vg_mda_copies },
	{ 0 },
};
/* clang-format on */
