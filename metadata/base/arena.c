/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chunks double in size from CHUNK_MIN to CHUNK_MAX, so that a small VG costs one
 * small malloc and a large one few. Those of CHUNK_MAX are huge pages where the kernel has them.
 * What is larger is so because of one object, and will be used whole.
 */
#include "metadata/base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/base/pages.h"

#define CHUNK_MIN ((size_t)8 << 10)
#define CHUNK_MAX HUGE_PAGE_BYTES

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;  /* of the memory behind this header */
	size_t taken; /* from the limit; given back by arena_free() */
	bool is_mapped;
	uint64_t start; /* only its address is used */
};

#define HEADER offsetof(struct arena_chunk, start)

static char *chunk_memory(struct arena_chunk *chunk)
{
	return (char *)chunk + HEADER;
}

static size_t align_up(size_t size)
{
	const size_t align = _Alignof(uint64_t);

	return (size + align - 1) / align * align;
}

static struct arena_chunk *new_chunk(size_t size)
{
	struct arena_chunk *chunk;

	if (size < CHUNK_MAX)
		return calloc(1, size);
	if (!(chunk = pages_map(size, false)))
		return NULL;
	if (size > CHUNK_MAX)
		pages_touch(chunk, size);
	chunk->is_mapped = true;
	return chunk;
}

static void free_chunk(struct arena_chunk *chunk)
{
	if (chunk->is_mapped)
		pages_unmap(chunk, chunk->taken);
	else
		free(chunk);
}

static struct arena_chunk *add_chunk(struct arena *arena, size_t at_least)
{
	size_t size = arena->chunks ? arena->chunks->size * 2 : CHUNK_MIN;
	struct arena_chunk *chunk;

	if (size > CHUNK_MAX / 2)
		size = CHUNK_MAX - HEADER;
	if (size + HEADER > arena->limit && arena->limit > HEADER)
		size = arena->limit - HEADER;
	if (size < at_least)
		size = at_least;
	if (size > SIZE_MAX - HEADER || size + HEADER > arena->limit)
		return NULL;
	if (!(chunk = new_chunk(size + HEADER)))
		return NULL;
	chunk->next = arena->chunks;
	chunk->size = size;
	chunk->taken = size + HEADER;
	arena->limit -= chunk->taken;
	arena->chunks = chunk;
	arena->used = 0;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	char *memory;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = align_up(size ? size : 1);
	if ((!chunk || chunk->size - arena->used < size) && !(chunk = add_chunk(arena, size)))
		return NULL;
	memory = chunk_memory(chunk) + arena->used;
	arena->used += size;
	return memory;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return NULL;
	return arena_alloc(arena, count * size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? arena_alloc(arena, length + 1) : NULL;

	if (copy)
		memcpy(copy, text, length);
	return copy;
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
		free_chunk(chunk);
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *newest = arena->chunks;

	if (!newest)
		return;
	free_chunks(arena, newest->next);
	newest->next = NULL;
	memset(chunk_memory(newest), 0, arena->used);
	arena->used = 0;
}

void arena_free(struct arena *arena)
{
	free_chunks(arena, arena->chunks);
	arena->chunks = NULL;
	arena->used = 0;
}
