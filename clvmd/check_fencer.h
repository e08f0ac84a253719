/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is pacemaker's fencing set up? Asks its own programs: in the process of check_disks.c. */
#ifndef CLVMD_CHECK_FENCER_H
#define CLVMD_CHECK_FENCER_H

void check_fencer(void);

/** Hand a finding to who waits for it. */
void check_say(const char *id, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
