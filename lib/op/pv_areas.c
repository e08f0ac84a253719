/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/op/pv_areas.h"

#include <errno.h>

static uint32_t used_count(const struct pv_disk *pv_disk)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < pv_disk->mda_count; i++)
		count += !pv_disk->mdas[i].ignored;
	return count;
}

static int check_differs(const struct pv_disk *pv_disk, bool ignore, struct err *err)
{
	if (used_count(pv_disk) != (ignore ? 0 : pv_disk->mda_count))
		return 0;
	return err_set(err, EEXIST, "Metadata areas on physical volume \"%s\" already %s.",
		       pv_disk->device->name, ignore ? "ignored" : "marked as in-use");
}

int orphan_areas_ignore(struct pv_disk *pv_disk, bool ignore, struct err *err)
{
	int rc = check_differs(pv_disk, ignore, err);

	return rc ? rc : store_ignore_areas(pv_disk, ignore, err);
}

static void wish(struct pv_disk *pv_disk, enum mda_wish what)
{
	for (uint32_t i = 0; i < pv_disk->mda_count; i++)
		pv_disk->mdas[i].wish = what;
}

/* Of all PVs of the VG, once the areas of @changed are as wanted. */
static uint32_t used_count_after(const struct session *session, const struct pv_disk *changed,
				 bool ignore)
{
	const struct stored_vg *stored = session->before;
	uint32_t count = 0;

	for (uint32_t i = 0; i < stored->vg->pv_count; i++) {
		const struct pv_disk *pv_disk = stored->pv_disks[i];

		if (pv_disk == changed)
			count += ignore ? 0 : pv_disk->mda_count;
		else if (pv_disk)
			count += used_count(pv_disk);
	}
	return count;
}

static int override_copies(struct session *session, const struct pv_disk *pv_disk, uint32_t copies,
			   struct err *err)
{
	struct vg *vg = session->vg;

	if (!vg->metadata_copies || vg->metadata_copies == copies)
		return 0;
	if (!ctx_ask(session->context,
		     "Override preferred number of copies of VG %s metadata? [y/n]: ", vg->name))
		return err_set(err, ECANCELED, "Physical volume %s not changed",
			       pv_disk->device->name);
	ctx_warn(session->context,
		 "WARNING: Changing preferred number of copies of VG %s metadata from %u to %u",
		 vg->name, vg->metadata_copies, copies);
	vg->metadata_copies = copies;
	return 0;
}

int pv_areas_ignore(struct session *session, const struct pv_disk *pv_disk, bool ignore,
		    struct err *err)
{
	const uint32_t after = used_count_after(session, pv_disk, ignore);
	struct pv_disk *own = scan_find_pv(session->scan, &pv_disk->header.id);
	int rc;

	if ((rc = check_differs(pv_disk, ignore, err)))
		return rc;
	if (!own || !after)
		return err_set(err, EPERM, "Cannot disable all metadata areas in volume group %s.",
			       session->vg->name);
	if ((rc = override_copies(session, pv_disk, after, err)))
		return rc;
	wish(own, ignore ? MDA_TO_BE_IGNORED : MDA_TO_BE_USED);
	return 0;
}

void vg_areas_set_copies(struct session *session, int copies)
{
	const struct stored_vg *stored = session->before;
	const bool all = copies == VG_COPIES_ALL;
	const uint32_t wanted = all ? 0 : (uint32_t)copies;

	for (uint32_t i = 0; all && i < stored->vg->pv_count; i++)
		if (stored->pv_disks[i])
			wish(stored->pv_disks[i], MDA_TO_BE_USED);
	if (session->vg->metadata_copies != wanted)
		session->vg->metadata_copies = wanted;
	else if (wanted)
		ctx_warn(session->context, "Number of metadata copies for VG %s is already %u.",
			 session->vg->name, wanted);
	else if (!all)
		ctx_warn(session->context,
			 "Number of metadata copies for VG %s is already unmanaged.",
			 session->vg->name);
}
