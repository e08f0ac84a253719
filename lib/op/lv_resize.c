/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lvextend, lvreduce, lvresize. The tables of all nodes that have the LV active are switched
 * together (session_write()); a file system is looked at before anything changes, grown after that,
 * on the node that has it mounted, and shrunk before it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/op/in_session.h"
#include "lib/op/lv_size.h"
#include "lib/op/members.h"
#include "lib/op/op.h"
#include "metadata/edit.h"

/* What the resize is, once all arguments are looked at. */
struct resize {
	struct lv *lv;	     /* of session->vg, edited */
	struct lv *before;   /* of session->before */
	uint32_t from, to;   /* extents */
	const char *fs_node; /* clustered: where the file system is resized; NULL this node */
	struct member_results where; /* owns fs_node */
};

static int check_direction(const struct lv_resize_args *args, const struct resize *resize,
			   bool is_rounded, struct err *err)
{
	if (resize->to == resize->from)
		return err_set(err, EALREADY,
			       "New size (%u extents) matches existing size (%u extents)%s",
			       resize->to, resize->from, is_rounded ? "" : ".");
	if (args->direction == RESIZE_EXTEND && resize->to < resize->from)
		return err_set(
			err, ERANGE,
			"New size given (%u extents) not larger than existing size (%u extents)",
			resize->to, resize->from);
	if (args->direction == RESIZE_REDUCE && resize->to > resize->from)
		return err_set(
			err, ERANGE,
			"New size given (%u extents) not less than existing size (%u extents)",
			resize->to, resize->from);
	return 0;
}

/* Where the file system's tools are to run: where it is mounted, else here, else where it is
 * active. */
static int choose_fs_node(const struct session *session, struct resize *resize, struct err *err)
{
	const struct member_result *mounted = NULL, *active = NULL;
	const char *here = session_is_clustered(session) ? cluster_node_name(session->cluster) : "";

	for (size_t i = 0; i < resize->where.count; i++) {
		const struct member_result *result = &resize->where.items[i];
		const struct lv_report *report = member_lv_report(result, &resize->before->id);

		if (!report || !report->active)
			continue;
		if (*report->mount_points && (!mounted || !strcmp(result->node_name, here)))
			mounted = result;
		if (!active || !strcmp(result->node_name, here))
			active = result;
	}
	if (!active)
		return err_set(err, ENXIO,
			       "Logical volume %s/%s must be activated before resizing filesystem.",
			       session->vg->name, resize->before->name);
	resize->fs_node = mounted ? mounted->node_name : active->node_name;
	return 0;
}

/* JOB_CHECK_FS or JOB_RESIZE_FS, where the file system is; prints what the tools said. */
static int run_on_fs(const struct session *session, const struct resize *resize, struct job *job,
		     struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	int rc;

	job->size_sectors = (uint64_t)resize->to * session->vg->extent_size;
	job->shrink = resize->to < resize->from;
	rc = members_run(session, job, TARGET_ONE_NODE, resize->fs_node, &results, err);
	for (size_t i = 0; i < results.count; i++)
		if (results.items[i].data.output && *results.items[i].data.output)
			ctx_tool_output(session->context, results.items[i].data.output);
	return rc;
}

static int check_fs(const struct session *session, const struct lv_resize_args *args,
		    const struct resize *resize, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	struct lv *before = resize->before;
	struct job job;
	int rc;

	if ((rc = members_job(session, JOB_CHECK_FS, &before, 1, &arena, &job, err)))
		return rc;
	job.no_fsck = args->no_fsck;
	rc = run_on_fs(session, resize, &job, err);
	return rc ? err_append(err, "\nFilesystem check failed.") : 0;
}

static int resize_fs(const struct session *session, const struct resize *resize, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	struct lv *before = resize->before;
	struct job job;
	int rc;

	if ((rc = members_job(session, JOB_RESIZE_FS, &before, 1, &arena, &job, err)))
		return rc;
	rc = run_on_fs(session, resize, &job, err);
	return rc ? err_append(err, "\nFilesystem resize failed.") : 0;
}

