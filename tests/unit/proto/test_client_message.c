/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Client messages: what is sent is what arrives, and nothing malformed gets through. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/proto/client_message.h"
#include "lib/proto/field.h"

#define BYTES_MAX CLIENT_MESSAGE_MAX

static int decode(const void *bytes, size_t length, struct client_message *message)
{
	static struct arena arena;
	struct err err = { 0 };
	int rc;

	arena_free(&arena);
	arena.limit = CLIENT_MESSAGE_ARENA_MAX;
	rc = client_message_decode(bytes, length, &arena, message, &err);
	if (rc)
		assert_string_not_equal(err.text, "");
	return rc;
}

static void a_message_arrives_as_it_was_sent(void **state)
{
	struct buf bytes = { .limit = BYTES_MAX };
	struct client_message got, sent = {
		.type = CLIENT_LOCK, .id = 7, .resource = "V_vg0", .mode = MODE_EX, .wait = true
	};
	struct err err;

	(void)state;
	assert_int_equal(client_message_encode(&sent, &bytes, &err), 0);
	assert_int_equal(decode(bytes.data, bytes.used, &got), 0);
	assert_int_equal(got.type, CLIENT_LOCK);
	assert_int_equal(got.id, 7);
	assert_string_equal(got.resource, "V_vg0");
	assert_int_equal(got.mode, MODE_EX);
	assert_true(got.wait);
	assert_string_equal(got.text, "");
	buf_free(&bytes);
}

static void an_error_keeps_its_number_and_text(void **state)
{
	struct buf bytes = { .limit = BYTES_MAX };
	struct client_message got, sent = { .type = CLIENT_REFUSED,
					    .id = 1,
					    .rc = -EBUSY,
					    .text = "vg lock is held EX by node n2" };
	struct err err;

	(void)state;
	assert_int_equal(client_message_encode(&sent, &bytes, &err), 0);
	assert_int_equal(decode(bytes.data, bytes.used, &got), 0);
	assert_int_equal(got.rc, -EBUSY);
	assert_string_equal(got.text, sent.text);
	buf_free(&bytes);
}

static void a_required_field_that_is_zero_is_sent(void **state)
{
	struct buf bytes = { .limit = BYTES_MAX };
	struct client_message got, sent = { .type = CLIENT_UNLOCK, .resource = "" };
	struct err err;

	(void)state;
	assert_int_equal(client_message_encode(&sent, &bytes, &err), 0);
	assert_int_equal(decode(bytes.data, bytes.used, &got), 0);
	buf_free(&bytes);
}

