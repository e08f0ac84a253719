/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every area of every PV that is there takes part, but for those that are bad (only an explicit
 * repair touches them) and those that are ignored, unless that is to change. With metadata_copies
 * the VG says how many are to be in use: flags are set on the last ones or cleared on the first
 * ones until it is so.
 */
#include "lib/store/txn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct pv *member_before(const struct stored_vg *before, const struct uuid *pv_id)
{
	return before ? vg_find_pv_by_id(before->vg, pv_id) : NULL;
}

/* Will the label have to be written? */
static void plan_label(struct txn_disk *disk, const struct pv *pv)
{
	struct pv_header *header = &disk->header;
	uint64_t size = pv->dev_size * SECTOR_BYTES;

	*header = disk->pv_disk->header;
	if (header->extension_version < PV_EXTENSION_VERSION) {
		header->extension_version = PV_EXTENSION_VERSION;
		header->extension_flags = 0;
		disk->label_changes = true;
	}
	if (!(header->extension_flags & PV_EXTENSION_USED)) {
		header->extension_flags |= PV_EXTENSION_USED;
		disk->label_changes = true;
	}
	/* pvresize; dev_size is absent (0) in old texts */
	if (pv->dev_size && header->device_size_bytes != size) {
		header->device_size_bytes = size;
		disk->label_changes = true;
	}
}

static int plan_disks(struct store_txn *txn, const struct stored_vg *before, const struct vg *after,
		      struct err *err)
{
	txn->disk_count = 0;
	txn->disks = calloc((size_t)after->pv_count + 1, sizeof(*txn->disks));
	if (!txn->disks)
		return err_set(err, ENOMEM, "Out of memory writing volume group %s.", after->name);
	for (uint32_t i = 0; i < after->pv_count; i++) {
		struct pv_disk *pv_disk = scan_find_pv(txn->scan, &after->pvs[i]->id);
		struct txn_disk *disk = &txn->disks[txn->disk_count];
		const struct pv *was;

		if (!pv_disk)
			continue;
		disk->pv_disk = pv_disk;
		disk->fd = -1;
		was = member_before(before, &after->pvs[i]->id);
		disk->is_new = !was;
		disk->is_resized = was && was->dev_size != after->pvs[i]->dev_size;
		plan_label(disk, after->pvs[i]);
		txn->disk_count++;
	}
	return 0;
}

static bool is_usable(const struct mda_copy *copy)
{
	return copy->state == MDA_VALID || copy->state == MDA_EMPTY;
}

static int plan_areas(struct store_txn *txn, const struct vg *after, struct err *err)
{
	size_t total = 0;

	for (size_t i = 0; i < txn->disk_count; i++)
		total += txn->disks[i].pv_disk->mda_count;
	txn->area_count = 0;
	if (!(txn->areas = calloc(total + 1, sizeof(*txn->areas))))
		return err_set(err, ENOMEM, "Out of memory writing volume group %s.", after->name);
	for (size_t i = 0; i < txn->disk_count; i++) {
		struct pv_disk *pv_disk = txn->disks[i].pv_disk;

		for (uint32_t k = 0; k < pv_disk->mda_count; k++)
			if (is_usable(&pv_disk->mdas[k]))
				txn->areas[txn->area_count++] =
					(struct txn_area){ .copy = &pv_disk->mdas[k],
							   .disk = &txn->disks[i],
							   .was_ignored = pv_disk->mdas[k].ignored,
							   .header = pv_disk->mdas[k].header };
	}
	return 0;
}

/* Decide which areas are ignored from now on. Not all of them, however many are wanted. */
static void balance(struct store_txn *txn, uint32_t wanted)
{
	uint32_t in_use = 0;

	for (size_t i = 0; i < txn->area_count; i++) {
		struct txn_area *area = &txn->areas[i];

		area->becomes_ignored = area->copy->wish == MDA_AS_IT_IS
						? area->was_ignored
						: area->copy->wish == MDA_TO_BE_IGNORED;
		in_use += !area->becomes_ignored;
	}
	if (!wanted) /* unmanaged */
		wanted = in_use ? in_use : 1;
	for (size_t i = 0; i < txn->area_count && in_use < wanted; i++)
		if (txn->areas[i].becomes_ignored) {
			txn->areas[i].becomes_ignored = false;
			in_use++;
		}
	for (size_t i = txn->area_count; i-- > 0 && in_use > wanted;)
		if (!txn->areas[i].becomes_ignored) {
			txn->areas[i].becomes_ignored = true;
			in_use--;
		}
}

/* Areas that were and stay ignored take no part at all. */
static void drop_unconcerned(struct store_txn *txn)
{
	size_t kept = 0;

	for (size_t i = 0; i < txn->area_count; i++)
		if (!txn->areas[i].becomes_ignored || !txn->areas[i].was_ignored)
			txn->areas[kept++] = txn->areas[i];
	txn->area_count = kept;
}

static int check_duplicates(const struct store_txn *txn, const struct vg *after, struct err *err)
{
	for (size_t i = 0; i < txn->disk_count; i++)
		if (txn->disks[i].pv_disk->has_duplicates)
			return err_set(err, EEXIST,
				       "Cannot update volume group %s with duplicate PV devices.",
				       after->name);
	return 0;
}

/* Does an area that stays hold what is committed now? */
static bool old_text_stays(const struct store_txn *txn, const struct stored_vg *before)
{
	for (size_t i = 0; i < txn->area_count; i++) {
		const struct txn_area *area = &txn->areas[i];

		if (!area->becomes_ignored && mda_copy_is_of(area->copy, &before->vg->id) &&
		    area->copy->summary.seqno == before->vg->seqno)
			return true;
	}
	return false;
}

/* PVs that are emptied before the commit. Where they alone hold the old text this would be the end
 * of the VG: there store_release_pvs() does it, after the commit. */
static int plan_leavers(struct store_txn *txn, const struct stored_vg *before,
			const struct vg *after, struct err *err)
{
	if (!before || !old_text_stays(txn, before))
		return 0;
	txn->leavers = calloc((size_t)before->vg->pv_count + 1, sizeof(*txn->leavers));
	if (!txn->leavers)
		return err_set(err, ENOMEM, "Out of memory writing volume group %s.", after->name);
	for (uint32_t i = 0; i < before->vg->pv_count; i++) {
		struct pv_disk *pv_disk = before->pv_disks[i];

		if (pv_disk && !vg_find_pv_by_id(after, &pv_disk->header.id))
			txn->leavers[txn->leaver_count++].pv_disk = pv_disk;
	}
	return 0;
}

int txn_plan(struct store_txn *txn, const struct stored_vg *before, const struct vg *after,
	     struct err *err)
{
	size_t written = 0;
	int rc;

	if ((rc = plan_disks(txn, before, after, err)) ||
	    (rc = check_duplicates(txn, after, err)) || (rc = plan_areas(txn, after, err)))
		return rc;
	balance(txn, after->metadata_copies);
	drop_unconcerned(txn);
	for (size_t i = 0; i < txn->area_count; i++)
		written += !txn->areas[i].becomes_ignored;
	if (!written)
		return err_set(err, EROFS, "Aborting vg_write: No metadata areas to write to!");
	return plan_leavers(txn, before, after, err);
}
