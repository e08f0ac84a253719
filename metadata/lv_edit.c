/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Edits of LVs: create, extend, reduce, remove, rename.
 *
 * Everything that can fail is done first (space chosen, memory taken); then the VG is changed.
 * The array of segments of an LV that grows is a new one: pointers into the old one die.
 */
#include "metadata/edit.h"

#include <errno.h>
#include <string.h>

#include "metadata/names.h"

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "Out of memory for a change of a logical volume.");
}

/* What names.h cannot see: the length together with the VG's name, and other LVs. */
static int check_new_name(const struct vg *vg, const char *name, struct err *err)
{
	const size_t length = strlen(vg->name) + 1 + strlen(name);
	int rc;

	if ((rc = lv_name_check(name, err)))
		return rc;
	if (length > NAME_MAX_LENGTH)
		return err_set(err, ENAMETOOLONG,
			       "Internal error: LV name \"%s/%s\" length %zu is not supported.",
			       vg->name, name, length);
	if (vg_find_lv(vg, name))
		return err_set(err, EEXIST,
			       "Logical Volume \"%s\" already exists in volume group \"%s\"", name,
			       vg->name);
	return 0;
}

static bool are_adjacent(const struct seg *first, const struct seg *second)
{
	const uint32_t length = seg_area_length(first);

	for (uint32_t a = 0; a < first->area_count; a++) {
		const struct area *end = &first->areas[a], *start = &second->areas[a];

		if (end->type != AREA_PV || start->type != AREA_PV || end->pv != start->pv ||
		    end->start + length != start->start)
			return false;
	}
	return true;
}

static bool same_tags(const struct name_list *a, const struct name_list *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (strcmp(a->name, b->name))
			return false;
	return !a && !b;
}

static bool can_merge(const struct seg *first, const struct seg *second)
{
	return first->type == SEG_STRIPED && second->type == SEG_STRIPED &&
	       first->area_count == second->area_count &&
	       first->stripe_size == second->stripe_size && !first->content && !second->content &&
	       same_tags(first->tags, second->tags) && are_adjacent(first, second);
}

static void merge_segments(struct lv *lv)
{
	uint32_t kept = 0;

	for (uint32_t s = 1; s < lv->seg_count; s++) {
		if (can_merge(&lv->segs[kept], &lv->segs[s]))
			lv->segs[kept].le_count += lv->segs[s].le_count;
		else
			lv->segs[++kept] = lv->segs[s];
	}
	lv->seg_count = lv->seg_count ? kept + 1 : 0;
}

/* Append @pieces to @lv. Changes nothing when it fails. */
static int add_pieces(struct lv *lv, const struct alloc_piece *pieces, size_t piece_count,
		      uint32_t stripes, uint32_t stripe_size, struct err *err)
{
	struct seg *segs;

	if (piece_count > UINT32_MAX - lv->seg_count)
		return err_set(err, EOVERFLOW, "Logical volume %s would get too many segments.",
			       lv->name);
	segs = arena_calloc(lv->vg->arena, lv->seg_count + piece_count, sizeof(*segs));
	if (!segs)
		return no_memory(err);
	if (lv->seg_count)
		memcpy(segs, lv->segs, lv->seg_count * sizeof(*segs));
	lv->segs = segs;
	for (size_t p = 0; p < piece_count; p++) {
		lv->segs[lv->seg_count++] =
			(struct seg){ .lv = lv,
				      .le_start = lv->le_count,
				      .le_count = pieces[p].le_count,
				      .type = SEG_STRIPED,
				      .type_name = "striped",
				      .stripe_size = stripes > 1 ? stripe_size : 0,
				      .area_count = stripes,
				      .areas = pieces[p].areas };
		lv->le_count += pieces[p].le_count;
	}
	merge_segments(lv);
	return 0;
}

static int copy_names(struct arena *arena, const struct name_list *list, struct name_list **copy)
{
	for (; list; list = list->next) {
		struct name_list *entry = arena_new(arena, struct name_list);

		if (!entry || !(entry->name = arena_strdup(arena, list->name)))
			return -ENOMEM;
		*copy = entry;
		copy = &entry->next;
	}
	return 0;
}

static uint32_t lv_status(const struct lv_spec *spec)
{
	return STATUS_READ | STATUS_VISIBLE | (spec->read_only ? 0 : STATUS_WRITE) |
	       (spec->minor >= 0 ? STATUS_FIXED_MINOR : 0) | spec->flags;
}

static struct lv *new_lv(struct vg *vg, const struct lv_spec *spec, const char *name)
{
	struct lv *lv = arena_new(vg->arena, struct lv);

	if (!lv)
		return NULL;
	*lv = (struct lv){ .vg = vg,
			   .name = arena_strdup(vg->arena, name),
			   .id = spec->id,
			   .status = lv_status(spec),
			   .alloc = spec->alloc,
			   .creation_time = spec->creation_time,
			   .read_ahead = spec->read_ahead,
			   .major = spec->major,
			   .minor = spec->minor };
	if (spec->creation_host &&
	    !(lv->creation_host = arena_strdup(vg->arena, spec->creation_host)))
		return NULL;
	if (!lv->name || copy_names(vg->arena, spec->tags, &lv->tags))
		return NULL;
	return lv;
}

