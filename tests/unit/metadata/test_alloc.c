/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What LVM2 2.03.16 was seen to choose (on-disk format, section 6.4), case by case. */
#include "tests/unit/metadata/vg_builder.h"

#include <errno.h>
#include <time.h>

/* One PV of 63 extents with holes of 3, 6, 4 and 40. */
static struct vg *vg_with_holes(void)
{
	struct vg *vg = BUILD_VG(63);
	struct pv *a = vg->pvs[0];

	(void)put(vg, "f1", a, 0, 2);
	(void)put(vg, "f3", a, 5, 2);
	(void)put(vg, "f5", a, 13, 2);
	(void)put(vg, "f7", a, 19, 4);
	return vg;
}

static void assert_picks(uint32_t le_count, const char *map)
{
	AUTO_VG struct vg *vg = vg_with_holes();

	assert_map(create(vg, "l", le_count), map);
}

static void a_hole_larger_than_needed_is_preferred_to_an_exact_one(void **state)
{
	(void)state;
	assert_picks(3, "0 3 a:7-9");
	assert_picks(4, "0 4 a:7-10");
	assert_picks(5, "0 5 a:7-11");
	assert_picks(6, "0 6 a:7-12");
	assert_picks(1, "0 1 a:15-15");
}

static void what_fits_no_hole_takes_the_largest_first(void **state)
{
	(void)state;
	assert_picks(53, "0 40 a:23-62; 40 6 a:7-12; 46 4 a:15-18; 50 3 a:2-4");
	assert_picks(52, "0 40 a:23-62; 40 6 a:7-12; 46 4 a:15-18; 50 2 a:2-3");
	assert_picks(48, "0 40 a:23-62; 40 6 a:7-12; 46 2 a:15-16");
}

/* Free: a 53, b 59, c 63, and d 43 when there is one. */
static struct vg *vg_unevenly_used(bool with_d)
{
	struct vg *vg = BUILD_VG(63, 63, 63);

	(void)put(vg, "fa", vg->pvs[0], 0, 10);
	(void)put(vg, "fb", vg->pvs[1], 0, 4);
	if (with_d)
		(void)put(vg, "fd", add_pv(vg, 63), 0, 20);
	return vg;
}

static void assert_picks_among_pvs(uint32_t le_count, const char *map)
{
	AUTO_VG struct vg *vg = vg_unevenly_used(false);

	assert_map(create(vg, "l", le_count), map);
}

static void the_first_pv_that_holds_all_is_taken(void **state)
{
	(void)state;
	assert_picks_among_pvs(5, "0 5 a:10-14");
	assert_picks_among_pvs(60, "0 60 c:0-59");
}

static void what_fits_no_pv_begins_on_the_one_with_most_space(void **state)
{
	(void)state;
	assert_picks_among_pvs(100, "0 63 c:0-62; 63 37 a:10-46");
	assert_picks_among_pvs(150, "0 63 c:0-62; 63 59 b:4-62; 122 28 a:10-37");
}

static void named_pvs_are_tried_in_the_order_given(void **state)
{
	AUTO_VG struct vg *vg = vg_unevenly_used(false);
	const struct alloc_pv cab[] = { { .pv = vg->pvs[2] },
					{ .pv = vg->pvs[0] },
					{ .pv = vg->pvs[1] } };
	const struct alloc_where where = { .pvs = cab, .pv_count = 3 };

	(void)state;
	assert_map(create_on(vg, "l", 60, 1, &where), "0 60 c:0-59");
	remove_lv(vg, "l");
	assert_map(create_on(vg, "l", 100, 1, &where), "0 63 c:0-62; 63 37 a:10-46");
	remove_lv(vg, "l");
	assert_map(create_on(vg, "l", 5, 1, &where), "0 5 c:0-4");
}

