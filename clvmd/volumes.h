/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Volumes: every clustered LV that is known, and on which node it is what. Put together from the
 * names, the lock table and what the members' kernels say; each of the three may know more than the
 * others, and that is what people need to see.
 */
#ifndef CLVMD_VOLUMES_H
#define CLVMD_VOLUMES_H

#include "clvmd/daemon.h"
#include "clvmd/journal.h"

/* An LV on a node where it is locked or in the kernel. */
struct volume_cell {
	char resource[LV_RESOURCE_LENGTH + 1];
	uint32_t node;
	enum lock_mode mode; /* MODE_NL: no lock */
	bool is_orphan;
	uint64_t locked_since; /* CLOCK_REALTIME, ns; 0: unknown */
	bool is_known;	       /* its kernel was asked and has answered: the rest is true */
	bool is_active, is_suspended, is_preloaded;
	uint32_t open_count;
	uint64_t size_sectors;
	uint32_t table_crc;
};

struct volume {
	char resource[LV_RESOURCE_LENGTH + 1];
	const char *vg, *lv; /* "" not known; valid until the names change */
	const struct volume_cell *cells;
	size_t cell_count;
};

struct volumes {
	struct volume *items; /* by VG and name */
	size_t count, room;
	struct volume_cell *cells;
	size_t cell_count, cell_room;
	size_t locks_held, locks_waiting; /* of all kinds */
};

/** @since: now_ns(); older answers of members do not count. Release with volumes_free(). */
void volumes_gather(struct daemon *d, uint64_t since, struct volumes *volumes);
void volumes_free(struct volumes *volumes);

/** What a volume is on a node: a word or two. */
const char *volume_cell_state(const struct volume_cell *cell);

#endif
