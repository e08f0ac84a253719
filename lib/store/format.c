/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels and empty areas: making a PV, unmaking it, taking it out of a VG.
 *
 * Order: what the label names is in place before the label. A PV that leaves its VG is freed while
 * the VG's other areas still have it, or else after they have not: see store_commit(). A VG that
 * goes loses its newest text last, after the labels: until then it is there and can be mended,
 * after that its PVs are free.
 */
#include "lib/store/txn.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"

#define MDA_ZEROED_BYTES ((size_t)8 * SECTOR_BYTES)

/* ---- pvcreate ---- */

static int zero_range(int fd, const struct device *device, uint64_t offset, size_t length,
		      struct err *err)
{
	static const unsigned char zeros[MDA_ZEROED_BYTES];

	return device_write(fd, device, offset, zeros, length, err);
}

static int wipe_labels(int fd, const struct device *device, bool all, struct err *err)
{
	unsigned char sectors[LABEL_SCAN_SECTORS * SECTOR_BYTES];
	int rc;

	if (all)
		return zero_range(fd, device, 0, sizeof(sectors), err);
	if ((rc = device_read(fd, device, 0, sectors, sizeof(sectors), err)))
		return rc;
	for (size_t i = 0; i < LABEL_SCAN_SECTORS; i++)
		if (label_is_present(sectors + i * SECTOR_BYTES) &&
		    (rc = zero_range(fd, device, i * SECTOR_BYTES, SECTOR_BYTES, err)))
			return rc;
	return 0;
}

static int check_fits(const struct device *device, const struct pv_format *format, struct err *err)
{
	const struct pv_header *header = &format->header;

	if (format->label_sector >= LABEL_SCAN_SECTORS)
		return err_set(err, EINVAL, "labelsector must be less than %d.",
			       LABEL_SCAN_SECTORS);
	for (uint32_t i = 0; i < header->mda_count; i++) {
		const struct disk_area *area = &header->mda[i];

		if (area->size_bytes <= MDA_ZEROED_BYTES ||
		    area->offset_bytes < LABEL_SCAN_SECTORS * SECTOR_BYTES ||
		    area->offset_bytes > device->size_bytes ||
		    area->size_bytes > device->size_bytes - area->offset_bytes)
			return err_set(err, EINVAL, "Metadata area %u does not fit on device %s.",
				       i + 1, device->name);
	}
	return 0;
}

static int write_label(int fd, const struct pv_disk *pv_disk, const struct pv_header *header,
		       struct err *err)
{
	int rc;

	if ((rc = label_write(fd, pv_disk, header, err)))
		return rc;
	return device_flush(fd, pv_disk->device, err);
}

static struct mda_header empty_header(const struct disk_area *area, bool ignored)
{
	return (struct mda_header){
		.start_bytes = area->offset_bytes,
		.size_bytes = area->size_bytes,
		.committed.flags = ignored ? MDA_LOCATION_IGNORED : 0,
	};
}

static int format_areas(int fd, const struct device *device, const struct pv_format *format,
			struct err *err)
{
	int rc;

	for (uint32_t i = 0; i < format->header.mda_count; i++) {
		const struct disk_area *area = &format->header.mda[i];
		struct mda_header header = empty_header(area, format->ignore_mdas);

		if ((rc = zero_range(fd, device, area->offset_bytes, MDA_ZEROED_BYTES, err)) ||
		    (rc = mda_header_write(fd, device, &header, err)))
			return rc;
	}
	return 0;
}

