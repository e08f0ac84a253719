/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/event_ring.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lines {
	char *text, *json;
};

struct event_ring {
	struct lines slots[EVENTS_MAX];
	uint64_t total, failed; /* failed: of them, never put in */
	size_t next, count;
};

const char *event_type_name(enum event_type type)
{
	static const char *const names[EVENT_TYPES] = {
		[EVENT_MEMBERSHIP] = "membership",
		[EVENT_QUORUM] = "quorum",
		[EVENT_TABLE] = "table",
		[EVENT_LOCK] = "lock",
		[EVENT_ACTIVATION] = "activation",
		[EVENT_DEACTIVATION] = "deactivation",
		[EVENT_COMMIT] = "commit",
		[EVENT_FENCE] = "fence",
		[EVENT_FREEZE] = "freeze",
		[EVENT_THAW] = "thaw",
		[EVENT_OPERATION] = "operation",
		[EVENT_RECOVERY] = "recovery",
		[EVENT_ERROR] = "error",
		[EVENT_START] = "start",
		[EVENT_STOP] = "stop",
		[EVENT_LOST] = "lost",
	};

	return type > 0 && type < EVENT_TYPES ? names[type] : "?";
}

/* ---- one event as a line ---- */

/* UTC with milliseconds: sorts as text, and means the same on all nodes. */
static void print_time(const struct timespec *time, char *text, size_t size)
{
	struct tm parts = { 0 };
	char seconds[32];

	(void)gmtime_r(&time->tv_sec, &parts);
	(void)strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(text, size, "%s.%03dZ", seconds, (int)(time->tv_nsec / 1000000 % 1000));
}

static size_t field_count(const struct event *event)
{
	return event->field_count < EVENT_FIELDS_MAX ? event->field_count : EVENT_FIELDS_MAX;
}

static int cut_length(const char *text)
{
	size_t length = strnlen(text, EVENT_FIELD_MAX);

	/* Not in the middle of a character. */
	while (text[length] && length && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	return (int)length;
}

/* A value with a space in it is put in quotes; what would break the line is replaced. */
static void print_value(const char *value, struct buf *out)
{
	bool quoted = strpbrk(value, " \"=");
	int length = cut_length(value);

	if (quoted)
		buf_puts(out, "\"");
	for (int i = 0; i < length; i++) {
		char c = value[i];

		if ((unsigned char)c < ' ' || c == 0x7f)
			c = ' ';
		else if (c == '"')
			c = '\'';
		buf_add_short(out, &c, 1);
	}
	if (quoted)
		buf_puts(out, "\"");
}

static void print_text(const struct event *event, struct buf *out)
{
	char time[40];

	print_time(&event->time, time, sizeof(time));
	buf_printf(out, "%s %s %s", time, *event->node ? event->node : "-",
		   event_type_name(event->type));
	for (size_t i = 0; i < field_count(event); i++) {
		const struct event_field *field = &event->fields[i];

		if (field->text && !*field->text)
			continue;
		buf_printf(out, " %s=", field->name);
		if (field->text)
			print_value(field->text, out);
		else
			buf_printf(out, "%" PRIu64, field->number);
	}
	buf_puts(out, "\n");
}

static void add_text(struct json_object *object, const char *name, const char *text)
{
	(void)json_object_object_add(object, name,
				     json_object_new_string_len(text, cut_length(text)));
}

static void print_json(const struct event *event, struct buf *out)
{
	struct json_object *object = json_object_new_object();
	char time[40];

	print_time(&event->time, time, sizeof(time));
	add_text(object, "time", time);
	add_text(object, "type", event_type_name(event->type));
	add_text(object, "node", event->node);
	for (size_t i = 0; i < field_count(event); i++) {
		const struct event_field *field = &event->fields[i];

		if (field->text)
			add_text(object, field->name, field->text);
		else
			(void)json_object_object_add(object, field->name,
						     json_object_new_uint64(field->number));
	}
	buf_puts(out, json_object_to_json_string_ext(
			      object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	buf_puts(out, "\n");
	(void)json_object_put(object);
}

void event_print(const struct event *event, bool json, struct buf *out)
{
	if (json)
		print_json(event, out);
	else
		print_text(event, out);
}

/* ---- the ring ---- */

struct event_ring *event_ring_create(void)
{
	return calloc(1, sizeof(struct event_ring));
}

static void free_lines(struct lines *lines)
{
	free(lines->text);
	free(lines->json);
	*lines = (struct lines){ NULL, NULL };
}

void event_ring_destroy(struct event_ring *ring)
{
	for (size_t i = 0; ring && i < EVENTS_MAX; i++)
		free_lines(&ring->slots[i]);
	free(ring);
}

static char *line_of(const struct event *event, bool json)
{
	struct buf line = { .limit = EVENT_LINE_MAX };

	event_print(event, json, &line);
	if (!line.failed)
		return line.data;
	buf_free(&line);
	return NULL;
}

void event_ring_add(struct event_ring *ring, const struct event *event)
{
	struct lines lines = { line_of(event, false), line_of(event, true) };

	ring->total++;
	if (!lines.text || !lines.json) {
		ring->failed++;
		free_lines(&lines);
		return;
	}
	free_lines(&ring->slots[ring->next]);
	ring->slots[ring->next] = lines;
	ring->next = (ring->next + 1) % EVENTS_MAX;
	if (ring->count < EVENTS_MAX)
		ring->count++;
}

void event_ring_each(const struct event_ring *ring, bool json,
		     void (*visit)(void *data, const char *line), void *data)
{
	size_t first = (ring->next + EVENTS_MAX - ring->count) % EVENTS_MAX;

	for (size_t i = 0; i < ring->count; i++) {
		const struct lines *lines = &ring->slots[(first + i) % EVENTS_MAX];

		visit(data, json ? lines->json : lines->text);
	}
}

uint64_t event_ring_total(const struct event_ring *ring)
{
	return ring->total;
}

uint64_t event_ring_dropped(const struct event_ring *ring)
{
	return ring->total - ring->count;
}
