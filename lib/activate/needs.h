/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which block devices this system cannot do without: whoever suspends one may never resume it. */
#ifndef LIB_ACTIVATE_NEEDS_H
#define LIB_ACTIVATE_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Does the root, a folder of programs, configuration, logs or state, or a swap area lie on this
 * device, directly or through other block devices?
 */
bool device_is_needed_here(uint32_t major, uint32_t minor);

#endif
