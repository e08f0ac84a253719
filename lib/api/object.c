/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles of LVs, PVs and segments: one for each object of a VG handle, found by its id. */
#include <errno.h>
#include <search.h>
#include <string.h>

#include "lib/api/handle.h"

static int compare_lvs(const void *a, const void *b)
{
	const struct logical_volume *left = a, *right = b;

	return memcmp(left->id.text, right->id.text, UUID_LENGTH);
}

static int compare_pvs(const void *a, const void *b)
{
	const struct physical_volume *left = a, *right = b;

	return memcmp(left->id.text, right->id.text, UUID_LENGTH);
}

/* A new object of @vg; NULL and ENOMEM. */
static void *new_object(struct volume_group *vg, size_t size, enum handle_type type)
{
	struct handle *object = arena_calloc(&vg->arena, 1, size);

	if (!object || handle_register(object, type, vg->handle.library)) {
		(void)api_error(vg->handle.library, ENOMEM, "Out of memory.");
		return NULL;
	}
	object->next = vg->objects;
	vg->objects = object;
	return object;
}

static void *in_tree(struct volume_group *vg, void *object, void **tree,
		     int (*compare)(const void *, const void *))
{
	if (object && !tsearch(object, tree, compare)) {
		(void)api_error(vg->handle.library, ENOMEM, "Out of memory.");
		return NULL;
	}
	return object;
}

struct logical_volume *lv_handle(struct volume_group *vg, const struct lv *lv)
{
	struct logical_volume key = { .id = lv->id }, *object;
	void *found = tfind(&key, &vg->lvs, compare_lvs);

	if (found)
		return *(struct logical_volume **)found;
	if ((object = new_object(vg, sizeof(*object), HANDLE_LV))) {
		object->id = lv->id;
		object->vg = vg;
	}
	return in_tree(vg, object, &vg->lvs, compare_lvs);
}

struct physical_volume *pv_handle(struct volume_group *vg, const struct pv *pv)
{
	struct physical_volume key = { .id = pv->id }, *object;
	void *found = tfind(&key, &vg->pvs, compare_pvs);

	if (found)
		return *(struct physical_volume **)found;
	if ((object = new_object(vg, sizeof(*object), HANDLE_PV))) {
		object->id = pv->id;
		object->vg = vg;
	}
	return in_tree(vg, object, &vg->pvs, compare_pvs);
}

void lv_handle_forget(struct logical_volume *lv)
{
	(void)tdelete(lv, &lv->vg->lvs, compare_lvs);
	handle_forget(&lv->handle);
}

struct lv *lv_of(struct logical_volume *lv)
{
	struct vg *model = lv->vg->session.vg;
	struct lv *found = model ? vg_find_lv_by_id(model, &lv->id) : NULL;

	if (!found)
		(void)api_error(lv->handle.library, EINVAL, "The logical volume is no more.");
	return found;
}

/* ---- lists of a VG ---- */

struct dm_list *lvm_vg_list_lvs(vg_t vg)
{
	struct lvm_lv_list *item;
	struct dm_list *list;
	const struct vg *model;

	if (!CHECK_VG(vg) || !(model = vg->session.vg) || !model->lv_count)
		return NULL;
	list = api_list(vg->handle.library, &vg->arena);
	for (uint32_t i = 0; list && i < model->lv_count; i++) {
		item = arena_calloc(&vg->arena, 1, sizeof(*item));
		if (!item || !(item->lv = lv_handle(vg, model->lvs[i]))) {
			(void)api_error(vg->handle.library, ENOMEM, "Out of memory.");
			return NULL;
		}
		dm_list_add(list, &item->list);
	}
	return list;
}

struct dm_list *lvm_vg_list_pvs(vg_t vg)
{
	struct lvm_pv_list *item;
	struct dm_list *list;
	const struct vg *model;

