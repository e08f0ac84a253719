/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/core/bus.h"

#include <errno.h>

#include "lib/proto/field.h"
#include "metadata/base/cleanup.h"

#define LIMIT ((size_t)2 << 20)

static struct message sample(const struct buf *names)
{
	return (struct message){ .type = MESSAGE_LOCK,
				 .ring = { 3, 0x1122334455667788U },
				 .lineage.bytes = { 1, 2 },
				 .daemon.bytes = { 3, 4 },
				 .client = 7,
				 .request = UINT64_MAX,
				 .kind = LOCK_COMMAND,
				 .mode = MODE_EX,
				 .flags = FLAG_WAIT,
				 .boot.bytes = { 9 },
				 .command = { "lvs", 3 },
				 .names = { names->data, names->used } };
}

static void comes_back_as_it_was_sent(void **state)
{
	const char *const names[] = { "V_vg", "V_vh", LV };
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF bytes = { .limit = LIMIT };
	struct buf AUTO_BUF list = { .limit = LIMIT };
	struct message message, back;
	const char **decoded;
	size_t count;

	(void)state;
	names_encode(names, 3, &list);
	message = sample(&list);
	message_encode(&message, &bytes);
	assert_int_equal(message_decode(bytes.data, bytes.used, &back, NULL), 0);
	assert_int_equal(back.type, MESSAGE_LOCK);
	assert_int_equal(back.ring.node, 3);
	assert_true(back.ring.seq == message.ring.seq);
	assert_true(back.request == UINT64_MAX && back.client == 7);
	assert_int_equal(back.mode, MODE_EX);
	assert_int_equal(back.flags, FLAG_WAIT);
	assert_memory_equal(&back.boot, &message.boot, 16);
	assert_memory_equal(&back.lineage, &message.lineage, 16);
	assert_memory_equal(&back.daemon, &message.daemon, 16);
	assert_int_equal(names_decode(back.names, &arena, &decoded, &count), 0);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(decoded[i], names[i]);
}

static void never_crashes_on_damaged_bytes(void **state)
{
	const char *const names[] = { "V_vg", "V_vh" };
	struct buf AUTO_BUF bytes = { .limit = LIMIT };
	struct buf AUTO_BUF list = { .limit = LIMIT };
	struct message message, back;

	(void)state;
	names_encode(names, 2, &list);
	message = sample(&list);
	message_encode(&message, &bytes);
	for (size_t length = 0; length < bytes.used; length++)
		if (!message_decode(bytes.data, length, &back, NULL))
			assert_true(back.mode < LOCK_MODE_COUNT);
	for (size_t bit = 0; bit < bytes.used * 8; bit++) {
		struct arena AUTO_ARENA arena = { .limit = LIMIT };
		const char **decoded;
		size_t count;

		bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ 1 << bit % 8);
		if (!message_decode(bytes.data, bytes.used, &back, NULL)) {
			assert_true(back.mode < LOCK_MODE_COUNT);
			(void)!names_decode(back.names, &arena, &decoded, &count);
		}
		bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ 1 << bit % 8);
	}
}

static void skips_a_field_that_it_does_not_know_but_not_a_required_one(void **state)
{
	struct buf AUTO_BUF bytes = { .limit = LIMIT };
	struct field_writer writer = { .out = &bytes };
	struct message message = { .type = MESSAGE_GONE, .client = 5 }, back;

	(void)state;
	message_encode(&message, &bytes);
	field_put_u32(&writer, 900, 1);
	assert_int_equal(message_decode(bytes.data, bytes.used, &back, NULL), 0);
	assert_int_equal(back.client, 5);
	field_put_u32(&writer, 900 | FIELD_REQUIRED, 1);
	assert_int_equal(message_decode(bytes.data, bytes.used, &back, NULL), -EBADMSG);
}

