/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events as lines of text and of JSON, and the ring that keeps the last of them. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clvmd/event_ring.h"

static const struct event_field fence_fields[] = {
	{ .name = "step", .text = "confirmed" },
	{ .name = "how", .text = "exec" },
	{ .name = "by", .text = "" },
	{ .name = "seconds", .number = 3 },
};

static const struct event fence = { .type = EVENT_FENCE,
				    .time = { 1764104400, 42000000 },
				    .node = "n2",
				    .fields = fence_fields,
				    .field_count = 4 };

static void print(const struct event *event, bool json, char *text, size_t size)
{
	struct buf out = { .limit = EVENT_LINE_MAX };

	event_print(event, json, &out);
	assert_false(out.failed);
	assert_true(out.used < size);
	memcpy(text, out.data, out.used + 1);
	buf_free(&out);
}

static void an_event_is_a_line_for_people(void **state)
{
	char text[EVENT_LINE_MAX];

	(void)state;
	print(&fence, false, text, sizeof(text));
	assert_string_equal(text, "2025-11-25T21:00:00.042Z n2 fence step=confirmed how=exec "
				  "seconds=3\n");
}

static void an_event_is_a_line_of_json(void **state)
{
	char text[EVENT_LINE_MAX];

	(void)state;
	print(&fence, true, text, sizeof(text));
	assert_string_equal(text, "{\"time\":\"2025-11-25T21:00:00.042Z\",\"type\":\"fence\","
				  "\"node\":\"n2\",\"step\":\"confirmed\",\"how\":\"exec\","
				  "\"by\":\"\",\"seconds\":3}\n");
}

static struct event with_text(struct event_field *field, const char *text)
{
	*field = (struct event_field){ .name = "text", .text = text };
	return (struct event){ .type = EVENT_ERROR, .node = "", .fields = field, .field_count = 1 };
}

static void what_a_node_says_cannot_break_the_line(void **state)
{
	struct event_field field;
	struct event event = with_text(&field, "two\nlines \"quoted\" \x1b[31m");
	char text[EVENT_LINE_MAX];
	struct json_object *object, *value;

	(void)state;
	print(&event, false, text, sizeof(text));
	assert_string_equal(text, "1970-01-01T00:00:00.000Z - error "
				  "text=\"two lines 'quoted'  [31m\"\n");
	print(&event, true, text, sizeof(text));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	object = json_tokener_parse(text);
	assert_true(json_object_object_get_ex(object, "text", &value));
	assert_string_equal(json_object_get_string(value), field.text);
	(void)json_object_put(object);
}

static void a_long_field_is_cut_between_characters(void **state)
{
	char text[EVENT_LINE_MAX], value[EVENT_FIELD_MAX + 40];
	struct event_field field;
	struct event event;

	(void)state;
	memset(value, 'x', sizeof(value));
	/* a character of two bytes across the limit */
	memcpy(value + EVENT_FIELD_MAX - 1, "\xc3\xa4", 2);
	value[sizeof(value) - 1] = '\0';
	event = with_text(&field, value);
	print(&event, false, text, sizeof(text));
	assert_null(strchr(text, '\xc3'));
	assert_non_null(strstr(text, "xxx\n"));
}

static void every_type_has_a_name(void **state)
{
	(void)state;
	for (int type = 1; type < EVENT_TYPES; type++)
		assert_string_not_equal(event_type_name((enum event_type)type), "?");
	assert_string_equal(event_type_name(EVENT_TYPES), "?");
}

struct seen {
	uint64_t count, first, last;
};

static void note_number(void *data, const char *line)
{
	struct seen *seen = data;
	unsigned long long number = 0;

	assert_int_equal(sscanf(strstr(line, "count="), "count=%llu", &number), 1);
	if (!seen->count++)
		seen->first = number;
	else
		assert_int_equal(number, seen->last + 1);
	seen->last = number;
}

static void the_ring_keeps_the_last_ones_in_order(void **state)
{
	struct event_ring *ring = event_ring_create();
	struct event_field field = { .name = "count" };
	struct event event = {
		.type = EVENT_LOST, .node = "n1", .fields = &field, .field_count = 1
	};
	struct seen seen = { 0 };

	(void)state;
	event_ring_each(ring, false, note_number, &seen);
	assert_int_equal(seen.count, 0);
	for (field.number = 1; field.number <= EVENTS_MAX + 7; field.number++)
		event_ring_add(ring, &event);
	event_ring_each(ring, false, note_number, &seen);
	assert_int_equal(seen.count, EVENTS_MAX);
	assert_int_equal(seen.first, 8);
	assert_int_equal(seen.last, EVENTS_MAX + 7);
	assert_int_equal(event_ring_total(ring), EVENTS_MAX + 7);
	assert_int_equal(event_ring_dropped(ring), 7);
	event_ring_destroy(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_a_line_for_people),
		cmocka_unit_test(an_event_is_a_line_of_json),
		cmocka_unit_test(what_a_node_says_cannot_break_the_line),
		cmocka_unit_test(a_long_field_is_cut_between_characters),
		cmocka_unit_test(every_type_has_a_name),
		cmocka_unit_test(the_ring_keeps_the_last_ones_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
