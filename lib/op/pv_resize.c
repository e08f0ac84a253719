/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pvresize: a PV follows its device's size, or is told another one.
 *
 * When a disk of a cluster grows, each kernel has to learn of it: this one looks again first, and
 * the members of a clustered VG's cluster before its text is written.
 */
#include "lib/op/pv_resize.h"

#include <errno.h>

#include "lib/config.h"
#include "lib/op/members.h"
#include "lib/op/pv_init.h"
#include "lib/op/vg_create.h"
#include "lib/size.h"
#include "metadata/edit.h"

#define SECTOR 512

static int not_resized(const char *path, struct err *err)
{
	return err_set(err, ECANCELED, "Physical Volume %s not resized.", path);
}

/* What was asked for against what the device has; LVM2's warnings and questions. */
static int choose_size(struct context *context, const struct device *device, uint64_t asked,
		       uint64_t *ret_sectors, struct err *err)
{
	const uint64_t minimum = (uint64_t)config_int(context->config, "devices/pv_min_size") * 2;
	const uint64_t real = device->size_bytes / SECTOR;
	const char *path = device->name;
	char is[SIZE_TEXT_MAX], wanted[SIZE_TEXT_MAX];

	*ret_sectors = asked ? asked : real;
	(void)size_format(real, is);
	(void)size_format(*ret_sectors, wanted);
	if (*ret_sectors > real) {
		ctx_warn(context, "WARNING: %s: Overriding real size %s. You could lose data.",
			 path, is);
		if (!ctx_ask(context,
			     "%s: Requested size %s exceeds real size %s. Proceed?  [y/n]: ", path,
			     wanted, is))
			return not_resized(path, err);
	} else if (*ret_sectors < real &&
		   !ctx_ask(context,
			    "%s: Requested size %s is less than real size %s. Proceed?  [y/n]: ",
			    path, wanted, is)) {
		return not_resized(path, err);
	}
	if (*ret_sectors != real)
		ctx_warn(context, "WARNING: %s: Pretending size is %llu not %llu sectors.", path,
			 (unsigned long long)*ret_sectors, (unsigned long long)real);
	if (*ret_sectors < minimum)
		return err_set(err, ENOSPC, "Size must exceed minimum of %llu sectors on PV %s.",
			       (unsigned long long)minimum, path);
	return 0;
}

/* ---- the area at the end ---- */

/* A second area lies at the device's end, and follows it. */
struct area_move {
	uint32_t index;
	bool is_needed;
	struct disk_area to;
};

static int plan_move(const struct pv_disk *disk, uint64_t sectors, uint64_t data_start,
		     struct area_move *move, struct err *err)
{
	const struct pv_header *header = &disk->header;
	const struct disk_area *area;

	*move = (struct area_move){ .index = header->mda_count - 1 };
	if (!header->mda_count || !header->data_count)
		return 0;
	area = &header->mda[move->index];
	if (area->offset_bytes < header->data[0].offset_bytes)
		return 0;
	move->is_needed = area->offset_bytes + area->size_bytes != sectors * SECTOR;
	move->to = *area;
	if (!move->is_needed ||
	    !pv_layout_move_mda(area, sectors * SECTOR, data_start * SECTOR, &move->to, err))
		return 0;
	return err_prefix(err, "%s: ", disk->device->name);
}

static uint64_t usable_end(const struct area_move *move, uint64_t sectors)
{
	return move->to.size_bytes ? move->to.offset_bytes / SECTOR : sectors;
}

static bool is_newer(const struct mda_copy *copy, const struct mda_copy *than)
{
	return !than || copy->summary.seqno > than->summary.seqno;
}

/* The newest copy of the VG's text, but for that in @moving. */
static const struct mda_copy *find_elsewhere(const struct session *session,
					     const struct mda_copy *moving)
{
	const struct mda_copy *found = NULL;

	for (uint32_t i = 0; i < session->vg->pv_count; i++) {
		const struct pv_disk *disk = scan_find_pv(session->scan, &session->vg->pvs[i]->id);

		for (uint32_t k = 0; disk && k < disk->mda_count; k++) {
			const struct mda_copy *copy = &disk->mdas[k];

			if (copy != moving && copy->state == MDA_VALID &&
			    uuid_equal(&copy->summary.id, &session->vg->id) &&
			    is_newer(copy, found))
				found = copy;
		}
	}
	return found;
}

