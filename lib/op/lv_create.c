/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lvcreate. Old data in the new LV must not be taken for a file system by any node, so it is
 * activated here alone first, wiped, and only then activated on the other nodes: nobody else can
 * activate it meanwhile, as the VG is locked.
 * Whatever fails after the commit takes the LV out again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/fd.h"
#include "lib/op/activation.h"
#include "lib/op/in_session.h"
#include "lib/op/lv_size.h"
#include "lib/op/op.h"
#include "lib/op/tags.h"
#include "lib/random.h"
#include "metadata/edit.h"
#include "metadata/names.h"

#define ZEROED_BYTES 4096 /* of the start of a new LV */
#define STRIPES_MAX  128

/* ---- arguments ---- */

static int check_stripes(const struct session *session, const struct lv_create_args *args,
			 uint32_t *ret_stripes, uint32_t *ret_stripe_size, struct err *err)
{
	const uint32_t stripes = args->stripes ? args->stripes : 1;
	uint64_t size = args->stripe_size;
	char text[SIZE_TEXT_MAX];

	if (stripes > STRIPES_MAX)
		return err_set(err, EINVAL, "Number of stripes (%u) must be between %d and %d.",
			       stripes, 1, STRIPES_MAX);
	*ret_stripes = stripes;
	*ret_stripe_size = 0;
	if (stripes == 1) {
		if (size)
			ctx_print(session->context,
				  "Ignoring stripesize argument with single stripe.");
		return 0;
	}
	if (!size) {
		size = lv_default_stripe_size(session);
		ctx_print(session->context, "Using default stripesize %s.",
			  size_format(size, text));
	}
	return lv_check_stripe_size(session, size, ret_stripe_size, err);
}

static int check_wiping(const struct lv_create_args *args, struct err *err)
{
	if (change_is_deactivation(args->activate) && (args->zero > 0 || args->wipe_signatures > 0))
		return err_set(err, EINVAL,
			       "Cannot zero inactive logical volume with option -Zy or -Wy.");
	return 0;
}

static int fill_spec(struct session *session, const struct lv_create_args *args,
		     struct lv_spec *spec, struct err *err)
{
	struct vg *vg = session->vg;
	int rc;

	*spec = (struct lv_spec){
		.name = args->lv_name,
		.alloc = args->alloc,
		.read_only = args->read_only,
		.creation_host = arena_strdup(vg->arena, session->context->hostname),
		.creation_time = (uint64_t)time(NULL),
		.major = args->major,
		.minor = args->minor,
		.read_ahead = args->read_ahead,
	};
	if (!spec->creation_host)
		return err_set(err, ENOMEM, "Out of memory.");
	if (args->lv_name && (rc = lv_name_check(args->lv_name, err)))
		return rc;
	if (args->lv_name && vg_find_lv(vg, args->lv_name))
		return err_set(err, EEXIST,
			       "Logical Volume \"%s\" already exists in volume group \"%s\"",
			       args->lv_name, vg->name);
	if (args->autoactivation == NO)
		spec->flags |= FLAG_NOAUTOACTIVATE;
	if (args->activation_skip == YES)
		spec->flags |= FLAG_ACTIVATION_SKIP;
	if ((rc = tags_add(vg->arena, &spec->tags, args->tags, args->tag_count, err)) ||
	    (rc = random_uuid(&spec->id, err)))
		return rc;
	return check_stripes(session, args, &spec->stripes, &spec->stripe_size, err);
}

static int edit(struct session *session, const struct lv_create_args *args, struct lv **ret_lv,
		struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = VG_ARENA_LIMIT };
	struct alloc_where where;
	struct lv_spec spec;
	int rc;

	if ((rc = fill_spec(session, args, &spec, err)))
		return rc;
	rc = lv_where(session, args->pvs, args->pv_count, args->alloc, &arena, &where, err);
	if (rc)
		return rc;
	rc = lv_new_extents(session, &args->size, spec.stripes, &where, &spec.le_count, err);
	if (rc)
		return rc;
	return lv_edit_create(session->vg, &spec, &where, ret_lv, err);
}

/* ---- wiping ---- */

static int zero_start(const char *path, uint64_t size_bytes, struct err *err)
{
	const size_t length = size_bytes < ZEROED_BYTES ? (size_t)size_bytes : ZEROED_BYTES;
	AUTO_CLOSE int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	AUTO_FREE void *zeros = NULL;
	ssize_t written;

	if (fd < 0)
		return err_set(err, errno, "%s: cannot open it to zero its start: %s.", path,
			       strerror(errno));
	if (posix_memalign(&zeros, ZEROED_BYTES, ZEROED_BYTES))
		return err_set(err, ENOMEM, "Out of memory.");
	memset(zeros, 0, ZEROED_BYTES);
	written = pwrite(fd, zeros, length, 0);
	if (written != (ssize_t)length || fdatasync(fd))
		return err_set(err, written < 0 ? errno : EIO, "%s: cannot zero its start: %s.",
			       path, strerror(written < 0 ? errno : EIO));
	return 0;
}

static bool wants(int option, bool otherwise)
{
	return option < 0 ? otherwise : option > 0;
}

