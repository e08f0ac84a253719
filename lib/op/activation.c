/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/op/activation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/config.h"
#include "lib/op/in_session.h"
#include "lib/op/tags.h"

/* Exactly those that LVM2 takes. */
static const struct {
	const char *text;
	enum activation_change change;
} changes[] = {
	{ "y", CHANGE_ACTIVATE },
	{ "s", CHANGE_ACTIVATE },
	{ "sy", CHANGE_ACTIVATE },
	{ "ys", CHANGE_ACTIVATE },
	{ "e", CHANGE_ACTIVATE_EXCLUSIVE },
	{ "ey", CHANGE_ACTIVATE_EXCLUSIVE },
	{ "ye", CHANGE_ACTIVATE_EXCLUSIVE },
	{ "ly", CHANGE_ACTIVATE_LOCAL },
	{ "yl", CHANGE_ACTIVATE_LOCAL },
	{ "a", CHANGE_ACTIVATE_AUTO },
	{ "ay", CHANGE_ACTIVATE_AUTO },
	{ "ya", CHANGE_ACTIVATE_AUTO },
	{ "n", CHANGE_DEACTIVATE },
	{ "en", CHANGE_DEACTIVATE },
	{ "ne", CHANGE_DEACTIVATE },
	{ "ln", CHANGE_DEACTIVATE_LOCAL },
	{ "nl", CHANGE_DEACTIVATE_LOCAL },
};

int activation_change_parse(const char *text, enum activation_change *ret_change, struct err *err)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		if (!strcmp(changes[i].text, text)) {
			*ret_change = changes[i].change;
			return 0;
		}
	return err_set(err, EINVAL, "Invalid argument for --activate: %s", text);
}

struct list_match {
	const struct lv *lv;
	bool found;
};

/* An entry is "vg", "vg/lv" or "@tag". */
static void match_entry(void *data, const char *entry)
{
	struct list_match *match = data;
	const struct lv *lv = match->lv;
	const size_t vg_length = strlen(lv->vg->name);

	if (*entry == '@')
		match->found |= tags_have(lv->tags, entry) || tags_have(lv->vg->tags, entry);
	else if (!strncmp(entry, lv->vg->name, vg_length))
		match->found |= !entry[vg_length] || (entry[vg_length] == '/' &&
						      !strcmp(entry + vg_length + 1, lv->name));
}

static bool list_allows(struct context *context, const char *path, const struct lv *lv)
{
	struct list_match match = { .lv = lv };

	return config_each_string(context->config, path, match_entry, &match) < 0 || match.found;
}

bool activation_is_allowed(struct context *context, const struct lv *lv, bool automatic)
{
	if (!list_allows(context, "activation/volume_list", lv))
		return false;
	if (!automatic)
		return true;
	if ((lv->status | lv->vg->status) & FLAG_NOAUTOACTIVATE)
		return false;
	return list_allows(context, "activation/auto_activation_volume_list", lv);
}

bool activation_is_disabled(const struct session *session)
{
	return !session_is_clustered(session) &&
	       !config_bool(session->context->config, "global/activation");
}

int activation_apply(const struct session *session, struct lv *const *lvs, size_t lv_count,
		     enum activation_change change, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	const bool everywhere = change == CHANGE_ACTIVATE || change == CHANGE_DEACTIVATE ||
				change == CHANGE_ACTIVATE_AUTO;
	const enum job_kind kind = change_is_deactivation(change) ? JOB_DEACTIVATE : JOB_ACTIVATE;
	struct job job;
	int rc;

	if (!lv_count || activation_is_disabled(session))
		return 0;
	if ((rc = members_job(session, kind, lvs, lv_count, &arena, &job, err)))
		return rc;
	job.mode = change == CHANGE_ACTIVATE_EXCLUSIVE ? MODE_EX : MODE_CR;
	return members_do(session, &job, everywhere ? TARGET_ALL_MEMBERS : TARGET_THIS_NODE, err);
}

/* May @lv take part in this change? Silent for those that LVM2 passes over silently. */
static bool is_chosen(const struct session *session, const struct lv *lv,
		      const struct activate_args *args)
{
	if (!lv_is_visible(lv) || !lv_is_operable(lv))
		return false;
	if (args->refresh || change_is_deactivation(args->change))
		return true;
	if (lv->status & FLAG_ACTIVATION_SKIP && !args->ignore_skip)
		return false;
	return activation_is_allowed(session->context, lv,
				     args->change == CHANGE_ACTIVATE_AUTO ||
					     args->change == CHANGE_ACTIVATE_AUTO_LOCAL);
}

