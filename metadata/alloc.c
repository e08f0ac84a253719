/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policies are tried in turn, from contiguous to the one allowed; each goes on where the one
 * before stopped. Within a policy space is found in attempts, each giving one piece: an
 * area for every leg (stripe), all cut to the shortest of them.
 *
 * An attempt looks for areas in one of three ways:
 *	by position (contiguous, cling): each leg has a place where it must go on - directly
 *	behind the last segment, or on a PV that it uses already; all legs must find one;
 *	clinging (normal, as long as that works; cling, when an LV's legs cannot all go on by
 *	position): each PV that any leg uses offers an area;
 *	freely: each PV offers an area.
 * Of what is offered the largest win.
 */
#include "metadata/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/alloc_areas.h"
#include "metadata/base/cleanup.h"

/* What an attempt puts on one leg. */
struct slot {
	struct alloc_area *area; /* NULL: empty */
	uint32_t used;
	size_t order; /* of being found, decides between equals */
};

struct allocation {
	const struct lv *lv;
	struct name_list *cling_tags;
	struct arena *arena; /* for pieces */
	struct alloc_maps maps;
	const struct seg *last; /* segment to go on from; NULL unless it has as many legs */
	uint32_t legs;
	uint32_t wanted, done; /* extents over all legs */
	bool can_split;
	bool *leg_uses; /* [leg * maps.count + index of map]: pieces so far */
	struct slot *slots;
	size_t slot_count, slots_size;
	struct alloc_piece *pieces;
	size_t piece_count, pieces_size;
};

/* Where a by-position attempt may look, beyond what directly follows the last segment. */
struct cling {
	bool contiguous_only;
	bool to_pieces; /* PVs of the pieces found before, leg by leg */
	bool by_tags;	/* PVs with a tag in common count as the same */
};

enum verdict { NEXT_PV, NEXT_AREA, FOUND };

static uint32_t needed_per_leg(const struct allocation *a)
{
	return (a->wanted - a->done) / a->legs;
}

static size_t map_index(const struct allocation *a, const struct alloc_map *map)
{
	return (size_t)(map - a->maps.maps);
}

static bool has_tag(const struct pv *pv, const char *name)
{
	for (const struct name_list *tag = pv->tags; tag; tag = tag->next)
		if (!strcmp(tag->name, name))
			return true;
	return false;
}

/* Entries are "@tag", or "@*" for any tag. */
static bool pvs_share_tag(const struct name_list *cling_tags, const struct pv *a,
			  const struct pv *b)
{
	for (const struct name_list *entry = cling_tags; entry; entry = entry->next) {
		const char *name = entry->name[0] == '@' ? entry->name + 1 : entry->name;

		if (!strcmp(name, "*")) {
			for (const struct name_list *tag = a->tags; tag; tag = tag->next)
				if (has_tag(b, tag->name))
					return true;
		} else if (has_tag(a, name) && has_tag(b, name)) {
			return true;
		}
	}
	return false;
}

static void fill_slot(struct allocation *a, uint32_t leg, struct alloc_area *area)
{
	a->slots[leg] = (struct slot){ .area = area, .used = area->left };
	alloc_area_reserve_all(area);
}

static bool follows_last(const struct allocation *a, uint32_t leg, const struct alloc_area *area)
{
	const struct area *end = &a->last->areas[leg];

	return end->type == AREA_PV && end->pv == area->map->pv &&
	       end->start + seg_area_length(a->last) == area->start;
}

/* LVM2 looks at the PVs of the LV's first segment, however many more there are. */
static bool clings_to_lv(const struct allocation *a, uint32_t leg, const struct alloc_area *area,
			 bool by_tags)
{
	const struct seg *first = &a->lv->segs[0];
	const struct area *there = leg < first->area_count ? &first->areas[leg] : NULL;

	if (!there || there->type != AREA_PV)
		return false;
	return by_tags ? pvs_share_tag(a->cling_tags, area->map->pv, there->pv)
		       : there->pv == area->map->pv;
}

