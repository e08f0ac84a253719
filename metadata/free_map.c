/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All areas of all segments are put into one array, sorted by PV and start; what lies
 * between two neighbours is free. So the cost is that of one sort, however many LVs there are.
 */
#include "metadata/free_map.h"

#include <errno.h>
#include <stdlib.h>

#include "metadata/base/cleanup.h"

struct used_run {
	uint32_t pv; /* index in vg->pvs */
	uint32_t start;
	uint32_t count;
};

struct pv_index {
	const struct pv *pv;
	uint32_t index;
};

static int compare_pv_index(const void *left, const void *right)
{
	const struct pv_index *a = left, *b = right;

	return (a->pv > b->pv) - (a->pv < b->pv);
}

static int compare_runs(const void *left, const void *right)
{
	const struct used_run *a = left, *b = right;

	if (a->pv != b->pv)
		return a->pv < b->pv ? -1 : 1;
	return (a->start > b->start) - (a->start < b->start);
}

static struct pv_index *index_pvs(const struct vg *vg, struct arena *arena)
{
	struct pv_index *index = arena_calloc(arena, vg->pv_count, sizeof(*index));

	if (!index)
		return NULL;
	for (uint32_t i = 0; i < vg->pv_count; i++)
		index[i] = (struct pv_index){ vg->pvs[i], i };
	qsort(index, vg->pv_count, sizeof(*index), compare_pv_index);
	return index;
}

static size_t count_areas(const struct vg *vg)
{
	size_t count = 0;

	for (uint32_t l = 0; l < vg->lv_count; l++)
		for (uint32_t s = 0; s < vg->lvs[l]->seg_count; s++)
			count += vg->lvs[l]->segs[s].area_count;
	return count;
}

static int add_segment(const struct vg *vg, const struct seg *seg, const struct pv_index *index,
		       struct used_run *runs, size_t *count, struct err *err)
{
	for (uint32_t a = 0; a < seg->area_count; a++) {
		const struct area *area = &seg->areas[a];
		const struct pv_index key = { .pv = area->type == AREA_PV ? area->pv : NULL };
		const struct pv_index *found;

		if (area->type != AREA_PV)
			continue;
		found = bsearch(&key, index, vg->pv_count, sizeof(*index), compare_pv_index);
		if (!found)
			return err_set(err, EUCLEAN,
				       "Logical volume %s/%s uses a physical volume of another "
				       "volume group.",
				       vg->name, seg->lv->name);
		runs[(*count)++] =
			(struct used_run){ found->index, area->start, seg_area_length(seg) };
	}
	return 0;
}

static int collect_used(const struct vg *vg, struct arena *arena, struct used_run **ret_runs,
			size_t *ret_count, struct err *err)
{
	struct used_run *runs = arena_calloc(arena, count_areas(vg), sizeof(*runs));
	struct pv_index *index = index_pvs(vg, arena);
	size_t count = 0;
	int rc;

	if (!runs || !index)
		return err_set(err, ENOMEM, "Out of memory for a map of free extents.");
	for (uint32_t l = 0; l < vg->lv_count; l++)
		for (uint32_t s = 0; s < vg->lvs[l]->seg_count; s++)
			if ((rc = add_segment(vg, &vg->lvs[l]->segs[s], index, runs, &count, err)))
				return rc;
	qsort(runs, count, sizeof(*runs), compare_runs);
	*ret_runs = runs;
	*ret_count = count;
	return 0;
}

/* @used: the runs of this PV alone. */
static int build_one(const struct pv *pv, const struct used_run *used, size_t used_count,
		     struct arena *arena, struct free_map *map, struct err *err)
{
	uint32_t at = 0;

	map->runs = arena_calloc(arena, used_count + 1, sizeof(*map->runs));
	if (!map->runs)
		return err_set(err, ENOMEM, "Out of memory for a map of free extents.");
	for (size_t i = 0; i < used_count; i++) {
		if (used[i].start < at)
			return err_set(err, EUCLEAN,
				       "Extent %u of physical volume %s is in use "
				       "twice.",
				       used[i].start, pv->key ? pv->key : "");
		if (used[i].start > pv->pe_count || used[i].count > pv->pe_count - used[i].start)
			return err_set(err, EUCLEAN,
				       "Extents from %u lie outside physical volume %s.",
				       used[i].start, pv->key ? pv->key : "");
		if (used[i].start > at)
			map->runs[map->run_count++] =
				(struct extent_range){ at, used[i].start - at };
		at = used[i].start + used[i].count;
	}
	if (at < pv->pe_count)
		map->runs[map->run_count++] = (struct extent_range){ at, pv->pe_count - at };
	return 0;
}

int free_maps_build(const struct vg *vg, struct arena *arena, struct free_map **ret_maps,
		    struct err *err)
{
	AUTO_ARENA struct arena scratch = { .limit = VG_ARENA_LIMIT };
	struct free_map *maps = arena_calloc(arena, vg->pv_count, sizeof(*maps));
	struct used_run *used = NULL;
	size_t count, first = 0;
	int rc;

	if (!maps)
		return err_set(err, ENOMEM, "Out of memory for a map of free extents.");
	if ((rc = collect_used(vg, &scratch, &used, &count, err)))
		return rc;
	for (uint32_t p = 0; p < vg->pv_count; p++) {
		size_t end = first;

		while (end < count && used[end].pv == p)
			end++;
		if ((rc = build_one(vg->pvs[p], used + first, end - first, arena, &maps[p], err)))
			return rc;
		first = end;
	}
	*ret_maps = maps;
	return 0;
}
