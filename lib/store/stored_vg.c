/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One VG from its copies. The highest seqno wins; a copy that is newer but cannot be parsed is an
 * error, never a reason to take an older one.
 *
 * The areas were read one after the other, perhaps while a writer committed. So copies that differ
 * are read again, with short pauses, before anybody is told that they differ.
 */
#include "lib/store/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/fd.h"

#define SETTLE_TRIES 6
#define SETTLE_FIRST_PAUSE                                                    \
	2000000 /* ns; doubles: 126 ms in all, longer than the commit of a VG \
		 */

/* ---- copies that agree ---- */

static bool copies_agree(const struct scan *scan, const struct mda_copy *newest)
{
	for (size_t i = 0; i < scan->pv_disk_count; i++)
		for (uint32_t k = 0; k < scan->pv_disks[i]->mda_count; k++) {
			const struct mda_copy *copy = &scan->pv_disks[i]->mdas[k];

			if (mda_copy_is_of(copy, &newest->summary.id) && copy->text != newest->text)
				return false;
		}
	return true;
}

static void read_again(struct context *context, struct scan *scan, const struct uuid *vg_id)
{
	for (size_t i = 0; i < scan->pv_disk_count; i++) {
		struct pv_disk *pv_disk = scan->pv_disks[i];
		struct disk_reader reader = { .device = pv_disk->device, .fd = -1 };

		for (uint32_t k = 0; k < pv_disk->mda_count; k++)
			if (mda_copy_is_of(&pv_disk->mdas[k], vg_id))
				mda_copy_read(context, scan, &reader, &pv_disk->mdas[k], true);
		disk_reader_close(&reader);
	}
}

/* The newest copy, after any commit that was under way while we read has settled. */
static struct mda_copy *settle(struct context *context, struct scan *scan, struct uuid vg_id,
			       bool *ret_agree)
{
	struct timespec pause = { .tv_nsec = SETTLE_FIRST_PAUSE };
	struct scan_vg *found = scan_find_vg(scan, &vg_id);

	*ret_agree = true;
	for (unsigned i = 0; found && i < SETTLE_TRIES; i++) {
		if ((*ret_agree = copies_agree(scan, found->newest)))
			break;
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec *= 2;
		read_again(context, scan, &vg_id);
		found = scan_find_vg(scan, &vg_id);
	}
	if (!found)
		return NULL;
	*ret_agree = copies_agree(scan, found->newest);
	return found->newest;
}

/* ---- warnings ---- */

static bool is_member(const struct vg *vg, const struct pv_disk *pv_disk)
{
	return vg_find_pv_by_id(vg, &pv_disk->header.id);
}

static void warn_differences(struct context *context, const struct scan *scan, const struct vg *vg,
			     const struct mda_copy *newest)
{
	const char *newest_name = newest->pv_disk->device->name;

	for (size_t i = 0; i < scan->pv_disk_count; i++)
		for (uint32_t k = 0; k < scan->pv_disks[i]->mda_count; k++) {
			const struct mda_copy *copy = &scan->pv_disks[i]->mdas[k];
			const char *name = scan->pv_disks[i]->device->name;

			if (!mda_copy_is_of(copy, &vg->id) || copy->text == newest->text)
				continue;
			if (copy->summary.seqno == newest->summary.seqno)
				ctx_warn(context,
					 "WARNING: metadata on %s and %s differ though both have "
					 "seqno %u for VG %s.",
					 name, newest_name, vg->seqno, vg->name);
			else
				ctx_warn(context,
					 "WARNING: ignoring metadata seqno %u on %s for seqno %u "
					 "on %s for VG %s.",
					 copy->summary.seqno, name, newest->summary.seqno,
					 newest_name, vg->name);
		}
	ctx_warn(context, "WARNING: Inconsistent metadata found for VG %s.", vg->name);
	ctx_warn(context, "See vgck --updatemetadata to correct inconsistency.");
}

/* PVs that were removed from the VG while they were away. */
static void warn_outdated(struct context *context, const struct scan *scan, const struct vg *vg)
{
	for (size_t i = 0; i < scan->pv_disk_count; i++) {
		const struct pv_disk *pv_disk = scan->pv_disks[i];

		for (uint32_t k = 0; k < pv_disk->mda_count; k++) {
			const struct mda_copy *copy = &pv_disk->mdas[k];

			if (!mda_copy_is_of(copy, &vg->id) || is_member(vg, pv_disk))
				continue;
			ctx_warn(context,
				 "WARNING: outdated PV %s seqno %u has been removed in current VG "
				 "%s seqno %u.",
				 pv_disk->device->name, copy->summary.seqno, vg->name, vg->seqno);
			ctx_warn(context, "See vgck --updatemetadata to clear outdated metadata.");
			break;
		}
	}
}

