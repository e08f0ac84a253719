/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lock modes: the DLM's compatibility table, and nothing else. */
#include "lib/proto/lock_mode.h"

#include <assert.h>

static const bool compatible[LOCK_MODE_COUNT][LOCK_MODE_COUNT] = {
	/* clang-format off */
	/*            NL CR CW PR PW EX */
	[MODE_NL] = { 1, 1, 1, 1, 1, 1 },
	[MODE_CR] = { 1, 1, 1, 1, 1, 0 },
	[MODE_CW] = { 1, 1, 1, 0, 0, 0 },
	[MODE_PR] = { 1, 1, 0, 1, 0, 0 },
	[MODE_PW] = { 1, 1, 0, 0, 0, 0 },
	[MODE_EX] = { 1, 0, 0, 0, 0, 0 },
	/* clang-format on */
};

static const char *const names[LOCK_MODE_COUNT] = { "NL", "CR", "CW", "PR", "PW", "EX" };

static bool is_valid(enum lock_mode mode)
{
	return (unsigned int)mode < LOCK_MODE_COUNT;
}

bool lock_mode_compatible(enum lock_mode a, enum lock_mode b)
{
	assert(is_valid(a) && is_valid(b));
	return compatible[a][b];
}

bool lock_mode_covers(enum lock_mode stronger, enum lock_mode weaker)
{
	assert(is_valid(stronger) && is_valid(weaker));
	for (unsigned int other = 0; other < LOCK_MODE_COUNT; other++) {
		if (!compatible[weaker][other] && compatible[stronger][other])
			return false;
	}
	return true;
}

const char *lock_mode_name(enum lock_mode mode)
{
	return is_valid(mode) ? names[mode] : "??";
}