static const char *open_state(const struct member_results *where, const struct lv *lv)
{
	bool active = false;

	for (size_t i = 0; i < where->count; i++) {
		const struct lv_report *report = member_lv_report(&where->items[i], &lv->id);

		if (report && report->open_count)
			return "active and open";
		active |= report && report->active;
	}
	return active ? "active" : NULL;
}

static int confirm_reduce(const struct session *session, const struct resize *resize,
			  struct err *err)
{
	const char *state = open_state(&resize->where, resize->before);
	struct context *context = session->context;
	char size[SIZE_TEXT_MAX];

	if (state) {
		ctx_warn(context, "WARNING: Reducing %s logical volume to %s.", state,
			 size_format((uint64_t)resize->to * session->vg->extent_size, size));
		ctx_warn(context, "THIS MAY DESTROY YOUR DATA (filesystem etc.)");
	}
	if (context->options.force ||
	    ctx_ask(context, "Do you really want to reduce %s/%s? [y/n]: ", session->vg->name,
		    resize->before->name))
		return 0;
	return err_set(err, ECANCELED, "Logical volume %s/%s NOT reduced.", session->vg->name,
		       resize->before->name);
}

/* Where segments differ LVM2 does not choose between them. */
static int check_equal_stripes(const struct lv *lv, const struct lv_resize_args *args,
			       struct err *err)
{
	for (uint32_t i = 1; i < lv->seg_count; i++) {
		const struct seg *seg = &lv->segs[i], *before = seg - 1;
		const bool sizes_differ = seg->stripe_size && before->stripe_size &&
					  seg->stripe_size != before->stripe_size;

		if ((seg->area_count != before->area_count && !args->stripes) ||
		    (sizes_differ && !args->stripe_size))
			return err_set(err, EILSEQ,
				       "Please specify number of stripes (-i) and stripesize (-I)");
	}
	return 0;
}

/* Stripes as asked, else as the last segment has them. */
static int choose_stripes(const struct session *session, const struct lv_resize_args *args,
			  const struct resize *resize, uint32_t *ret_stripes,
			  uint32_t *ret_stripe_size, struct err *err)
{
	const struct seg *last = &resize->lv->segs[resize->lv->seg_count - 1];
	uint64_t stripe_size = args->stripe_size ? args->stripe_size : last->stripe_size;
	const bool is_default = !stripe_size;
	char text[SIZE_TEXT_MAX];

	if (is_default)
		stripe_size = lv_default_stripe_size(session);
	*ret_stripes = args->stripes ? args->stripes : last->area_count;
	if (*ret_stripes > 1 && !args->stripe_size && resize->to > resize->from)
		ctx_print(session->context, "Using %s %s",
			  is_default ? "default stripesize" : "stripesize of last segment",
			  size_format(stripe_size, text));
	if (*ret_stripes > 1)
		return lv_check_stripe_size(session, stripe_size, ret_stripe_size, err);
	*ret_stripe_size = 0;
	return 0;
}

static int check_free(const struct session *session, const struct resize *resize,
		      const struct alloc_where *where, struct err *err)
{
	const uint64_t free_count = alloc_free_count(session->vg, where);

	if (where->approximate || resize->to - resize->from <= free_count)
		return 0;
	return err_set(err, ENOSPC,
		       "Insufficient free space: %u extents needed, but only %llu available",
		       resize->to - resize->from, (unsigned long long)free_count);
}

