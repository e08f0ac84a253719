/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvresize: several PVs, one after the other; the last line counts them. */
#include "cmd/cmd_pv.h"

#include <errno.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "cmd/operand.h"

#define ARG(field) offsetof(struct pvresize_args, field)

static const struct opt pvresize_opts[] = {
	{ 0, "setphysicalvolumesize", OPT_SIZE, ARG(size), &value_size,
	  "Take the device to have this size, whatever it has." },
	{ 0 },
};

static int pvresize_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct pvresize_args *args = line->args;
	unsigned done = 0, failed = 0;
	int worst = 0;

	for (size_t i = 0; i < line->operand_count; i++) {
		int rc = op_pv_resize(context, line->operands[i], args->size.sectors, err);

		/* What is no PV is not counted as one that was not resized. */
		done += !rc;
		failed += rc && rc != -ENODEV && rc != -EPERM;
		worst = exit_worse(worst, operand_report(context, rc, err));
	}
	ctx_print(context,
		  "%u physical volume(s) resized or updated / %u physical volume(s) not resized",
		  done, failed);
	return worst;
}

static const struct form pvresize_forms[] = {
	{ "pvresize PV ...", NULL, NULL, NULL, 1, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_pvresize = {
	.name = "pvresize",
	.summary = "Resize physical volume(s)",
	.forms = pvresize_forms,
	.opts = pvresize_opts,
	.args_size = sizeof(struct pvresize_args),
	.run = pvresize_run,
};
