/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Name -> object, for one pass over a VG. A sorted array: strangers choose the names, and no
 * choice of theirs makes it slow.
 */
#ifndef METADATA_NAME_INDEX_H
#define METADATA_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "metadata/base/arena.h"

struct name_entry {
	const char *name;
	void *object;
};

/* Start with { 0 }; memory is the arena's that name_index_new() was given. */
struct name_index {
	struct name_entry *entries;
	size_t count, size;
};

/** An empty index for up to @size entries; false without memory. */
bool name_index_new(struct name_index *index, size_t size, struct arena *arena);

/** Put an object in; call name_index_sort() behind the last. */
void name_index_add(struct name_index *index, const char *name, void *object);

/** Returns a name that is there twice, or NULL. */
const char *name_index_sort(struct name_index *index);

void *name_index_find(const struct name_index *index, const char *name);

#endif