static void an_extension_goes_on_behind_the_last_segment_then_elsewhere(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63, 63);
	struct lv *a, *x, *y;

	(void)state;
	a = put(vg, "a", vg->pvs[0], 0, 5);
	(void)put(vg, "hole", vg->pvs[0], 5, 2);
	x = put(vg, "x", vg->pvs[1], 0, 5);
	extend_on(x, 5, NULL);
	assert_map(x, "0 10 b:0-9");
	extend_on(a, 5, NULL);
	assert_map(a, "0 5 a:0-4; 5 5 a:7-11");
	remove_lv(vg, "hole");
	extend_on(a, 3, NULL);
	assert_map(a, "0 5 a:0-4; 5 8 a:7-14");
	y = put(vg, "y", vg->pvs[2], 0, 4);
	extend_on(a, 70, NULL);
	assert_map(a, "0 5 a:0-4; 5 56 a:7-62; 61 2 a:5-6; 63 20 b:10-29");
	extend_on(y, 60, NULL);
	assert_map(y, "0 63 c:0-62; 63 1 b:30-30");
}

static void an_extension_by_contiguous_merges_with_the_last_segment(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);
	const struct alloc_where contiguous = { .policy = ALLOC_CONTIGUOUS };
	struct lv *y = put(vg, "y", vg->pvs[1], 30, 1);
	struct err err = { 0 };

	(void)state;
	extend_on(y, 30, &contiguous);
	assert_map(y, "0 31 b:30-60");
	assert_int_equal(lv_edit_extend(y, 34, &contiguous, &err), -ENOSPC);
	assert_string_equal(err.text, "Insufficient suitable contiguous allocatable extents for "
				      "logical volume y: 1 more required");
}

static void contiguous_takes_one_run_or_fails(void **state)
{
	AUTO_VG struct vg *vg = vg_with_holes();
	struct alloc_where contiguous = { .policy = ALLOC_CONTIGUOUS };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(try_create(vg, "l", 41, 1, &contiguous, &err), -ENOSPC);
	assert_string_equal(err.text, "Insufficient suitable contiguous allocatable extents for "
				      "logical volume l: 41 more required");
	contiguous.approximate = true;
	assert_int_equal(try_create(vg, "l", 41, 1, &contiguous, &err), -ENOSPC);
	assert_string_equal(err.text, "Insufficient suitable contiguous allocatable extents found "
				      "for logical volume l.");
	assert_map(create_on(vg, "m", 40, 1, &contiguous), "0 40 a:23-62");
}

static void stripes_lie_on_different_pvs_in_list_order(void **state)
{
	AUTO_VG struct vg *vg = vg_unevenly_used(true);
	const struct alloc_pv d_a[] = { { .pv = vg->pvs[3] }, { .pv = vg->pvs[0] } };
	const struct alloc_where where = { .pvs = d_a, .pv_count = 2 };

	(void)state;
	assert_map(create_on(vg, "s", 10, 2, NULL), "0 10 a:10-14 b:4-8");
	remove_lv(vg, "s");
	assert_map(create_on(vg, "s", 9, 3, NULL), "0 9 a:10-12 b:4-6 c:0-2");
	remove_lv(vg, "s");
	assert_map(create_on(vg, "s", 10, 2, &where), "0 10 d:20-24 a:10-14");
	extend_on(vg_find_lv(vg, "s"), 4, NULL);
	assert_map(vg_find_lv(vg, "s"), "0 14 d:20-26 a:10-16");
}

static void stripes_that_fit_nowhere_begin_where_most_space_is(void **state)
{
	AUTO_VG struct vg *vg = vg_unevenly_used(true);

	(void)state;
	assert_map(create_on(vg, "s", 130, 2, NULL), "0 118 c:0-58 b:4-62; 118 12 a:10-15 d:20-25");
}

