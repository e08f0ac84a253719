/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PVs that are missing: given up for good, or back. A PV counts as missing while its flag is set,
 * also when its device is there again: what is on it is older than the VG.
 */
#include "lib/op/vg_missing.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/op/in_session.h"
#include "lib/op/op.h"
#include "lib/op/pv_init.h"
#include "metadata/edit.h"

/* ---- removed ---- */

static bool pv_is_missing(const struct pv *pv)
{
	return pv->status & STATUS_MISSING;
}

static struct lv *find_partial_lv(const struct vg *vg)
{
	for (uint32_t i = 0; i < vg->lv_count; i++)
		if (lv_is_partial(vg->lvs[i]))
			return vg->lvs[i];
	return NULL;
}

static bool has_missing(const struct vg *vg)
{
	for (uint32_t i = 0; i < vg->pv_count; i++)
		if (pv_is_missing(vg->pvs[i]))
			return true;
	return false;
}

static void warn_partial_lvs(struct session *session)
{
	const struct vg *vg = session->vg;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		if (lv_is_partial(vg->lvs[i]))
			ctx_warn(session->context,
				 "WARNING: Partial LV %s needs to be repaired or removed. ",
				 vg->lvs[i]->name);
	ctx_warn(session->context, "WARNING: Proceeding to remove empty missing PVs.");
}

/* All that can be refused is refused before the first LV goes. */
static int remove_partial_lvs(struct session *session, struct err *err)
{
	struct lv *lv;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < session->vg->lv_count; i++)
		if (lv_is_partial(session->vg->lvs[i]))
			rc = lv_check_operable(session->vg->lvs[i], err);
	while (!rc && (lv = find_partial_lv(session->vg))) {
		ctx_warn(session->context, "WARNING: Removing partial LV %s/%s.", session->vg->name,
			 lv->name);
		rc = lv_remove_in(session, lv, err);
	}
	return rc;
}

/* Missing PVs that nothing is on; @disks gets those of them whose device is there. */
static int take_out(struct session *session, struct pv_disk **disks, size_t *disk_count,
		    unsigned *ret_removed, struct err *err)
{
	struct vg *vg = session->vg;
	int rc = 0;

	for (uint32_t i = vg->pv_count; !rc && i-- > 0;) {
		struct pv *pv = vg->pvs[i];
		struct pv_disk *disk = scan_find_pv(session->scan, &pv->id);

		if (!pv_is_missing(pv) || pv_allocated_count(pv))
			continue;
		if (disk)
			disks[(*disk_count)++] = disk;
		++*ret_removed;
		rc = vg_edit_remove_pv(vg, pv, err);
	}
	return rc;
}

static int remove_missing_pvs(struct session *session, struct err *err)
{
	AUTO_FREE struct pv_disk **disks =
		calloc((size_t)session->vg->pv_count + 1, sizeof(struct pv_disk *));
	unsigned removed = 0;
	size_t disk_count = 0;
	int rc;

	if (!disks)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = take_out(session, disks, &disk_count, &removed, err)) || !removed ||
	    (rc = session_write(session, NULL, 0, err)))
		return rc;
	return store_release_pvs(session->context, disks, disk_count, err);
}

int vg_remove_missing(struct session *session, struct err *err)
{
	struct context *context = session->context;
	int rc;

	if (!has_missing(session->vg)) {
		ctx_print(context, "Volume group \"%s\" is already consistent.", session->vg->name);
		return 0;
	}
	if (context->options.force && (rc = remove_partial_lvs(session, err)))
		return rc;
	if (find_partial_lv(session->vg))
		warn_partial_lvs(session);
	if ((rc = remove_missing_pvs(session, err)))
		return rc;
	if (find_partial_lv(session->vg))
		return err_set(err, EBUSY,
			       "There are still partial LVs in VG %s.\n"
			       "To remove them unconditionally use: vgreduce --removemissing "
			       "--force.",
			       session->vg->name);
	ctx_print(context, "Wrote out consistent volume group %s.", session->vg->name);
	return 0;
}

/* ---- back again ---- */

static bool restore_one(struct session *session, const char *path)
{
	const struct device *device = device_find(session->scan->devices, path);
	const struct pv_disk *disk = device ? scan_find_pv_on(session->scan, device) : NULL;
	struct pv *pv = disk && !disk->is_duplicate
				? vg_find_pv_by_id(session->vg, &disk->header.id)
				: NULL;

	if (!pv) {
		ctx_warn(session->context, "WARNING: PV %s not found in VG %s", path,
			 session->vg->name);
		return false;
	}
	if (!pv_is_missing(pv)) {
		ctx_warn(session->context, "WARNING: PV %s was not missing in VG %s", path,
			 session->vg->name);
		return false;
	}
	pv->status &= ~(uint32_t)STATUS_MISSING;
	return true;
}

int op_vg_restore_missing(struct context *context, const char *name, const char *const *devices,
			  size_t device_count, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	AUTO_SESSION struct session session = { 0 };
	bool any = false;
	int rc;

	if ((rc = global_lock_take(context, &lock, err)) ||
	    (rc = session_open(context, name, SESSION_WRITE_PARTIAL, &session, err)))
		return rc;
	if (!(session.vg->status & STATUS_RESIZEABLE))
		return err_set(err, EPERM, "Volume group %s is not resizeable.", name);
	for (size_t i = 0; i < device_count; i++)
		any |= restore_one(&session, devices[i]);
	if (!any)
		return err_set(err, ENODEV, "No PV has been restored.");
	if (session_is_clustered(&session) &&
	    (rc = pv_check_members(context, session.cluster, session.scan, devices, device_count,
				   context->options.force, err)))
		return rc;
	if ((rc = session_write(&session, NULL, 0, err)))
		return rc;
	ctx_print(context, "Volume group \"%s\" successfully extended", name);
	return 0;
}
