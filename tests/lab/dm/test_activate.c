/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Activation on a real device-mapper. Runs as root inside a lab node and uses all of the disk that
 * it is given (default /dev/ubda).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/activate/mapper.h"
#include "metadata/base/cleanup.h"
#include "tests/lab/dm/fixture.h"

static void activation_makes_device_node_and_link(void **state)
{
	struct stored_vg stored = new_vg("my-vg");
	struct lv *lv = new_lv(&stored, "a-b", 1);
	struct lv_kernel_state kernel;
	struct stat st;
	char text[256];

	(void)state;
	add_seg(lv, 2, 3, 1, 0);
	assert_false(state_of(lv).exists);
	activate(&stored, lv);
	kernel = state_of(lv);
	assert_string_equal(kernel.name, "my--vg-a--b");
	read_sysfs(&kernel, "dm/uuid", text);
	assert_string_equal(text,
			    "LVM-V0000000000000000000000000000001L0000000000000000000000000000001");
	assert_untouched(lv, 2 * EXTENT_SECTORS);
	assert_leads_to("/dev/mapper/my--vg-a--b", lv);
	assert_leads_to("/dev/my-vg/a-b", lv);
	assert_int_equal(stat("/dev/mapper/my--vg-a--b", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	block_io("/dev/my-vg/a-b", BLOCK, 'x', true);
	block_io(disk_path, disk_offset(3) + BLOCK, 'x', false);
	deactivate(lv);
	assert_gone("/dev/mapper/my--vg-a--b");
	assert_gone("/dev/my-vg");
	deactivate(lv); /* not active: success */
	vg_free(stored.vg);
}

static void lost_node_and_link_are_made_again(void **state)
{
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);

	(void)state;
	add_seg(lv, 1, 0, 1, 0);
	activate(&stored, lv);
	assert_int_equal(unlink("/dev/vg/lv"), 0);
	assert_int_equal(unlink("/dev/mapper/vg-lv"), 0);
	activate(&stored, lv);
	assert_leads_to("/dev/mapper/vg-lv", lv);
	assert_leads_to("/dev/vg/lv", lv);
	assert_int_equal(unlink("/dev/vg/lv"), 0);
	assert_int_equal(symlink("/dev/null", "/dev/vg/lv"), 0);
	activate(&stored, lv);
	assert_leads_to("/dev/vg/lv", lv);
	deactivate(lv);
	vg_free(stored.vg);
}

static void kernel_shows_the_table_as_we_write_it(void **state)
{
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);
	struct buf AUTO_BUF wanted = { .limit = 65536 }, AUTO_BUF live = { .limit = 65536 };
	struct lv_kernel_state kernel;
	struct err err = { 0 };
	char uuid[MAPPER_UUID_SIZE];

	(void)state;
	add_seg(lv, 1, 0, 1, 0);
	add_seg(lv, 2, 4, 3, 2);
	add_seg(lv, 1, 1, 1, 0);
	activate(&stored, lv);
	check(lv_table_build(&stored, lv, &wanted, &err), &err);
	check(mapper_state(mapper_uuid(&stored.vg->id, &lv->id, uuid), false, &kernel, &live, &err),
	      &err);
	assert_string_equal(live.data, wanted.data);
	assert_int_equal(kernel.size_sectors, 8 * EXTENT_SECTORS);
	assert_int_equal(sysfs_size(lv), 8 * EXTENT_SECTORS);
	/* Three stripes of 64 KiB: twice that is 768 sectors. */
	assert_in_range(state_of(lv).read_ahead, 768, 1 << 20);
	deactivate(lv);
	vg_free(stored.vg);
}

