/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Activation on a real device-mapper. Runs as root inside a lab node and uses all of the disk that
 * it is given (default /dev/ubda). What is checked is what the kernel says in /sys and what the
 * disk holds, not what libdevmapper tells.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#include <cmocka.h>

#include "lib/activate/activate.h"
#include "lib/activate/filesystem.h"
#include "lib/activate/mapper.h"
#include "lib/activate/tool.h"
#include "lib/fd.h"
#include "metadata/base/cleanup.h"

#define EXTENT_SECTORS 8192U /* 4 MiB */
#define PE_START       2048U
#define BLOCK	       4096U
#define MOUNT_DIR      "/run/test-activate"
#define PAUSE_NS       200000000L

static const char *disk_path = "/dev/ubda";
static struct device disk;
static struct pv_disk pv_disk;
static struct pv_disk *pv_disks[1] = { &pv_disk };

static struct buf printed = { .limit = (size_t)1 << 20 };

static void keep_message(void *data, enum message_level level, const char *text)
{
	(void)data;
	buf_printf(&printed, "%d:%s\n", (int)level, text);
}

static struct context context = { .options = { .ops = { .message = keep_message } } };

/* ---- a VG in memory ---- */

static struct uuid make_id(char letter, int number)
{
	struct uuid id;
	char text[UUID_LENGTH + 1];

	(void)snprintf(text, sizeof(text), "%c%031d", letter, number);
	memcpy(id.text, text, sizeof(id.text));
	return id;
}

static struct stored_vg new_vg(const char *name)
{
	struct stored_vg stored = { .vg = vg_new(name), .pv_disks = pv_disks };
	struct pv *pv;

	assert_non_null(stored.vg);
	stored.vg->id = make_id('V', 1);
	stored.vg->seqno = 1;
	stored.vg->status = STATUS_READ | STATUS_WRITE | STATUS_RESIZEABLE;
	stored.vg->extent_size = EXTENT_SECTORS;
	assert_non_null(pv = arena_new(stored.vg->arena, struct pv));
	pv->vg = stored.vg;
	pv->id = make_id('P', 1);
	pv->device_hint = disk_path;
	pv->status = STATUS_ALLOCATABLE;
	pv->pe_start = PE_START;
	pv->pe_count = (uint32_t)((disk.size_bytes / 512 - PE_START) / EXTENT_SECTORS);
	assert_int_equal(vg_add_pv(stored.vg, pv, NULL), 0);
	return stored;
}

static struct lv *new_lv(const struct stored_vg *stored, const char *name, int number)
{
	struct lv *lv = arena_new(stored->vg->arena, struct lv);

	assert_non_null(lv);
	lv->vg = stored->vg;
	lv->name = name;
	lv->id = make_id('L', number);
	lv->status = STATUS_READ | STATUS_WRITE | STATUS_VISIBLE;
	lv->major = lv->minor = -1;
	assert_int_equal(vg_add_lv(stored->vg, lv, NULL), 0);
	return lv;
}

/* One more segment of @extents (per stripe), its stripes from @pe on, @gap extents apart. */
static void add_seg(struct lv *lv, uint32_t extents, uint32_t pe, uint32_t stripes, uint32_t gap)
{
	struct seg *segs = arena_calloc(lv->vg->arena, lv->seg_count + 1, sizeof(*segs));
	struct seg *seg;

	assert_non_null(segs);
	if (lv->seg_count)
		memcpy(segs, lv->segs, lv->seg_count * sizeof(*segs));
	seg = &segs[lv->seg_count];
	*seg = (struct seg){ .lv = lv,
			     .le_start = lv->le_count,
			     .le_count = extents * stripes,
			     .type = SEG_STRIPED,
			     .type_name = "striped",
			     .stripe_size = stripes > 1 ? 128 : 0,
			     .area_count = stripes };
	assert_non_null(seg->areas = arena_calloc(lv->vg->arena, stripes, sizeof(*seg->areas)));
	for (uint32_t i = 0; i < stripes; i++)
		seg->areas[i] = (struct area){ .type = AREA_PV,
					       .pv = lv->vg->pvs[0],
					       .start = pe + i * gap };
	lv->segs = segs;
	lv->seg_count++;
	lv->le_count += seg->le_count;
}

/* ---- what the kernel says ---- */

static struct lv_kernel_state state_of(const struct lv *lv)
{
	struct lv_kernel_state state;
	struct err err = { 0 };

