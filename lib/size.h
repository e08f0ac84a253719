/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "2G", "+512M", "50%FREE": sizes as LVM2's options take them, and sizes as LVM2 prints them. */
#ifndef LIB_SIZE_H
#define LIB_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/base/err.h"

enum size_sign { SIZE_SET, SIZE_PLUS, SIZE_MINUS };

enum percent_of { PERCENT_NONE, PERCENT_VG, PERCENT_LV, PERCENT_PVS, PERCENT_FREE, PERCENT_ORIGIN };

/* -L or -l of lvcreate, lvextend, ...; is_set false: the option was not given. */
struct size_arg {
	bool is_set;
	bool is_extents; /* -l */
	enum size_sign sign;
	uint64_t sectors; /* -L */
	uint64_t extents; /* -l: extents, or per cent when percent_of is set */
	enum percent_of percent_of;
};

#define SIZE_TEXT_MAX 64

/**
 * A size in sectors. @default_unit: 'm' for -L, 'k' for --stripesize...; suffix letters in either
 * case. -EINVAL with LVM2's wording for the option named @option ("size", "extents"; on-disk
 * format, section 6.1).
 */
int size_parse(const char *text, char default_unit, const char *option, enum size_sign *ret_sign,
	       uint64_t *ret_sectors, struct err *err) MUST_CHECK;
int extents_parse(const char *text, struct size_arg *ret_size, struct err *err) MUST_CHECK;

/** "12.00 MiB", "<3.00 TiB": how messages print a size. Returns @text. */
const char *size_format(uint64_t sectors, char text[SIZE_TEXT_MAX]);

#endif
