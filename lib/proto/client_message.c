/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table of fields says tag, kind, place in the struct and maximum; encoder and decoder walk it.
 * A second table says which fields a type must have. Numbers that are zero are not sent.
 */
#include "lib/proto/client_message.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "lib/proto/field.h"
#include "metadata/base/span.h"

enum field_kind { KIND_U32, KIND_U64, KIND_INT, KIND_BOOL, KIND_MODE, KIND_STRING, KIND_DATA };

/* Tags are on the wire: never renumbered. */
enum tag {
	TAG_TYPE = FIELD_REQUIRED | 1,
	TAG_ID = FIELD_REQUIRED | 2,
	TAG_PROTOCOL = 3,
	TAG_PID = 4,
	TAG_START_TIME = 5,
	TAG_COMMAND = 6,
	TAG_RESOURCE = FIELD_REQUIRED | 7,
	TAG_MODE = FIELD_REQUIRED | 8,
	TAG_VALUE = FIELD_REQUIRED | 9,
	TAG_TARGET = FIELD_REQUIRED | 10,
	TAG_PHASE = FIELD_REQUIRED | 11,
	TAG_NODE = 12,
	TAG_NODE_NAME = FIELD_REQUIRED | 13,
	TAG_CLUSTER_NAME = 14,
	TAG_RC = FIELD_REQUIRED | 15,
	TAG_TEXT = 16,
	TAG_DATA = FIELD_REQUIRED | 17,
	TAG_WAIT = FIELD_REQUIRED | 18,
	TAG_JSON = 19,
	TAG_FORCE = FIELD_REQUIRED | 20,
	TAG_NO_VOLUMES = FIELD_REQUIRED | 21,
	TAG_WAIT_QUORUM = FIELD_REQUIRED | 30,
	TAG_UNLESS_PAUSED = FIELD_REQUIRED | 31,
	TAG_SCOPE_IS_NODE = FIELD_REQUIRED | 32,
	TAG_SESSION = 33,
};

struct field_row {
	uint16_t tag;
	enum field_kind kind;
	size_t offset;
	size_t max; /* strings: characters; data: bytes */
};

#define AT(member) offsetof(struct client_message, member)

static const struct field_row field_rows[] = {
	{ TAG_PROTOCOL, KIND_U32, AT(protocol), 0 },
	{ TAG_PID, KIND_U32, AT(pid), 0 },
	{ TAG_START_TIME, KIND_U64, AT(start_time), 0 },
	{ TAG_COMMAND, KIND_STRING, AT(command), CLIENT_COMMAND_MAX },
	{ TAG_RESOURCE, KIND_STRING, AT(resource), CLIENT_RESOURCE_MAX },
	{ TAG_MODE, KIND_MODE, AT(mode), 0 },
	{ TAG_VALUE, KIND_U64, AT(value), 0 },
	{ TAG_TARGET, KIND_U32, AT(target), 0 },
	{ TAG_PHASE, KIND_U32, AT(phase), 0 },
	{ TAG_NODE, KIND_U32, AT(node), 0 },
	{ TAG_NODE_NAME, KIND_STRING, AT(node_name), CLIENT_NAME_MAX },
	{ TAG_CLUSTER_NAME, KIND_STRING, AT(cluster_name), CLIENT_NAME_MAX },
	{ TAG_RC, KIND_INT, AT(rc), 0 },
	{ TAG_TEXT, KIND_STRING, AT(text), CLIENT_TEXT_MAX },
	{ TAG_DATA, KIND_DATA, AT(data), CLIENT_DATA_MAX },
	{ TAG_WAIT, KIND_BOOL, AT(wait), 0 },
	{ TAG_JSON, KIND_BOOL, AT(json), 0 },
	{ TAG_FORCE, KIND_BOOL, AT(force), 0 },
	{ TAG_NO_VOLUMES, KIND_BOOL, AT(no_volumes), 0 },
	{ TAG_WAIT_QUORUM, KIND_BOOL, AT(wait_quorum), 0 },
	{ TAG_UNLESS_PAUSED, KIND_BOOL, AT(unless_paused), 0 },
	{ TAG_SCOPE_IS_NODE, KIND_BOOL, AT(scope_is_node), 0 },
	{ TAG_SESSION, KIND_U64, AT(session), 0 },
};

