/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arena: memory with one owner and one end of life.
 *
 * Everything that hangs off a volume group is allocated in that group's arena and
 * is freed by one arena_free(); nothing in it is freed alone, so the model has no
 * destructors and no half-freed state. The limit bounds what hostile metadata can
 * make us take.
 */
#ifndef METADATA_BASE_ARENA_H
#define METADATA_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena_chunk;

/* Start with { .limit = n }. */
struct arena {
	struct arena_chunk *chunks; /* newest first; NULL is an empty arena */
	char *next;		    /* what is left of the newest chunk */
	size_t left;
	size_t limit; /* bytes this arena may still take from malloc */
};

#define ARENA_ALIGNMENT _Alignof(uint64_t)

/* From a new chunk. */
void *arena_alloc_more(struct arena *arena, size_t size);

/** Zeroed memory of @size bytes, aligned for pointers and 64-bit numbers; NULL past the limit. */
static inline void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t taken = (size + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
	void *memory = arena->next;

	if (!size || taken < size || taken > arena->left)
		return arena_alloc_more(arena, size);
	arena->next += taken;
	arena->left -= taken;
	return memory;
}

/** As arena_alloc() for @count items of @size bytes; NULL also when the product overflows. */
void *arena_calloc(struct arena *arena, size_t count, size_t size);

/** A copy of @text that lives as long as the arena, or NULL past the limit. */
char *arena_strdup(struct arena *arena, const char *text);

/** A NUL-terminated copy of the @length bytes at @text, or NULL past the limit. */
static inline char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? (char *)arena_alloc(arena, length + 1) : NULL;

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

/** A formatted string that lives as long as the arena, or NULL past the limit. */
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Forget all that was allocated, but keep a chunk of memory for what comes next. */
void arena_reset(struct arena *arena);

/** Give everything back. The arena is empty afterwards and can be used again. */
void arena_free(struct arena *arena);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
