/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The codec is one table of fields. What comes in is hostile: lengths, counts, modes and names are
 * checked here, so that the state machine behind may rely on them.
 */
#include "clvmd/core/message.h"

#include <errno.h>
#include <string.h>

#include "lib/proto/field.h"
#include "metadata/base/span.h"

#define HEADER_MAGIC 0x4d564c43U /* "CLVM" */
#define HEADER_SIZE  (4 + 2 + 2 + 2 + 2 + 16 + 4 + 8 + 16)

enum field_kind { KIND_NUMBER, KIND_ID, KIND_BLOB };

struct field_rule {
	uint16_t tag;
	enum field_kind kind;
	size_t offset;
};

#define NUMBER(tag, field)                                        \
	{                                                         \
		tag, KIND_NUMBER, offsetof(struct message, field) \
	}
#define ID(tag, field)                                        \
	{                                                     \
		tag, KIND_ID, offsetof(struct message, field) \
	}
#define BLOB(tag, field)                                        \
	{                                                       \
		tag, KIND_BLOB, offsetof(struct message, field) \
	}

/* Tags are on the wire: never reuse one. */
static const struct field_rule rules[] = {
	NUMBER(1, flags),	  NUMBER(2, node),	NUMBER(3, client),
	NUMBER(4, request),	  NUMBER(5, kind),	NUMBER(6, mode),
	NUMBER(7, previous_mode), NUMBER(8, pid),	NUMBER(9, value),
	NUMBER(10, epoch),	  NUMBER(11, count),	NUMBER(12, hash),
	NUMBER(13, number),	  NUMBER(14, state),	NUMBER(15, op_node),
	NUMBER(16, op_number),	  NUMBER(17, op_phase), NUMBER(18, only_node),
	NUMBER(19, rc),		  ID(20, boot),		ID(21, id),
	BLOB(22, command),	  BLOB(23, text),	BLOB(24, payload),
	BLOB(25, data),		  BLOB(26, nodes),	BLOB(27, marks),
	BLOB(28, names),	  NUMBER(29, since),
};

#define RULE_COUNT (sizeof(rules) / sizeof(rules[0]))

static const unsigned char no_id[16];

static void put_number(struct buf *out, uint64_t value, size_t width)
{
	unsigned char bytes[8];
	struct writer writer = { .at = bytes, .left = sizeof(bytes) };

	put_le64(&writer, value);
	buf_add(out, bytes, width);
}

static void encode_field(const struct field_rule *rule, const struct message *message,
			 struct buf *out)
{
	const unsigned char *at = (const unsigned char *)message + rule->offset;
	struct field_writer writer = { .out = out };
	struct blob blob;
	uint64_t number;

	switch (rule->kind) {
	case KIND_NUMBER:
		memcpy(&number, at, sizeof(number));
		if (number)
			field_put_u64(&writer, rule->tag, number);
		break;
	case KIND_ID:
		if (memcmp(at, no_id, sizeof(no_id)) != 0)
			field_put_bytes(&writer, rule->tag, at, sizeof(no_id));
		break;
	case KIND_BLOB:
		memcpy(&blob, at, sizeof(blob));
		if (blob.length)
			field_put_bytes(&writer, rule->tag, blob.bytes, blob.length);
		break;
	}
}

static void encode_fields(const struct message *message, struct buf *out)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		encode_field(&rules[i], message, out);
}

static bool decode_field(const struct field_rule *rule, const void *bytes, size_t length,
			 struct message *message)
{
	unsigned char *at = (unsigned char *)message + rule->offset;
	struct blob blob = { bytes, length };
	uint64_t number;

	switch (rule->kind) {
	case KIND_NUMBER:
		if (!field_get_u64(bytes, length, &number))
			return false;
		memcpy(at, &number, sizeof(number));
		return true;
	case KIND_ID:
		return field_get_fixed(bytes, length, at, sizeof(no_id));
	case KIND_BLOB:
		memcpy(at, &blob, sizeof(blob));
		return true;
	}
	return false;
}