static void stripes_that_take_everything_pair_what_is_left(void **state)
{
	AUTO_VG struct vg *vg = vg_unevenly_used(true);

	(void)state;
	(void)put(vg, "s", vg->pvs[0], 10, 10);
	(void)create_on(vg, "s2", 10, 2, NULL);
	(void)create_on(vg, "s3", 10, 2, NULL);
	assert_map(create_on(vg, "s6", 184, 2, NULL),
		   "0 98 c:0-48 b:14-62; 98 66 d:20-52 a:30-62; 164 20 c:49-58 d:53-62");
}

static void stripes_prefer_holes_like_linear_ones(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);

	(void)state;
	(void)put(vg, "p1", vg->pvs[0], 0, 3);
	(void)put(vg, "p3", vg->pvs[0], 6, 3);
	(void)put(vg, "q2", vg->pvs[1], 5, 5);
	(void)put(vg, "q3", vg->pvs[1], 10, 5);
	assert_map(create_on(vg, "s", 6, 2, NULL), "0 6 a:3-5 b:0-2");
	assert_map(create_on(vg, "s2", 10, 2, NULL), "0 10 a:9-13 b:15-19");
}

static void ranges_bound_what_is_taken(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);
	struct extent_range split[] = { { 0, 5 }, { 30, 33 } }, one[] = { { 50, 1 } };
	struct extent_range two[] = { { 7, 2 }, { 60, 3 } };
	const struct alloc_pv r2[] = { { vg->pvs[0], split, 2 } };
	const struct alloc_pv r3[] = { { vg->pvs[0], one, 1 }, { vg->pvs[1], two, 2 } };
	const struct alloc_where in_r2 = { .pvs = r2, .pv_count = 1 };
	const struct alloc_where in_r3 = { .pvs = r3, .pv_count = 2 };

	(void)state;
	(void)put(vg, "r1", vg->pvs[0], 10, 4);
	assert_map(vg_find_lv(vg, "r1"), "0 4 a:10-13");
	assert_map(create_on(vg, "r2", 10, 1, &in_r2), "0 10 a:30-39");
	assert_int_equal(alloc_free_count(vg, &in_r3), 6);
	assert_map(create_on(vg, "r3", 4, 1, &in_r3), "0 3 b:60-62; 3 1 b:7-7");
}

static void a_pv_offered_twice_is_refused(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);
	struct extent_range overlapping[] = { { 0, 5 }, { 4, 1 } };
	const struct alloc_pv twice[] = { { .pv = vg->pvs[0] }, { .pv = vg->pvs[0] } };
	const struct alloc_pv overlap[] = { { vg->pvs[0], overlapping, 2 } };
	const struct alloc_where on_twice = { .pvs = twice, .pv_count = 2 };
	const struct alloc_where on_overlap = { .pvs = overlap, .pv_count = 1 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(try_create(vg, "l", 70, 1, &on_twice, &err), -EINVAL);
	assert_int_equal(try_create(vg, "l", 6, 1, &on_overlap, &err), -EINVAL);
}

static void pvs_that_are_not_allocatable_or_missing_are_left_out(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63, 63);
	const struct alloc_pv only_a[] = { { .pv = vg->pvs[0] } };
	const struct alloc_where on_a = { .pvs = only_a, .pv_count = 1 };
	struct err err = { 0 };

	(void)state;
	vg->pvs[0]->status &= ~(uint32_t)STATUS_ALLOCATABLE;
	vg->pvs[1]->status |= STATUS_MISSING;
	assert_int_equal(try_create(vg, "l", 4, 1, &on_a, &err), -ENOSPC);
	assert_string_equal(err.text, "No specified PVs have space available.");
	assert_int_equal(try_create(vg, "l", 64, 1, NULL, &err), -ENOSPC);
	assert_string_equal(err.text,
			    "Insufficient free space: 64 extents needed, but only 63 available");
	assert_map(create(vg, "l", 4), "0 4 c:0-3");
}