static bool clings_to_pieces(const struct allocation *a, uint32_t leg,
			     const struct alloc_area *area, bool by_tags)
{
	const bool *uses = a->leg_uses + leg * a->maps.count;

	if (!by_tags)
		return uses[map_index(a, area->map)];
	for (size_t m = 0; m < a->maps.count; m++)
		if (uses[m] && pvs_share_tag(a->cling_tags, area->map->pv, a->maps.maps[m].pv))
			return true;
	return false;
}

enum place { BEHIND_LAST, ON_LV, ON_PIECES, LIKE_LV, LIKE_PIECES };

/* May @leg go on in @area? */
static bool fits(const struct allocation *a, uint32_t leg, const struct alloc_area *area,
		 enum place place)
{
	switch (place) {
	case BEHIND_LAST:
		return follows_last(a, leg, area);
	case ON_LV:
		return clings_to_lv(a, leg, area, false);
	case LIKE_LV:
		return clings_to_lv(a, leg, area, true);
	case ON_PIECES:
		return clings_to_pieces(a, leg, area, false);
	case LIKE_PIECES:
		return clings_to_pieces(a, leg, area, true);
	}
	return false;
}

/* The first leg whose slot is empty and that may go on in @area; or a->legs. */
static uint32_t find_leg(const struct allocation *a, const struct alloc_area *area,
			 enum place place)
{
	uint32_t leg = 0;

	while (leg < a->legs && (a->slots[leg].area || !fits(a, leg, area, place)))
		leg++;
	return leg;
}

/* May any leg go on in @area? The first segment may have more legs than are to be found now. */
static bool fits_any(const struct allocation *a, const struct alloc_area *area, enum place place)
{
	const bool of_lv = place == ON_LV || place == LIKE_LV;
	const uint32_t legs = of_lv ? a->lv->segs[0].area_count : a->legs;
	uint32_t leg = 0;

	while (leg < legs && !fits(a, leg, area, place))
		leg++;
	return leg < legs;
}

/* Does @area continue what is there? For by-position attempts @ret_leg says which leg. */
static enum verdict find_place(const struct allocation *a, const struct alloc_area *area,
			       const struct cling *cling, uint32_t *ret_leg)
{
	const struct {
		enum place place;
		bool counts;
	} places[] = {
		{ BEHIND_LAST, a->last },
		{ ON_LV, a->last && !cling->contiguous_only },
		{ ON_PIECES, cling->to_pieces },
		{ a->last ? LIKE_LV : LIKE_PIECES, cling->by_tags },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (!places[i].counts)
			continue;
		if (ret_leg ? (*ret_leg = find_leg(a, area, places[i].place)) < a->legs
			    : fits_any(a, area, places[i].place))
			return FOUND;
	}
	/* The other areas of this PV would fare no better, but one may be contiguous. */
	return cling->contiguous_only ? NEXT_AREA : NEXT_PV;
}

/* One area per PV, so legs that share one do not all go on. False, and nothing is spoken for,
 * unless every leg found its place. */
static bool find_by_position(struct allocation *a, const struct cling *cling)
{
	uint32_t filled = 0;

	memset(a->slots, 0, a->legs * sizeof(*a->slots));
	for (size_t m = 0; m < a->maps.count && filled < a->legs; m++) {
		struct alloc_area *area;
		enum verdict verdict = NEXT_AREA;
		uint32_t leg;

		for (area = a->maps.maps[m].first; area && verdict != NEXT_PV; area = area->next) {
			if (!area->left)
				continue;
			verdict = find_place(a, area, cling, &leg);
			if (verdict != FOUND)
				continue;
			fill_slot(a, leg, area);
			filled++;
			verdict = NEXT_PV;
		}
	}
	if (filled == a->legs)
		return true;
	for (uint32_t leg = 0; leg < a->legs; leg++)
		if (a->slots[leg].area)
			alloc_area_unreserve(a->slots[leg].area);
	return false;
}

