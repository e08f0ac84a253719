/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which LVs -a means, and what is asked of which nodes. */
#ifndef LIB_OP_ACTIVATION_H
#define LIB_OP_ACTIVATION_H

#include "lib/op/members.h"
#include "lib/op/op.h"

/** Do activation/volume_list and (for -aay) auto_activation_volume_list let this host activate @lv?
 */
bool activation_is_allowed(struct context *context, const struct lv *lv, bool automatic);

/** global/activation=0 and a local VG: device-mapper is left alone, and that is a success. (For a
 * clustered VG each node's workers decide.) */
bool activation_is_disabled(const struct session *session);

/** Activate or deactivate @lvs (of session->before) on the nodes that @change means. */
int activation_apply(const struct session *session, struct lv *const *lvs, size_t lv_count,
		     enum activation_change change, struct err *err) MUST_CHECK;

static inline bool change_is_deactivation(enum activation_change change)
{
	return change == CHANGE_DEACTIVATE || change == CHANGE_DEACTIVATE_LOCAL;
}

#endif