static int wipe(const struct session *session, const struct lv *lv,
		const struct lv_create_args *args, struct err *err)
{
	struct context *context = session->context;
	const bool zero = wants(args->zero, !args->read_only);
	const bool signatures =
		wants(args->wipe_signatures,
		      zero && config_bool(context->config,
					  "allocation/wipe_signatures_when_zeroing_new_lvs"));
	AUTO_FREE char *path = NULL;
	int rc = 0;

	if (asprintf(&path, "/dev/%s/%s", lv->vg->name, lv->name) < 0)
		return err_set(err, ENOMEM, "Out of memory.");
	if (signatures && (rc = device_wipe_signatures(context, path, false, err)))
		err_append(err, "\nFailed to wipe signatures on logical volume %s/%s.",
			   lv->vg->name, lv->name);
	if (!rc && zero)
		rc = zero_start(path, (uint64_t)lv->le_count * lv->vg->extent_size * 512, err);
	if (rc)
		return err_append(err, "\nAborting. Failed to wipe start of new LV.");
	if (!zero)
		ctx_warn(context, "WARNING: Logical volume %s/%s not zeroed.", lv->vg->name,
			 lv->name);
	return 0;
}

/* ---- activation ---- */

static int activate_new(struct session *session, struct lv *lv, const struct lv_create_args *args,
			struct err *err)
{
	enum activation_change change =
		args->activate == CHANGE_NONE ? CHANGE_ACTIVATE : args->activate;
	int rc;

	if (!activation_is_allowed(session->context, lv, change == CHANGE_ACTIVATE_AUTO))
		return err_set(err, EPERM,
			       "Volume \"%s/%s\" is not active locally (volume_list activation "
			       "filter?).\nAborting. Failed to wipe start of new LV.",
			       lv->vg->name, lv->name);
	rc = activation_apply(session, &lv, 1,
			      change == CHANGE_ACTIVATE_EXCLUSIVE ? change : CHANGE_ACTIVATE_LOCAL,
			      err);
	if (rc)
		return err_append(err, "\nFailed to activate new LV %s/%s.", lv->vg->name,
				  lv->name);
	if ((rc = wipe(session, lv, args, err)))
		return rc;
	if (!session_is_clustered(session) || change == CHANGE_ACTIVATE_EXCLUSIVE ||
	    change == CHANGE_ACTIVATE_LOCAL)
		return 0;
	rc = activation_apply(session, &lv, 1, change, err);
	return rc ? err_append(err, "\nFailed to activate new LV %s/%s on all nodes.", lv->vg->name,
			       lv->name)
		  : 0;
}

/* Take a new LV out again; the reason is in the caller's err already. */
static void undo(struct session *session, const struct uuid *id)
{
	struct err err = { 0 };
	struct lv *lv = vg_find_lv_by_id(session->before->vg, id);
	int rc = activation_is_disabled(session) ? 0 : members_deactivate(session, lv, &err);

	if (!rc && (lv = vg_find_lv_by_id(session->vg, id)))
		rc = lv_edit_remove(lv, &err);
	if (!rc)
		rc = session_write(session, NULL, 0, &err);
	if (!rc)
		return;
	ctx_report_error(session->context, &err);
	ctx_error(session->context,
		  "Unable to deactivate failed new LV \"%s/%s\". Manual "
		  "intervention required.",
		  session->before->vg->name, vg_find_lv_by_id(session->before->vg, id)->name);
}

/* The new LV as it was written. */
static int activate_committed(struct session *session, struct lv **lv,
			      const struct lv_create_args *args, struct err *err)
{
	const struct uuid id = (*lv)->id;
	int rc;

	if ((rc = session_follow(session, err)))
		return rc;
	if (!(*lv = vg_find_lv_by_id(session->before->vg, &id)))
		return err_set(err, ESTALE, "The new logical volume is not in volume group %s.",
			       args->vg_name);
	if ((rc = activate_new(session, *lv, args, err)))
		undo(session, &id);
	return rc;
}

int lv_create_in(struct session *session, const struct lv_create_args *args, struct uuid *ret_id,
		 struct err *err)
{
	struct context *context = session->context;
	struct lv *lv;
	int rc;

	if ((rc = edit(session, args, &lv, err)))
		return rc;
	*ret_id = lv->id;
	if ((rc = session_write(session, NULL, 0, err)))
		return rc;
	if (!context->options.test &&
	    (change_is_deactivation(args->activate) || activation_is_disabled(session)))
		ctx_warn(context, "WARNING: Logical volume %s/%s not zeroed.", args->vg_name,
			 lv->name);
	else if (!context->options.test && (rc = activate_committed(session, &lv, args, err)))
		return rc;
	ctx_print(context, "Logical volume \"%s\" created.", lv->name);
	return 0;
}

int op_lv_create(struct context *context, const struct lv_create_args *args, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	struct uuid id;
	int rc;

	if ((rc = check_wiping(args, err)))
		return rc;
	if ((rc = session_open(context, args->vg_name, SESSION_WRITE, &session, err)))
		return rc;
	return lv_create_in(&session, args, &id, err);
}
