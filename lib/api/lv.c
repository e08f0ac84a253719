/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LVs: what is done to them, each committed at once, and what their handles tell. */
#include <errno.h>
#include <string.h>

#include "lib/activate/activate.h"
#include "lib/api/handle.h"
#include "lib/op/in_session.h"
#include "metadata/names.h"

#define SECTOR 512

/* Nobody is asked: with lvm_... the program has decided. */
static int run_forced(struct volume_group *vg, vg_operation operation, void *data, struct err *err)
{
	struct context *context = vg->handle.library->context;
	const int force = context->options.force;
	int rc;

	context->options.force = 1;
	rc = operation(vg, data, err);
	context->options.force = force;
	return rc;
}

/* ---- create ---- */

struct creation {
	const char *name;
	uint64_t size; /* bytes */
	struct uuid id;
};

static int create(struct volume_group *vg, void *data, struct err *err)
{
	struct creation *creation = data;
	const struct lv_create_args args = {
		.vg_name = vg->session.vg->name,
		.lv_name = creation->name,
		.size = { .is_set = true, .sectors = creation->size / SECTOR },
		.alloc = ALLOC_INHERIT,
		.zero = 1,
		.wipe_signatures = 0,
		.major = -1,
		.minor = -1,
		.read_ahead = READ_AHEAD_NONE,
	};

	return lv_create_in(&vg->session, &args, &creation->id, err);
}

lv_t lvm_vg_create_lv_linear(vg_t vg, const char *name, uint64_t size)
{
	struct creation creation = { .name = name, .size = size };
	const struct lv *lv;

	if (!CHECK_VG(vg) || vg_refuses(vg))
		return NULL;
	if (size < SECTOR) {
		(void)api_error(vg->handle.library, EINVAL,
				"A logical volume of %llu bytes: at least a sector is needed.",
				(unsigned long long)size);
		return NULL;
	}
	if (vg_commit(vg, create, &creation))
		return NULL;
	lv = vg->session.vg ? vg_find_lv_by_id(vg->session.vg, &creation.id) : NULL;
	if (!lv)
		(void)api_error(vg->handle.library, -1,
				"The new logical volume is not in the volume group.");
	return lv ? lv_handle(vg, lv) : NULL;
}

/* ---- remove ---- */

static int remove_lv(struct volume_group *vg, void *data, struct err *err)
{
	struct lv *lv;
	int rc = session_find_lv(&vg->session, data, &lv, err);

	return rc ? rc : lv_remove_in(&vg->session, lv, err);
}

static int remove_forced(struct volume_group *vg, void *data, struct err *err)
{
	return run_forced(vg, remove_lv, data, err);
}

int lvm_vg_remove_lv(lv_t lv)
{
	AUTO_FREE char *name = NULL;
	const struct lv *model;

	if (!CHECK_LV(lv) || vg_refuses(lv->vg) || !(model = lv_of(lv)))
		return -1;
	if (!(name = strdup(model->name)))
		return api_error(lv->handle.library, ENOMEM, "Out of memory.");
	if (vg_commit(lv->vg, remove_forced, name))
		return -1;
	lv_handle_forget(lv);
	return 0;
}

/* ---- rename, resize ---- */

struct change {
	struct uuid id;
	const char *name;
	uint64_t size; /* bytes */
};

static int rename_lv(struct volume_group *vg, void *data, struct err *err)
{
	const struct change *change = data;
	const struct lv *lv = vg_find_lv_by_id(vg->session.vg, &change->id);

	if (!lv)
		return err_set(err, ENOENT, "The logical volume is no more.");
	return lv_rename_in(&vg->session, lv->name, change->name, err);
}

int lvm_lv_rename(lv_t lv, const char *new_name)
{
	struct change change = { .name = new_name };

	if (!CHECK_LV(lv) || !lv_of(lv))
		return -1;
	if (!new_name)
		return api_error(lv->handle.library, EINVAL, "No new name given.");
	change.id = lv->id;
	return vg_with_write_lock(lv->vg, rename_lv, &change)
		       ? api_error(lv->handle.library, -1, "LV rename failed.")
		       : 0;
}

