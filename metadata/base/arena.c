/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chunks double in size from CHUNK_MIN to CHUNK_MAX, so that a small VG costs one
 * small malloc and a large one few. What is larger is so because of one object.
 */
#include "metadata/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MIN ((size_t)8 << 10)
#define CHUNK_MAX ((size_t)1 << 20)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;	/* of the memory behind this header */
	size_t taken;	/* from the limit; given back by arena_free() */
	uint64_t start; /* only its address is used */
};

#define HEADER offsetof(struct arena_chunk, start)

static char *chunk_memory(struct arena_chunk *chunk)
{
	return (char *)chunk + HEADER;
}

static struct arena_chunk *add_chunk(struct arena *arena, size_t at_least)
{
	size_t size = arena->chunks ? arena->chunks->size * 2 : CHUNK_MIN;
	struct arena_chunk *chunk;

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size + HEADER > arena->limit && arena->limit > HEADER)
		size = arena->limit - HEADER;
	if (size < at_least)
		size = at_least;
	if (size > SIZE_MAX - HEADER || size + HEADER > arena->limit)
		return NULL;
	if (!(chunk = calloc(1, size + HEADER)))
		return NULL;
	chunk->next = arena->chunks;
	chunk->size = size;
	chunk->taken = size + HEADER;
	arena->limit -= chunk->taken;
	arena->chunks = chunk;
	arena->next = chunk_memory(chunk);
	arena->left = size;
	return chunk;
}

void *arena_alloc_more(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2)
		return NULL;
	if (!size)
		size = 1;
	size = (size + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
	if (arena->left < size && !add_chunk(arena, size))
		return NULL;
	return arena_alloc(arena, size);
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return NULL;
	return arena_alloc(arena, count * size);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, fmt);
	length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (length < 0 || !(text = arena_alloc(arena, (size_t)length + 1)))
		return NULL;
	va_start(args, fmt);
	(void)vsnprintf(text, (size_t)length + 1, fmt, args);
	va_end(args);
	return text;
}

/* Give back @chunk and those behind it. */
static void free_chunks(struct arena *arena, struct arena_chunk *chunk)
{
	struct arena_chunk *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		arena->limit += chunk->taken;
		free(chunk);
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *newest = arena->chunks;

	if (!newest)
		return;
	free_chunks(arena, newest->next);
	newest->next = NULL;
	memset(chunk_memory(newest), 0, newest->size - arena->left);
	arena->next = chunk_memory(newest);
	arena->left = newest->size;
}

void arena_free(struct arena *arena)
{
	free_chunks(arena, arena->chunks);
	arena->chunks = NULL;
	arena->next = NULL;
	arena->left = 0;
}
