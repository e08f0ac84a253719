/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static int compare_vgs(const void *a, const void *b)
{
	const struct report_vg *left = a, *right = b;

	return strcmp(left->stored->vg->name, right->stored->vg->name);
}

/* Other hosts' VGs stay out of sight, as with LVM2. */
static bool is_foreign(struct context *context, const struct vg *vg)
{
	if (vg->lock_type && strcmp(vg->lock_type, "none") != 0)
		return true;
	if (!vg->system_id || !*vg->system_id)
		return false;
	ctx_error(context, "Cannot access VG %s with system ID %s with unknown local system ID.",
		  vg->name, vg->system_id);
	return true;
}

static int read_vgs(struct report_source *source, bool *ret_failed, struct err *err)
{
	const struct vg_summary *summaries;
	size_t count;
	int rc;

	if ((rc = scan_list_vgs(source->scan, &summaries, &count, err)))
		return rc;
	source->vgs = arena_calloc(&source->arena, count + 1, sizeof(*source->vgs));
	source->hidden = arena_calloc(&source->arena, count + 1, sizeof(*source->hidden));
	if (!source->vgs || !source->hidden)
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < count; i++) {
		struct report_vg *vg = &source->vgs[source->vg_count];
		struct err one = { 0 };

		if (stored_vg_read(source->context, source->scan, summaries[i].name,
				   &summaries[i].id, &vg->stored, &one)) {
			ctx_report_error(source->context, &one);
			*ret_failed = true;
			continue;
		}
		if (is_foreign(source->context, vg->stored->vg)) {
			source->hidden[source->hidden_count++] = vg->stored->vg->id;
			stored_vg_free(vg->stored);
			vg->stored = NULL;
			continue;
		}
		source->vg_count++;
		if ((rc = links_build(&source->arena, vg, err)))
			return rc;
	}
	qsort(source->vgs, source->vg_count, sizeof(*source->vgs), compare_vgs);
	return 0;
}

int report_source_open(struct context *context, struct report_source *source, bool *ret_failed,
		       struct err *err)
{
	int rc;

	*source = (struct report_source){ .context = context,
					  .arena.limit = VG_ARENA_LIMIT,
					  .holders.arena.limit = MEMBER_RESULTS_LIMIT };
	*ret_failed = false;
	if (!(rc = scan_run(context, &source->scan, err)))
		rc = read_vgs(source, ret_failed, err);
	if (rc)
		report_source_close(source);
	return rc;
}

void report_source_close(struct report_source *source)
{
	for (size_t i = 0; i < source->vg_count; i++)
		stored_vg_free(source->vgs[i].stored);
	scan_free(source->scan);
	lv_holders_free(&source->holders);
	arena_free(&source->arena);
	*source = (struct report_source){ 0 };
}

static int compare_holders(const void *a, const void *b)
{
	const struct lv_holder *left = a, *right = b;
	const int by_vg = memcmp(&left->vg_id, &right->vg_id, sizeof(left->vg_id));

	return by_vg ? by_vg : memcmp(&left->lv_id, &right->lv_id, sizeof(left->lv_id));
}

void lv_holders_sort(struct lv_holders *holders)
{
	if (holders->count)
		qsort(holders->items, holders->count, sizeof(*holders->items), compare_holders);
}

void report_source_ask_cluster(struct report_source *source)
{
	struct context *context = source->context;
	struct cluster *cluster;
	struct err err = { 0 };
	bool any = false;

	for (size_t i = 0; i < source->vg_count; i++)
		any |= vg_is_clustered(source->vgs[i].stored->vg);
	if (!any)
		return;
	if (!context->options.nolocking && !cluster_get(context, &cluster, &err) &&
	    !cluster_lv_holders(cluster, &source->holders, &err)) {
		source->has_holders = true;
		lv_holders_sort(&source->holders);
	} else
		ctx_warn(context,
			 "WARNING: clvmd does not answer on this node: the state of clustered "
			 "volumes on other nodes is not known.");
}

bool report_hides(const struct report_source *source, const struct pv_disk *disk)
{
	const struct vg_summary *vg = scan_vg_of_pv(source->scan, &disk->header.id);

	for (size_t i = 0; vg && i < source->hidden_count; i++)
		if (uuid_equal(&source->hidden[i], &vg->id))
			return true;
	return false;
}

const struct report_vg *report_vg_of_pv(const struct report_source *source,
					const struct uuid *pv_id, const struct pv **ret_pv)
{
	for (size_t i = 0; i < source->vg_count; i++)
		if ((*ret_pv = vg_find_pv_by_id(source->vgs[i].stored->vg, pv_id)))
			return &source->vgs[i];
	*ret_pv = NULL;
	return NULL;
}
