/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/proto/field.h"
#include "metadata/base/cleanup.h"

#define LIMIT ((size_t)1 << 20)

static void writes_tag_and_length_little_endian(void **state)
{
	static const unsigned char expected[] = { 0x02, 0x01, 4, 0, 0, 0, 0x78, 0x56, 0x34,
						  0x12, 3,    0, 2, 0, 0, 0,	'h',  'i' };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct field_writer writer = { .out = &out };

	(void)state;
	field_put_u32(&writer, 0x0102, 0x12345678);
	field_put_string(&writer, 3, "hi");
	field_put_string(&writer, 4, NULL);
	assert_false(out.failed);
	assert_int_equal(out.used, sizeof(expected));
	assert_memory_equal(out.data, expected, sizeof(expected));
}

static void reads_back_what_was_written(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct field_writer writer = { .out = &out };
	struct field_reader reader, inner;
	const void *bytes;
	const char *text;
	size_t length, begun;
	uint16_t tag;
	uint32_t small;
	uint64_t large;

	(void)state;
	field_put_u64(&writer, 9, UINT64_MAX - 1);
	begun = field_begin(&writer, 10);
	field_put_u32(&writer, 1, 7);
	field_put_string(&writer, 2, "");
	field_end(&writer, begun);
	field_put_bytes(&writer, 11, "", 0);

	field_reader_init(&reader, out.data, out.used);
	assert_true(field_next(&reader, &tag, &bytes, &length));
	assert_int_equal(tag, 9);
	assert_true(field_get_u64(bytes, length, &large));
	assert_true(large == UINT64_MAX - 1);
	assert_true(field_next(&reader, &tag, &bytes, &length));
	assert_int_equal(tag, 10);
	field_reader_init(&inner, bytes, length);
	assert_true(field_next(&inner, &tag, &bytes, &length));
	assert_true(field_get_u32(bytes, length, &small));
	assert_int_equal(small, 7);
	assert_true(field_next(&inner, &tag, &bytes, &length));
	assert_true(field_get_string(bytes, length, 10, &arena, &text));
	assert_string_equal(text, "");
	assert_false(field_next(&inner, &tag, &bytes, &length));
	assert_false(inner.failed);
	assert_true(field_next(&reader, &tag, &bytes, &length));
	assert_int_equal(length, 0);
	assert_false(field_next(&reader, &tag, &bytes, &length));
	assert_false(reader.failed);
}

/* Each prefix in memory of exactly its size, so that a read past it is seen by ASan. */
static void refuses_every_truncation(void **state)
{
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct field_writer writer = { .out = &out };

	(void)state;
	field_put_u64(&writer, 1, 2);
	for (size_t cut = 1; cut < out.used; cut++) {
		char AUTO_FREE *copy = malloc(cut);
		struct field_reader reader;
		const void *bytes;
		size_t length;
		uint16_t tag;

		assert_non_null(copy);
		memcpy(copy, out.data, cut);
		field_reader_init(&reader, copy, cut);
		assert_false(field_next(&reader, &tag, &bytes, &length));
		assert_true(reader.failed);
		assert_false(field_next(&reader, &tag, &bytes, &length));
	}
}

static void refuses_a_length_past_the_end(void **state)
{
	static const unsigned char huge[] = { 1, 0, 0xff, 0xff, 0xff, 0xff, 'x' };
	struct field_reader reader;
	const void *bytes;
	size_t length;
	uint16_t tag;

	(void)state;
	field_reader_init(&reader, huge, sizeof(huge));
	assert_false(field_next(&reader, &tag, &bytes, &length));
	assert_true(reader.failed);
}

static void refuses_values_of_another_type(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct arena AUTO_ARENA full = { .limit = 0 };
	const char *text;
	uint32_t small;
	uint64_t large;
	char id[4];

	(void)state;
	assert_false(field_get_u32("12345678", 8, &small));
	assert_false(field_get_u32("", 0, &small));
	assert_false(field_get_u64("1234", 4, &large));
	assert_false(field_get_fixed("123", 3, id, sizeof(id)));
	assert_false(field_get_string("a\0b", 3, 10, &arena, &text));
	assert_false(field_get_string("abcd", 4, 3, &arena, &text));
	assert_false(field_get_string("abc", 3, 3, &full, &text));
	assert_true(field_get_string("abc", 3, 3, &arena, &text));
	assert_string_equal(text, "abc");
}

static void writing_past_the_limit_fails_the_buf(void **state)
{
	struct buf AUTO_BUF out = { .limit = 20 };
	struct field_writer writer = { .out = &out };
	size_t begun;

	(void)state;
	begun = field_begin(&writer, 1);
	field_put_u64(&writer, 2, 3);
	field_put_u64(&writer, 4, 5);
	field_end(&writer, begun);
	assert_true(out.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_tag_and_length_little_endian),
		cmocka_unit_test(reads_back_what_was_written),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(refuses_a_length_past_the_end),
		cmocka_unit_test(refuses_values_of_another_type),
		cmocka_unit_test(writing_past_the_limit_fails_the_buf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
