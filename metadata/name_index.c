/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/name_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool name_index_new(struct name_index *index, size_t size, struct arena *arena)
{
	*index = (struct name_index){ .size = size };
	index->entries = arena_calloc(arena, size, sizeof(*index->entries));
	return index->entries;
}

void name_index_add(struct name_index *index, const char *name, void *object)
{
	assert(index->count < index->size);
	index->entries[index->count++] = (struct name_entry){ name, object };
}

static int compare(const void *a, const void *b)
{
	const struct name_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

const char *name_index_sort(struct name_index *index)
{
	if (index->count)
		qsort(index->entries, index->count, sizeof(*index->entries), compare);
	for (size_t i = 1; i < index->count; i++)
		if (!compare(&index->entries[i - 1], &index->entries[i]))
			return index->entries[i].name;
	return NULL;
}

void *name_index_find(const struct name_index *index, const char *name)
{
	const struct name_entry wanted = { .name = name };
	const struct name_entry *entry;

	if (!index->count)
		return NULL;
	entry = bsearch(&wanted, index->entries, index->count, sizeof(wanted), compare);
	return entry ? entry->object : NULL;
}