static void extension_under_io_keeps_the_data(void **state)
{
	struct stored_vg before = new_vg("vg"), after = new_vg("vg");
	struct lv *old = new_lv(&before, "lv", 1), *new = new_lv(&after, "lv", 1);
	struct user user;
	struct lv_kernel_state kernel;

	(void)state;
	add_seg(old, 2, 0, 1, 0);
	add_seg(new, 2, 0, 1, 0);
	add_seg(new, 2, 5, 1, 0);
	activate(&before, old);
	user_start(&user, "/dev/vg/lv");
	for (int i = 0; i < 3; i++) {
		preload_suspend(&after, new);
		kernel = state_of(new);
		assert_true(kernel.suspended && kernel.inactive_table);
		assert_true(sysfs_suspended(new));
		assert_int_equal(sysfs_size(new), 2 * EXTENT_SECTORS);
		assert_io_is_held(&user);
		resume(&after, new);
		assert_untouched(new, 4 * EXTENT_SECTORS);
		wait_for_rounds(&user, 10);
		/* And back, as lvreduce does. */
		preload_suspend(&before, old);
		resume(&before, old);
		assert_untouched(old, 2 * EXTENT_SECTORS);
		wait_for_rounds(&user, 10);
	}
	preload_suspend(&after, new);
	resume(&after, new);
	user_stop(&user);
	block_io("/dev/vg/lv", 3 * EXTENT_SECTORS * 512ULL, 'e', true);
	block_io(disk_path, disk_offset(6), 'e', false);
	deactivate(new);
	vg_free(before.vg);
	vg_free(after.vg);
}

static void abort_under_io_keeps_the_old_table(void **state)
{
	struct stored_vg before = new_vg("vg"), after = new_vg("vg");
	struct lv *old = new_lv(&before, "lv", 1), *new = new_lv(&after, "lv", 1);
	struct user user;

	(void)state;
	add_seg(old, 2, 0, 1, 0);
	add_seg(new, 3, 0, 1, 0);
	activate(&before, old);
	user_start(&user, "/dev/vg/lv");
	for (int i = 0; i < 3; i++) {
		preload_suspend(&after, new);
		assert_true(state_of(old).inactive_table);
		give_up(old);
		assert_untouched(old, 2 * EXTENT_SECTORS);
		wait_for_rounds(&user, 10);
	}
	give_up(old); /* may be repeated */
	resume(&before, old);
	assert_untouched(old, 2 * EXTENT_SECTORS);
	user_stop(&user);
	deactivate(old);
	give_up(old); /* and is nothing without a device */
	vg_free(before.vg);
	vg_free(after.vg);
}

static void resume_to_old_metadata_drops_the_preloaded_table(void **state)
{
	struct stored_vg before = new_vg("vg"), after = new_vg("vg");
	struct lv *old = new_lv(&before, "lv", 1), *new = new_lv(&after, "lv", 1);

	(void)state;
	add_seg(old, 2, 0, 1, 0);
	add_seg(new, 3, 0, 1, 0);
	activate(&before, old);
	preload_suspend(&after, new);
	resume(&before, old);
	assert_untouched(old, 2 * EXTENT_SECTORS);
	/* A table of a third kind waits: neither of the two. */
	preload_suspend(&after, new);
	add_seg(new, 1, 8, 1, 0);
	resume(&after, new);
	assert_untouched(new, 4 * EXTENT_SECTORS);
	deactivate(new);
	vg_free(before.vg);
	vg_free(after.vg);
}

static void failed_preload_leaves_nothing_behind(void **state)
{
	struct stored_vg before = new_vg("vg"), after = new_vg("vg");
	struct lv *old = new_lv(&before, "lv", 1), *new = new_lv(&after, "lv", 1);
	struct pv_disk *no_disks[1] = { NULL };
	struct buf AUTO_BUF stray = { .limit = 100 };
	struct device lying = disk;
	struct err err = { 0 };
	char uuid[MAPPER_UUID_SIZE];

	(void)state;
	buf_puts(&stray, "0 8192 error\n");
	add_seg(old, 2, 0, 1, 0);
	add_seg(new, 2, 0, 1, 0);
	add_seg(new, 2, after.vg->pvs[0]->pe_count, 1, 0);
	activate(&before, old);
	assert_int_equal(lv_preload_suspend(&context, &after, new, &err), -ENOSPC);
	assert_non_null(strstr(err.text, disk_path));
	assert_untouched(old, 2 * EXTENT_SECTORS);
	/* Now only the kernel can notice. */
	lying.size_bytes *= 2;
	lying.devno = makedev(4095, 1);
	pv_disk.device = &lying;
	assert_true(lv_preload_suspend(&context, &after, new, &err) < 0);
	pv_disk.device = &disk;
	assert_non_null(strstr(err.text, "vg/lv"));
	assert_untouched(old, 2 * EXTENT_SECTORS);
	/* Nor does what somebody left in the slot survive it. */
	check(mapper_load(mapper_uuid(&before.vg->id, &old->id, uuid), &stray, false, &err), &err);
	assert_true(state_of(old).inactive_table);
	pv_disk.device = &lying;
	assert_true(lv_preload_suspend(&context, &after, new, &err) < 0);
	pv_disk.device = &disk;
	assert_untouched(old, 2 * EXTENT_SECTORS);
	after.pv_disks = no_disks;
	assert_int_equal(lv_preload_suspend(&context, &after, new, &err), -ENXIO);
	assert_untouched(old, 2 * EXTENT_SECTORS);
	deactivate(old);
	vg_free(before.vg);
	vg_free(after.vg);
}

