/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges: [a][-[b]] or [a]+[n], separated by colons. A missing start is 0, a missing end the PV's.
 */
#include "lib/pv_argument.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "Out of memory for physical volume arguments.");
}

/* Position of the first colon that is not escaped, or of the end. */
static size_t name_length(const char *text)
{
	size_t i = 0;

	while (text[i] && text[i] != ':')
		i += text[i] == '\\' && (text[i + 1] == ':' || text[i + 1] == '@') ? 2 : 1;
	return i;
}

static char *unescape(const char *text, size_t length, struct arena *arena)
{
	char *name = arena_alloc(arena, length + 1);
	size_t used = 0;

	for (size_t i = 0; name && i < length; i++) {
		if (text[i] == '\\' && i + 1 < length && (text[i + 1] == ':' || text[i + 1] == '@'))
			i++;
		name[used++] = text[i];
	}
	return name;
}

static int bad_syntax(const char *at, struct err *err)
{
	return err_set(err, EDOM, "Physical extent parsing error at %s.", at);
}

/* Digits at *@at; false when they are no extent number. */
static bool parse_number(const char **at, uint32_t *value)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(*at, &end, 10);
	if (errno || number > UINT32_MAX)
		return false;
	*at = end;
	*value = (uint32_t)number;
	return true;
}

static uint32_t last_extent(struct extent_range range)
{
	return range.count == PV_ARGUMENT_TO_END ? UINT32_MAX : range.start + range.count - 1;
}

static int range_error(uint64_t start, uint64_t end, struct err *err)
{
	return err_set(err, EDOM, "PE range error: start extent %llu to end extent %llu.",
		       (unsigned long long)start, (unsigned long long)end);
}

/* What follows the start: "-", "-b", "+", "+n" or nothing. */
static int parse_end(const char **at, struct extent_range *range, struct err *err)
{
	const char sign = **at;
	uint32_t number = 0;

	range->count = 1;
	if (sign != '-' && sign != '+')
		return 0;
	++*at;
	if (!isdigit((unsigned char)**at)) {
		range->count = PV_ARGUMENT_TO_END;
		return 0;
	}
	if (!parse_number(at, &number))
		return bad_syntax(*at, err);
	if (sign == '+')
		number = range->start + (number ? number - 1 : 0);
	/* Backwards (also by overflow), or longer than the longest PV. */
	if (number < range->start || number - range->start >= PV_ARGUMENT_TO_END - 1)
		return range_error(range->start, number, err);
	range->count = number - range->start + 1;
	return 0;
}

static int parse_range(const char **at, struct extent_range *range, struct err *err)
{
	range->start = 0;
	if (isdigit((unsigned char)**at)) {
		if (!parse_number(at, &range->start))
			return bad_syntax(*at, err);
	} else if (**at != '-' && **at != '+') {
		return bad_syntax(*at, err);
	}
	return parse_end(at, range, err);
}

/* What a range open to the end covers is known only with the PV at hand. */
static bool is_open(struct extent_range range)
{
	return range.count == PV_ARGUMENT_TO_END;
}

static bool overlap(struct extent_range a, struct extent_range b)
{
	return !is_open(a) && !is_open(b) && a.start <= last_extent(b) && b.start <= last_extent(a);
}

/* Reported as LVM2 does: the new range first, then the one it meets. */
static int check_overlap(const struct extent_range *ranges, size_t count, struct extent_range new,
			 const char *name, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (overlap(new, ranges[i]))
			return err_set(err, EEXIST,
				       "Overlapping PE ranges specified (%u-%u, %u-%u) on %s.",
				       new.start, last_extent(new), ranges[i].start,
				       last_extent(ranges[i]), name);
	return 0;
}

static int parse_ranges(const char *at, struct pv_argument *argument, struct err *err)
{
	int rc;

	while (*at) {
		struct extent_range range;

		at++; /* the colon */
		if ((rc = parse_range(&at, &range, err)))
			return rc;
		if (*at && *at != ':')
			return bad_syntax(at, err);
		if ((rc = check_overlap(argument->ranges, argument->range_count, range,
					argument->name, err)))
			return rc;
		argument->ranges[argument->range_count++] = range;
	}
	return 0;
}

int pv_argument_parse(const char *text, struct arena *arena, struct pv_argument *ret_argument,
		      struct err *err)
{
	const size_t length = name_length(text);
	struct pv_argument argument = { .name = unescape(text, length, arena) };
	size_t colons = 0;
	int rc;

	if (!argument.name)
		return no_memory(err);
	for (const char *at = text + length; *at; at++)
		colons += *at == ':';
	if (colons && !(argument.ranges = arena_calloc(arena, colons, sizeof(*argument.ranges))))
		return no_memory(err);
	if ((rc = parse_ranges(text + length, &argument, err)))
		return rc;
	*ret_argument = argument;
	return 0;
}

int pv_argument_allow(const struct pv_argument *argument, const char *device_name,
		      struct arena *arena, struct alloc_pv *allowed, struct err *err)
{
	const struct extent_range whole = { 0, PV_ARGUMENT_TO_END };
	const struct extent_range *ranges = argument->range_count ? argument->ranges : &whole;
	const size_t count = argument->range_count ? argument->range_count : 1;
	const uint32_t pe_count = allowed->pv->pe_count;
	struct extent_range *all;
	int rc;

	all = arena_calloc(arena, allowed->range_count + count, sizeof(*all));
	if (!all)
		return no_memory(err);
	if (allowed->range_count)
		memcpy(all, allowed->ranges, allowed->range_count * sizeof(*all));
	allowed->ranges = all;
	/* A PV without extents has nothing to allow. */
	for (size_t i = 0; pe_count && i < count; i++) {
		struct extent_range range = ranges[i];

		if (is_open(range) && range.start < pe_count)
			range.count = pe_count - range.start;
		if (range.start >= pe_count || last_extent(range) >= pe_count)
			return range_error(range.start,
					   is_open(range) ? pe_count - 1 : last_extent(range), err);
		if ((rc = check_overlap(allowed->ranges, allowed->range_count, range, device_name,
					err)))
			return rc;
		allowed->ranges[allowed->range_count++] = range;
	}
	return 0;
}
