/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a VG handle tells. */
#include <errno.h>

#include "lib/api/handle.h"

/* The model, or NULL and an error. */
static const struct vg *model_of(const struct volume_group *vg)
{
	if (!vg->session.vg)
		(void)api_error(vg->handle.library, EINVAL,
				"The volume group could not be read again: close it.");
	return vg->session.vg;
}

#define VG_MODEL(vg) (CHECK_VG(vg) ? model_of(vg) : NULL)

const char *lvm_vg_get_uuid(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);
	char dashed[UUID_DASHED_SIZE];

	return model ? api_strdup(vg->handle.library, &vg->arena, uuid_format(&model->id, dashed))
		     : NULL;
}

const char *lvm_vg_get_name(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? api_strdup(vg->handle.library, &vg->arena, model->name) : NULL;
}

static uint64_t in_bytes(const struct vg *vg, uint64_t extents)
{
	return extents * vg->extent_size * 512;
}

uint64_t lvm_vg_get_seqno(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? model->seqno : 0;
}

uint64_t lvm_vg_get_size(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? in_bytes(model, vg_extent_count(model)) : 0;
}

uint64_t lvm_vg_get_free_size(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? in_bytes(model, vg_free_count(model)) : 0;
}

uint64_t lvm_vg_get_extent_size(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? in_bytes(model, 1) : 0;
}

uint64_t lvm_vg_get_extent_count(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? vg_extent_count(model) : 0;
}

uint64_t lvm_vg_get_free_extent_count(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? vg_free_count(model) : 0;
}

uint64_t lvm_vg_get_pv_count(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model && !vg->is_removed ? model->pv_count : 0;
}

uint64_t lvm_vg_get_max_pv(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? model->max_pv : 0;
}

uint64_t lvm_vg_get_max_lv(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? model->max_lv : 0;
}

uint64_t lvm_vg_is_clustered(vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model && vg_is_clustered(model);
}

uint64_t lvm_vg_is_exported(vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model && model->status & STATUS_EXPORTED;
}

uint64_t lvm_vg_is_partial(vg_t vg)
{
	const struct report_vg *view = CHECK_VG(vg) ? vg_view(vg) : NULL;
	uint32_t missing = 0;

	/* A new PV has no label yet, which is not to be missing. */
	for (uint32_t i = 0; view && i < view->stored->vg->pv_count; i++) {
		const struct pv *pv = view->stored->vg->pvs[i];
		bool is_new = false;

		for (const struct new_pv *new = vg->new_pvs; new; new = new->next)
			is_new |= uuid_equal(&new->id, &pv->id);
		missing += !is_new && (!view->stored->pv_disks[i] || pv->status & STATUS_MISSING);
	}
	return missing > 0;
}

struct dm_list *lvm_vg_get_tags(const vg_t vg)
{
	const struct vg *model = VG_MODEL(vg);

	return model ? api_list_of_tags(vg->handle.library, &vg->arena, model->tags) : NULL;
}