/* LVs with a hole are left out and the command fails for them, the others are activated. */
static bool is_refused_partial(const struct session *session, const struct lv *lv,
			       const struct activate_args *args, struct err *err)
{
	if (args->refresh || change_is_deactivation(args->change) || !lv_is_partial(lv))
		return false;
	if (args->partial)
		(void)err_set(err, ENOTSUP,
			      "Activation of partial LV %s/%s is not supported by this version.",
			      session->vg->name, lv->name);
	else
		(void)err_set(err, EIO,
			      "Refusing activation of partial LV %s/%s.  Use '--activationmode "
			      "partial' to override.",
			      session->vg->name, lv->name);
	return true;
}

static int apply(const struct session *session, struct lv *const *lvs, size_t count,
		 const struct activate_args *args, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	struct job job;
	int rc;

	if (!args->refresh)
		return activation_apply(session, lvs, count, args->change, err);
	if (!count || activation_is_disabled(session))
		return 0;
	if ((rc = members_job(session, JOB_REFRESH, lvs, count, &arena, &job, err)))
		return rc;
	return members_do(session, &job, TARGET_ALL_MEMBERS, err);
}

static enum session_access access_for(const struct activate_args *args)
{
	return change_is_deactivation(args->change) ? SESSION_DEACTIVATE : SESSION_READ;
}

/*
 * Take the LVs that are open somewhere out of the list before any is deactivated: on all nodes or
 * on none. @ret_failed has the reason for the first; the others are said aloud.
 */
static int leave_out_open(const struct session *session, struct lv **lvs, size_t *count,
			  struct err *ret_failed, size_t *ret_open, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	size_t kept = 0;
	int rc;

	if ((rc = query_open_lvs(session, lvs, *count, &results, err)))
		return rc;
	for (size_t i = 0; i < *count; i++) {
		struct err open = { 0 };

		if (!lv_check_not_open(session, lvs[i], &results, &open) &&
		    !members_check_holders(session, &lvs[i]->id, (const char *const *)&lvs[i]->name,
					   1, &results, &open)) {
			lvs[kept++] = lvs[i];
			continue;
		}
		(*ret_open)++;
		if (ret_failed->code)
			ctx_report_error(session->context, &open);
		else
			*ret_failed = open;
	}
	*count = kept;
	return 0;
}

/* How many visible LVs are active on this node now. */
static int count_active_here(const struct session *session, struct lv *const *lvs, size_t lv_count,
			     size_t *ret_count, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	struct job job;
	int rc;

	*ret_count = 0;
	if ((rc = members_job(session, JOB_QUERY, lvs, lv_count, &arena, &job, err)) ||
	    (rc = members_run(session, &job, TARGET_THIS_NODE, NULL, &results, err)))
		return rc;
	for (size_t i = 0; i < lv_count; i++)
		if (lv_is_visible(lvs[i]))
			*ret_count += members_active_count(&results, &lvs[i]->id);
	return 0;
}

/* The LVs of the VG that take part; those refused are said aloud, the last in @ret_failed. */
static size_t choose(const struct session *session, const struct activate_args *args,
		     struct lv **chosen, struct err *ret_failed)
{
	size_t count = 0;

	for (uint32_t i = 0; i < session->before->vg->lv_count; i++) {
		struct lv *lv = session->before->vg->lvs[i];
		struct err refused = { 0 };

		if (!is_chosen(session, lv, args))
			continue;
		if (!is_refused_partial(session, lv, args, &refused)) {
			chosen[count++] = lv;
			continue;
		}
		ctx_report_error(session->context, ret_failed);
		*ret_failed = refused;
	}
	return count;
}

/* vgchange -an: what is open stays; LVM2's last line counts it. */
static int deactivate_vg(const struct session *session, struct lv **lvs, size_t count,
			 const struct activate_args *args, struct err *failed, struct err *err)
{
	size_t open = 0;
	int rc = 0;

	if (args->change == CHANGE_DEACTIVATE)
		rc = leave_out_open(session, lvs, &count, failed, &open, err);
	if (!rc)
		rc = apply(session, lvs, count, args, err);
	if (open)
		err_append(failed,
			   "\nCan't deactivate volume group \"%s\" with %zu open logical volume(s)",
			   session->vg->name, open);
	return rc;
}

