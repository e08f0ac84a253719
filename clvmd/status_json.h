/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of status share: keys and values, and times. */
#ifndef CLVMD_STATUS_JSON_H
#define CLVMD_STATUS_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/base/buf.h"

#define TIME_TEXT_MAX 32

void put_text(struct json_object *object, const char *key, const char *text);
void put_number(struct json_object *object, const char *key, uint64_t number);
void put_bool(struct json_object *object, const char *key, bool value);
/** @since as time_text(); null when it is not known. */
void put_since(struct json_object *object, const char *key, uint64_t since);
/** Give @value to @object. */
void put_add(struct json_object *object, const char *key, struct json_object *value);

/** Print with a newline; the object is used up. */
void print_json(struct json_object *object, struct buf *out);

/**
 * Of CLOCK_REALTIME in nanoseconds: for people in local time, for programs in ISO 8601, UTC.
 * "" when 0.
 */
const char *time_text(uint64_t since, bool json, char text[TIME_TEXT_MAX]);

#endif
