/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of PVs: of the label on the device, and of the PV as its VG knows it. */
#include <sys/sysmacros.h>

#include "lib/report/getters.h"
#include "lib/report/links.h"
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
	return row->device ? row->device->size_bytes / SECTOR_BYTES : 0;
}

static uint64_t pv_sectors(const struct report_row *row)
{
	if (row->pv)
		return in_sectors(row, row->pv->pe_count);
	return row->disk ? row->disk->header.device_size_bytes / SECTOR_BYTES : 0;
}

static uint32_t allocated(const struct report_row *row)
{
	return links_pv(row->vg, row->pv)->allocated;
}

static const char *device_name(const struct report_row *row)
{
	return row->device ? row->device->name : "[unknown]";
}

static GETTER(get_pv_fmt)
{
	(void)mem;
	return value_text(row->disk || row->pv ? "lvm2" : "");
}

static GETTER(get_pv_uuid)
{
	if (!row->pv && !row->disk)
		return value_text("");
	return value_of_uuid(row->pv ? &row->pv->id : &row->disk->header.id, mem);
}

static GETTER(get_dev_size)
{
	(void)mem;
	return value_size(device_sectors(row));
}

static GETTER(get_pv_name)
{
	(void)mem;
	return value_text(device_name(row));
}

static GETTER(get_pv_major)
{
	return value_text(pool_printf(mem, "%u", row->device ? major(row->device->devno) : 0));
}

static GETTER(get_pv_minor)
{
	return value_text(pool_printf(mem, "%u", row->device ? minor(row->device->devno) : 0));
}

static GETTER(get_pv_mda_free)
{
	uint64_t least = UINT64_MAX;

	(void)mem;
	for (uint32_t i = 0; row->disk && i < row->disk->mda_count; i++) {
		const struct mda_copy *mda = &row->disk->mdas[i];
		const uint64_t max = mda_text_max(mda->area.size_bytes);
		const uint64_t used =
			mda->state == MDA_VALID ? mda->header.committed.size_bytes : 0;
		const uint64_t left = used < max ? (max - used) / SECTOR_BYTES : 0;

		if (!mda->ignored && left < least)
			least = left;
	}
	return value_size(least == UINT64_MAX ? 0 : least);
}

static GETTER(get_pv_mda_size)
{
	uint64_t least = UINT64_MAX;

	(void)mem;
	for (uint32_t i = 0; row->disk && i < row->disk->mda_count; i++)
		if (row->disk->mdas[i].area.size_bytes < least)
			least = row->disk->mdas[i].area.size_bytes;
	return value_size(least == UINT64_MAX ? 0 : least / SECTOR_BYTES);
}

static GETTER(get_pv_ext_vsn)
{
	(void)mem;
	return row->disk ? value_number(row->disk->header.extension_version)
			 : (struct value){ .kind = VALUE_EMPTY };
}

static GETTER(get_pe_start)
{
	(void)mem;
	if (row->pv)
		return value_size(row->pv->pe_start);
	return value_size(row->disk && row->disk->header.data_count
				  ? row->disk->header.data[0].offset_bytes / SECTOR_BYTES
				  : 0);
}

static GETTER(get_pv_size)
{
	(void)mem;
	return value_size(pv_sectors(row));
}

static GETTER(get_pv_free)
{
	(void)mem;
	if (row->pv)
		return value_size(in_sectors(row, row->pv->pe_count - allocated(row)));
	return value_size(is_used(row) ? 0 : pv_sectors(row));
}

static GETTER(get_pv_used)
{
	(void)mem;
	return value_size(row->pv ? in_sectors(row, allocated(row)) : 0);
}

static bool is_missing(const struct report_row *row)
{
	return row->pv && (!row->disk || row->pv->status & STATUS_MISSING);
}

static GETTER(get_pv_attr)
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

static GETTER(get_pv_allocatable)
{
	(void)mem;
	return value_flag(row->pv && row->pv->status & STATUS_ALLOCATABLE, "allocatable");
}

static GETTER(get_pv_exported)
{
	(void)mem;
	return value_flag(row->pv && row->pv->status & STATUS_EXPORTED, "exported");
}

static GETTER(get_pv_missing)
{
	(void)mem;
	return value_flag(is_missing(row), "missing");
}

static GETTER(get_pv_pe_count)
{
	(void)mem;
	return value_number(row->pv ? row->pv->pe_count : 0);
}

static GETTER(get_pv_pe_alloc_count)
{
	(void)mem;
	return value_number(row->pv ? allocated(row) : 0);
}

static GETTER(get_pv_tags)
{
	return value_of_tags(row->pv ? row->pv->tags : NULL, mem);
}

/* An area whose committed location is empty in a PV of a VG counts as none (LVM2, section 2.5). */
static GETTER(get_pv_mda_count)
{
	(void)mem;
	return value_number(row->disk ? row->disk->mda_count : 0);
}

static GETTER(get_pv_mda_used_count)
{
	uint64_t count = 0;

	(void)mem;
	for (uint32_t i = 0; row->disk && i < row->disk->mda_count; i++)
		count += !row->disk->mdas[i].ignored;
	return value_number(count);
}

static GETTER(get_pv_ba_start)
{
	(void)mem;
	if (!row->disk || !row->disk->header.bootloader_count)
		return value_size(row->pv ? row->pv->ba_start : 0);
	return value_size(row->disk->header.bootloader[0].offset_bytes / SECTOR_BYTES);
}

