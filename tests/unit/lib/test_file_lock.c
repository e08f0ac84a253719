/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LVM2's flock files, between processes. A second locker is a child; pipes say how far it is. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/lock/file_lock.h"

struct fixture {
	char dir[64];
	struct context *waiting, *impatient;
	struct err err;
};

static struct context *open_context(const struct fixture *f, const char *more, bool readonly)
{
	char settings[256];
	struct context_options options = { .config_override = settings, .readonly = readonly };
	struct context *context = NULL;
	struct err err = { 0 };

	(void)snprintf(settings, sizeof(settings), "global/locking_dir=\"%s\" %s", f->dir, more);
	assert_int_equal(context_open(&options, &context, &err), 0);
	return context;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(setenv("LVM_SYSTEM_DIR", "", 1), 0);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/test_file_lock.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->waiting = open_context(f, "", false);
	f->impatient = open_context(f, "global/wait_for_locks=0", false);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	context_close(f->waiting);
	context_close(f->impatient);
	assert_int_equal(rmdir(f->dir), 0); /* no lock file may be left */
	free(f);
	return 0;
}

static struct file_lock *take(struct fixture *f, struct context *context, const char *resource,
			      bool exclusive)
{
	struct file_lock *lock = NULL;

	assert_int_equal(file_lock_take(context, resource, exclusive, &lock, &f->err), 0);
	return lock;
}

static int try_take(struct fixture *f, const char *resource, bool exclusive)
{
	struct file_lock *lock = NULL;
	int rc = file_lock_take(f->impatient, resource, exclusive, &lock, &f->err);

	file_lock_release(lock);
	return rc;
}

static void a_writer_keeps_all_others_out(void **state)
{
	struct fixture *f = *state;
	struct file_lock *lock = take(f, f->waiting, "V_vg", true);
	char expected[PATH_MAX];

	assert_int_equal(try_take(f, "V_vg", true), -EBUSY);
	assert_int_equal(f->err.code, -EBUSY);
	(void)snprintf(expected, sizeof(expected),
		       "%s/V_vg: flock failed: Resource temporarily unavailable", f->dir);
	assert_string_equal(f->err.text, expected);
	assert_int_equal(try_take(f, "V_vg", false), -EBUSY);
	assert_int_equal(try_take(f, "V_other", true), 0);
	file_lock_release(lock);
	assert_int_equal(try_take(f, "V_vg", true), 0);
}

static void readers_share(void **state)
{
	struct fixture *f = *state;
	struct file_lock *lock = take(f, f->waiting, "P_global", false);

	assert_int_equal(try_take(f, "P_global", false), 0);
	assert_int_equal(try_take(f, "P_global", true), -EBUSY);
	file_lock_release(lock);
}

static void stock_lvm2_sees_the_lock(void **state)
{
	struct fixture *f = *state;
	struct file_lock *lock = take(f, f->waiting, "V_vg", true);
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/V_vg", f->dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(close(fd), 0);
	file_lock_release(lock);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_file_with_other_holders_is_not_unlinked(void **state)
{
	struct fixture *f = *state;
	struct file_lock *first = take(f, f->waiting, "V_vg", false);
	struct file_lock *second = take(f, f->waiting, "V_vg", false);
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/V_vg", f->dir);
	file_lock_release(first);
	assert_int_equal(access(path, F_OK), 0);
	file_lock_release(second);
	assert_int_equal(access(path, F_OK), -1);
}

/* Wait until the kernel shows a process waiting for a flock on @path. */
static void await_waiter(const char *path)
{
	struct stat st;
	char inode[32];
	bool seen = false;

	assert_int_equal(stat(path, &st), 0);
	(void)snprintf(inode, sizeof(inode), ":%llu ", (unsigned long long)st.st_ino);
	for (int i = 0; !seen && i < 10000; i++) {
		FILE *locks = fopen("/proc/locks", "re");
		char line[256];

		assert_non_null(locks);
		while (fgets(line, sizeof(line), locks))
			seen = seen || (strstr(line, "->") && strstr(line, inode));
		(void)fclose(locks);
		if (!seen)
			(void)usleep(1000);
	}
	assert_true(seen);
}

static pid_t fork_locker(struct fixture *f, bool exclusive, int *ret_pipe)
{
	struct file_lock *lock;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (file_lock_take(f->waiting, "V_vg", exclusive, &lock, NULL))
			_exit(1);
		if (write(ends[1], "L", 1) != 1)
			_exit(2);
		file_lock_release(lock);
		_exit(0);
	}
	(void)close(ends[1]);
	*ret_pipe = ends[0];
	return pid;
}