/* deactivation_scope = "node": what cluster managers stop here goes on elsewhere. */
static struct activate_args args_for(const struct session *session,
				     const struct activate_args *args)
{
	struct activate_args mine = *args;

	if (mine.change == CHANGE_DEACTIVATE && session_is_clustered(session) &&
	    cluster_scope_is_node(session->cluster))
		mine.change = CHANGE_DEACTIVATE_LOCAL;
	return mine;
}

/* A node takes the locks of all LVs or none: one that is held elsewhere must not keep the others
 * from being activated. Each is said aloud but the last, which is the result. */
static int apply_each(const struct session *session, struct lv *const *lvs, size_t count,
		      const struct activate_args *args, struct err *err)
{
	struct err failed = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct err one = { 0 };

		if (!apply(session, &lvs[i], 1, args, &one))
			continue;
		ctx_report_error(session->context, &failed);
		failed = one;
	}
	if (failed.code && err)
		*err = failed;
	return failed.code;
}

static int activate_vg(const struct session *session, struct lv *const *lvs, size_t count,
		       const struct activate_args *args, struct err *err)
{
	int rc = apply(session, lvs, count, args, err);

	if (rc != -EBUSY || count < 2 || args->refresh || !session_is_clustered(session))
		return rc;
	return apply_each(session, lvs, count, args, err);
}

int op_vg_activate(struct context *context, const char *name, const struct activate_args *given,
		   struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = VG_ARENA_LIMIT };
	AUTO_SESSION struct session session = { 0 };
	struct err failed = { 0 }, ignored = { 0 };
	struct activate_args mine;
	const struct activate_args *args = &mine;
	struct lv **chosen;
	size_t count, active = 0;
	int rc;

	if ((rc = session_open(context, name, access_for(given), &session, err)))
		return rc;
	mine = args_for(&session, given);
	if (!(chosen = arena_calloc(&arena, session.before->vg->lv_count + 1, sizeof(*chosen))))
		return err_set(err, ENOMEM, "Out of memory.");
	count = choose(&session, args, chosen, &failed);
	rc = change_is_deactivation(args->change)
		     ? deactivate_vg(&session, chosen, count, args, &failed, err)
		     : activate_vg(&session, chosen, count, args, err);
	if (!args->refresh &&
	    !count_active_here(&session, session.before->vg->lvs, session.before->vg->lv_count,
			       &active, &ignored) &&
	    !(change_is_deactivation(args->change) && (rc || failed.code)))
		ctx_print(context, "%zu logical volume(s) in volume group \"%s\" now active",
			  active, name);
	if (!rc && failed.code && err)
		*err = failed;
	return rc ? rc : failed.code;
}

int lv_activate_in(struct session *session, const char *lv_name, const struct activate_args *given,
		   struct err *err)
{
	struct err refused = { 0 };
	size_t count = 1, open = 0;
	const struct activate_args mine = args_for(session, given), *args = &mine;
	struct lv *lv;
	int rc;

	if ((rc = session_find_lv(session, lv_name, &lv, err)))
		return rc;
	if (!(lv = session_lv_before(session, lv)))
		return err_set(err, ENOENT, "Logical volume %s/%s is not on disk yet.",
			       session->vg->name, lv_name);
	if (!is_chosen(session, lv, args))
		return 0; /* as LVM2: filtered by volume_list or skipped, silently */
	if (!is_refused_partial(session, lv, args, &refused) && args->change == CHANGE_DEACTIVATE &&
	    (rc = leave_out_open(session, &lv, &count, &refused, &open, err)))
		return rc;
	if (refused.code && err)
		*err = refused;
	if (refused.code)
		return refused.code;
	return apply(session, &lv, 1, args, err);
}

int op_lv_activate(struct context *context, const char *vg_name, const char *lv_name,
		   const struct activate_args *args, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	int rc = session_open(context, vg_name, access_for(args), &session, err);

	return rc ? rc : lv_activate_in(&session, lv_name, args, err);
}
