/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory within the budget, and the list of effects of one call.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/core/internal.h"

/* In front of each allocation, so that freeing gives the right amount back. */
union allocation {
	size_t size;
	max_align_t align;
};

void *ls_alloc(struct lockspace *ls, size_t size)
{
	union allocation *memory;

	if (size > ls->memory_limit || ls->memory_used > ls->memory_limit - size ||
	    !(memory = calloc(1, sizeof(*memory) + size))) {
		ls_break(ls, "out of memory (%zu bytes used)", ls->memory_used);
		return NULL;
	}
	memory->size = size;
	ls->memory_used += size;
	return memory + 1;
}

void ls_free(struct lockspace *ls, void *memory)
{
	union allocation *allocation = memory;

	if (!memory)
		return;
	allocation--;
	ls->memory_used -= allocation->size;
	free(allocation);
}

char *ls_strdup(struct lockspace *ls, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = ls_alloc(ls, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

void ls_begin(struct lockspace *ls)
{
	arena_free(&ls->arena);
	ls->arena.limit = ls->memory_limit;
	ls->effects = NULL;
	ls->effects_end = &ls->effects;
}

const struct effect *ls_end(struct lockspace *ls)
{
	return ls->effects;
}

struct effect *ls_effect(struct lockspace *ls, enum effect_type type)
{
	static const struct effect nothing;
	struct effect *effect = arena_new(&ls->arena, struct effect);

	if (!effect) {
		ls_break(ls, "out of memory for effects");
		effect = &ls->broken_effect; /* its fields may be written, it is EFFECT_LEAVE */
		*effect = nothing;
		effect->type = EFFECT_LEAVE;
		effect->text = "out of memory for effects";
		return effect;
	}
	effect->type = type;
	effect->text = "";
	*ls->effects_end = effect;
	ls->effects_end = &effect->next;
	return effect;
}

const char *ls_printf(struct lockspace *ls, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	const char *copy;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	copy = arena_strdup(&ls->arena, text);
	return copy ? copy : "";
}

void ls_log(struct lockspace *ls, int level, const char *fmt, ...)
{
	struct effect *effect;
	char text[ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	effect = ls_effect(ls, EFFECT_LOG);
	if (effect->type != EFFECT_LOG)
		return;
	effect->level = level;
	effect->text = ls_printf(ls, "%s", text);
}

void ls_break(struct lockspace *ls, const char *fmt, ...)
{
	struct effect *effect = &ls->broken_effect;
	const char *copy;
	char text[512];
	va_list args;

	if (ls->broken)
		return;
	ls->broken = true;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	copy = arena_strdup(&ls->arena, text);
	*effect = (struct effect){ .type = EFFECT_LEAVE, .error = -EIO };
	effect->text = copy ? copy : "internal error";
	*ls->effects_end = effect;
	ls->effects_end = &effect->next;
}

void ls_send(struct lockspace *ls, struct message *message)
{
	struct buf out = { .limit = MESSAGE_LENGTH_MAX };
	struct effect *effect;
	void *bytes;

	message->minor = ls->minor;
	message->lineage = ls->lineage;
	message->ring = ls->ring;
	message->daemon = ls->daemon;
	message_encode(message, &out);
	bytes = out.failed ? NULL : arena_alloc(&ls->arena, out.used);
	if (!bytes) {
		ls_break(ls, "a message of type %d does not fit", (int)message->type);
	} else {
		memcpy(bytes, out.data, out.used);
		effect = ls_effect(ls, EFFECT_SEND);
		effect->bytes = bytes;
		effect->length = out.used;
	}
	buf_free(&out);
}
