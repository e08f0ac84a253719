/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks go by /sys and by what the disk holds, not by what libdevmapper tells. */
#include "tests/lab/dm/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#include "lib/activate/tool.h"
#include "lib/fd.h"
#include "metadata/base/cleanup.h"

#define PAUSE_NS 200000000L

const char *disk_path = "/dev/ubda";
struct device disk;
struct pv_disk pv_disk;
static struct pv_disk *pv_disks[1] = { &pv_disk };

struct buf printed = { .limit = (size_t)1 << 20 };

static void keep_message(void *data, enum message_level level, const char *text)
{
	(void)data;
	buf_printf(&printed, "%d:%s\n", (int)level, text);
}

struct context context = { .options = { .ops = { .message = keep_message } } };

/* ---- a VG in memory ---- */

static struct uuid make_id(char letter, int number)
{
	struct uuid id;
	char text[UUID_LENGTH + 1];

	(void)snprintf(text, sizeof(text), "%c%031d", letter, number);
	memcpy(id.text, text, sizeof(id.text));
	return id;
}

struct stored_vg new_vg(const char *name)
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

struct lv *new_lv(const struct stored_vg *stored, const char *name, int number)
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
void add_seg(struct lv *lv, uint32_t extents, uint32_t pe, uint32_t stripes, uint32_t gap)
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

struct lv_kernel_state state_of(const struct lv *lv)
{
	struct lv_kernel_state state;
	struct err err = { 0 };

	if (lv_kernel_state_get(&lv->vg->id, &lv->id, &state, &err))
		fail_msg("%s", err.text);
	return state;
}

void read_sysfs(const struct lv_kernel_state *state, const char *file, char text[256])
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

uint64_t sysfs_size(const struct lv *lv)
{
	struct lv_kernel_state state = state_of(lv);
	char text[256];

	assert_true(state.exists);
	read_sysfs(&state, "size", text);
	return strtoull(text, NULL, 10);
}

bool sysfs_suspended(const struct lv *lv)
{
	struct lv_kernel_state state = state_of(lv);
	char text[256];

	read_sysfs(&state, "dm/suspended", text);
	return *text == '1';
}

void assert_leads_to(const char *path, const struct lv *lv)
{
	struct lv_kernel_state state = state_of(lv);
	struct stat st;

	if (stat(path, &st))
		fail_msg("%s: %s", path, strerror(errno));
	assert_true(S_ISBLK(st.st_mode));
	assert_true(st.st_rdev == makedev(state.major, state.minor));
}

void assert_gone(const char *path)
{
	struct stat st;

	if (!lstat(path, &st))
		fail_msg("%s is still there", path);
}

void check(int r, const struct err *err)
{
	if (r)
		fail_msg("%d: %s", r, err->text);
}

void activate(const struct stored_vg *stored, const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_activate(&context, stored, lv, false, &err), &err);
}

void deactivate(const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_deactivate(&context, &lv->vg->id, lv->vg->name, &lv->id, lv->name, &err), &err);
	assert_false(state_of(lv).exists);
}

void preload_suspend(const struct stored_vg *stored, const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_preload_suspend(&context, stored, lv, &err), &err);
}

void resume(const struct stored_vg *stored, const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_resume(&context, stored, lv, &err), &err);
}

void give_up(const struct lv *lv)
{
	struct err err = { 0 };

	check(lv_abort(&context, &lv->vg->id, &lv->id, &err), &err);
}

void assert_untouched(const struct lv *lv, uint64_t sectors)
{
	struct lv_kernel_state state = state_of(lv);

	assert_true(state.active);
	assert_false(state.suspended);
	assert_false(state.inactive_table);
	assert_false(sysfs_suspended(lv));
	assert_int_equal(sysfs_size(lv), sectors);
}

/* ---- input and output ---- */

void block_io(const char *path, uint64_t offset, char letter, bool is_write)
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

uint64_t disk_offset(uint32_t pe)
{
	return (PE_START + (uint64_t)pe * EXTENT_SECTORS) * 512;
}

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

void wait_for_rounds(struct user *user, unsigned int more)
{
	const struct timespec pause = { .tv_nsec = 1000000L };
	unsigned int goal = user->rounds + more;

	for (int i = 0; user->rounds < goal; i++) {
		assert_int_equal(user->failed, 0);
		assert_true(i < 60000);
		(void)nanosleep(&pause, NULL);
	}
}

void user_start(struct user *user, const char *path)
{
	*user = (struct user){ .path = path };
	assert_int_equal(pthread_create(&user->thread, NULL, use, user), 0);
	wait_for_rounds(user, 10);
}

void user_stop(struct user *user)
{
	user->stop = true;
	assert_int_equal(pthread_join(user->thread, NULL), 0);
	assert_int_equal(user->failed, 0);
}

void assert_io_is_held(struct user *user)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	unsigned int before = user->rounds;

	(void)nanosleep(&pause, NULL);
	/* One that was under way when the device was suspended may still be counted. */
	assert_in_range(user->rounds, before, before + 1);
}

int run_tool(const char *const argv[])
{
	struct err err = { 0 };
	int status = -1;

	check(tool_run(&context, argv, &status, &err), &err);
	return status;
}

void open_disk(void)
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
