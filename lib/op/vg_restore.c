/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vgcfgrestore: a VG's metadata from a file. Everything is looked at before the first byte is
 * written: the file, the PVs it names, who else uses them, and what is active on which node.
 *
 * What the disks say of the VG may be anything: the VG that the file has, an older or newer one,
 * copies that are all bad, or nothing. Its lock is taken as for any change of it, or as for the
 * creation of it when no copy can be read.
 */
#include "lib/op/vg_restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/activate/activate.h"
#include "lib/op/members.h"
#include "lib/op/op.h"
#include "lib/op/pv_init.h"
#include "lib/store/backup.h"
#include "lib/store/repair.h"

struct restore {
	struct session session; /* its before is what is on the disks; its vg what is in the file */
	struct global_lock global;
	struct stored_vg *before; /* NULL: no copy can be read */
	struct pv_disk **disks;	  /* of the PVs in the file, in their order */
};

/* ---- lock ---- */

int vg_lock_for_restore(struct context *context, const struct vg *vg, struct session *session,
			struct err *err)
{
	struct err missing = { 0 };
	int rc;

	rc = session_open(context, vg->name, SESSION_REPLACE, session, &missing);
	if (rc == -ENOENT || rc == -EUCLEAN)
		return session_reserve_damaged(context, vg->name, vg_is_clustered(vg), session,
					       err);
	if (rc) {
		if (err)
			*err = missing;
		return rc;
	}
	if (!uuid_equal(&session->before->vg->id, &vg->id))
		return err_set(err, EEXIST,
			       "Another VG is called %s on the disks: the file's has another id.\n"
			       "Rename or remove it first.",
			       vg->name);
	/* Which lock protects it, and who has which LV active, would change under everybody. */
	if (vg_is_clustered(session->before->vg) != vg_is_clustered(vg))
		return err_set(
			err, EPERM,
			"VG %s is %sclustered on the disks, and is %sclustered in the file.\n"
			"Change the one on the disks with vgchange -c%s first.",
			vg->name, vg_is_clustered(vg) ? "not " : "",
			vg_is_clustered(vg) ? "" : "not ", vg_is_clustered(vg) ? "y" : "n");
	return 0;
}

/* ---- PVs ---- */

static int check_missing(struct restore *restore, struct err *err)
{
	const struct session *session = &restore->session;
	const struct vg *vg = session->vg;
	char id[UUID_DASHED_SIZE];
	unsigned missing = 0;

	for (uint32_t i = 0; i < vg->pv_count; i++) {
		restore->disks[i] = scan_find_pv(session->scan, &vg->pvs[i]->id);
		if (!restore->disks[i])
			ctx_warn(session->context, "WARNING: Couldn't find device with uuid %s.",
				 uuid_format(&vg->pvs[i]->id, id));
		missing += !restore->disks[i] || vg->pvs[i]->status & STATUS_MISSING ? 1 : 0;
	}
	if (!missing)
		return 0;
	return err_set(err, ENODEV, "Cannot restore Volume Group %s with %u PVs marked as missing.",
		       vg->name, missing);
}

static int check_free(struct scan *scan, const struct vg *vg, const struct pv_disk *disk,
		      struct err *err)
{
	const struct vg_summary *other = scan_vg_claiming(scan, disk);
	char id[UUID_DASHED_SIZE];

	if (!other || uuid_equal(&other->id, &vg->id))
		return 0;
	return err_set(err, EBUSY,
		       "Physical volume %s is used by volume group %s (%s).\n"
		       "Remove that volume group, or take the physical volume out of it, first.",
		       disk->device->name, other->name, uuid_format(&other->id, id));
}

/* Extents must be on the device, and must not be where metadata are. */
static int check_extents(const struct vg *vg, const struct pv *pv, const struct pv_disk *disk,
			 struct err *err)
{
	const uint64_t start = pv->pe_start * SECTOR_BYTES;
	const uint64_t length = (uint64_t)pv->pe_count * vg->extent_size * SECTOR_BYTES;

