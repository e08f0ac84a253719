/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of free areas. Built with one sort; kept in LVM2's order by relinking afterwards. */
#include "metadata/alloc_areas.h"

#include <errno.h>
#include <stdlib.h>

#include "metadata/free_map.h"

static void unlink_area(struct alloc_area *area)
{
	struct alloc_map *map = area->map;

	*(area->prev ? &area->prev->next : &map->first) = area->next;
	*(area->next ? &area->next->prev : &map->last) = area->prev;
}

static void link_before(struct alloc_area *area, struct alloc_area *next)
{
	struct alloc_map *map = area->map;

	area->next = next;
	area->prev = next ? next->prev : map->last;
	*(area->prev ? &area->prev->next : &map->first) = area;
	*(next ? &next->prev : &map->last) = area;
}

/* Behind all areas that are not smaller than @size. */
static void relink(struct alloc_area *area, uint32_t size)
{
	struct alloc_area *next;

	unlink_area(area);
	for (next = area->map->first; next && next->count >= size;)
		next = next->next;
	link_before(area, next);
}

uint32_t alloc_area_reserve(struct alloc_area *area, uint32_t count)
{
	area->map->reserved = true;
	if (count >= area->left) {
		count = area->left;
		area->left = 0;
		return count;
	}
	area->left -= count;
	relink(area, area->left);
	return count;
}

void alloc_area_reserve_all(struct alloc_area *area)
{
	area->map->reserved = true;
	area->left = 0;
}

void alloc_area_unreserve(struct alloc_area *area)
{
	area->left = area->count;
}

static void unreserve_map(struct alloc_map *map)
{
	/* Going on from the area's new place is part of the order to reproduce. */
	for (struct alloc_area *area = map->first; area; area = area->next) {
		if (area->left == area->count)
			continue;
		area->left = area->count;
		relink(area, area->count);
	}
	map->reserved = false;
}

void alloc_maps_unreserve(struct alloc_maps *maps)
{
	for (size_t m = 0; m < maps->count; m++)
		if (maps->maps[m].reserved)
			unreserve_map(&maps->maps[m]);
}

void alloc_area_take(struct alloc_maps *maps, struct alloc_area *area, uint32_t count)
{
	maps->free -= count;
	if (count == area->count) {
		unlink_area(area);
		return;
	}
	area->start += count;
	area->count -= count;
	area->left = area->count;
	relink(area, area->count);
}

static bool pv_is_usable(const struct pv *pv)
{
	return (pv->status & STATUS_ALLOCATABLE) && !(pv->status & STATUS_MISSING);
}

static struct extent_range intersect(struct extent_range run, struct extent_range range)
{
	const uint64_t run_end = (uint64_t)run.start + run.count;
	const uint64_t range_end = (uint64_t)range.start + range.count;
	const uint32_t start = run.start > range.start ? run.start : range.start;
	const uint64_t end = run_end < range_end ? run_end : range_end;

	if (start >= end)
		return (struct extent_range){ 0 };
	return (struct extent_range){ start, (uint32_t)(end - start) };
}

/* Free runs cut to the ranges, range by range; only counted when @areas is NULL. */
static size_t fill_areas(const struct free_map *free_map, const struct extent_range *ranges,
			 size_t range_count, struct alloc_area *areas)
{
	size_t count = 0;

	for (size_t r = 0; r < range_count; r++) {
		for (size_t i = 0; i < free_map->run_count; i++) {
			const struct extent_range part = intersect(free_map->runs[i], ranges[r]);

			if (!part.count)
				continue;
			if (areas)
				areas[count] = (struct alloc_area){ .start = part.start,
								    .count = part.count,
								    .left = part.count };
			count++;
		}
	}
	return count;
}

/* Stable: the index (here the address) decides between equals. */
static int compare_areas(const void *left, const void *right)
{
	const struct alloc_area *a = *(struct alloc_area *const *)left;
	const struct alloc_area *b = *(struct alloc_area *const *)right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a > b) - (a < b);
}

