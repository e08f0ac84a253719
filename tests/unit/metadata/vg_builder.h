/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small VGs for tests of edits: PVs "a", "b", ... with so many extents of 1 MiB, and the map
 * of an LV as a line of text: "0 63 c:0-62; 63 37 a:10-46" is two segments, each with its first
 * logical extent, its length, and its physical extents per stripe.
 */
#ifndef TESTS_UNIT_METADATA_VG_BUILDER_H
#define TESTS_UNIT_METADATA_VG_BUILDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "metadata/edit.h"
#include "metadata/model.h"

#define AUTO_VG __attribute__((cleanup(vg_free_at_exit)))

static inline struct uuid test_uuid(char kind, uint32_t number)
{
	char text[UUID_LENGTH + 1];
	struct uuid id;

	(void)snprintf(text, sizeof(text), "%c%031u", kind, number);
	memcpy(id.text, text, UUID_LENGTH);
	return id;
}

static inline struct pv *add_pv(struct vg *vg, uint32_t pe_count)
{
	const char name[] = { (char)('a' + vg->pv_count), 0 };
	const struct pv_spec spec = { .id = test_uuid('P', vg->pv_count),
				      .device_name = name,
				      .dev_size = 2048 + 2048ULL * pe_count,
				      .pe_start = 2048,
				      .usable_end = 2048 + 2048ULL * pe_count };
	struct err err = { 0 };

	if (vg_edit_add_pv(vg, &spec, &err))
		fail_msg("%s", err.text);
	return vg->pvs[vg->pv_count - 1];
}

/* A VG with a PV of each of @counts extents. */
static inline struct vg *build_vg(const uint32_t *counts, size_t count)
{
	struct vg *vg = vg_new("v");

	assert_non_null(vg);
	vg->extent_size = 2048;
	vg->status = STATUS_RESIZEABLE | STATUS_READ | STATUS_WRITE;
	vg->alloc = ALLOC_NORMAL;
	for (size_t i = 0; i < count; i++)
		(void)add_pv(vg, counts[i]);
	return vg;
}

#define BUILD_VG(...)                               \
	build_vg((const uint32_t[]){ __VA_ARGS__ }, \
		 sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static inline int try_create(struct vg *vg, const char *name, uint32_t le_count, uint32_t stripes,
			     const struct alloc_where *where, struct err *err)
{
	const struct alloc_where anywhere = { 0 };
	const struct lv_spec spec = { .name = name,
				      .id = test_uuid('L', vg->lv_count),
				      .le_count = le_count,
				      .stripes = stripes,
				      .stripe_size = 128,
				      .major = -1,
				      .minor = -1 };
	struct lv *lv;

	return lv_edit_create(vg, &spec, where ? where : &anywhere, &lv, err);
}

static inline struct lv *create_on(struct vg *vg, const char *name, uint32_t le_count,
				   uint32_t stripes, const struct alloc_where *where)
{
	struct err err = { 0 };

	if (try_create(vg, name, le_count, stripes, where, &err))
		fail_msg("%s: %s", name, err.text);
	return vg->lvs[vg->lv_count - 1];
}

static inline struct lv *create(struct vg *vg, const char *name, uint32_t le_count)
{
	return create_on(vg, name, le_count, 1, NULL);
}

/* Linear on @count extents of @pv from @start. */
static inline struct lv *put(struct vg *vg, const char *name, struct pv *pv, uint32_t start,
			     uint32_t count)
{
	struct extent_range range = { start, count };
	const struct alloc_pv there = { .pv = pv, .ranges = &range, .range_count = 1 };
	const struct alloc_where where = { .pvs = &there, .pv_count = 1 };

	return create_on(vg, name, count, 1, &where);
}

static inline void extend_on(struct lv *lv, uint32_t by, const struct alloc_where *where)
{
	const struct alloc_where anywhere = { 0 };
	struct err err = { 0 };

	if (lv_edit_extend(lv, lv->le_count + by, where ? where : &anywhere, &err))
		fail_msg("%s: %s", lv->name, err.text);
}

static inline void remove_lv(struct vg *vg, const char *name)
{
	struct err err = { 0 };
	struct lv *lv = vg_find_lv(vg, name);

	assert_non_null(lv);
	if (lv_edit_remove(lv, &err))
		fail_msg("%s: %s", name, err.text);
}

static inline void assert_map(const struct lv *lv, const char *expected)
{
	char text[2048];
	size_t used = 0;

	for (uint32_t s = 0; s < lv->seg_count; s++) {
		const struct seg *seg = &lv->segs[s];
		const uint32_t length = seg->le_count / seg->area_count;

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u %u", s ? "; " : "",
					 seg->le_start, seg->le_count);
		for (uint32_t a = 0; a < seg->area_count; a++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %s:%u-%u",
						 seg->areas[a].pv->device_hint, seg->areas[a].start,
						 seg->areas[a].start + length - 1);
		assert_true(used < sizeof(text));
	}
	assert_string_equal(text, expected);
}

#endif