static void warn_missing(struct context *context, const struct stored_vg *stored)
{
	const struct vg *vg = stored->vg;
	char id[UUID_DASHED_SIZE];

	for (uint32_t i = 0; i < vg->pv_count; i++)
		if (!stored->pv_disks[i])
			ctx_warn(context, "WARNING: Couldn't find device with uuid %s.",
				 uuid_format(&vg->pvs[i]->id, id));
	for (uint32_t i = 0; i < vg->pv_count; i++) {
		const struct pv *pv = vg->pvs[i];

		if (!stored->pv_disks[i])
			ctx_warn(context, "WARNING: VG %s is missing PV %s (last written to %s).",
				 vg->name, uuid_format(&pv->id, id),
				 pv->device_hint ? pv->device_hint : "[unknown]");
	}
}

/* PVs that were away when the VG was written and are here now. One without data on it is as good as
 * any other; on one with data the data is old, which only the administrator can settle. */
static void take_back_reappeared(struct context *context, struct stored_vg *stored, bool warn)
{
	const struct vg *vg = stored->vg;
	char id[UUID_DASHED_SIZE];

	for (uint32_t i = 0; i < vg->pv_count; i++) {
		struct pv *pv = vg->pvs[i];
		const char *name;
		bool unused;

		if (!stored->pv_disks[i] || !(pv->status & STATUS_MISSING))
			continue;
		unused = !pv_allocated_count(pv);
		if (unused)
			pv->status &= ~(uint32_t)STATUS_MISSING;
		if (!warn)
			continue;
		name = stored->pv_disks[i]->device->name;
		ctx_warn(context, "WARNING: VG %s was previously updated while PV %s was missing.",
			 vg->name, name);
		ctx_warn(context,
			 unused ? "WARNING: VG %s has unused reappeared PV %s %s."
				: "WARNING: VG %s was missing PV %s %s.",
			 vg->name, name, uuid_format(&pv->id, id));
	}
}

static void warn_headers(struct context *context, const struct stored_vg *stored)
{
	const struct vg *vg = stored->vg;

	for (uint32_t i = 0; i < vg->pv_count; i++) {
		const struct pv_disk *pv_disk = stored->pv_disks[i];

		if (!pv_disk || vg->pvs[i]->status & STATUS_MISSING)
			continue;
		if (pv_disk->header.extension_version < PV_EXTENSION_VERSION)
			ctx_warn(context,
				 "WARNING: PV %s in VG %s is using an old PV header, modify the VG "
				 "to update.",
				 pv_disk->device->name, vg->name);
		else if (!(pv_disk->header.extension_flags & PV_EXTENSION_USED))
			ctx_warn(context,
				 "WARNING: PV %s in VG %s is missing the used flag in PV header.",
				 pv_disk->device->name, vg->name);
	}
}

static void warn_sizes(struct context *context, const struct stored_vg *stored)
{
	const struct vg *vg = stored->vg;
	bool changed = false;

	for (uint32_t i = 0; i < vg->pv_count; i++) {
		const struct pv_disk *pv_disk = stored->pv_disks[i];
		uint64_t sectors;

		if (!pv_disk)
			continue;
		sectors = pv_disk->device->size_bytes / SECTOR_BYTES;
		if (sectors >= vg->pvs[i]->dev_size)
			continue;
		changed = true;
		ctx_warn(context,
			 "WARNING: Device %s has size of %llu sectors which is smaller than "
			 "corresponding PV size of %llu sectors. Was device resized?",
			 pv_disk->device->name, (unsigned long long)sectors,
			 (unsigned long long)vg->pvs[i]->dev_size);
	}
	if (changed)
		ctx_warn(context,
			 "WARNING: One or more devices used as PVs in VG %s have changed sizes.",
			 vg->name);
}

/* ---- assembling ---- */

