/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgexport, vgimport. */
#include <errno.h>

#include "cmd/commands.h"
#include "cmd/operand.h"
#include "lib/op/op.h"

struct vgexport_args {
	bool all;
};

#define ALL_OPT                                                                            \
	{                                                                                  \
		'a', "all", OPT_FLAG, offsetof(struct vgexport_args, all), NULL,           \
			"All volume groups; those where nothing is to do are passed over." \
	}

static const struct opt vgexport_opts[] = {
	ALL_OPT,
	{ 'S', "select", OPT_UNSUPPORTED, 0, &value_string, "Those that fit this expression." },
	{ 0 },
};

static int export_one(struct context *context, const struct target *target, const void *untyped,
		      struct err *err)
{
	const struct vgexport_args *args = untyped;

	return op_vg_export(context, target->vg, args->all, err);
}

static int import_one(struct context *context, const struct target *target, const void *untyped,
		      struct err *err)
{
	const struct vgexport_args *args = untyped;

	return op_vg_import(context, target->vg, args->all, err);
}

static int each(struct context *context, struct cmdline *line, target_fn *one, struct err *err)
{
	struct targets targets;
	int rc = operands_as_vgs(line, &targets, err);

	if (rc == 0)
		rc = targets_default_all_vgs(context, line, &targets, err);
	return rc < 0 ? rc : targets_each(context, &targets, one, line->args, err);
}

static int vgexport_run(struct context *context, struct cmdline *line, struct err *err)
{
	return each(context, line, export_one, err);
}

static int vgimport_run(struct context *context, struct cmdline *line, struct err *err)
{
	return each(context, line, import_one, err);
}

static const struct form vgexport_forms[] = {
	{ "vgexport VG ...", "Export specified VGs.", NULL, NULL, 1, ANY_NUMBER },
	{ "vgexport -a|--all", "Export all VGs.", "all", NULL, 0, 0 },
	{ 0 },
};

const struct command cmd_vgexport = {
	.name = "vgexport",
	.summary = "Unregister volume group(s) from the system",
	.forms = vgexport_forms,
	.opts = vgexport_opts,
	.args_size = sizeof(struct vgexport_args),
	.run = vgexport_run,
};

static const struct form vgimport_forms[] = {
	{ "vgimport VG ...", "Import specified VGs.", NULL, NULL, 1, ANY_NUMBER },
	{ "vgimport -a|--all", "Import all VGs.", "all", NULL, 0, 0 },
	{ 0 },
};

const struct command cmd_vgimport = {
	.name = "vgimport",
	.summary = "Register exported volume group with system",
	.forms = vgimport_forms,
	.opts = vgexport_opts,
	.args_size = sizeof(struct vgexport_args),
	.run = vgimport_run,
};