static int edit(struct session *session, const struct lv_resize_args *args, struct resize *resize,
		struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = VG_ARENA_LIMIT };
	struct alloc_where where;
	uint32_t stripes = 0, stripe_size = 0;
	bool is_rounded;
	int rc;

	rc = lv_where(session, args->pvs, args->pv_count, args->alloc, &arena, &where, err);
	if (rc ||
	    (rc = lv_resized_extents(session, resize->lv, &args->size, &where, &resize->to, err)))
		return rc;
	if ((resize->to > resize->from && (rc = check_equal_stripes(resize->lv, args, err))) ||
	    (rc = choose_stripes(session, args, resize, &stripes, &stripe_size, err)))
		return rc;
	is_rounded = lv_round_to_stripes(session, resize->lv, stripes, &resize->to);
	if ((rc = check_direction(args, resize, is_rounded, err)))
		return rc;
	if (resize->to < resize->from)
		return lv_edit_reduce(resize->lv, resize->to, err);
	if ((rc = check_free(session, resize, &where, err)) ||
	    (rc = lv_edit_extend_striped(resize->lv, resize->to, stripes, stripe_size, &where,
					 err)))
		return rc;
	resize->to = resize->lv->le_count; /* what could be had */
	return 0;
}

/* Everything that can say no without having changed anything. */
static int prepare(struct session *session, const struct lv_resize_args *args,
		   struct resize *resize, struct err *err)
{
	bool reduces;
	int rc;

	if (!(resize->lv = vg_find_lv(session->vg, args->lv_name)))
		return err_set(err, ENOENT, "Logical volume %s not found in volume group %s.",
			       args->lv_name, args->vg_name);
	if ((rc = lv_check_operable(resize->lv, err)))
		return rc;
	resize->before = session_lv_before(session, resize->lv);
	resize->from = resize->lv->le_count;
	if ((rc = edit(session, args, resize, err)))
		return rc;
	reduces = resize->to < resize->from;
	if ((reduces || args->resize_fs) &&
	    (rc = members_query(session, &resize->before, 1, &resize->where, err)))
		return rc;
	if (args->resize_fs && !session->context->options.test &&
	    ((rc = choose_fs_node(session, resize, err)) ||
	     (rc = check_fs(session, args, resize, err))))
		return rc;
	return reduces && !args->resize_fs ? confirm_reduce(session, resize, err) : 0;
}

static int resize_all(struct session *session, const struct lv_resize_args *args,
		      struct resize *resize, struct err *err)
{
	const bool resizes_fs = args->resize_fs && !session->context->options.test;
	struct context *context = session->context;
	char from[SIZE_TEXT_MAX], to[SIZE_TEXT_MAX];
	int rc;

	if (resizes_fs && resize->to < resize->from && (rc = resize_fs(session, resize, err)))
		return rc;
	(void)size_format((uint64_t)resize->from * session->vg->extent_size, from);
	(void)size_format((uint64_t)resize->to * session->vg->extent_size, to);
	if (resize->to != resize->from && (rc = session_write(session, &resize->before, 1, err)))
		return rc;
	if (resize->to == resize->from)
		ctx_print(context, "Size of logical volume %s/%s unchanged from %s (%u extents).",
			  args->vg_name, args->lv_name, from, resize->from);
	else
		ctx_print(context,
			  "Size of logical volume %s/%s changed from %s (%u extents) to %s (%u "
			  "extents).",
			  args->vg_name, args->lv_name, from, resize->from, to, resize->to);
	ctx_print(context, "Logical volume %s/%s successfully resized.", args->vg_name,
		  args->lv_name);
	if (resizes_fs && resize->to > resize->from)
		return resize_fs(session, resize, err);
	return 0;
}

int lv_resize_in(struct session *session, const struct lv_resize_args *args, struct err *err)
{
	struct resize resize = { .where = MEMBER_RESULTS };
	int rc = prepare(session, args, &resize, err);

	if (!rc)
		rc = resize_all(session, args, &resize, err);
	member_results_free(&resize.where);
	return rc;
}

int op_lv_resize(struct context *context, const struct lv_resize_args *args, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	int rc = session_open(context, args->vg_name, SESSION_WRITE, &session, err);

	return rc ? rc : lv_resize_in(&session, args, err);
}
