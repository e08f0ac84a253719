/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two kinds of child. Few slots are read by one that works in our memory, as after vfork(), but
 * beside us: nothing is copied, so it costs little to start, and what it reads is where we want it.
 * It has a stack of its own, and makes system calls only. Its errno is the calling thread's, who
 * only waits in poll() meanwhile: whoever finds EINTR there tries again, whatever it was.
 *
 * Many slots, and all after a device has hung, are read by one that is a copy of us.
 */
#include "lib/device/reader_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/single_threaded.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENDING_MAX     128 /* a scan of a thousand PVs has some 40; who finds no room waits at once */
#define STARTS_WAIT_MS 2000U
#define STACK_BYTES    ((size_t)128 << 10)
#define GUARD_BYTES    ((size_t)64 << 10) /* a page, however large */

#define TASK_BYTES ((size_t)64)

struct task {
	struct slot_list list;
	int progress_fd;
	pid_t parent;
	bool has_siblings;
};

_Static_assert(sizeof(struct task) <= TASK_BYTES, "a task fits at the top of a stack");

/* Children that may still hold copies of what other threads have open. */
static atomic_uint starting;
static atomic_bool was_given_up;

/* ---- in the child ---- */

static int be_reader(void *data)
{
	const struct task *task = data;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == task->parent && dup2(task->progress_fd, STDIN_FILENO) >= 0) {
		(void)close_range(1, ~0U, 0); /* not before Linux 5.9: they stay open */
		if (task->has_siblings)
			batch_reader_tell(STDIN_FILENO); /* that they are closed */
		batch_reader_run(&task->list, STDIN_FILENO);
	}
	return 0;
}

/* ---- start ---- */

/* Valgrind knows fork() and threads, but nothing between them. */
static bool runs_in_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

bool reader_may_share(size_t count)
{
	return !batch_reader_is_together(count) && !atomic_load(&was_given_up) &&
	       !runs_in_valgrind();
}

static void *new_stack(void)
{
	char *stack = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return NULL;
	if (!mprotect(stack, GUARD_BYTES, PROT_NONE))
		return stack;
	(void)munmap(stack, GUARD_BYTES + STACK_BYTES);
	return NULL;
}

static void free_stack(struct reader *reader)
{
	if (reader->stack)
		(void)munmap(reader->stack, GUARD_BYTES + STACK_BYTES);
	reader->stack = NULL;
}

/* The task lies where the child's stack begins. No handler of ours, or of the program that we are a
 * library of, may run in the child. */
static pid_t start_sharing(const struct task *task, char *stack)
{
	char *top = stack + GUARD_BYTES + STACK_BYTES - TASK_BYTES;
	sigset_t all, before;
	pid_t pid;
	int code;

	memcpy(top, task, sizeof(*task));
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = clone(be_reader, top, CLONE_VM | SIGCHLD, top);
	code = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = code;
	return pid;
}

static pid_t start_copy(struct task *task)
{
	pid_t pid = fork();

	if (!pid)
		_exit(be_reader(task));
	return pid;
}

/* Its first byte, or its end. Without other threads there is nothing to wait for. */
static void wait_for_start(const struct reader *reader, bool has_siblings, unsigned timeout_ms)
{
	struct pollfd poll_fd = { .fd = reader->fd, .events = POLLIN };

	if (has_siblings)
		(void)poll(&poll_fd, 1, (int)timeout_ms);
	atomic_fetch_sub(&starting, 1);
}

int reader_start(const struct slot_list *list, bool shares, unsigned timeout_ms,
		 struct reader *ret_reader)
{
	struct reader reader = { .stack = shares ? new_stack() : NULL };
	struct task task = { *list, -1, getpid(), !__libc_single_threaded };
	int ends[2], code = 0;

	if (shares && !reader.stack)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC)) {
		code = errno;
		free_stack(&reader);
		return -code;
	}
	reader.fd = ends[0];
	task.progress_fd = ends[1];
	atomic_fetch_add(&starting, 1);
	reader.pid = shares ? start_sharing(&task, reader.stack) : start_copy(&task);
	code = errno;
	(void)close(ends[1]);
	if (reader.pid < 0) {
		atomic_fetch_sub(&starting, 1);
		(void)close(ends[0]);
		free_stack(&reader);
		return -code;
	}
	wait_for_start(&reader, task.has_siblings, timeout_ms);
	*ret_reader = reader;
	return 0;
}

bool batch_wait_for_starts(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (unsigned waited = 0; atomic_load(&starting); waited++) {
		if (waited == STARTS_WAIT_MS)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

/* ---- end ---- */

static struct {
	pthread_mutex_t mutex;
	bool is_put_off;
	unsigned count;
	pid_t pids[ENDING_MAX];
} ending = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void wait_for_end(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void note_ending(pid_t pid)
{
	bool is_noted;

	(void)pthread_mutex_lock(&ending.mutex);
	is_noted = ending.count < ENDING_MAX;
	if (is_noted)
		ending.pids[ending.count++] = pid;
	(void)pthread_mutex_unlock(&ending.mutex);
	if (!is_noted)
		wait_for_end(pid);
}

void reader_end(struct reader *reader)
{
	(void)close(reader->fd);
	if (!reader->stack) {
		note_ending(reader->pid);
		return;
	}
	/* It has no memory to release: it is on its last instructions, and on this stack. */
	wait_for_end(reader->pid);
	free_stack(reader);
}

void reader_give_up(struct reader *reader)
{
	atomic_store(&was_given_up, true);
	(void)close(reader->fd);
	if (!kill(reader->pid, SIGKILL))
		(void)waitpid(reader->pid, NULL, WNOHANG);
}

void batch_wait(void)
{
	pid_t pids[ENDING_MAX];
	unsigned count;

	(void)pthread_mutex_lock(&ending.mutex);
	count = ending.count;
	memcpy(pids, ending.pids, sizeof(pids));
	ending.count = 0;
	(void)pthread_mutex_unlock(&ending.mutex);
	while (count)
		wait_for_end(pids[--count]);
}

void batch_finish(void)
{
	if (!ending.is_put_off)
		batch_wait();
}

void batch_finish_later(void)
{
	ending.is_put_off = true;
}
