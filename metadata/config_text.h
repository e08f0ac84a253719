/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LVM2's configuration grammar, the same for metadata texts and lvm.conf:
 *
 *	key = value		value: 12  1.5  "text"  'text'  word  [value, value]
 *	section { ... }		sections nest; "a/b = 1" is a { b = 1 }; "#" begins a comment
 *
 * Text -> tree. A tree lives in the caller's arena and holds no pointer into the text. A section
 * that comes twice is one section with the items of both. A text that ends in a NUL is not copied.
 */
#ifndef METADATA_CONFIG_TEXT_H
#define METADATA_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/base/arena.h"
#include "metadata/base/err.h"

#define CFG_DEPTH_MAX 16 /* sections in sections; LVM2's own files stay below 6 */

enum cfg_value_type { CFG_INTEGER = 1, CFG_FLOAT, CFG_STRING };

struct cfg_value {
	enum cfg_value_type type;
	bool is_reference; /* read it through cfg_value_reference() */
	union {
		int64_t integer;
		const char *text; /* of a string, without quotes; of a float, its digits */
		const char *const *reference;
	};
	struct cfg_value *next;
};

/* "key = values" or "key { items }"; a list of them is linked by next. */
struct cfg_node {
	const char *key;
	struct cfg_node *next;
	uint32_t line;
	bool is_section;
	bool is_list;	 /* the values were in [ ], which may be empty */
	bool may_repeat; /* while parsing: keys may be equal in it, or in a section in it */
	uint8_t key_bit; /* while parsing: 0 to 63, of its key */
	union {
		struct cfg_node *items;
		struct cfg_value *values;
	};
};

/* Which of two equal keys in one section counts. */
enum cfg_repeats {
	CFG_FIRST_COUNTS, /* metadata; both are kept in the tree */
	CFG_LAST_COUNTS,  /* lvm.conf and --config; the earlier one is dropped */
};

/**
 * Parse a whole text; a NUL ends it early. NULL in @ret_items is an empty text.
 * -EUCLEAN: "Parse error at byte B (line L): ..."; -ENOMEM past the arena's limit.
 */
int cfg_parse(const char *text, size_t length, enum cfg_repeats repeats, struct arena *arena,
	      struct cfg_node **ret_items, struct err *err) MUST_CHECK;

/**
 * Who wants what is in one section of a long text item by item, so that the tree never is in memory
 * as a whole.
 */
struct cfg_stream {
	/**
	 * Asked at the "{" of each section @section that is directly in @outer, an item of @root:
	 * shall its items be handed over, instead of being in the tree? All that was read before is
	 * in the tree, but sections that come twice are still two.
	 */
	bool (*begins)(const struct cfg_node *root, const struct cfg_node *outer,
		       const struct cfg_node *section, void *arg);
	/** Such an item, which dies when this returns. An error ends the parsing. */
	int (*take)(const struct cfg_node *item, void *arg);
	void *arg;
};

/**
 * As cfg_parse(), with @stream, which may be NULL. *@ret_merged: there were sections that came
 * twice and are one now, so what the stream was told may not be what the tree says. Items that
 * were handed over are not compared with each other.
 */
int cfg_parse_stream(const char *text, size_t length, enum cfg_repeats repeats,
		     const struct cfg_stream *stream, struct arena *arena,
		     struct cfg_node **ret_items, bool *ret_merged, struct err *err) MUST_CHECK;

/** The first section, or key with values, of that name; NULL when there is none. */
struct cfg_node *cfg_find_section(const struct cfg_node *items, const char *key);
struct cfg_node *cfg_find_key(const struct cfg_node *items, const char *key);

/** The only value of a key when it is of that type; false leaves the result alone. */
bool cfg_get_integer(const struct cfg_node *node, int64_t *ret_value);
bool cfg_get_unsigned(const struct cfg_node *node, uint64_t max, uint64_t *ret_value);
bool cfg_get_string(const struct cfg_node *node, const char **ret_text);

/** Let a string that names a PV or LV of the VG follow the place where that has its name. */
void cfg_value_refer(struct cfg_value *value, const char *const *name);
/** That place, or NULL. */
const char *const *cfg_value_reference(const struct cfg_value *value);
/** What a string value says now: the name of the object it refers to, else its text. */
const char *cfg_value_text(const struct cfg_value *value);

/* Says what a reference of a copied value becomes. */
typedef const char *const *cfg_map_reference(const char *const *reference, void *arg);

/**
 * Copy @node (not what is linked behind it) with all that is in it; NULL without memory.
 * @map may be NULL: references are dropped, and the text becomes what they said.
 */
struct cfg_node *cfg_copy(const struct cfg_node *node, struct arena *arena, cfg_map_reference *map,
			  void *arg);

/** As cfg_copy() for a list. *ret_list is set; false without memory. */
bool cfg_copy_list(const struct cfg_node *list, struct arena *arena, cfg_map_reference *map,
		   void *arg, struct cfg_node **ret_list);

#endif
