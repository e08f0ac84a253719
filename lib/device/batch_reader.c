/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads by the kernel's asynchronous I/O, through libaio; one after the other where that is
 * missing. A slot is marked before each step that may hang, so that whoever waits for us knows
 * which one to blame.
 */
#include "lib/device/batch_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifdef CLVM_LIBAIO
#include <libaio.h>
#endif

#include "metadata/base/pages.h"

#define FLYING_MAX	 256 /* each has its device open: well below the usual limit of 1024 */
#define HARVEST		 64
#define MANY_PAGES_BYTES ((size_t)64 << 10) /* heads of devices are shorter, long texts are not */
/* Below, reading in turn is faster than the end of asynchronous I/O (an RCU grace period). */
#define TOGETHER_MIN 8

static void set_state(struct slot *slot, enum slot_state state)
{
	atomic_store(&slot->state, (int)state);
}

static bool is_waiting(struct slot *slot)
{
	return atomic_load(&slot->state) == SLOT_WAITING;
}

static void finish(struct slot *slot, int result)
{
	if (slot->fd >= 0)
		(void)close(slot->fd);
	slot->fd = -1;
	slot->result = result;
	set_state(slot, SLOT_DONE);
}

void batch_reader_tell(int progress_fd)
{
	const char byte = 0;

	/* The one who waits has a deadline, and sees our end. */
	if (progress_fd >= 0 && write(progress_fd, &byte, 1) < 0)
		return;
}

static bool open_slot(struct slot *slot)
{
	set_state(slot, SLOT_BUSY);
	do /* no signal interrupts us, but errno may be that of the one who waits for us */
		slot->fd = device_open_plain(slot->device);
	while (slot->fd == -EINTR);
	if (slot->fd >= 0)
		return true;
	slot->open_failed = true;
	finish(slot, slot->fd);
	return false;
}

/* Are the @length bytes in slot->bytes, which are from @at on in its window, as expected? */
static bool is_expected(const struct slot *slot, size_t at, size_t length)
{
	const size_t expected_end = slot->skip + slot->expected_length;
	const size_t begin = at > slot->skip ? at : slot->skip;
	const size_t end = at + length < expected_end ? at + length : expected_end;

	return begin >= end || !memcmp(slot->bytes + (begin - at),
				       slot->expected + (begin - slot->skip), end - begin);
}

/* Returns as pread() of it all would; 0 when something else is there. */
static ssize_t compare_slot(const struct slot *slot)
{
	size_t done = 0;

	while (done < slot->length) {
		const size_t rest = slot->length - done;
		const size_t length = rest < SLOT_PIECE_BYTES ? rest : SLOT_PIECE_BYTES;
		ssize_t got = pread(slot->fd, slot->bytes, length, (off_t)(slot->start + done));

		if (got < 0)
			return got;
		if (!is_expected(slot, done, (size_t)got))
			return 0;
		done += (size_t)got;
		if ((size_t)got < length)
			break;
	}
	return (ssize_t)done;
}

static void read_slot(struct slot *slot)
{
	ssize_t got;

	if (!slot->expected && slot->length > MANY_PAGES_BYTES)
		pages_touch(slot->bytes, slot->length);
	do
		got = slot->expected
			      ? compare_slot(slot)
			      : pread(slot->fd, slot->bytes, slot->length, (off_t)slot->start);
	while (got < 0 && errno == EINTR);
	finish(slot, got < 0 ? -errno : (int)got);
}

static void read_in_turn(struct slot *slots, size_t count, int progress_fd)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_waiting(&slots[i]))
			continue;
		if (open_slot(&slots[i]))
			read_slot(&slots[i]);
		batch_reader_tell(progress_fd);
	}
}

#ifdef CLVM_LIBAIO

/* False: the slot is done already, for better or worse. */
static bool submit(io_context_t io, struct slot *slot)
{
	struct iocb request, *requests[] = { &request };

	if (!open_slot(slot))
		return false;
	io_prep_pread(&request, slot->fd, slot->bytes, slot->length, (long long)slot->start);
	request.data = slot;
	if (io_submit(io, 1, requests) == 1) {
		set_state(slot, SLOT_FLYING);
		return true;
	}
	read_slot(slot);
	return false;
}

/* Wait for at least one. Returns how many, or -errno. */
static int harvest(io_context_t io)
{
	struct io_event events[HARVEST];
	int got;

	do
		got = io_getevents(io, 1, HARVEST, events, NULL);
	while (got == -EINTR);
	for (int i = 0; i < got; i++)
		finish(events[i].data, (int)(long)events[i].res);
	return got;
}

static bool read_together(struct slot *slots, size_t count, int progress_fd)
{
	io_context_t io = NULL;
	size_t next = 0;
	int flying = 0, got = 0;

	if (io_setup(FLYING_MAX, &io) < 0)
		return false;
	while (got >= 0 && (next < count || flying)) {
		for (; next < count && flying < FLYING_MAX; next++)
			if (is_waiting(&slots[next]))
				flying += submit(io, &slots[next]);
		if (flying) {
			got = harvest(io);
			flying -= got;
		}
		batch_reader_tell(progress_fd);
	}
	/* The end of the process destroys it, and nobody waits for that. */
	return true;
}

#else

static bool read_together(struct slot *slots, size_t count, int progress_fd)
{
	(void)slots;
	(void)count;
	(void)progress_fd;
	return false;
}

#endif

bool batch_reader_is_together(size_t count)
{
	return count >= TOGETHER_MIN;
}

void batch_reader_run(struct slot *slots, size_t count, int progress_fd)
{
	if (!batch_reader_is_together(count) || !read_together(slots, count, progress_fd))
		read_in_turn(slots, count, progress_fd);
}
