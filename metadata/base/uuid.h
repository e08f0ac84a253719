/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LVM2 UUIDs: 32 characters of 0-9 a-z A-Z (readers also take ! and #), written for
 * people in groups of 6-4-4-4-4-4-6 joined by dashes.
 */
#ifndef METADATA_BASE_UUID_H
#define METADATA_BASE_UUID_H

#include <stdbool.h>

#include "metadata/base/err.h"

#define UUID_LENGTH	 32
#define UUID_DASHED_SIZE 39 /* 32 characters, 6 dashes, NUL */

/* Not NUL-terminated: exactly as in the label and in device-mapper uuids. */
struct uuid {
	char text[UUID_LENGTH];
};

/** Make a UUID of 32 random bytes, which the caller draws. */
struct uuid uuid_from_random(const unsigned char random[UUID_LENGTH]);

/** Parse with or without dashes. -EINVAL with LVM2's wording when it is not one. */
int uuid_parse(const char *text, struct uuid *ret_uuid, struct err *err) MUST_CHECK;

/** Write the dashed form, NUL included, to @dashed; returns @dashed. */
const char *uuid_format(const struct uuid *uuid, char dashed[UUID_DASHED_SIZE]);

bool uuid_equal(const struct uuid *a, const struct uuid *b);

/** True for the all-zero uuid that stands for "none". */
bool uuid_is_unset(const struct uuid *uuid);

#endif
