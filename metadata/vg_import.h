/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vg_import.c (VG, PVs, tables of keys) and vg_import_lv.c (LVs, segments) share. */
#ifndef METADATA_VG_IMPORT_H
#define METADATA_VG_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/config_text.h"
#include "metadata/model.h"
#include "metadata/name_index.h"
#include "metadata/vg_words.h"

#define IMPORT_WHAT_SIZE 512

struct importer {
	struct vg *vg;
	struct arena *arena;   /* the VG's */
	struct arena scratch;  /* the parsed text and the indexes; dies with the import */
	struct name_index pvs; /* by key */
	struct name_index lvs; /* by name */
	const char *last_text; /* most LVs were created on the same host */
	bool has_all_lvs;      /* by name, in lvs */
	bool is_streamed;      /* LVs come one by one: import_next_lv(), import_rest_of_lvs() */
	struct kept_lv *kept, *last_kept; /* those whose segments name LVs that may come later */
	struct err *err;
};

enum key_type {
	KEY_TEXT = 1,
	KEY_UUID,
	KEY_UINT32,
	KEY_UINT64,
	KEY_INT32,
	KEY_INT64,
	KEY_NAMES,  /* list of strings */
	KEY_STATUS, /* list of words that must be known */
	KEY_FLAGS,  /* list of words that need not */
	KEY_POLICY,
	KEY_IGNORED, /* known, and read by other means or fixed */
};

/* One "key = value": where it goes in the struct. */
struct key_row {
	const char *key;
	enum key_type type;
	size_t offset;
	const char *missing; /* required; the error when it is not there: "Couldn't ... for ..." */
};

/* All keys of one kind of object. */
struct key_table {
	const struct key_row *rows; /* up to a NULL key, at most 64 */
	const struct word *words;
	size_t status_offset, flags_offset; /* uint32_t, struct name_list * of unknown flags */
	size_t unknown_offset;		    /* struct cfg_node * */
	bool sections_are_parts;	    /* sections are not unknown keys */
};

/* What is being read, for errors: the VG; a PV; an LV; or a segment of that. */
struct import_what {
	const char *pv; /* not NULL: any PV */
	const char *lv, *seg;
};

/** "logical volume vg/lv" and so on, in @text. */
const char *import_describe(const struct importer *importer, const struct import_what *what,
			    char text[IMPORT_WHAT_SIZE]);

/**
 * Read the keys of @items into @object. Keys without a row are kept in @object. Of equal keys the
 * first counts.
 */
int import_keys(struct importer *importer, const struct key_table *table,
		const struct cfg_node *items, void *object,
		const struct import_what *what) MUST_CHECK;

/** As err_set(EUCLEAN), with the line of @node added. */
int import_error(const struct importer *importer, const struct cfg_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

int import_no_memory(const struct importer *importer);

/** Keep a copy of @items; the names in it are to be bound by the caller. */
int import_copy(struct importer *importer, const struct cfg_node *items,
		struct cfg_node **ret_copy) MUST_CHECK;

/** Read logical_volumes, or nothing when @section is NULL. */
int import_lvs(struct importer *importer, const struct cfg_node *section) MUST_CHECK;

/** The same in two steps: of each item of logical_volumes, which may die then; and the rest. */
int import_next_lv(struct importer *importer, const struct cfg_node *node) MUST_CHECK;
int import_rest_of_lvs(struct importer *importer) MUST_CHECK;

/** Let names of live LVs in the records of removed ones follow renames. */
int import_bind_history(struct importer *importer, struct cfg_node *historical) MUST_CHECK;

#endif
