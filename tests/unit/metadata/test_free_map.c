/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/metadata/vg_builder.h"

#include <errno.h>

#include "metadata/base/cleanup.h"
#include "metadata/free_map.h"

#define ARENA_LIMIT ((size_t)1 << 20)

static struct free_map *build(const struct vg *vg, struct arena *arena)
{
	struct free_map *maps;
	struct err err = { 0 };

	if (free_maps_build(vg, arena, &maps, &err))
		fail_msg("%s", err.text);
	return maps;
}

static void assert_run(const struct free_map *map, size_t index, uint32_t start, uint32_t count)
{
	assert_true(index < map->run_count);
	assert_int_equal(map->runs[index].start, start);
	assert_int_equal(map->runs[index].count, count);
}

static void an_unused_pv_is_one_free_run(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 0);
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	const struct free_map *maps = build(vg, &arena);

	(void)state;
	assert_int_equal(maps[0].run_count, 1);
	assert_run(&maps[0], 0, 0, 63);
	assert_int_equal(maps[1].run_count, 0);
}

static void runs_are_what_lies_between_segments(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	const struct free_map *maps;

	(void)state;
	(void)put(vg, "late", vg->pvs[0], 60, 3);
	(void)put(vg, "early", vg->pvs[0], 0, 2);
	(void)put(vg, "middle", vg->pvs[0], 10, 5);
	(void)put(vg, "next", vg->pvs[0], 15, 5);
	(void)create_on(vg, "striped", 8, 2, NULL);
	assert_map(vg_find_lv(vg, "striped"), "0 8 a:2-5 b:0-3");
	maps = build(vg, &arena);
	assert_int_equal(maps[0].run_count, 2);
	assert_run(&maps[0], 0, 6, 4);
	assert_run(&maps[0], 1, 20, 40);
	assert_int_equal(maps[1].run_count, 1);
	assert_run(&maps[1], 0, 4, 59);
}

static void a_full_pv_has_no_run(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };

	(void)state;
	(void)create(vg, "all", 63);
	assert_int_equal(build(vg, &arena)[0].run_count, 0);
}

static void an_extent_used_twice_is_found(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	struct free_map *maps;
	struct err err = { 0 };

	(void)state;
	(void)put(vg, "x", vg->pvs[0], 0, 5);
	put(vg, "y", vg->pvs[0], 5, 5)->segs[0].areas[0].start = 4;
	assert_int_equal(free_maps_build(vg, &arena, &maps, &err), -EUCLEAN);
}

static void extents_outside_the_pv_are_found(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	struct lv *x = put(vg, "x", vg->pvs[0], 58, 5);
	struct free_map *maps;
	struct err err = { 0 };

	(void)state;
	x->segs[0].areas[0].start = 59;
	assert_int_equal(free_maps_build(vg, &arena, &maps, &err), -EUCLEAN);
	x->segs[0].areas[0].start = UINT32_MAX;
	assert_int_equal(free_maps_build(vg, &arena, &maps, &err), -EUCLEAN);
}

static void a_pv_of_another_vg_is_found(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	AUTO_VG struct vg *other = BUILD_VG(63);
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	struct free_map *maps;
	struct err err = { 0 };

	(void)state;
	create(vg, "x", 5)->segs[0].areas[0].pv = other->pvs[0];
	assert_int_equal(free_maps_build(vg, &arena, &maps, &err), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unused_pv_is_one_free_run),
		cmocka_unit_test(runs_are_what_lies_between_segments),
		cmocka_unit_test(a_full_pv_has_no_run),
		cmocka_unit_test(an_extent_used_twice_is_found),
		cmocka_unit_test(extents_outside_the_pv_are_found),
		cmocka_unit_test(a_pv_of_another_vg_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
