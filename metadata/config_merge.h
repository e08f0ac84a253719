/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parser (config_text.c) and the merging of repeated sections (config_merge.c) share. */
#ifndef METADATA_CONFIG_MERGE_H
#define METADATA_CONFIG_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/config_text.h"

/**
 * Join sections of one name in @list, and in the sections in it that may_repeat, to the first of
 * them; of equal keys drop those that do not count. *@merged, which may be NULL, is set to true
 * when something was changed, else left alone. -ENOMEM.
 */
int cfg_merge_tree(struct cfg_node **list, enum cfg_repeats repeats, bool *merged,
		   struct err *err) MUST_CHECK;

/* Enough to tell most keys apart. */
static inline uint32_t cfg_summarise_key(const char *key, size_t length)
{
	uint32_t middle = (unsigned char)key[length / 2],
		 later = (unsigned char)key[length * 2 / 3];

	if (!length)
		return 0;
	return (unsigned char)key[0] | middle << 8 |
	       (uint32_t)(unsigned char)key[length - 1] << 16 | ((uint32_t)length + later) << 24;
}

#endif