static int resize_lv(struct volume_group *vg, void *data, struct err *err)
{
	const struct change *change = data;
	const struct lv *lv = vg_find_lv_by_id(vg->session.vg, &change->id);
	const struct lv_resize_args args = {
		.vg_name = vg->session.vg->name,
		.lv_name = lv ? lv->name : "",
		.direction = RESIZE_ANY,
		.size = { .is_set = true, .sectors = change->size / SECTOR },
		.alloc = ALLOC_INHERIT,
	};

	return lv_resize_in(&vg->session, &args, err);
}

static int resize_forced(struct volume_group *vg, void *data, struct err *err)
{
	return run_forced(vg, resize_lv, data, err);
}

int lvm_lv_resize(const lv_t lv, uint64_t new_size)
{
	struct change change = { .size = new_size };

	if (!CHECK_LV(lv) || !lv_of(lv))
		return -1;
	if (new_size < SECTOR)
		return api_error(lv->handle.library, -1,
				 "New size of a logical volume may not be zero.");
	change.id = lv->id;
	return vg_with_write_lock(lv->vg, resize_forced, &change);
}

/* ---- activation ---- */

int api_activate(struct logical_volume *lv, enum activation_change change)
{
	const struct activate_args args = { .change = change, .ignore_skip = true };
	struct session *session = &lv->vg->session;
	const struct lv *model = lv_of(lv);
	struct err err = { 0 };
	int rc;

	if (!model)
		return -1;
	vg_changed(lv->vg);
	/* Without a lock of its own the handle must not say what is activated. */
	if (session->resource || session->file_lock)
		rc = lv_activate_in(session, model->name, &args, &err);
	else
		rc = op_lv_activate(session->context, session->vg->name, model->name, &args, &err);
	return rc ? api_fail(lv->handle.library, &err) : 0;
}

int lvm_lv_activate(lv_t lv)
{
	return CHECK_LV(lv) ? api_activate(lv, CHANGE_ACTIVATE) : -1;
}

int lvm_lv_deactivate(lv_t lv)
{
	return CHECK_LV(lv) ? api_activate(lv, CHANGE_DEACTIVATE) : -1;
}

static bool kernel_state(struct logical_volume *lv, struct lv_kernel_state *state)
{
	struct err err = { 0 };

	if (!lv_of(lv) || !activation_driver_present())
		return false;
	return !lv_kernel_state_get(&lv->vg->session.vg->id, &lv->id, state, &err);
}

uint64_t lvm_lv_is_active(const lv_t lv)
{
	struct lv_kernel_state state;

	return CHECK_LV(lv) && kernel_state(lv, &state) && state.active;
}

uint64_t lvm_lv_is_suspended(const lv_t lv)
{
	struct lv_kernel_state state;

	return CHECK_LV(lv) && kernel_state(lv, &state) && state.suspended;
}

/* ---- names ---- */

int lvm_lv_name_validate(const vg_t vg, const char *lv_name)
{
	struct err err = { 0 };

	if (!CHECK_VG(vg))
		return -1;
	if (!lv_name)
		return api_error(vg->handle.library, EINVAL, "No name given.");
	if (lv_name_check(lv_name, &err))
		return api_fail(vg->handle.library, &err);
	if (vg->session.vg && vg_find_lv(vg->session.vg, lv_name))
		return api_error(vg->handle.library, EINVAL,
				 "Logical Volume \"%s\" already exists in volume group \"%s\"",
				 lv_name, vg->session.vg->name);
	return 0;
}

lv_t lvm_lv_from_name(vg_t vg, const char *name)
{
	const struct lv *lv = NULL;

	if (!CHECK_VG(vg))
		return NULL;
	if (name && vg->session.vg)
		lv = vg_find_lv(vg->session.vg, name);
	return lv ? lv_handle(vg, lv) : NULL;
}

