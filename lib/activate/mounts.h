/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mounted on this node, read once: /proc/self/mountinfo. Parsing is apart from reading. */
#ifndef LIB_ACTIVATE_MOUNTS_H
#define LIB_ACTIVATE_MOUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/activate/activate.h"

struct mount_entry {
	uint32_t major, minor;
	struct mount_point point;
	struct mount_entry *next; /* in the file's order */
};

/** Parse the text of a mountinfo file; everything in @arena. Lines that are not of that form are
 * skipped. */
int mounts_parse(const char *text, struct arena *arena, struct mount_entry **ret_entries,
		 struct err *err) MUST_CHECK;
int mounts_read(struct arena *arena, struct mount_entry **ret_entries, struct err *err) MUST_CHECK;

/** The mount points of one device, linked by their `next`; NULL when it is not mounted. */
struct mount_point *mounts_find(struct mount_entry *entries, uint32_t major, uint32_t minor);

/** "/a,/b" in @arena, "" for none; NULL without memory. */
const char *mounts_join(const struct mount_point *points, const char *separator,
			struct arena *arena);

#endif
