/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Growing and shrinking real file systems on an LV. Runs as root inside a lab node on a disk of at
 * least 500 MiB (default /dev/ubda), of which it uses all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "lib/activate/filesystem.h"
#include "lib/activate/tool.h"
#include "metadata/base/cleanup.h"
#include "tests/lab/dm/fixture.h"

static uint64_t mounted_kib(void)
{
	static const char *const df[] = { "df", "-k", "--output=size", MOUNT_DIR, NULL };
	const char *line;

	buf_free(&printed);
	printed = (struct buf){ .limit = (size_t)1 << 20 };
	assert_int_equal(run_tool(df), 0);
	assert_non_null(line = strchr(printed.data, '\n'));
	return strtoull(strchr(line + 1, ':') + 1, NULL, 10);
}

static void resize_fs(uint64_t sectors, bool shrink)
{
	struct err err = { 0 };

	check(filesystem_resize(&context, "/dev/vg/lv", sectors, shrink, &err), &err);
}

static void ext4_grows_mounted_or_not_and_shrinks(void **state)
{
	static const char *const mkfs[] = { "mkfs.ext4", "-q", "/dev/vg/lv", "20M", NULL };
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);
	struct err err = { 0 };
	uint64_t small, middle;

	(void)state;
	add_seg(lv, 15, 0, 1, 0);
	activate(&stored, lv);
	assert_int_equal(run_tool(mkfs), 0);
	check(filesystem_check(&context, "/dev/vg/lv", false, false, &err), &err);
	resize_fs((uint64_t)40 << 11, false);
	assert_int_equal(mount("/dev/vg/lv", MOUNT_DIR, "ext4", 0, NULL), 0);
	middle = mounted_kib();
	assert_in_range(middle, 30 << 10, 40 << 10);
	resize_fs((uint64_t)60 << 11, false);
	assert_in_range(mounted_kib(), middle + (15 << 10), 60 << 10);
	assert_int_equal(filesystem_resize(&context, "/dev/vg/lv", (uint64_t)30 << 11, true, &err),
			 -EBUSY);
	assert_int_equal(filesystem_check(&context, "/dev/vg/lv", true, false, &err), -EBUSY);
	assert_int_equal(umount(MOUNT_DIR), 0);
	check(filesystem_check(&context, "/dev/vg/lv", true, false, &err), &err);
	resize_fs((uint64_t)30 << 11, true);
	assert_int_equal(mount("/dev/vg/lv", MOUNT_DIR, "ext4", 0, NULL), 0);
	small = mounted_kib();
	assert_int_equal(umount(MOUNT_DIR), 0);
	assert_in_range(small, 20 << 10, 30 << 10);
	deactivate(lv);
	vg_free(stored.vg);
}

static void xfs_grows_mounted_or_not(void **state)
{
	static const char *const mkfs[] = { "mkfs.xfs",	 "-q",	       "-f", "-d",
					    "size=304m", "/dev/vg/lv", NULL };
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);
	struct err err = { 0 };

	(void)state;
	if (stored.vg->pvs[0]->pe_count < 100 || !tool_exists("mkfs.xfs"))
		skip();
	add_seg(lv, 80, 0, 1, 0);
	activate(&stored, lv);
	assert_int_equal(run_tool(mkfs), 0);
	resize_fs((uint64_t)320 << 11, false);
	assert_int_equal(mount("/dev/vg/lv", MOUNT_DIR, "xfs", 0, NULL), 0);
	assert_in_range(mounted_kib(), 200 << 10, 320 << 10);
	add_seg(lv, 10, 80, 1, 0);
	check(lv_refresh(&context, &stored, lv, &err), &err);
	resize_fs((uint64_t)360 << 11, false);
	assert_in_range(mounted_kib(), 280 << 10, 360 << 10);
	assert_int_equal(filesystem_check(&context, "/dev/vg/lv", true, false, &err), -ENOTSUP);
	assert_int_equal(filesystem_resize(&context, "/dev/vg/lv", 1 << 11, true, &err), -ENOTSUP);
	assert_int_equal(umount(MOUNT_DIR), 0);
	deactivate(lv);
	vg_free(stored.vg);
}

static void unknown_contents_are_refused(void **state)
{
	static const char *const mkswap[] = { "mkswap", "/dev/vg/lv", NULL };
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);
	struct err err = { 0 };

	(void)state;
	add_seg(lv, 2, 0, 1, 0);
	activate(&stored, lv);
	for (uint64_t offset = 0; offset < (256U << 10); offset += BLOCK)
		block_io("/dev/vg/lv", offset, '\0', true);
	assert_int_equal(filesystem_check(&context, "/dev/vg/lv", false, true, &err), -ENOTSUP);
	assert_string_equal(err.text, "Cannot get FSTYPE of \"/dev/vg/lv\".");
	assert_int_equal(run_tool(mkswap), 0);
	assert_int_equal(filesystem_check(&context, "/dev/vg/lv", false, true, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "\"swap\""));
	deactivate(lv);
	vg_free(stored.vg);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ext4_grows_mounted_or_not_and_shrinks),
		cmocka_unit_test(xfs_grows_mounted_or_not),
		cmocka_unit_test(unknown_contents_are_refused),
	};

	if (argc > 1)
		disk_path = argv[1];
	open_disk();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
