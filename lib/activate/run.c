/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps on one LV: activate, preload and suspend, resume, abort, refresh, deactivate.
 *
 * What always holds: a table that nobody asked for never goes live. So whatever waits in the
 * inactive slot is compared or cleared before a resume, and when clearing fails nothing is resumed.
 */
#include <errno.h>
#include <string.h>

#include "lib/activate/activate.h"
#include "lib/activate/mapper.h"
#include "lib/activate/mounts.h"
#include "lib/activate/nodes.h"
#include "lib/config.h"
#include "metadata/base/cleanup.h"

/* One LV: what the metadata want, and what the kernel has. */
struct lv_step {
	struct context *context;
	const struct vg *vg;
	const struct lv *lv;
	struct mapper_options options;
	char uuid[MAPPER_UUID_SIZE];
	char name[MAPPER_NAME_SIZE];
	struct buf wanted;
	bool wanted_read_only;
	struct lv_kernel_state state;
	struct buf live;
};

static void step_free(struct lv_step *step)
{
	buf_free(&step->wanted);
	buf_free(&step->live);
}

#define AUTO_STEP CLEANUP(step_free)

static bool is_writable(uint32_t status)
{
	return status & (STATUS_WRITE | FLAG_WRITE_LOCKED);
}

/* Ids, name and what the kernel has. */
static int step_begin(struct lv_step *step, struct context *context, const struct stored_vg *stored,
		      const struct lv *lv, struct err *err)
{
	int r;

	*step = (struct lv_step){
		.context = context,
		.vg = stored->vg,
		.lv = lv,
		.options = mapper_options(context, !lv_is_visible(lv)),
		.wanted.limit = MAPPER_TABLE_MAX,
		.live.limit = MAPPER_TABLE_MAX,
		.wanted_read_only = !is_writable(stored->vg->status) || !is_writable(lv->status),
	};
	mapper_uuid(&stored->vg->id, &lv->id, step->uuid);
	if ((r = dm_name_build(stored->vg->name, lv->name, step->name, err)))
		return r;
	return mapper_state(step->uuid, false, &step->state, &step->live, err);
}

static bool same_text(const struct buf *a, const struct buf *b)
{
	return a->used == b->used && (!a->used || !memcmp(a->data, b->data, a->used));
}

static bool live_is_wanted(const struct lv_step *step)
{
	return step->state.active && step->state.read_only == step->wanted_read_only &&
	       same_text(&step->live, &step->wanted);
}

static int name_lv(const struct lv_step *step, struct err *err)
{
	return err_prefix(err, "Logical volume %s/%s: ", step->vg->name, step->lv->name);
}

/* ---- pieces of the steps ---- */

static int step_load(const struct lv_step *step, struct err *err)
{
	if (mapper_load(step->uuid, &step->wanted, step->wanted_read_only, err))
		return name_lv(step, err);
	return 0;
}

/* What `auto` asks for: twice the widest stripe; the kernel's own default stays if larger. */
static uint32_t read_ahead_of_stripes(const struct lv *lv)
{
	uint64_t sectors = 0;

	for (uint32_t i = 0; i < lv->seg_count; i++) {
		uint64_t own = 2 * (uint64_t)lv->segs[i].stripe_size * lv->segs[i].area_count;

		if (lv->segs[i].area_count > 1 && own > sectors)
			sectors = own;
	}
	return sectors > INT32_MAX ? INT32_MAX : (uint32_t)sectors;
}

static int step_resume(const struct lv_step *step, struct err *err)
{
	const struct config *config = step->context->config;
	const char *readahead = config ? config_string(config, "activation/readahead") : NULL;
	bool at_least = false;
	int64_t sectors;

	if (step->lv->read_ahead == READ_AHEAD_NONE) {
		sectors = 0;
	} else if (step->lv->read_ahead != READ_AHEAD_AUTO) {
		sectors = step->lv->read_ahead;
	} else if (readahead && !strcmp(readahead, "none")) {
		sectors = 0;
	} else {
		sectors = read_ahead_of_stripes(step->lv);
		at_least = sectors;
		if (!sectors)
			sectors = -1;
	}
	if (mapper_resume(&step->options, &step->state, sectors, at_least, err))
		return name_lv(step, err);
	return 0;
}