	if (lv_kernel_state_get(&lv->vg->id, &lv->id, &state, &err))
		fail_msg("%s", err.text);
	return state;
}

static void read_sysfs(const struct lv_kernel_state *state, const char *file, char text[256])
{
	char path[256];
	FILE *in;

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", state->major, state->minor,
		       file);
	assert_non_null(in = fopen(path, "re"));
	assert_non_null(fgets(text, 256, in));
	(void)fclose(in);
	text[strcspn(text, "\n")] = '\0';
}

static uint64_t sysfs_size(const struct lv *lv)
{
	struct lv_kernel_state state = state_of(lv);
	char text[256];

	assert_true(state.exists);
	read_sysfs(&state, "size", text);
	return strtoull(text, NULL, 10);
}

static bool sysfs_suspended(const struct lv *lv)
{
	struct lv_kernel_state state = state_of(lv);
	char text[256];

	read_sysfs(&state, "dm/suspended", text);
	return *text == '1';
}

static void assert_leads_to(const char *path, const struct lv *lv)
{
	struct lv_kernel_state state = state_of(lv);
	struct stat st;

	if (stat(path, &st))
		fail_msg("%s: %s", path, strerror(errno));
	assert_true(S_ISBLK(st.st_mode));
	assert_true(st.st_rdev == makedev(state.major, state.minor));
}

static void assert_gone(const char *path)
{
	struct stat st;

	if (!lstat(path, &st))
		fail_msg("%s is still there", path);
}

static void check(int r, const struct err *err)
{
	if (r)
		fail_msg("%d: %s", r, err->text);
}

static void activate(const struct stored_vg *stored, const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_activate(&context, stored, lv, false, &err), &err);
}

static void deactivate(const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_deactivate(&context, &lv->vg->id, lv->vg->name, &lv->id, lv->name, &err), &err);
	assert_false(state_of(lv).exists);
}

static void preload_suspend(const struct stored_vg *stored, const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_preload_suspend(&context, stored, lv, &err), &err);
}

static void resume(const struct stored_vg *stored, const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_resume(&context, stored, lv, &err), &err);
}

static void give_up(const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_abort(&context, &lv->vg->id, &lv->id, &err), &err);
}

static void assert_untouched(const struct lv *lv, uint64_t sectors)
{
	struct lv_kernel_state state = state_of(lv);

	assert_true(state.active);
	assert_false(state.suspended);
	assert_false(state.inactive_table);
	assert_false(sysfs_suspended(lv));
	assert_int_equal(sysfs_size(lv), sectors);
}

/* ---- input and output ---- */

static void block_io(const char *path, uint64_t offset, char letter, bool is_write)
{
	int AUTO_CLOSE fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	char AUTO_FREE *block = NULL;
	void *memory = NULL;

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(posix_memalign(&memory, BLOCK, BLOCK), 0);
	block = memory;
	memset(block, letter, BLOCK);
	if (is_write) {
		assert_int_equal(pwrite(fd, block, BLOCK, (off_t)offset), BLOCK);
		return;
	}
	assert_int_equal(pread(fd, block, BLOCK, (off_t)offset), BLOCK);
	for (uint32_t i = 0; i < BLOCK; i++)
		assert_int_equal(block[i], letter);
}

static uint64_t disk_offset(uint32_t pe)
{
	return (PE_START + (uint64_t)pe * EXTENT_SECTORS) * 512;
}

/* Somebody who uses the LV all the time. */
struct user {
	pthread_t thread;
	const char *path;
	atomic_uint rounds;
	atomic_bool stop;
	atomic_int failed; /* errno; -1: wrong data */
};

static void *use(void *data)
{
	struct user *user = data;
	int AUTO_CLOSE fd = open(user->path, O_RDWR | O_DIRECT | O_CLOEXEC);
	char AUTO_FREE *block = aligned_alloc(BLOCK, BLOCK);

	for (unsigned int round = 1; !user->stop; round++) {
		off_t offset = (off_t)(round % 1024) * BLOCK;

		memset(block, (int)(round & 0x7f), BLOCK);
		if (pwrite(fd, block, BLOCK, offset) != BLOCK) {
			user->failed = errno;
			break;
		}
		memset(block, 0xff, BLOCK);
		if (pread(fd, block, BLOCK, offset) != BLOCK) {
			user->failed = errno;
			break;
		}
		if (block[0] != (char)(round & 0x7f) || block[BLOCK - 1] != block[0]) {
			user->failed = -1;
			break;
		}
		user->rounds = round;
	}
	return NULL;
}

