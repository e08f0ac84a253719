/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a device, handing a read to the kernel and even the end of a process with reads under way
 * all wait, and cannot be interrupted, when a device hangs. So a child of ours does that, and when
 * nothing has come for too long, it is given up: it ends when the device answers, or never. The
 * child keeps nothing open but the devices: nobody waits for it at the end of a pipe.
 */
#include "lib/device/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/single_threaded.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/device/batch_reader.h"
#include "lib/fd.h"

#define MEMORY_ALIGNMENT ((size_t)4096)
#define READ_MAX	 ((size_t)64 << 20)
#define SLICES		 10U
#define STARTS_WAIT_MS	 2000U
#define ENDING_MAX	 128 /* a scan of a thousand PVs has some 40; who finds no room waits at once */

/* ---- memory ---- */

static uint64_t round_up(uint64_t value, uint64_t multiple)
{
	return (value + multiple - 1) / multiple * multiple;
}

static size_t alignment_of(const struct device *device)
{
	return device->logical_block_bytes > MEMORY_ALIGNMENT ? device->logical_block_bytes
							      : MEMORY_ALIGNMENT;
}

static bool is_valid(const struct batch_read *read)
{
	return read->length && read->length <= READ_MAX && read->offset <= INT64_MAX - 2 * READ_MAX;
}

static size_t window_length(const struct batch_read *read)
{
	uint64_t block = read->device->logical_block_bytes;

	return (size_t)round_up(read->offset % block + read->length, block);
}

static size_t memory_needed(const struct batch *batch)
{
	size_t size = round_up(batch->count * sizeof(struct slot), MEMORY_ALIGNMENT);

	for (size_t i = 0; i < batch->count; i++)
		if (is_valid(&batch->reads[i]))
			size += window_length(&batch->reads[i]) +
				alignment_of(batch->reads[i].device);
	return size;
}

static void lay_out(const struct batch *batch, struct slot *slots)
{
	unsigned char *memory = batch->memory;
	size_t used = round_up(batch->count * sizeof(struct slot), MEMORY_ALIGNMENT);

	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_read *read = &batch->reads[i];
		struct slot *slot = &slots[i];

		slot->fd = -1;
		slot->device = read->device;
		if (!is_valid(read)) {
			slot->result = -EINVAL;
			atomic_store(&slot->state, SLOT_DONE);
			continue;
		}
		used = round_up(used, alignment_of(read->device));
		slot->bytes = memory + used;
		slot->start = read->offset - read->offset % read->device->logical_block_bytes;
		slot->length = window_length(read);
		used += slot->length;
	}
}

/* ---- the child ---- */

/* Children that may still hold copies of what other threads have open. */
static atomic_uint starting;

static _Noreturn void be_reader(struct slot *slots, size_t count, int progress_fd, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Before Linux 5.9 they stay open. */
	if (getppid() == parent && !dup2(progress_fd, STDIN_FILENO) &&
	    (!close_range(1, ~0U, 0) || errno == ENOSYS)) {
		if (!__libc_single_threaded)
			batch_reader_tell(STDIN_FILENO); /* that they are closed */
		batch_reader_run(slots, count, STDIN_FILENO);
	}
	_exit(0);
}

/* Its end of the pipe in @ret_fd. Returns its pid, or -errno. */
static pid_t start_reader(struct slot *slots, size_t count, int *ret_fd)
{
	pid_t parent = getpid(), pid;
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	atomic_fetch_add(&starting, 1);
	if (!(pid = fork()))
		be_reader(slots, count, ends[1], parent);
	code = errno;
	(void)close(ends[1]);
	if (pid < 0) {
		atomic_fetch_sub(&starting, 1);
		(void)close(ends[0]);
		return -code;
	}
	*ret_fd = ends[0];
	return pid;
}

/* ---- the end of children ---- */

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

/* ---- waiting for it ---- */

enum outcome { ALL_DONE, READER_ENDED, NOTHING_COMES };

static size_t count_of(struct slot *slots, size_t count, enum slot_state state)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += atomic_load(&slots[i].state) == (int)state;
	return found;
}

