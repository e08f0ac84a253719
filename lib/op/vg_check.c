/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vgck: are all PVs and copies of a VG's metadata as they should be? With --updatemetadata they are
 * made so: bad areas are emptied, the newest metadata are written to all areas, and PVs that were
 * removed while they were away lose what they still have of the VG.
 */
#include <errno.h>

#include "lib/op/op.h"
#include "lib/op/session.h"
#include "lib/store/repair.h"
#include "metadata/check.h"

static unsigned count_missing(const struct stored_vg *stored)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < stored->vg->pv_count; i++)
		count += stored->vg->pvs[i]->status & STATUS_MISSING ? 1 : 0;
	return count;
}

int op_vg_check(struct context *context, const char *name, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	unsigned missing;
	int rc;

	if ((rc = session_open(context, name, SESSION_READ, &session, err)))
		return rc;
	if ((missing = count_missing(session.before)))
		return err_set(err, ENODEV, "The volume group is missing %u physical volumes.",
			       missing);
	/* Copies that differ have been warned of: the VG as such is fine. */
	return vg_check(session.vg, err);
}

static int wipe_outdated(struct session *session, struct err *err)
{
	struct pv_disk **disks;
	size_t count;
	int rc;

	if ((rc = scan_outdated_pvs(session->scan, session->before->vg, &disks, &count, err)))
		return rc;
	for (size_t i = 0; i < count; i++) {
		ctx_warn(session->context, "WARNING: wiping mda on outdated PV %s",
			 disks[i]->device->name);
		ctx_warn(session->context, "WARNING: wiping header on outdated PV %s",
			 disks[i]->device->name);
	}
	return store_release_pvs(session->context, disks, count, err);
}

int op_vg_update_metadata(struct context *context, const char *name, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	const struct stored_vg *before;
	int rc;

	if ((rc = session_open(context, name, SESSION_WRITE_PARTIAL, &session, err)))
		return rc;
	before = session.before;
	if ((rc = store_repair_areas(context, session.scan, before->pv_disks, before->vg->pv_count,
				     false, err)) ||
	    (rc = session_write(&session, NULL, 0, err)))
		return err_append(err, "\nFailed to write VG.");
	return wipe_outdated(&session, err);
}