static const struct field_rule *find_rule(uint16_t tag)
{
	/* Tags count from 1 in the order of the table. */
	return tag >= 1 && tag <= RULE_COUNT ? &rules[tag - 1] : NULL;
}

static bool decode_fields(const void *bytes, size_t length, struct message *message)
{
	const struct field_rule *rule;
	struct field_reader reader;
	const void *value;
	size_t value_length;
	uint16_t tag;

	field_reader_init(&reader, bytes, length);
	while (field_next(&reader, &tag, &value, &value_length)) {
		if (!(rule = find_rule(tag))) {
			if (!field_may_skip(tag))
				return false;
			continue;
		}
		if (!decode_field(rule, value, value_length, message))
			return false;
	}
	return !reader.failed;
}

void message_encode(const struct message *message, struct buf *out)
{
	put_number(out, HEADER_MAGIC, 4);
	put_number(out, message->major ? message->major : PROTOCOL_MAJOR, 2);
	put_number(out, message->minor ? message->minor : PROTOCOL_MINOR, 2);
	put_number(out, message->type, 2);
	put_number(out, message->optional ? MESSAGE_OPTIONAL : 0, 2);
	buf_add(out, message->lineage.bytes, sizeof(message->lineage.bytes));
	put_number(out, message->ring.node, 4);
	put_number(out, message->ring.seq, 8);
	buf_add(out, message->daemon.bytes, sizeof(message->daemon.bytes));
	encode_fields(message, out);
}

/* What would be used as an enum or narrowed must be in its range. */
static bool values_are_valid(const struct message *message)
{
	return message->mode < LOCK_MODE_COUNT && message->previous_mode < LOCK_MODE_COUNT &&
	       message->kind <= LOCK_ACTIVATION && message->op_phase <= OP_OUTCOME &&
	       message->pid <= UINT32_MAX && message->node <= UINT32_MAX &&
	       message->op_node <= UINT32_MAX && message->only_node <= UINT32_MAX &&
	       message->rc <= INT32_MAX &&
	       (message->type != MESSAGE_LEVEL || message->number <= UINT16_MAX) &&
	       message->text.length <= RESULT_TEXT_MAX &&
	       message->payload.length <= OP_PAYLOAD_MAX &&
	       message->command.length < LOCK_COMMAND_MAX;
}

int message_decode(const void *bytes, size_t length, struct message *ret, struct err *err)
{
	struct reader in = { .at = bytes, .left = length };
	uint32_t magic;
	uint16_t type;

	*ret = (struct message){ 0 };
	if (length < HEADER_SIZE || length > MESSAGE_LENGTH_MAX)
		return err_set(err, EBADMSG, "a message of %zu bytes", length);
	magic = get_le32(&in);
	ret->major = get_le16(&in);
	ret->minor = get_le16(&in);
	if (magic != HEADER_MAGIC)
		return err_set(err, EBADMSG, "a message that is not clvmd's");
	if (ret->major != PROTOCOL_MAJOR)
		return err_set(err, EPROTO, "protocol version %u.%u", ret->major, ret->minor);
	type = get_le16(&in);
	ret->optional = get_le16(&in) & MESSAGE_OPTIONAL;
	get_bytes(&in, ret->lineage.bytes, sizeof(ret->lineage.bytes));
	ret->ring.node = get_le32(&in);
	ret->ring.seq = get_le64(&in);
	get_bytes(&in, ret->daemon.bytes, sizeof(ret->daemon.bytes));
	if (type < MESSAGE_HELLO || type >= MESSAGE_TYPE_COUNT) {
		ret->unknown_type = type;
		return 0;
	}
	ret->type = (enum message_type)type;
	if (!decode_fields(in.at, in.left, ret) || !values_are_valid(ret))
		return err_set(err, EBADMSG, "malformed fields in a message of type %u", type);
	return 0;
}

