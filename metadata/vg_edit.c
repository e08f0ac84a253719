/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Edits of the VG itself: extent size, name, and its PVs. */
#include "metadata/edit.h"

#include <errno.h>
#include <string.h>

#include "metadata/base/cleanup.h"
#include "metadata/free_map.h"
#include "metadata/names.h"

#define EXTENT_SIZE_STEP 256U /* sectors: 128 KiB, unless it is a power of two */

static int check_extent_size(uint64_t size, struct err *err)
{
	if (!size)
		return err_set(err, EINVAL, "Physical extent size may not be zero");
	if ((size & (size - 1)) && size % EXTENT_SIZE_STEP)
		return err_set(err, ERANGE,
			       "Physical Extent size must be a multiple of 128.00 KiB when not a "
			       "power of 2.");
	if (size > UINT32_MAX)
		return err_set(err, ERANGE, "Physical extent size is too large.");
	return 0;
}

static int check_exact(const struct vg *vg, uint64_t extents, uint32_t new_size, const char *of,
		       const char *what, struct err *err)
{
	const uint64_t sectors = extents * vg->extent_size;

	if (sectors % new_size)
		return err_set(err, EDOM,
			       "New size %llu for %s%s not an exact number of new extents.",
			       (unsigned long long)sectors, of, what);
	if (sectors / new_size > EXTENTS_MAX)
		return err_set(err, EOVERFLOW, "Size of %s%s is more than %u new extents.", of,
			       what, EXTENTS_MAX);
	return 0;
}

static const char *pv_name(const struct pv *pv)
{
	return pv->device_hint ? pv->device_hint : "[unknown]";
}

static int check_pv_sizes(const struct vg *vg, uint32_t new_size, struct err *err)
{
	int rc;

	for (uint32_t p = 0; p < vg->pv_count; p++) {
		const struct pv *pv = vg->pvs[p];

		if ((rc = check_exact(vg, pv->pe_count, new_size, pv_name(pv), "", err)) ||
		    (rc = check_exact(vg, pv_allocated_count(pv), new_size, pv_name(pv),
				      " allocated space", err)))
			return rc;
	}
	return 0;
}

static int check_lv_sizes(const struct vg *vg, uint32_t new_size, struct err *err)
{
	int rc;

	for (uint32_t l = 0; l < vg->lv_count; l++) {
		if (!lv_is_operable(vg->lvs[l]))
			return err_set(err, ENOTSUP,
				       "Logical volume %s/%s is not linear or striped.", vg->name,
				       vg->lvs[l]->name);
		if ((rc = check_exact(vg, vg->lvs[l]->le_count, new_size, vg->lvs[l]->name, "",
				      err)))
			return rc;
	}
	return 0;
}

/* Free runs and areas in use cover each PV: when all lengths convert, so do all starts. */
static int check_lengths(const struct vg *vg, uint32_t new_size, struct err *err)
{
	AUTO_ARENA struct arena scratch = { .limit = VG_ARENA_LIMIT };
	struct free_map *maps;
	int rc;

	if ((rc = free_maps_build(vg, &scratch, &maps, err)))
		return rc;
	for (uint32_t p = 0; p < vg->pv_count; p++)
		for (size_t r = 0; r < maps[p].run_count; r++)
			if ((rc = check_exact(vg, maps[p].runs[r].count, new_size,
					      pv_name(vg->pvs[p]), " PV segment length", err)))
				return rc;
	for (uint32_t l = 0; l < vg->lv_count; l++) {
		for (uint32_t s = 0; s < vg->lvs[l]->seg_count; s++) {
			const struct seg *seg = &vg->lvs[l]->segs[s];

			if ((rc = check_exact(vg, seg_area_length(seg), new_size,
					      pv_name(seg->areas[0].pv), " PV segment length",
					      err)))
				return rc;
		}
	}
	return 0;
}

static uint32_t convert(const struct vg *vg, uint32_t extents, uint32_t new_size)
{
	return (uint32_t)((uint64_t)extents * vg->extent_size / new_size);
}

