/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stopping the I/O of this node's LVs when it must not go on: quorum lost, or written off. */
#include <errno.h>
#include <inttypes.h>

#include "lib/activate/activate.h"
#include "lib/activate/mapper.h"
#include "metadata/base/cleanup.h"

#define ERROR_TABLE_MAX 64

int lv_freeze(const struct uuid *vg_id, const struct uuid *lv_id, struct err *err)
{
	struct lv_kernel_state state;
	char uuid[MAPPER_UUID_SIZE];
	int r = mapper_state(mapper_uuid(vg_id, lv_id, uuid), false, &state, NULL, err);

	if (r || !state.active || state.suspended)
		return r;
	return mapper_suspend(uuid, false, err);
}

int lv_thaw(const struct uuid *vg_id, const struct uuid *lv_id, struct err *err)
{
	struct mapper_options options = mapper_options(NULL, false);
	struct lv_kernel_state state;
	char uuid[MAPPER_UUID_SIZE];
	int r = mapper_state(mapper_uuid(vg_id, lv_id, uuid), false, &state, NULL, err);

	/* A table that waits is of a change to the LV: that resumes it, or clears the slot. */
	if (r || !state.suspended || state.inactive_table)
		return r;
	return mapper_resume(&options, &state, -1, false, err);
}

int lv_put_on_error(struct context *context, const struct uuid *vg_id, const struct uuid *lv_id,
		    struct err *err)
{
	struct buf AUTO_BUF table = { .limit = ERROR_TABLE_MAX };
	struct mapper_options options = mapper_options(context, false);
	struct lv_kernel_state state;
	char uuid[MAPPER_UUID_SIZE];
	int r = mapper_state(mapper_uuid(vg_id, lv_id, uuid), false, &state, NULL, err);

	if (r || !state.exists)
		return r;
	/* Nothing maps to a disk: I/O fails already. But a table may wait. */
	if (!state.active)
		return mapper_clear(uuid, err);
	buf_printf(&table, "0 %" PRIu64 " error\n", state.size_sectors);
	if (table.failed)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((r = mapper_load(uuid, &table, state.read_only, err)))
		return r;
	if (!state.suspended && (r = mapper_suspend(uuid, false, err)))
		return r;
	return mapper_resume(&options, &state, -1, false, err);
}
