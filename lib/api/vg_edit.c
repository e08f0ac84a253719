/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of a VG in memory. Each does all of its change or none. */
#include <errno.h>
#include <string.h>

#include "lib/api/handle.h"
#include "lib/op/tags.h"
#include "metadata/edit.h"

/* ---- all or none ---- */

struct edit {
	int (*change)(struct volume_group *vg, const struct edit *edit, struct err *err);
	const char *text;
	uint64_t number;
	struct logical_volume *lv;
};

static int edit_vg(struct volume_group *vg, const struct edit *edit)
{
	struct lvm *library = vg->handle.library;
	struct vg *as_before;
	struct err err = { 0 };

	if (vg_refuses(vg))
		return -1;
	if (!(as_before = vg_copy(vg->session.vg)))
		return api_error(library, ENOMEM, "Out of memory.");
	vg_changed(vg);
	if (!edit->change(vg, edit, &err)) {
		vg_free(as_before);
		return 0;
	}
	vg_free(vg->session.vg);
	vg->session.vg = as_before;
	return api_fail(library, &err);
}

/* ---- tags ---- */

static int add_tag(struct volume_group *vg, const struct edit *edit, struct err *err)
{
	struct lv *lv = edit->lv ? vg_find_lv_by_id(vg->session.vg, &edit->lv->id) : NULL;
	struct name_list **tags = lv ? &lv->tags : &vg->session.vg->tags;

	return tags_add(vg->session.vg->arena, tags, &edit->text, 1, err);
}

static int remove_tag(struct volume_group *vg, const struct edit *edit, struct err *err)
{
	struct lv *lv = edit->lv ? vg_find_lv_by_id(vg->session.vg, &edit->lv->id) : NULL;

	(void)err;
	tags_remove(lv ? &lv->tags : &vg->session.vg->tags, &edit->text, 1);
	return 0;
}

static int edit_tag(struct volume_group *vg, struct logical_volume *lv, const char *tag, bool add)
{
	const struct edit edit = { .change = add ? add_tag : remove_tag, .text = tag, .lv = lv };

	if (!tag || !*tag)
		return api_error(vg->handle.library, EINVAL, "No tag given.");
	return edit_vg(vg, &edit);
}

int lvm_vg_add_tag(vg_t vg, const char *tag)
{
	return CHECK_VG(vg) ? edit_tag(vg, NULL, tag, true) : -1;
}

int lvm_vg_remove_tag(vg_t vg, const char *tag)
{
	return CHECK_VG(vg) ? edit_tag(vg, NULL, tag, false) : -1;
}

int lvm_lv_add_tag(lv_t lv, const char *tag)
{
	return CHECK_LV(lv) && lv_of(lv) ? edit_tag(lv->vg, lv, tag, true) : -1;
}

int lvm_lv_remove_tag(lv_t lv, const char *tag)
{
	return CHECK_LV(lv) && lv_of(lv) ? edit_tag(lv->vg, lv, tag, false) : -1;
}

/* ---- numbers ---- */

static int set_extent_size(struct volume_group *vg, const struct edit *edit, struct err *err)
{
	if (edit->number == vg->session.vg->extent_size)
		return 0;
	return vg_set_extent_size(vg->session.vg, edit->number, err);
}

int lvm_vg_set_extent_size(vg_t vg, uint32_t new_size)
{
	const struct edit edit = { .change = set_extent_size, .number = new_size / 512 };

	return CHECK_VG(vg) ? edit_vg(vg, &edit) : -1;
}

/* Unlike the others this one was never guarded: on an 'r' handle it is only ever in memory. */
int lvm_vg_set_property(const vg_t vg, const char *name, struct lvm_property_value *value)
{
	struct lvm *library;

	if (!CHECK_VG(vg))
		return -1;
	library = vg->handle.library;
	if (!name || !value)
		return api_error(library, EINVAL, "Invalid NULL parameter.");
	if (strcmp(name, "vg_mda_copies") != 0) {
		value->is_valid = 0;
		return api_error(library, EINVAL, "Unable to set read-only property \"%s\".", name);
	}
	if (value->is_string || value->value.integer > UINT32_MAX)
		return api_error(library, EINVAL, "Property \"%s\" is a number.", name);
	vg->session.vg->metadata_copies = (uint32_t)value->value.integer;
	vg_changed(vg);
	return 0;
}

/* ---- PVs come ---- */

static int add_pv(struct volume_group *vg, const char *path, struct err *err)
{
	const struct pv_create_args args = { .metadata_copies = -1,
					     .label_sector = -1,
					     .zero = -1 };
	struct session *session = &vg->session;
	struct new_pv *new = arena_calloc(&vg->arena, 1, sizeof(*new));
	const struct device *device;
	struct pv_header header;
	int rc;

	if (!new)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = pv_plan(session->context, session->scan, path, &args, &header, &new->is_new,
			  err)))
		return rc;
	device = device_find(session->scan->devices, path);
	for (const struct new_pv *other = vg->new_pvs; other; other = other->next)
		if (!strcmp(other->path, device->name))
			return err_set(err, EBUSY,
				       "Physical volume '%s' is already in volume group '%s'.",
				       path, session->vg->name);
	new->id = header.id;
	if (!(new->path = arena_strdup(&vg->arena, device->name)))
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = pv_add_header_to_vg(session->vg, device->name, &header, err)))
		return rc;
	new->next = vg->new_pvs;
	vg->new_pvs = new;
	return 0;
}

