/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a device, handing a read to the kernel and even the end of a process with reads under way
 * all wait, and cannot be interrupted, when a device hangs. So a child of ours does that, and when
 * nothing has come for too long, it is given up: it ends when the device answers, or never. The
 * child keeps nothing open but the devices: nobody waits for it at the end of a pipe.
 */
#include "lib/device/batch.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "lib/device/reader_process.h"
#include "metadata/base/pages.h"

#define MEMORY_ALIGNMENT ((size_t)4096)
#define READ_MAX	 ((size_t)64 << 20)
#define SLICES		 10U

#define BUFFERS_BYTES_MAX ((size_t)8 << 20)
#define BUFFER_ALIGNMENT  ((size_t)64 << 10) /* no logical block is longer */

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

/* Buffers for those that are only compared: as many as are worth reading at a time. */
static void size_buffers(const struct batch *batch, struct slot_list *list)
{
	const bool is_together = batch_reader_is_together(batch->count);
	size_t compared = 0;

	list->buffer_bytes = SLOT_PIECE_BYTES;
	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_read *read = &batch->reads[i];

		if (!read->expected || !is_valid(read))
			continue;
		compared++;
		if (is_together && list->buffer_bytes < window_length(read))
			list->buffer_bytes = round_up(window_length(read), BUFFER_ALIGNMENT);
	}
	list->buffer_count = BUFFERS_BYTES_MAX / list->buffer_bytes;
	if (list->buffer_count > SLOT_BUFFERS_MAX)
		list->buffer_count = SLOT_BUFFERS_MAX;
	if (!list->buffer_count)
		list->buffer_count = 1;
	if (list->buffer_count > compared)
		list->buffer_count = compared;
	if (!is_together && list->buffer_count)
		list->buffer_count = 1;
}

static size_t slots_size(const struct batch *batch)
{
	return round_up(batch->count * sizeof(struct slot), MEMORY_ALIGNMENT);
}

static size_t memory_needed(const struct batch *batch, const struct slot_list *list)
{
	size_t size = slots_size(batch);

	for (size_t i = 0; i < batch->count; i++)
		if (is_valid(&batch->reads[i]) && !batch->reads[i].expected)
			size += window_length(&batch->reads[i]) +
				alignment_of(batch->reads[i].device);
	return size + BUFFER_ALIGNMENT + list->buffer_count * list->buffer_bytes;
}

static void lay_out(const struct batch *batch, struct slot_list *list)
{
	unsigned char *memory = batch->memory;
	size_t used = slots_size(batch);

	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_read *read = &batch->reads[i];
		struct slot *slot = &list->slots[i];

		slot->fd = -1;
		slot->device = read->device;
		if (!is_valid(read)) {
			slot->result = -EINVAL;
			atomic_store(&slot->state, SLOT_DONE);
			continue;
		}
		slot->start = read->offset - read->offset % read->device->logical_block_bytes;
		slot->length = window_length(read);
		if (read->expected) {
			slot->expected = read->expected;
			slot->expected_length = read->length;
			slot->skip = (size_t)(read->offset - slot->start);
			continue;
		}
		used = round_up(used, alignment_of(read->device));
		slot->bytes = memory + used;
		used += slot->length;
	}
	list->buffers = memory + round_up(used, BUFFER_ALIGNMENT);
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

		/* Only a signal makes it fail; errno does not tell, the reader may share it. */
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

/*
 * A reader that was given up may still read into the buffers when its device answers: what the next
 * one reads must not be taken for that. They stay, as all that it may touch. Without memory nothing
 * is compared: the rest is read by who wants it.
 */
static void renew_buffers(struct slot_list *list)
{
	unsigned char *memory;

	if (!list->buffer_count)
		return;
	memory = pages_map(BUFFER_ALIGNMENT + list->buffer_count * list->buffer_bytes, false);
	if (memory)
		list->buffers = memory +
				(round_up((uintptr_t)memory, BUFFER_ALIGNMENT) - (uintptr_t)memory);
	for (size_t i = 0; !memory && i < list->count; i++)
		if (list->slots[i].expected && atomic_load(&list->slots[i].state) == SLOT_WAITING)
			atomic_store(&list->slots[i].state, SLOT_DONE);
}

/* Returns false when there is no process to be had. */
static bool read_in_child(struct batch *batch, struct slot_list *list)
{
	struct slot *slots = list->slots;
	struct reader reader;
	enum outcome outcome;
	bool goes_on = true;
	int code;

	if (reader_start(list, batch->is_private, batch->timeout_ms, &reader))
		return false;
	outcome = wait_for_reader(slots, batch->count, reader.fd, batch->timeout_ms);
	if (outcome == NOTHING_COMES) {
		reader_give_up(&reader);
		batch->is_lost |= batch->is_private;
	} else {
		reader_end(&reader);
	}
	if (outcome == ALL_DONE)
		return true;

	code = outcome == READER_ENDED ? -EIO : -ETIMEDOUT;
	if (count_of(slots, batch->count, SLOT_BUSY))
		blame(slots, batch->count, SLOT_BUSY, code);
	else if (count_of(slots, batch->count, SLOT_FLYING))
		blame(slots, batch->count, SLOT_FLYING, code);
	else
		goes_on = !count_of(slots, batch->count, SLOT_WAITING);
	if (outcome == NOTHING_COMES)
		renew_buffers(list);
	return goes_on;
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
	read->bytes = slot->expected ? slot->expected : slot->bytes + skip;
	read->got = (size_t)slot->result - skip;
	if (read->got > read->length)
		read->got = read->length;
}

int batch_run(struct batch *batch, struct err *err)
{
	struct slot_list list = { .count = batch->count };

	if (!batch->count)
		return 0;
	size_buffers(batch, &list);
	batch->is_private = reader_may_share(batch->count);
	batch->is_lost = false;
	batch->memory_size = memory_needed(batch, &list);
	batch->memory = pages_map(batch->memory_size, !batch->is_private);
	if (!batch->memory)
		return err_set(err, ENOMEM, "Out of memory reading devices.");
	list.slots = batch->memory;
	lay_out(batch, &list);
	while (count_of(list.slots, list.count, SLOT_WAITING))
		if (!read_in_child(batch, &list))
			/* Without a child it takes as long as it takes. */
			batch_reader_run(&list, -1);
	for (size_t i = 0; i < batch->count; i++)
		take_result(&batch->reads[i], &list.slots[i]);
	return 0;
}

bool batch_take_memory(struct batch *batch, const void *bytes, void **ret_memory, size_t *ret_size)
{
	const uintptr_t begin = (uintptr_t)batch->memory, at = (uintptr_t)bytes;

	if (!begin || batch->is_lost || at < begin || at - begin >= batch->memory_size)
		return false;
	*ret_memory = batch->memory;
	*ret_size = batch->memory_size;
	batch->memory = NULL;
	return true;
}

/* What a reader that was given up may still touch stays: once in the life of a process. */
void batch_free(struct batch *batch)
{
	if (batch->memory && !batch->is_lost)
		pages_unmap(batch->memory, batch->memory_size);
	batch->memory = NULL;
}