	if (pv->pe_start > disk->device->size_bytes / SECTOR_BYTES ||
	    length > disk->device->size_bytes - start)
		return err_set(err, ENOSPC,
			       "Physical extents of %s end beyond end of device (%llu sectors).",
			       disk->device->name,
			       (unsigned long long)(disk->device->size_bytes / SECTOR_BYTES));
	for (uint32_t i = 0; i < disk->header.mda_count; i++) {
		const struct disk_area *mda = &disk->header.mda[i];

		if (mda->offset_bytes < start + length &&
		    start < mda->offset_bytes + mda->size_bytes)
			return err_set(err, EBADSLT,
				       "Physical extents of %s overlap its metadata area %u.\n"
				       "Make the PV with pvcreate --uuid --restorefile first.",
				       disk->device->name, i + 1);
	}
	return 0;
}

/* All members of the cluster are to use it. */
static int check_members(const struct restore *restore, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = VG_ARENA_LIMIT };
	const struct session *session = &restore->session;
	const uint32_t count = session->vg->pv_count;
	const char **paths = arena_calloc(&arena, count + 1, sizeof(*paths));

	if (!session_is_clustered(session))
		return 0;
	if (!paths)
		return err_set(err, ENOMEM, "Out of memory.");
	for (uint32_t i = 0; i < count; i++)
		paths[i] = restore->disks[i]->device->name;
	return pv_check_members(session->context, session->cluster, session->scan, paths, count,
				session->context->options.force, err);
}

static int check_pvs(struct restore *restore, struct err *err)
{
	const struct vg *vg = restore->session.vg;
	int rc;

	if ((rc = check_missing(restore, err)))
		return rc;
	for (uint32_t i = 0; i < vg->pv_count; i++) {
		if (restore->disks[i]->has_duplicates)
			return err_set(err, ENOTUNIQ,
				       "Cannot update volume group %s with duplicate PV devices.",
				       vg->name);
		if ((rc = check_free(restore->session.scan, vg, restore->disks[i], err)) ||
		    (rc = check_extents(vg, vg->pvs[i], restore->disks[i], err)))
			return rc;
	}
	return check_members(restore, err);
}

/* ---- LVs ---- */

/* The pools' own metadata have moved on since; LVM2 asks for --force too. */
static int check_thin(const struct session *session, struct err *err)
{
	const struct vg *vg = session->vg;

	for (uint32_t i = 0; i < vg->lv_count && !session->context->options.force; i++)
		if (vg->lvs[i]->seg_count && !strncmp(vg->lvs[i]->segs[0].type_name, "thin", 4))
			return err_set(err, EPERM,
				       "Consider using option --force to restore Volume Group %s "
				       "with thin volumes.",
				       vg->name);
	return 0;
}

static const char *lv_name(const struct restore *restore, const struct uuid *id,
			   char dashed[UUID_DASHED_SIZE])
{
	const struct lv *lv = restore->before ? vg_find_lv_by_id(restore->before->vg, id) : NULL;

	if (!lv)
		lv = vg_find_lv_by_id(restore->session.vg, id);
	return lv ? lv->name : uuid_format(id, dashed);
}

/* Says which are active; their number. */
static unsigned tell_active(const struct restore *restore, const struct member_results *results)
{
	const struct session *session = &restore->session;
	char dashed[UUID_DASHED_SIZE];
	unsigned count = 0;

	for (size_t i = 0; i < results->count; i++)
		for (size_t k = 0; k < results->items[i].data.lv_count; k++) {
			const struct lv_report *report = &results->items[i].data.lvs[k];

			if (!report->active)
				continue;
			count++;
			ctx_print(session->context, "Volume group %s has active volume: %s.%s%s",
				  session->vg->name, lv_name(restore, &report->lv_id, dashed),
				  session_is_clustered(session) ? " Node: " : "",
				  session_is_clustered(session)
					  ? member_result_name(&results->items[i])
					  : "");
		}
	return count;
}