static int link_sorted(struct alloc_map *map, struct alloc_area *areas, size_t count,
		       struct arena *arena, struct err *err)
{
	struct alloc_area **order = arena_calloc(arena, count, sizeof(struct alloc_area *));

	if (!order)
		return err_set(err, ENOMEM, "Out of memory for free areas.");
	for (size_t i = 0; i < count; i++) {
		areas[i].map = map;
		order[i] = &areas[i];
	}
	qsort(order, count, sizeof(struct alloc_area *), compare_areas);
	for (size_t i = 0; i < count; i++)
		link_before(order[i], NULL);
	return 0;
}

static int build_map(struct alloc_maps *maps, const struct free_map *free_map,
		     const struct alloc_pv *allowed, struct arena *arena, struct err *err)
{
	const struct extent_range everything = { 0, UINT32_MAX };
	const struct extent_range *ranges = allowed->range_count ? allowed->ranges : &everything;
	const size_t range_count = allowed->range_count ? allowed->range_count : 1;
	const size_t count = fill_areas(free_map, ranges, range_count, NULL);
	struct alloc_map *map = &maps->maps[maps->count++];
	struct alloc_area *areas = arena_calloc(arena, count, sizeof(*areas));

	if (!areas)
		return err_set(err, ENOMEM, "Out of memory for free areas.");
	map->pv = allowed->pv;
	(void)fill_areas(free_map, ranges, range_count, areas);
	for (size_t i = 0; i < count; i++)
		maps->free += areas[i].count;
	maps->area_count += count;
	return link_sorted(map, areas, count, arena, err);
}

/* An extent that is offered twice would be given away twice. */
static int check_allowed(const struct alloc_where *where, struct err *err)
{
	for (size_t i = 0; i < where->pv_count; i++) {
		const struct alloc_pv *allowed = &where->pvs[i];

		for (size_t j = 0; j < i; j++)
			if (where->pvs[j].pv == allowed->pv)
				return err_set(err, EINVAL, "A physical volume was given twice.");
		for (size_t r = 0; r < allowed->range_count; r++)
			for (size_t q = 0; q < r; q++)
				if (intersect(allowed->ranges[q], allowed->ranges[r]).count)
					return err_set(err, EINVAL,
						       "Overlapping PE ranges specified.");
	}
	return 0;
}

static size_t index_of_pv(const struct vg *vg, const struct pv *pv)
{
	uint32_t i = 0;

	while (i < vg->pv_count && vg->pvs[i] != pv)
		i++;
	return i;
}

int alloc_maps_build(const struct vg *vg, const struct alloc_where *where, struct arena *arena,
		     struct alloc_maps *ret_maps, struct err *err)
{
	const size_t count = where->pvs ? where->pv_count : vg->pv_count;
	struct alloc_maps maps = { 0 };
	struct free_map *free_maps;
	int rc;

	if ((where->pvs && (rc = check_allowed(where, err))) ||
	    (rc = free_maps_build(vg, arena, &free_maps, err)))
		return rc;
	if (!(maps.maps = arena_calloc(arena, count, sizeof(*maps.maps))))
		return err_set(err, ENOMEM, "Out of memory for free areas.");
	for (size_t i = 0; i < count; i++) {
		const struct alloc_pv whole = { .pv = where->pvs ? NULL : vg->pvs[i] };
		const struct alloc_pv *allowed = where->pvs ? &where->pvs[i] : &whole;
		const size_t index = where->pvs ? index_of_pv(vg, allowed->pv) : i;

		if (index == vg->pv_count)
			return err_set(err, EINVAL,
				       "A physical volume is not in volume group \"%s\".",
				       vg->name);
		if (!pv_is_usable(allowed->pv))
			continue;
		maps.pvs_with_space += free_maps[index].run_count > 0;
		if ((rc = build_map(&maps, &free_maps[index], allowed, arena, err)))
			return rc;
	}
	*ret_maps = maps;
	return 0;
}
