/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/vg_words.h"

#include <string.h>

const struct word vg_words[] = {
	{ "EXPORTED", STATUS_EXPORTED, WORD_STATUS },
	{ "RESIZEABLE", STATUS_RESIZEABLE, WORD_STATUS },
	{ "PVMOVE", STATUS_PVMOVE, WORD_STATUS },
	{ "READ", STATUS_READ, WORD_STATUS },
	{ "WRITE", STATUS_WRITE, WORD_STATUS },
	{ "CLUSTERED", STATUS_CLUSTERED, WORD_STATUS },
	{ "SHARED", STATUS_SHARED, WORD_STATUS },
	{ "PARTIAL", STATUS_PARTIAL, WORD_STATUS_LEGACY },
	{ "WRITE_LOCKED", FLAG_WRITE_LOCKED, WORD_FLAG },
	{ "NOAUTOACTIVATE", FLAG_NOAUTOACTIVATE, WORD_FLAG },
	{ 0 },
};

const struct word pv_words[] = {
	{ "ALLOCATABLE", STATUS_ALLOCATABLE, WORD_STATUS },
	{ "EXPORTED", STATUS_EXPORTED, WORD_STATUS },
	{ "MISSING", STATUS_MISSING, WORD_STATUS_LEGACY },
	{ "MISSING", STATUS_MISSING, WORD_FLAG },
	{ 0 },
};

const struct word lv_words[] = {
	{ "READ", STATUS_READ, WORD_STATUS },
	{ "WRITE", STATUS_WRITE, WORD_STATUS },
	{ "FIXED_MINOR", STATUS_FIXED_MINOR, WORD_STATUS },
	{ "VISIBLE", STATUS_VISIBLE, WORD_STATUS },
	{ "PVMOVE", STATUS_PVMOVE, WORD_STATUS },
	{ "LOCKED", STATUS_LOCKED, WORD_STATUS },
	{ "NOTSYNCED", STATUS_NOTSYNCED, WORD_STATUS },
	{ "REBUILD", STATUS_REBUILD, WORD_STATUS },
	{ "WRITEMOSTLY", STATUS_WRITEMOSTLY, WORD_STATUS },
	{ "WRITE_LOCKED", FLAG_WRITE_LOCKED, WORD_FLAG },
	{ "ACTIVATION_SKIP", FLAG_ACTIVATION_SKIP, WORD_FLAG },
	{ "NOAUTOACTIVATE", FLAG_NOAUTOACTIVATE, WORD_FLAG },
	{ "ERROR_WHEN_FULL", FLAG_ERROR_WHEN_FULL, WORD_FLAG },
	{ "CACHE_VOL", FLAG_CACHE_VOL, WORD_FLAG },
	{ 0 },
};

static const char *const known_types[] = {
	"mirror",     "snapshot",   "thin-pool",  "thin",	"cache",     "cache-pool",
	"error",      "zero",	    "free",	  "writecache", "integrity", "vdo",
	"vdo-pool",   "raid0",	    "raid0_meta", "raid1",	"raid10",    "raid10_near",
	"raid4",      "raid5",	    "raid5_n",	  "raid5_la",	"raid5_ra",  "raid5_ls",
	"raid5_rs",   "raid6",	    "raid6_zr",	  "raid6_nr",	"raid6_nc",  "raid6_ls_6",
	"raid6_la_6", "raid6_rs_6", "raid6_ra_6", "raid6_n_6",
};

static const char *const known_type_flags[] = {
	"RESHAPE",
	"RESHAPE_DATA_OFFSET",
	"RESHAPE_DELTA_DISKS_PLUS",
	"RESHAPE_DELTA_DISKS_MINUS",
	"REMOVE_AFTER_RESHAPE",
	"METADATA_FORMAT",
	"CROP_METADATA",
	"CACHE_USES_CACHEVOL",
};

static bool is_listed(const char *word, size_t length, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == length && !memcmp(list[i], word, length))
			return true;
	return false;
}

#define IS_LISTED(word, length, list) \
	is_listed((word), (length), (list), sizeof(list) / sizeof(*(list)))

enum seg_type seg_type_of_name(const char *type_name)
{
	size_t length = strcspn(type_name, "+");

	if (!strcmp(type_name, "striped") || !strcmp(type_name, "linear"))
		return SEG_STRIPED;
	if (!IS_LISTED(type_name, length, known_types) &&
	    !(length == 7 && type_name[length] && !memcmp(type_name, "striped", length)))
		return SEG_UNKNOWN;
	while (type_name[length]) {
		type_name += length + 1;
		length = strcspn(type_name, "+");
		if (!IS_LISTED(type_name, length, known_type_flags))
			return SEG_UNKNOWN;
	}
	return SEG_OTHER;
}

static const struct reference_key reference_keys[] = {
	{ "mirror_log", true },	   { "origin", true },		{ "cow_store", true },
	{ "merging_store", true }, { "metadata", true },	{ "pool", true },
	{ "thin_pool", true },	   { "external_origin", true }, { "cache_pool", true },
	{ "data", true },	   { "writecache", true },	{ "meta_dev", true },
	{ "vdo_pool", true },	   { "merge", false },		{ "create", false },
};

const struct reference_key *seg_reference_key(const char *type_name, const char *key)
{
	/* A thin LV shares blocks with its origin inside the pool; it does not rest on it. */
	static const struct reference_key thin_origin = { "origin", false };

	if (!strcmp(type_name, "thin") && !strcmp(key, thin_origin.key))
		return &thin_origin;
	for (size_t i = 0; i < sizeof(reference_keys) / sizeof(*reference_keys); i++)
		if (!strcmp(reference_keys[i].key, key))
			return &reference_keys[i];
	return NULL;
}

const struct area_key seg_area_keys[] = {
	{ "stripes", true, 2 },
	{ "mirrors", true, 2 },
	{ "raids", false, 2 },
	{ "raid0_lvs", false, 1 },
	{ 0 },
};

const struct area_key *seg_area_key(const char *key)
{
	for (const struct area_key *row = seg_area_keys; row->key; row++)
		if (!strcmp(row->key, key))
			return row;
	return NULL;
}
