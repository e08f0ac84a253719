/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* -L and -l: one of them, not zero. */
#ifndef CMD_LV_SIZE_H
#define CMD_LV_SIZE_H

#include "cmd/opt.h"
#include "lib/size.h"

/** -EINVAL: both (@both: how the command says so), or zero. */
int lv_size_choose(const struct size_arg *size, const struct size_arg *extents, const char *both,
		   struct size_arg *ret_size, struct err *err) MUST_CHECK;

/** -EINVAL when the number, or the size, was given and is zero. */
int stripes_check(const struct opt_number *stripes, const struct size_arg *stripe_size,
		  struct err *err) MUST_CHECK;

#endif
