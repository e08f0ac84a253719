/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pvscan --cache: there is no cache to fill, as every command reads the disks; what is left to do
 * is the activation. Clustered VGs are left alone: what is activated when a node comes up is
 * clvmd's business.
 */
#include "lib/op/pv_online.h"

#include <errno.h>

#include "lib/store/store.h"

/* All its PVs are here, and one of @devices is among them (none: any VG). */
static bool is_wanted(const struct scan *scan, const struct stored_vg *stored,
		      const char *const *devices, size_t count)
{
	bool named = !count;

	for (uint32_t i = 0; i < stored->vg->pv_count; i++) {
		if (!stored->pv_disks[i])
			return false;
		for (size_t k = 0; k < count; k++)
			named |= device_find(scan->devices, devices[k]) ==
				 stored->pv_disks[i]->device;
	}
	return named;
}

/* Names of VGs to activate, in @arena. */
static int choose_vgs(struct context *context, struct arena *arena, const char *const *devices,
		      size_t device_count, const char ***ret_names, size_t *ret_count,
		      struct err *err)
{
	const struct vg_summary *summaries;
	const char **names = NULL;
	struct scan *scan;
	size_t count, chosen = 0;
	int rc;

	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if (!(rc = scan_list_vgs(scan, &summaries, &count, err)) &&
	    !(names = arena_calloc(arena, count + 1, sizeof(*names))))
		rc = err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; !rc && i < count; i++) {
		struct stored_vg *stored;

		if (summaries[i].clustered || stored_vg_read(context, scan, summaries[i].name,
							     &summaries[i].id, &stored, NULL))
			continue;
		if (!(stored->vg->status & STATUS_EXPORTED) &&
		    is_wanted(scan, stored, devices, device_count) &&
		    !(names[chosen++] = arena_strdup(arena, summaries[i].name)))
			rc = err_set(err, ENOMEM, "Out of memory.");
		stored_vg_free(stored);
	}
	scan_free(scan);
	*ret_names = names;
	*ret_count = chosen;
	return rc;
}

int op_pv_online(struct context *context, struct arena *arena, const char *const *devices,
		 size_t device_count, struct err *err)
{
	const struct activate_args args = { .change = CHANGE_ACTIVATE_AUTO };
	const char **names;
	size_t count;
	int rc = choose_vgs(context, arena, devices, device_count, &names, &count, err);
	int worst = 0;

	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++) {
		struct err one = { 0 };

		if ((rc = op_vg_activate(context, names[i], &args, &one))) {
			ctx_report_error(context, &one);
			worst = rc;
		}
	}
	return worst ? err_set(err, -worst, "%s", "") : 0;
}
