/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers in text that others wrote: decimal digits and nothing else, no blanks, no signs. */
#ifndef LIB_NUMBER_H
#define LIB_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/** The digits at *@text, as far as they go; *@text is moved behind them. False, and nothing is
 * changed, without a digit or when they are more than @max. */
bool number_parse(const char **text, uint64_t max, uint64_t *ret_number);

/** The same of a whole string; NULL is no number. */
bool number_whole(const char *text, uint64_t max, uint64_t *ret_number);

/** A device's "major:minor". */
bool number_devno(const char *text, uint32_t *ret_major, uint32_t *ret_minor);

#endif
