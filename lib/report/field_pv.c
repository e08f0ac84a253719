/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of PVs: of the label on the device, and of the PV as its VG knows it. */
#include <sys/sysmacros.h>

#include "lib/report/source.h"
#include "metadata/label.h"

static const struct vg *vg_of(const struct report_row *row)
{
	return row->vg ? row->vg->stored->vg : NULL;
}

static uint64_t in_sectors(const struct report_row *row, uint32_t extents)
{
	return (uint64_t)extents * vg_of(row)->extent_size;
}

static bool is_used(const struct report_row *row)
{
	return row->pv || (row->disk && row->disk->header.extension_flags & PV_EXTENSION_USED);
}

static uint64_t device_sectors(const struct report_row *row)
{
	if (row->disk)
		return row->disk->device->size_bytes / SECTOR_BYTES;
	return row->pv ? row->pv->dev_size : 0;
}

static uint64_t pv_sectors(const struct report_row *row)
{
	if (row->pv)
		return in_sectors(row, row->pv->pe_count);
	return row->disk ? row->disk->header.device_size_bytes / SECTOR_BYTES : 0;
}

static const char *device_name(const struct report_row *row)
{
	return row->disk ? row->disk->device->name : "[unknown]";
}

static struct value get_pv_fmt(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(row->disk || row->pv ? "lvm2" : "");
}

static struct value get_pv_uuid(const struct report_row *row, struct dm_pool *mem)
{
	return value_of_uuid(row->pv ? &row->pv->id : &row->disk->header.id, mem);
}

static struct value get_dev_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size(device_sectors(row));
}

static struct value get_pv_name(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(device_name(row));
}

static struct value get_pv_major(const struct report_row *row, struct dm_pool *mem)
{
	return row->disk ? value_text(pool_printf(mem, "%u", major(row->disk->device->devno)))
			 : value_text("-1");
}

static struct value get_pv_minor(const struct report_row *row, struct dm_pool *mem)
{
	return row->disk ? value_text(pool_printf(mem, "%u", minor(row->disk->device->devno)))
			 : value_text("-1");
}

static struct value get_pv_mda_free(const struct report_row *row, struct dm_pool *mem)
{
	uint64_t least = UINT64_MAX;

	(void)mem;
	for (uint32_t i = 0; row->disk && i < row->disk->mda_count; i++) {
		const struct mda_copy *mda = &row->disk->mdas[i];
		const uint64_t max = mda_text_max(mda->area.size_bytes);
		const uint64_t used =
			mda->state == MDA_VALID ? mda->header.committed.size_bytes : 0;
		const uint64_t left = used < max ? (max - used) / SECTOR_BYTES : 0;

		if (left < least)
			least = left;
	}
	return value_size(least == UINT64_MAX ? 0 : least);
}

static struct value get_pv_mda_size(const struct report_row *row, struct dm_pool *mem)
{
	uint64_t least = UINT64_MAX;

	(void)mem;
	for (uint32_t i = 0; row->disk && i < row->disk->mda_count; i++)
		if (row->disk->mdas[i].area.size_bytes < least)
			least = row->disk->mdas[i].area.size_bytes;
	return value_size(least == UINT64_MAX ? 0 : least / SECTOR_BYTES);
}

static struct value get_pv_ext_vsn(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->disk ? row->disk->header.extension_version : 0);
}

static struct value get_pe_start(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	if (row->pv)
		return value_size(row->pv->pe_start);
	return value_size(row->disk && row->disk->header.data_count
				  ? row->disk->header.data[0].offset_bytes / SECTOR_BYTES
				  : 0);
}

static struct value get_pv_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size(pv_sectors(row));
}

static struct value get_pv_free(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	if (row->pv)
		return value_size(in_sectors(row, row->pv->pe_count - pv_allocated_count(row->pv)));
	return value_size(is_used(row) ? 0 : pv_sectors(row));
}

static struct value get_pv_used(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_size(row->pv ? in_sectors(row, pv_allocated_count(row->pv)) : 0);
}

static bool is_missing(const struct report_row *row)
{
	return row->pv && (!row->disk || row->pv->status & STATUS_MISSING);
}

static struct value get_pv_attr(const struct report_row *row, struct dm_pool *mem)
{
	const struct vg *vg = vg_of(row);
	char attr[] = "---";

	if (row->disk && row->disk->is_duplicate)
		attr[0] = 'd';
	else if (row->pv && row->pv->status & STATUS_ALLOCATABLE)
		attr[0] = 'a';
	else if (is_used(row))
		attr[0] = 'u';
	if (vg && vg->status & STATUS_EXPORTED)
		attr[1] = 'x';
	if (is_missing(row))
		attr[2] = 'm';
	return value_text(dm_pool_strdup(mem, attr));
}

static struct value get_pv_allocatable(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(row->pv && row->pv->status & STATUS_ALLOCATABLE, "allocatable");
}

static struct value get_pv_exported(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(row->pv && row->pv->status & STATUS_EXPORTED, "exported");
}

static struct value get_pv_missing(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(is_missing(row), "missing");
}

static struct value get_pv_pe_count(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->pv ? row->pv->pe_count : 0);
}

static struct value get_pv_pe_alloc_count(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->pv ? pv_allocated_count(row->pv) : 0);
}