static void wait_for_rounds(struct user *user, unsigned int more)
{
	const struct timespec pause = { .tv_nsec = 1000000L };
	unsigned int goal = user->rounds + more;

	for (int i = 0; user->rounds < goal; i++) {
		assert_int_equal(user->failed, 0);
		assert_true(i < 60000);
		(void)nanosleep(&pause, NULL);
	}
}

static void user_start(struct user *user, const char *path)
{
	*user = (struct user){ .path = path };
	assert_int_equal(pthread_create(&user->thread, NULL, use, user), 0);
	wait_for_rounds(user, 10);
}

static void user_stop(struct user *user)
{
	user->stop = true;
	assert_int_equal(pthread_join(user->thread, NULL), 0);
	assert_int_equal(user->failed, 0);
}

static void assert_io_is_held(struct user *user)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	unsigned int before = user->rounds;

	(void)nanosleep(&pause, NULL);
	/* One that was under way when the device was suspended may still be counted. */
	assert_in_range(user->rounds, before, before + 1);
}

/* ---- tests ---- */

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

static int run_tool(const char *const argv[])
{
	struct err err = { 0 };
	int status = -1;

	check(tool_run(&context, argv, &status, &err), &err);
	return status;
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

/* ---- file systems ---- */

static uint64_t mounted_kib(void)
{
	struct arena AUTO_ARENA arena = { .limit = (size_t)1 << 20 };
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
	char AUTO_FREE *type = NULL;
	uint64_t small, middle;

	(void)state;
	add_seg(lv, 15, 0, 1, 0);
	activate(&stored, lv);
	assert_int_equal(run_tool(mkfs), 0);
	check(filesystem_probe(&context, "/dev/vg/lv", &type, &err), &err);
	assert_string_equal(type, "ext4");
	check(filesystem_check(&context, "/dev/vg/lv", &err), &err);
	resize_fs((uint64_t)40 << 11, false);
	assert_int_equal(mount("/dev/vg/lv", MOUNT_DIR, "ext4", 0, NULL), 0);
	middle = mounted_kib();
	assert_in_range(middle, 30 << 10, 40 << 10);
	resize_fs((uint64_t)60 << 11, false);
	assert_in_range(mounted_kib(), middle + (15 << 10), 60 << 10);
	assert_int_equal(filesystem_resize(&context, "/dev/vg/lv", (uint64_t)30 << 11, true, &err),
			 -EBUSY);
	assert_int_equal(umount(MOUNT_DIR), 0);
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
	assert_int_equal(filesystem_resize(&context, "/dev/vg/lv", 1 << 11, true, &err), -EINVAL);
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
	char *type = NULL;

	(void)state;
	add_seg(lv, 2, 0, 1, 0);
	activate(&stored, lv);
	for (uint64_t offset = 0; offset < (256U << 10); offset += BLOCK)
		block_io("/dev/vg/lv", offset, '\0', true);
	assert_int_equal(filesystem_probe(&context, "/dev/vg/lv", &type, &err), -EINVAL);
	assert_string_equal(err.text, "Cannot get FSTYPE of \"/dev/vg/lv\".");
	assert_int_equal(run_tool(mkswap), 0);
	assert_int_equal(filesystem_probe(&context, "/dev/vg/lv", &type, &err), -EINVAL);
	assert_non_null(strstr(err.text, "\"swap\""));
	assert_null(type);
	deactivate(lv);
	vg_free(stored.vg);
}

static void open_disk(void)
{
	struct stat st;
	int fd = open(disk_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) || ioctl(fd, BLKGETSIZE64, &disk.size_bytes)) {
		perror(disk_path);
		exit(1);
	}
	(void)close(fd);
	disk.devno = st.st_rdev;
	disk.name = disk_path;
	disk.logical_block_bytes = 512;
	pv_disk.device = &disk;
	(void)mkdir(MOUNT_DIR, 0700);
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
		cmocka_unit_test(ext4_grows_mounted_or_not_and_shrinks),
		cmocka_unit_test(xfs_grows_mounted_or_not),
		cmocka_unit_test(unknown_contents_are_refused),
	};

	if (argc > 1)
		disk_path = argv[1];
	open_disk();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