static int move_area(struct session *session, struct pv_disk *disk, const struct area_move *move,
		     uint64_t sectors, struct err *err)
{
	const struct mda_copy *moving = &disk->mdas[move->index];
	const struct mda_copy *source = find_elsewhere(session, moving);

	if (!move->is_needed)
		return 0;
	if (disk_areas_overlap(&moving->area, &move->to) && !source)
		return err_set(err, EBUSY,
			       "The metadata area at the end of %s cannot move by less than its "
			       "size: it is the only one of volume group %s. Have it use another "
			       "one first (vgchange --vgmetadatacopies).",
			       disk->device->name, session->vg->name);
	if (moving->state == MDA_VALID && is_newer(moving, source))
		source = moving;
	return store_move_area(session->context, disk, move->index, source, &move->to,
			       sectors * SECTOR, err);
}

/* Sector behind the last extent. */
static uint64_t data_end(const struct pv *pv)
{
	return pv->pe_start + (uint64_t)pv->pe_count * pv->vg->extent_size;
}

/* Extents are given up before the area comes to lie there, and added after it has gone. */
int pv_resize_in(struct session *session, const struct uuid *id, uint64_t sectors, struct err *err)
{
	struct pv_disk *disk = scan_find_pv(session->scan, id);
	struct pv *pv = vg_find_pv_by_id(session->vg, id);
	struct area_move move;
	const char *path;
	bool grows;
	uint64_t size;
	int rc;

	if (!pv || !disk)
		return err_set(err, ENOENT, "The physical volume is not in volume group %s.",
			       session->vg->name);
	path = disk->device->name;
	if ((rc = choose_size(session->context, disk->device, sectors, &size, err)) ||
	    (rc = plan_move(disk, size, pv->pe_start, &move, err)))
		return rc;
	grows = usable_end(&move, size) >= data_end(pv);
	if ((rc = vg_edit_resize_pv(pv, size, usable_end(&move, size), err)) ||
	    (rc = vg_check_members_see(session, &path, 1, err)) ||
	    (grows && (rc = move_area(session, disk, &move, size, err))) ||
	    (rc = session_write(session, NULL, 0, err)))
		return rc;
	return grows ? 0 : move_area(session, disk, &move, size, err);
}

static int resize_in_vg(struct context *context, const char *vg_name, const struct uuid *id,
			uint64_t sectors, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	int rc = session_open(context, vg_name, SESSION_WRITE, &session, err);

	return rc ? rc : pv_resize_in(&session, id, sectors, err);
}

static int resize_orphan(struct context *context, struct pv_disk *disk, uint64_t sectors,
			 struct err *err)
{
	struct area_move move;
	uint64_t size;
	int rc;

	if ((rc = choose_size(context, disk->device, sectors, &size, err)) ||
	    (rc = plan_move(disk, size, disk->header.data[0].offset_bytes / SECTOR, &move, err)))
		return rc;
	if (move.is_needed)
		return store_move_area(context, disk, move.index, NULL, &move.to, size * SECTOR,
				       err);
	return store_resize_label(context, disk, size * SECTOR, err);
}

static int resize(struct context *context, struct scan *scan, const char *path, uint64_t sectors,
		  struct err *err)
{
	const struct device *device = device_find(scan->devices, path);
	const struct vg_summary *vg;
	struct pv_disk *disk;

	if (!device)
		return err_set(err, ENODEV, "Cannot use %s: device not found", path);
	if (device->rejected)
		return err_set(err, ENODEV, "Cannot use %s: %s", path, device->rejected);
	if (!(disk = scan_find_pv_on(scan, device)))
		return err_set(err, ENODEV, "Failed to find physical volume \"%s\".", path);
	if (!(vg = scan_vg_of_pv(scan, &disk->header.id)))
		return resize_orphan(context, disk, sectors, err);
	return resize_in_vg(context, vg->name, &disk->header.id, sectors, err);
}

int op_pv_resize(struct context *context, const char *path, uint64_t sectors, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	struct err ignored = { 0 };
	struct scan *scan;
	int rc;

	if ((rc = global_lock_take(context, &lock, err)))
		return rc;
	/* The kernel may not have looked at a disk that has grown. */
	if (device_reread_partitions(context, &ignored))
		ctx_report_error(context, &ignored);
	if ((rc = scan_run(context, &scan, err)))
		return rc;
	rc = resize(context, scan, path, sectors, err);
	scan_free(scan);
	if (!rc)
		ctx_print(context, "Physical volume \"%s\" changed", path);
	return rc;
}
