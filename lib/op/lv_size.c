/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/op/lv_size.h"

#include <errno.h>

#include "lib/config.h"
#include "lib/op/tags.h"
#include "lib/pv_argument.h"

#define STRIPE_SIZE_MIN_SECTORS 8 /* a page of 4 KiB */

/* ---- where ---- */

/* PVs that a command allows, each once, in the order of their first argument. */
struct allowed {
	struct alloc_pv *pvs;
	size_t count;
};

static struct alloc_pv *allowed_entry(struct allowed *allowed, struct pv *pv)
{
	for (size_t i = 0; i < allowed->count; i++)
		if (allowed->pvs[i].pv == pv)
			return &allowed->pvs[i];
	allowed->pvs[allowed->count] = (struct alloc_pv){ .pv = pv };
	return &allowed->pvs[allowed->count++];
}

/* LVM2 leaves it out at once, whatever is to be done. */
static bool is_full(const struct session *session, const struct pv *pv, const char *name)
{
	if (pv_allocated_count(pv) < pv->pe_count)
		return false;
	ctx_warn(session->context, "WARNING: No free extents on physical volume \"%s\".", name);
	return true;
}

static int allow_named(const struct session *session, const char *text, struct arena *arena,
		       struct allowed *allowed, struct err *err)
{
	const struct device *device;
	const struct pv_disk *disk;
	struct pv_argument argument;
	struct pv *pv = NULL;
	int rc;

	if ((rc = pv_argument_parse(text, arena, &argument, err)))
		return rc;
	if ((device = device_find(session->scan->devices, argument.name)) &&
	    (disk = scan_find_pv_on(session->scan, device)))
		pv = vg_find_pv_by_id(session->vg, &disk->header.id);
	if (!pv)
		return err_set(err, ENOENT,
			       "Physical Volume \"%s\" not found in Volume Group \"%s\".",
			       argument.name, session->vg->name);
	if (!(pv->status & STATUS_ALLOCATABLE)) {
		ctx_warn(session->context, "WARNING: Physical volume %s not allocatable.",
			 argument.name);
		return 0;
	}
	if (is_full(session, pv, argument.name))
		return 0;
	return pv_argument_allow(&argument, argument.name, arena, allowed_entry(allowed, pv), err);
}

static int allow_tagged(const struct session *session, const char *tag, struct arena *arena,
			struct allowed *allowed, struct err *err)
{
	const struct pv_argument whole = { .name = tag };
	int rc = 0;

	for (uint32_t i = 0; !rc && i < session->vg->pv_count; i++) {
		struct pv *pv = session->vg->pvs[i];

		if (tags_have(pv->tags, tag) && !is_full(session, pv, pv->device_hint))
			rc = pv_argument_allow(&whole, pv->device_hint, arena,
					       allowed_entry(allowed, pv), err);
	}
	return rc;
}

int lv_where(const struct session *session, const char *const *names, size_t count,
	     enum alloc_policy policy, struct arena *arena, struct alloc_where *ret_where,
	     struct err *err)
{
	struct allowed allowed = { .pvs = arena_calloc(arena, (size_t)session->vg->pv_count + 1,
						       sizeof(*allowed.pvs)) };
	int rc = 0;

	*ret_where = (struct alloc_where){ .policy = policy };
	if (!count)
		return 0;
	if (!allowed.pvs)
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; !rc && i < count; i++)
		rc = *names[i] == '@' ? allow_tagged(session, names[i], arena, &allowed, err)
				      : allow_named(session, names[i], arena, &allowed, err);
	if (rc)
		return rc;
	if (!allowed.count)
		return err_set(err, ENOSPC, "No specified PVs have space available.");
	ret_where->pvs = allowed.pvs;
	ret_where->pv_count = allowed.count;
	return 0;
}

/* ---- how much ---- */

static int check_limit(const struct vg *vg, uint64_t extents, struct err *err)
{
	char size[SIZE_TEXT_MAX], extent[SIZE_TEXT_MAX], limit[SIZE_TEXT_MAX];

	if (extents <= EXTENTS_MAX)
		return 0;
	return err_set(err, EFBIG,
		       "Volume too large (%s) for extent size %s. Upper limit is less than %s.",
		       size_format(extents * vg->extent_size, size),
		       size_format(vg->extent_size, extent),
		       size_format((uint64_t)EXTENTS_MAX * vg->extent_size, limit));
}

/*
 * What a percentage is of, in extents; @lv NULL for a new LV. As LVM2 has it: of what is free in
 * the VG wherever the LV may go, but with %PVS of what is free where it may go.
 */