	if (!CHECK_VG(vg) || !(model = vg->session.vg) || !model->pv_count || vg->is_removed)
		return NULL;
	list = api_list(vg->handle.library, &vg->arena);
	for (uint32_t i = 0; list && i < model->pv_count; i++) {
		item = arena_calloc(&vg->arena, 1, sizeof(*item));
		if (!item || !(item->pv = pv_handle(vg, model->pvs[i]))) {
			(void)api_error(vg->handle.library, ENOMEM, "Out of memory.");
			return NULL;
		}
		dm_list_add(list, &item->list);
	}
	return list;
}

/* ---- LV segments ---- */

static bool add_segment(struct logical_volume *lv, const struct seg *seg, uint32_t index,
			struct dm_list *list)
{
	struct lvm_lvseg_list *item = arena_calloc(&lv->vg->arena, 1, sizeof(*item));
	struct lv_segment *object = new_object(lv->vg, sizeof(*object), HANDLE_LVSEG);

	if (!item || !object)
		return false;
	object->lv = lv;
	object->index = index;
	object->le_start = seg->le_start;
	object->le_count = seg->le_count;
	item->lvseg = object;
	dm_list_add(list, &item->list);
	return true;
}

struct dm_list *lvm_lv_list_lvsegs(lv_t lv)
{
	const struct lv *model;
	struct dm_list *list;

	if (!CHECK_LV(lv) || !(model = lv_of(lv)) || !model->seg_count)
		return NULL;
	list = api_list(lv->handle.library, &lv->vg->arena);
	for (uint32_t i = 0; list && i < model->seg_count; i++)
		if (!add_segment(lv, &model->segs[i], i, list)) {
			(void)api_error(lv->handle.library, ENOMEM, "Out of memory.");
			return NULL;
		}
	return list;
}

const struct seg *seg_of(struct lv_segment *segment)
{
	const struct lv *lv =
		handle_check(segment->lv, HANDLE_LV, "segment") ? lv_of(segment->lv) : NULL;
	const struct seg *seg;

	if (!lv)
		return NULL;
	seg = segment->index < lv->seg_count ? &lv->segs[segment->index] : NULL;
	if (seg && seg->le_start == segment->le_start && seg->le_count == segment->le_count)
		return seg;
	(void)api_error(segment->handle.library, EINVAL,
			"The segment is no more: the logical volume has changed.");
	return NULL;
}

/* ---- the view of reports ---- */

static bool fill_view(struct volume_group *vg, struct vg *model, struct err *err)
{
	const struct session *session = &vg->session;

	vg->view.stored = (struct stored_vg){ .vg = model, .seqno_highest = model->seqno };
	vg->view.vg = (struct report_vg){ .stored = &vg->view.stored };
	vg->view.stored.pv_disks = arena_calloc(&vg->view.arena, (size_t)model->pv_count + 1,
						sizeof(*vg->view.stored.pv_disks));
	if (!vg->view.stored.pv_disks)
		return err_set(err, ENOMEM, "Out of memory.") == 0;
	for (uint32_t i = 0; i < model->pv_count; i++)
		vg->view.stored.pv_disks[i] = scan_find_pv(session->scan, &model->pvs[i]->id);
	return !links_build(&vg->view.arena, &vg->view.vg, err);
}

static void ask_holders(struct volume_group *vg)
{
	struct cluster *cluster;
	struct err err = { 0 };

	if (vg_is_clustered(vg->session.vg) && !cluster_get(vg->session.context, &cluster, &err))
		vg->view.has_holders = !cluster_lv_holders(cluster, &vg->view.holders, &err);
	if (vg->view.has_holders)
		lv_holders_sort(&vg->view.holders);
}

const struct report_vg *vg_view(struct volume_group *vg)
{
	struct err err = { 0 };

	if (vg->view.is_made)
		return &vg->view.vg;
	if (!vg->session.vg) {
		(void)api_error(vg->handle.library, EINVAL,
				"The volume group could not be read again: close it.");
		return NULL;
	}
	if (!fill_view(vg, vg->session.vg, &err)) {
		(void)api_fail(vg->handle.library, &err);
		arena_free(&vg->view.arena);
		return NULL;
	}
	ask_holders(vg);
	vg->view.is_made = true;
	return &vg->view.vg;
}
