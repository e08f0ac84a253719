/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions that can be asked of a VG, and its life. vg_copy() is in vg_copy.c. */
#include "metadata/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/config_text.h"

struct vg *vg_new(const char *name)
{
	struct arena arena = { .limit = VG_ARENA_LIMIT };
	struct vg *vg = arena_new(&arena, struct vg);

	if (!vg || !(vg->name = arena_strdup(&arena, name)) ||
	    !(vg->arena = arena_new(&arena, struct arena))) {
		arena_free(&arena);
		return NULL;
	}
	vg->alloc = ALLOC_NORMAL;
	*vg->arena = arena; /* from here on the arena holds itself */
	return vg;
}

void vg_free(struct vg *vg)
{
	struct arena arena;

	if (!vg)
		return;
	arena = *vg->arena;
	arena_free(&arena);
}

/* Room for one more pointer behind @count; NULL without memory. */
static void *grow(struct arena *arena, void *slots, uint32_t count, uint32_t *size)
{
	uint32_t more = *size ? *size * 2 : 16;
	void *copy;

	if (count < *size)
		return slots;
	if (more < *size || !(copy = arena_calloc(arena, more, sizeof(void *))))
		return NULL;
	if (count)
		memcpy(copy, slots, count * sizeof(void *));
	*size = more;
	return copy;
}

int vg_add_pv(struct vg *vg, struct pv *pv, struct err *err)
{
	struct pv **pvs = grow(vg->arena, vg->pvs, vg->pv_count, &vg->pvs_size);

	if (!pvs)
		return err_set(err, ENOMEM, "Out of memory for volume group %s.", vg->name);
	vg->pvs = pvs;
	vg->pvs[vg->pv_count++] = pv;
	pv->vg = vg;
	return 0;
}

int vg_add_lv(struct vg *vg, struct lv *lv, struct err *err)
{
	struct lv **lvs = grow(vg->arena, vg->lvs, vg->lv_count, &vg->lvs_size);

	if (!lvs)
		return err_set(err, ENOMEM, "Out of memory for volume group %s.", vg->name);
	vg->lvs = lvs;
	vg->lvs[vg->lv_count++] = lv;
	lv->vg = vg;
	return 0;
}

struct lv *vg_find_lv(const struct vg *vg, const char *name)
{
	for (uint32_t i = 0; i < vg->lv_count; i++)
		if (!strcmp(vg->lvs[i]->name, name))
			return vg->lvs[i];
	return NULL;
}

struct lv *vg_find_lv_by_id(const struct vg *vg, const struct uuid *id)
{
	for (uint32_t i = 0; i < vg->lv_count; i++)
		if (uuid_equal(&vg->lvs[i]->id, id))
			return vg->lvs[i];
	return NULL;
}

struct pv *vg_find_pv_by_id(const struct vg *vg, const struct uuid *id)
{
	for (uint32_t i = 0; i < vg->pv_count; i++)
		if (uuid_equal(&vg->pvs[i]->id, id))
			return vg->pvs[i];
	return NULL;
}

uint32_t seg_area_length(const struct seg *seg)
{
	if (seg->type != SEG_STRIPED || !seg->area_count)
		return seg->le_count;
	return seg->le_count / seg->area_count;
}

/* PEs of @pv, or of all PVs when NULL, that @seg uses. */
static uint64_t seg_allocated_count(const struct seg *seg, const struct pv *pv)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < seg->area_count; i++)
		if (seg->areas[i].type == AREA_PV && (!pv || seg->areas[i].pv == pv))
			count += seg_area_length(seg);
	return count;
}

static uint64_t vg_allocated_count(const struct vg *vg, const struct pv *pv)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		for (uint32_t j = 0; j < vg->lvs[i]->seg_count; j++)
			count += seg_allocated_count(&vg->lvs[i]->segs[j], pv);
	return count;
}

uint64_t vg_extent_count(const struct vg *vg)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < vg->pv_count; i++)
		count += vg->pvs[i]->pe_count;
	return count;
}

uint64_t vg_free_count(const struct vg *vg)
{
	return vg_extent_count(vg) - vg_allocated_count(vg, NULL);
}

uint32_t pv_allocated_count(const struct pv *pv)
{
	return (uint32_t)vg_allocated_count(pv->vg, pv);
}

uint32_t vg_visible_lv_count(const struct vg *vg)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		count += lv_is_visible(vg->lvs[i]);
	return count;
}

bool vg_hides_write(const struct vg *vg)
{
	return (vg->system_id && *vg->system_id) ||
	       (vg->lock_type && *vg->lock_type && strcmp(vg->lock_type, "none") != 0);
}

bool lv_is_visible(const struct lv *lv)
{
	if (lv->seg_count && lv->segs[0].type == SEG_OTHER &&
	    !strcmp(lv->segs[0].type_name, "snapshot"))
		return false;
	if (lv->snapshot_origin)
		return !lv->is_merging_snapshot && (lv->snapshot_origin->status & STATUS_VISIBLE ||
						    strstr(lv->snapshot_origin->name, "_vorigin"));
	return lv->status & STATUS_VISIBLE;
}