static void convert_lv(const struct vg *vg, struct lv *lv, uint32_t new_size)
{
	lv->le_count = convert(vg, lv->le_count, new_size);
	for (uint32_t s = 0; s < lv->seg_count; s++) {
		struct seg *seg = &lv->segs[s];

		seg->le_start = convert(vg, seg->le_start, new_size);
		seg->le_count = convert(vg, seg->le_count, new_size);
		for (uint32_t a = 0; a < seg->area_count; a++)
			seg->areas[a].start = convert(vg, seg->areas[a].start, new_size);
	}
}

static int check_conversion(const struct vg *vg, uint32_t new_size, struct err *err)
{
	int rc;

	if (!(vg->status & STATUS_RESIZEABLE))
		return err_set(err, EPERM,
			       "Volume group \"%s\" must be resizeable to change PE size",
			       vg->name);
	if ((vg_free_count(vg) * vg->extent_size) % new_size)
		return check_exact(vg, vg_free_count(vg), new_size, vg->name, " free space", err);
	if ((rc = check_pv_sizes(vg, new_size, err)) || (rc = check_lv_sizes(vg, new_size, err)))
		return rc;
	return check_lengths(vg, new_size, err);
}

int vg_set_extent_size(struct vg *vg, uint64_t extent_size_sectors, struct err *err)
{
	const uint32_t new_size = (uint32_t)extent_size_sectors;
	int rc;

	if ((rc = check_extent_size(extent_size_sectors, err)))
		return rc;
	if (vg->pv_count && new_size != vg->extent_size) {
		if ((rc = check_conversion(vg, new_size, err)))
			return rc;
		for (uint32_t p = 0; p < vg->pv_count; p++)
			vg->pvs[p]->pe_count = convert(vg, vg->pvs[p]->pe_count, new_size);
		for (uint32_t l = 0; l < vg->lv_count; l++)
			convert_lv(vg, vg->lvs[l], new_size);
	}
	vg->extent_size = new_size;
	return 0;
}

static int count_extents(const struct vg *vg, const char *device_name, uint64_t pe_start,
			 uint64_t usable_end, uint32_t *ret_count, struct err *err)
{
	const uint64_t usable = usable_end > pe_start ? usable_end - pe_start : 0;
	const uint64_t count = usable / vg->extent_size;

	if (count > EXTENTS_MAX)
		return err_set(err, EOVERFLOW,
			       "PV %s too large for extent size %u KiB: it has %llu extents.",
			       device_name, vg->extent_size / 2, (unsigned long long)count);
	*ret_count = (uint32_t)count;
	return 0;
}

static int check_add_pv(const struct vg *vg, const struct pv_spec *spec, struct err *err)
{
	if (vg_find_pv_by_id(vg, &spec->id))
		return err_set(err, EBUSY,
			       "Physical volume '%s' is already in volume group '%s'\n"
			       "Unable to add physical volume '%s' to volume group '%s'",
			       spec->device_name, vg->name, spec->device_name, vg->name);
	if (vg->max_pv && vg->pv_count >= vg->max_pv)
		return err_set(err, ENOSPC,
			       "No space for '%s' - volume group '%s' holds max %u physical "
			       "volume(s).\nPV %s cannot be added to VG %s.",
			       spec->device_name, vg->name, vg->max_pv, spec->device_name,
			       vg->name);
	return 0;
}

int vg_edit_add_pv(struct vg *vg, const struct pv_spec *spec, struct err *err)
{
	uint32_t pe_count;
	struct pv *pv;
	int rc;

	if ((rc = check_add_pv(vg, spec, err)) ||
	    (rc = count_extents(vg, spec->device_name, spec->pe_start, spec->usable_end, &pe_count,
				err)))
		return rc;
	if (!(pv = arena_new(vg->arena, struct pv)))
		return err_set(err, ENOMEM, "Out of memory for a physical volume.");
	*pv = (struct pv){ .vg = vg,
			   .key = arena_printf(vg->arena, "pv%u", vg->pv_count),
			   .id = spec->id,
			   .device_hint = arena_strdup(vg->arena, spec->device_name),
			   .status = STATUS_ALLOCATABLE,
			   .dev_size = spec->dev_size,
			   .pe_start = spec->pe_start,
			   .pe_count = pe_count,
			   .ba_start = spec->ba_start,
			   .ba_size = spec->ba_size };
	if (!pv->key || !pv->device_hint)
		return err_set(err, ENOMEM, "Out of memory for a physical volume.");
	return vg_add_pv(vg, pv, err);
}

