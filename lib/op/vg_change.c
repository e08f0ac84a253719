/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgchange (all but activation), vgrename. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/op/members.h"
#include "lib/op/op.h"
#include "lib/op/pv_areas.h"
#include "lib/op/tags.h"
#include "lib/op/vg_clustered.h"
#include "lib/random.h"
#include "metadata/edit.h"
#include "metadata/names.h"

static int change_resizeable(struct vg *vg, enum tristate resizeable, struct err *err)
{
	const bool is = vg->status & STATUS_RESIZEABLE;

	if (is == (resizeable == YES))
		return err_set(err, EALREADY, "Volume group \"%s\" is already %sresizeable",
			       vg->name, is ? "" : "not ");
	vg->status ^= STATUS_RESIZEABLE;
	return 0;
}

static int change_limits(struct vg *vg, const struct vg_change_args *args, struct err *err)
{
	const uint32_t lvs = vg_visible_lv_count(vg);

	if (!(vg->status & STATUS_RESIZEABLE) && (args->set_max_lv || args->set_max_pv))
		return err_set(err, EPERM, "Volume group %s is not resizeable.", vg->name);
	if (args->set_max_lv && args->max_lv && args->max_lv < lvs)
		return err_set(err, ERANGE,
			       "MaxLogicalVolume is less than the current number %u of LVs for %s",
			       lvs, vg->name);
	if (args->set_max_pv && args->max_pv && args->max_pv < vg->pv_count)
		return err_set(
			err, ERANGE,
			"MaxPhysicalVolumes is less than the current number %u of PVs for \"%s\"",
			vg->pv_count, vg->name);
	if (args->set_max_lv)
		vg->max_lv = args->max_lv;
	if (args->set_max_pv)
		vg->max_pv = args->max_pv;
	return 0;
}

static int change(struct vg *vg, const struct vg_change_args *args, struct err *err)
{
	int rc;

	if (args->resizeable != UNSET && (rc = change_resizeable(vg, args->resizeable, err)))
		return rc;
	if ((rc = change_limits(vg, args, err)))
		return rc;
	if (args->set_alloc) {
		if (args->alloc == ALLOC_INHERIT)
			return err_set(err, EINVAL,
				       "Volume Group allocation policy cannot inherit from "
				       "anything");
		if (vg->alloc == args->alloc)
			return err_set(err, EALREADY,
				       "Volume group allocation policy is already %s",
				       alloc_policy_name(args->alloc));
		vg->alloc = args->alloc;
	}
	if (args->autoactivation != UNSET)
		vg->status = args->autoactivation == NO
				     ? vg->status | FLAG_NOAUTOACTIVATE
				     : vg->status & ~(uint32_t)FLAG_NOAUTOACTIVATE;
	tags_remove(&vg->tags, args->del_tags, args->del_tag_count);
	return tags_add(vg->arena, &vg->tags, args->add_tags, args->add_tag_count, err);
}

/* dm uuids begin with the VG's: a new one would orphan the devices of active LVs. */
static int change_uuid(struct session *session, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	const struct vg *vg = session->before->vg;
	int rc;

	if ((rc = members_query(session, vg->lvs, vg->lv_count, &results, err)))
		return rc;
	for (uint32_t i = 0; i < vg->lv_count; i++)
		if (members_active_count(&results, &vg->lvs[i]->id))
			return err_set(err, EBUSY, "Volume group has active logical volumes");
	return random_uuid(&session->vg->id, err);
}

int op_vg_change(struct context *context, const char *name, const struct vg_change_args *args,
		 struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	int rc;

	if (args->clustered != UNSET)
		return vg_set_clustered(context, name, args->clustered == YES, err);
	if ((rc = session_open(context, name, SESSION_WRITE_PARTIAL, &session, err)) ||
	    (rc = change(session.vg, args, err)))
		return rc;
	if (args->set_copies)
		vg_areas_set_copies(&session, args->vg_metadata_copies);
	if (args->new_uuid && (rc = change_uuid(&session, err)))
		return rc;
	if ((rc = session_write(&session, NULL, 0, err)))
		return rc;
	ctx_print(context, "Volume group \"%s\" successfully changed", name);
	return 0;
}

static int check_new_name(const char *name, struct err *err)
{
	char path[NAME_MAX_LENGTH + sizeof("/dev/")];
	struct err why = { 0 };

	if (!vg_name_check(name, &why)) {
		(void)snprintf(path, sizeof(path), "/dev/%s", name);
		if (access(path, F_OK))
			return 0;
		return err_set(err, EEXIST, "%s: already exists in filesystem", path);
	}
	/* LVM2's vgrename fails with 5 here, where vgcreate fails with 3. */
	return err_set(err, EILSEQ, "%s\nNew volume group name \"%s\" is invalid.", why.text, name);
}

/* Locks in the order of names, whichever is the old one. */
static int rename_locked(struct context *context, const char *old_name, const char *new_name,
			 struct session *session, struct session *reserved, struct err *err)
{
	const bool clustered = cluster_is_running(context);
	int rc;

	if (strcmp(new_name, old_name) < 0 &&
	    (rc = session_reserve(context, new_name, clustered, reserved, err)))
		return rc;
	if ((rc = session_open(context, old_name, SESSION_WRITE, session, err)))
		return rc;
	if (strcmp(new_name, old_name) > 0 &&
	    (rc = session_reserve(context, new_name, clustered, reserved, err)))
		return rc;
	return 0;
}

int op_vg_rename(struct context *context, const char *old_name, const char *new_name,
		 struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	AUTO_SESSION struct session session = { 0 }, reserved = { 0 };
	int rc;

	if ((rc = check_new_name(new_name, err)))
		return rc;
	if (!strcmp(old_name, new_name))
		return err_set(err, EILSEQ, "Old and new volume group names must differ");
	if ((rc = global_lock_take(context, &lock, err)))
		return rc;
	rc = rename_locked(context, old_name, new_name, &session, &reserved, err);
	if (rc == -EEXIST)
		return err_set(err, EEXIST, "New volume group \"%s\" already exists", new_name);
	if (rc)
		return rc;
	if (!uuid_is_unset(&session.id))
		ctx_print(context, "Processing VG %s because of matching UUID %s", session.vg->name,
			  old_name);
	if ((rc = vg_edit_rename(session.vg, new_name, err)))
		return rc;
	rc = session_write(&session, session.before->vg->lvs, session.before->vg->lv_count, err);
	if (rc)
		return rc;
	reserved.value = session.value;
	session_forget(&session);
	ctx_print(context, "Volume group \"%s\" successfully renamed to \"%s\"", old_name,
		  new_name);
	return 0;
}