lv_t lvm_lv_from_uuid(vg_t vg, const char *uuid)
{
	const struct lv *lv;
	struct uuid id;

	if (!CHECK_VG(vg) || !api_parse_uuid(vg->handle.library, uuid, &id) || !vg->session.vg)
		return NULL;
	lv = vg_find_lv_by_id(vg->session.vg, &id);
	return lv ? lv_handle(vg, lv) : NULL;
}

/* ---- what it tells ---- */

const char *lvm_lv_get_uuid(const lv_t lv)
{
	char dashed[UUID_DASHED_SIZE];

	if (!CHECK_LV(lv))
		return NULL;
	return api_strdup(lv->handle.library, &lv->vg->arena, uuid_format(&lv->id, dashed));
}

const char *lvm_lv_get_name(const lv_t lv)
{
	const struct lv *model = CHECK_LV(lv) ? lv_of(lv) : NULL;

	return model ? api_strdup(lv->handle.library, &lv->vg->arena, model->name) : NULL;
}

uint64_t lvm_lv_get_size(const lv_t lv)
{
	const struct lv *model = CHECK_LV(lv) ? lv_of(lv) : NULL;

	return model ? (uint64_t)model->le_count * model->vg->extent_size * SECTOR : 0;
}

const char *lvm_lv_get_attr(const lv_t lv)
{
	return lvm_lv_get_property(lv, "lv_attr").value.string;
}

const char *lvm_lv_get_origin(const lv_t lv)
{
	return lvm_lv_get_property(lv, "origin").value.string;
}

struct dm_list *lvm_lv_get_tags(const lv_t lv)
{
	const struct lv *model = CHECK_LV(lv) ? lv_of(lv) : NULL;

	return model ? api_list_of_tags(lv->handle.library, &lv->vg->arena, model->tags) : NULL;
}

/* ---- other types ---- */

static void *not_supported(struct volume_group *vg, const char *what)
{
	if (!vg_refuses(vg))
		(void)api_error(vg->handle.library, ENOTSUP,
				"%s are not supported by this version: only linear volumes are "
				"created.",
				what);
	return NULL;
}

lv_t lvm_lv_snapshot(const lv_t lv, const char *snap_name, uint64_t max_snap_size)
{
	(void)snap_name;
	(void)max_snap_size;
	return CHECK_LV(lv) ? not_supported(lv->vg, "Snapshots") : NULL;
}

lv_create_params_t lvm_lv_params_create_snapshot(const lv_t lv, const char *snap_name,
						 uint64_t max_snap_size)
{
	(void)snap_name;
	(void)max_snap_size;
	return CHECK_LV(lv) ? not_supported(lv->vg, "Snapshots") : NULL;
}

lv_create_params_t lvm_lv_params_create_thin_pool(vg_t vg, const char *pool_name, uint64_t size,
						  uint32_t chunk_size, uint64_t meta_size,
						  lvm_thin_discards_t discard)
{
	(void)pool_name;
	(void)size;
	(void)chunk_size;
	(void)meta_size;
	(void)discard;
	return CHECK_VG(vg) ? not_supported(vg, "Thin pools") : NULL;
}

lv_create_params_t lvm_lv_params_create_thin(const vg_t vg, const char *pool_name,
					     const char *lvname, uint64_t size)
{
	(void)pool_name;
	(void)lvname;
	(void)size;
	return CHECK_VG(vg) ? not_supported(vg, "Thin volumes") : NULL;
}

/* No such object can exist: what is given here is not one of ours. */
struct lvm_property_value lvm_lv_params_get_property(const lv_create_params_t params,
						     const char *name)
{
	(void)name;
	(void)handle_check(params, HANDLE_LV_PARAMS, __func__);
	return (struct lvm_property_value){ 0 };
}

int lvm_lv_params_set_property(lv_create_params_t params, const char *name,
			       struct lvm_property_value *prop)
{
	(void)name;
	(void)prop;
	(void)handle_check(params, HANDLE_LV_PARAMS, __func__);
	return -1;
}

lv_t lvm_lv_create(lv_create_params_t params)
{
	(void)handle_check(params, HANDLE_LV_PARAMS, __func__);
	return NULL;
}