static GETTER(get_pv_ba_size)
{
	(void)mem;
	if (!row->disk || !row->disk->header.bootloader_count)
		return value_size(row->pv ? row->pv->ba_size : 0);
	return value_size(row->disk->header.bootloader[0].size_bytes / SECTOR_BYTES);
}

static GETTER(get_pv_in_use)
{
	(void)mem;
	return value_flag(is_used(row), "used");
}

static GETTER(get_pv_duplicate)
{
	(void)mem;
	return value_flag(row->disk && row->disk->is_duplicate, "duplicate");
}

static GETTER(get_pv_device_id)
{
	(void)mem;
	return value_text(row->pv && row->pv->device_id ? row->pv->device_id : "");
}

static GETTER(get_pv_device_id_type)
{
	(void)mem;
	return value_text(row->pv && row->pv->device_id_type ? row->pv->device_id_type : "");
}

/* clang-format off */
const struct field label_fields[] = {
	{ OWNER_LABEL, "pv_fmt", "Fmt", FIELD_STRING, 0, get_pv_fmt,
	  "format of its metadata" },
	{ OWNER_LABEL, "pv_uuid", "PV UUID", FIELD_STRING, 38, get_pv_uuid,
	  "id, unlike the path the same for life" },
	{ OWNER_LABEL, "dev_size", "DevSize", FIELD_SIZE, 0, get_dev_size,
	  "size of the device" },
	{ OWNER_LABEL, "pv_name", "PV", FIELD_STRING, 10, get_pv_name,
	  "path of the device" },
	{ OWNER_LABEL, "pv_major", "Maj", FIELD_STRING, 0, get_pv_major,
	  "major number of the device" },
	{ OWNER_LABEL, "pv_minor", "Min", FIELD_STRING, 0, get_pv_minor,
	  "minor number of the device" },
	{ OWNER_LABEL, "pv_mda_free", "PMdaFree", FIELD_SIZE, 9, get_pv_mda_free,
	  "room left for a larger metadata text" },
	{ OWNER_LABEL, "pv_mda_size", "PMdaSize", FIELD_SIZE, 9, get_pv_mda_size,
	  "size of its smallest metadata area" },
	{ OWNER_LABEL, "pv_ext_vsn", "PExtVsn", FIELD_NUMBER, 0, get_pv_ext_vsn,
	  "version of the label's extension" },
	{ 0 },
};
/* clang-format on */

/* clang-format off */
const struct field pv_fields[] = {
	{ OWNER_PV, "pe_start", "1st PE", FIELD_NUMBER, 7, get_pe_start,
	  "where the first extent begins" },
	{ OWNER_PV, "pv_size", "PSize", FIELD_SIZE, 0, get_pv_size,
	  "space for extents" },
	{ OWNER_PV, "pv_free", "PFree", FIELD_SIZE, 0, get_pv_free,
	  "extents not in use, as a size" },
	{ OWNER_PV, "pv_used", "Used", FIELD_SIZE, 0, get_pv_used,
	  "extents in use, as a size" },
	{ OWNER_PV, "pv_attr", "Attr", FIELD_STRING, 0, get_pv_attr,
	  "three letters, explained in pvs(8)" },
	{ OWNER_PV, "pv_allocatable", "Allocatable", FIELD_NUMBER, 0, get_pv_allocatable,
	  "new extents may be taken from it" },
	{ OWNER_PV, "pv_exported", "Exported", FIELD_NUMBER, 10, get_pv_exported,
	  "its VG is exported" },
	{ OWNER_PV, "pv_missing", "Missing", FIELD_NUMBER, 10, get_pv_missing,
	  "its device is not found" },
	{ OWNER_PV, "pv_pe_count", "PE", FIELD_NUMBER, 3, get_pv_pe_count,
	  "how many extents it has" },
	{ OWNER_PV, "pv_pe_alloc_count", "Alloc", FIELD_NUMBER, 0, get_pv_pe_alloc_count,
	  "how many of them are in use" },
	{ OWNER_PV, "pv_tags", "PV Tags", FIELD_LIST, 0, get_pv_tags,
	  "its tags" },
	{ OWNER_PV, "pv_mda_count", "#PMda", FIELD_NUMBER, 0, get_pv_mda_count,
	  "how many metadata areas it has" },
	{ OWNER_PV, "pv_mda_used_count", "#PMdaUse", FIELD_NUMBER, 0, get_pv_mda_used_count,
	  "how many of them are written" },
	{ OWNER_PV, "pv_ba_start", "BA Start", FIELD_SIZE, 0, get_pv_ba_start,
	  "where its bootloader area begins" },
	{ OWNER_PV, "pv_ba_size", "BA Size", FIELD_SIZE, 0, get_pv_ba_size,
	  "size of its bootloader area" },
	{ OWNER_PV, "pv_in_use", "PInUse", FIELD_NUMBER, 0, get_pv_in_use,
	  "its label says that it is in a VG" },
	{ OWNER_PV, "pv_duplicate", "Duplicate", FIELD_NUMBER, 0, get_pv_duplicate,
	  "another device with the same id was preferred" },
	{ OWNER_PV, "pv_device_id", "DeviceID", FIELD_STRING, 0, get_pv_device_id,
	  "serial number or the like of the device" },
	{ OWNER_PV, "pv_device_id_type", "DeviceIDType", FIELD_STRING, 0, get_pv_device_id_type,
	  "of which kind that is" },
	{ 0 },
};
/* clang-format on */
