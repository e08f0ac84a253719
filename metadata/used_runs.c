/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counted, then put where they belong: a sort by PV in two passes over all areas. */
#include "metadata/used_runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/base/cleanup.h"

struct pv_place {
	const struct pv *pv;
	uint32_t index; /* in vg->pvs */
};

/* Where a PV is; neighbours are mostly on the same one. */
struct places {
	struct pv_place *items; /* by address */
	uint32_t count;
	const struct pv_place *last;
};

static int compare_places(const void *left, const void *right)
{
	const struct pv_place *a = left, *b = right;

	return ((uintptr_t)a->pv > (uintptr_t)b->pv) - ((uintptr_t)a->pv < (uintptr_t)b->pv);
}

static int compare_runs(const void *left, const void *right)
{
	const struct used_run *a = left, *b = right;

	return (a->start > b->start) - (a->start < b->start);
}

static int no_memory(const struct vg *vg, struct err *err)
{
	return err_set(err, ENOMEM, "Out of memory for the extents in use of volume group %s.",
		       vg->name);
}

static int find_places(const struct vg *vg, struct arena *arena, struct places *places,
		       struct err *err)
{
	if (!(places->items = arena_calloc(arena, vg->pv_count, sizeof(*places->items))))
		return no_memory(vg, err);
	places->count = vg->pv_count;
	for (uint32_t i = 0; i < vg->pv_count; i++)
		places->items[i] = (struct pv_place){ vg->pvs[i], i };
	if (places->count)
		qsort(places->items, places->count, sizeof(*places->items), compare_places);
	return 0;
}

/* NULL: it is none of the VG's. */
static const struct pv_place *find_place(struct places *places, const struct pv *pv)
{
	const struct pv_place wanted = { .pv = pv };

	if (!places->last || places->last->pv != pv)
		places->last = places->count ? bsearch(&wanted, places->items, places->count,
						       sizeof(wanted), compare_places)
					     : NULL;
	return places->last;
}

/*
 * Each area on a PV is counted in next[PV + 1], or, when @runs has room for them, put where
 * next[PV] says.
 */
static int visit_seg(const struct seg *seg, struct places *places, size_t *next,
		     struct used_runs *runs, struct err *err)
{
	for (uint32_t i = 0; i < seg->area_count; i++) {
		const struct area *area = &seg->areas[i];
		const struct pv_place *place;

		if (area->type != AREA_PV)
			continue;
		if (!(place = find_place(places, area->pv)))
			return err_set(err, EUCLEAN,
				       "Logical volume %s/%s uses a physical volume of another "
				       "volume group.",
				       seg->lv->vg->name, seg->lv->name);
		if (runs->items)
			runs->items[next[place->index]++] =
				(struct used_run){ area->start, seg_area_length(seg), seg };
		else
			next[place->index + 1]++;
	}
	return 0;
}

static int visit_all(const struct vg *vg, struct places *places, size_t *next,
		     struct used_runs *runs, struct err *err)
{
	int rc;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		for (uint32_t k = 0; k < vg->lvs[i]->seg_count; k++)
			if ((rc = visit_seg(&vg->lvs[i]->segs[k], places, next, runs, err)))
				return rc;
	return 0;
}

static void sort_runs(struct used_run *runs, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (runs[i].start < runs[i - 1].start) {
			qsort(runs, count, sizeof(*runs), compare_runs);
			return;
		}
}

int used_runs_build(const struct vg *vg, struct arena *arena, struct used_runs *ret_runs,
		    struct err *err)
{
	AUTO_ARENA struct arena scratch = { .limit = VG_ARENA_LIMIT };
	const size_t pv_count = vg->pv_count;
	struct used_runs runs = { .first = arena_calloc(arena, pv_count + 1, sizeof(size_t)) };
	size_t *next = arena_calloc(&scratch, pv_count + 1, sizeof(*next));
	struct places places = { 0 };
	int rc;

	if (!runs.first || !next)
		return no_memory(vg, err);
	if ((rc = find_places(vg, &scratch, &places, err)) ||
	    (rc = visit_all(vg, &places, runs.first, &runs, err)))
		return rc;
	for (size_t i = 1; i <= pv_count; i++)
		runs.first[i] += runs.first[i - 1];
	memcpy(next, runs.first, (pv_count + 1) * sizeof(*next));
	runs.count = runs.first[pv_count];
	if (!(runs.items = arena_calloc(arena, runs.count, sizeof(*runs.items))))
		return no_memory(vg, err);
	if ((rc = visit_all(vg, &places, next, &runs, err)))
		return rc;
	for (size_t i = 0; i < pv_count; i++)
		sort_runs(runs.items + runs.first[i], runs.first[i + 1] - runs.first[i]);
	*ret_runs = runs;
	return 0;
}
