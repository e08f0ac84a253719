/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/activate/mounts.h"
#include "metadata/base/cleanup.h"

#define LIMIT ((size_t)1 << 20)

static const char sample[] =
	"22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"
	"90 28 254:0 / /mnt/data rw,relatime shared:44 master:3 - ext4 /dev/mapper/vg-lv rw\n"
	"91 28 254:1 / /other rw - xfs /dev/dm-1 rw,attr2\n"
	"92 28 254:0 /sub /srv/a\\040b\\134c rw - ext4 /dev/mapper/vg-lv rw\n";

static struct mount_entry *parse(const char *text, struct arena *arena)
{
	struct mount_entry *entries = NULL;

	assert_int_equal(mounts_parse(text, arena, &entries, NULL), 0);
	return entries;
}

static void finds_all_mount_points_of_a_device_in_order(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct mount_point *points = mounts_find(parse(sample, &arena), 254, 0);

	(void)state;
	assert_non_null(points);
	assert_string_equal(points->directory, "/mnt/data");
	assert_string_equal(points->fs_type, "ext4");
	assert_non_null(points->next);
	assert_string_equal(points->next->directory, "/srv/a b\\c");
	assert_null(points->next->next);
	assert_string_equal(mounts_join(points, ",", &arena), "/mnt/data,/srv/a b\\c");
}

static void major_and_minor_must_both_match(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct mount_entry *entries = parse(sample, &arena);

	(void)state;
	assert_null(mounts_find(entries, 254, 2));
	assert_null(mounts_find(entries, 25, 0));
	assert_null(mounts_find(entries, 0, 254));
	assert_string_equal(mounts_find(entries, 254, 1)->fs_type, "xfs");
	assert_string_equal(mounts_join(NULL, ",", &arena), "");
}

static void malformed_lines_are_skipped(void **state)
{
	static const char text[] = "\n"
				   "garbage\n"
				   "1 2 254:0 / /no-type rw -\n"
				   "1 2 254:0 / /no-separator rw ext4\n"
				   "1 2 x:y / /no-number rw - ext4 a b\n"
				   "1 2 254:0\n"
				   "1 2 254:0 / /good rw - ext4 /dev/x rw\n"
				   "1 2 254:0 / /cut rw - ext4";
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct mount_point *points = mounts_find(parse(text, &arena), 254, 0);

	(void)state;
	assert_string_equal(mounts_join(points, " ", &arena), "/good /cut");
}

static void broken_escapes_stay_as_they_are(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct mount_point *points = mounts_find(parse("1 2 8:1 / /a\\9\\04 rw - ext4 x rw\n"
						       "1 2 8:1 / /b\\ rw - ext4 x rw",
						       &arena),
						 8, 1);

	(void)state;
	assert_string_equal(points->directory, "/a\\9\\04");
	assert_string_equal(points->next->directory, "/b\\");
}

static void no_memory_is_an_error(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = 16 };
	struct mount_entry *entries;

	(void)state;
	assert_int_equal(mounts_parse(sample, &arena, &entries, NULL), -ENOMEM);
}

static void this_node_has_mounts(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct mount_entry *entries = NULL;

	(void)state;
	assert_int_equal(mounts_read(&arena, &entries, NULL), 0);
	assert_non_null(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_all_mount_points_of_a_device_in_order),
		cmocka_unit_test(major_and_minor_must_both_match),
		cmocka_unit_test(malformed_lines_are_skipped),
		cmocka_unit_test(broken_escapes_stay_as_they_are),
		cmocka_unit_test(no_memory_is_an_error),
		cmocka_unit_test(this_node_has_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
