/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A deep copy: structs are copied whole, then each pointer in them is replaced. Pointers between
 * objects go through two tables old -> new, sorted by the old address, so that the copy never
 * points into the original.
 */
#include <stdlib.h>
#include <string.h>

#include "metadata/config_text.h"
#include "metadata/model.h"

struct pair {
	uintptr_t from;
	void *to;
};

struct copier {
	const struct vg *from;
	struct vg *to;
	struct arena *arena;
	struct arena scratch;
	struct pair *pvs, *lvs;
	const char *last_host, *last_host_copy;
	bool failed; /* no memory */
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* NULL when the original has a pointer to what is not in it. */
static void *map_object(const struct pair *pairs, size_t count, const void *from)
{
	const struct pair wanted = { .from = (uintptr_t)from };
	const struct pair *pair;

	if (!from || !count)
		return NULL;
	pair = bsearch(&wanted, pairs, count, sizeof(wanted), compare_pairs);
	return pair ? pair->to : NULL;
}

static struct lv *map_lv(const struct copier *copier, const struct lv *lv)
{
	return map_object(copier->lvs, copier->from->lv_count, lv);
}

/* References are addresses of pv->key and lv->name. */
static const char *const *map_reference(const char *const *reference, void *arg)
{
	const struct copier *copier = arg;
	const char *at = (const char *)reference;
	struct lv *lv;
	struct pv *pv;

	if ((lv = map_lv(copier, (const void *)(at - offsetof(struct lv, name)))))
		return &lv->name;
	if ((pv = map_object(copier->pvs, copier->from->pv_count,
			     (const void *)(at - offsetof(struct pv, key)))))
		return &pv->key;
	return NULL;
}

static void copy_text(struct copier *copier, const char **text)
{
	if (*text && !(*text = arena_strdup(copier->arena, *text)))
		copier->failed = true;
}

/* Most LVs were created on the same host, and vg_import() keeps its name once. */
static void copy_host(struct copier *copier, const char **host)
{
	const char *from = *host;

	if (!from || from != copier->last_host) {
		copy_text(copier, host);
		copier->last_host = from;
		copier->last_host_copy = *host;
	} else {
		*host = copier->last_host_copy;
	}
}

static void copy_names(struct copier *copier, struct name_list **names)
{
	struct name_list **link = names;

	for (const struct name_list *from = *names; from; from = from->next) {
		if (!(*link = arena_new(copier->arena, struct name_list))) {
			copier->failed = true;
			return;
		}
		(*link)->name = from->name;
		copy_text(copier, &(*link)->name);
		link = &(*link)->next;
	}
}

static void copy_nodes(struct copier *copier, struct cfg_node **nodes)
{
	struct cfg_node *copy;

	if (!cfg_copy_list(*nodes, copier->arena, map_reference, copier, &copy))
		copier->failed = true;
	*nodes = copy;
}

static void *copy_array(struct copier *copier, const void *from, size_t count, size_t size)
{
	void *copy;

	if (!count)
		return NULL;
	if (!(copy = arena_calloc(copier->arena, count, size)))
		copier->failed = true;
	else
		memcpy(copy, from, count * size);
	return copy;
}

static void copy_pv(struct copier *copier, struct pv *pv)
{
	pv->vg = copier->to;
	copy_text(copier, &pv->key);
	copy_text(copier, &pv->device_hint);
	copy_text(copier, &pv->device_id_type);
	copy_text(copier, &pv->device_id);
	copy_names(copier, &pv->unknown_flags);
	copy_names(copier, &pv->tags);
	copy_nodes(copier, &pv->unknown);
}

static void copy_seg(struct copier *copier, struct lv *lv, struct seg *seg)
{
	seg->lv = lv;
	copy_text(copier, &seg->type_name);
	copy_names(copier, &seg->tags);
	copy_nodes(copier, &seg->content);
	seg->areas = copy_array(copier, seg->areas, seg->area_count, sizeof(*seg->areas));
	seg->needs = copy_array(copier, seg->needs, seg->need_count, sizeof(struct lv *));
	if (copier->failed)
		return;
	for (uint32_t i = 0; i < seg->area_count; i++) {
		struct area *area = &seg->areas[i];

		if (area->type == AREA_LV)
			area->lv = map_lv(copier, area->lv);
		else
			area->pv = map_object(copier->pvs, copier->from->pv_count, area->pv);
	}
	for (uint32_t i = 0; i < seg->need_count; i++)
		seg->needs[i] = map_lv(copier, seg->needs[i]);
}

static void copy_lv(struct copier *copier, struct lv *lv)
{
	lv->vg = copier->to;
	copy_text(copier, &lv->name);
	copy_names(copier, &lv->unknown_flags);
	copy_names(copier, &lv->tags);
	copy_host(copier, &lv->creation_host);
	copy_text(copier, &lv->lock_args);
	copy_text(copier, &lv->profile);
	copy_nodes(copier, &lv->unknown);
	lv->snapshot_origin = map_lv(copier, lv->snapshot_origin);
	lv->segs = copy_array(copier, lv->segs, lv->seg_count, sizeof(*lv->segs));
	for (uint32_t i = 0; !copier->failed && i < lv->seg_count; i++)
		copy_seg(copier, lv, &lv->segs[i]);
}

static void copy_vg(struct copier *copier)
{
	struct vg *to = copier->to;

	copy_names(copier, &to->unknown_flags);
	copy_names(copier, &to->tags);
	copy_text(copier, &to->system_id);
	copy_text(copier, &to->lock_type);
	copy_text(copier, &to->lock_args);
	copy_text(copier, &to->profile);
	copy_nodes(copier, &to->historical);
	copy_nodes(copier, &to->unknown);
}

/* Copies of @count structs of @size bytes, and where each went; NULL without memory. */
static struct pair *copy_objects(struct copier *copier, void *const *from, uint32_t count,
				 size_t size, void **to)
{
	struct pair *pairs = arena_calloc(&copier->scratch, count, sizeof(*pairs));

	if (!pairs)
		copier->failed = true;
	for (uint32_t i = 0; !copier->failed && i < count; i++) {
		to[i] = copy_array(copier, from[i], 1, size);
		pairs[i] = (struct pair){ (uintptr_t)from[i], to[i] };
	}
	if (!copier->failed && count)
		qsort(pairs, count, sizeof(*pairs), compare_pairs);
	return pairs;
}

static void copy_all(struct copier *copier)
{
	const struct vg *from = copier->from;
	struct vg *to = copier->to;

	to->pvs_size = to->pv_count;
	to->lvs_size = to->lv_count;
	to->pvs = arena_calloc(copier->arena, to->pv_count, sizeof(struct pv *));
	to->lvs = arena_calloc(copier->arena, to->lv_count, sizeof(struct lv *));
	if (!to->pvs || !to->lvs) {
		copier->failed = true;
		return;
	}
	copier->pvs = copy_objects(copier, (void *const *)from->pvs, from->pv_count,
				   sizeof(struct pv), (void **)to->pvs);
	copier->lvs = copy_objects(copier, (void *const *)from->lvs, from->lv_count,
				   sizeof(struct lv), (void **)to->lvs);
	for (uint32_t i = 0; !copier->failed && i < to->pv_count; i++)
		copy_pv(copier, to->pvs[i]);
	for (uint32_t i = 0; !copier->failed && i < to->lv_count; i++)
		copy_lv(copier, to->lvs[i]);
	if (!copier->failed)
		copy_vg(copier);
}

struct vg *vg_copy(const struct vg *vg)
{
	struct copier copier = { .from = vg, .scratch = { .limit = VG_ARENA_LIMIT } };
	struct vg *to = vg_new(vg->name);
	struct arena *arena;
	const char *name;

	if (!to)
		return NULL;
	arena = to->arena;
	name = to->name;
	*to = *vg;
	to->arena = arena;
	to->name = name;
	copier.to = to;
	copier.arena = arena;
	copy_all(&copier);
	arena_free(&copier.scratch);
	if (!copier.failed)
		return to;
	vg_free(to);
	return NULL;
}
