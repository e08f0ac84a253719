/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has_type(const struct lv *lv, const char *type)
{
	return lv->seg_count && !strcmp(lv->segs[0].type_name, type);
}

/* A snapshot's bookkeeping LV is VISIBLE in the metadata and its store, which has the user's name,
 * is not. */
bool lv_is_shown(const struct lv *lv)
{
	if (has_type(lv, "snapshot"))
		return false;
	if (lv_is_visible(lv))
		return true;
	for (uint32_t i = 0; i < lv->vg->lv_count; i++) {
		const struct lv *other = lv->vg->lvs[i];

		if (!has_type(other, "snapshot"))
			continue;
		for (uint32_t k = 0; k < other->segs[0].area_count; k++)
			if (other->segs[0].areas[k].type == AREA_LV &&
			    other->segs[0].areas[k].lv == lv)
				return true;
	}
	return false;
}

/* ---- runs ---- */

static uint32_t pv_number(const struct vg *vg, const struct pv *pv)
{
	for (uint32_t i = 0; i < vg->pv_count; i++)
		if (vg->pvs[i] == pv)
			return i;
	return 0;
}

static int compare_runs(const void *a, const void *b)
{
	const struct pv_run *left = a, *right = b;

	if (left->pv != right->pv)
		return pv_number(left->pv->vg, left->pv) < pv_number(right->pv->vg, right->pv) ? -1
											       : 1;
	return (left->start > right->start) - (left->start < right->start);
}

static size_t count_areas(const struct vg *vg)
{
	size_t count = 0;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		for (uint32_t k = 0; k < vg->lvs[i]->seg_count; k++)
			count += vg->lvs[i]->segs[k].area_count;
	return count;
}

static uint32_t area_length(const struct seg *seg)
{
	return seg->type == SEG_STRIPED ? seg->le_count / seg->area_count : seg->le_count;
}

static size_t used_runs(const struct vg *vg, struct pv_run *runs)
{
	size_t count = 0;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		for (uint32_t k = 0; k < vg->lvs[i]->seg_count; k++) {
			const struct seg *seg = &vg->lvs[i]->segs[k];

			for (uint32_t a = 0; a < seg->area_count; a++)
				if (seg->areas[a].type == AREA_PV)
					runs[count++] = (struct pv_run){ seg->areas[a].pv,
									 seg->areas[a].start,
									 area_length(seg), seg };
		}
	return count;
}

/* Put free runs between the used ones of each PV. */
static size_t add_free_runs(const struct vg *vg, const struct pv_run *used, size_t used_count,
			    struct pv_run *runs)
{
	size_t count = 0, next = 0;

	for (uint32_t i = 0; i < vg->pv_count; i++) {
		const struct pv *pv = vg->pvs[i];
		uint32_t at = 0;

		for (; next < used_count && used[next].pv == pv; next++) {
			if (used[next].start > at)
				runs[count++] =
					(struct pv_run){ pv, at, used[next].start - at, NULL };
			runs[count++] = used[next];
			at = used[next].start + used[next].count;
		}
		if (at < pv->pe_count || !pv->pe_count)
			runs[count++] = (struct pv_run){ pv, at, pv->pe_count - at, NULL };
	}
	return count;
}

static int build_runs(struct arena *arena, struct report_vg *vg, struct err *err)
{
	const struct vg *model = vg->stored->vg;
	const size_t areas = count_areas(model);
	struct pv_run *used = arena_calloc(arena, areas + 1, sizeof(*used));
	size_t count;

	vg->runs = arena_calloc(arena, 2 * areas + model->pv_count + 1, sizeof(*vg->runs));
	if (!used || !vg->runs)
		return err_set(err, ENOMEM, "Out of memory.");
	count = used_runs(model, used);
	qsort(used, count, sizeof(*used), compare_runs);
	vg->run_count = add_free_runs(model, used, count, vg->runs);
	return 0;
}

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
	if (!(source->vgs = arena_calloc(&source->arena, count + 1, sizeof(*source->vgs))))
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
			stored_vg_free(vg->stored);
			vg->stored = NULL;
			continue;
		}
		source->vg_count++;
		if ((rc = build_runs(&source->arena, vg, err)))
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
	    !cluster_lv_holders(cluster, &source->holders, &err))
		source->has_holders = true;
	else
		ctx_warn(context,
			 "WARNING: clvmd does not answer on this node: the state of clustered "
			 "volumes on other nodes is not known.");
}

const struct report_vg *report_find_vg(const struct report_source *source, const char *name)
{
	for (size_t i = 0; i < source->vg_count; i++)
		if (!strcmp(source->vgs[i].stored->vg->name, name))
			return &source->vgs[i];
	return NULL;
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
