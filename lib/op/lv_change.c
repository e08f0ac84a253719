/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvrename and lvchange (all but activation). */
#include <errno.h>
#include <string.h>

#include "lib/op/in_session.h"
#include "lib/op/op.h"
#include "lib/op/tags.h"
#include "metadata/edit.h"
#include "metadata/names.h"

static int check_rename(const char *old_name, const char *new_name, struct err *err)
{
	if (!strcmp(old_name, new_name))
		return err_set(err, EINVAL, "Old and new logical volume names must differ");
	return lv_name_check(new_name, err);
}

int lv_rename_in(struct session *session, const char *old_name, const char *new_name,
		 struct err *err)
{
	const char *vg_name = session->vg->name;
	struct lv *lv, *before;
	int rc;

	if ((rc = check_rename(old_name, new_name, err)))
		return rc;
	if (!(lv = vg_find_lv(session->vg, old_name)))
		return err_set(err, ENOENT,
			       "Existing logical volume \"%s\" not found in volume group \"%s\"",
			       old_name, vg_name);
	if (vg_find_lv(session->vg, new_name))
		return err_set(err, EEXIST,
			       "Logical Volume \"%s\" already exists in volume group \"%s\"",
			       new_name, vg_name);
	if ((rc = lv_check_operable(lv, err)))
		return rc;
	before = session_lv_before(session, lv);
	if ((rc = lv_edit_rename(lv, new_name, err)) ||
	    (rc = session_write(session, &before, 1, err)))
		return rc;
	ctx_print(session->context, "Renamed \"%s\" to \"%s\" in volume group \"%s\"", old_name,
		  new_name, vg_name);
	return 0;
}

int op_lv_rename(struct context *context, const char *vg_name, const char *old_name,
		 const char *new_name, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	int rc;

	/* Before anything is locked. */
	if ((rc = check_rename(old_name, new_name, err)))
		return rc;
	if ((rc = session_open(context, vg_name, SESSION_WRITE, &session, err)))
		return rc;
	return lv_rename_in(&session, old_name, new_name, err);
}

static int change_permission(struct lv *lv, bool writable, struct err *err)
{
	if (writable == !!(lv->status & STATUS_WRITE))
		return err_set(err, EALREADY, "Logical volume \"%s/%s\" is already %s.",
			       lv->vg->name, lv->name, writable ? "writable" : "read only");
	lv->status ^= STATUS_WRITE;
	return 0;
}

static int change_alloc(struct lv *lv, enum alloc_policy policy, struct err *err)
{
	if (lv->alloc == policy)
		return err_set(err, EALREADY,
			       "Allocation policy of logical volume %s/%s is already %s.",
			       lv->vg->name, lv->name, alloc_policy_name(policy));
	lv->alloc = policy;
	return 0;
}

static void set_flag(uint32_t *status, uint32_t flag, bool on)
{
	*status = on ? *status | flag : *status & ~flag;
}

static int change(struct lv *lv, const struct lv_change_args *args, struct err *err)
{
	int rc;

	if (args->set_permission && (rc = change_permission(lv, args->writable, err)))
		return rc;
	if (args->set_alloc && (rc = change_alloc(lv, args->alloc, err)))
		return rc;
	if (args->contiguous != UNSET &&
	    (rc = change_alloc(lv, args->contiguous == YES ? ALLOC_CONTIGUOUS : ALLOC_INHERIT,
			       err)))
		return rc;
	if (args->autoactivation != UNSET)
		set_flag(&lv->status, FLAG_NOAUTOACTIVATE, args->autoactivation == NO);
	if (args->activation_skip != UNSET)
		set_flag(&lv->status, FLAG_ACTIVATION_SKIP, args->activation_skip == YES);
	if (args->set_read_ahead)
		lv->read_ahead = args->read_ahead;
	tags_remove(&lv->tags, args->del_tags, args->del_tag_count);
	return tags_add(lv->vg->arena, &lv->tags, args->add_tags, args->add_tag_count, err);
}

int op_lv_change(struct context *context, const char *vg_name, const char *lv_name,
		 const struct lv_change_args *args, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	const bool touches_kernel = args->set_permission || args->set_read_ahead;
	struct lv *lv, *before;
	int rc;

	if ((rc = session_open(context, vg_name, SESSION_WRITE, &session, err)) ||
	    (rc = session_find_lv(&session, lv_name, &lv, err)) || (rc = change(lv, args, err)))
		return rc;
	before = session_lv_before(&session, lv);
	if ((rc = session_write(&session, &before, touches_kernel, err)))
		return rc;
	ctx_print(context, "Logical volume %s/%s changed.", vg_name, lv_name);
	return 0;
}
