/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_OP_LV_REMOVE_H
#define LIB_OP_LV_REMOVE_H

#include "lib/op/session.h"

/**
 * Remove an LV of session->vg: asks when it is active, refuses when it is open on any node
 * (-EBUSY names the node and mount point), deactivates it everywhere, commits, reads the VG again.
 */
int lv_remove_in(struct session *session, struct lv *lv, struct err *err) MUST_CHECK;

/**
 * -EBUSY when @lv is open on a node, by what members_query() said in @results: LVM2's line, and
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