static void choose(struct allocation *a, size_t slot, struct alloc_area *area)
{
	a->slots[slot] = (struct slot){ .area = area, .order = slot };
	a->slots[slot].used = alloc_area_reserve(area, needed_per_leg(a));
}

/* One area per PV: the first (largest), then any smaller one that is still large enough. */
static void offer_one(struct allocation *a, struct alloc_map *map)
{
	const uint32_t need = needed_per_leg(a);
	bool found = false;

	for (struct alloc_area *area = map->first; area; area = area->next) {
		if (!area->left)
			continue;
		if (area->left < need && (found || !a->can_split))
			return;
		if (!found)
			a->slot_count++;
		found = true;
		choose(a, a->slot_count - 1, area);
	}
}

/* One area per PV that any leg uses: the last of those that the walk meets, whatever its size. */
static void offer_used(struct allocation *a, struct alloc_map *map, const struct cling *cling)
{
	bool found = false;

	for (struct alloc_area *area = map->first; area; area = area->next) {
		if (!area->left)
			continue;
		if (find_place(a, area, cling, NULL) != FOUND)
			return;
		if (!found)
			a->slot_count++;
		found = true;
		choose(a, a->slot_count - 1, area);
	}
}

/* Policy anywhere: every area, and again what is left of them while legs lack one. */
static void offer_anywhere(struct allocation *a)
{
	size_t before;

	do {
		before = a->slot_count;
		for (size_t m = 0; m < a->maps.count && a->slot_count < a->legs; m++) {
			struct alloc_area *area = a->maps.maps[m].first;

			for (; area && a->slot_count < a->slots_size; area = area->next)
				if (area->left)
					choose(a, a->slot_count++, area);
		}
	} while (a->slot_count != before && a->slot_count < a->legs);
}

static int compare_slots(const void *left, const void *right)
{
	const struct slot *a = left, *b = right;

	if (a->used != b->used)
		return a->used > b->used ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* Leave out offers of PVs that have a listed tag in common with one before. */
static void limit_to_one_per_tag(struct allocation *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->slot_count; i++) {
		bool shares = false;

		for (size_t k = 0; k < kept && !shares; k++)
			shares = pvs_share_tag(a->cling_tags, a->slots[k].area->map->pv,
					       a->slots[i].area->map->pv);
		if (!shares)
			a->slots[kept++] = a->slots[i];
	}
	a->slot_count = kept;
}

/* The legs get the largest offers; of equal ones the earlier. @cling: NULL for any PVs. */
static bool find_freely(struct allocation *a, enum alloc_policy policy, const struct cling *cling)
{
	a->slot_count = 0;
	if (policy == ALLOC_ANYWHERE)
		offer_anywhere(a);
	for (size_t m = 0; m < a->maps.count && policy != ALLOC_ANYWHERE; m++) {
		if (cling)
			offer_used(a, &a->maps.maps[m], cling);
		else
			offer_one(a, &a->maps.maps[m]);
	}
	if (a->slot_count < a->legs)
		return false;
	qsort(a->slots, a->slot_count, sizeof(*a->slots), compare_slots);
	if (policy == ALLOC_CONTIGUOUS && a->cling_tags)
		limit_to_one_per_tag(a);
	return a->slot_count >= a->legs;
}

static int grow_pieces(struct allocation *a, struct err *err)
{
	const size_t size = a->pieces_size ? a->pieces_size * 2 : 4;
	struct alloc_piece *pieces;

	if (a->piece_count < a->pieces_size)
		return 0;
	if (!(pieces = arena_calloc(a->arena, size, sizeof(*pieces))))
		return err_set(err, ENOMEM, "Out of memory for allocated areas.");
	if (a->piece_count)
		memcpy(pieces, a->pieces, a->piece_count * sizeof(*pieces));
	a->pieces = pieces;
	a->pieces_size = size;
	return 0;
}

