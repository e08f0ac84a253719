/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/status_json.h"

#include <time.h>

#define NS_PER_S 1000000000u

void put_add(struct json_object *object, const char *key, struct json_object *value)
{
	(void)json_object_object_add(object, key, value);
}

void put_text(struct json_object *object, const char *key, const char *text)
{
	put_add(object, key, json_object_new_string(text ? text : ""));
}

void put_number(struct json_object *object, const char *key, uint64_t number)
{
	put_add(object, key, json_object_new_uint64(number));
}

void put_bool(struct json_object *object, const char *key, bool value)
{
	put_add(object, key, json_object_new_boolean(value));
}

void put_since(struct json_object *object, const char *key, uint64_t since)
{
	char text[TIME_TEXT_MAX];

	put_add(object, key, since ? json_object_new_string(time_text(since, true, text)) : NULL);
}

void print_json(struct json_object *object, struct buf *out)
{
	buf_puts(out, json_object_to_json_string_ext(
			      object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	buf_puts(out, "\n");
	(void)json_object_put(object);
}

const char *time_text(uint64_t since, bool json, char text[TIME_TEXT_MAX])
{
	time_t seconds = (time_t)(since / NS_PER_S);
	struct tm parts = { 0 };

	text[0] = '\0';
	if (since && (json ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)))
		(void)strftime(text, TIME_TEXT_MAX,
			       json ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M:%S", &parts);
	return text;
}