static int extend(struct volume_group *vg, const struct edit *edit, struct err *err)
{
	if (!(vg->session.vg->status & STATUS_RESIZEABLE))
		return err_set(err, EPERM, "Volume group %s is not resizeable.",
			       vg->session.vg->name);
	return add_pv(vg, edit->text, err);
}

int lvm_vg_extend(vg_t vg, const char *device)
{
	const struct edit edit = { .change = extend, .text = device };
	struct err err = { 0 };

	if (!CHECK_VG(vg) || vg_refuses(vg))
		return -1;
	if (!device)
		return api_error(vg->handle.library, EINVAL, "No device given.");
	if (vg_take_global(vg))
		return -1;
	/* Others may have changed what is on it since the VG was read. */
	if (session_rescan(&vg->session, &err))
		return api_fail(vg->handle.library, &err);
	return edit_vg(vg, &edit);
}

/* ---- PVs go ---- */

/* Of this VG, new or not. */
static struct pv *find_pv(struct volume_group *vg, const char *path)
{
	const struct session *session = &vg->session;
	const struct device *device = device_find(session->scan->devices, path);
	const struct pv_disk *disk = device ? scan_find_pv_on(session->scan, device) : NULL;

	for (const struct new_pv *new = vg->new_pvs; device &&new; new = new->next)
		if (!strcmp(new->path, device->name))
			return vg_find_pv_by_id(session->vg, &new->id);
	return disk ? vg_find_pv_by_id(session->vg, &disk->header.id) : NULL;
}

static bool has_area(const struct volume_group *vg, const struct pv *pv)
{
	const struct pv_disk *disk = scan_find_pv(vg->session.scan, &pv->id);

	for (uint32_t i = 0; disk && i < disk->mda_count; i++)
		if (!disk->mdas[i].ignored)
			return true;
	return !disk; /* not labelled yet: it will have one */
}

static bool others_have_area(const struct volume_group *vg, const struct pv *pv)
{
	const struct vg *model = vg->session.vg;

	for (uint32_t i = 0; i < model->pv_count; i++)
		if (model->pvs[i] != pv && has_area(vg, model->pvs[i]))
			return true;
	return false;
}

static void forget_new(struct volume_group *vg, const struct uuid *id)
{
	for (struct new_pv **at = &vg->new_pvs; *at; at = &(*at)->next)
		if (uuid_equal(&(*at)->id, id)) {
			*at = (*at)->next;
			return;
		}
}

static int reduce(struct volume_group *vg, const struct edit *edit, struct err *err)
{
	struct pv *pv = find_pv(vg, edit->text);
	const char *name = vg->session.vg->name;
	struct uuid id;
	int rc;

	if (!pv)
		return err_set(err, ENOENT, "Physical volume \"%s\" is not in volume group \"%s\".",
			       edit->text, name);
	if (pv_allocated_count(pv))
		return err_set(err, EBUSY, "Physical volume \"%s\" still in use", edit->text);
	if (vg->session.vg->pv_count == 1)
		return err_set(err, EBUSY,
			       "Can't remove final physical volume \"%s\" from volume group \"%s\"",
			       edit->text, name);
	if (!others_have_area(vg, pv))
		return err_set(err, EBUSY,
			       "Can't remove physical volume \"%s\": the others of volume group "
			       "\"%s\" have no metadata area.",
			       edit->text, name);
	id = pv->id;
	if ((rc = vg_edit_remove_pv(vg->session.vg, pv, err)))
		return rc;
	forget_new(vg, &id);
	return 0;
}

int lvm_vg_reduce(vg_t vg, const char *device)
{
	const struct edit edit = { .change = reduce, .text = device };

	if (!CHECK_VG(vg) || vg_refuses(vg))
		return -1;
	if (!device)
		return api_error(vg->handle.library, EINVAL, "No device given.");
	return vg_take_global(vg) ? -1 : edit_vg(vg, &edit);
}

/* ---- the end of a VG ---- */

int lvm_vg_remove(vg_t vg)
{
	struct lvm *library;
	const struct vg *model;

	if (!CHECK_VG(vg) || vg_refuses(vg))
		return -1;
	library = vg->handle.library;
	model = vg->session.vg;
	if (vg_visible_lv_count(model))
		return api_error(library, -1,
				 "Volume group \"%s\" still contains %u logical volume(s)",
				 model->name, vg_visible_lv_count(model));
	for (uint32_t i = 0; i < model->pv_count; i++)
		if (model->pvs[i]->status & STATUS_MISSING)
			return api_error(library, -1,
					 "Volume group \"%s\" has missing physical volumes.",
					 model->name);
	vg->is_removed = true;
	vg->new_pvs = NULL;
	vg_changed(vg);
	return 0;
}
