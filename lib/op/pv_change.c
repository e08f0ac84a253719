/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvchange: whether new extents come from a PV, its tags, and whether its areas are in use. */
#include <errno.h>

#include "lib/op/op.h"
#include "lib/op/pv_areas.h"
#include "lib/op/session.h"
#include "lib/op/tags.h"

static int not_changed(const char *path, struct err *err)
{
	return err_append(err, "\nPhysical volume %s not changed", path);
}

/* -EALREADY is no failure: LVM2 says it, and goes on. */
static int change_allocatable(struct pv *pv, const char *path, enum tristate allocatable,
			      struct err *err)
{
	const bool is = pv->status & STATUS_ALLOCATABLE;

	if (allocatable == UNSET)
		return 0;
	if (is == (allocatable == YES))
		return err_set(err, EALREADY, "Physical volume \"%s\" is already %sallocatable.",
			       path, is ? "" : "un");
	pv->status ^= STATUS_ALLOCATABLE;
	return 0;
}

static bool has_more(const struct pv_change_args *args)
{
	return args->add_tag_count || args->del_tag_count || args->ignore_areas != UNSET;
}

static int change_orphan(struct pv_disk *disk, const struct pv_change_args *args, struct err *err)
{
	const char *path = disk->device->name;

	if (args->add_tag_count || args->del_tag_count)
		return err_set(err, EPERM,
			       "Can't change tag on Physical Volume %s not in volume group", path);
	if (args->allocatable != UNSET)
		return err_set(err, EPERM,
			       "Allocatability not supported by orphan lvm2 format PV %s", path);
	return orphan_areas_ignore(disk, args->ignore_areas == YES, err);
}

static int change_in_vg(struct context *context, const char *vg_name, const struct pv_disk *disk,
			const struct pv_change_args *args, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	const char *path = disk->device->name;
	struct pv *pv;
	int rc;

	if ((rc = session_open(context, vg_name, SESSION_WRITE_EXPORTED, &session, err)))
		return rc;
	if (session.vg->status & STATUS_EXPORTED)
		return err_set(err, ENODEV, "Cannot use PV %s in exported VG %s.", path, vg_name);
	if (!(pv = vg_find_pv_by_id(session.vg, &disk->header.id)))
		return err_set(err, ENODEV, "Failed to find physical volume \"%s\".", path);
	rc = change_allocatable(pv, path, args->allocatable, err);
	if (rc == -EALREADY && has_more(args))
		ctx_warn(context, "%s", err ? err->text : "");
	else if (rc)
		return rc;
	tags_remove(&pv->tags, args->del_tags, args->del_tag_count);
	if ((rc = tags_add(session.vg->arena, &pv->tags, args->add_tags, args->add_tag_count, err)))
		return rc;
	if (args->ignore_areas != UNSET &&
	    (rc = pv_areas_ignore(&session, scan_find_pv(session.scan, &disk->header.id),
				  args->ignore_areas == YES, err)))
		return rc;
	return session_write(&session, NULL, 0, err);
}

static int change(struct context *context, struct scan *scan, const char *path,
		  const struct pv_change_args *args, struct err *err)
{
	const struct device *device = device_find(scan->devices, path);
	const struct vg_summary *vg;
	struct pv_disk *disk;
	int rc;

	if (!device)
		return err_set(err, ENODEV, "Cannot use %s: device not found", path);
	if (device->rejected)
		return err_set(err, ENODEV, "Cannot use %s: %s", path, device->rejected);
	if (!(disk = scan_find_pv_on(scan, device)))
		return err_set(err, ENODEV, "Failed to find physical volume \"%s\".", path);
	vg = scan_vg_of_pv(scan, &disk->header.id);
	rc = vg ? change_in_vg(context, vg->name, disk, args, err) : change_orphan(disk, args, err);
	return rc && rc != -EALREADY && rc != -ENODEV && rc != -ECANCELED
		       ? not_changed(device->name, err)
		       : rc;
}

int op_pv_change(struct context *context, const char *path, const struct pv_change_args *args,
		 struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	struct scan *scan;
	int rc;

	if ((rc = global_lock_take(context, &lock, err)) || (rc = scan_run(context, &scan, err)))
		return rc;
	rc = change(context, scan, path, args, err);
	scan_free(scan);
	return rc;
}
