/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts that were found good, each once, with the VG that it says. All areas of a VG hold the same
 * text, and a command reads again under the lock what it has read without: bytes that are equal to
 * those of a known text need neither be summed nor parsed again.
 *
 * An area whose header still names the same place, length and checksum holds the same commit: what
 * is there need not even be read again. (Texts are only written where no header points.)
 *
 * A text lives as long as a scan uses it, or the context, which keeps those of the last scan.
 */
#include "lib/store/known_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/context.h"
#include "lib/store/store_private.h"
#include "metadata/base/pages.h"

static void release(const struct text_memory *memory)
{
	if (memory->mapped_bytes)
		pages_unmap(memory->block, memory->mapped_bytes);
	else
		free(memory->block);
}

static void text_unref(struct known_text *known)
{
	if (--known->users)
		return;
	release(&known->memory);
	vg_free(known->model);
	arena_free(&known->arena);
	free(known->places);
	free(known);
}

/* Hand the caller's use of @known to the list; without memory it stays the caller's. */
static bool list_give(struct text_list *list, struct known_text *known)
{
	if (list->count == list->size) {
		size_t size = list->size ? list->size * 2 : 8;
		struct known_text **grown =
			reallocarray(list->items, size, sizeof(struct known_text *));

		if (!grown)
			return false;
		list->items = grown;
		list->size = size;
	}
	list->items[list->count++] = known;
	return true;
}

/* One more user, or without memory none. */
static bool list_add(struct text_list *list, struct known_text *known)
{
	if (!list_give(list, known))
		return false;
	known->users++;
	return true;
}

static void list_clear(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		text_unref(list->items[i]);
	free(list->items);
	*list = (struct text_list){ 0 };
}

static struct known_text *list_find(const struct text_list *list, const char *text, size_t length,
				    uint32_t checksum)
{
	for (size_t i = 0; i < list->count; i++) {
		struct known_text *known = list->items[i];

		if (known->checksum == checksum && known->length == length &&
		    (known->text == text || !memcmp(known->text, text, length)))
			return known;
	}
	return NULL;
}

const struct known_text *scan_find_text(struct scan *scan, const char *text, size_t length,
					uint32_t checksum)
{
	struct scan_index *index = scan->index;
	struct known_text *known = list_find(&index->texts, text, length, checksum);

	if (known || !index->older || !(known = list_find(index->older, text, length, checksum)))
		return known;
	return list_add(&index->texts, known) ? known : NULL;
}

static const struct known_text *list_guess(const struct text_list *list,
					   const struct mda_location *location)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (list->items[i]->checksum == location->checksum &&
		    list->items[i]->length == location->size_bytes)
			return list->items[i];
	return NULL;
}

const struct known_text *scan_guess_text(const struct scan *scan,
					 const struct mda_location *location)
{
	const struct known_text *known = list_guess(&scan->index->texts, location);

	return known ? known : list_guess(scan->index->older, location);
}

static struct text_place place_of(const struct mda_copy *copy, const struct mda_location *location)
{
	return (struct text_place){ copy->pv_disk->device->devno, copy->area.offset_bytes,
				    location->offset_bytes };
}

static bool is_at(const struct known_text *known, const struct text_place *place)
{
	for (size_t i = 0; i < known->place_count; i++) {
		const struct text_place *at = &known->places[i];

		if (at->devno == place->devno && at->area_bytes == place->area_bytes &&
		    at->offset_bytes == place->offset_bytes)
			return true;
	}
	return false;
}

const struct known_text *scan_find_place(struct scan *scan, const struct mda_copy *copy,
					 const struct mda_location *location)
{
	const struct text_list *older = scan->index->older;
	const struct text_place place = place_of(copy, location);

	for (size_t i = 0; older && i < older->count; i++) {
		struct known_text *known = older->items[i];

		if (known->checksum != location->checksum ||
		    known->length != location->size_bytes || !is_at(known, &place))
			continue;
		for (size_t k = 0; k < scan->index->texts.count; k++)
			if (scan->index->texts.items[k] == known)
				return known;
		return list_add(&scan->index->texts, known) ? known : NULL;
	}
	return NULL;
}

/* Without memory it is read again. */
void scan_note_place(struct scan *scan, const struct mda_copy *copy)
{
	const struct text_list *texts = &scan->index->texts;
	const struct text_place place = place_of(copy, &copy->header.committed);
	struct known_text *known = NULL;

	for (size_t i = 0; i < texts->count && !known; i++)
		if (texts->items[i]->text == copy->text)
			known = texts->items[i];
	if (!known || is_at(known, &place))
		return;
	if (known->place_count == known->place_size) {
		size_t size = known->place_size ? known->place_size * 2 : 4;
		struct text_place *grown = reallocarray(known->places, size, sizeof(*grown));

		if (!grown)
			return;
		known->places = grown;
		known->place_size = size;
	}
	known->places[known->place_count++] = place;
}

