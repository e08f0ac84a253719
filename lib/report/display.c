/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/display.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/display_private.h"
#include "metadata/base/cleanup.h"

/* The rows, to be put in LVM2's order before they are shown. */
struct chosen {
	struct report_row *items;
	size_t count, size;
};

const char *display_size(const struct display *display, uint64_t sectors)
{
	const struct field_format *format = &display->format;
	const char *text = dm_size_to_string(display->pool, sectors, format->unit_type, 1,
					     format->unit_factor, format->suffix, DM_SIZE_SHORT);

	return text ? text : "";
}

static bool choose(void *data, struct report_row *row)
{
	struct chosen *chosen = data;

	if (chosen->count == chosen->size) {
		size_t size = chosen->size ? chosen->size * 2 : 64;
		void *items = realloc(chosen->items, size * sizeof(*chosen->items));

		if (!items)
			return false;
		chosen->items = items;
		chosen->size = size;
	}
	chosen->items[chosen->count++] = *row;
	return true;
}

/* PVs of VGs come first, each VG's together and in its own order; then those of no VG. */
static int compare_pvs(const void *a, const void *b)
{
	const struct report_row *x = a, *y = b;

	if (!x->vg || !y->vg)
		return !x->vg - !y->vg;
	if (x->vg != y->vg)
		return x->vg < y->vg ? -1 : 1;
	for (uint32_t i = 0; i < x->vg->stored->vg->pv_count; i++) {
		const struct pv *pv = x->vg->stored->vg->pvs[i];

		if (pv == x->pv || pv == y->pv)
			return x->pv == y->pv ? 0 : pv == x->pv ? -1 : 1;
	}
	return 0;
}

static bool has_active_lv(const struct report_vg *report_vg)
{
	const struct vg *vg = report_vg->stored->vg;
	struct lv_kernel_state state;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		if (!lv_kernel_state_get(&vg->id, &vg->lvs[i]->id, &state, NULL) && state.active)
			return true;
	return false;
}

static void show(const struct display *display, const struct report_row *what, bool only_active)
{
	struct kernel_cache cache = { 0 };
	struct report_row with_cache = *what, *row = &with_cache;

	with_cache.kernel_cache = &cache;
	if (display->args->kind == REPORT_PVS)
		display_pv(display, row);
	else if (display->args->kind == REPORT_LVS)
		display_lv(display, row);
	else if (!only_active || has_active_lv(row->vg))
		display_vg(display, row);
	dm_pool_empty(display->pool);
}

static uint32_t owner(enum report_kind kind)
{
	return kind == REPORT_PVS ? OWNER_PV : kind == REPORT_LVS ? OWNER_LV : OWNER_VG;
}

static int show_all(struct display *display, struct report_source *source, bool only_active,
		    struct err *err)
{
	const struct report_args *args = display->args;
	struct chosen chosen = { 0 };
	int rc = rows_each(source, args, owner(args->kind), choose, &chosen, err);

	if (args->kind == REPORT_PVS && chosen.count)
		qsort(chosen.items, chosen.count, sizeof(*chosen.items), compare_pvs);
	for (size_t i = 0; i < chosen.count; i++)
		show(display, &chosen.items[i], only_active);
	free(chosen.items);
	return rc;
}

int display_run(struct context *context, const struct report_args *args, enum display_form form,
		bool only_active, struct err *err)
{
	struct display display = { .context = context, .args = args, .form = form };
	struct report_source source;
	bool failed;
	int rc;

	if ((rc = report_format_of(context, args, &display.format, err)))
		return rc;
	if (!(display.pool = dm_pool_create("display", 1024)))
		return err_set(err, ENOMEM, "Out of memory.");
	if (!(rc = report_source_open(context, &source, &failed, err))) {
		rc = show_all(&display, &source, only_active, err);
		report_source_close(&source);
		if (!rc && failed)
			rc = err_set(err, EUCLEAN, "%s", "");
	}
	dm_pool_destroy(display.pool);
	return rc;
}
