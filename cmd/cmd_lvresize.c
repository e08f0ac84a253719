/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvextend, lvreduce, lvresize: one command, three directions. */
#include <errno.h>

#include "cmd/cmd_lv.h"
#include "cmd/commands.h"
#include "cmd/lv_size.h"
#include "cmd/operand.h"

#define ARG(field) offsetof(struct lvresize_args, field)

static const struct opt_choice fs_choices[] = { { "ignore", FS_IGNORE },
						{ "resize", FS_RESIZE },
						{ NULL, 0 } };
static const struct opt_value value_fs = { .name = "ignore|resize", .choices = fs_choices };

/* What all three have; the table of a command has the sizes with their signs. */
static const struct opt resize_opts[] = {
	{ 'n', "nofsck", OPT_FLAG, ARG(op.no_fsck), NULL,
	  "Do not check the file system before it is resized." },
	{ 'r', "resizefs", OPT_FLAG, ARG(op.resize_fs), NULL,
	  "Resize the file system too, on the node that has it mounted." },
	{ 0, "fs", OPT_CHOICE, ARG(filesystem), &value_fs, "With resize, the same as --resizefs." },
	{ 0 },
};

#define EXTEND_OPTS                                                                                   \
	{ 'i',		 "stripes",                                                                   \
	  OPT_NUMBER,	 ARG(stripes),                                                                \
	  &value_number, "Number of stripes of what is added; as the last segment by default." },     \
		{ 'I',                                                                                \
		  "stripesize",                                                                       \
		  OPT_SIZE,                                                                           \
		  ARG(stripe_size),                                                                   \
		  &value_size_kib,                                                                    \
		  "Stripe size of what is added; as the last segment by default." },                  \
		{ 'm', "mirrors", OPT_UNSUPPORTED, 0, &value_number, "Mirrors." },                    \
		{ 0, "alloc", OPT_CHOICE, ARG(alloc), &value_alloc, "Where new extents come from." }, \
		{ 0, "nosync", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility: for mirrors." },   \
		{ 0,                                                                                  \
		  "type",                                                                             \
		  OPT_CHOICE,                                                                         \
		  ARG(type),                                                                          \
		  &value_segment_type,                                                                \
		  "Type of what is added: linear or striped." },                                      \
	{                                                                                             \
		0, "poolmetadatasize", OPT_UNSUPPORTED, 0, &value_size_plus, "Pools."                 \
	}

static const struct opt lvextend_opts[] = {
	{ 'l', "extents", OPT_EXTENTS, ARG(extents), &value_extents_plus,
	  "The new size in extents, or with + how many to add; also in per cent: %VG, %LV, %PVS, "
	  "%FREE." },
	{ 'L', "size", OPT_SIZE, ARG(size), &value_size_plus,
	  "The new size, or with + how much to add." },
	EXTEND_OPTS,
	{ 0, "usepolicies", OPT_UNSUPPORTED, 0, NULL, "Extension by dmeventd." },
	{ 0 },
};

static const struct opt lvreduce_opts[] = {
	{ 'l', "extents", OPT_EXTENTS, ARG(extents), &value_extents_minus,
	  "The new size in extents, or with - how many to take away; also in per cent: %VG, %LV, "
	  "%FREE." },
	{ 'L', "size", OPT_SIZE, ARG(size), &value_size_minus,
	  "The new size, or with - how much to take away." },
	{ 0 },
};

static const struct opt lvresize_opts[] = {
	{ 'l', "extents", OPT_EXTENTS, ARG(extents), &value_extents_both,
	  "The new size in extents, or with a sign how many to add or take away; also in per "
	  "cent: %VG, %LV, %PVS, %FREE." },
	{ 'L', "size", OPT_SIZE, ARG(size), &value_size_both,
	  "The new size, or with a sign how much to add or take away." },
	EXTEND_OPTS,
	{ 0 },
};

/* lvextend vg/lv /dev/sdb: all that is free there. */
static const struct size_arg all_of_pvs = {
	.is_set = true,
	.is_extents = true,
	.sign = SIZE_PLUS,
	.extents = 100,
	.percent_of = PERCENT_PVS,
};

static int check(struct cmdline *line, enum resize_direction direction, struct err *err)
{
	struct lvresize_args *args = line->args;
	struct lv_resize_args *op = &args->op;
	struct target target = { 0 };
	int rc;

	if (args->type == TYPE_OTHER)
		return err_set(err, EOPNOTSUPP, "%s --type %s is not supported yet.",
			       line->command->name, cmdline_value(line, "type"));
	rc = lv_size_choose(&args->size, &args->extents,
			    "Please specify either size or extents but not both.", &op->size, err);
	if (rc == 0)
		rc = stripes_check(&args->stripes, &args->stripe_size, err);
	if (rc == 0)
		rc = operand_as_lv(line, line->operands[0], &target, err);
	if (rc < 0)
		return rc;
	if (!op->size.is_set)
		op->size = all_of_pvs;
	op->direction = direction;
	op->vg_name = target.vg;
	op->lv_name = target.lv;
	op->pvs = line->operands + 1;
	op->pv_count = line->operand_count - 1;
	op->stripes = args->stripes.value;
	op->stripe_size = args->stripe_size.sectors;
	if (args->alloc)
		op->alloc = (enum alloc_policy)(args->alloc - ALLOC_CHOICE);
	op->resize_fs |= args->filesystem == FS_RESIZE;
	return 0;
}

static int lvextend_check(struct cmdline *line, struct err *err)
{
	return check(line, RESIZE_EXTEND, err);
}

static int lvreduce_check(struct cmdline *line, struct err *err)
{
	return check(line, RESIZE_REDUCE, err);
}

static int lvresize_check(struct cmdline *line, struct err *err)
{
	return check(line, RESIZE_ANY, err);
}

static int run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct lvresize_args *args = line->args;

	return op_lv_resize(context, &args->op, err);
}

