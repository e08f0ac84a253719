/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/store/repair.h"

#include <errno.h>

#include "lib/fd.h"
#include "lib/store/store_private.h"

/* LVM2's numbers for what is wrong with an area; scripts and manuals name them. */
#define BAD_TEXT       0x8U
#define BAD_HEADER     0x14U
#define FOREIGN_HEADER 0x24U

static int look_at(int fd, const struct mda_copy *copy, unsigned *ret_problem, struct err *err)
{
	unsigned char sector[MDA_HEADER_BYTES];
	int rc;

	*ret_problem = BAD_TEXT;
	if (copy->state == MDA_BAD_TEXT)
		return 0;
	if ((rc = device_read(fd, copy->pv_disk->device, copy->area.offset_bytes, sector,
			      sizeof(sector), err)))
		return rc;
	*ret_problem = mda_header_has_magic(sector) ? BAD_HEADER : FOREIGN_HEADER;
	return 0;
}

static int make_empty(struct context *context, int fd, struct mda_copy *copy, struct err *err)
{
	const struct device *device = copy->pv_disk->device;
	const struct mda_header header = { .start_bytes = copy->area.offset_bytes,
					   .size_bytes = copy->area.size_bytes };
	int rc;

	if (!context->options.test && ((rc = mda_header_write(fd, device, &header, err)) ||
				       (rc = device_flush(fd, device, err))))
		return rc;
	copy->header = header;
	copy->state = MDA_EMPTY;
	copy->ignored = false;
	copy->repaired = true;
	copy->precommitted_seqno = 0;
	return 0;
}

static int repair_area(struct context *context, int fd, struct mda_copy *copy, bool any_header,
		       struct err *err)
{
	const char *name = copy->pv_disk->device->name;
	const unsigned number = (unsigned)(copy - copy->pv_disk->mdas) + 1;
	unsigned problem;
	int rc;

	if ((rc = look_at(fd, copy, &problem, err)))
		return rc;
	if (problem == FOREIGN_HEADER && !any_header) {
		ctx_warn(context, "WARNING: not repairing bad metadata (0x%x) for mda%u on %s",
			 problem, number, name);
		return 0;
	}
	ctx_warn(context, "WARNING: repairing bad metadata (0x%x) in mda%u at %llu on %s.", problem,
		 number, (unsigned long long)copy->area.offset_bytes, name);
	return make_empty(context, fd, copy, err);
}

static int repair_pv(struct context *context, struct pv_disk *pv_disk, bool any_header,
		     struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < pv_disk->mda_count; i++) {
		struct mda_copy *copy = &pv_disk->mdas[i];

		if (copy->state != MDA_BAD_TEXT && copy->state != MDA_BAD_HEADER)
			continue;
		if (fd < 0 && (fd = device_open(pv_disk->device, DEVICE_WRITE, err)) < 0)
			return fd;
		rc = repair_area(context, fd, copy, any_header, err);
	}
	return rc;
}

int store_repair_areas(struct context *context, struct scan *scan, struct pv_disk *const *pv_disks,
		       size_t count, bool any_header, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++)
		if (pv_disks[i])
			rc = repair_pv(context, pv_disks[i], any_header, err);
	scan->index->vgs_valid = false;
	return rc;
}

static bool has_copy_of(const struct pv_disk *pv_disk, const struct uuid *vg_id)
{
	for (uint32_t i = 0; i < pv_disk->mda_count; i++)
		if (mda_copy_is_of(&pv_disk->mdas[i], vg_id))
			return true;
	return false;
}

int scan_outdated_pvs(struct scan *scan, const struct vg *vg, struct pv_disk ***ret_disks,
		      size_t *ret_count, struct err *err)
{
	struct pv_disk **disks =
		arena_calloc(&scan->arena, scan->pv_disk_count + 1, sizeof(struct pv_disk *));
	size_t count = 0;

	if (!disks)
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < scan->pv_disk_count; i++)
		if (!vg_find_pv_by_id(vg, &scan->pv_disks[i]->header.id) &&
		    has_copy_of(scan->pv_disks[i], &vg->id))
			disks[count++] = scan->pv_disks[i];
	*ret_disks = disks;
	*ret_count = count;
	return 0;
}