static struct value get_pv_tags(const struct report_row *row, struct dm_pool *mem)
{
	return value_of_tags(row->pv ? row->pv->tags : NULL, mem);
}

/* An area whose committed location is empty in a PV of a VG counts as none (LVM2, section 2.5). */
static struct value get_pv_mda_count(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_number(row->disk ? row->disk->mda_count : 0);
}

static struct value get_pv_mda_used_count(const struct report_row *row, struct dm_pool *mem)
{
	uint64_t count = 0;

	(void)mem;
	for (uint32_t i = 0; row->disk && i < row->disk->mda_count; i++)
		count += !row->disk->mdas[i].ignored;
	return value_number(count);
}

static struct value get_pv_ba_start(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	if (!row->disk || !row->disk->header.bootloader_count)
		return value_size(row->pv ? row->pv->ba_start : 0);
	return value_size(row->disk->header.bootloader[0].offset_bytes / SECTOR_BYTES);
}

static struct value get_pv_ba_size(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	if (!row->disk || !row->disk->header.bootloader_count)
		return value_size(row->pv ? row->pv->ba_size : 0);
	return value_size(row->disk->header.bootloader[0].size_bytes / SECTOR_BYTES);
}

static struct value get_pv_in_use(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(is_used(row), "used");
}

static struct value get_pv_duplicate(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_flag(row->disk && row->disk->is_duplicate, "duplicate");
}

static struct value get_pv_device_id(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(row->pv && row->pv->device_id ? row->pv->device_id : "");
}

static struct value get_pv_device_id_type(const struct report_row *row, struct dm_pool *mem)
{
	(void)mem;
	return value_text(row->pv && row->pv->device_id_type ? row->pv->device_id_type : "");
}

/* clang-format off */
const struct field label_fields[] = {
	{ OWNER_LABEL, "pv_fmt", "Fmt", FIELD_STRING, 0, get_pv_fmt },
	{ OWNER_LABEL, "pv_uuid", "PV UUID", FIELD_STRING, 38, get_pv_uuid },
	{ OWNER_LABEL, "dev_size", "DevSize", FIELD_SIZE, 0, get_dev_size },
	{ OWNER_LABEL, "pv_name", "PV", FIELD_STRING, 10, get_pv_name },
	{ OWNER_LABEL, "pv_major", "Maj", FIELD_STRING, 0, get_pv_major },
	{ OWNER_LABEL, "pv_minor", "Min", FIELD_STRING, 0, get_pv_minor },
	{ OWNER_LABEL, "pv_mda_free", "PMdaFree", FIELD_SIZE, 9, get_pv_mda_free },
	{ OWNER_LABEL, "pv_mda_size", "PMdaSize", FIELD_SIZE, 9, get_pv_mda_size },
	{ OWNER_LABEL, "pv_ext_vsn", "PExtVsn", FIELD_NUMBER, 0, get_pv_ext_vsn },
	{ 0 },
};
/* clang-format on */

/* clang-format off */
const struct field pv_fields[] = {
	{ OWNER_PV, "pe_start", "1st PE", FIELD_NUMBER, 7, get_pe_start },
	{ OWNER_PV, "pv_size", "PSize", FIELD_SIZE, 0, get_pv_size },
	{ OWNER_PV, "pv_free", "PFree", FIELD_SIZE, 0, get_pv_free },
	{ OWNER_PV, "pv_used", "Used", FIELD_SIZE, 0, get_pv_used },
	{ OWNER_PV, "pv_attr", "Attr", FIELD_STRING, 0, get_pv_attr },
	{ OWNER_PV, "pv_allocatable", "Allocatable", FIELD_NUMBER, 0, get_pv_allocatable },
	{ OWNER_PV, "pv_exported", "Exported", FIELD_NUMBER, 10, get_pv_exported },
	{ OWNER_PV, "pv_missing", "Missing", FIELD_NUMBER, 10, get_pv_missing },
	{ OWNER_PV, "pv_pe_count", "PE", FIELD_NUMBER, 3, get_pv_pe_count },
	{ OWNER_PV, "pv_pe_alloc_count", "Alloc", FIELD_NUMBER, 0, get_pv_pe_alloc_count },
	{ OWNER_PV, "pv_tags", "PV Tags", FIELD_LIST, 0, get_pv_tags },
	{ OWNER_PV, "pv_mda_count", "#PMda", FIELD_NUMBER, 0, get_pv_mda_count },
	{ OWNER_PV, "pv_mda_used_count", "#PMdaUse", FIELD_NUMBER, 0, get_pv_mda_used_count },
	{ OWNER_PV, "pv_ba_start", "BA Start", FIELD_SIZE, 0, get_pv_ba_start },
	{ OWNER_PV, "pv_ba_size", "BA Size", FIELD_SIZE, 0, get_pv_ba_size },
	{ OWNER_PV, "pv_in_use", "PInUse", FIELD_NUMBER, 0, get_pv_in_use },
	{ OWNER_PV, "pv_duplicate", "Duplicate", FIELD_NUMBER, 0, get_pv_duplicate },
	{ OWNER_PV, "pv_device_id", "DeviceID", FIELD_STRING, 0, get_pv_device_id },
	{ OWNER_PV, "pv_device_id_type", "DeviceIDType", FIELD_STRING, 0, get_pv_device_id_type },
	{ 0 },
};
/* clang-format on */
