/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies between two neighbouring runs in use is free. */
#include "metadata/free_map.h"

#include <errno.h>

#include "metadata/base/cleanup.h"
#include "metadata/used_runs.h"

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
	struct used_runs used = { 0 };
	int rc;

	if (!maps)
		return err_set(err, ENOMEM, "Out of memory for a map of free extents.");
	if ((rc = used_runs_build(vg, &scratch, &used, err)))
		return rc;
	for (uint32_t i = 0; i < vg->pv_count; i++)
		if ((rc = build_one(vg->pvs[i], used.items + used.first[i],
				    used.first[i + 1] - used.first[i], arena, &maps[i], err)))
			return rc;
	*ret_maps = maps;
	return 0;
}
