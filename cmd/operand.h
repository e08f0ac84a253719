/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operands that name VGs and LVs, and commands that do the same to several.
 *
 * All are done, however many fail; each failure is printed when it happens, and the worst is
 * returned with an empty text.
 */
#ifndef CMD_OPERAND_H
#define CMD_OPERAND_H

#include "cmd/command.h"

/* One object: a VG (lv NULL) or an LV. */
struct target {
	const char *vg, *lv;
};

struct targets {
	struct target *items;
	size_t count;
};

typedef int target_fn(struct context *context, const struct target *target, const void *args,
		      struct err *err);

/** Without /dev/ and closing slashes, is there still a slash? */
bool operand_is_lv(const char *text);

/** All operands as VGs. -EINVAL: one is no VG's name; -EOPNOTSUPP: a tag. */
int operands_as_vgs(struct cmdline *line, struct targets *ret_targets, struct err *err) MUST_CHECK;

/** All operands as LVs, or as VGs where they name no LV. */
int operands_as_vgs_or_lvs(struct cmdline *line, struct targets *ret_targets,
			   struct err *err) MUST_CHECK;

/** Without operands: all VGs there are. */
int targets_default_all_vgs(struct context *context, struct cmdline *line, struct targets *targets,
			    struct err *err) MUST_CHECK;

int targets_each(struct context *context, const struct targets *targets, target_fn *each,
		 const void *args, struct err *err) MUST_CHECK;

/** The same for each LV; a VG stands for its visible LVs. */
int targets_each_lv(struct context *context, struct cmdline *line, const struct targets *targets,
		    target_fn *each, const void *args, struct err *err) MUST_CHECK;

/** Print a failure now, so that @err is free for the next object; returns @rc. */
int operand_report(struct context *context, int rc, struct err *err);

/** "PATH" of one LV, as lvextend wants it: "vg/lv" in some form, not a bare name. */
int operand_as_lv(struct cmdline *line, const char *text, struct target *ret_target,
		  struct err *err) MUST_CHECK;

#endif