static void more_than_the_vg_has_is_refused_unless_approximate(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);
	const struct alloc_where approximate = { .approximate = true };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(try_create(vg, "l", 1000, 1, NULL, &err), -ENOSPC);
	assert_string_equal(err.text, "Volume group \"v\" has insufficient free space (126 "
				      "extents): 1000 required.");
	assert_int_equal(vg->lv_count, 0);
	assert_map(create_on(vg, "l", 1000, 1, &approximate), "0 63 a:0-62; 63 63 b:0-62");
	extend_on(vg->lvs[0], 5, &approximate);
	assert_int_equal(vg->lvs[0]->le_count, 126);
}

static void cling_looks_at_the_first_segment_only(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(32, 32, 32);
	const struct alloc_where cling = { .policy = ALLOC_CLING };
	const struct alloc_pv only_b[] = { { .pv = vg->pvs[1] } };
	const struct alloc_where on_b = { .pvs = only_b, .pv_count = 1 };
	struct lv *x = put(vg, "x", vg->pvs[0], 10, 22);
	struct err err = { 0 };

	(void)state;
	extend_on(x, 10, &on_b);
	(void)put(vg, "wall", vg->pvs[1], 10, 1);
	extend_on(x, 5, &cling);
	assert_map(x, "0 22 a:10-31; 22 10 b:0-9; 32 5 a:0-4");
	/* b has 21 extents free, but only 5 are left on a. */
	assert_int_equal(lv_edit_extend(x, 43, &cling, &err), -ENOSPC);
	assert_string_equal(err.text, "Insufficient suitable allocatable extents for logical "
				      "volume x: 1 more required");
}

static void stripes_that_cling_do_not_share_a_pv(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(32, 4, 12, 20);
	struct extent_range on_d[] = { { 14, 1 } }, on_a[] = { { 17, 10 }, { 27, 3 } };
	const struct alloc_pv dcab[] = { { vg->pvs[3], on_d, 1 },
					 { .pv = vg->pvs[2] },
					 { vg->pvs[0], on_a, 2 },
					 { .pv = vg->pvs[1] } };
	const struct alloc_where where = { .pvs = dcab, .pv_count = 4 };
	struct lv *l0 = create_on(vg, "l0", 9, 3, NULL);
	struct err err = { 0 };

	(void)state;
	assert_map(l0, "0 9 a:0-2 b:0-2 c:0-2");
	(void)put(vg, "l1", vg->pvs[0], 3, 2);
	(void)put(vg, "l2", vg->pvs[2], 3, 2);
	assert_int_equal(lv_edit_extend(l0, 27, &where, &err), -ENOSPC);
	assert_string_equal(err.text, "Insufficient suitable allocatable extents for logical "
				      "volume l0: 12 more required");
}

static void a_linear_extension_stays_on_the_pvs_of_all_stripes(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(15, 6, 18, 13);
	const struct alloc_where where = { 0 };
	struct lv *l0;
	struct err err = { 0 };

	(void)state;
	(void)put(vg, "wall", vg->pvs[1], 0, 6);
	l0 = create_on(vg, "l0", 20, 2, NULL);
	remove_lv(vg, "wall");
	assert_map(l0, "0 20 a:0-9 c:0-9");
	assert_int_equal(lv_edit_extend_striped(l0, 22, 1, 0, &where, &err), 0);
	assert_int_equal(lv_edit_extend_striped(l0, 38, 1, 0, &where, &err), 0);
	assert_map(l0, "0 20 a:0-9 c:0-9; 20 5 a:10-14; 25 8 c:10-17; 33 5 b:0-4");
}

static struct name_list *tag(struct name_list *entry, const char *name)
{
	*entry = (struct name_list){ .name = name };
	return entry;
}

