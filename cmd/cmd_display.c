/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgdisplay, lvdisplay, pvdisplay: lines for people, colons for scripts, with -C the reports. */
#include <errno.h>

#include "cmd/cmd_report.h"
#include "cmd/commands.h"
#include "cmd/exit.h"
#include "lib/report/display.h"

struct displaying_args {
	struct reporting_args report; /* the first: offsets of report_opts */
	bool columns, colon, is_short, maps, only_active;
};

#define ARG(field) offsetof(struct displaying_args, field)

#define COLUMNS_OPT                                           \
	{                                                     \
		'C', "columns", OPT_FLAG, ARG(columns), NULL, \
			"Show columns, with the options of"   \
			" vgs, lvs and pvs."                  \
	}
#define COLON_OPT                                                                       \
	{                                                                               \
		'c', "colon", OPT_FLAG, ARG(colon), NULL, "One line, parted by colons." \
	}
#define SHORT_OPT                                                          \
	{                                                                  \
		's', "short", OPT_FLAG, ARG(is_short), NULL, "Sizes only." \
	}
#define MAPS_OPT                                                                        \
	{                                                                               \
		'm', "maps", OPT_FLAG, ARG(maps), NULL, "Also which extents are where." \
	}

static const struct opt vgdisplay_opts[] = {
	{ 'A', "activevolumegroups", OPT_FLAG, ARG(only_active), NULL,
	  "Only volume groups with a logical volume that is active here." },
	COLON_OPT,
	COLUMNS_OPT,
	SHORT_OPT,
	{ 0 },
};

static const struct opt lvdisplay_opts[] = {
	COLON_OPT,
	COLUMNS_OPT,
	MAPS_OPT,
	{ 'H', "history", OPT_ACCEPTED, 0, NULL,
	  "Accepted for compatibility: removed logical volumes are not recorded." },
	{ 0, "segments", OPT_FLAG, ARG(report.op.segments), NULL,
	  "With -C: one line for each segment." },
	{ 0 },
};

static const struct opt pvdisplay_opts[] = {
	COLON_OPT,
	COLUMNS_OPT,
	MAPS_OPT,
	SHORT_OPT,
	{ 0, "segments", OPT_FLAG, ARG(report.op.segments), NULL,
	  "With -C: one line for each segment." },
	{ 0 },
};

/* What means nothing without columns. */
static bool has_report_option(const struct cmdline *line)
{
	for (size_t i = 0; i < line->given_count; i++)
		if (opt_word_in("options sort aligned unaligned binary noheadings rows separator "
				"unbuffered nameprefixes unquoted segments",
				line->given[i].opt->long_name))
			return true;
	return false;
}

static int check(struct cmdline *line, enum report_kind kind, enum report_kind segments,
		 struct err *err)
{
	struct displaying_args *args = line->args;
	struct report_args *report = &args->report.op;
	const bool lv = kind == REPORT_LVS;

	report_args_fill(line, &args->report, report->segments ? segments : kind);
	if (args->columns) {
		if (args->colon || args->is_short || args->maps)
			return err_set(err, EINVAL, "Incompatible options selected");
		return 0;
	}
	if (has_report_option(line))
		return err_set(err, EINVAL, "Incompatible options selected.");
	if (report->select)
		return err_set(err, EOPNOTSUPP,
			       "%s --select is not supported without --columns yet.",
			       line->command->name);
	if (kind == REPORT_PVS && report->all)
		return err_set(err, EINVAL, "Incompatible options selected");
	if (args->colon && args->is_short)
		return err_set(err, EINVAL, "Option -c is not allowed with option -s");
	if (args->colon && args->maps)
		return err_set(err, EINVAL,
			       lv ? "Options -c and -m are incompatible."
				  : "Option -c not allowed with option -m");
	if (args->only_active && line->operand_count)
		return err_set(err, EINVAL, "Option -A is not allowed with volume group names");
	return 0;
}

static int vgdisplay_check(struct cmdline *line, struct err *err)
{
	return check(line, REPORT_VGS, REPORT_VGS, err);
}

static int lvdisplay_check(struct cmdline *line, struct err *err)
{
	return check(line, REPORT_LVS, REPORT_SEGS, err);
}

static int pvdisplay_check(struct cmdline *line, struct err *err)
{
	return check(line, REPORT_PVS, REPORT_PVSEGS, err);
}

static int show(struct context *context, const struct displaying_args *args, struct err *err)
{
	const enum display_form form = args->colon	? DISPLAY_COLON
				       : args->is_short ? DISPLAY_SHORT
				       : args->maps	? DISPLAY_MAPS
							: DISPLAY_FULL;

	if (args->columns)
		return report_run(context, &args->report.op, err);
	return display_run(context, &args->report.op, form, args->only_active, err);
}

static int run_pvs(struct context *context, struct cmdline *line, struct err *err)
{
	return show(context, line->args, err);
}

static int run_with_names(struct context *context, struct cmdline *line, struct err *err)
{
	struct displaying_args *args = line->args;
	int worst;

	if (!report_keep_valid_names(context, line, &args->report, &worst, err))
		return worst;
	return exit_worse(worst, show(context, args, err));
}

static int run_vgs(struct context *context, struct cmdline *line, struct err *err)
{
	int rc = report_check_vgs(line, err);

	return rc ? rc : run_with_names(context, line, err);
}

static const struct form vgdisplay_forms[] = {
	{ "vgdisplay [VG|Tag ...]", NULL, NULL, NULL, 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_vgdisplay = {
	.name = "vgdisplay",
	.summary = "Display volume group information",
	.forms = vgdisplay_forms,
	.opts = vgdisplay_opts,
	.more_opts = report_opts,
	.args_size = sizeof(struct displaying_args),
	.check = vgdisplay_check,
	.run = run_vgs,
};

static const struct form lvdisplay_forms[] = {
	{ "lvdisplay [VG|LV|Tag ...]", NULL, NULL, NULL, 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_lvdisplay = {
	.name = "lvdisplay",
	.summary = "Display information about a logical volume",
	.forms = lvdisplay_forms,
	.opts = lvdisplay_opts,
	.more_opts = report_opts,
	.args_size = sizeof(struct displaying_args),
	.check = lvdisplay_check,
	.run = run_with_names,
};

static const struct form pvdisplay_forms[] = {
	{ "pvdisplay [PV|Tag ...]", NULL, NULL, NULL, 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_pvdisplay = {
	.name = "pvdisplay",
	.summary = "Display various attributes of physical volume(s)",
	.forms = pvdisplay_forms,
	.opts = pvdisplay_opts,
	.more_opts = report_opts,
	.args_size = sizeof(struct displaying_args),
	.check = pvdisplay_check,
	.run = run_pvs,
};
