/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that every other part of us may take for granted about a VG. Each check is near-linear in
 * the size of the VG, whatever its author had in mind; the first failure ends it.
 */
#include "metadata/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/base/cleanup.h"
#include "metadata/name_index.h"
#include "metadata/names.h"
#include "metadata/used_runs.h"

struct checker {
	const struct vg *vg;
	struct arena scratch;
	struct err *err;
};

static int no_memory(const struct checker *checker)
{
	return err_set(checker->err, ENOMEM, "Out of memory checking volume group %s.",
		       checker->vg->name);
}

static int check_id(struct checker *checker, struct name_index *index, const struct uuid *id,
		    const char *kind)
{
	if (uuid_is_unset(id))
		return err_set(checker->err, EUCLEAN, "A %s of volume group %s has no UUID.", kind,
			       checker->vg->name);
	name_index_add_bytes(index, id->text, UUID_LENGTH, NULL);
	return 0;
}

static int check_ids_unique(struct checker *checker, struct name_index *index, const char *kind)
{
	const char *twice = name_index_finish(index);
	char dashed[UUID_DASHED_SIZE];
	struct uuid id;

	if (!twice)
		return 0;
	memcpy(id.text, twice, UUID_LENGTH);
	return err_set(checker->err, EUCLEAN, "Two %ss of volume group %s have the UUID %s.", kind,
		       checker->vg->name, uuid_format(&id, dashed));
}

static int check_ids(struct checker *checker)
{
	static const char pv_kind[] = "physical volume", lv_kind[] = "logical volume";
	const struct vg *vg = checker->vg;
	struct name_index pvs, lvs;
	int rc;

	if (uuid_is_unset(&vg->id))
		return err_set(checker->err, EUCLEAN, "Volume group %s has no UUID.", vg->name);
	if (!name_index_new(&pvs, vg->pv_count, &checker->scratch) ||
	    !name_index_new(&lvs, vg->lv_count, &checker->scratch))
		return no_memory(checker);
	for (uint32_t i = 0; i < vg->pv_count; i++)
		if ((rc = check_id(checker, &pvs, &vg->pvs[i]->id, pv_kind)))
			return rc;
	if ((rc = check_ids_unique(checker, &pvs, pv_kind)))
		return rc;
	for (uint32_t i = 0; i < vg->lv_count; i++)
		if ((rc = check_id(checker, &lvs, &vg->lvs[i]->id, lv_kind)))
			return rc;
	return check_ids_unique(checker, &lvs, lv_kind);
}

static int check_names(struct checker *checker)
{
	const struct vg *vg = checker->vg;
	struct name_index index;
	const char *twice;

	if (vg_name_check(vg->name, NULL))
		return err_set(checker->err, EUCLEAN, "Volume group name \"%.200s\" is invalid.",
			       vg->name);
	if (!name_index_new(&index, vg->lv_count, &checker->scratch))
		return no_memory(checker);
	for (uint32_t i = 0; i < vg->lv_count; i++) {
		if (vg_name_check(vg->lvs[i]->name, NULL))
			return err_set(checker->err, EUCLEAN,
				       "Logical volume name \"%.200s\" is invalid.",
				       vg->lvs[i]->name);
		name_index_add(&index, vg->lvs[i]->name, vg->lvs[i]);
	}
	if ((twice = name_index_finish(&index)))
		return err_set(checker->err, EUCLEAN,
			       "Volume group %s has two logical volumes named %s.", vg->name,
			       twice);
	return 0;
}

static int check_pvs(const struct checker *checker)
{
	const struct vg *vg = checker->vg;

	if (!vg->extent_size)
		return err_set(checker->err, EUCLEAN, "Extent size of volume group %s is zero.",
			       vg->name);
	for (uint32_t i = 0; i < vg->pv_count; i++) {
		const struct pv *pv = vg->pvs[i];

		if (pv->vg != vg)
			return err_set(checker->err, EUCLEAN,
				       "Physical volume %u is not of volume group %s.", i,
				       vg->name);
		/* Bytes, which is what devices are asked for, must not overflow either. */
		if (pv->pe_start > INT64_MAX / 1024 || pv->dev_size > INT64_MAX / 512 ||
		    (uint64_t)pv->pe_count * vg->extent_size > INT64_MAX / 1024)
			return err_set(checker->err, EUCLEAN,
				       "Size of physical volume %u of volume group %s is too big.",
				       i, vg->name);
		if (pv->ba_start > INT64_MAX / 1024 || pv->ba_size > INT64_MAX / 1024)
			return err_set(checker->err, EUCLEAN,
				       "Bootloader area of physical volume %u of volume group %s "
				       "is too big.",
				       i, vg->name);
	}
	return 0;
}

