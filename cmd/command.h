/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command: its name, the forms of its command line, its options, and what it does.
 *
 * command_parse() turns argv into a struct cmdline without doing anything; command->run() does
 * it. In between nothing is kept, so that a test can look at one without the other.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/opt.h"
#include "lib/context.h"
#include "metadata/base/arena.h"
#include "metadata/base/buf.h"
#include "metadata/base/err.h"

struct cmdline;

/* One way to call a command. The last has no usage. */
struct form {
	const char *usage;   /* "lvchange --refresh VG|LV|Tag|Select ..." */
	const char *summary; /* NULL when the command has one form only */
	const char *needs;   /* options, one of which must be there; NULL: none */
	const char *allows;  /* options that other forms need and this one takes too */
	int operands_min;
	int operands_max; /* ANY_NUMBER */
};
#define ANY_NUMBER (-1)

struct command {
	const char *name;
	const char *summary;
	const struct form *forms;
	const struct opt *opts;	     /* besides the common ones */
	const struct opt *more_opts; /* NULL, or a table that several commands share … */
	size_t more_offset;	     /* … and where in args the struct of its offsets is */
	size_t args_size;
	/** Combinations and ranges that a table cannot say; fills what @run needs. May be NULL. */
	int (*check)(struct cmdline *line, struct err *err);
	/** A failure whose text is empty has been reported already. */
	int (*run)(struct context *context, struct cmdline *line, struct err *err);
};

/* Options of every command (cmd/common.c). */
struct common_args {
	int debug, quiet, verbose, force;
	bool yes, test, help, longhelp, version;
	bool nolocking, readonly, foreign, shared;
	bool wait, nowait;
	bool ignore_skipped_cluster, ignore_locking_failure, no_udev_sync;
	int driver_loaded, autobackup; /* YES, NO; 0 unset */
	int report_format;	       /* FORMAT_BASIC, FORMAT_JSON; 0 unset */
	const char *config, *devices_file;
	struct opt_list devices;
};

/* How far a command line got; decides how its failure is shown and the exit code. */
enum stage {
	STAGE_USAGE,  /* words that are no options */
	STAGE_VALUES, /* options with values that are not valid */
	STAGE_FORM,   /* no form of the command fits */
	STAGE_CHECK,  /* fits, but makes no sense */
	STAGE_OPEN,   /* configuration */
	STAGE_RUN,
};

struct cmdline {
	struct arena arena; /* owns what hangs off this struct */
	const struct command *command;
	enum stage stage;
	struct common_args common;
	void *args; /* command->args_size bytes */
	const char *const *operands;
	size_t operand_count;
	const struct given *given;
	size_t given_count;
	const struct form *form;    /* the one that fits; NULL until then */
	const struct form *nearest; /* when none does: the one to show, or NULL */
	const char *command_line;   /* argv joined by blanks */
};

extern const struct opt common_opts[];	/* LVM2's options of all commands */
extern const struct opt lenient_opts[]; /* LVM2 has them on most, we on all */

extern const struct command *const commands[]; /* sorted by name; ends with NULL */

const struct command *command_find(const char *name);

/** -EINVAL and others with line->stage saying where. --help and --version count as success without
 * a form. Release with cmdline_free() in any case. */
int command_parse(const struct command *command, int argc, char *const argv[],
		  struct cmdline *ret_line, struct err *err) MUST_CHECK;
void cmdline_free(struct cmdline *line);

/** What was given as the value of an option, or NULL. */
const char *cmdline_value(const struct cmdline *line, const char *long_name);

/** Find line->form, or fail as LVM2 does. In syntax.c. */
int form_match(struct cmdline *line, struct err *err) MUST_CHECK;

/** The failure of a line to which @form comes nearest. */
int form_mismatch(struct cmdline *line, const struct form *form, struct err *err);

/** What the library is to know of the common options. @line must outlive the context. */
int common_context_options(struct cmdline *line, struct context_options *ret_options,
			   struct err *err) MUST_CHECK;

/** Text of --help, lines with their blanks. */
void help_command(const struct command *command, struct buf *text);
void help_commands(struct buf *text);
void help_version(struct buf *text);

#endif