int store_format_pv(struct context *context, const struct device *device,
		    const struct pv_format *format, struct err *err)
{
	struct pv_disk pv_disk = { .device = device, .label_sector = format->label_sector };
	AUTO_CLOSE int fd = -1;
	int rc;

	if ((rc = check_fits(device, format, err)))
		return rc;
	if (context->options.test)
		return 0;
	if ((fd = device_open(device, DEVICE_EXCLUSIVE, err)) < 0)
		return fd;
	if ((rc = wipe_labels(fd, device, format->zero, err)) ||
	    (rc = device_flush(fd, device, err)) || (rc = format_areas(fd, device, format, err)) ||
	    (rc = device_flush(fd, device, err)) ||
	    (rc = label_write(fd, &pv_disk, &format->header, err)))
		return rc;
	return device_flush(fd, device, err);
}

int store_wipe_label(struct context *context, const struct pv_disk *pv_disk, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int rc;

	if (context->options.test)
		return 0;
	if ((fd = device_open(pv_disk->device, DEVICE_EXCLUSIVE, err)) < 0)
		return fd;
	if ((rc = zero_range(fd, pv_disk->device, pv_disk->label_sector * SECTOR_BYTES,
			     SECTOR_BYTES, err)))
		return rc;
	return device_flush(fd, pv_disk->device, err);
}

int store_resize_label(struct context *context, struct pv_disk *pv_disk, uint64_t device_size_bytes,
		       struct err *err)
{
	struct pv_header header = pv_disk->header;
	AUTO_CLOSE int fd = -1;
	int rc;

	if (context->options.test)
		return 0;
	header.device_size_bytes = device_size_bytes;
	if ((fd = device_open(pv_disk->device, DEVICE_WRITE, err)) < 0)
		return fd;
	if ((rc = write_label(fd, pv_disk, &header, err)))
		return rc;
	pv_disk->header = header;
	return 0;
}

/* ---- an area that moves ---- */

/* The area is not used by anyone yet: its text first, which begins behind the header. */
static int write_moved(int fd, const struct mda_copy *copy, const struct mda_copy *source,
		       const struct disk_area *to, struct mda_header *ret_header, struct err *err)
{
	const struct device *device = copy->pv_disk->device;
	struct mda_header header = empty_header(to, copy->ignored);
	int rc;

	if ((rc = zero_range(fd, device, to->offset_bytes, MDA_ZEROED_BYTES, err)))
		return rc;
	if (source && !copy->ignored) {
		if (source->text_length > to->size_bytes - MDA_HEADER_BYTES)
			return err_set(err, ENOSPC, "The metadata do not fit at the end of %s.",
				       device->name);
		header.committed = source->header.committed;
		header.committed.offset_bytes = MDA_HEADER_BYTES;
		if ((rc = device_write(fd, device, to->offset_bytes + MDA_HEADER_BYTES,
				       source->text, source->text_length, err)))
			return rc;
	}
	if ((rc = mda_header_write(fd, device, &header, err)))
		return rc;
	*ret_header = header;
	return device_flush(fd, device, err);
}

/* What the scan knows of it is what another scan would find. */
static void note_moved(struct mda_copy *copy, const struct mda_copy *source,
		       const struct disk_area *to, const struct mda_header *header)
{
	copy->area = *to;
	copy->header = *header;
	copy->precommitted_seqno = 0;
	copy->state = header->committed.offset_bytes ? MDA_VALID : MDA_EMPTY;
	if (copy->state != MDA_VALID)
		return;
	copy->summary = source->summary;
	copy->text = source->text;
	copy->text_length = source->text_length;
}

int store_move_area(struct context *context, struct pv_disk *pv_disk, uint32_t index,
		    const struct mda_copy *source, const struct disk_area *to,
		    uint64_t device_size_bytes, struct err *err)
{
	struct mda_copy *copy = &pv_disk->mdas[index];
	struct pv_header header = pv_disk->header;
	struct mda_header moved;
	AUTO_CLOSE int fd = -1;
	int rc;

	if (context->options.test)
		return 0;
	if ((fd = device_open(pv_disk->device, DEVICE_WRITE, err)) < 0)
		return fd;
	if (disk_areas_overlap(&copy->area, to)) {
		struct pv_header without = header;

		for (uint32_t i = index + 1; i < without.mda_count; i++)
			without.mda[i - 1] = without.mda[i];
		without.mda_count--;
		if ((rc = write_label(fd, pv_disk, &without, err)))
			return rc;
	}
	header.mda[index] = *to;
	header.device_size_bytes = device_size_bytes;
	if ((rc = write_moved(fd, copy, source, to, &moved, err)) ||
	    (rc = write_label(fd, pv_disk, &header, err)))
		return rc;
	pv_disk->header = header;
	note_moved(copy, source, to, &moved);
	return 0;
}