static int check_area(const struct checker *checker, const struct seg *seg, const struct area *area)
{
	const struct vg *vg = checker->vg;
	uint64_t end = (uint64_t)area->start + seg_area_length(seg);

	if (area->type == AREA_PV) {
		if (!area->pv || area->pv->vg != vg)
			return err_set(checker->err, EUCLEAN,
				       "LV %s has a segment on no physical volume.", seg->lv->name);
		if (end > area->pv->pe_count)
			return err_set(checker->err, EUCLEAN,
				       "Segment with extent %llu in PV %s not found",
				       (unsigned long long)(end - 1),
				       area->pv->device_hint ? area->pv->device_hint : "[unknown]");
		return 0;
	}
	if (!area->lv || area->lv->vg != vg)
		return err_set(checker->err, EUCLEAN, "LV %s has a segment on no logical volume.",
			       seg->lv->name);
	if (seg->type == SEG_STRIPED && end > area->lv->le_count)
		return err_set(checker->err, EUCLEAN,
			       "LV %s has a segment on extent %llu of LV %s, which has only %u.",
			       seg->lv->name, (unsigned long long)(end - 1), area->lv->name,
			       area->lv->le_count);
	return 0;
}

static int check_seg(const struct checker *checker, const struct seg *seg)
{
	int rc;

	if (!seg->le_count)
		return err_set(checker->err, EUCLEAN, "LV %s has a segment without extents.",
			       seg->lv->name);
	if (seg->type == SEG_STRIPED && (!seg->area_count || seg->le_count % seg->area_count))
		return err_set(checker->err, EUCLEAN,
			       "LV %s has a segment of %u extents in %u stripes.", seg->lv->name,
			       seg->le_count, seg->area_count);
	if (seg->type == SEG_STRIPED && seg->area_count > 1 && !seg->stripe_size)
		return err_set(checker->err, EUCLEAN, "LV %s has a segment of stripe size zero.",
			       seg->lv->name);
	for (uint32_t i = 0; i < seg->area_count; i++)
		if ((rc = check_area(checker, seg, &seg->areas[i])))
			return rc;
	return 0;
}

static int check_lv(const struct checker *checker, const struct lv *lv)
{
	uint64_t le = 0;
	int rc;

	if (lv->vg != checker->vg)
		return err_set(checker->err, EUCLEAN, "LV %s is not of volume group %s.", lv->name,
			       checker->vg->name);
	if (!lv->seg_count)
		return err_set(checker->err, EUCLEAN, "LV %s has no segments.", lv->name);
	for (uint32_t i = 0; i < lv->seg_count; i++) {
		const struct seg *seg = &lv->segs[i];

		if (seg->lv != lv)
			return err_set(checker->err, EUCLEAN, "LV %s has a segment of another LV.",
				       lv->name);
		if (seg->le_start != le)
			return err_set(checker->err, EUCLEAN,
				       "LV %s invalid: segment %u should begin at LE %llu (found "
				       "%u).",
				       lv->name, i + 1, (unsigned long long)le, seg->le_start);
		if ((rc = check_seg(checker, seg)))
			return rc;
		le += seg->le_count;
	}
	if (le != lv->le_count)
		return err_set(checker->err, EUCLEAN,
			       "LV %s has %u extents, but its segments have %llu.", lv->name,
			       lv->le_count, (unsigned long long)le);
	return 0;
}

static int check_lvs(const struct checker *checker)
{
	int rc;

	for (uint32_t i = 0; i < checker->vg->lv_count; i++)
		if ((rc = check_lv(checker, checker->vg->lvs[i])))
			return rc;
	return 0;
}

static int check_pes_used_once(struct checker *checker)
{
	const struct vg *vg = checker->vg;
	struct used_runs runs = { 0 };
	int rc;

	if ((rc = used_runs_build(vg, &checker->scratch, &runs, checker->err)))
		return rc;
	for (uint32_t i = 0; i < vg->pv_count; i++)
		for (size_t k = runs.first[i] + 1; k < runs.first[i + 1]; k++) {
			const struct used_run *run = &runs.items[k], *before = run - 1;
			const char *device = vg->pvs[i]->device_hint;

			if (run->start - before->start < before->count)
				return err_set(checker->err, EUCLEAN,
					       "Physical extent %u of PV %s is used by LV %s and "
					       "LV %s.",
					       run->start, device ? device : "[unknown]",
					       before->seg->lv->name, run->seg->lv->name);
		}
	return 0;
}