static int check_create(const struct vg *vg, const struct lv_spec *spec,
			const struct alloc_where *where, struct err *err)
{
	const uint64_t free_count = vg_free_count(vg);
	size_t pv_count;
	int rc;

	if ((rc = alloc_count_pvs(vg, where, &pv_count, err)))
		return rc;
	if (vg->max_lv && vg_visible_lv_count(vg) >= vg->max_lv)
		return err_set(err, ENOSPC,
			       "Maximum number of logical volumes (%u) reached in volume group %s",
			       vg->max_lv, vg->name);
	if (spec->stripes > pv_count && where->policy != ALLOC_ANYWHERE)
		return err_set(err, ENOSPC,
			       "Number of stripes (%u) must not exceed number of physical "
			       "volumes (%zu)",
			       spec->stripes, pv_count);
	if (spec->le_count > free_count && !where->approximate)
		return err_set(err, ENOSPC,
			       "Volume group \"%s\" has insufficient free space (%llu extents): %u "
			       "required.",
			       vg->name, (unsigned long long)free_count, spec->le_count);
	return 0;
}

int lv_edit_create(struct vg *vg, const struct lv_spec *spec, const struct alloc_where *where,
		   struct lv **ret_lv, struct err *err)
{
	const char *name = spec->name ? spec->name : lv_default_name(vg);
	struct alloc_piece *pieces;
	size_t piece_count;
	struct lv *lv;
	int rc;

	if (!name)
		return no_memory(err);
	if ((rc = check_new_name(vg, name, err)) || (rc = check_create(vg, spec, where, err)))
		return rc;
	if (!(lv = new_lv(vg, spec, name)))
		return no_memory(err);
	if ((rc = alloc_extents(vg, lv, spec->le_count, spec->stripes, where, &pieces, &piece_count,
				err)) ||
	    (rc = add_pieces(lv, pieces, piece_count, spec->stripes, spec->stripe_size, err)) ||
	    (rc = vg_add_lv(vg, lv, err)))
		return rc;
	*ret_lv = lv;
	return 0;
}

static int check_operable(const struct lv *lv, struct err *err)
{
	if (lv_is_operable(lv))
		return 0;
	return err_set(err, ENOTSUP, "Logical volume %s/%s is not linear or striped.", lv->vg->name,
		       lv->name);
}

int lv_edit_extend_striped(struct lv *lv, uint32_t le_count, uint32_t stripes, uint32_t stripe_size,
			   const struct alloc_where *where, struct err *err)
{
	struct alloc_piece *pieces;
	size_t piece_count, pv_count;
	int rc;

	if ((rc = check_operable(lv, err)))
		return rc;
	if (le_count <= lv->le_count)
		return err_set(err, EINVAL,
			       "New size given (%u extents) not larger than existing size (%u "
			       "extents)",
			       le_count, lv->le_count);
	if ((rc = alloc_count_pvs(lv->vg, where, &pv_count, err)))
		return rc;
	if ((rc = alloc_extents(lv->vg, lv, le_count - lv->le_count, stripes, where, &pieces,
				&piece_count, err)))
		return rc;
	return add_pieces(lv, pieces, piece_count, stripes, stripe_size, err);
}

int lv_edit_extend(struct lv *lv, uint32_t le_count, const struct alloc_where *where,
		   struct err *err)
{
	const struct seg *last;
	int rc;

	if ((rc = check_operable(lv, err)))
		return rc;
	last = &lv->segs[lv->seg_count - 1];
	return lv_edit_extend_striped(lv, le_count, last->area_count, last->stripe_size, where,
				      err);
}

int lv_edit_reduce(struct lv *lv, uint32_t le_count, struct err *err)
{
	uint32_t kept = 0;
	struct seg *cut;
	int rc;

	if ((rc = check_operable(lv, err)))
		return rc;
	if (!le_count)
		return err_set(err, EINVAL, "Unable to reduce %s/%s below 1 extent.", lv->vg->name,
			       lv->name);
	if (le_count >= lv->le_count)
		return err_set(err, EINVAL,
			       "New size given (%u extents) not less than existing size (%u "
			       "extents)",
			       le_count, lv->le_count);
	while (lv->segs[kept].le_start + lv->segs[kept].le_count < le_count)
		kept++;
	cut = &lv->segs[kept];
	if ((le_count - cut->le_start) % cut->area_count)
		return err_set(err, EINVAL,
			       "Size (%u extents) of logical volume %s/%s cuts a stripe in two.",
			       le_count, lv->vg->name, lv->name);
	cut->le_count = le_count - cut->le_start;
	lv->seg_count = kept + 1;
	lv->le_count = le_count;
	return 0;
}

static const struct lv *find_user(const struct lv *lv)
{
	for (uint32_t l = 0; l < lv->vg->lv_count; l++) {
		const struct lv *other = lv->vg->lvs[l];

		for (uint32_t s = 0; other != lv && s < other->seg_count; s++)
			if (seg_refers_to(&other->segs[s], lv))
				return other;
	}
	return NULL;
}

int lv_edit_remove(struct lv *lv, struct err *err)
{
	struct vg *vg = lv->vg;
	const struct lv *user = find_user(lv);
	uint32_t i = 0;
	int rc;

	if (user)
		return err_set(err, EBUSY,
			       "Can't remove logical volume %s/%s: it is used by logical volume "
			       "%s.",
			       vg->name, lv->name, user->name);
	if ((rc = check_operable(lv, err)))
		return rc;
	while (i < vg->lv_count && vg->lvs[i] != lv)
		i++;
	if (i == vg->lv_count)
		return err_set(err, ENOENT, "Logical volume %s not found in volume group %s.",
			       lv->name, vg->name);
	vg->lv_count--;
	memmove(vg->lvs + i, vg->lvs + i + 1, (vg->lv_count - i) * sizeof(struct lv *));
	return 0;
}

int lv_edit_rename(struct lv *lv, const char *name, struct err *err)
{
	const char *copy;
	int rc;

	if ((rc = check_new_name(lv->vg, name, err)))
		return rc;
	if (!(copy = arena_strdup(lv->vg->arena, name)))
		return no_memory(err);
	/* Kept segments that name this LV refer to lv->name, see seg_refers_to(). */
	lv->name = copy;
	return 0;
}