#define FIELD_ROWS (sizeof(field_rows) / sizeof(field_rows[0]))

struct type_row {
	bool is_known;
	uint16_t required[4]; /* tags that must be there; 0 ends */
};

/* By type: two types of one number are an error of the compiler. */
static const struct type_row type_rows[] = {
	[CLIENT_HELLO] = { true, { TAG_PROTOCOL, TAG_PID, TAG_START_TIME } },
	[CLIENT_LOCK] = { true, { TAG_RESOURCE, TAG_MODE } },
	[CLIENT_UNLOCK] = { true, { TAG_RESOURCE } },
	[CLIENT_CANCEL] = { true, { TAG_VALUE } },
	[CLIENT_RUN] = { true, { TAG_DATA, TAG_TARGET } },
	[CLIENT_COMMIT] = { true, { TAG_VALUE } },
	[CLIENT_RESUME] = { true, { TAG_VALUE } },
	[CLIENT_ABORT] = { true, { TAG_VALUE } },
	[CLIENT_HOLDERS] = { true, { 0 } },
	[CLIENT_STATUS] = { true, { 0 } },
	[CLIENT_LOCKS] = { true, { 0 } },
	[CLIENT_FENCE_ACK] = { true, { TAG_NODE_NAME } },
	[CLIENT_STOP] = { true, { 0 } },
	[CLIENT_EVENTS] = { true, { 0 } },
	[CLIENT_METRICS] = { true, { 0 } },
	[CLIENT_MEMBERS] = { true, { 0 } },
	[CLIENT_RESTART] = { true, { 0 } },
	[CLIENT_READY] = { true, { 0 } },
	[CLIENT_BLACKBOX] = { true, { 0 } },
	[CLIENT_WELCOME] = { true, { TAG_PROTOCOL } },
	[CLIENT_GRANTED] = { true, { 0 } },
	[CLIENT_REFUSED] = { true, { TAG_RC } },
	[CLIENT_WAITING] = { true, { TAG_TEXT } },
	[CLIENT_RESULT] = { true, { TAG_NODE } },
	[CLIENT_DONE] = { true, { 0 } },
	[CLIENT_HOLDERS_OF] = { true, { TAG_NODE, TAG_NODE_NAME, TAG_DATA } },
	[CLIENT_TEXT] = { true, { TAG_TEXT } },
	[CLIENT_MEMBER] = { true, { TAG_NODE, TAG_NODE_NAME, TAG_VALUE } },
	[CLIENT_WORKER_RUN] = { true, { TAG_DATA, TAG_PHASE } },
	[CLIENT_WORKER_KERNEL] = { true, { 0 } },
	[CLIENT_WORKER_NAMES] = { true, { 0 } },
	[CLIENT_WORKER_RECOVER] = { true, { TAG_DATA } },
	[CLIENT_WORKER_LOG] = { true, { TAG_TEXT } },
	[CLIENT_WORKER_DONE] = { true, { 0 } },
	[CLIENT_WORKER_PART] = { true, { TAG_DATA } },
	[CLIENT_WORKER_ERROR] = { true, { TAG_DATA } },
	[CLIENT_WORKER_FREEZE] = { true, { TAG_DATA, TAG_PHASE } },
};

#define TYPE_ROWS (sizeof(type_rows) / sizeof(type_rows[0]))

static const void *member_of(const struct client_message *message, const struct field_row *row)
{
	return (const char *)message + row->offset;
}

static void *member_to_set(struct client_message *message, const struct field_row *row)
{
	return (char *)message + row->offset;
}

static const struct type_row *find_type(uint32_t type)
{
	return type < TYPE_ROWS && type_rows[type].is_known ? &type_rows[type] : NULL;
}

static bool must_have(const struct type_row *type, uint16_t tag)
{
	for (size_t i = 0; i < 4 && type->required[i]; i++)
		if (type->required[i] == tag)
			return true;
	return false;
}

/* ---- encode ---- */