/* What a walk knows about an LV: depth of what it rests on; being walked; or nothing yet. */
#define DEPTH_UNKNOWN 0U
#define DEPTH_WALKING UINT32_MAX

struct depth {
	const struct lv *lv;
	uint32_t depth; /* 1: rests on no LV */
};

struct depths {
	struct checker *checker;
	struct depth *of; /* sorted by address */
};

static int compare_depths(const void *a, const void *b)
{
	const struct depth *x = a, *y = b;

	return (uintptr_t)x->lv < (uintptr_t)y->lv ? -1 : (uintptr_t)x->lv > (uintptr_t)y->lv;
}

static int measure(struct depths *depths, const struct lv *lv, unsigned level, uint32_t *ret_depth);

static int measure_below(struct depths *depths, const struct lv *lv, unsigned level,
			 uint32_t *depth)
{
	uint32_t below;
	int rc;

	if ((rc = measure(depths, lv, level + 1, &below)))
		return rc;
	if (*depth < below + 1)
		*depth = below + 1;
	return 0;
}

static int measure_seg(struct depths *depths, const struct seg *seg, unsigned level,
		       uint32_t *depth)
{
	int rc;

	for (uint32_t i = 0; i < seg->area_count; i++)
		if (seg->areas[i].type == AREA_LV &&
		    (rc = measure_below(depths, seg->areas[i].lv, level, depth)))
			return rc;
	for (uint32_t i = 0; i < seg->need_count; i++)
		if ((rc = measure_below(depths, seg->needs[i], level, depth)))
			return rc;
	return 0;
}

static int measure(struct depths *depths, const struct lv *lv, unsigned level, uint32_t *ret_depth)
{
	struct err *err = depths->checker->err;
	const struct depth wanted = { .lv = lv };
	uint32_t depth = 1;
	struct depth *entry;
	int rc;

	entry = bsearch(&wanted, depths->of, depths->checker->vg->lv_count, sizeof(*depths->of),
			compare_depths);
	if (!entry)
		return err_set(err, EUCLEAN, "LV %s is not in volume group %s.", lv->name,
			       depths->checker->vg->name);
	if (entry->depth == DEPTH_WALKING)
		return err_set(err, EUCLEAN, "LV %s rests on itself.", lv->name);
	if (entry->depth == DEPTH_UNKNOWN) {
		if (level >= LV_DEPTH_MAX)
			return err_set(err, EUCLEAN, "LV %s is below too many others.", lv->name);
		entry->depth = DEPTH_WALKING;
		for (uint32_t i = 0; i < lv->seg_count; i++)
			if ((rc = measure_seg(depths, &lv->segs[i], level, &depth)))
				return rc;
		entry->depth = depth;
	}
	if (entry->depth > LV_DEPTH_MAX)
		return err_set(err, EUCLEAN, "LV %s rests on too many others.", lv->name);
	*ret_depth = entry->depth;
	return 0;
}

static bool rests_on_lvs(const struct lv *lv)
{
	for (uint32_t i = 0; i < lv->seg_count; i++) {
		const struct seg *seg = &lv->segs[i];

		for (uint32_t k = 0; k < seg->area_count; k++)
			if (seg->areas[k].type == AREA_LV)
				return true;
		if (seg->need_count)
			return true;
	}
	return false;
}

static int check_layers(struct checker *checker)
{
	const struct vg *vg = checker->vg;
	struct depths depths = { .checker = checker };
	uint32_t depth, layered = 0;
	int rc;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		layered += rests_on_lvs(vg->lvs[i]);
	if (!layered)
		return 0;
	depths.of = arena_calloc(&checker->scratch, vg->lv_count, sizeof(*depths.of));
	if (!depths.of)
		return no_memory(checker);
	for (uint32_t i = 0; i < vg->lv_count; i++)
		depths.of[i].lv = vg->lvs[i];
	if (vg->lv_count)
		qsort(depths.of, vg->lv_count, sizeof(*depths.of), compare_depths);
	for (uint32_t i = 0; i < vg->lv_count; i++)
		if ((rc = measure(&depths, vg->lvs[i], 0, &depth)))
			return rc;
	return 0;
}

int vg_check(const struct vg *vg, struct err *err)
{
	struct checker checker = { .vg = vg, .scratch = { .limit = VG_ARENA_LIMIT }, .err = err };
	int rc;

	if (!(rc = check_pvs(&checker)) && !(rc = check_names(&checker)) &&
	    !(rc = check_ids(&checker)) && !(rc = check_lvs(&checker)) &&
	    !(rc = check_pes_used_once(&checker)))
		rc = check_layers(&checker);
	arena_free(&checker.scratch);
	return rc;
}