static void failed_activation_leaves_no_device(void **state)
{
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);
	struct device lying = disk;
	struct err err = { 0 };

	(void)state;
	add_seg(lv, 2, stored.vg->pvs[0]->pe_count, 1, 0);
	lying.size_bytes *= 2;
	pv_disk.device = &lying;
	assert_true(lv_activate(&context, &stored, lv, false, &err) < 0);
	pv_disk.device = &disk;
	assert_non_null(strstr(err.text, "vg/lv"));
	assert_false(state_of(lv).exists);
	assert_gone("/dev/mapper/vg-lv");
	vg_free(stored.vg);
}

static void a_name_in_use_is_refused(void **state)
{
	struct stored_vg stored = new_vg("vg");
	struct lv *one = new_lv(&stored, "lv", 1), *two = new_lv(&stored, "lv", 2);
	struct err err = { 0 };

	(void)state;
	add_seg(one, 1, 0, 1, 0);
	add_seg(two, 1, 1, 1, 0);
	activate(&stored, one);
	assert_true(lv_activate(&context, &stored, two, false, &err) < 0);
	assert_non_null(strstr(err.text, "vg-lv"));
	assert_false(state_of(two).exists);
	assert_untouched(one, EXTENT_SECTORS);
	assert_leads_to("/dev/vg/lv", one);
	deactivate(one);
	vg_free(stored.vg);
}

static void activation_brings_a_stale_device_up_to_date(void **state)
{
	struct stored_vg before = new_vg("vg"), after = new_vg("vg");
	struct lv *old = new_lv(&before, "lv", 1), *new = new_lv(&after, "lv", 1);
	struct err err = { 0 };

	(void)state;
	add_seg(old, 2, 0, 1, 0);
	add_seg(new, 3, 0, 1, 0);
	activate(&before, old);
	activate(&after, new);
	assert_untouched(new, 3 * EXTENT_SECTORS);
	/* Left suspended with a table waiting, as by a crash. */
	preload_suspend(&before, old);
	activate(&after, new);
	assert_untouched(new, 3 * EXTENT_SECTORS);
	check(lv_refresh(&context, &before, old, &err), &err);
	assert_untouched(old, 2 * EXTENT_SECTORS);
	deactivate(old);
	vg_free(before.vg);
	vg_free(after.vg);
}

static void rename_at_resume_moves_node_and_link(void **state)
{
	struct stored_vg before = new_vg("vg"), after = new_vg("new-vg");
	struct lv *old = new_lv(&before, "lv", 1), *new = new_lv(&after, "lv-2", 1);
	struct user user;

	(void)state;
	add_seg(old, 2, 0, 1, 0);
	add_seg(new, 2, 0, 1, 0);
	activate(&before, old);
	user_start(&user, "/dev/vg/lv");
	preload_suspend(&after, new);
	assert_false(state_of(new).inactive_table); /* nothing differs but the name */
	resume(&after, new);
	wait_for_rounds(&user, 10);
	user_stop(&user);
	assert_string_equal(state_of(new).name, "new--vg-lv--2");
	assert_leads_to("/dev/mapper/new--vg-lv--2", new);
	assert_leads_to("/dev/new-vg/lv-2", new);
	assert_gone("/dev/mapper/vg-lv");
	assert_gone("/dev/vg");
	deactivate(new);
	vg_free(before.vg);
	vg_free(after.vg);
}

