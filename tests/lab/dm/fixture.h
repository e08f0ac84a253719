/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of device-mapper share: a VG in memory on one disk, what the kernel says of LVs,
 * and somebody who uses them. Failures end the test that calls.
 */
#ifndef TESTS_LAB_DM_FIXTURE_H
#define TESTS_LAB_DM_FIXTURE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/activate/activate.h"
#include "lib/store/store.h"
#include "metadata/base/buf.h"

#define EXTENT_SECTORS 8192U /* 4 MiB */
#define PE_START       2048U
#define BLOCK	       4096U
#define MOUNT_DIR      "/run/test-activate"

extern const char *disk_path;
extern struct device disk;     /* at disk_path */
extern struct pv_disk pv_disk; /* on it; tests may put another device under it for a while */
extern struct context context;
extern struct buf printed; /* its messages, "level:text\n" */

/* Somebody who uses the LV all the time. */
struct user {
	pthread_t thread;
	const char *path;
	atomic_uint rounds;
	atomic_bool stop;
	atomic_int failed; /* errno; -1: wrong data */
};

struct stored_vg new_vg(const char *name);
struct lv *new_lv(const struct stored_vg *stored, const char *name, int number);
void add_seg(struct lv *lv, uint32_t extents, uint32_t pe, uint32_t stripes, uint32_t gap);
struct lv_kernel_state state_of(const struct lv *lv);
void read_sysfs(const struct lv_kernel_state *state, const char *file, char text[256]);
uint64_t sysfs_size(const struct lv *lv);
bool sysfs_suspended(const struct lv *lv);
void assert_leads_to(const char *path, const struct lv *lv);
void assert_gone(const char *path);
void check(int r, const struct err *err);
void activate(const struct stored_vg *stored, const struct lv *lv);
void deactivate(const struct lv *lv);
void preload_suspend(const struct stored_vg *stored, const struct lv *lv);
void resume(const struct stored_vg *stored, const struct lv *lv);
void give_up(const struct lv *lv);
void assert_untouched(const struct lv *lv, uint64_t sectors);
void block_io(const char *path, uint64_t offset, char letter, bool is_write);
uint64_t disk_offset(uint32_t pe);
void wait_for_rounds(struct user *user, unsigned int more);
void user_start(struct user *user, const char *path);
void user_stop(struct user *user);
void assert_io_is_held(struct user *user);
int run_tool(const char *const argv[]);
void open_disk(void);

#endif