static const struct form lvextend_forms[] = {
	{ "lvextend -L|--size [+]Size[m|UNIT] LV", "Extend an LV by a specified size.",
	  "size extents", NULL, 1, ANY_NUMBER },
	{ "lvextend LV PV ...", "Extend an LV by specified PV extents.", NULL, NULL, 2,
	  ANY_NUMBER },
	{ 0 },
};

const struct command cmd_lvextend = {
	.name = "lvextend",
	.summary = "Add space to a logical volume",
	.forms = lvextend_forms,
	.opts = lvextend_opts,
	.more_opts = resize_opts,
	.args_size = sizeof(struct lvresize_args),
	.check = lvextend_check,
	.run = run,
};

static const struct form lvreduce_forms[] = {
	{ "lvreduce -L|--size [-]Size[m|UNIT] LV", NULL, "size extents", NULL, 1, 1 },
	{ 0 },
};

const struct command cmd_lvreduce = {
	.name = "lvreduce",
	.summary = "Reduce the size of a logical volume",
	.forms = lvreduce_forms,
	.opts = lvreduce_opts,
	.more_opts = resize_opts,
	.args_size = sizeof(struct lvresize_args),
	.check = lvreduce_check,
	.run = run,
};

static const struct form lvresize_forms[] = {
	{ "lvresize -L|--size [+|-]Size[m|UNIT] LV", "Resize an LV by a specified size.",
	  "size extents", NULL, 1, ANY_NUMBER },
	{ "lvresize LV PV ...", "Resize an LV by specified PV extents.", NULL, NULL, 2,
	  ANY_NUMBER },
	{ 0 },
};

const struct command cmd_lvresize = {
	.name = "lvresize",
	.summary = "Resize a logical volume",
	.forms = lvresize_forms,
	.opts = lvresize_opts,
	.more_opts = resize_opts,
	.args_size = sizeof(struct lvresize_args),
	.check = lvresize_check,
	.run = run,
};