static void join(pid_t pid, int fd)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(fd);
}

static void a_waiter_locks_the_file_that_has_the_name_now(void **state)
{
	struct fixture *f = *state;
	struct file_lock *lock = take(f, f->waiting, "V_vg", true);
	char path[PATH_MAX], byte;
	int fd;
	pid_t pid = fork_locker(f, true, &fd);

	/* It waits on the very file that the release unlinks. */
	(void)snprintf(path, sizeof(path), "%s/V_vg", f->dir);
	await_waiter(path);
	file_lock_release(lock);
	assert_int_equal(read(fd, &byte, 1), 1);
	join(pid, fd);
}

static void a_reader_does_not_overtake_a_waiting_writer(void **state)
{
	struct fixture *f = *state;
	struct file_lock *lock = take(f, f->waiting, "V_vg", false);
	char path[PATH_MAX];
	int fd;
	pid_t pid = fork_locker(f, true, &fd);

	(void)snprintf(path, sizeof(path), "%s/V_vg", f->dir);
	await_waiter(path);
	assert_int_equal(try_take(f, "V_vg", false), -EBUSY);
	file_lock_release(lock);
	join(pid, fd);
}

static void a_killed_holder_leaves_no_lock(void **state)
{
	struct fixture *f = *state;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		struct file_lock *lock;

		_exit(file_lock_take(f->waiting, "V_vg", true, &lock, NULL) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(try_take(f, "V_vg", true), 0);
}

static void readonly_refuses_to_write_and_reads_without_lock(void **state)
{
	struct fixture *f = *state;
	struct context *context = open_context(f, "", true);
	struct file_lock *writer = take(f, f->waiting, "V_vg", true);
	struct file_lock *lock = NULL;

	assert_int_equal(file_lock_take(context, "V_vg", true, &lock, &f->err), -EROFS);
	assert_int_equal(file_lock_take(context, "V_vg", false, &lock, &f->err), 0);
	file_lock_release(lock);
	file_lock_release(writer);
	context_close(context);
}

static void a_name_cannot_leave_the_folder(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_take(f, "../x", true), -EINVAL);
	assert_int_equal(try_take(f, "", true), -EINVAL);
}

static void others_than_root_get_a_clear_sentence(void **state)
{
	struct fixture *f = *state;
	struct file_lock *lock = NULL;
	int rc, status;
	pid_t pid;

	if (geteuid())
		skip();
	assert_int_equal(chmod(f->dir, 0700), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (setuid(65534))
			_exit(1);
		rc = file_lock_take(f->waiting, "V_vg", true, &lock, &f->err);
		if (rc != -EACCES)
			_exit(2);
		_exit(strstr(f->err.text, "Only root can lock volume groups") ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_writer_keeps_all_others_out),
		TEST(readers_share),
		TEST(stock_lvm2_sees_the_lock),
		TEST(a_file_with_other_holders_is_not_unlinked),
		TEST(a_waiter_locks_the_file_that_has_the_name_now),
		TEST(a_reader_does_not_overtake_a_waiting_writer),
		TEST(a_killed_holder_leaves_no_lock),
		TEST(readonly_refuses_to_write_and_reads_without_lock),
		TEST(a_name_cannot_leave_the_folder),
		TEST(others_than_root_get_a_clear_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
