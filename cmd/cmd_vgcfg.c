/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgcfgbackup, vgcfgrestore: a VG's metadata to a file and back. */
#include <errno.h>
#include <string.h>

#include "cmd/cmd_vg.h"
#include "cmd/commands.h"
#include "cmd/operand.h"

#define ARG(field) offsetof(struct vgcfg_args, field)

/* ---- vgcfgbackup ---- */

static const struct opt vgcfgbackup_opts[] = {
	{ 'f', "file", OPT_STRING, ARG(file), &value_string,
	  "The file to write; %s in it is replaced by the name of the volume group." },
	{ 0 },
};

static int back_up_one(struct context *context, const struct target *target, const void *args,
		       struct err *err)
{
	const struct vgcfg_args *vgcfg = args;

	return op_vg_backup(context, target->vg, vgcfg->file, err);
}

static int vgcfgbackup_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct vgcfg_args *args = line->args;
	struct targets targets;
	int rc = operands_as_vgs(line, &targets, err);

	if (rc == 0)
		rc = targets_default_all_vgs(context, line, &targets, err);
	if (rc < 0)
		return rc;
	if (args->file && targets.count > 1 && !strstr(args->file, "%s"))
		return err_set(err, EEXIST,
			       "VGs must be backed up into different files. "
			       "Use %%s in filename for VG name.");
	return targets_each(context, &targets, back_up_one, args, err);
}

static const struct form vgcfgbackup_forms[] = {
	{ "vgcfgbackup [VG ...]", NULL, NULL, NULL, 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_vgcfgbackup = {
	.name = "vgcfgbackup",
	.summary = "Backup volume group configuration(s)",
	.forms = vgcfgbackup_forms,
	.opts = vgcfgbackup_opts,
	.args_size = sizeof(struct vgcfg_args),
	.run = vgcfgbackup_run,
};

/* ---- vgcfgrestore ---- */

static const struct opt vgcfgrestore_opts[] = {
	{ 'f', "file", OPT_STRING, ARG(file), &value_string,
	  "The file to read; the newest backup of the volume group by default." },
	{ 'l', "list", OPT_FLAG, ARG(list), NULL, "List the backups there are, oldest first." },
	{ 'M', "metadatatype", OPT_ACCEPTED, 0, &value_metadata_type,
	  "The only type of metadata there is." },
	{ 0 },
};

static const struct form vgcfgrestore_forms[] = {
	{ "vgcfgrestore -l|--list VG", "List all VG metadata backups.", "list", "file", 0, 1 },
	{ "vgcfgrestore VG", "Restore VG metadata from last backup, or from a file.", NULL, NULL, 1,
	  1 },
	{ 0 },
};

static int vgcfgrestore_check(struct cmdline *line, struct err *err)
{
	const struct vgcfg_args *args = line->args;

	if (args->list && !args->file && !line->operand_count)
		return form_mismatch(line, &vgcfgrestore_forms[0], err);
	return 0;
}

static int vgcfgrestore_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct vgcfg_args *args = line->args;
	const char *name = NULL;
	int rc = 0;

	if (line->operand_count)
		rc = op_vg_name(line->operands[0], &line->arena, &name, err);
	if (rc < 0)
		return rc;
	return args->list ? op_vg_list_backups(context, name, args->file, err)
			  : op_vg_restore(context, name, args->file, err);
}

const struct command cmd_vgcfgrestore = {
	.name = "vgcfgrestore",
	.summary = "Restore volume group configuration",
	.forms = vgcfgrestore_forms,
	.opts = vgcfgrestore_opts,
	.args_size = sizeof(struct vgcfg_args),
	.check = vgcfgrestore_check,
	.run = vgcfgrestore_run,
};