/* Make a piece of what the slots hold. */
static int take_slots(struct allocation *a, struct err *err)
{
	uint32_t length = needed_per_leg(a);
	struct area *areas;
	int rc;

	if ((rc = grow_pieces(a, err)))
		return rc;
	if (!(areas = arena_calloc(a->arena, a->legs, sizeof(*areas))))
		return err_set(err, ENOMEM, "Out of memory for allocated areas.");
	for (uint32_t leg = 0; leg < a->legs; leg++)
		if (length > a->slots[leg].used)
			length = a->slots[leg].used;
	for (uint32_t leg = 0; leg < a->legs; leg++) {
		struct alloc_area *area = a->slots[leg].area;

		areas[leg].type = AREA_PV;
		areas[leg].pv = area->map->pv;
		areas[leg].start = area->start;
		a->leg_uses[leg * a->maps.count + map_index(a, area->map)] = true;
		alloc_area_take(&a->maps, area, length);
	}
	a->pieces[a->piece_count++] = (struct alloc_piece){ length * a->legs, areas };
	a->done += length * a->legs;
	return 0;
}

/* Where a policy looks, and how. */
struct pass {
	enum alloc_policy policy;
	bool by_position;
	bool clinging; /* when not all legs can go on by position */
	struct cling cling;
};

static struct pass pass_of(const struct allocation *a, enum alloc_policy policy)
{
	const bool normal = policy == ALLOC_NORMAL;
	const bool clinging = policy == ALLOC_CLING || policy == ALLOC_CLING_BY_TAGS;

	return (struct pass){ .policy = policy,
			      .by_position = clinging || (policy == ALLOC_CONTIGUOUS && a->last),
			      .clinging = clinging && a->last,
			      .cling = { .contiguous_only = policy == ALLOC_CONTIGUOUS,
					 .to_pieces = normal || (clinging && !a->last),
					 .by_tags = policy == ALLOC_CLING_BY_TAGS } };
}

/* @stay: on the PVs in use (policy normal). */
static bool attempt(struct allocation *a, const struct pass *pass, bool stay)
{
	alloc_maps_unreserve(&a->maps);
	if (!pass->by_position)
		return find_freely(a, pass->policy, stay ? &pass->cling : NULL);
	return find_by_position(a, &pass->cling) ||
	       (pass->clinging && find_freely(a, pass->policy, &pass->cling));
}

/* Pieces of one policy, until all is found or nothing more. */
static int try_policy(struct allocation *a, enum alloc_policy policy, struct err *err)
{
	const struct pass pass = pass_of(a, policy);
	const bool normal = policy == ALLOC_NORMAL;
	bool stay = normal; /* as long as that can be */
	int rc;

	do {
		const bool found = attempt(a, &pass, stay);

		if (found && (rc = take_slots(a, err)))
			return rc;
		if (!found && !stay)
			break;
		stay = normal && found;
	} while (policy != ALLOC_CONTIGUOUS && a->done < a->wanted && a->can_split);
	return 0;
}

static int check_free(const struct allocation *a, struct err *err)
{
	const uint32_t needed = a->wanted - a->done;

	if (needed <= a->maps.free)
		return 0;
	return err_set(err, ENOSPC,
		       "Insufficient free space: %u extents needed, but only %llu available",
		       needed, (unsigned long long)a->maps.free);
}

static int try_policies(struct allocation *a, enum alloc_policy allowed, bool approximate,
			struct err *err)
{
	int rc;

