/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgreduce and vgremove: a VG loses PVs, or all. */
#include <errno.h>

#include "lib/op/in_session.h"
#include "lib/op/op.h"
#include "lib/op/pv_init.h"
#include "lib/op/vg_missing.h"
#include "metadata/edit.h"

/* Are the areas of @disk the only ones that the VG's PVs have? */
static bool has_final_area(const struct session *session, const struct pv_disk *disk)
{
	for (uint32_t i = 0; i < session->before->vg->pv_count; i++) {
		const struct pv_disk *other = session->before->pv_disks[i];

		if (other && other != disk && other->mda_count &&
		    vg_find_pv_by_id(session->vg, &other->header.id))
			return false;
	}
	return disk && disk->mda_count;
}

static int write_without(struct session *session, struct pv *pv, struct err *err)
{
	int rc;

	if (!(rc = vg_edit_remove_pv(session->vg, pv, err)) &&
	    !(rc = session_write(session, NULL, 0, err)))
		return 0;
	/* The next PV leaves what is on the disks, not what was meant to be there; if that cannot
	 * be read there is no session->vg, and no next one. */
	(void)!session_reread(session, NULL);
	return rc;
}

/* One PV leaves in a commit of its own, as LVM2 does: what was removed before stays removed. */
static int reduce_by(struct session *session, const struct uuid *pv_id, const char *path,
		     struct err *err)
{
	struct pv_disk *disk = scan_find_pv(session->scan, pv_id);
	struct pv *pv = vg_find_pv_by_id(session->vg, pv_id);
	int rc;

	if (pv_allocated_count(pv))
		return err_set(err, EBUSY, "Physical volume \"%s\" still in use", path);
	if (session->vg->pv_count == 1)
		return err_set(err, EBUSY,
			       "Can't remove final physical volume \"%s\" from volume group \"%s\"",
			       path, session->vg->name);
	if (has_final_area(session, disk))
		return err_set(err, EBUSY,
			       "Cannot remove final metadata area on \"%s\" from \"%s\"", path,
			       session->vg->name);
	if ((rc = write_without(session, pv, err)))
		return rc;
	if (disk && !session->context->options.test &&
	    store_release_pvs(session->context, &disk, 1, err))
		return err_append(
			err,
			"\nRemoved \"%s\" from volume group \"%s\", but what it holds still "
			"says that it belongs to it.\n"
			"See vgck --updatemetadata to clear outdated metadata.",
			path, session->vg->name);
	ctx_print(session->context, "Removed \"%s\" from volume group \"%s\"", path,
		  session->vg->name);
	return session_reread(session, err);
}

static int reduce_named(struct session *session, const char *path, struct err *err)
{
	const struct device *device = device_find(session->scan->devices, path);
	const struct pv_disk *disk;

	if (!device)
		return err_set(err, ENODEV, "Cannot use %s: device not found", path);
	disk = scan_find_pv_on(session->scan, device);
	if (!disk || !vg_find_pv_by_id(session->vg, &disk->header.id))
		return err_set(err, ENOENT, "Failed to find physical volume \"%s\".", path);
	return reduce_by(session, &disk->header.id, path, err);
}

/* Keep the first failure, say the others aloud, go on. */
static void note_failure(struct context *context, const struct err *one, struct err *first)
{
	if (!first->code)
		*first = *one;
	else
		ctx_report_error(context, one);
}

static int reduce_all(struct session *session, struct err *err)
{
	struct err first = { 0 }, one;
	struct uuid id;

	for (uint32_t i = session->vg->pv_count; session->vg && i-- > 0;) {
		const struct pv_disk *disk = session->before->pv_disks[i];

		one = (struct err){ 0 };
		id = session->vg->pvs[i]->id;
		if (reduce_by(session, &id, disk ? disk->device->name : "[unknown]", &one))
			note_failure(session->context, &one, &first);
	}
	if (first.code && err)
		*err = first;
	return first.code;
}

int op_vg_reduce(struct context *context, const struct vg_reduce_args *args, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	AUTO_SESSION struct session session = { 0 };
	struct err first = { 0 }, one;
	int rc;

	if ((rc = global_lock_take(context, &lock, err)))
		return rc;
	if ((rc = session_open(context, args->name, SESSION_WRITE_PARTIAL, &session, err)))
		return rc;
	if (!(session.vg->status & STATUS_RESIZEABLE))
		return err_set(err, EPERM, "Volume group %s is not resizeable.", args->name);
	if (args->remove_missing)
		return vg_remove_missing(&session, err);
	if (args->all)
		return reduce_all(&session, err);
	for (size_t i = 0; session.vg && i < args->device_count; i++) {
		one = (struct err){ 0 };
		if (reduce_named(&session, args->devices[i], &one))
			note_failure(context, &one, &first);
	}
	if (first.code && err)
		*err = first;
	return first.code;
}

static int remove_lvs(struct session *session, struct err *err)
{
	const uint32_t count = vg_visible_lv_count(session->vg);
	int rc = 0;

	if (count && !session->context->options.force &&
	    !ctx_ask(session->context,
		     "Do you really want to remove volume group \"%s\" containing %u logical "
		     "volumes? [y/n]: ",
		     session->vg->name, count))
		return err_set(err, ECANCELED, "Volume group \"%s\" not removed",
			       session->vg->name);
	while (!rc && session->vg->lv_count)
		rc = lv_remove_in(session, session->vg->lvs[0], err);
	return rc;
}

int op_vg_remove(struct context *context, const char *name, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	AUTO_SESSION struct session session = { 0 };
	int rc;

	if ((rc = global_lock_take(context, &lock, err)))
		return rc;
	if ((rc = session_open(context, name, SESSION_WRITE, &session, err)))
		return rc;
	if ((rc = remove_lvs(&session, err)))
		return rc;
	if (!context->options.test) {
		if ((rc = archive_write(context, session.before->vg, err)) ||
		    (rc = store_remove_vg(context, session.before, err)))
			return rc;
	}
	session.is_changed = false; /* what members would back up is gone */
	session_forget(&session);
	ctx_print(context, "Volume group \"%s\" successfully removed", name);
	return 0;
}
