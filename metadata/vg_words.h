/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words of the text's status and flags lists, and the names of types and allocation policies:
 * tables that import and export share, in the order in which LVM2 writes them.
 */
#ifndef METADATA_VG_WORDS_H
#define METADATA_VG_WORDS_H

#include <stdint.h>

#include "metadata/model.h"

enum word_list {
	WORD_STATUS = 1,   /* of `status`: a reader must know it */
	WORD_FLAG,	   /* of `flags`: a reader may ignore it */
	WORD_STATUS_LEGACY /* read in `status`, never written there */
};

struct word {
	const char *text;
	uint32_t bit;
	enum word_list list;
};

/* Each ends with a NULL text. */
extern const struct word vg_words[], pv_words[], lv_words[];

/* Is @type (without its +FLAGS) LVM2's, and are all its +FLAGS? SEG_UNKNOWN when not. */
enum seg_type seg_type_of_name(const char *type_name);

/* Keys whose string value is an LV's name, in segments of kept types. */
struct reference_key {
	const char *key;
	bool rests_on_it; /* the segment's data is there; else it is only mentioned */
};
const struct reference_key *seg_reference_key(const char *type_name, const char *key);

/* Keys whose list has PVs or LVs as areas, with their extents ("stripes") or without ("raids"). */
struct area_key {
	const char *key;
	bool has_extents;
	unsigned per_line; /* values on one line of the text */
};
extern const struct area_key seg_area_keys[]; /* ends with a NULL key */
const struct area_key *seg_area_key(const char *key);

#endif
