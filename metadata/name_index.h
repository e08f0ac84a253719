/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Name -> object, for one pass over a VG. A hash table that turns into a sorted array when its
 * chains grow long: strangers choose the names, and no choice of theirs makes it slow.
 */
#ifndef METADATA_NAME_INDEX_H
#define METADATA_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/base/arena.h"

struct name_entry {
	const char *name; /* not always ended by a NUL */
	uint32_t length, hash;
	void *object;
};

/* Start with { 0 }; memory is the arena's that name_index_new() was given. */
struct name_index {
	struct name_entry *entries;
	size_t count, size;
	uint32_t *slots;   /* number of an entry, from 1; 0: empty */
	size_t slot_count; /* a power of two */
	size_t steps;	   /* over taken slots, in all */
	bool is_sorted;	   /* the slots are out of use */
	const char *twice; /* a name that was added a second time, or NULL */
};

/** An empty index for up to @size entries; false without memory. */
bool name_index_new(struct name_index *index, size_t size, struct arena *arena);

/** Put an object in; call name_index_finish() behind the last. Of two objects of one name only one
 * is found. */
void name_index_add(struct name_index *index, const char *name, void *object);
void name_index_add_bytes(struct name_index *index, const char *name, size_t length, void *object);

/** Returns a name that is there twice, or NULL. */
const char *name_index_finish(struct name_index *index);

void *name_index_find(const struct name_index *index, const char *name);

#endif
