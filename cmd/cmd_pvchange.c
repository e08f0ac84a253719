/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvchange: several PVs, one after the other; the last line counts them. */
#include <errno.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "cmd/operand.h"
#include "lib/op/op.h"

struct pvchange_args {
	int allocatable, ignore_areas; /* YES, NO; 0 unset */
	struct opt_list add_tags, del_tags;
	struct pv_change_args op;
};

#define ARG(field) offsetof(struct pvchange_args, field)

static const struct opt opts[] = {
	{ 'x', "allocatable", OPT_CHOICE, ARG(allocatable), &value_yes_no,
	  "Whether new extents may be taken from it." },
	{ 0, "addtag", OPT_TAGS, ARG(add_tags), &value_tag, "Add this tag; may be repeated." },
	{ 0, "deltag", OPT_TAGS, ARG(del_tags), &value_tag, "Take off this tag; may be repeated." },
	{ 0, "metadataignore", OPT_CHOICE, ARG(ignore_areas), &value_yes_no,
	  "Whether its metadata areas are left alone: no text is kept in them." },
	{ 'a', "all", OPT_UNSUPPORTED, 0, NULL, "All physical volumes." },
	{ 'S', "select", OPT_UNSUPPORTED, 0, &value_string, "Those that fit this expression." },
	{ 'u', "uuid", OPT_UNSUPPORTED, 0, NULL, "A new id." },
	{ 0 },
};

static int check(struct cmdline *line, struct err *err)
{
	struct pvchange_args *args = line->args;

	(void)err;
	args->op = (struct pv_change_args){
		.allocatable = (enum tristate)args->allocatable,
		.ignore_areas = (enum tristate)args->ignore_areas,
		.add_tags = args->add_tags.items,
		.add_tag_count = args->add_tags.count,
		.del_tags = args->del_tags.items,
		.del_tag_count = args->del_tags.count,
	};
	return 0;
}

static int run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct pvchange_args *args = line->args;
	unsigned int done = 0, left = 0;
	int worst = 0;

	for (size_t i = 0; i < line->operand_count; i++) {
		const char *path = line->operands[i];
		int rc = op_pv_change(context, path, &args->op, err);

		/* What is no PV is not counted as one that was not changed. */
		done += !rc;
		left += rc && rc != -ENODEV;
		(void)operand_report(context, rc, err);
		if (!rc)
			ctx_print(context, "Physical volume \"%s\" changed", path);
		else if (rc == -EALREADY)
			ctx_print(context, "Physical volume %s not changed", path);
		worst = exit_worse(worst, rc == -EALREADY ? 0 : rc);
	}
	ctx_print(context, "%u physical volume%s changed / %u physical volume%s not changed", done,
		  done == 1 ? "" : "s", left, left == 1 ? "" : "s");
	return worst;
}

static const struct form forms[] = {
	{ "pvchange -x|--allocatable y|n PV ...", "Change whether new extents come from it.",
	  "allocatable", "addtag deltag metadataignore", 1, ANY_NUMBER },
	{ "pvchange --addtag|--deltag Tag PV ...", "Change its tags.", "addtag deltag",
	  "allocatable metadataignore", 1, ANY_NUMBER },
	{ "pvchange --metadataignore y|n PV ...", "Change whether its metadata areas are used.",
	  "metadataignore", "allocatable addtag deltag", 1, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_pvchange = {
	.name = "pvchange",
	.summary = "Change attributes of physical volume(s)",
	.forms = forms,
	.opts = opts,
	.args_size = sizeof(struct pvchange_args),
	.check = check,
	.run = run,
};