static uint64_t number_of(const struct client_message *message, const struct field_row *row)
{
	const void *at = member_of(message, row);

	switch (row->kind) {
	case KIND_U32:
		return *(const uint32_t *)at;
	case KIND_U64:
		return *(const uint64_t *)at;
	case KIND_INT:
		/* errno values are small and negative: the size is what travels */
		return (uint64_t)(uint32_t) - (*(const int *)at);
	case KIND_BOOL:
		return *(const bool *)at;
	case KIND_MODE:
		return (uint64_t) * (const enum lock_mode *)at;
	case KIND_STRING:
	case KIND_DATA:
		break;
	}
	return 0;
}

static bool put_field(struct field_writer *writer, const struct client_message *message,
		      const struct field_row *row, bool required)
{
	const char *text;
	uint64_t number;

	switch (row->kind) {
	case KIND_STRING:
		text = *(const char *const *)member_of(message, row);
		if (!text || (!*text && !required))
			return true;
		if (strlen(text) > row->max)
			return false;
		field_put_string(writer, row->tag, text);
		return true;
	case KIND_DATA:
		if (message->data_length > row->max)
			return false;
		if (message->data_length || required)
			field_put_bytes(writer, row->tag, message->data, message->data_length);
		return true;
	case KIND_U64:
		number = number_of(message, row);
		if (number || required)
			field_put_u64(writer, row->tag, number);
		return true;
	case KIND_U32:
	case KIND_INT:
	case KIND_BOOL:
	case KIND_MODE:
		number = number_of(message, row);
		if (number || required)
			field_put_u32(writer, row->tag, (uint32_t)number);
		return true;
	}
	return false;
}

int client_message_encode(const struct client_message *message, struct buf *out, struct err *err)
{
	const struct type_row *type = find_type((uint32_t)message->type);
	struct field_writer writer = { .out = out };

	assert(type);
	field_put_u32(&writer, TAG_TYPE, (uint32_t)message->type);
	field_put_u32(&writer, TAG_ID, message->id);
	for (size_t i = 0; i < FIELD_ROWS; i++) {
		const struct field_row *row = &field_rows[i];

		if (!put_field(&writer, message, row, must_have(type, row->tag)))
			return err_set(err, E2BIG,
				       "A field of a message to or from clvmd is too long.");
	}
	if (out->failed)
		return err_set(err, E2BIG, "A message to or from clvmd is too long.");
	return 0;
}

/* ---- decode ---- */

static bool get_data(const struct field_row *row, const void *bytes, size_t length,
		     struct arena *arena, struct client_message *message)
{
	void *copy;

	if (length > row->max || !(copy = arena_alloc(arena, length)))
		return false;
	if (length)
		memcpy(copy, bytes, length);
	message->data = copy;
	message->data_length = length;
	return true;
}

static bool get_number(const struct field_row *row, uint32_t number, void *at)
{
	switch (row->kind) {
	case KIND_U32:
		*(uint32_t *)at = number;
		return true;
	case KIND_INT:
		if (number > 4095) /* the kernel's MAX_ERRNO */
			return false;
		*(int *)at = -(int)number;
		return true;
	case KIND_BOOL:
		*(bool *)at = number == 1;
		return number <= 1;
	case KIND_MODE:
		if (number >= LOCK_MODE_COUNT)
			return false;
		*(enum lock_mode *)at = (enum lock_mode)number;
		return true;
	case KIND_U64:
	case KIND_STRING:
	case KIND_DATA:
		break;
	}
	return false;
}

static bool get_field(const struct field_row *row, const void *bytes, size_t length,
		      struct arena *arena, struct client_message *message)
{
	void *at = member_to_set(message, row);
	uint32_t number;

	if (row->kind == KIND_STRING)
		return field_get_string(bytes, length, row->max, arena, (const char **)at);
	if (row->kind == KIND_DATA)
		return get_data(row, bytes, length, arena, message);
	if (row->kind == KIND_U64)
		return field_get_u64(bytes, length, at);
	return field_get_u32(bytes, length, &number) && get_number(row, number, at);
}

/* The row of a tag and its number; FIELD_ROWS when there is none. */
static size_t find_row(uint16_t tag)
{
	size_t i = 0;

	while (i < FIELD_ROWS && field_rows[i].tag != tag)
		i++;
	return i;
}

