/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/lv_size.h"

#include <errno.h>

int lv_size_choose(const struct size_arg *size, const struct size_arg *extents, const char *both,
		   struct size_arg *ret_size, struct err *err)
{
	if (size->is_set && extents->is_set)
		return err_set(err, EINVAL, "%s", both);
	if (size->is_set && size->sectors == 0)
		return err_set(err, EINVAL, "--size may not be zero.");
	if (extents->is_set && extents->extents == 0)
		return err_set(err, EINVAL, "--extents may not be zero.");
	*ret_size = size->is_set ? *size : *extents;
	return 0;
}

int stripes_check(const struct opt_number *stripes, const struct size_arg *stripe_size,
		  struct err *err)
{
	if (stripes->is_set && stripes->value == 0)
		return err_set(err, EINVAL, "--stripes may not be zero.");
	if (stripe_size->is_set && stripe_size->sectors == 0)
		return err_set(err, EINVAL, "--stripesize may not be zero.");
	return 0;
}