static void data_travels_unchanged(void **state)
{
	struct buf bytes = { .limit = BYTES_MAX };
	char data[1000];
	struct client_message got, sent = {
		.type = CLIENT_RUN, .target = 1, .data = data, .data_length = sizeof(data)
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	assert_int_equal(client_message_encode(&sent, &bytes, &err), 0);
	assert_int_equal(decode(bytes.data, bytes.used, &got), 0);
	assert_int_equal(got.data_length, sizeof(data));
	assert_memory_equal(got.data, data, sizeof(data));
	buf_free(&bytes);
}

static void a_field_that_is_too_long_is_not_sent(void **state)
{
	struct buf bytes = { .limit = BYTES_MAX };
	char name[CLIENT_RESOURCE_MAX + 2];
	struct client_message sent = { .type = CLIENT_LOCK, .resource = name, .mode = MODE_PR };
	struct err err;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[CLIENT_RESOURCE_MAX + 1] = '\0';
	assert_int_equal(client_message_encode(&sent, &bytes, &err), -E2BIG);
	buf_free(&bytes);
}

/* ---- malformed ---- */

enum { TYPE = FIELD_REQUIRED | 1, RESOURCE = FIELD_REQUIRED | 7, MODE = FIELD_REQUIRED | 8 };

static void start(struct field_writer *writer, struct buf *bytes, uint32_t type)
{
	*bytes = (struct buf){ .limit = BYTES_MAX };
	writer->out = bytes;
	field_put_u32(writer, TYPE, type);
}

static void assert_refused(struct buf *bytes)
{
	struct client_message got;

	assert_int_equal(decode(bytes->data, bytes->used, &got), -EBADMSG);
	buf_free(bytes);
}

static void a_type_that_is_not_known_is_refused(void **state)
{
	struct field_writer writer;
	struct buf bytes;

	(void)state;
	start(&writer, &bytes, 999);
	assert_refused(&bytes);
	bytes = (struct buf){ .limit = BYTES_MAX };
	assert_refused(&bytes); /* nothing at all */
}

static void a_message_without_its_fields_is_refused(void **state)
{
	struct field_writer writer;
	struct buf bytes;

	(void)state;
	start(&writer, &bytes, CLIENT_LOCK);
	field_put_string(&writer, RESOURCE, "V_vg");
	assert_refused(&bytes); /* no mode */
}

static void a_mode_that_does_not_exist_is_refused(void **state)
{
	struct field_writer writer;
	struct buf bytes;

	(void)state;
	start(&writer, &bytes, CLIENT_LOCK);
	field_put_string(&writer, RESOURCE, "V_vg");
	field_put_u32(&writer, MODE, LOCK_MODE_COUNT);
	assert_refused(&bytes);
}

static void a_field_that_comes_twice_is_refused(void **state)
{
	struct field_writer writer;
	struct buf bytes;

	(void)state;
	start(&writer, &bytes, CLIENT_LOCK);
	field_put_u32(&writer, MODE, MODE_PR);
	field_put_string(&writer, RESOURCE, "V_a");
	field_put_string(&writer, RESOURCE, "V_b");
	assert_refused(&bytes);
}

static void an_unknown_field_is_skipped_only_if_it_may_be(void **state)
{
	struct field_writer writer;
	struct client_message got;
	struct buf bytes;

	(void)state;
	start(&writer, &bytes, CLIENT_STATUS);
	field_put_u32(&writer, 1234, 1);
	assert_int_equal(decode(bytes.data, bytes.used, &got), 0);
	buf_free(&bytes);
	start(&writer, &bytes, CLIENT_STATUS);
	field_put_u32(&writer, FIELD_REQUIRED | 1234, 1);
	assert_refused(&bytes);
}

static void a_text_with_a_nul_in_it_is_refused(void **state)
{
	struct field_writer writer;
	struct buf bytes;

	(void)state;
	start(&writer, &bytes, CLIENT_UNLOCK);
	field_put_bytes(&writer, RESOURCE, "V_\0vg", 5);
	assert_refused(&bytes);
}

static void no_cut_of_a_message_is_a_message_with_all_its_fields(void **state)
{
	struct buf bytes = { .limit = BYTES_MAX };
	struct client_message got, sent = {
		.type = CLIENT_HELLO, .protocol = CLIENT_PROTOCOL, .pid = 1, .start_time = 1
	};
	struct err err;

	(void)state;
	assert_int_equal(client_message_encode(&sent, &bytes, &err), 0);
	for (size_t length = 0; length < bytes.used; length++) {
		char *cut = malloc(length + 1); /* valgrind sees a read past it */

		assert_non_null(cut);
		memcpy(cut, bytes.data, length);
		assert_int_equal(decode(cut, length, &got), -EBADMSG);
		free(cut);
	}
	buf_free(&bytes);
}

static void random_damage_never_crashes(void **state)
{
	unsigned int seed = (unsigned int)time(NULL);
	struct buf bytes = { .limit = BYTES_MAX };
	struct client_message got, sent = { .type = CLIENT_RESULT,
					    .node = 2,
					    .node_name = "n2",
					    .rc = -EIO,
					    .text = "text",
					    .data = "data",
					    .data_length = 4 };
	struct err err;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	assert_int_equal(client_message_encode(&sent, &bytes, &err), 0);
	for (int i = 0; i < 20000; i++) {
		size_t at = (size_t)random() % bytes.used;
		char old = bytes.data[at];

		bytes.data[at] = (char)random();
		(void)!decode(bytes.data, bytes.used, &got);
		if (random() % 4)
			bytes.data[at] = old;
	}
	buf_free(&bytes);
}

/* ---- packets ---- */

static unsigned char packet[CLIENT_PACKET_MAX];

static void a_long_message_is_cut_and_put_together(void **state)
{
	size_t length = 3 * CLIENT_PACKET_BODY + 17;
	char *message = malloc(length);
	struct client_assembly assembly;
	bool complete = false;
	struct err err;
	int packets = 0;

	(void)state;
	assert_non_null(message);
	for (size_t i = 0; i < length; i++)
		message[i] = (char)(i % 251);
	client_assembly_init(&assembly);
	for (size_t offset = 0; offset < length; offset += CLIENT_PACKET_BODY, packets++) {
		size_t size = client_packet_build(message, length, offset, packet);

		assert_false(complete);
		assert_int_equal(client_assembly_add(&assembly, packet, size, &complete, &err), 0);
	}
	assert_true(complete);
	assert_int_equal(packets, 4);
	assert_int_equal(assembly.bytes.used, length);
	assert_memory_equal(assembly.bytes.data, message, length);
	client_assembly_free(&assembly);
	free(message);
}

static int add(struct client_assembly *assembly, size_t length)
{
	bool complete;
	struct err err;

	return client_assembly_add(assembly, packet, length, &complete, &err);
}

static void a_packet_that_breaks_the_rules_is_refused(void **state)
{
	char message[100] = { 0 };
	struct client_assembly assembly;
	size_t length;

	(void)state;
	client_assembly_init(&assembly);
	length = client_packet_build(message, sizeof(message), 0, packet);
	for (size_t cut = 0; cut <= CLIENT_PACKET_HEADER; cut++)
		assert_int_equal(add(&assembly, cut), -EBADMSG); /* header only, or less */
	packet[0] ^= 1;						 /* magic */
	assert_int_equal(add(&assembly, length), -EBADMSG);
	packet[0] ^= 1;
	packet[4] = 99; /* more bytes than the message has */
	assert_int_equal(add(&assembly, length), -EBADMSG);
	packet[4] = 100;
	packet[8] = 1; /* a gap */
	assert_int_equal(add(&assembly, length), -EBADMSG);
	packet[8] = 0;
	packet[7] = 0x7f; /* longer than any message */
	assert_int_equal(add(&assembly, length), -EBADMSG);
	packet[7] = 0;
	assert_int_equal(add(&assembly, length), 0);
	client_assembly_free(&assembly);
}

static void two_messages_are_not_mixed(void **state)
{
	static char message[CLIENT_PACKET_BODY + 100];
	struct client_assembly assembly;
	size_t length;

	(void)state;
	client_assembly_init(&assembly);
	length = client_packet_build(message, sizeof(message), 0, packet);
	assert_int_equal(add(&assembly, length), 0);
	length = client_packet_build(message, sizeof(message) - 1, CLIENT_PACKET_BODY, packet);
	assert_int_equal(add(&assembly, length), -EBADMSG);
	client_assembly_free(&assembly);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_as_it_was_sent),
		cmocka_unit_test(an_error_keeps_its_number_and_text),
		cmocka_unit_test(a_required_field_that_is_zero_is_sent),
		cmocka_unit_test(data_travels_unchanged),
		cmocka_unit_test(a_field_that_is_too_long_is_not_sent),
		cmocka_unit_test(a_type_that_is_not_known_is_refused),
		cmocka_unit_test(a_message_without_its_fields_is_refused),
		cmocka_unit_test(a_mode_that_does_not_exist_is_refused),
		cmocka_unit_test(a_field_that_comes_twice_is_refused),
		cmocka_unit_test(an_unknown_field_is_skipped_only_if_it_may_be),
		cmocka_unit_test(a_text_with_a_nul_in_it_is_refused),
		cmocka_unit_test(no_cut_of_a_message_is_a_message_with_all_its_fields),
		cmocka_unit_test(random_damage_never_crashes),
		cmocka_unit_test(a_long_message_is_cut_and_put_together),
		cmocka_unit_test(a_packet_that_breaks_the_rules_is_refused),
		cmocka_unit_test(two_messages_are_not_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
