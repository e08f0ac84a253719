/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/name_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* With slots half full a good hash takes less than one step an entry. */
#define STEPS_PER_ENTRY 8
#define STEPS_AT_LEAST	64

#define HASH_FACTOR 0x9e3779b97f4a7c15ULL

static uint32_t hash_bytes(const char *bytes, size_t length)
{
	uint64_t hash = length, word = 0;

	for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = (hash ^ word) * HASH_FACTOR;
		hash ^= hash >> 32;
	}
	word = 0;
	for (size_t i = 0; i < length; i++)
		word = word << 8 | (unsigned char)bytes[i];
	hash = (hash ^ word) * HASH_FACTOR;
	return (uint32_t)(hash >> 32);
}

bool name_index_new(struct name_index *index, size_t size, struct arena *arena)
{
	*index = (struct name_index){ .size = size, .slot_count = 16 };
	if (size > UINT32_MAX / 2)
		return false;
	while (index->slot_count < size * 2)
		index->slot_count *= 2;
	index->entries = arena_calloc(arena, size, sizeof(*index->entries));
	index->slots = arena_calloc(arena, index->slot_count, sizeof(*index->slots));
	return index->entries && index->slots;
}

static bool is_same(const struct name_entry *a, const struct name_entry *b)
{
	return a->hash == b->hash && a->length == b->length && !memcmp(a->name, b->name, a->length);
}

/* The slot of that name, or the empty one where it would be; NULL after too many @steps. */
static uint32_t *find_slot(const struct name_index *index, const struct name_entry *entry,
			   size_t *steps)
{
	for (size_t i = entry->hash;; i++) {
		uint32_t *slot = &index->slots[i & (index->slot_count - 1)];

		if (!*slot || is_same(&index->entries[*slot - 1], entry))
			return slot;
		if (++*steps > index->size * STEPS_PER_ENTRY + STEPS_AT_LEAST)
			return NULL;
	}
}

void name_index_add_bytes(struct name_index *index, const char *name, size_t length, void *object)
{
	struct name_entry *entry = &index->entries[index->count];
	uint32_t *slot;

	assert(index->count < index->size && length <= UINT32_MAX);
	*entry = (struct name_entry){ name, (uint32_t)length, hash_bytes(name, length), object };
	index->count++;
	if (index->is_sorted)
		return;
	if (!(slot = find_slot(index, entry, &index->steps)))
		index->is_sorted = true; /* it will be, by name_index_finish() */
	else if (*slot)
		index->twice = name;
	else
		*slot = (uint32_t)index->count;
}

void name_index_add(struct name_index *index, const char *name, void *object)
{
	name_index_add_bytes(index, name, strlen(name), object);
}

static int compare(const void *a, const void *b)
{
	const struct name_entry *x = a, *y = b;

	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return memcmp(x->name, y->name, x->length);
}

const char *name_index_finish(struct name_index *index)
{
	if (!index->is_sorted)
		return index->twice;
	qsort(index->entries, index->count, sizeof(*index->entries), compare);
	for (size_t i = 1; !index->twice && i < index->count; i++)
		if (!compare(&index->entries[i - 1], &index->entries[i]))
			index->twice = index->entries[i].name;
	return index->twice;
}

void *name_index_find(const struct name_index *index, const char *name)
{
	size_t length = strlen(name), steps = 0;
	struct name_entry wanted = { .name = name };
	const struct name_entry *entry;
	const uint32_t *slot;

	if (!index->count || length > UINT32_MAX)
		return NULL;
	wanted.length = (uint32_t)length;
	if (index->is_sorted) {
		entry = bsearch(&wanted, index->entries, index->count, sizeof(wanted), compare);
		return entry ? entry->object : NULL;
	}
	wanted.hash = hash_bytes(name, length);
	slot = find_slot(index, &wanted, &steps);
	return slot && *slot ? index->entries[*slot - 1].object : NULL;
}
