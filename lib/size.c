/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LVM2 reads sizes with strtod(): exponents and hexadecimal pass, and fractions are cut to
 * whole sectors (or bytes) only after the unit was applied. So do we, to take what it takes.
 */
#include "lib/size.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECTOR_BYTES 512U
#define SECTORS_MAX  ((double)(1ULL << 55)) /* 16 EiB */

static const char unit_letters[] = "kmgtpe"; /* powers of 1024 bytes, from 1 */

static int invalid(struct err *err, const char *reason, const char *option, const char *text)
{
	return err_set(err, EINVAL, "%s%sInvalid argument for --%s: %s", reason,
		       *reason ? "\n" : "", option, text);
}

static const char *parse_sign(const char *text, enum size_sign *sign)
{
	*sign = *text == '+' ? SIZE_PLUS : *text == '-' ? SIZE_MINUS : SIZE_SET;
	return *sign == SIZE_SET ? text : text + 1;
}

/* Sectors in one unit; 0: not a unit of sectors or more. */
static double unit_sectors(char letter)
{
	const char *at = letter ? strchr(unit_letters, letter) : NULL;

	if (letter == 's')
		return 1;
	return at ? ldexp(2, 10 * (int)(at - unit_letters)) : 0;
}

static int bytes_to_sectors(double bytes, const char *option, const char *text, double *sectors,
			    struct err *err)
{
	uint64_t whole, below, count;
	char reason[96];

	if (bytes >= SECTORS_MAX * SECTOR_BYTES)
		return invalid(err, "Size is too big (>=16EiB).", option, text);
	whole = (uint64_t)bytes;
	if (whole % SECTOR_BYTES) {
		below = whole - whole % SECTOR_BYTES;
		(void)snprintf(reason, sizeof(reason),
			       "Size is not a multiple of 512. Try using %" PRIu64 " or %" PRIu64
			       ".",
			       below, below + SECTOR_BYTES);
		return invalid(err, reason, option, text);
	}
	count = whole / SECTOR_BYTES;
	*sectors = (double)count;
	return 0;
}

int size_parse(const char *text, char default_unit, const char *option, enum size_sign *ret_sign,
	       uint64_t *ret_sectors, struct err *err)
{
	enum size_sign sign;
	const char *number = parse_sign(text, &sign);
	double value;
	char *end, unit;
	int rc;

	if (sign != SIZE_SET && (*number == '+' || *number == '-'))
		return invalid(err, "Multiple sign symbols detected.", option, text);
	if (!isdigit((unsigned char)*number) && *number != '.')
		return invalid(err, "Size requires number argument.", option, text);
	value = strtod(number, &end);
	if (end == number)
		return err_set(err, EINVAL,
			       "Can't parse size argument at '%s'.\nInvalid argument for --%s: %s",
			       number, option, text);
	/* What follows the letter does not count. */
	unit = (char)tolower((unsigned char)(*end ? *end : default_unit));
	if (unit == 'b') {
		if ((rc = bytes_to_sectors(value, option, text, &value, err)))
			return rc;
	} else if (unit_sectors(unit) <= 0) {
		return invalid(err, "Can't parse size argument.", option, text);
	} else {
		value *= unit_sectors(unit);
	}
	if (value >= SECTORS_MAX)
		return invalid(err, "Size is too big (>=16EiB).", option, text);
	*ret_sign = sign;
	*ret_sectors = (uint64_t)value;
	return 0;
}

static const struct {
	const char *word;
	enum percent_of of;
} percent_words[] = {
	{ "VG", PERCENT_VG },	 { "V", PERCENT_VG },	       { "LV", PERCENT_LV },
	{ "L", PERCENT_LV },	 { "PVS", PERCENT_PVS },       { "PV", PERCENT_PVS },
	{ "P", PERCENT_PVS },	 { "FREE", PERCENT_FREE },     { "FR", PERCENT_FREE },
	{ "F", PERCENT_FREE },	 { "ORIGIN", PERCENT_ORIGIN }, { "OR", PERCENT_ORIGIN },
	{ "O", PERCENT_ORIGIN },
};

/* @suffix begins with '%'. */
static int parse_percent(const char *suffix, const char *text, enum percent_of *of, struct err *err)
{
	for (size_t i = 0; i < sizeof(percent_words) / sizeof(*percent_words); i++) {
		if (!strcasecmp(suffix + 1, percent_words[i].word)) {
			*of = percent_words[i].of;
			return 0;
		}
	}
	return err_set(err, EINVAL, "Specified %s is unknown.\nInvalid argument for --extents: %s",
		       suffix, text);
}

int extents_parse(const char *text, struct size_arg *ret_size, struct err *err)
{
	struct size_arg size = { .is_set = true, .is_extents = true };
	const char *number = parse_sign(text, &size.sign);
	unsigned long long value;
	char *end;
	int rc;

	if (!isdigit((unsigned char)*number))
		return invalid(err, "", "extents", text);
	errno = 0;
	value = strtoull(number, &end, 10);
	if (errno || (*end && *end != '%'))
		return invalid(err, "", "extents", text);
	if (*end && (rc = parse_percent(end, text, &size.percent_of, err)))
		return rc;
	if (size.percent_of != PERCENT_NONE && value >= UINT32_MAX)
		return invalid(err, "Percentage is too big (>=4294967295%).", "extents", text);
	/* More than an LV can have anyway: asks for the most. */
	size.extents = value < UINT32_MAX ? value : UINT32_MAX;
	*ret_size = size;
	return 0;
}

const char *size_format(uint64_t sectors, char text[SIZE_TEXT_MAX])
{
	static const char prefixes[] = "KMGTPE";
	size_t unit = 0;
	double value, hundredths;

	if (sectors < 2) {
		(void)snprintf(text, SIZE_TEXT_MAX, sectors ? "512 B" : "0   ");
		return text;
	}
	while (unit + 1 < strlen(prefixes) && sectors >> (10 * (unit + 1) + 1))
		unit++;
	value = ldexp((double)sectors, -(int)(10 * unit + 1));
	hundredths = value * 100;
	(void)snprintf(text, SIZE_TEXT_MAX, "%s%.2f %ciB",
		       rint(hundredths) > floor(hundredths) ? "<" : "", value, prefixes[unit]);
	return text;
}