/* The first PE behind all that segments use. */
static uint64_t end_of_use(const struct pv *pv)
{
	const struct vg *vg = pv->vg;
	uint64_t end = 0;

	for (uint32_t l = 0; l < vg->lv_count; l++)
		for (uint32_t s = 0; s < vg->lvs[l]->seg_count; s++) {
			const struct seg *seg = &vg->lvs[l]->segs[s];

			for (uint32_t a = 0; a < seg->area_count; a++)
				if (seg->areas[a].type == AREA_PV && seg->areas[a].pv == pv &&
				    (uint64_t)seg->areas[a].start + seg_area_length(seg) > end)
					end = (uint64_t)seg->areas[a].start + seg_area_length(seg);
		}
	return end;
}

int vg_edit_resize_pv(struct pv *pv, uint64_t dev_size, uint64_t usable_end, struct err *err)
{
	const char *name = pv_name(pv);
	uint32_t pe_count;
	int rc;

	if ((rc = count_extents(pv->vg, name, pv->pe_start, usable_end, &pe_count, err)))
		return rc;
	if (!pe_count)
		return err_set(err, ENOSPC,
			       "Size must leave space for at least one physical extent of %u "
			       "sectors on PV %s.",
			       pv->vg->extent_size, name);
	if (pe_count < pv_allocated_count(pv))
		return err_set(err, ENOSPC, "%s: cannot resize to %u extents as %u are allocated.",
			       name, pe_count, pv_allocated_count(pv));
	if (pe_count < end_of_use(pv))
		return err_set(err, ENOSPC,
			       "%s: cannot resize to %u extents as later ones are allocated.", name,
			       pe_count);
	pv->dev_size = dev_size;
	pv->pe_count = pe_count;
	return 0;
}

int vg_edit_remove_pv(struct vg *vg, struct pv *pv, struct err *err)
{
	uint32_t i = 0;

	if (pv_allocated_count(pv))
		return err_set(err, EBUSY, "Physical volume \"%s\" still in use", pv_name(pv));
	if (vg->pv_count == 1)
		return err_set(err, EBUSY,
			       "Can't remove final physical volume \"%s\" from volume group \"%s\"",
			       pv_name(pv), vg->name);
	while (i < vg->pv_count && vg->pvs[i] != pv)
		i++;
	if (i == vg->pv_count)
		return err_set(err, ENOENT, "Physical volume \"%s\" is not in volume group \"%s\".",
			       pv_name(pv), vg->name);
	vg->pv_count--;
	memmove(vg->pvs + i, vg->pvs + i + 1, (vg->pv_count - i) * sizeof(struct pv *));
	return 0;
}

int vg_edit_rename(struct vg *vg, const char *name, struct err *err)
{
	const char *copy;
	int rc;

	if (!strcmp(vg->name, name))
		return err_set(err, EEXIST, "Old and new volume group names must differ");
	if ((rc = vg_name_check(name, err)))
		return rc;
	for (uint32_t l = 0; l < vg->lv_count; l++)
		if (strlen(name) + 1 + strlen(vg->lvs[l]->name) > NAME_MAX_LENGTH)
			return err_set(err, ENAMETOOLONG,
				       "Name \"%s/%s\" would be longer than %d characters.", name,
				       vg->lvs[l]->name, NAME_MAX_LENGTH);
	if (!(copy = arena_strdup(vg->arena, name)))
		return err_set(err, ENOMEM, "Out of memory for a name.");
	vg->name = copy;
	return 0;
}
