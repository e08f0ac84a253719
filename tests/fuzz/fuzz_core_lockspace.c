/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any sequence of messages at a lockspace that has joined, and between them its own clients, rings
 * and deaths. It may leave the group over what it hears; it may not crash, contradict itself or
 * take more memory than it was given.
 *
 * The input is a row of: u8 what, u8 from or how, u16 length, bytes. Messages get a header that is
 * heard (lineage, ring, daemon of the sender), so that what is behind it is reached.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "clvmd/core/lockspace.h"
#include "clvmd/core/message.h"
#include "metadata/base/cleanup.h"

#define NODES	     3
#define MEMORY	     ((size_t)4 << 20)
#define STEPS_MAX    64
#define SELF	     1 /* the others are only voices */
#define HEADER_BYTES (4 + 2 + 2 + 2 + 2 + 16 + 4 + 8 + 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct lockspace *ls;
	struct daemon_id daemon[NODES + 1], lineage;
	uint64_t ring;
	bool left;
};

/* What it says comes back to it: so it gets somewhere. */
static void take(struct fuzz *fuzz, const struct effect *effects)
{
	struct buf AUTO_BUF sent = { .limit = (size_t)64 << 20 };
	size_t at = 0, length;

	for (const struct effect *e = effects; e; e = e->next) {
		assert(e->type >= EFFECT_SEND && e->type <= EFFECT_LOG && e->text);
		fuzz->left |= e->type == EFFECT_LEAVE;
		if (e->type != EFFECT_SEND)
			continue;
		buf_add(&sent, &e->length, sizeof(e->length));
		buf_add(&sent, e->bytes, e->length);
	}
	assert(!sent.failed);
	while (at < sent.used && !fuzz->left) {
		struct event_message event = { .from = SELF };

		memcpy(&length, sent.data + at, sizeof(length));
		at += sizeof(length);
		event.bytes = sent.data + at;
		event.length = length;
		at += length;
		take(fuzz, lockspace_message(fuzz->ls, &event));
	}
}

static void hear(struct fuzz *fuzz, uint32_t from, struct message *message)
{
	struct buf AUTO_BUF bytes = { .limit = MESSAGE_LENGTH_MAX };
	struct event_message event = { .from = from };

	message->lineage = fuzz->lineage;
	message->daemon = fuzz->daemon[from];
	message->ring = (struct ring_id){ 1, fuzz->ring };
	message_encode(message, &bytes);
	if (bytes.failed)
		return;
	event.bytes = bytes.data;
	event.length = bytes.used;
	take(fuzz, lockspace_message(fuzz->ls, &event));
}

static void hello(struct fuzz *fuzz, uint32_t from)
{
	struct message message = { .type = MESSAGE_HELLO };

	memset(message.boot.bytes, (int)from, sizeof(message.boot.bytes));
	hear(fuzz, from, &message);
	message = (struct message){ .type = MESSAGE_STATE, .flags = FLAG_QUORATE };
	hear(fuzz, from, &message);
}

static void ring(struct fuzz *fuzz, uint32_t nodes, bool quorate)
{
	const uint32_t members[NODES] = { 1, 2, 3 };
	struct event_ring event = { { 1, fuzz->ring += 4 }, members, nodes };
	struct event_quorum quorum = { quorate, { 1, fuzz->ring }, members, nodes };

	take(fuzz, lockspace_ring(fuzz->ls, &event));
	take(fuzz, lockspace_quorum(fuzz->ls, &quorum));
}

static void join(struct fuzz *fuzz, uint32_t node)
{
	struct confchg_entry members[NODES] = { { .node = 1 }, { .node = 2 }, { .node = 3 } };
	struct confchg_entry joined = { .node = node };
	struct event_confchg event = { members, NULL, &joined, node, 0, 1 };

	take(fuzz, lockspace_confchg(fuzz->ls, &event));
}

/* Alone it forms; then two come, claim nothing, and it runs. */
static void begin(struct fuzz *fuzz)
{
	struct nodelist_entry list[1] = { { .node = SELF, .name = "n1" } };
	struct lockspace_options options = { .node = SELF, .memory_limit = MEMORY };

	for (uint32_t n = 1; n <= NODES; n++)
		memset(fuzz->daemon[n].bytes, (int)(0x10 + n), sizeof(fuzz->daemon[n].bytes));
	options.daemon = fuzz->daemon[SELF];
	memset(options.boot.bytes, 1, sizeof(options.boot.bytes));
	memset(options.lineage_seed.bytes, 0x33, sizeof(options.lineage_seed.bytes));
	fuzz->ls = lockspace_create(&options);
	assert(fuzz->ls);
	take(fuzz, lockspace_nodelist(fuzz->ls, list, 1));
	join(fuzz, SELF);
	ring(fuzz, 1, true);
	assert(lockspace_is_running(fuzz->ls));
	fuzz->lineage = lockspace_header(fuzz->ls).lineage;
	for (uint32_t n = 2; n <= NODES; n++) {
		struct message claim = { .type = MESSAGE_CLAIM, .flags = FLAG_FIRST | FLAG_LAST };

		join(fuzz, n);
		hello(fuzz, n);
		hello(fuzz, SELF);
		hear(fuzz, n, &claim);
	}
}