static void cling_by_tags_goes_on_on_pvs_with_the_same_tag(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63, 63);
	struct name_list tags[3], listed, any;
	struct alloc_where where = { .policy = ALLOC_CLING };
	struct lv *t = put(vg, "t", vg->pvs[0], 0, 60);
	struct err err = { 0 };

	(void)state;
	vg->pvs[0]->tags = tag(&tags[0], "A");
	vg->pvs[1]->tags = tag(&tags[1], "B");
	vg->pvs[2]->tags = tag(&tags[2], "A");
	where.policy = ALLOC_CLING_BY_TAGS;
	assert_int_equal(lv_edit_extend(t, 90, &where, &err), -ENOSPC);
	assert_string_equal(err.text, "Insufficient suitable allocatable extents for logical "
				      "volume t: 27 more required");
	where = (struct alloc_where){ .policy = ALLOC_CLING, .cling_tags = tag(&listed, "@A") };
	extend_on(t, 28, &where);
	assert_map(t, "0 63 a:0-62; 63 25 c:0-24");
	where.cling_tags = tag(&any, "@*");
	extend_on(t, 5, &where);
	assert_map(t, "0 63 a:0-62; 63 30 c:0-29");
}

static void anywhere_puts_two_stripes_on_one_pv(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(32, 32);
	const struct alloc_where anywhere = { .policy = ALLOC_ANYWHERE };
	struct err err = { 0 };

	(void)state;
	(void)put(vg, "a", vg->pvs[0], 0, 5);
	assert_int_equal(try_create(vg, "x", 3, 3, NULL, &err), -ENOSPC);
	assert_string_equal(err.text, "Number of stripes (3) must not exceed number of physical "
				      "volumes (2)");
	assert_map(create_on(vg, "x", 3, 3, &anywhere), "0 3 a:5-5 b:0-0 a:6-6");
}

/* Where "c:5-6:20-29 a" allows, with "@*" as the listed tag when @by_tags. */
static struct alloc_where only_on(struct vg *vg, enum alloc_policy policy, bool by_tags,
				  const char *text)
{
	struct alloc_pv *pvs = arena_calloc(vg->arena, vg->pv_count, sizeof(*pvs));
	struct name_list *tag = by_tags ? arena_new(vg->arena, struct name_list) : NULL;
	struct alloc_where where = { .policy = policy, .pvs = pvs, .cling_tags = tag };

	assert_true(pvs && (tag || !by_tags));
	if (tag)
		tag->name = "@*";
	while (*text) {
		struct alloc_pv *allowed = &pvs[where.pv_count++];
		int read;

		allowed->pv = vg->pvs[*text++ - 'a'];
		allowed->ranges = arena_calloc(vg->arena, 8, sizeof(*allowed->ranges));
		assert_non_null(allowed->ranges);
		for (uint32_t start, end; sscanf(text, ":%u-%u%n", &start, &end, &read) == 2;
		     text += read)
			allowed->ranges[allowed->range_count++] =
				(struct extent_range){ start, end - start + 1 };
		text += *text == ' ';
	}
	return where;
}

/* One area per PV in each attempt. */
static void stripes_on_one_pv_do_not_cling(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(30, 30);
	const struct alloc_where there = only_on(vg, ALLOC_ANYWHERE, false, "a:5-6");
	const struct alloc_where cling = { .policy = ALLOC_CLING };
	struct lv *l = create_on(vg, "l", 2, 2, &there);
	struct err err = { 0 };

	(void)state;
	assert_map(l, "0 2 a:5-5 a:6-6");
	assert_int_equal(lv_edit_extend(l, 4, &cling, &err), -ENOSPC);
	assert_string_equal(err.text, "Insufficient suitable allocatable extents for logical "
				      "volume l: 2 more required");
	extend_on(l, 2, NULL);
	assert_map(l, "0 2 a:5-5 a:6-6; 2 2 a:0-0 b:0-0");
}