static void read_only_is_obeyed_and_can_change(void **state)
{
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);
	struct lv_kernel_state kernel;
	char text[256];

	(void)state;
	add_seg(lv, 1, 0, 1, 0);
	lv->status &= ~(uint32_t)STATUS_WRITE;
	activate(&stored, lv);
	kernel = state_of(lv);
	assert_true(kernel.read_only);
	read_sysfs(&kernel, "ro", text);
	assert_string_equal(text, "1");
	lv->status |= STATUS_WRITE;
	preload_suspend(&stored, lv);
	resume(&stored, lv);
	assert_false(state_of(lv).read_only);
	block_io("/dev/vg/lv", 0, 'w', true);
	deactivate(lv);
	vg_free(stored.vg);
}

static void fixed_minor_is_given(void **state)
{
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1), *probe = new_lv(&stored, "probe", 2);

	(void)state;
	add_seg(probe, 1, 0, 1, 0);
	activate(&stored, probe);
	add_seg(lv, 1, 1, 1, 0);
	lv->status |= STATUS_FIXED_MINOR;
	lv->major = (int32_t)state_of(probe).major;
	lv->minor = 77;
	activate(&stored, lv);
	assert_int_equal(state_of(lv).minor, 77);
	deactivate(lv);
	deactivate(probe);
	vg_free(stored.vg);
}

static void hidden_volumes_have_no_link(void **state)
{
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);

	(void)state;
	add_seg(lv, 1, 0, 1, 0);
	lv->status &= ~(uint32_t)STATUS_VISIBLE;
	activate(&stored, lv);
	assert_leads_to("/dev/mapper/vg-lv", lv);
	assert_gone("/dev/vg");
	deactivate(lv);
	vg_free(stored.vg);
}

static void expect_busy(const struct lv *lv, const char *text)
{
	struct err err = { 0 };

	assert_int_equal(
		lv_deactivate(&context, &lv->vg->id, lv->vg->name, &lv->id, lv->name, &err),
		-EBUSY);
	if (strncmp(err.text, text, strlen(text)))
		fail_msg("\"%s\" instead of \"%s\"", err.text, text);
	assert_true(state_of(lv).active);
	assert_leads_to("/dev/vg/lv", lv);
}

static void what_is_in_use_is_not_deactivated(void **state)
{
	static const char *const mkfs[] = { "mkfs.ext4", "-q", "/dev/vg/lv", NULL };
	struct stored_vg stored = new_vg("vg"), upper = new_vg("upper");
	struct lv *lv = new_lv(&stored, "lv", 1), *top = new_lv(&upper, "top", 9);
	struct device below = disk;
	struct pv_disk below_pv = { .device = &below };
	struct pv_disk *below_pvs[] = { &below_pv };
	int fd;

	(void)state;
	add_seg(lv, 8, 0, 1, 0);
	activate(&stored, lv);
	assert_true((fd = open("/dev/vg/lv", O_RDONLY | O_CLOEXEC)) >= 0);
	expect_busy(lv, "Logical volume vg/lv in use.");
	(void)close(fd);
	assert_int_equal(run_tool(mkfs), 0);
	assert_int_equal(mount("/dev/vg/lv", MOUNT_DIR, "ext4", 0, NULL), 0);
	expect_busy(
		lv,
		"Logical volume vg/lv contains a filesystem in use.\nIt is mounted on " MOUNT_DIR
		".");
	assert_int_equal(umount(MOUNT_DIR), 0);
	add_seg(top, 1, 0, 1, 0);
	below.devno = makedev(state_of(lv).major, state_of(lv).minor);
	upper.pv_disks = below_pvs;
	activate(&upper, top);
	expect_busy(lv, "Logical volume vg/lv is used by another device.");
	deactivate(top);
	deactivate(lv);
	vg_free(stored.vg);
	vg_free(upper.vg);
}

