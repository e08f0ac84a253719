/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TAG_MAX_LENGTH 1024

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const char tag_characters[] = ALPHANUMERIC "+_.-/=!:&#";

static const char *const reserved_prefixes[] = { "pvmove", "snapshot" };

static const char *const reserved_parts[] = {
	"_cdata",  "_cmeta", "_corig",	"_cpool",   "_cvol",	"_wcorig",
	"_mimage", "_mlog",  "_rimage", "_rmeta",   "_tdata",	"_tmeta",
	"_vdata",  "_imeta", "_iorig",	"_pmspare", "_vorigin",
};

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '_' || c == '.' || c == '-';
}

/* Every LV's name goes through here: strspn() would look each character up in a list. */
static const char *end_of_name(const char *name)
{
	while (is_name_character(*name))
		name++;
	return name;
}

int vg_name_check(const char *name, struct err *err)
{
	if (!*name || *end_of_name(name))
		return err_set(
			err, EINVAL,
			"Name contains invalid character, valid set includes: [a-zA-Z0-9.-_+].");
	if (*name == '-')
		return err_set(err, EINVAL, "Name cannot start with hyphen.");
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return err_set(err, EINVAL,
			       "Name starts with . or .. and has no following character(s).");
	if (strlen(name) > NAME_MAX_LENGTH)
		return err_set(err, EINVAL, "Name length exceeds maximum limit of %d.",
			       NAME_MAX_LENGTH);
	return 0;
}

int lv_name_check(const char *name, struct err *err)
{
	if (vg_name_check(name, NULL))
		return err_set(err, EINVAL, "Logical volume name \"%s\" is invalid.", name);
	for (size_t i = 0; i < sizeof(reserved_prefixes) / sizeof(*reserved_prefixes); i++)
		if (!strncmp(name, reserved_prefixes[i], strlen(reserved_prefixes[i])))
			return err_set(err, EINVAL,
				       "Names starting \"%s\" are reserved. "
				       "Please choose a different LV name.",
				       reserved_prefixes[i]);
	for (size_t i = 0; i < sizeof(reserved_parts) / sizeof(*reserved_parts); i++)
		if (strstr(name, reserved_parts[i]))
			return err_set(err, EINVAL,
				       "Names including \"%s\" are reserved. "
				       "Please choose a different LV name.",
				       reserved_parts[i]);
	return 0;
}

bool tag_is_valid(const char *tag)
{
	size_t length = strspn(tag, tag_characters);

	return length && !tag[length] && length <= TAG_MAX_LENGTH;
}

/* The number in "lvol12" or "lvol12_anything"; false when there is none. */
static bool default_number(const char *name, uint64_t *ret_number)
{
	static const char prefix[] = "lvol";
	char *end;

	if (strncmp(name, prefix, sizeof(prefix) - 1))
		return false;
	name += sizeof(prefix) - 1;
	if (*name < '0' || *name > '9')
		return false;
	*ret_number = strtoull(name, &end, 10);
	return *ret_number < INT32_MAX;
}

const char *lv_default_name(const struct vg *vg)
{
	uint64_t next = 0, number;

	for (uint32_t i = 0; i < vg->lv_count; i++)
		if (default_number(vg->lvs[i]->name, &number) && number >= next)
			next = number + 1;
	return arena_printf(vg->arena, "lvol%llu", (unsigned long long)next);
}
