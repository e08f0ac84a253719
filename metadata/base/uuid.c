/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/base/uuid.h"

#include <errno.h>
#include <string.h>

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#";

#define WRITTEN_CHARACTERS 62 /* of the alphabet; the last two are only read */

static bool is_in_alphabet(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '!' || c == '#';
}

struct uuid uuid_from_random(const unsigned char random[UUID_LENGTH])
{
	struct uuid uuid;

	for (int i = 0; i < UUID_LENGTH; i++)
		uuid.text[i] = alphabet[random[i] % WRITTEN_CHARACTERS];
	return uuid;
}

int uuid_parse(const char *text, struct uuid *ret_uuid, struct err *err)
{
	struct uuid uuid;
	size_t count = 0;

	for (; *text; text++) {
		if (*text == '-')
			continue;
		if (count == UUID_LENGTH)
			return err_set(err, EINVAL,
				       "Couldn't read uuid: incorrect number of characters.");
		if (!is_in_alphabet(*text))
			return err_set(err, EINVAL, "UUID contains invalid character '%c'", *text);
		uuid.text[count++] = *text;
	}
	if (count != UUID_LENGTH)
		return err_set(err, EINVAL, "Couldn't read uuid: incorrect number of characters.");
	*ret_uuid = uuid;
	return 0;
}

const char *uuid_format(const struct uuid *uuid, char dashed[UUID_DASHED_SIZE])
{
	static const int groups[] = { 6, 4, 4, 4, 4, 4, 6 };
	const char *from = uuid->text;
	char *to = dashed;

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (i)
			*to++ = '-';
		memcpy(to, from, (size_t)groups[i]);
		to += groups[i];
		from += groups[i];
	}
	*to = '\0';
	return dashed;
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return !memcmp(a->text, b->text, UUID_LENGTH);
}

bool uuid_is_unset(const struct uuid *uuid)
{
	static const struct uuid unset;

	return uuid_equal(uuid, &unset);
}
