/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/activate/nodes.h"

/* VG, LV, name: as LVM2 made them. */
static const char *const samples[][3] = {
	{ "vg0", "lv0", "vg0-lv0" },
	{ "my-vg", "a--b.c+d_e", "my--vg-a----b.c+d_e" },
	{ "my-vg", "my-lv", "my--vg-my--lv" },
};

static void hyphens_are_doubled(void **state)
{
	char name[MAPPER_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		assert_int_equal(dm_name_build(samples[i][0], samples[i][1], name, NULL), 0);
		assert_string_equal(name, samples[i][2]);
	}
}

static void splitting_is_the_reverse(void **state)
{
	char vg_name[MAPPER_NAME_SIZE], lv_name[MAPPER_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		assert_true(dm_name_split(samples[i][2], vg_name, lv_name));
		assert_string_equal(vg_name, samples[i][0]);
		assert_string_equal(lv_name, samples[i][1]);
	}
}

static void layers_and_foreign_names_are_not_split(void **state)
{
	static const char *const bad[] = { "vg-lv-real", "vg", "-lv", "vg-", "", "-", "vg--lv" };
	char vg_name[MAPPER_NAME_SIZE], lv_name[MAPPER_NAME_SIZE], lengthy[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(dm_name_split(bad[i], vg_name, lv_name));
	memset(lengthy, 'x', sizeof(lengthy));
	lengthy[100] = '-';
	lengthy[sizeof(lengthy) - 1] = '\0';
	assert_false(dm_name_split(lengthy, vg_name, lv_name));
}

static void names_longer_than_the_kernel_takes_are_refused(void **state)
{
	char vg_name[128], name[MAPPER_NAME_SIZE];

	(void)state;
	memset(vg_name, 'v', sizeof(vg_name));
	vg_name[125] = '\0';
	assert_int_equal(dm_name_build(vg_name, "l", name, NULL), 0);
	assert_int_equal(strlen(name), MAPPER_NAME_SIZE - 1);
	assert_int_equal(dm_name_build(vg_name, "lv", name, NULL), -ENAMETOOLONG);
	vg_name[124] = '-';
	assert_int_equal(dm_name_build(vg_name, "l", name, NULL), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hyphens_are_doubled),
		cmocka_unit_test(splitting_is_the_reverse),
		cmocka_unit_test(layers_and_foreign_names_are_not_split),
		cmocka_unit_test(names_longer_than_the_kernel_takes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
