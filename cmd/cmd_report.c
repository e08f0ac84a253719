/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvs, vgs, lvs: the options of a report, and which report it is. */
#include "cmd/cmd_report.h"

#include <errno.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "cmd/operand.h"
#include "lib/op/op.h"
#include "metadata/names.h"

#define ARG(field) offsetof(struct reporting_args, field)

const struct opt report_opts[] = {
	{ 'a', "all", OPT_FLAG, ARG(op.all), NULL,
	  "Show more: hidden logical volumes, devices that are no physical volumes." },
	{ 'o', "options", OPT_LIST, ARG(fields), &value_string,
	  "Fields to show, parted by commas; with + in front they are added to the usual ones, "
	  "with - taken from them." },
	{ 'S', "select", OPT_LIST, ARG(selects), &value_string,
	  "Show only what fits this expression." },
	{ 'O', "sort", OPT_STRING, ARG(op.sort), &value_string,
	  "Fields to sort by; with - in front from high to low." },
	{ 0, "aligned", OPT_FLAG, ARG(op.aligned), NULL,
	  "Align columns even with a separator of your own." },
	{ 0, "unaligned", OPT_FLAG, ARG(op.unaligned), NULL, "Do not align columns." },
	{ 0, "binary", OPT_FLAG, ARG(op.binary), NULL,
	  "Show values that are yes or no as 1 and 0, unknown ones as -1." },
	{ 0, "configreport", OPT_ACCEPTED, 0, &value_report_type,
	  "Accepted for compatibility: there is one report at a time." },
	{ 0, "logonly", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility, without effect." },
	{ 0, "nameprefixes", OPT_FLAG, ARG(op.name_prefixes), NULL,
	  "Write each value as LVM2_FIELD='value'." },
	{ 0, "noheadings", OPT_FLAG, ARG(op.no_headings), NULL, "Leave out the heading line." },
	{ 0, "nosuffix", OPT_FLAG, ARG(op.no_suffix), NULL,
	  "Leave out the unit behind sizes; goes with --units." },
	{ 0, "rows", OPT_FLAG, ARG(op.rows), NULL, "Show columns as rows." },
	{ 0, "separator", OPT_STRING, ARG(op.separator), &value_string,
	  "What stands between columns." },
	{ 0, "unbuffered", OPT_FLAG, ARG(op.unbuffered), NULL,
	  "Print each line as soon as it is known: neither sorted nor aligned." },
	{ 0, "units", OPT_STRING, ARG(op.units), &value_units,
	  "Unit of sizes; capital letters are multiples of 1000 instead of 1024, h and r fit the "
	  "unit to the size." },
	{ 0, "unquoted", OPT_FLAG, ARG(op.unquoted), NULL,
	  "With --nameprefixes, leave out the quotes." },
	{ 0 },
};

static const struct opt lvs_opts[] = {
	{ 'H', "history", OPT_ACCEPTED, 0, NULL,
	  "Accepted for compatibility: removed logical volumes are not recorded." },
	{ 0, "segments", OPT_FLAG, ARG(op.segments), NULL, "One line for each segment." },
	{ 0 },
};

static const struct opt pvs_opts[] = {
	{ 0, "segments", OPT_FLAG, ARG(op.segments), NULL, "One line for each segment." },
	{ 0 },
};

static const struct opt vgs_opts[] = { { 0 } };

void report_args_fill(struct cmdline *line, struct reporting_args *args, enum report_kind kind)
{
	args->op.kind = kind;
	args->op.fields = args->fields.items;
	args->op.field_count = args->fields.count;
	if (args->selects.count > 0)
		args->op.select = args->selects.items[args->selects.count - 1];
	args->op.json = line->common.report_format == FORMAT_JSON;
	args->op.verbose = line->common.verbose;
	args->op.ignore_skipped_cluster = line->common.ignore_skipped_cluster;
	args->op.names = line->operands;
	args->op.name_count = line->operand_count;
}

static int check(struct cmdline *line, enum report_kind kind)
{
	report_args_fill(line, line->args, kind);
	return 0;
}

static int pvs_check(struct cmdline *line, struct err *err)
{
	const struct reporting_args *args = line->args;

	(void)err;
	return check(line, args->op.segments ? REPORT_PVSEGS : REPORT_PVS);
}

static int vgs_check(struct cmdline *line, struct err *err)
{
	(void)err;
	return check(line, REPORT_VGS);
}

static int lvs_check(struct cmdline *line, struct err *err)
{
	const struct reporting_args *args = line->args;

	(void)err;
	return check(line, args->op.segments ? REPORT_SEGS : REPORT_LVS);
}

static int run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct reporting_args *args = line->args;

	return report_run(context, &args->op, err);
}

