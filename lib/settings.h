/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of lvm.conf that we use, with LVM2's types and defaults. */
#ifndef LIB_SETTINGS_H
#define LIB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type { SETTING_BOOL = 1, SETTING_INT, SETTING_STRING, SETTING_STRINGS };

struct setting {
	const char *path;
	enum setting_type type;
	int64_t number;	  /* default of SETTING_BOOL and SETTING_INT */
	const char *text; /* default of SETTING_STRING, NULL for unset */
	/* The default is this name in the configuration directory ("backup"). */
	bool in_system_dir;
};

/** NULL: not one of ours. */
const struct setting *setting_find(const char *path);

/** The whole table, sorted by path. */
const struct setting *settings_table(size_t *ret_count);

/** Is there such a section in LVM2's lvm.conf? */
bool setting_section_is_known(const char *name);

#endif