static int bad(struct err *err)
{
	return err_set(err, EBADMSG, "Malformed message between a command and clvmd.");
}

static int check_required(const struct client_message *message, uint32_t seen, struct err *err)
{
	const struct type_row *type = find_type((uint32_t)message->type);

	if (!type)
		return bad(err);
	for (size_t i = 0; i < 4 && type->required[i]; i++)
		if (!(seen & 1U << find_row(type->required[i])))
			return bad(err);
	return 0;
}

static void set_empty_strings(struct client_message *message)
{
	for (size_t i = 0; i < FIELD_ROWS; i++) {
		const struct field_row *row = &field_rows[i];
		const char **text = member_to_set(message, row);

		if (row->kind == KIND_STRING && !*text)
			*text = "";
	}
}

int client_message_decode(const void *bytes, size_t length, struct arena *arena,
			  struct client_message *ret_message, struct err *err)
{
	struct client_message message = { 0 };
	struct field_reader reader;
	uint32_t seen = 0, type = 0;
	const void *value;
	size_t value_length;
	uint16_t tag;

	static_assert(FIELD_ROWS < 32, "seen is a word of bits");
	field_reader_init(&reader, bytes, length);
	while (field_next(&reader, &tag, &value, &value_length)) {
		size_t row = find_row(tag);

		if (tag == TAG_TYPE) {
			if (!field_get_u32(value, value_length, &type) || !find_type(type))
				return bad(err);
		} else if (tag == TAG_ID) {
			if (!field_get_u32(value, value_length, &message.id))
				return bad(err);
		} else if (row == FIELD_ROWS) {
			if (!field_may_skip(tag))
				return bad(err);
		} else if (seen & 1U << row ||
			   !get_field(&field_rows[row], value, value_length, arena, &message)) {
			return bad(err); /* twice, or not a value */
		} else {
			seen |= 1U << row;
		}
	}
	if (reader.failed)
		return bad(err);
	message.type = (enum client_message_type)type;
	set_empty_strings(&message);
	if (check_required(&message, seen, err))
		return -EBADMSG;
	*ret_message = message;
	return 0;
}

/* ---- packets ---- */

size_t client_packet_build(const void *message, size_t length, size_t offset, void *packet)
{
	size_t part = length - offset;
	struct writer out = { .at = packet, .left = CLIENT_PACKET_MAX };

	assert(length <= CLIENT_MESSAGE_MAX && offset < length);
	if (part > CLIENT_PACKET_BODY)
		part = CLIENT_PACKET_BODY;
	put_le32(&out, CLIENT_PACKET_MAGIC);
	put_le32(&out, (uint32_t)length);
	put_le32(&out, (uint32_t)offset);
	put_bytes(&out, (const char *)message + offset, part);
	assert(!out.overrun);
	return CLIENT_PACKET_HEADER + part;
}

void client_assembly_init(struct client_assembly *assembly)
{
	*assembly = (struct client_assembly){ .bytes.limit = CLIENT_MESSAGE_MAX };
}

void client_assembly_free(struct client_assembly *assembly)
{
	buf_free(&assembly->bytes);
	assembly->expected = 0;
}

void client_assembly_reset(struct client_assembly *assembly)
{
	client_assembly_free(assembly);
}

int client_assembly_add(struct client_assembly *assembly, const void *packet, size_t length,
			bool *ret_complete, struct err *err)
{
	struct reader in = { .at = packet, .left = length };
	uint32_t magic = get_le32(&in);
	uint32_t total = get_le32(&in);
	uint32_t offset = get_le32(&in);

	if (in.overrun || magic != CLIENT_PACKET_MAGIC || !in.left || !total ||
	    total > CLIENT_MESSAGE_MAX || offset != assembly->bytes.used ||
	    in.left > total - assembly->bytes.used)
		return bad(err);
	if (assembly->expected && assembly->expected != total)
		return bad(err);
	assembly->expected = total;
	buf_add(&assembly->bytes, in.at, in.left);
	if (assembly->bytes.failed)
		return err_set(err, ENOMEM, "Out of memory for a message.");
	*ret_complete = assembly->bytes.used == total;
	return 0;
}