	for (enum alloc_policy policy = ALLOC_CONTIGUOUS; policy <= allowed; policy++) {
		const uint32_t before = a->done;

		if (policy == ALLOC_CLING_BY_TAGS && !a->cling_tags)
			continue;
		if (!approximate && (rc = check_free(a, err)))
			return rc;
		if ((rc = try_policy(a, policy, err)))
			return rc;
		if (a->done == a->wanted || (!a->can_split && a->done != before))
			break;
	}
	if (a->done == a->wanted || (approximate && (a->done || a->lv->le_count)))
		return 0;
	if (approximate)
		return err_set(err, ENOSPC,
			       "Insufficient suitable %sallocatable extents found for logical "
			       "volume %s.",
			       a->can_split ? "" : "contiguous ", a->lv->name);
	return err_set(err, ENOSPC,
		       "Insufficient suitable %sallocatable extents for logical volume %s: "
		       "%u more required",
		       a->can_split ? "" : "contiguous ", a->lv->name, a->wanted - a->done);
}

static enum alloc_policy effective_policy(const struct vg *vg, const struct lv *lv,
					  const struct alloc_where *where)
{
	enum alloc_policy policy = where->policy;

	if (policy == ALLOC_INHERIT)
		policy = lv->alloc;
	if (policy == ALLOC_INHERIT)
		policy = vg->alloc;
	/* cling_by_tags does nothing unless tags are configured. */
	return policy == ALLOC_CLING ? ALLOC_CLING_BY_TAGS : policy;
}

static int prepare(struct allocation *a, struct arena *scratch, struct err *err)
{
	a->slots_size = a->maps.area_count + a->legs;
	a->slots = arena_calloc(scratch, a->slots_size, sizeof(*a->slots));
	a->leg_uses = arena_calloc(scratch, a->legs, a->maps.count * sizeof(*a->leg_uses));
	if (!a->slots || !a->leg_uses)
		return err_set(err, ENOMEM, "Out of memory for free areas.");
	return 0;
}

int alloc_extents(struct vg *vg, const struct lv *lv, uint32_t le_count, uint32_t stripes,
		  const struct alloc_where *where, struct alloc_piece **ret_pieces,
		  size_t *ret_count, struct err *err)
{
	AUTO_ARENA struct arena scratch = { .limit = VG_ARENA_LIMIT };
	const enum alloc_policy policy = effective_policy(vg, lv, where);
	const struct seg *last = lv->seg_count ? &lv->segs[lv->seg_count - 1] : NULL;
	struct allocation a = { .lv = lv,
				.cling_tags = where->cling_tags,
				.arena = vg->arena,
				.last = last && last->type == SEG_STRIPED &&
							last->area_count == stripes
						? last
						: NULL,
				.legs = stripes,
				.wanted = le_count,
				.can_split = policy != ALLOC_CONTIGUOUS };
	int rc;

	if (!stripes || !le_count || le_count % stripes)
		return err_set(err, EINVAL, "%u extents cannot be spread over %u stripes.",
			       le_count, stripes);
	if ((rc = alloc_maps_build(vg, where, &scratch, &a.maps, err)) ||
	    (rc = prepare(&a, &scratch, err)) ||
	    (rc = try_policies(&a, policy, where->approximate, err)))
		return rc;
	*ret_pieces = a.pieces;
	*ret_count = a.piece_count;
	return 0;
}

uint64_t alloc_free_count(const struct vg *vg, const struct alloc_where *where)
{
	AUTO_ARENA struct arena scratch = { .limit = VG_ARENA_LIMIT };
	struct alloc_maps maps;

	return alloc_maps_build(vg, where, &scratch, &maps, NULL) ? 0 : maps.free;
}

int alloc_count_pvs(const struct vg *vg, const struct alloc_where *where, size_t *ret_count,
		    struct err *err)
{
	AUTO_ARENA struct arena scratch = { .limit = VG_ARENA_LIMIT };
	struct alloc_maps maps;
	int rc;

	if ((rc = alloc_maps_build(vg, where, &scratch, &maps, err)))
		return rc;
	if (where->pvs && !maps.pvs_with_space)
		return err_set(err, ENOSPC, "No specified PVs have space available.");
	*ret_count = where->pvs ? maps.pvs_with_space : vg->pv_count;
	return 0;
}
