/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that were found good (known_text.c). */
#ifndef LIB_STORE_KNOWN_TEXT_H
#define LIB_STORE_KNOWN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "metadata/vg_text.h"

/* Where a text was read, and what the header of the area said of it. */
struct text_place {
	dev_t devno;
	uint64_t area_bytes, offset_bytes;
};

/* What a text is in, and is released with it. */
struct text_memory {
	void *block;	     /* NULL: nothing */
	size_t mapped_bytes; /* 0: of malloc(); else of pages_map() */
};

/* Its checksum and summary are good. */
struct known_text {
	unsigned users; /* lists that it is in */
	uint32_t checksum;
	size_t length;
	const char *text;
	struct text_memory memory;
	struct vg_summary summary;
	struct vg *model;   /* never changed; NULL: the text is no sound VG */
	bool is_unread;	    /* it was written by us; there is no model yet */
	struct arena arena; /* of the summary, where there is no model */
	struct text_place *places;
	size_t place_count, place_size;
};

/* Start with { 0 }. */
struct text_list {
	struct known_text **items;
	size_t count, size;
};

/** NULL is allowed. */
void text_list_free(struct text_list *list);

#endif
