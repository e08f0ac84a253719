/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Taking an LV's device away, and saying who still uses it. Needs no metadata. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "lib/activate/activate.h"
#include "lib/activate/mapper.h"
#include "lib/activate/mounts.h"
#include "lib/activate/nodes.h"
#include "lib/config.h"
#include "lib/device/sysfs.h"
#include "metadata/base/cleanup.h"

#define MOUNT_TEXT_LIMIT ((size_t)256 << 20)

bool lv_has_holders(const struct lv_kernel_state *state)
{
	char name[SYSFS_VALUE_MAX];

	(void)snprintf(name, sizeof(name), "dm-%u", state->minor);
	return sysfs_has_holders(name);
}

/* -EBUSY when the reason why it is open will not go away by itself. */
static int check_users(const struct lv_kernel_state *state, const char *vg_name,
		       const char *lv_name, struct err *err)
{
	struct arena AUTO_ARENA arena = { .limit = MOUNT_TEXT_LIMIT };
	struct mount_point *mounts;
	const char *where;
	int r;

	if (lv_has_holders(state))
		return err_set(err, EBUSY, "Logical volume %s/%s is used by another device.",
			       vg_name, lv_name);
	if ((r = lv_mount_points(state->major, state->minor, &arena, &mounts, err)) || !mounts)
		return r;
	where = mounts_join(mounts, ", ", &arena);
	return err_set(err, EBUSY,
		       "Logical volume %s/%s contains a filesystem in use.\nIt is mounted on %s.",
		       vg_name, lv_name, where ? where : "this node");
}

/* Wait for those who opened it only to look. */
static int wait_until_closed(struct context *context, const char *uuid,
			     struct lv_kernel_state *state, const char *vg_name,
			     const char *lv_name, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LV_OPEN_RETRY_NS };
	bool may_wait =
		!context->config || config_bool(context->config, "activation/retry_deactivation");
	int r = 0;

	for (int i = 0; !r && state->exists && state->open_count; i++) {
		if ((r = check_users(state, vg_name, lv_name, err)))
			break;
		if (!may_wait || i == LV_OPEN_RETRIES)
			return err_set(err, EBUSY, "Logical volume %s/%s in use.", vg_name,
				       lv_name);
		(void)nanosleep(&pause, NULL);
		r = mapper_state(uuid, false, state, NULL, err);
	}
	return r;
}

int lv_deactivate(struct context *context, const struct uuid *vg_id, const char *vg_name,
		  const struct uuid *lv_id, const char *lv_name, struct err *err)
{
	struct mapper_options options = mapper_options(context, false);
	char uuid[MAPPER_UUID_SIZE];
	char old_vg[MAPPER_NAME_SIZE], old_lv[MAPPER_NAME_SIZE];
	struct lv_kernel_state state;
	int r = mapper_state(mapper_uuid(vg_id, lv_id, uuid), false, &state, NULL, err);

	if (!r)
		r = wait_until_closed(context, uuid, &state, vg_name, lv_name, err);
	if (r || !state.exists)
		return r;
	if (mapper_remove(&options, &state, err))
		return err_prefix(err, "Logical volume %s/%s: ", vg_name, lv_name);
	if (dm_name_split(state.name, old_vg, old_lv))
		link_remove(context, old_vg, old_lv);
	return 0;
}
