/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words that -S takes in place of a field's value: yes and no, undefined, auto... */
#ifndef LIB_REPORT_RESERVED_H
#define LIB_REPORT_RESERVED_H

#include "lib/report/field.h"

/** The list for dm_report, for fields numbered as in @format; malloc'ed as one block, NULL without
 * memory. */
struct dm_report_reserved_value *reserved_values_build(const struct field_format *format);

#endif
