/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/number.h"

#include <errno.h>
#include <stdlib.h>

bool number_parse(const char **text, uint64_t max, uint64_t *ret_number)
{
	unsigned long long number;
	char *end;

	if (**text < '0' || **text > '9') /* strtoull() takes blanks and signs */
		return false;
	errno = 0;
	number = strtoull(*text, &end, 10);
	if (errno || number > max)
		return false;
	*text = end;
	*ret_number = number;
	return true;
}

bool number_whole(const char *text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number;

	if (!text || !number_parse(&text, max, &number) || *text)
		return false;
	*ret_number = number;
	return true;
}

bool number_devno(const char *text, uint32_t *ret_major, uint32_t *ret_minor)
{
	uint64_t major_number, minor_number;

	if (!number_parse(&text, UINT32_MAX, &major_number) || *text++ != ':' ||
	    !number_whole(text, UINT32_MAX, &minor_number))
		return false;
	*ret_major = (uint32_t)major_number;
	*ret_minor = (uint32_t)minor_number;
	return true;
}