/* An LV of @first stripes in a row, extended by two stripes at 10, and then where @text allows. */
static void assert_clings(uint32_t first, uint32_t by, bool tags, const char *text,
			  const char *expected)
{
	AUTO_VG struct vg *vg = BUILD_VG(30, 30, 30, 30);
	struct name_list tag_a = { .name = "A" }, tag_b = { .name = "B" };
	struct alloc_where where = only_on(vg, ALLOC_NORMAL, false, "a:10-10 b:10-10");
	struct lv *l = create_on(vg, "l", first, first, NULL);
	struct err err = { 0 };

	if (tags)
		vg->pvs[0]->tags = vg->pvs[2]->tags = vg->pvs[3]->tags = &tag_a;
	if (tags)
		vg->pvs[1]->tags = &tag_b;
	assert_int_equal(lv_edit_extend_striped(l, l->le_count + 2, 2, 128, &where, &err), 0);
	where = only_on(vg, ALLOC_CLING, tags, text);
	extend_on(l, by, &where);
	l->segs += 2; /* what was there */
	l->seg_count -= 2;
	assert_map(l, expected);
}

static void stripes_cling_to_their_own_pvs_or_to_those_of_others(void **state)
{
	(void)state;
	/* Each on its own, whatever the order. */
	assert_clings(3, 4, false, "c:5-6 b:5-6 a:20-29", "5 4 a:20-21 b:5-6");
	/* Not all can: on those that the first segment has, the largest first. */
	assert_clings(3, 2, false, "c:5-9 b", "5 2 c:5-5 b:1-1");
	assert_clings(3, 4, false, "c:5-6 a:20-29 b:5-5", "5 2 a:20-20 b:5-5; 7 2 c:5-5 a:21-21");
	assert_clings(4, 8, false, "b:5-6 c:5-6 d:5-12", "6 4 d:5-6 b:5-6; 10 4 c:5-6 d:7-8");
	assert_clings(4, 8, false, "d:5-6:15-16:25-26 c:5-9",
		      "6 4 c:5-6 d:25-26; 10 4 d:5-6 c:7-8");
	assert_clings(3, 2, false, "c:5-9 a:12-13:16-17:20-21", "5 2 c:5-5 a:12-12");
	/* Likewise with PVs that have a tag in common with those. */
	assert_clings(2, 2, true, "c d", "4 2 c:0-0 d:0-0");
	assert_clings(2, 2, true, "c a:20-20", "4 2 c:0-0 a:20-20");
}