/* Its first byte, or its end. Alone there is nothing to wait for. */
static void wait_for_start(int fd, unsigned timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	(void)poll(&poll_fd, 1, (int)timeout_ms);
	atomic_fetch_sub(&starting, 1);
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

/*
 * Counted in slices, so that a machine that was stopped for a while does not find all its devices
 * late.
 */
static enum outcome wait_for_reader(struct slot *slots, size_t count, int fd, unsigned timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	unsigned idle = 0;
	char bytes[256];

	while (idle < SLICES) {
		int rc = poll(&poll_fd, 1, (int)(timeout_ms / SLICES));

		if (rc < 0 && errno != EINTR && errno != EAGAIN)
			return READER_ENDED;
		if (rc > 0 && read(fd, bytes, sizeof(bytes)) == 0)
			return READER_ENDED;
		if (rc > 0 && count_of(slots, count, SLOT_DONE) == count)
			return ALL_DONE;
		idle = rc > 0 ? 0 : idle + !rc;
	}
	return NOTHING_COMES;
}

/* Those to blame get @code; all others that are not done wait again. */
static void blame(struct slot *slots, size_t count, enum slot_state guilty, int code)
{
	for (size_t i = 0; i < count; i++) {
		int state = atomic_load(&slots[i].state);

		if (state == (int)guilty) {
			slots[i].result = code;
			state = SLOT_DONE;
		} else if (state != SLOT_DONE) {
			state = SLOT_WAITING;
		}
		atomic_store(&slots[i].state, state);
	}
}

/* Returns false when there is no process to be had. */
static bool read_in_child(struct batch *batch, struct slot *slots)
{
	AUTO_CLOSE int fd = -1;
	pid_t pid = start_reader(slots, batch->count, &fd);
	enum outcome outcome;
	int code;

	if (pid < 0)
		return false;
	wait_for_start(fd, __libc_single_threaded ? 0 : batch->timeout_ms);
	outcome = wait_for_reader(slots, batch->count, fd, batch->timeout_ms);
	if (outcome == ALL_DONE) {
		note_ending(pid);
		return true;
	}
	if (outcome == READER_ENDED)
		wait_for_end(pid);
	else if (!kill(pid, SIGKILL))
		(void)waitpid(pid, NULL, WNOHANG);

	code = outcome == READER_ENDED ? -EIO : -ETIMEDOUT;
	if (count_of(slots, batch->count, SLOT_BUSY))
		blame(slots, batch->count, SLOT_BUSY, code);
	else if (count_of(slots, batch->count, SLOT_FLYING))
		blame(slots, batch->count, SLOT_FLYING, code);
	else
		return !count_of(slots, batch->count, SLOT_WAITING);
	return true;
}

/* ---- all ---- */

static void take_result(struct batch_read *read, const struct slot *slot)
{
	size_t skip = (size_t)(read->offset - slot->start);

	read->code = slot->result < 0 ? slot->result : 0;
	read->open_failed = slot->open_failed;
	read->bytes = NULL;
	read->got = 0;
	if (slot->result <= 0 || (size_t)slot->result <= skip)
		return;
	read->bytes = slot->bytes + skip;
	read->got = (size_t)slot->result - skip;
	if (read->got > read->length)
		read->got = read->length;
}

int batch_run(struct batch *batch, struct err *err)
{
	struct slot *slots;
	size_t size = memory_needed(batch);

	if (!batch->count)
		return 0;
	slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		return err_set(err, ENOMEM, "Out of memory reading devices.");
	batch->memory = slots;
	batch->memory_size = size;
	lay_out(batch, slots);
	while (count_of(slots, batch->count, SLOT_WAITING))
		if (!read_in_child(batch, slots))
			/* Without a child it takes as long as it takes. */
			batch_reader_run(slots, batch->count, -1);
	for (size_t i = 0; i < batch->count; i++)
		take_result(&batch->reads[i], &slots[i]);
	return 0;
}

void batch_free(struct batch *batch)
{
	if (batch->memory)
		(void)munmap(batch->memory, batch->memory_size);
	batch->memory = NULL;
}