static int ask_if_active(const struct restore *restore, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	const struct session *session = &restore->session;
	unsigned count;
	int rc;

	if (!session_is_clustered(session) && !activation_driver_present())
		return 0;
	/* No LVs named: all that the kernels have of the VG. */
	if ((rc = members_query(session, NULL, 0, &results, err)) &&
	    !session->context->options.force)
		return rc;
	if (rc)
		ctx_warn(session->context,
			 "WARNING: Failed to check for active volumes in volume group \"%s\".",
			 session->vg->name);
	if (!(count = tell_active(restore, &results)))
		return 0;
	ctx_print(session->context,
		  "Restoring VG with active LVs, may cause mismatch with its metadata.");
	ctx_warn(session->context, "WARNING: Found %u active volume(s) in volume group \"%s\".",
		 count, session->vg->name);
	if (ctx_ask(session->context,
		    "Do you really want to proceed with restore of volume group \"%s\", while %u "
		    "volume(s) are active? [y/n]: ",
		    session->vg->name, count))
		return 0;
	return err_set(err, ECANCELED, "Restore aborted.");
}

/* ---- writing ---- */

/* Copies that are not written over must not look newer than what is restored. */
static bool copies_stay(const struct restore *restore)
{
	const struct vg *before = restore->before ? restore->before->vg : NULL;

	for (uint32_t i = 0; before && i < before->pv_count; i++)
		if (!vg_find_pv_by_id(restore->session.vg, &before->pvs[i]->id))
			return true;
	return false;
}

static int choose_seqno(struct restore *restore, struct err *err)
{
	struct session *session = &restore->session;
	uint32_t last = session->vg->seqno;

	if (copies_stay(restore) && restore->before->seqno_highest > last)
		last = restore->before->seqno_highest;
	if (last == UINT32_MAX)
		return err_set(err, EOVERFLOW, "The seqno of the VG in the file is too high.");
	session->value = last;
	return 0;
}

/* An area that could not be written may have had a higher seqno than what is restored. */
static int verify(struct session *session, struct err *err)
{
	const uint32_t seqno = session->vg->seqno;
	int rc;

	if (session->context->options.test)
		return 0;
	if ((rc = session_reread(session, err)))
		return rc;
	if (session->vg->seqno == seqno)
		return 0;
	return err_set(err, EIO, "Another copy of the metadata with seqno %u is still there.",
		       session->vg->seqno);
}

static int write_vg(struct restore *restore, struct err *err)
{
	struct session *session = &restore->session;
	struct context *context = session->context;
	int rc;

	if ((rc = choose_seqno(restore, err)))
		return rc;
	if (restore->before && (rc = archive_write(context, restore->before->vg, err)))
		return rc;
	if ((rc = store_repair_areas(context, session->scan, restore->disks, session->vg->pv_count,
				     true, err)) ||
	    (rc = session_write(session, NULL, 0, err)))
		return rc;
	return verify(session, err);
}

/* ---- all ---- */

static int restore_vg(struct restore *restore, struct vg *vg, struct err *err)
{
	struct session *session = &restore->session;
	int rc;

	/* Not before: store_write() would number on from it, and warn of what differs. */
	restore->before = session->before;
	session->before = NULL;
	vg_free(session->vg);
	session->vg = vg_copy(vg);
	restore->disks = calloc((size_t)vg->pv_count + 1, sizeof(struct pv_disk *));
	if (!session->vg || !restore->disks)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = session_check_owner(vg, err)) || (rc = check_pvs(restore, err)) ||
	    (rc = check_thin(session, err)) || (rc = ask_if_active(restore, err)) ||
	    (rc = write_vg(restore, err)))
		return rc;
	session_forget(session);
	ctx_print(session->context, "Restored volume group %s.", vg->name);
	return 0;
}

static void close_restore(struct restore *restore)
{
	stored_vg_free(restore->before);
	free(restore->disks);
	session_close(&restore->session);
	global_lock_release(&restore->global);
}

int op_vg_restore(struct context *context, const char *name, const char *file, struct err *err)
{
	struct restore CLEANUP(close_restore) restore = { 0 };
	AUTO_FREE char *path = NULL;
	struct vg CLEANUP(vg_free_at_exit) *vg = NULL;
	int rc;

	if (!file && (rc = backup_path(context, name, &path, err)))
		return rc;
	if ((rc = backup_file_read(file ? file : path, name, &vg, NULL, err)) ||
	    (rc = global_lock_take(context, &restore.global, err)) ||
	    (rc = vg_lock_for_restore(context, vg, &restore.session, err)) ||
	    (rc = restore_vg(&restore, vg, err)))
		return rc == -ECANCELED ? rc : err_append(err, "\nRestore failed.");
	return 0;
}
