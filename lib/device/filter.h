/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices may be used: devices/filter, devices/global_filter, and what the kernel says. */
#ifndef LIB_DEVICE_FILTER_H
#define LIB_DEVICE_FILTER_H

#include <stdbool.h>

#include "lib/config.h"
#include "lib/device/device.h"

struct filter;

/** -EIO with LVM2's wording when a pattern is not valid. */
int filter_open(const struct config *config, struct filter **ret_filter,
		struct err *err) MUST_CHECK;
void filter_close(struct filter *filter);

/**
 * The patterns alone: accepted when any of the names is accepted, or none is matched at all.
 * @names is NULL-terminated. @ret_name (may be NULL) is set to the name that was accepted by a
 * pattern, if that is not the first.
 */
bool filter_accepts_names(const struct filter *filter, const char *const *names,
			  const char **ret_name);

/** All that is told without reading it, the patterns only if @use_patterns; @kernel_name as in
 * /sys/class/block. Sets rejected, is_dm_lv and is_partitioned, may change name. */
void filter_device(const struct filter *filter, const char *kernel_name, struct device *device,
		   bool use_patterns);

/** What its first bytes tell: partition tables and md superblocks. Sets rejected, is_partitioned.
 */
void filter_content(const struct config *config, struct device *device, const unsigned char *head,
		    size_t length);

#endif
