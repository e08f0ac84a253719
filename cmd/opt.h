/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options: rows of a table in, fields of a struct out.
 *
 * A row binds an option to a field of the command's args struct by its offset; which type that
 * field has is said by the row's kind. The grammar is that of getopt_long(): unambiguous prefixes
 * of long names, --name=value, clusters of short names, options and operands mixed, "--" ends the
 * options. Hyphens inside a long name do not count (--no-headings).
 *
 * Parsing prints nothing, keeps no state and does not exit. Errors have LVM2's wording.
 */
#ifndef CMD_OPT_H
#define CMD_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/base/arena.h"
#include "metadata/base/err.h"

enum opt_kind {
	OPT_FLAG,	 /* bool */
	OPT_COUNT,	 /* int: how often it was given */
	OPT_STRING,	 /* const char * */
	OPT_LIST,	 /* struct opt_list: may be repeated */
	OPT_TAGS,	 /* struct opt_list of valid tags */
	OPT_NUMBER,	 /* struct opt_number */
	OPT_CHOICE,	 /* int: a value of value->choices, 0 when not given */
	OPT_SIZE,	 /* struct size_arg (lib/size.h) */
	OPT_EXTENTS,	 /* struct size_arg with is_extents */
	OPT_READ_AHEAD,	 /* struct opt_read_ahead */
	OPT_ACTIVATION,	 /* enum activation_change (lib/op/op.h) */
	OPT_ACCEPTED,	 /* no field: taken as LVM2 takes it, without effect here */
	OPT_UNSUPPORTED, /* no field: an option of LVM2's that we cannot do */
};

struct opt_list {
	const char **items;
	size_t count;
};

struct opt_number {
	bool is_set;
	uint32_t value;
};

struct opt_read_ahead {
	bool is_set;
	int64_t sectors; /* READ_AHEAD_AUTO, READ_AHEAD_NONE */
};

struct opt_choice {
	const char *word; /* NULL ends the list */
	int value;
};

enum opt_signs {
	SIGNS_NONE,  /* neither + nor - */
	SIGNS_PLUS,  /* + */
	SIGNS_MINUS, /* - */
	SIGNS_BOTH,
};

/* What an option's value may be. */
struct opt_value {
	const char *name; /* as help and manual show it: "Size[m|UNIT]" */
	char unit;	  /* OPT_SIZE: of a number without a unit */
	enum opt_signs signs;
	const struct opt_choice *choices;
	const char *complaint; /* OPT_CHOICE: printed with the word before the usual error */
};

struct opt {
	char short_name; /* 0: only long */
	const char *long_name;
	enum opt_kind kind;
	size_t offset;
	const struct opt_value *value; /* NULL: takes none */
	const char *help;	       /* NULL: another spelling, which help and manual leave out */
};

/* An option that was given, once. */
struct given {
	const struct opt *opt;
	const char *value; /* NULL: none */
};

/* One table and the struct that its offsets mean. */
struct opt_group {
	const struct opt *opts; /* ends with a row without long_name */
	void *args;
	bool is_minor; /* prefixes of its names only count when no other group has one */
};
#define OPT_GROUPS_MAX 4

struct opt_parse {
	/* in */
	const char *program; /* for messages: "lvs" */
	struct opt_group groups[OPT_GROUPS_MAX];
	size_t group_count;
	struct arena *arena;
	/* out */
	struct given *given; /* in the order first given */
	size_t given_count;
	const char **operands;
	size_t operand_count;
	bool is_usage_error; /* the failure is getopt's: no such option, value missing */
};

/** -EINVAL: a bad command line; -EOPNOTSUPP: an option that we cannot do; -ENOMEM. argv[0] is
 * skipped. */
int opt_parse(struct opt_parse *parse, int argc, char *const argv[], struct err *err) MUST_CHECK;

/** Field of @opt in @args from @text (NULL: no value). In opt_value.c. */
int opt_set(struct arena *arena, const struct opt *opt, void *args, const char *text,
	    size_t items_max, struct err *err) MUST_CHECK;

/** Does a word of @words (parted by blanks) equal @name? */
bool opt_word_in(const char *words, const char *name);

extern const struct opt_value value_string, value_tag, value_number, value_yes_no, value_alloc,
	value_uuid, value_pv, value_extents, value_extents_plus, value_extents_minus,
	value_extents_both, value_size, value_size_plus, value_size_minus, value_size_both,
	value_size_kib, value_size_mib, value_read_ahead, value_activate, value_permission,
	value_metadata_type, value_copies, value_vg_copies, value_segment_type, value_report_format,
	value_units, value_activation_mode, value_report_type;

/* OPT_CHOICE numbers that need a name; value_yes_no gives YES and NO (lib/op/op.h) */
enum { PERMISSION_READ = 1, PERMISSION_WRITE };
enum { TYPE_LINEAR = 1, TYPE_STRIPED, TYPE_OTHER };
enum { FORMAT_BASIC = 1, FORMAT_JSON };
enum { MODE_COMPLETE = 1, MODE_DEGRADED, MODE_PARTIAL };

/** A choice of value_alloc as an enum alloc_policy is this plus the policy. */
#define ALLOC_CHOICE 1

#endif