/* Give the device the name that the metadata say, and take the old link away. */
static int step_rename(struct lv_step *step, struct err *err)
{
	char old_vg[MAPPER_NAME_SIZE], old_lv[MAPPER_NAME_SIZE];

	if (!strcmp(step->state.name, step->name))
		return 0;
	if (mapper_rename(&step->options, step->state.name, step->name, err))
		return name_lv(step, err);
	if (dm_name_split(step->state.name, old_vg, old_lv))
		link_remove(step->context, old_vg, old_lv);
	memcpy(step->state.name, step->name, sizeof(step->name));
	return 0;
}

/* Node and link of a device that is active. Only warns: the device works. */
static void step_mend_nodes(struct lv_step *step)
{
	struct err err = { 0 };

	if (mapper_make_node(step->state.name, &err))
		ctx_warn(step->context, "WARNING: %s", err.text);
	if (lv_is_visible(step->lv))
		link_mend(step->context, step->vg->name, step->lv->name, &step->state);
}

/* Ask again: a device just made has a number, and one just resumed another table. */
static int step_state(struct lv_step *step, struct err *err)
{
	return mapper_state(step->uuid, false, &step->state, NULL, err);
}

static int step_suspend(const struct lv_step *step, struct err *err)
{
	if (mapper_suspend(step->uuid, true, err))
		return name_lv(step, err);
	return 0;
}

/*
 * Bring the inactive slot to what a resume shall make live: the wanted table, or nothing when that
 * is live already. @ret_waits: a table is in the slot now.
 */
static int step_prepare_slot(struct lv_step *step, bool *ret_waits, struct err *err)
{
	struct buf AUTO_BUF waiting = { .limit = MAPPER_TABLE_MAX };
	struct lv_kernel_state state = { .exists = false };
	int r;

	*ret_waits = true;
	if (step->state.inactive_table) {
		if ((r = mapper_state(step->uuid, true, &state, &waiting, err)))
			return r;
		if (same_text(&waiting, &step->wanted) && state.read_only == step->wanted_read_only)
			return 0;
	}
	if (!live_is_wanted(step))
		return step_load(step, err);
	*ret_waits = false;
	return step->state.inactive_table ? mapper_clear(step->uuid, err) : 0;
}

/* ---- activate ---- */

static int refuse_activation(const struct lv_step *step, struct err *err)
{
	if (lv_is_partial(step->lv))
		return err_set(err, ENXIO,
			       "Refusing activation of partial LV %s/%s.  Use '--activationmode "
			       "partial' to override.",
			       step->vg->name, step->lv->name);
	if (!lv_is_operable(step->lv))
		return err_set(err, EOPNOTSUPP,
			       "Logical volume %s/%s is not linear or striped: cannot be "
			       "activated.",
			       step->vg->name, step->lv->name);
	return 0;
}

/* A device that did not exist. Nothing of it is left on failure. */
static int create_and_start(struct lv_step *step, struct err *err)
{
	bool is_fixed = (step->lv->status & STATUS_FIXED_MINOR) && step->lv->minor >= 0;
	struct lv_kernel_state left;
	int r;

	if (mapper_create(&step->options, step->name, step->uuid, is_fixed ? step->lv->major : -1,
			  is_fixed ? step->lv->minor : -1, err))
		return name_lv(step, err);
	if (!(r = step_load(step, err)) && !(r = step_state(step, err)))
		r = step_resume(step, err);
	if (r && !mapper_state(step->uuid, false, &left, NULL, NULL) && left.exists &&
	    mapper_remove(&step->options, &left, NULL))
		err_append(err, "\nDevice %s could not be removed again.", step->name);
	return r;
}

