/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvremove and lvrename. */
#include "cmd/cmd_lv.h"

#include <errno.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/operand.h"
#include "metadata/names.h"

/* ---- lvremove ---- */

static const struct opt lvremove_opts[] = {
	{ 'S', "select", OPT_UNSUPPORTED, 0, &value_string, "Those that fit this expression." },
	{ 0, "nohistory", OPT_ACCEPTED, 0, NULL,
	  "Accepted for compatibility: removed logical volumes are not recorded." },
	{ 0 },
};

static int remove_one(struct context *context, const struct target *target, const void *args,
		      struct err *err)
{
	(void)args;
	if (target->lv)
		return op_lv_remove(context, target->vg, target->lv, err);
	return op_lv_remove_all(context, target->vg, err);
}

static int lvremove_run(struct context *context, struct cmdline *line, struct err *err)
{
	struct targets targets;
	int rc = operands_as_vgs_or_lvs(line, &targets, err);

	return rc < 0 ? rc : targets_each(context, &targets, remove_one, NULL, err);
}

static const struct form lvremove_forms[] = {
	{ "lvremove VG|LV|Tag|Select ...", NULL, NULL, NULL, 1, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_lvremove = {
	.name = "lvremove",
	.summary = "Remove logical volume(s) from the system",
	.forms = lvremove_forms,
	.opts = lvremove_opts,
	.run = lvremove_run,
};

/* ---- lvrename ---- */

/* "lv" of the VG that is known already, or "vg/lv", whose VG goes to @ret_vg. */
static int split_name(struct cmdline *line, const char *text, const char **ret_vg,
		      const char **ret_name, struct err *err)
{
	*ret_vg = NULL;
	*ret_name = text;
	return operand_is_lv(text) ? op_split_lv_name(text, &line->arena, ret_vg, ret_name, err)
				   : 0;
}

static int same_vg(const char *a, const char *b, struct err *err)
{
	if (strcmp(a, b) == 0)
		return 0;
	return err_set(err, EINVAL,
		       "Logical volume names must have the same volume group (\"%s\" or \"%s\")", a,
		       b);
}

static int check_new_name(const char *old_name, const char *new_name, struct err *err)
{
	int rc;

	if (new_name[0] == '\0')
		return err_set(err, EINVAL, "New logical volume name may not be blank");
	rc = lv_name_check(new_name, err);
	if (rc < 0 && strncmp(err->text, "Names ", strlen("Names ")) != 0)
		return err_set(err, EINVAL, "New logical volume name \"%s\" is invalid", new_name);
	if (rc < 0)
		return rc;
	if (strcmp(old_name, new_name) == 0)
		return err_set(err, EINVAL, "Old and new logical volume names must differ");
	return 0;
}

/* "VG OLD NEW" */
static int check_three(struct cmdline *line, struct lvrename_args *args, struct err *err)
{
	const char *old_vg, *new_vg;
	int rc;

	if (op_vg_name(line->operands[0], &line->arena, &args->vg, err) < 0 ||
	    vg_name_check(args->vg, err) < 0)
		return err_set(err, EINVAL, "Please provide a valid volume group name");
	rc = split_name(line, line->operands[1], &old_vg, &args->old_name, err);
	if (rc == 0)
		rc = split_name(line, line->operands[2], &new_vg, &args->new_name, err);
	if (rc == 0 && old_vg)
		rc = same_vg(args->vg, old_vg, err);
	if (rc == 0 && new_vg)
		rc = same_vg(args->vg, new_vg, err);
	return rc;
}

/* "VG/OLD NEW" or "VG/OLD VG/NEW" */
static int check_two(struct cmdline *line, struct lvrename_args *args, struct err *err)
{
	const char *new_vg;
	int rc;

	if (!operand_is_lv(line->operands[0]))
		return err_set(err, EINVAL,
			       "Path required for Logical Volume \"%s\".\n"
			       "Please provide a valid volume group name",
			       line->operands[0]);
	rc = op_split_lv_name(line->operands[0], &line->arena, &args->vg, &args->old_name, err);
	if (rc == 0)
		rc = split_name(line, line->operands[1], &new_vg, &args->new_name, err);
	if (rc == 0 && new_vg)
		rc = same_vg(args->vg, new_vg, err);
	return rc;
}

static int lvrename_check(struct cmdline *line, struct err *err)
{
	struct lvrename_args *args = line->args;
	int rc;

	if (line->operand_count == 3)
		rc = check_three(line, args, err);
	else
		rc = check_two(line, args, err);
	return rc < 0 ? rc : check_new_name(args->old_name, args->new_name, err);
}

static int lvrename_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct lvrename_args *args = line->args;

	return op_lv_rename(context, args->vg, args->old_name, args->new_name, err);
}

static const struct form lvrename_forms[] = {
	{ "lvrename VG LV LV_new", "Rename an LV of the VG.", NULL, NULL, 3, 3 },
	{ "lvrename LV LV_new", "Rename an LV given by its path.", NULL, NULL, 2, 2 },
	{ 0 },
};

static const struct opt no_opts[] = { { 0 } };

const struct command cmd_lvrename = {
	.name = "lvrename",
	.summary = "Rename a logical volume",
	.forms = lvrename_forms,
	.opts = no_opts,
	.args_size = sizeof(struct lvrename_args),
	.check = lvrename_check,
	.run = lvrename_run,
};