void record_encode(uint16_t tag, const struct message *record, struct buf *out)
{
	struct field_writer writer = { .out = out };
	size_t begun = field_begin(&writer, tag);

	encode_fields(record, out);
	field_end(&writer, begun);
}

int record_decode(const void *bytes, size_t length, struct message *ret)
{
	*ret = (struct message){ 0 };
	return decode_fields(bytes, length, ret) && values_are_valid(ret) ? 0 : -EBADMSG;
}

/* ---- lists ---- */

void names_encode(const char *const *names, size_t count, struct buf *out)
{
	const char *before = "";

	put_number(out, count, 4);
	for (size_t i = 0; i < count; i++) {
		size_t same = 0, length = strlen(names[i]);

		while (names[i][same] && names[i][same] == before[same])
			same++;
		put_number(out, same, 1);
		put_number(out, length - same, 1);
		buf_add(out, names[i] + same, length - same);
		before = names[i];
	}
}

static bool is_name(const char *name, size_t length)
{
	if (!length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return true;
}

int names_decode(struct blob blob, struct arena *arena, const char ***ret_names, size_t *ret_count)
{
	struct reader in = { .at = blob.bytes, .left = blob.length };
	size_t count = get_le32(&in), before_length = 0;
	const char *before = "", **names;

	if (in.overrun || !count || count > REQUEST_RESOURCES_MAX)
		return -EBADMSG;
	if (!(names = arena_calloc(arena, count, sizeof(*names))))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t same = get_u8(&in), rest = get_u8(&in);
		char *name;

		if (in.overrun || same > before_length || rest > in.left ||
		    same + rest >= RESOURCE_NAME_MAX)
			return -EBADMSG;
		if (!(name = arena_alloc(arena, same + rest + 1)))
			return -ENOMEM;
		memcpy(name, before, same);
		get_bytes(&in, name + same, rest);
		if (!is_name(name, same + rest))
			return -EBADMSG;
		names[i] = before = name;
		before_length = same + rest;
	}
	*ret_names = names;
	*ret_count = count;
	return in.left ? -EBADMSG : 0;
}

void nodes_encode(const uint32_t *nodes, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		put_number(out, nodes[i], 4);
}

bool nodes_decode(struct blob blob, uint32_t nodes[LOCKSPACE_NODES_MAX], size_t *ret_count)
{
	struct reader in = { .at = blob.bytes, .left = blob.length };

	if (blob.length % 4 || blob.length / 4 > LOCKSPACE_NODES_MAX)
		return false;
	*ret_count = blob.length / 4;
	for (size_t i = 0; i < *ret_count; i++)
		nodes[i] = get_le32(&in);
	return true;
}

#define MARK_SIZE 20

void marks_encode(const struct mark *marks, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		put_number(out, marks[i].node, 4);
		buf_add(out, marks[i].boot.bytes, sizeof(marks[i].boot.bytes));
	}
}

bool marks_decode(struct blob blob, struct mark marks[MARKS_MAX], size_t *ret_count)
{
	struct reader in = { .at = blob.bytes, .left = blob.length };

	if (blob.length % MARK_SIZE || blob.length / MARK_SIZE > MARKS_MAX)
		return false;
	*ret_count = blob.length / MARK_SIZE;
	for (size_t i = 0; i < *ret_count; i++) {
		marks[i].node = get_le32(&in);
		get_bytes(&in, marks[i].boot.bytes, sizeof(marks[i].boot.bytes));
	}
	return true;
}

const char *blob_text(struct blob blob, size_t max, struct arena *arena)
{
	size_t length = blob.length < max ? blob.length : max;
	char *text = arena_strndup(arena, blob.bytes ? blob.bytes : "", length);

	if (!text)
		return NULL;
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' && *at != '\n' && *at != '\t')
			*at = '?';
	return text;
}
