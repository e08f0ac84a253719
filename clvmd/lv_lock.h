/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why an LV lock was refused, in LVM's words and with the holder's name. */
#ifndef CLVMD_LV_LOCK_H
#define CLVMD_LV_LOCK_H

#include "clvmd/daemon.h"

/**
 * "Logical volume vg/lv is active exclusively on node n2." @fallback when no holder is found.
 * Returns the holder's node id, 0 when none is found.
 */
uint32_t lv_lock_refusal(struct daemon *d, const char *const *resources, size_t count,
			 enum lock_mode mode, const char *fallback, char *text, size_t size);

#endif