int store_ignore_areas(struct pv_disk *pv_disk, bool ignore, struct err *err)
{
	AUTO_CLOSE int fd = device_open(pv_disk->device, DEVICE_WRITE, err);
	int rc;

	if (fd < 0)
		return fd;
	for (uint32_t i = 0; i < pv_disk->mda_count; i++) {
		struct mda_copy *copy = &pv_disk->mdas[i];
		struct mda_header header = empty_header(&copy->area, ignore);

		if (copy->state != MDA_EMPTY)
			continue;
		if ((rc = mda_header_write(fd, pv_disk->device, &header, err)))
			return rc;
		copy->header = header;
		copy->ignored = ignore;
	}
	return device_flush(fd, pv_disk->device, err);
}

/* ---- out of a VG ---- */

static bool is_empty(const struct mda_copy *copy)
{
	return copy->state == MDA_EMPTY && !copy->header.committed.offset_bytes &&
	       !copy->header.precommitted.offset_bytes;
}

static bool is_newest_of(const struct mda_copy *copy, const struct vg *vg)
{
	return mda_copy_is_of(copy, &vg->id) && copy->summary.seqno == vg->seqno;
}

/* Empty the areas of one PV, but for those with the newest text of @spared. One whose header was
 * bad gets a good one: its VG is gone from here. */
static int empty_areas(struct pv_disk *pv_disk, const struct vg *spared, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int rc;

	for (uint32_t i = 0; i < pv_disk->mda_count; i++) {
		struct mda_copy *copy = &pv_disk->mdas[i];
		struct mda_header header = empty_header(&copy->area, copy->ignored);

		if (copy->state == MDA_UNREADABLE || is_empty(copy) ||
		    (spared && is_newest_of(copy, spared)))
			continue;
		if (fd < 0 && (fd = device_open(pv_disk->device, DEVICE_WRITE, err)) < 0)
			return fd;
		if ((rc = mda_header_write(fd, pv_disk->device, &header, err)))
			return rc;
		copy->header = header;
		copy->state = MDA_EMPTY;
		copy->precommitted_seqno = 0;
	}
	return fd < 0 ? 0 : device_flush(fd, pv_disk->device, err);
}

static int clear_used(struct pv_disk *pv_disk, const struct vg *unused, struct err *err)
{
	struct pv_header header = pv_disk->header;
	AUTO_CLOSE int fd = -1;
	int rc;

	(void)unused;
	if (!(header.extension_flags & PV_EXTENSION_USED))
		return 0;
	header.extension_flags &= ~PV_EXTENSION_USED;
	if ((fd = device_open(pv_disk->device, DEVICE_WRITE, err)) < 0)
		return fd;
	if ((rc = write_label(fd, pv_disk, &header, err)))
		return rc;
	pv_disk->header = header;
	return 0;
}

typedef int release_step(struct pv_disk *pv_disk, const struct vg *vg, struct err *err);

/* Do the step on every PV: one that fails must not keep the others from it. First failure wins. */
static int for_each_pv(struct pv_disk *const *pv_disks, size_t count, release_step *step,
		       const struct vg *vg, struct err *err)
{
	struct err first = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct err one = { 0 };

		if (pv_disks[i] && step(pv_disks[i], vg, &one) && !first.code)
			first = one;
	}
	if (first.code && err)
		*err = first;
	return first.code;
}