static uint32_t highest_seqno(const struct scan *scan, const struct vg *vg)
{
	uint32_t highest = vg->seqno;

	for (size_t i = 0; i < scan->pv_disk_count; i++) {
		const struct pv_disk *pv_disk = scan->pv_disks[i];

		for (uint32_t k = 0; k < pv_disk->mda_count; k++) {
			const struct mda_copy *copy = &pv_disk->mdas[k];
			bool of_vg = mda_copy_is_of(copy, &vg->id);

			if (of_vg && copy->summary.seqno > highest)
				highest = copy->summary.seqno;
			if ((of_vg || is_member(vg, pv_disk)) && copy->precommitted_seqno > highest)
				highest = copy->precommitted_seqno;
		}
	}
	return highest;
}

/* What is absent is missing to all that look at the model; the next write keeps it. */
static void mark_missing(struct stored_vg *stored)
{
	for (uint32_t i = 0; i < stored->vg->pv_count; i++)
		if (!stored->pv_disks[i])
			stored->vg->pvs[i]->status |= STATUS_MISSING;
}

bool stored_vg_lacks_pvs(const struct stored_vg *stored)
{
	for (uint32_t i = 0; i < stored->vg->pv_count; i++)
		if (!stored->pv_disks[i] || stored->vg->pvs[i]->status & STATUS_MISSING)
			return true;
	return false;
}

static int fill(struct stored_vg *stored, struct scan *scan, struct err *err)
{
	const struct vg *vg = stored->vg;

	if (!(stored->pv_disks = calloc((size_t)vg->pv_count + 1, sizeof(struct pv_disk *))))
		return err_set(err, ENOMEM, "Out of memory for the volume group.");
	for (uint32_t i = 0; i < vg->pv_count; i++)
		stored->pv_disks[i] = scan_find_pv(scan, &vg->pvs[i]->id);
	stored->seqno_highest = highest_seqno(scan, vg);
	/* Which PVs are missing is a matter of this scan, and is marked in a copy. */
	if (stored->vg_is_shared && stored_vg_lacks_pvs(stored)) {
		if (!(stored->vg = vg_copy(vg)))
			return err_set(err, ENOMEM, "Out of memory for the volume group.");
		stored->vg_is_shared = false;
	}
	if (!stored->vg_is_shared)
		mark_missing(stored);
	return 0;
}

/* Takes over @vg unless it is shared, also on failure. */
static int assemble(struct scan *scan, struct vg *vg, bool is_shared, struct stored_vg **ret_stored,
		    struct err *err)
{
	struct stored_vg *stored = calloc(1, sizeof(*stored));
	int rc;

	if (!stored) {
		if (!is_shared)
			vg_free(vg);
		return err_set(err, ENOMEM, "Out of memory for the volume group.");
	}
	stored->vg = vg;
	stored->vg_is_shared = is_shared;
	if ((rc = fill(stored, scan, err))) {
		stored_vg_free(stored);
		return rc;
	}
	*ret_stored = stored;
	return 0;
}

static int not_found(const char *name, struct err *err)
{
	return err_set(err, ENOENT, "Volume group \"%s\" not found", name);
}

static int find_by_id(struct scan *scan, const struct uuid *id, const char *name,
		      struct vg_summary *ret_summary, struct err *err)
{
	const struct scan_vg *found = scan_find_vg(scan, id);
	char dashed[UUID_DASHED_SIZE];

	if (!found)
		return not_found(name ? name : uuid_format(id, dashed), err);
	*ret_summary = found->newest->summary;
	return 0;
}

/* The one VG of that name or id. */
static int find_summary(struct scan *scan, const char *name, const struct uuid *id,
			struct vg_summary *ret_summary, struct err *err)
{
	const struct scan_vg *found = NULL;
	struct uuid named;
	int rc;

	if (id)
		return find_by_id(scan, id, name, ret_summary, err);
	if ((rc = scan_index_vgs(scan, err)))
		return rc;
	for (size_t i = 0; i < scan->index->vg_count; i++) {
		const struct scan_vg *vg = &scan->index->vgs[i];

		if (strcmp(vg->newest->summary.name, name) != 0)
			continue;
		if (found)
			return err_set(err, ENOTUNIQ,
				       "Multiple VGs found with the same name: skipping %s\n"
				       "Use --select vg_uuid=<uuid> in place of the VG name.",
				       name);
		found = vg;
	}
	if (!found && !uuid_parse(name, &named, NULL))
		return find_by_id(scan, &named, name, ret_summary, err);
	if (!found)
		return not_found(name, err);
	*ret_summary = found->newest->summary;
	return 0;
}

