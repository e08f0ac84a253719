/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lv_modules: the kernel's device-mapper targets that an LV needs, those below it included. */
#include <string.h>

#include "lib/report/getters.h"
#include "lib/report/kept.h"
#include "lib/report/links.h"

#define VISITS_MAX 100000 /* a text may name one LV again and again */

struct module {
	const char *type, *name; /* "raid" stands for all raid levels */
};

static const struct module modules[] = {
	{ "mirror", "mirror" },		{ "raid", "raid" },	      { "thin", "thin" },
	{ "thin-pool", "thin-pool" },	{ "cache", "cache" },	      { "cache-pool", "cache" },
	{ "writecache", "writecache" }, { "integrity", "integrity" }, { "vdo", "kvdo" },
	{ "vdo-pool", "kvdo" },		{ "error", "error" },	      { "zero", "zero" },
};
#define MODULE_COUNT (sizeof(modules) / sizeof(*modules))

struct walk {
	bool needed[MODULE_COUNT];
	unsigned left;
};

static void walk_lv(struct walk *walk, const struct lv *lv);

static void walk_area(struct walk *walk, const struct area *area)
{
	if (area->type == AREA_LV && area->lv)
		walk_lv(walk, area->lv);
}

static void walk_seg(struct walk *walk, const struct seg *seg)
{
	for (size_t i = 0; i < MODULE_COUNT; i++)
		if (seg_is(seg, modules[i].type) || (modules[i].type[0] == 'r' && seg_is_raid(seg)))
			walk->needed[i] = true;
	for (uint32_t i = 0; i < seg->area_count; i++)
		walk_area(walk, &seg->areas[i]);
	/* An origin of snapshots is another device: only what is below counts. */
	if (!seg_is(seg, "thin"))
		for (uint32_t i = 0; i < seg->need_count; i++)
			walk_lv(walk, seg->needs[i]);
	else if (seg_lv(seg, "thin_pool"))
		walk_lv(walk, seg_lv(seg, "thin_pool"));
}

/* Ends: vg_check() lets no LV rest on itself and bounds the depth. */
static void walk_lv(struct walk *walk, const struct lv *lv)
{
	for (uint32_t i = 0; walk->left && i < lv->seg_count; i++) {
		walk->left--;
		walk_seg(walk, &lv->segs[i]);
	}
}

GETTER(get_lv_modules)
{
	struct value list = value_list(mem, ",");
	struct walk walk = { .left = VISITS_MAX };
	const char *last = "";

	list.sorted = true;
	walk_lv(&walk, row->lv);
	if (row->lv->snapshot_count || row->lv->snapshot_origin)
		list_add(&list, mem, "snapshot");
	for (size_t i = 0; i < MODULE_COUNT; i++) {
		if (!walk.needed[i] || !strcmp(last, modules[i].name))
			continue;
		last = modules[i].name;
		list_add(&list, mem, last);
	}
	return list;
}
