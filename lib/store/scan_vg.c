/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the areas say together: which VGs there are, by id, and which of two devices with one PV id
 * to use. Derived on demand and again after an area has changed.
 */
#include "lib/store/store_private.h"

#include <errno.h>
#include <string.h>

#include "lib/device/sysfs.h"

bool mda_copy_is_of(const struct mda_copy *copy, const struct uuid *vg_id)
{
	return copy->state == MDA_VALID && !copy->pv_disk->is_duplicate &&
	       uuid_equal(&copy->summary.id, vg_id);
}

/* ---- VGs ---- */

static struct scan_vg *index_find(const struct scan_index *index, const struct uuid *vg_id)
{
	for (size_t i = 0; i < index->vg_count; i++)
		if (uuid_equal(&index->vgs[i].newest->summary.id, vg_id))
			return &index->vgs[i];
	return NULL;
}

static size_t count_copies(const struct scan *scan)
{
	size_t count = 0;

	for (size_t i = 0; i < scan->pv_disk_count; i++)
		count += scan->pv_disks[i]->mda_count;
	return count;
}

static void index_add(struct scan_index *index, struct mda_copy *copy)
{
	struct scan_vg *vg;

	if (copy->state != MDA_VALID || copy->pv_disk->is_duplicate)
		return;
	if (!(vg = index_find(index, &copy->summary.id))) {
		vg = &index->vgs[index->vg_count++];
		*vg = (struct scan_vg){ .newest = copy };
	} else if (copy->summary.seqno > vg->newest->summary.seqno) {
		vg->newest = copy;
	}
}

int scan_index_vgs(struct scan *scan, struct err *err)
{
	struct scan_index *index = scan->index;

	if (index->vgs_valid)
		return 0;
	index->vg_count = 0;
	index->vgs = arena_calloc(&scan->arena, count_copies(scan) + 1, sizeof(*index->vgs));
	if (!index->vgs)
		return err_set(err, ENOMEM, "Out of memory for the scan.");
	for (size_t i = 0; i < scan->pv_disk_count; i++)
		for (uint32_t k = 0; k < scan->pv_disks[i]->mda_count; k++)
			index_add(index, &scan->pv_disks[i]->mdas[k]);
	index->vgs_valid = true;
	return 0;
}

struct scan_vg *scan_find_vg(struct scan *scan, const struct uuid *vg_id)
{
	if (scan_index_vgs(scan, NULL))
		return NULL;
	return index_find(scan->index, vg_id);
}

int scan_list_vgs(struct scan *scan, const struct vg_summary **ret_summaries, size_t *ret_count,
		  struct err *err)
{
	struct vg_summary *summaries;
	int rc;

	if ((rc = scan_index_vgs(scan, err)))
		return rc;
	summaries = arena_calloc(&scan->arena, scan->index->vg_count + 1, sizeof(*summaries));
	if (!summaries)
		return err_set(err, ENOMEM, "Out of memory for the scan.");
	for (size_t i = 0; i < scan->index->vg_count; i++)
		summaries[i] = scan->index->vgs[i].newest->summary;
	*ret_summaries = summaries;
	*ret_count = scan->index->vg_count;
	return 0;
}

/* A text that is not valid has no members: its PVs then count as in use by their flag alone. */
static void read_members(struct scan *scan, struct scan_vg *vg)
{
	const struct vg *model = scan_model(scan, vg->newest);

	vg->has_members = true;
	if (!model)
		return;
	vg->pv_ids = arena_calloc(&scan->arena, model->pv_count + 1, sizeof(*vg->pv_ids));
	if (vg->pv_ids) {
		vg->pv_count = model->pv_count;
		for (uint32_t i = 0; i < model->pv_count; i++)
			vg->pv_ids[i] = model->pvs[i]->id;
	}
}

const struct vg_summary *scan_vg_of_pv(struct scan *scan, const struct uuid *pv_id)
{
	if (scan_index_vgs(scan, NULL))
		return NULL;
	for (size_t i = 0; i < scan->index->vg_count; i++) {
		struct scan_vg *vg = &scan->index->vgs[i];

		if (!vg->has_members)
			read_members(scan, vg);
		for (uint32_t k = 0; k < vg->pv_count; k++)
			if (uuid_equal(&vg->pv_ids[k], pv_id))
				return &vg->newest->summary;
	}
	return NULL;
}

const struct vg_summary *scan_vg_claiming(struct scan *scan, const struct pv_disk *pv_disk)
{
	const struct vg_summary *found = scan_vg_of_pv(scan, &pv_disk->header.id);

	for (uint32_t i = 0; !found && i < pv_disk->mda_count; i++)
		if (pv_disk->mdas[i].state == MDA_VALID && !pv_disk->is_duplicate)
			found = &pv_disk->mdas[i].summary;
	return found;
}