int stored_vg_read(struct context *context, struct scan *scan, const char *name,
		   const struct uuid *id, struct stored_vg **ret_stored, struct err *err)
{
	const struct mda_copy *newest;
	struct stored_vg *stored = NULL;
	struct vg_summary summary = { 0 };
	struct vg *vg = NULL;
	bool agree, warn, is_shared;
	int rc;

	if ((rc = find_summary(scan, name, id, &summary, err)))
		return rc;
	newest = settle(context, scan, summary.id, &agree);
	/* Settling reads again, so the VG may have got another name, or be gone. */
	if (!newest || (!id && strcmp(newest->summary.name, summary.name) != 0))
		return not_found(summary.name, err);
	if ((rc = scan_read_vg(scan, newest, &vg, &is_shared, err)) ||
	    (rc = assemble(scan, vg, is_shared, &stored, err)))
		return rc;
	vg = stored->vg;
	stored->inconsistent = !agree;

	warn = scan_warn_once(scan, &vg->id);
	if (warn && !agree)
		warn_differences(context, scan, vg, newest);
	take_back_reappeared(context, stored, warn);
	if (warn) {
		warn_outdated(context, scan, vg);
		warn_missing(context, stored);
		warn_headers(context, stored);
		warn_sizes(context, stored);
	}
	*ret_stored = stored;
	return 0;
}

/* ---- precommitted ---- */

static bool is_awaited(const struct mda_copy *copy, uint64_t text_length, uint32_t text_crc)
{
	const struct mda_location *location = &copy->header.precommitted;

	return (copy->state == MDA_VALID || copy->state == MDA_EMPTY) &&
	       !copy->pv_disk->is_duplicate && location->offset_bytes &&
	       location->size_bytes == text_length && location->checksum == text_crc;
}

static int import_precommitted(const struct mda_copy *copy, const struct uuid *vg_id,
			       struct vg **ret_vg, struct err *err)
{
	const struct device *device = copy->pv_disk->device;
	const struct mda_location *location = &copy->header.precommitted;
	struct disk_reader reader = { .device = device, .fd = -1 };
	AUTO_FREE char *text = NULL;
	int rc = mda_text_read(&reader, &copy->header, location, &text, err);

	disk_reader_close(&reader);
	if (rc || (rc = vg_import(text, (size_t)location->size_bytes, ret_vg, NULL, err)))
		return rc;
	if (uuid_equal(&(*ret_vg)->id, vg_id))
		return 0;
	vg_free(*ret_vg);
	*ret_vg = NULL;
	return err_set(err, ESTALE, "Precommitted metadata on %s is of another VG.", device->name);
}

int stored_vg_read_precommitted(struct context *context, struct scan *scan,
				const struct uuid *vg_id, uint64_t text_length, uint32_t text_crc,
				struct stored_vg **ret_stored, struct err *err)
{
	char id[UUID_DASHED_SIZE];
	struct vg *vg = NULL;

	(void)context;
	for (size_t i = 0; i < scan->pv_disk_count; i++)
		for (uint32_t k = 0; k < scan->pv_disks[i]->mda_count; k++) {
			const struct mda_copy *copy = &scan->pv_disks[i]->mdas[k];

			/* One readable copy is enough: its checksum says that it is the text. */
			if (is_awaited(copy, text_length, text_crc) &&
			    !import_precommitted(copy, vg_id, &vg, err))
				return assemble(scan, vg, false, ret_stored, err);
		}
	return err_set(err, ESTALE,
		       "The new metadata of VG %s (%llu bytes, checksum %08x) is not on any disk "
		       "that this node can read.",
		       uuid_format(vg_id, id), (unsigned long long)text_length, text_crc);
}

/* ---- rest ---- */

void stored_vg_free(struct stored_vg *stored)
{
	if (!stored)
		return;
	if (!stored->vg_is_shared)
		vg_free(stored->vg);
	free(stored->pv_disks);
	free(stored);
}

uint32_t stored_vg_mda_count(const struct stored_vg *stored)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < stored->vg->pv_count; i++)
		for (uint32_t k = 0; stored->pv_disks[i] && k < stored->pv_disks[i]->mda_count; k++)
			count += mda_copy_is_of(&stored->pv_disks[i]->mdas[k], &stored->vg->id);
	return count;
}
