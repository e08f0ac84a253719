/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgexport, vgimport: a VG that is on its way to another machine is left alone by all commands. */
#include <errno.h>

#include "lib/op/members.h"
#include "lib/op/op.h"

/* On no node: it would be in use while nothing may be done to it. */
static int check_not_active(const struct session *session, struct err *err)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	const struct vg *vg = session->before->vg;
	int rc;

	if ((rc = members_query(session, vg->lvs, vg->lv_count, &results, err)))
		return rc;
	for (uint32_t i = 0; i < vg->lv_count; i++) {
		if (members_active_count(&results, &vg->lvs[i]->id))
			return err_set(err, EBUSY, "Volume group \"%s\" has active logical volumes",
				       vg->name);
		if ((rc = members_check_holders(session, &vg->lvs[i]->id,
						(const char *const *)&vg->lvs[i]->name, 1, &results,
						err)))
			return rc;
	}
	return 0;
}

static void set_exported(struct vg *vg, bool exported)
{
	vg->status =
		exported ? vg->status | STATUS_EXPORTED : vg->status & ~(uint32_t)STATUS_EXPORTED;
	for (uint32_t i = 0; i < vg->pv_count; i++)
		vg->pvs[i]->status = exported ? vg->pvs[i]->status | STATUS_EXPORTED
					      : vg->pvs[i]->status & ~(uint32_t)STATUS_EXPORTED;
}

int op_vg_export(struct context *context, const char *name, bool skips, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	int rc = session_open(context, name, SESSION_WRITE_EXPORTED, &session, err);

	if (rc)
		return rc;
	if (session.vg->status & STATUS_EXPORTED)
		return skips ? 0 : err_set(err, EPERM, "Volume group %s is exported", name);
	if ((rc = check_not_active(&session, err)))
		return rc;
	set_exported(session.vg, true);
	if ((rc = session_write(&session, NULL, 0, err)))
		return rc;
	ctx_print(context, "Volume group \"%s\" successfully exported", session.vg->name);
	return 0;
}

int op_vg_import(struct context *context, const char *name, bool skips, struct err *err)
{
	AUTO_SESSION struct session session = { 0 };
	int rc = session_open(context, name, SESSION_WRITE_EXPORTED, &session, err);

	if (rc)
		return rc;
	if (!(session.vg->status & STATUS_EXPORTED))
		return skips ? 0
			     : err_set(err, EALREADY, "Volume group \"%s\" is not exported", name);
	set_exported(session.vg, false);
	if ((rc = session_write(&session, NULL, 0, err)))
		return rc;
	ctx_print(context, "Volume group \"%s\" successfully imported", session.vg->name);
	return 0;
}