bool scan_warn_once(struct scan *scan, const struct uuid *vg_id)
{
	struct scan_index *index = scan->index;
	struct uuid *ids;

	for (size_t i = 0; i < index->warned_count; i++)
		if (uuid_equal(&index->warned_ids[i], vg_id))
			return false;
	/* Few VGs have something to warn of. */
	if (!(ids = arena_calloc(&scan->arena, index->warned_count + 1, sizeof(*ids))))
		return true;
	if (index->warned_count)
		memcpy(ids, index->warned_ids, index->warned_count * sizeof(*ids));
	ids[index->warned_count++] = *vg_id;
	index->warned_ids = ids;
	return true;
}

void scan_mute_vg(struct scan *scan, const struct uuid *vg_id)
{
	(void)!scan_warn_once(scan, vg_id);
}

/* ---- duplicates ---- */

/* Why one device is better than another: the first rule that tells them apart. */
struct preference {
	bool held;	   /* device-mapper uses it */
	bool is_hint;	   /* metadata names it */
	bool size_matches; /* the label's size is its size */
};

static const char *kernel_name(const struct device *device, char name[SYSFS_VALUE_MAX])
{
	const char *slash;

	/* One of the aliases is the kernel's name. */
	for (const char *const *alias = device->aliases; *alias; alias++) {
		dev_t devno;

		slash = strrchr(*alias, '/');
		(void)strncpy(name, slash ? slash + 1 : *alias, SYSFS_VALUE_MAX - 1);
		name[SYSFS_VALUE_MAX - 1] = '\0';
		if (sysfs_devno(name, &devno) && devno == device->devno)
			return name;
	}
	return NULL;
}

static bool hint_names(const struct scan *scan, const struct pv_disk *pv_disk,
		       const struct mda_copy *copy)
{
	const struct vg *vg = scan_model(scan, copy);
	const struct pv *pv;
	bool matches = false;

	if (!vg)
		return false;
	pv = vg_find_pv_by_id(vg, &pv_disk->header.id);
	if (pv && pv->device_hint)
		for (const char *const *alias = pv_disk->device->aliases; *alias; alias++)
			matches = matches || !strcmp(*alias, pv->device_hint);
	return matches;
}

static struct preference judge(const struct scan *scan, const struct pv_disk *pv_disk)
{
	char name[SYSFS_VALUE_MAX];
	struct preference p = { 0 };

	p.held = kernel_name(pv_disk->device, name) && sysfs_has_holders(name);
	p.size_matches = pv_disk->header.device_size_bytes == pv_disk->device->size_bytes;
	for (uint32_t i = 0; i < pv_disk->mda_count && !p.is_hint; i++)
		p.is_hint = hint_names(scan, pv_disk, &pv_disk->mdas[i]);
	return p;
}

/* Is @b better than @a? The reason for the choice is left in @ret_reason. */
static bool is_better(const struct preference *a, const struct preference *b,
		      const char **ret_reason)
{
	if (a->held != b->held) {
		*ret_reason = "device is used by LV";
		return b->held;
	}
	if (a->is_hint != b->is_hint) {
		*ret_reason = "device name matches previous";
		return b->is_hint;
	}
	if (a->size_matches != b->size_matches) {
		*ret_reason = "device size is correct";
		return b->size_matches;
	}
	*ret_reason = "device was seen first";
	return false;
}

static void resolve_one(struct context *context, struct scan *scan, size_t first)
{
	const struct uuid *id = &scan->pv_disks[first]->header.id;
	struct pv_disk *best = scan->pv_disks[first];
	struct preference best_judged = judge(scan, best);
	const char *reason = "device was seen first";
	char dashed[UUID_DASHED_SIZE];

	for (size_t i = first + 1; i < scan->pv_disk_count; i++) {
		struct pv_disk *other = scan->pv_disks[i];
		struct preference judged;

		if (!uuid_equal(&other->header.id, id))
			continue;
		judged = judge(scan, other);
		if (is_better(&best_judged, &judged, &reason)) {
			best->is_duplicate = true;
			best = other;
			best_judged = judged;
		} else {
			other->is_duplicate = true;
		}
	}
	best->has_duplicates = true;

	(void)uuid_format(id, dashed);
	for (size_t i = first; i < scan->pv_disk_count; i++)
		if (scan->pv_disks[i]->is_duplicate &&
		    uuid_equal(&scan->pv_disks[i]->header.id, id))
			ctx_warn(context, "WARNING: Not using device %s for PV %s.",
				 scan->pv_disks[i]->device->name, dashed);
	ctx_warn(context, "WARNING: PV %s prefers device %s because %s.", dashed,
		 best->device->name, reason);
}

void scan_resolve_duplicates(struct context *context, struct scan *scan)
{
	for (size_t i = 0; i < scan->pv_disk_count; i++) {
		const struct pv_disk *disk = scan->pv_disks[i];

		if (disk->is_duplicate || disk->has_duplicates)
			continue;
		for (size_t k = i + 1; k < scan->pv_disk_count; k++)
			if (uuid_equal(&scan->pv_disks[k]->header.id, &disk->header.id)) {
				resolve_one(context, scan, i);
				break;
			}
	}
	scan->index->vgs_valid = false;
}
