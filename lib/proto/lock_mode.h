/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lock modes and their compatibility: the DLM's table.
 *
 * Use: VG read = PR, VG write = EX, LV active (shared) = CR, LV active exclusively = EX.
 */
#ifndef LIB_PROTO_LOCK_MODE_H
#define LIB_PROTO_LOCK_MODE_H

#include <stdbool.h>
#include <stdint.h>

/* The numbers are the DLM's; they are on the wire. (Not LOCK_EX: <fcntl.h> has a macro of that
 * name.) */
enum lock_mode {
	MODE_NL = 0,
	MODE_CR = 1,
	MODE_CW = 2,
	MODE_PR = 3,
	MODE_PW = 4,
	MODE_EX = 5,
};

#define LOCK_MODE_COUNT 6

/*
 * A value (seqno) that says "no such VG any more": given by the holder when it unlocks, it makes
 * the value unknown again, so that a later VG of that name begins with seqno 1.
 */
#define LOCK_VALUE_FORGET UINT64_MAX

/** May two holders have @a and @b at the same time? Both must be valid modes. */
bool lock_mode_compatible(enum lock_mode a, enum lock_mode b);

/** Is every mode that conflicts with @weaker also in conflict with @stronger? */
bool lock_mode_covers(enum lock_mode stronger, enum lock_mode weaker);

/** "NL" … "EX". */
const char *lock_mode_name(enum lock_mode mode);

#endif