static int percent_base(const struct session *session, const struct lv *lv,
			const struct size_arg *size, const struct alloc_where *where,
			uint64_t *ret_base, struct err *err)
{
	switch (size->percent_of) {
	case PERCENT_VG:
		*ret_base = vg_extent_count(session->vg);
		return 0;
	case PERCENT_FREE:
		*ret_base = vg_free_count(session->vg);
		return 0;
	case PERCENT_PVS:
		*ret_base = where->pvs ? alloc_free_count(session->vg, where)
				       : vg_extent_count(session->vg);
		return 0;
	case PERCENT_LV:
		if (!lv)
			return err_set(err, EINVAL,
				       "Please express size as %%VG, %%PVS, or %%FREE.");
		*ret_base = lv->le_count;
		return 0;
	case PERCENT_ORIGIN:
	case PERCENT_NONE:
		break;
	}
	return err_set(err, EINVAL, "%%ORIGIN is for snapshots only.");
}

static uint64_t part_of(uint64_t base, uint64_t percent, bool round_up)
{
	const uint64_t whole = base / 100, rest = base % 100;

	/* 128 bits would do as well; this cannot overflow for the percentages that the parser
	 * takes. */
	return whole * percent + (rest * percent + (round_up ? 99 : 0)) / 100;
}

static int new_percent(const struct session *session, const struct size_arg *size,
		       struct alloc_where *where, uint64_t *ret_count, struct err *err)
{
	const uint64_t free_count = vg_free_count(session->vg);
	char text[SIZE_TEXT_MAX];
	uint64_t base;
	int rc;

	if ((rc = percent_base(session, NULL, size, where, &base, err)))
		return rc;
	*ret_count = part_of(base, size->extents, false);
	where->approximate = true;
	if (*ret_count <= free_count || size->percent_of == PERCENT_PVS)
		return 0;
	*ret_count = free_count;
	if (size->percent_of == PERCENT_VG)
		ctx_print(session->context, "Reducing %llu%%VG to remaining free space %s in VG.",
			  (unsigned long long)size->extents,
			  size_format(free_count * session->vg->extent_size, text));
	return 0;
}

static void to_stripe_boundary(const struct session *session, uint32_t stripes, bool may_grow,
			       uint64_t *count)
{
	const uint64_t rest = stripes > 1 ? *count % stripes : 0;
	const uint64_t rounded = may_grow ? *count - rest + stripes : *count - rest;
	char from[SIZE_TEXT_MAX], to[SIZE_TEXT_MAX];

	if (!rest)
		return;
	ctx_print(session->context,
		  "Rounding size %s (%llu extents) %s to stripe boundary size %s (%llu extents).",
		  size_format(*count * session->vg->extent_size, from), (unsigned long long)*count,
		  may_grow ? "up" : "down", size_format(rounded * session->vg->extent_size, to),
		  (unsigned long long)rounded);
	*count = rounded;
}

/* Is there room for so many extents, rounded up to whole stripes? */
static bool fits(const struct vg *vg, uint64_t count, uint32_t stripes)
{
	return (count + stripes - 1) / stripes * stripes <= vg_free_count(vg);
}

int lv_new_extents(const struct session *session, const struct size_arg *size, uint32_t stripes,
		   struct alloc_where *where, uint32_t *ret_count, struct err *err)
{
	const struct vg *vg = session->vg;
	char text[SIZE_TEXT_MAX];
	uint64_t count = size->extents;
	int rc;

	if (size->percent_of != PERCENT_NONE) {
		if ((rc = new_percent(session, size, where, &count, err)))
			return rc;
	} else if (!size->is_extents) {
		count = size->sectors / vg->extent_size + !!(size->sectors % vg->extent_size);
		if (size->sectors % vg->extent_size)
			ctx_print(session->context, "Rounding up size to full physical extent %s",
				  size_format(count * vg->extent_size, text));
	}
	if ((rc = check_limit(vg, count, err)))
		return rc;
	to_stripe_boundary(session, stripes, !where->approximate || fits(vg, count, stripes),
			   &count);
	if (!count)
		return err_set(
			err, ENOSPC,
			"Calculated size of logical volume is 0 extents. Needs to be larger.");
	if (!where->approximate && count > vg_free_count(vg))
		return err_set(
			err, ENOSPC,
			"Volume group \"%s\" has insufficient free space (%llu extents): %llu "
			"required.",
			vg->name, (unsigned long long)vg_free_count(vg), (unsigned long long)count);
	*ret_count = (uint32_t)count;
	return 0;
}

