/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command lines of pvs, vgs and lvs say. */
#ifndef CMD_CMD_REPORT_H
#define CMD_CMD_REPORT_H

#include "cmd/command.h"
#include "lib/report/report.h"

struct reporting_args {
	struct report_args op; /* flags and strings are set right here by the options */
	struct opt_list fields, selects;
};

/* Of all reports; offsets in struct reporting_args. */
extern const struct opt report_opts[];

/** What the line says, but for what only one kind of report has. */
void report_args_fill(struct cmdline *line, struct reporting_args *args, enum report_kind kind);

/** -EINVAL: an operand names an LV, where only VGs may be. */
int report_check_vgs(const struct cmdline *line, struct err *err) MUST_CHECK;

/**
 * Complain of names that cannot be, one by one, and leave the others in args->op.names. @ret_worst:
 * 0, or what the failures come to. False: nothing is left to show.
 */
bool report_keep_valid_names(struct context *context, struct cmdline *line,
			     struct reporting_args *args, int *ret_worst, struct err *err);

#endif