static void frozen_volumes_hold_io_until_thawed(void **state)
{
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);
	struct user user;
	struct err err = { 0 };

	(void)state;
	check(lv_freeze(&stored.vg->id, &lv->id, &err), &err); /* not active */
	add_seg(lv, 2, 0, 1, 0);
	activate(&stored, lv);
	user_start(&user, "/dev/vg/lv");
	check(lv_freeze(&stored.vg->id, &lv->id, &err), &err);
	check(lv_freeze(&stored.vg->id, &lv->id, &err), &err);
	assert_true(sysfs_suspended(lv));
	assert_io_is_held(&user);
	give_up(lv);
	wait_for_rounds(&user, 10);
	user_stop(&user);
	assert_untouched(lv, 2 * EXTENT_SECTORS);
	deactivate(lv);
	vg_free(stored.vg);
}

static void on_error_even_open_volumes_fail(void **state)
{
	struct stored_vg before = new_vg("vg"), after = new_vg("vg");
	struct lv *old = new_lv(&before, "lv", 1), *new = new_lv(&after, "lv", 1);
	struct user user;
	struct err err = { 0 };

	(void)state;
	check(lv_put_on_error(&context, &before.vg->id, &old->id, &err), &err); /* not active */
	add_seg(old, 2, 0, 1, 0);
	add_seg(new, 3, 0, 1, 0);
	activate(&before, old);
	user_start(&user, "/dev/vg/lv");
	/* In the middle of a change, too. */
	preload_suspend(&after, new);
	check(lv_put_on_error(&context, &before.vg->id, &old->id, &err), &err);
	assert_int_equal(pthread_join(user.thread, NULL), 0);
	assert_int_equal(user.failed, EIO);
	assert_untouched(old, 2 * EXTENT_SECTORS);
	check(lv_put_on_error(&context, &before.vg->id, &old->id, &err), &err);
	/* Activating it again heals it. */
	activate(&before, old);
	block_io("/dev/vg/lv", 0, 'h', true);
	deactivate(old);
	vg_free(before.vg);
	vg_free(after.vg);
}

static void the_list_has_whole_volumes_only(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = (size_t)1 << 20 };
	struct stored_vg stored = new_vg("vg");
	struct lv *lv = new_lv(&stored, "lv", 1);
	struct mapper_options options = mapper_options(&context, false);
	struct lv_kernel_state foreign;
	struct kernel_lv *lvs;
	struct err err = { 0 };

	(void)state;
	add_seg(lv, 1, 0, 1, 0);
	activate(&stored, lv);
	check(mapper_create(&options, "foreign", "LVM-short", -1, -1, &err), &err);
	check(kernel_lvs_list(&arena, &lvs, &err), &err);
	assert_non_null(lvs);
	assert_null(lvs->next);
	assert_true(uuid_equal(&lvs->lv_id, &lv->id));
	assert_true(uuid_equal(&lvs->vg_id, &stored.vg->id));
	assert_string_equal(lvs->name, "vg-lv");
	check(mapper_state("LVM-short", false, &foreign, NULL, &err), &err);
	check(mapper_remove(&options, &foreign, &err), &err);
	deactivate(lv);
	vg_free(stored.vg);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(activation_makes_device_node_and_link),
		cmocka_unit_test(lost_node_and_link_are_made_again),
		cmocka_unit_test(kernel_shows_the_table_as_we_write_it),
		cmocka_unit_test(extension_under_io_keeps_the_data),
		cmocka_unit_test(abort_under_io_keeps_the_old_table),
		cmocka_unit_test(resume_to_old_metadata_drops_the_preloaded_table),
		cmocka_unit_test(failed_preload_leaves_nothing_behind),
		cmocka_unit_test(failed_activation_leaves_no_device),
		cmocka_unit_test(a_name_in_use_is_refused),
		cmocka_unit_test(activation_brings_a_stale_device_up_to_date),
		cmocka_unit_test(rename_at_resume_moves_node_and_link),
		cmocka_unit_test(read_only_is_obeyed_and_can_change),
		cmocka_unit_test(fixed_minor_is_given),
		cmocka_unit_test(hidden_volumes_have_no_link),
		cmocka_unit_test(what_is_in_use_is_not_deactivated),
		cmocka_unit_test(frozen_volumes_hold_io_until_thawed),
		cmocka_unit_test(on_error_even_open_volumes_fail),
		cmocka_unit_test(the_list_has_whole_volumes_only),
	};

	if (argc > 1)
		disk_path = argv[1];
	open_disk();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