/* Extents that the argument stands for, before its sign is applied. */
static int resize_amount(const struct session *session, const struct lv *lv,
			 const struct size_arg *size, const struct alloc_where *where,
			 uint64_t *ret_count, struct err *err)
{
	const uint32_t extent_size = session->vg->extent_size;
	const bool up = size->sign != SIZE_MINUS;
	char text[SIZE_TEXT_MAX];
	uint64_t base;
	int rc;

	if (size->percent_of != PERCENT_NONE) {
		if ((rc = percent_base(session, lv, size, where, &base, err)))
			return rc;
		*ret_count = part_of(base, size->extents, up);
		return 0;
	}
	if (size->is_extents) {
		*ret_count = size->extents;
		return 0;
	}
	*ret_count = size->sectors / extent_size;
	if (!(size->sectors % extent_size))
		return 0;
	*ret_count += up;
	ctx_print(session->context, "Rounding size to boundary between physical extents: %s.",
		  size_format(*ret_count * extent_size, text));
	return 0;
}

/* What is asked for in all is at most what there is. */
static void cap_total(const struct session *session, const struct lv *lv,
		      const struct size_arg *size, uint64_t *count)
{
	const uint64_t most = lv->le_count + vg_free_count(session->vg);
	char text[SIZE_TEXT_MAX];

	if (*count <= most)
		return;
	*count = most;
	if (size->percent_of == PERCENT_VG)
		ctx_print(session->context, "Reducing %llu%%VG to remaining free space %s in VG.",
			  (unsigned long long)size->extents,
			  size_format(most * session->vg->extent_size, text));
}

int lv_resized_extents(const struct session *session, const struct lv *lv,
		       const struct size_arg *size, struct alloc_where *where, uint32_t *ret_count,
		       struct err *err)
{
	uint64_t count;
	int rc;

	if ((rc = resize_amount(session, lv, size, where, &count, err)))
		return rc;
	if (size->sign == SIZE_PLUS) {
		count += lv->le_count;
	} else if (size->sign == SIZE_MINUS) {
		if (count >= lv->le_count)
			return err_set(err, ENOSPC, "Unable to reduce %s/%s below 1 extent.",
				       session->vg->name, lv->name);
		count = lv->le_count - count;
	}
	where->approximate = size->percent_of == PERCENT_FREE ||
			     (size->sign == SIZE_SET &&
			      (size->percent_of == PERCENT_VG || size->percent_of == PERCENT_PVS));
	if (where->approximate)
		cap_total(session, lv, size, &count);
	if ((rc = check_limit(session->vg, count, err)))
		return rc;
	if (!count)
		return err_set(err, ENOSPC, "New size of 0 not permitted.");
	*ret_count = (uint32_t)count;
	return 0;
}

/* Extents that are too many for whole stripes, and how many stripes there are. */
static uint32_t stripe_rest(const struct lv *lv, uint32_t stripes, uint32_t count,
			    uint32_t *ret_stripes)
{
	*ret_stripes = stripes;
	if (count >= lv->le_count)
		return (count - lv->le_count) % stripes;
	for (uint32_t i = 0; i < lv->seg_count; i++) {
		const struct seg *seg = &lv->segs[i];

		if (count > seg->le_start + seg->le_count)
			continue;
		*ret_stripes = seg->area_count ? seg->area_count : 1;
		return (count - seg->le_start) % *ret_stripes;
	}
	return 0;
}

bool lv_round_to_stripes(const struct session *session, const struct lv *lv, uint32_t stripes,
			 uint32_t *count)
{
	const uint32_t rest = stripe_rest(lv, stripes, *count, &stripes);
	const uint64_t up = (uint64_t)*count - rest + stripes;
	const bool may_grow =
		up <= lv->le_count ||
		(up <= EXTENTS_MAX && up - lv->le_count <= vg_free_count(session->vg));

	if (!rest)
		return false;
	if (may_grow)
		ctx_print(session->context,
			  "Rounding size (%u extents) up to stripe boundary size for segment (%llu "
			  "extents).",
			  *count, (unsigned long long)up);
	else
		ctx_print(session->context,
			  "Rounding size (%u extents) down to stripe boundary size for segment (%u "
			  "extents)",
			  *count, *count - rest);
	*count = may_grow ? (uint32_t)up : *count - rest;
	return true;
}

uint64_t lv_default_stripe_size(const struct session *session)
{
	return (uint64_t)config_int(session->context->config, "metadata/stripesize") * 2;
}

int lv_check_stripe_size(const struct session *session, uint64_t size, uint32_t *ret_size,
			 struct err *err)
{
	char text[SIZE_TEXT_MAX], limit[SIZE_TEXT_MAX];

	if (size < STRIPE_SIZE_MIN_SECTORS || size & (size - 1))
		return err_set(err, EINVAL, "Invalid stripe size %s.", size_format(size, text));
	if (size > session->vg->extent_size) {
		ctx_print(session->context,
			  "Reducing requested stripe size %s to maximum, physical extent size %s.",
			  size_format(size, text), size_format(session->vg->extent_size, limit));
		size = session->vg->extent_size;
	}
	*ret_size = (uint32_t)size;
	return 0;
}