bool lv_is_operable(const struct lv *lv)
{
	if (lv->user_count || lv->status & (STATUS_PVMOVE | STATUS_LOCKED))
		return false;
	for (uint32_t i = 0; i < lv->seg_count; i++) {
		const struct seg *seg = &lv->segs[i];

		if (seg->type != SEG_STRIPED)
			return false;
		for (uint32_t j = 0; j < seg->area_count; j++)
			if (seg->areas[j].type != AREA_PV)
				return false;
	}
	return true;
}

static bool content_refers_to(const struct cfg_node *list, const struct lv *lv)
{
	for (const struct cfg_node *node = list; node; node = node->next) {
		if (node->is_section && content_refers_to(node->items, lv))
			return true;
		if (node->is_section)
			continue;
		for (const struct cfg_value *value = node->values; value; value = value->next)
			if (cfg_value_reference(value) == &lv->name)
				return true;
	}
	return false;
}

bool seg_refers_to(const struct seg *seg, const struct lv *lv)
{
	for (uint32_t i = 0; i < seg->area_count; i++)
		if (seg->areas[i].type == AREA_LV && seg->areas[i].lv == lv)
			return true;
	return content_refers_to(seg->content, lv);
}

/*
 * LVs seen on a walk: an open-addressed set, so that an LV which many others rest on is looked
 * at once. A walk that runs out of memory says "partial", which only makes us more careful.
 */
struct lv_set {
	const struct lv **slots;
	size_t size, count; /* size is a power of two, or 0 */
};

static const struct lv **set_slot(const struct lv **slots, size_t size, const struct lv *lv)
{
	size_t i = ((uintptr_t)lv >> 4) * (size_t)0x9e3779b97f4a7c15U;

	for (;; i++)
		if (!slots[i & (size - 1)] || slots[i & (size - 1)] == lv)
			return &slots[i & (size - 1)];
}

static bool set_grow(struct lv_set *set)
{
	size_t size = set->size ? set->size * 2 : 64;
	const struct lv **slots = calloc(size, sizeof(const struct lv *));

	if (!slots)
		return false;
	for (size_t i = 0; i < set->size; i++)
		if (set->slots[i])
			*set_slot(slots, size, set->slots[i]) = set->slots[i];
	free(set->slots);
	set->slots = slots;
	set->size = size;
	return true;
}

static bool walk_partial(const struct lv *lv, struct lv_set *seen);

static bool seg_is_partial(const struct seg *seg, struct lv_set *seen)
{
	for (uint32_t i = 0; i < seg->area_count; i++) {
		const struct area *area = &seg->areas[i];

		if (area->type == AREA_PV ? area->pv->status & STATUS_MISSING
					  : walk_partial(area->lv, seen))
			return true;
	}
	for (uint32_t i = 0; i < seg->need_count; i++)
		if (walk_partial(seg->needs[i], seen))
			return true;
	return false;
}

/* Recursion ends: vg_check() lets no LV rest on itself, and bounds the depth. */
static bool walk_partial(const struct lv *lv, struct lv_set *seen)
{
	const struct lv **slot;

	if (seen->count * 2 >= seen->size && !set_grow(seen))
		return true;
	slot = set_slot(seen->slots, seen->size, lv);
	if (*slot)
		return false;
	*slot = lv;
	seen->count++;
	for (uint32_t i = 0; i < lv->seg_count; i++)
		if (seg_is_partial(&lv->segs[i], seen))
			return true;
	return false;
}

/* Most LVs rest on PVs alone: nothing to remember while looking. */
static bool rests_on_lvs(const struct lv *lv)
{
	for (uint32_t i = 0; i < lv->seg_count; i++) {
		const struct seg *seg = &lv->segs[i];

		if (seg->need_count)
			return true;
		for (uint32_t k = 0; k < seg->area_count; k++)
			if (seg->areas[k].type != AREA_PV)
				return true;
	}
	return false;
}

bool lv_is_partial(const struct lv *lv)
{
	struct lv_set seen = { 0 };
	bool partial = false;

	if (rests_on_lvs(lv))
		partial = walk_partial(lv, &seen);
	else
		for (uint32_t i = 0; i < lv->seg_count && !partial; i++)
			partial = seg_is_partial(&lv->segs[i], &seen);
	free(seen.slots);
	return partial;
}

static const char *const policy_names[] = {
	[ALLOC_INHERIT] = "inherit", [ALLOC_CONTIGUOUS] = "contiguous",
	[ALLOC_CLING] = "cling",     [ALLOC_CLING_BY_TAGS] = "cling",
	[ALLOC_NORMAL] = "normal",   [ALLOC_ANYWHERE] = "anywhere",
};

const char *alloc_policy_name(enum alloc_policy policy)
{
	return policy_names[policy];
}

bool alloc_policy_parse(const char *name, enum alloc_policy *ret_policy)
{
	/* LVM2 takes cling_by_tags for cling; whether there are tags is its configuration's. */
	if (!strcmp(name, "cling_by_tags"))
		name = policy_names[ALLOC_CLING];
	for (size_t i = 0; i < sizeof(policy_names) / sizeof(*policy_names); i++) {
		if (strcmp(policy_names[i], name))
			continue;
		*ret_policy = (enum alloc_policy)i;
		return true;
	}
	return false;
}
