/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvmconfig: the configuration as text, in lvm.conf's grammar. */
#ifndef LIB_CONFIG_PRINT_H
#define LIB_CONFIG_PRINT_H

#include "lib/config.h"
#include "metadata/base/buf.h"

enum config_view {
	CONFIG_CURRENT, /* what is set */
	CONFIG_FULL,	/* that, and the defaults of the rest */
	CONFIG_DEFAULT, /* the defaults, as comments */
};

/**
 * One key or section, or all (@path NULL). Of locking_type, use_lvmetad and use_lvmlockd the answer
 * is always ours, as agents ask for them to learn what runs here: 3, 0, 0. -ENOENT: there is none.
 */
int config_print(const struct config *config, const char *path, enum config_view view,
		 struct buf *text, struct err *err) MUST_CHECK;

#endif