static void tells_another_major_version_from_rubbish(void **state)
{
	struct buf AUTO_BUF bytes = { .limit = LIMIT };
	struct message message = { .type = MESSAGE_GONE, .major = PROTOCOL_MAJOR + 1 }, back;

	(void)state;
	message_encode(&message, &bytes);
	assert_int_equal(message_decode(bytes.data, bytes.used, &back, NULL), -EPROTO);
	assert_int_equal(back.major, PROTOCOL_MAJOR + 1);
	bytes.data[0] ^= 1;
	assert_int_equal(message_decode(bytes.data, bytes.used, &back, NULL), -EBADMSG);
}

static void tells_apart_unknown_types_that_are_optional(void **state)
{
	struct message message = { .type = (enum message_type)200 }, back;
	struct buf AUTO_BUF fatal = { .limit = LIMIT };
	struct buf AUTO_BUF optional = { .limit = LIMIT };

	(void)state;
	message_encode(&message, &fatal);
	assert_int_equal(message_decode(fatal.data, fatal.used, &back, NULL), 0);
	assert_true(!back.type && back.unknown_type == 200 && !back.optional);
	message.optional = true;
	message_encode(&message, &optional);
	assert_int_equal(message_decode(optional.data, optional.used, &back, NULL), 0);
	assert_true(!back.type && back.unknown_type == 200 && back.optional);
}

static void refuses_modes_and_names_that_are_none(void **state)
{
	static const struct {
		unsigned char bytes[16];
		size_t length;
	} bad[] = {
		{ { 0 }, 0 },
		{ { 0, 0, 0, 0 }, 4 },			      /* no name */
		{ { 1, 0, 0, 0, 0, 0 }, 6 },		      /* an empty one */
		{ { 1, 0, 0, 0, 1, 1, 'a' }, 7 },	      /* begins like the one before: none */
		{ { 1, 0, 0, 0, 0, 9, 'a' }, 7 },	      /* longer than the bytes */
		{ { 1, 0, 0, 0, 0, 1, ' ' }, 7 },	      /* a blank */
		{ { 1, 0, 0, 0, 0, 1, 'a', 'b' }, 8 },	      /* more than it says */
		{ { 0xff, 0xff, 0xff, 0x7f, 0, 1, 'a' }, 7 }, /* too many */
	};
	struct buf AUTO_BUF bytes = { .limit = LIMIT };
	struct message message = { .type = MESSAGE_LOCK, .mode = LOCK_MODE_COUNT }, back;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena AUTO_ARENA arena = { .limit = LIMIT };
		const char **names;
		size_t count;

		assert_int_equal(names_decode((struct blob){ bad[i].bytes, bad[i].length }, &arena,
					      &names, &count),
				 -EBADMSG);
	}
	message_encode(&message, &bytes);
	assert_int_equal(message_decode(bytes.data, bytes.used, &back, NULL), -EBADMSG);
}

static void all_lvs_of_a_large_vg_fit_one_message(void **state)
{
	static char names[REQUEST_RESOURCES_MAX][RESOURCE_NAME_MAX];
	static const char *list[REQUEST_RESOURCES_MAX];
	struct buf AUTO_BUF bytes = { .limit = MESSAGE_LENGTH_MAX - 1024 };

	(void)state;
	for (size_t i = 0; i < REQUEST_RESOURCES_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%.32s%032zx", LV,
			       i * 0x9e3779b97f4a7c15U);
		list[i] = names[i];
	}
	names_encode(list, REQUEST_RESOURCES_MAX, &bytes);
	assert_false(bytes.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_was_sent),
		cmocka_unit_test(never_crashes_on_damaged_bytes),
		cmocka_unit_test(skips_a_field_that_it_does_not_know_but_not_a_required_one),
		cmocka_unit_test(tells_another_major_version_from_rubbish),
		cmocka_unit_test(tells_apart_unknown_types_that_are_optional),
		cmocka_unit_test(refuses_modes_and_names_that_are_none),
		cmocka_unit_test(all_lvs_of_a_large_vg_fit_one_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
