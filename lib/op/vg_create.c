/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgcreate and vgextend: a VG gets PVs. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/op/op.h"
#include "lib/op/pv_init.h"
#include "lib/op/tags.h"
#include "lib/op/vg_create.h"
#include "lib/random.h"
#include "metadata/edit.h"
#include "metadata/names.h"

int vg_check_new_name(const char *name, struct err *err)
{
	char path[NAME_MAX_LENGTH + sizeof("/dev/")];
	int rc;

	if ((rc = vg_name_check(name, err)))
		return err_append(err, "\nNew volume group name \"%s\" is invalid.", name);
	(void)snprintf(path, sizeof(path), "/dev/%s", name);
	if (!access(path, F_OK))
		return err_set(err, EINVAL, "/dev/%s: already exists in filesystem", name);
	return 0;
}

/* Clustered when asked, or when nobody says and clvmd runs. */
int vg_choose_clustered(struct context *context, enum tristate asked, bool *ret_clustered,
			struct err *err)
{
	struct cluster *cluster;
	int rc;

	*ret_clustered = false;
	if (asked == NO || (asked == UNSET && !cluster_is_running(context)))
		return 0;
	if ((rc = cluster_get(context, &cluster, err)))
		return err_prefix(err, "A clustered volume group needs clvmd: ");
	*ret_clustered = true;
	return 0;
}

int vg_fill_new(struct session *session, const struct vg_create_args *args, bool clustered,
		struct err *err)
{
	struct vg *vg = vg_new(args->name);
	uint64_t extent_size = args->extent_size;
	int rc;

	if (!(session->vg = vg))
		return err_set(err, ENOMEM, "Out of memory.");
	vg->status = STATUS_RESIZEABLE | STATUS_READ | STATUS_WRITE;
	if (clustered)
		vg->status |= STATUS_CLUSTERED;
	if (args->autoactivation == NO)
		vg->status |= FLAG_NOAUTOACTIVATE;
	vg->alloc = args->alloc == ALLOC_INHERIT ? ALLOC_NORMAL : args->alloc;
	vg->max_lv = args->max_lv;
	vg->max_pv = args->max_pv;
	/* With "all" LVM2 does not touch the areas that are ignored already either. */
	if (args->vg_metadata_copies > 0 && args->vg_metadata_copies != VG_COPIES_ALL)
		vg->metadata_copies = (uint32_t)args->vg_metadata_copies;
	if (!extent_size)
		extent_size = (uint64_t)config_int(session->context->config,
						   "allocation/physical_extent_size") *
			      2;
	if ((rc = random_uuid(&vg->id, err)) || (rc = vg_set_extent_size(vg, extent_size, err)))
		return rc;
	return tags_add(vg->arena, &vg->tags, args->tags, args->tag_count, err);
}

int vg_check_members_see(struct session *session, const char *const *devices, size_t count,
			 struct err *err)
{
	if (!session_is_clustered(session))
		return 0;
	return pv_check_members(session->context, session->cluster, session->scan, devices, count,
				session->context->options.force, err);
}

/* Labelled devices, once all members of a clustered VG's cluster have been seen to see them. */
static int add_devices(struct session *session, const char *const *devices, size_t count,
		       struct err *err)
{
	int rc = vg_check_members_see(session, devices, count, err);

	return rc ? rc : pv_add_to_vg(session, devices, count, err);
}

static int create(struct session *session, const struct vg_create_args *args, bool clustered,
		  struct pv_undo_list *undo, struct err *err)
{
	int rc;

	if ((rc = vg_fill_new(session, args, clustered, err)))
		return rc;
	rc = pv_initialize_missing(session->context, session->scan, args->devices,
				   args->device_count, &args->pv, undo, err);
	if (rc || (rc = session_rescan(session, err)))
		return rc;
	if ((rc = add_devices(session, args->devices, args->device_count, err)))
		return rc;
	/* The lock may remember the seqno of another VG that had the name. */
	session->value = 0;
	if ((rc = session_write(session, NULL, 0, err)))
		return rc;
	session_forget(session);
	return 0;
}

int op_vg_create(struct context *context, const struct vg_create_args *args, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	AUTO_SESSION struct session session = { 0 };
	struct pv_undo_list undo = { 0 };
	bool clustered;
	int rc;

	if ((rc = vg_check_new_name(args->name, err)))
		return rc;
	if ((rc = vg_choose_clustered(context, args->clustered, &clustered, err)))
		return rc;
	if ((rc = global_lock_take(context, &lock, err)))
		return rc;
	if ((rc = session_reserve(context, args->name, clustered, &session, err)))
		return rc;
	if ((rc = create(&session, args, clustered, &undo, err))) {
		pv_undo_all(context, &undo);
		return rc;
	}
	pv_undo_forget(&undo);
	ctx_print(context, "%s group \"%s\" successfully created",
		  clustered ? "Clustered volume" : "Volume", args->name);
	return 0;
}

static int extend(struct session *session, const struct vg_extend_args *args,
		  struct pv_undo_list *undo, struct err *err)
{
	int rc;

	rc = pv_initialize_missing(session->context, session->scan, args->devices,
				   args->device_count, &args->pv, undo, err);
	if (rc || (rc = session_reread(session, err)))
		return rc;
	if ((rc = add_devices(session, args->devices, args->device_count, err)))
		return rc;
	return session_write(session, NULL, 0, err);
}

int op_vg_extend(struct context *context, const struct vg_extend_args *args, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	AUTO_SESSION struct session session = { 0 };
	struct pv_undo_list undo = { 0 };
	int rc;

	if ((rc = global_lock_take(context, &lock, err)))
		return rc;
	if ((rc = session_open(context, args->name, SESSION_WRITE, &session, err)))
		return rc;
	if (!(session.vg->status & STATUS_RESIZEABLE))
		return err_set(err, EPERM, "Volume group %s is not resizeable.", args->name);
	if ((rc = extend(&session, args, &undo, err))) {
		pv_undo_all(context, &undo);
		return rc;
	}
	pv_undo_forget(&undo);
	ctx_print(context, "Volume group \"%s\" successfully extended", args->name);
	return 0;
}