/* Can there be such a VG, or an LV of such a VG? Tags are not looked at. */
static int check_name(struct cmdline *line, const char *text, struct err *err)
{
	const char *vg, *lv;
	int rc;

	if (text[0] == '@')
		return 0;
	if (operand_is_lv(text)) {
		rc = op_split_lv_name(text, &line->arena, &vg, &lv, err);
		return rc == -EINVAL ? err->code = -ENOENT : rc;
	}
	rc = op_vg_name(text, &line->arena, &vg, err);
	if (rc == 0 && vg_name_check(vg, err) < 0)
		rc = err_set(err, ENOENT,
			     "Volume group name \"%s\" has invalid characters.\n"
			     "Cannot process volume group %s",
			     vg, vg);
	return rc;
}

bool report_keep_valid_names(struct context *context, struct cmdline *line,
			     struct reporting_args *args, int *ret_worst, struct err *err)
{
	const char **names = arena_calloc(&line->arena, args->op.name_count + 1, sizeof(char *));
	size_t count = 0;

	*ret_worst = 0;
	if (!names) {
		*ret_worst = err_set(err, ENOMEM, "Out of memory.");
		return false;
	}
	for (size_t i = 0; i < args->op.name_count; i++) {
		int rc = check_name(line, args->op.names[i], err);

		*ret_worst = exit_worse(*ret_worst, operand_report(context, rc, err));
		if (rc == 0)
			names[count++] = args->op.names[i];
	}
	args->op.names = names;
	args->op.name_count = count;
	return *ret_worst == 0 || count > 0;
}

static int run_with_names(struct context *context, struct cmdline *line, struct err *err)
{
	struct reporting_args *args = line->args;
	int worst;

	if (!report_keep_valid_names(context, line, args, &worst, err))
		return worst;
	return exit_worse(worst, report_run(context, &args->op, err));
}

int report_check_vgs(const struct cmdline *line, struct err *err)
{
	for (size_t i = 0; i < line->operand_count; i++)
		if (line->operands[i][0] != '@' && operand_is_lv(line->operands[i]))
			return err_set(err, EINVAL, "Invalid volume group name %s.",
				       line->operands[i]);
	return 0;
}

static int run_vgs(struct context *context, struct cmdline *line, struct err *err)
{
	int rc = report_check_vgs(line, err);

	return rc ? rc : run_with_names(context, line, err);
}

static const struct form pvs_forms[] = {
	{ "pvs [PV|Tag ...]", NULL, NULL, NULL, 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_pvs = {
	.name = "pvs",
	.summary = "Display information about physical volumes",
	.forms = pvs_forms,
	.opts = pvs_opts,
	.more_opts = report_opts,
	.args_size = sizeof(struct reporting_args),
	.check = pvs_check,
	.run = run,
};

static const struct form vgs_forms[] = {
	{ "vgs [VG|Tag ...]", NULL, NULL, NULL, 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_vgs = {
	.name = "vgs",
	.summary = "Display information about volume groups",
	.forms = vgs_forms,
	.opts = vgs_opts,
	.more_opts = report_opts,
	.args_size = sizeof(struct reporting_args),
	.check = vgs_check,
	.run = run_vgs,
};

static const struct form lvs_forms[] = {
	{ "lvs [VG|LV|Tag ...]", NULL, NULL, NULL, 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_lvs = {
	.name = "lvs",
	.summary = "Display information about logical volumes",
	.forms = lvs_forms,
	.opts = lvs_opts,
	.more_opts = report_opts,
	.args_size = sizeof(struct reporting_args),
	.check = lvs_check,
	.run = run_with_names,
};