/* Of two stripes one could go on; holes of one size keep their order for the next attempt. */
static void half_an_attempt_leaves_no_trace(void **state)
{
	const struct {
		enum alloc_policy policy;
		const char *allowed, *map;
	} cases[] = {
		{ ALLOC_CLING, "a:6-7:12-13:16-17 b:20-21", "0 2 a:5-5 b:5-5; 2 2 a:6-6 b:20-20" },
		{ ALLOC_CLING, "a:12-13:6-7:16-17 b:20-21",
		  "0 2 a:5-5 b:5-5; 2 2 a:12-12 b:20-20" },
		{ ALLOC_NORMAL, "a:6-7:12-13:16-17 c:20-21",
		  "0 2 a:5-5 b:5-5; 2 2 a:16-16 c:20-20" },
		{ ALLOC_NORMAL, "a:12-13:6-7:16-17 c:20-21",
		  "0 2 a:5-5 b:5-5; 2 2 a:16-16 c:20-20" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO_VG struct vg *vg = BUILD_VG(30, 30, 30);
		struct alloc_where where = only_on(vg, ALLOC_NORMAL, false, "a:5-5 b:5-5");
		struct lv *l = create_on(vg, "l", 2, 2, &where);

		where = only_on(vg, cases[i].policy, false, cases[i].allowed);
		extend_on(l, 2, &where);
		assert_map(l, cases[i].map);
	}
}

static void extents_must_spread_evenly_over_stripes(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(32, 32);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(try_create(vg, "x", 3, 2, NULL, &err), -EINVAL);
	assert_int_equal(try_create(vg, "x", 3, 0, NULL, &err), -EINVAL);
	assert_int_equal(try_create(vg, "x", 0, 1, NULL, &err), -EINVAL);
}

/* Ten thousand LVs with as many holes between them. */
static void a_vg_of_ten_thousand_lvs_is_no_burden(void **state)
{
	enum { LVS = 10000 };
	AUTO_VG struct vg *vg = BUILD_VG(3 * LVS, 3 * LVS);
	struct timespec start, end;
	struct err err = { 0 };
	int64_t ms;

	(void)state;
	for (uint32_t i = 0; i < LVS; i++) {
		struct lv *lv = arena_new(vg->arena, struct lv);
		struct seg *seg = arena_new(vg->arena, struct seg);
		struct area *area = arena_new(vg->arena, struct area);

		assert_true(lv && seg && area);
		*area = (struct area){ .type = AREA_PV, .pv = vg->pvs[i % 2], .start = 3 * i };
		*seg = (struct seg){ lv,
				     0,
				     1,
				     .type = SEG_STRIPED,
				     .type_name = "striped",
				     .area_count = 1,
				     .areas = area };
		*lv = (struct lv){ .vg = vg,
				   .id = test_uuid('L', i),
				   .le_count = 1,
				   .seg_count = 1,
				   .name = arena_printf(vg->arena, "l%u", i),
				   .segs = seg };
		assert_int_equal(vg_add_lv(vg, lv, &err), 0);
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	assert_int_equal(create(vg, "small", 1)->le_count, 1);
	assert_int_equal(create(vg, "large", 49999)->le_count, 49999);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
	print_message("2 allocations with 10000 LVs: %lld ms\n", (long long)ms);
	/* Far above what is expected (sanitizers, busy machines), far below anything quadratic. */
	assert_true(ms < 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hole_larger_than_needed_is_preferred_to_an_exact_one),
		cmocka_unit_test(what_fits_no_hole_takes_the_largest_first),
		cmocka_unit_test(the_first_pv_that_holds_all_is_taken),
		cmocka_unit_test(what_fits_no_pv_begins_on_the_one_with_most_space),
		cmocka_unit_test(named_pvs_are_tried_in_the_order_given),
		cmocka_unit_test(an_extension_goes_on_behind_the_last_segment_then_elsewhere),
		cmocka_unit_test(an_extension_by_contiguous_merges_with_the_last_segment),
		cmocka_unit_test(contiguous_takes_one_run_or_fails),
		cmocka_unit_test(stripes_lie_on_different_pvs_in_list_order),
		cmocka_unit_test(stripes_that_fit_nowhere_begin_where_most_space_is),
		cmocka_unit_test(stripes_that_take_everything_pair_what_is_left),
		cmocka_unit_test(stripes_prefer_holes_like_linear_ones),
		cmocka_unit_test(ranges_bound_what_is_taken),
		cmocka_unit_test(a_pv_offered_twice_is_refused),
		cmocka_unit_test(pvs_that_are_not_allocatable_or_missing_are_left_out),
		cmocka_unit_test(more_than_the_vg_has_is_refused_unless_approximate),
		cmocka_unit_test(cling_looks_at_the_first_segment_only),
		cmocka_unit_test(stripes_that_cling_do_not_share_a_pv),
		cmocka_unit_test(a_linear_extension_stays_on_the_pvs_of_all_stripes),
		cmocka_unit_test(cling_by_tags_goes_on_on_pvs_with_the_same_tag),
		cmocka_unit_test(anywhere_puts_two_stripes_on_one_pv),
		cmocka_unit_test(stripes_on_one_pv_do_not_cling),
		cmocka_unit_test(stripes_cling_to_their_own_pvs_or_to_those_of_others),
		cmocka_unit_test(half_an_attempt_leaves_no_trace),
		cmocka_unit_test(extents_must_spread_evenly_over_stripes),
		cmocka_unit_test(a_vg_of_ten_thousand_lvs_is_no_burden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