/* ---- one step of the input ---- */

static void client(struct fuzz *fuzz, unsigned how, const uint8_t *bytes, size_t length)
{
	char name[RESOURCE_NAME_MAX + 8] = { 0 };
	const char *resources[] = { name };
	struct lock_request lock = { .client = how % 4,
				     .request = how,
				     .kind = how % 4 ? LOCK_COMMAND : LOCK_ACTIVATION,
				     .mode = (enum lock_mode)(how % LOCK_MODE_COUNT),
				     .wait = how & 1,
				     .resources = resources,
				     .resource_count = 1 };
	struct unlock_request unlock = { .client = how % 4,
					 .kind = lock.kind,
					 .resources = resources,
					 .resource_count = 1,
					 .value = how };
	struct op_request op = { .client = how % 4,
				 .number = how % 8,
				 .phase = (enum op_phase)(1 + length % 6),
				 .payload = bytes,
				 .payload_length = length };

	memcpy(name, bytes, length < sizeof(name) - 1 ? length : sizeof(name) - 1);
	switch (how >> 5) {
	case 0:
	case 1:
	case 2:
		take(fuzz, lockspace_lock(fuzz->ls, &lock));
		break;
	case 3:
		take(fuzz, lockspace_unlock(fuzz->ls, &unlock));
		break;
	case 4:
		take(fuzz, lockspace_cancel(fuzz->ls, how % 4, length));
		break;
	case 5:
		take(fuzz, lockspace_client_gone(fuzz->ls, how % 4));
		break;
	default:
		take(fuzz, lockspace_op(fuzz->ls, &op));
		break;
	}
}

static void change(struct fuzz *fuzz, unsigned how)
{
	struct confchg_entry left = { .node = 2 + how % 2,
				      .reason = (enum leave_reason)(1 + how / 2 % 3) };
	struct event_confchg event = { NULL, &left, NULL, 0, 1, 0 };
	struct err err = { 0 };

	switch (how >> 5) {
	case 0:
		take(fuzz, lockspace_confchg(fuzz->ls, &event));
		break;
	case 1:
		join(fuzz, 2 + how % 2);
		hello(fuzz, 2 + how % 2);
		break;
	case 2:
		take(fuzz, lockspace_goodbye(fuzz->ls, &err));
		break;
	case 3:
		take(fuzz,
		     lockspace_fenced(fuzz->ls,
				      &(struct fence_ack){ .node = 2 + how % 2, .how = "" }, &err));
		break;
	default:
		ring(fuzz, 1 + how % NODES, how & 8);
		break;
	}
}

/* The bytes are a whole message, or the fields of one whose header is heard. */
static void foreign(struct fuzz *fuzz, unsigned what, uint32_t from, const uint8_t *bytes,
		    size_t length)
{
	struct buf AUTO_BUF header = { .limit = MESSAGE_LENGTH_MAX };
	struct event_message event = { from, bytes, length };
	struct message message = { .type = (enum message_type)(1 + what % MESSAGE_TYPE_COUNT),
				   .lineage = fuzz->lineage,
				   .ring = { 1, fuzz->ring },
				   .daemon = fuzz->daemon[from] };

	if (what % 64 != 63) {
		message_encode(&message, &header);
		assert(header.used == HEADER_BYTES);
		buf_add(&header, bytes, length);
		event.bytes = header.data;
		event.length = header.used;
	}
	take(fuzz, lockspace_message(fuzz->ls, &event));
}

static void step(struct fuzz *fuzz, unsigned what, unsigned how, const uint8_t *bytes,
		 size_t length)
{
	if (what < 160)
		foreign(fuzz, what, 1 + how % NODES, bytes, length);
	else if (what < 220)
		client(fuzz, how, bytes, length);
	else
		change(fuzz, how);
	if (!fuzz->left)
		take(fuzz, lockspace_flush(fuzz->ls));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = { .ring = 8 };
	struct lockspace_header header;
	struct err err = { 0 };

	begin(&fuzz);
	for (int i = 0; i < STEPS_MAX && size >= 4 && !fuzz.left; i++) {
		size_t length = (size_t)data[2] | (size_t)data[3] << 8;

		if (length > size - 4)
			length = size - 4;
		step(&fuzz, data[0], data[1], data + 4, length);
		data += 4 + length;
		size -= 4 + length;
		assert(fuzz.left || lockspace_check(fuzz.ls, &err));
	}
	header = lockspace_header(fuzz.ls);
	assert(header.memory_used <= header.memory_limit);
	lockspace_destroy(fuzz.ls);
	return 0;
}
