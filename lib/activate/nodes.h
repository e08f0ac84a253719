/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of LVs' devices, and the links /dev/<vg>/<lv> to them.
 *
 * Links are only mended: what udev's rules made right is left alone, what they did not make (no
 * udev, no rules of LVM2 installed) is made here. A link that cannot be made is a warning.
 */
#ifndef LIB_ACTIVATE_NODES_H
#define LIB_ACTIVATE_NODES_H

#include <stdbool.h>

#include "lib/activate/mapper.h"
#include "lib/context.h"
#include "metadata/base/err.h"

/** "<vg>-<lv>" with hyphens inside doubled. -ENAMETOOLONG. */
int dm_name_build(const char *vg_name, const char *lv_name, char name[MAPPER_NAME_SIZE],
		  struct err *err) MUST_CHECK;

/** The reverse; false when it is no such name, or has a layer. */
bool dm_name_split(const char *name, char vg_name[MAPPER_NAME_SIZE],
		   char lv_name[MAPPER_NAME_SIZE]);

/** Make /dev/<vg>/<lv> lead to the device; nothing when it does. */
void link_mend(struct context *context, const char *vg_name, const char *lv_name,
	       const struct lv_kernel_state *state);

/** Remove /dev/<vg>/<lv> if it leads nowhere, and /dev/<vg> if it is empty. */
void link_remove(struct context *context, const char *vg_name, const char *lv_name);

/**
 * Remove what a process that was killed in the middle left under /dev: nodes of devices that are
 * gone, links /dev/<vg>/<lv> to them, and directories of VGs that are empty then. Only links of the
 * form that link_mend() makes are touched. What cannot be done is a warning.
 */
void links_sweep(struct context *context);

#endif