static void summarise(const struct vg *vg, struct vg_summary *ret_summary)
{
	*ret_summary = (struct vg_summary){
		.name = vg->name,
		.id = vg->id,
		.seqno = vg->seqno,
		.clustered = vg_is_clustered(vg),
	};
}

/* The list that it will be in is its user, and that of @memory. NULL: there is none; @memory still
 * is the caller's. */
static struct known_text *new_text(const char *text, size_t length, uint32_t checksum,
				   const struct text_memory *memory)
{
	struct known_text *known = calloc(1, sizeof(*known));

	if (!known)
		return NULL;
	known->users = 1;
	known->arena.limit = VG_TEXT_MAX;
	known->checksum = checksum;
	known->length = length;
	known->text = text;
	known->memory = *memory;
	return known;
}

/* Takes over @known, also on failure, which is of memory. */
static const struct known_text *give(struct scan *scan, struct known_text *known)
{
	if (list_give(&scan->index->texts, known))
		return known;
	text_unref(known);
	return NULL;
}

static int read_text(struct known_text *known, struct err *err)
{
	if (!vg_import(known->text, known->length, &known->model, NULL, NULL)) {
		summarise(known->model, &known->summary);
		return 0;
	}
	return vg_text_summary(known->text, known->length, &known->arena, &known->summary, err);
}

const struct known_text *scan_keep_text(struct scan *scan, const char *text, size_t length,
					uint32_t checksum, const struct text_memory *memory,
					struct err *err)
{
	struct known_text *known = new_text(text, length, checksum, memory);
	const struct known_text *given = NULL;

	if (!known)
		release(memory);
	if (known && read_text(known, err)) {
		text_unref(known);
		return NULL;
	}
	if (known)
		given = give(scan, known);
	if (!given)
		(void)err_set(err, ENOMEM, "Out of memory for metadata.");
	return given;
}

bool scan_note_text(struct scan *scan, const struct buf *text, uint32_t checksum,
		    const struct vg *vg)
{
	const struct text_memory memory = { .block = text->data };
	struct known_text *noted;

	if (scan_find_text(scan, text->data, text->used, checksum) ||
	    !(noted = new_text(text->data, text->used, checksum, &memory)))
		return false;
	summarise(vg, &noted->summary);
	noted->is_unread = true;
	if ((noted->summary.name = arena_strdup(&noted->arena, vg->name)) &&
	    list_give(&scan->index->texts, noted))
		return true;
	noted->memory = (struct text_memory){ 0 };
	text_unref(noted);
	return false;
}

/* Equal texts are shared, so the address is enough. */
static struct vg *find_model(const struct scan *scan, const struct mda_copy *copy)
{
	const struct text_list *texts = &scan->index->texts;

	for (size_t i = 0; copy->state == MDA_VALID && i < texts->count; i++) {
		struct known_text *known = texts->items[i];

		if (known->text != copy->text)
			continue;
		if (known->is_unread &&
		    vg_import(known->text, known->length, &known->model, NULL, NULL))
			known->model = NULL;
		known->is_unread = false;
		return known->model;
	}
	return NULL;
}

const struct vg *scan_model(const struct scan *scan, const struct mda_copy *copy)
{
	return find_model(scan, copy);
}

int scan_read_vg(const struct scan *scan, const struct mda_copy *copy, struct vg **ret_vg,
		 bool *ret_is_shared, struct err *err)
{
	*ret_vg = find_model(scan, copy);
	*ret_is_shared = *ret_vg;
	if (!*ret_vg && vg_import(copy->text, copy->text_length, ret_vg, NULL, err)) /* why not */
		return err_append(err, "\nMetadata of VG %s on %s at %llu cannot be used.",
				  copy->summary.name, copy->pv_disk->device->name,
				  (unsigned long long)(copy->area.offset_bytes +
						       copy->header.committed.offset_bytes));
	return 0;
}

void scan_begin_texts(struct context *context, struct scan *scan)
{
	scan->index->older = context->texts;
}

void scan_end_texts(struct context *context, struct scan *scan)
{
	struct text_list *kept = calloc(1, sizeof(*kept));

	for (size_t i = 0; kept && i < scan->index->texts.count; i++)
		(void)list_add(kept, scan->index->texts.items[i]);
	scan->index->older = NULL;
	text_list_free(context->texts);
	context->texts = kept;
}

void scan_free_texts(struct scan *scan)
{
	list_clear(&scan->index->texts);
}

static void list_pin(const struct text_list *list)
{
	for (size_t i = 0; list && i < list->count; i++)
		list->items[i]->users++;
}

void scan_pin_texts(struct scan *scan)
{
	list_pin(&scan->index->texts);
	list_pin(scan->index->older);
}

void text_list_free(struct text_list *list)
{
	if (!list)
		return;
	list_clear(list);
	free(list);
}