int store_release_pvs(struct context *context, struct pv_disk *const *pv_disks, size_t count,
		      struct err *err)
{
	int rc;

	if (context->options.test)
		return 0;
	/* "Used" without a text would be a PV that nobody may take. */
	if ((rc = for_each_pv(pv_disks, count, clear_used, NULL, err)))
		return rc;
	return for_each_pv(pv_disks, count, empty_areas, NULL, err);
}

int store_remove_vg(struct context *context, struct stored_vg *stored, struct err *err)
{
	struct pv_disk *const *pv_disks = stored->pv_disks;
	const size_t count = stored->vg->pv_count;
	int rc;

	if (context->options.test)
		return 0;
	/* An older text must not be found after the newest one is gone. */
	if ((rc = for_each_pv(pv_disks, count, clear_used, NULL, err)) ||
	    (rc = for_each_pv(pv_disks, count, empty_areas, stored->vg, err)))
		return rc;
	return for_each_pv(pv_disks, count, empty_areas, NULL, err);
}

/* ---- the same as a part of a commit ---- */

static bool was_read(const struct mda_copy *copy)
{
	return copy->state == MDA_VALID || copy->state == MDA_EMPTY;
}

static int write_leaver_label(int fd, const struct pv_disk *pv_disk, bool is_free, struct err *err)
{
	struct pv_header header = pv_disk->header;

	if (!(header.extension_flags & PV_EXTENSION_USED))
		return 0;
	if (is_free)
		header.extension_flags &= ~PV_EXTENSION_USED;
	return label_write(fd, pv_disk, &header, err);
}

static int write_leaver_areas(int fd, const struct pv_disk *pv_disk, bool is_free, struct err *err)
{
	int rc;

	for (uint32_t i = 0; i < pv_disk->mda_count; i++) {
		const struct mda_copy *copy = &pv_disk->mdas[i];
		struct mda_header area =
			is_free ? empty_header(&copy->area, copy->ignored) : copy->header;

		if (was_read(copy) && (rc = mda_header_write(fd, pv_disk->device, &area, err)))
			return rc;
	}
	return 0;
}

/* Areas and label as the PV is to have them: free, or as they were read. Should the disk fail
 * between them, it has a text that is outdated, which vgck clears, not a label that says "used" by
 * no VG, and nobody may take the PV. */
static int write_leaver(const struct pv_disk *pv_disk, bool is_free, struct err *err)
{
	AUTO_CLOSE int fd = device_open(pv_disk->device, DEVICE_WRITE, err);
	int rc;

	if (fd < 0)
		return fd;
	if (is_free && (rc = write_leaver_label(fd, pv_disk, is_free, err)))
		return rc;
	if ((rc = write_leaver_areas(fd, pv_disk, is_free, err)))
		return rc;
	if (!is_free && (rc = write_leaver_label(fd, pv_disk, is_free, err)))
		return rc;
	return device_flush(fd, pv_disk->device, err);
}

void pv_release_begin(struct txn_leaver *leaver)
{
	leaver->begun = true;
	leaver->done = !write_leaver(leaver->pv_disk, true, NULL);
}

void pv_release_end(struct txn_leaver *leaver)
{
	struct pv_disk *pv_disk = leaver->pv_disk;

	if (!leaver->done)
		return;
	pv_disk->header.extension_flags &= ~PV_EXTENSION_USED;
	for (uint32_t i = 0; i < pv_disk->mda_count; i++) {
		struct mda_copy *copy = &pv_disk->mdas[i];

		if (!was_read(copy))
			continue;
		copy->header = empty_header(&copy->area, copy->ignored);
		copy->state = MDA_EMPTY;
		copy->precommitted_seqno = 0;
	}
}

int pv_release_undo(struct txn_leaver *leaver, struct err *err)
{
	if (!leaver->begun)
		return 0;
	leaver->begun = false;
	return write_leaver(leaver->pv_disk, false, err);
}
