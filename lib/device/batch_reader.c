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

/* Are the @length bytes at @bytes, which are from @at on in the slot's window, as expected? */
static bool is_expected(const struct slot *slot, const unsigned char *bytes, size_t at,
			size_t length)
{
	const size_t expected_end = slot->skip + slot->expected_length;
	const size_t begin = at > slot->skip ? at : slot->skip;
	const size_t end = at + length < expected_end ? at + length : expected_end;

	return begin >= end ||
	       !memcmp(bytes + (begin - at), slot->expected + (begin - slot->skip), end - begin);
}

/* Returns as pread() of it all would; 0 when something else is there. */
static ssize_t compare_slot(const struct slot *slot, unsigned char *buffer)
{
	size_t done = 0;

	while (done < slot->length) {
		const size_t rest = slot->length - done;
		const size_t length = rest < SLOT_PIECE_BYTES ? rest : SLOT_PIECE_BYTES;
		ssize_t got = pread(slot->fd, buffer, length, (off_t)(slot->start + done));

		if (got < 0)
			return got;
		if (!is_expected(slot, buffer, done, (size_t)got))
			return 0;
		done += (size_t)got;
		if ((size_t)got < length)
			break;
	}
	return (ssize_t)done;
}

/* @buffer: for a slot that is compared. */
static void read_slot(struct slot *slot, unsigned char *buffer)
{
	ssize_t got;

	if (!slot->expected && slot->length > MANY_PAGES_BYTES)
		pages_touch(slot->bytes, slot->length);
	do
		got = slot->expected
			      ? compare_slot(slot, buffer)
			      : pread(slot->fd, slot->bytes, slot->length, (off_t)slot->start);
	while (got < 0 && errno == EINTR);
	finish(slot, got < 0 ? -errno : (int)got);
}

static void read_in_turn(const struct slot_list *list, int progress_fd)
{
	for (size_t i = 0; i < list->count; i++) {
		struct slot *slot = &list->slots[i];

		if (!is_waiting(slot))
			continue;
		if (open_slot(slot))
			read_slot(slot, list->buffers);
		batch_reader_tell(progress_fd);
	}
}

#ifdef CLVM_LIBAIO

/* Reads under way. */
struct flight {
	io_context_t io;
	const struct slot_list *list;
	int count;
	struct slot *users[SLOT_BUFFERS_MAX]; /* of the list's buffers */
};

static size_t find_user(const struct flight *flight, const struct slot *user)
{
	size_t i = 0;

	while (i < flight->list->buffer_count && flight->users[i] != user)
		i++;
	return i;
}

static unsigned char *buffer_at(const struct flight *flight, size_t index)
{
	return flight->list->buffers + index * flight->list->buffer_bytes;
}

/* False: all buffers are in use, try again when something has come. */
static bool submit(struct flight *flight, struct slot *slot)
{
	struct iocb request, *requests[] = { &request };
	unsigned char *bytes = slot->bytes;
	size_t buffer = 0;

	if (slot->expected) {
		if ((buffer = find_user(flight, NULL)) == flight->list->buffer_count)
			return false;
		bytes = buffer_at(flight, buffer);
	}
	if (!open_slot(slot))
		return true;
	io_prep_pread(&request, slot->fd, bytes, slot->length, (long long)slot->start);
	request.data = slot;
	if (io_submit(flight->io, 1, requests) != 1) {
		read_slot(slot, bytes);
		return true;
	}
	set_state(slot, SLOT_FLYING);
	flight->count++;
	if (slot->expected)
		flight->users[buffer] = slot;
	return true;
}

static void land(struct flight *flight, struct slot *slot, int result)
{
	flight->count--;
	if (slot->expected) {
		const size_t buffer = find_user(flight, slot);

		if (result > 0 && !is_expected(slot, buffer_at(flight, buffer), 0, (size_t)result))
			result = 0;
		flight->users[buffer] = NULL;
	}
	finish(slot, result);
}

/* Wait for at least one. False: that cannot be. */
static bool harvest(struct flight *flight)
{
	struct io_event events[HARVEST];
	int got;

	do
		got = io_getevents(flight->io, 1, HARVEST, events, NULL);
	while (got == -EINTR);
	for (int i = 0; i < got; i++)
		land(flight, events[i].data, (int)(long)events[i].res);
	return got >= 0;
}

static bool read_together(const struct slot_list *list, int progress_fd)
{
	struct flight flight = { .list = list };
	size_t next = 0;
	bool goes_on = true;

	if (io_setup(FLYING_MAX, &flight.io) < 0)
		return false;
	while (goes_on && (next < list->count || flight.count)) {
		for (; next < list->count && flight.count < FLYING_MAX; next++)
			if (is_waiting(&list->slots[next]) && !submit(&flight, &list->slots[next]))
				break;
		if (flight.count)
			goes_on = harvest(&flight);
		batch_reader_tell(progress_fd);
	}
	/* The end of the process destroys it, and nobody waits for that. */
	return true;
}

#else

static bool read_together(const struct slot_list *list, int progress_fd)
{
	(void)list;
	(void)progress_fd;
	return false;
}

#endif

bool batch_reader_is_together(size_t count)
{
	return count >= TOGETHER_MIN;
}

void batch_reader_run(const struct slot_list *list, int progress_fd)
{
	if (!batch_reader_is_together(list->count) || !read_together(list, progress_fd))
		read_in_turn(list, progress_fd);
}