/* A device that exists but is not as wanted: suspended, stale, or left over by a crash. */
static int restart(struct lv_step *step, struct err *err)
{
	bool waits;
	int r = step_prepare_slot(step, &waits, err);

	if (r)
		return r;
	activation_memory_lock(step->context);
	if (step->state.active && !step->state.suspended)
		r = step_suspend(step, err);
	if (!r)
		r = step_resume(step, err);
	else if (waits && mapper_clear(step->uuid, NULL))
		err_append(err, "\nA new table is left in device %s.", step->name);
	activation_memory_unlock();
	return r;
}

int lv_activate(struct context *context, const struct stored_vg *stored, const struct lv *lv,
		bool read_only, struct err *err)
{
	struct lv_step AUTO_STEP step;
	bool is_fine;
	int r = step_begin(&step, context, stored, lv, err);

	if (r || (r = refuse_activation(&step, err)) ||
	    (r = lv_table_build(stored, lv, &step.wanted, err)))
		return r;
	step.wanted_read_only |= read_only;
	is_fine = live_is_wanted(&step) && !step.state.suspended && !step.state.inactive_table;
	if (!step.state.exists)
		r = create_and_start(&step, err);
	else if (!is_fine)
		r = restart(&step, err);
	if (r || (r = step_state(&step, err)) || (r = step_rename(&step, err)))
		return r;
	if (!step.state.active || step.state.suspended)
		return err_set(err, EIO, "Logical volume %s/%s: device %s did not become active.",
			       stored->vg->name, lv->name, step.name);
	step_mend_nodes(&step);
	return 0;
}

/* ---- change of the table ---- */

int lv_preload_suspend(struct context *context, const struct stored_vg *stored, const struct lv *lv,
		       struct err *err)
{
	struct lv_step AUTO_STEP step;
	bool waits = false;
	int r = step_begin(&step, context, stored, lv, err);

	if (r || !step.state.exists)
		return r;
	if ((r = lv_table_build(stored, lv, &step.wanted, err)))
		return r;
	/* On failure here the slot may hold what was in it before: not ours to trust. */
	if (!(r = step_prepare_slot(&step, &waits, err)) && !(r = step_suspend(&step, err)))
		return 0;
	if (lv_abort(context, &stored->vg->id, &lv->id, NULL))
		err_append(err, "\nDevice %s could not be put back as it was.", step.name);
	return r;
}

int lv_resume(struct context *context, const struct stored_vg *stored, const struct lv *lv,
	      struct err *err)
{
	struct lv_step AUTO_STEP step;
	struct err rename_err = { 0 };
	bool waits;
	int renamed;
	int r = step_begin(&step, context, stored, lv, err);

	if (r || !step.state.exists)
		return r;
	if ((r = lv_table_build(stored, lv, &step.wanted, err)) ||
	    (r = step_prepare_slot(&step, &waits, err)))
		return r;
	/* A name that cannot be given must not keep the users of the device waiting. */
	renamed = step_rename(&step, &rename_err);
	if (waits || step.state.suspended)
		r = step_resume(&step, err);
	if (r)
		return r;
	if (renamed)
		return err_set(err, -renamed, "%s", rename_err.text);
	if ((r = step_state(&step, err)))
		return r;
	step_mend_nodes(&step);
	return 0;
}

int lv_abort(struct context *context, const struct uuid *vg_id, const struct uuid *lv_id,
	     struct err *err)
{
	struct mapper_options options = mapper_options(context, false);
	struct lv_kernel_state state;
	char uuid[MAPPER_UUID_SIZE];
	int r = mapper_state(mapper_uuid(vg_id, lv_id, uuid), false, &state, NULL, err);

	if (r || !state.exists)
		return r;
	/* First: a resume would make what is in the slot live. */
	if ((r = mapper_clear(uuid, err)))
		return r;
	return state.suspended ? mapper_resume(&options, &state, -1, false, err) : 0;
}

int lv_refresh(struct context *context, const struct stored_vg *stored, const struct lv *lv,
	       struct err *err)
{
	int r;

	activation_memory_lock(context);
	if (!(r = lv_preload_suspend(context, stored, lv, err)))
		r = lv_resume(context, stored, lv, err);
	activation_memory_unlock();
	return r;
}
