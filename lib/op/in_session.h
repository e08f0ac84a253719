/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations on LVs of a VG that is open already: what the commands' operations in op.h do between
 * lock and unlock, and what holders of a VG (the C API) call one after the other.
 *
 * Each commits at once, together with whatever else was edited in session->vg. After one that
 * wrote, session->before is old: session_reread() before the next. After a failure session->vg may
 * be half edited: read again too. Messages and errors as in op.h.
 */
#ifndef LIB_OP_IN_SESSION_H
#define LIB_OP_IN_SESSION_H

#include "lib/op/op.h"
#include "lib/op/session.h"

/** *@ret_id: also of one that could not be activated and was taken out again. */
int lv_create_in(struct session *session, const struct lv_create_args *args, struct uuid *ret_id,
		 struct err *err) MUST_CHECK;
int lv_resize_in(struct session *session, const struct lv_resize_args *args,
		 struct err *err) MUST_CHECK;
int lv_rename_in(struct session *session, const char *old_name, const char *new_name,
		 struct err *err) MUST_CHECK;
/** Writes nothing: what is activated is what session->before says. */
int lv_activate_in(struct session *session, const char *lv_name, const struct activate_args *args,
		   struct err *err) MUST_CHECK;

/**
 * Remove an LV of session->vg: asks when it is active, refuses when it is open on any node
 * (-EBUSY names the node and mount point), deactivates it everywhere, commits, reads the VG again.
 */
int lv_remove_in(struct session *session, struct lv *lv, struct err *err) MUST_CHECK;

/**
 * members_query(), again for up to five seconds while an LV is open somewhere and nothing says that
 * it will stay so (no mount, no device on it): udev and scans look at what is new. Not waited for
 * with activation/retry_deactivation = 0.
 */
int query_open_lvs(const struct session *session, struct lv *const *lvs, size_t lv_count,
		   struct member_results *results, struct err *err) MUST_CHECK;

/**
 * -EBUSY when @lv is open on a node, by what query_open_lvs() said in @results: LVM2's line, and
 * where that is.
 */
int lv_check_not_open(const struct session *session, const struct lv *lv,
		      const struct member_results *results, struct err *err) MUST_CHECK;

/** -EPERM with the type's name unless linear or striped on PVs. */
int lv_check_operable(const struct lv *lv, struct err *err) MUST_CHECK;

/** Find the LV in session->vg, "Failed to find logical volume "vg/lv"" otherwise; checks that it is
 * operable. */
int session_find_lv(const struct session *session, const char *name, struct lv **ret_lv,
		    struct err *err) MUST_CHECK;

/** The same LV in session->before: what jobs know by name. */
struct lv *session_lv_before(const struct session *session, const struct lv *lv);

#endif
