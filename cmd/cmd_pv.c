/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvcreate, pvremove: labels on devices, one after the other. */
#include "cmd/cmd_pv.h"

#include <errno.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "cmd/operand.h"
#include "metadata/base/uuid.h"

#define ARG(field) offsetof(struct pvcreate_args, field)

static const struct opt pvcreate_opts[] = {
	{ 'u', "uuid", OPT_STRING, ARG(uuid), &value_uuid,
	  "The UUID to give it, instead of a random one; goes with --restorefile or "
	  "--norestorefile." },
	{ 0, "norestorefile", OPT_FLAG, ARG(norestorefile), NULL,
	  "Allow --uuid without a backup of metadata to restore from." },
	{ 0, "restorefile", OPT_STRING, ARG(restore_file), &value_string,
	  "Place the data as this backup of metadata says." },
	{ 0, "setphysicalvolumesize", OPT_SIZE, ARG(size), &value_size,
	  "Use only this much of the device." },
	{ 0, "bootloaderareasize", OPT_SIZE, ARG(bootloader_size), &value_size,
	  "Room for a boot loader, in front of the data." },
	{ 0 },
};

static int refuse_combination(struct cmdline *line, const char *other, struct err *err)
{
	line->stage = STAGE_FORM;
	return err_set(err, EINVAL,
		       "Command does not accept option combination: --%s with --restorefile ",
		       other);
}

static int pvcreate_check(struct cmdline *line, struct err *err)
{
	struct pvcreate_args *args = line->args;
	struct uuid uuid;
	int rc;

	if (args->norestorefile && args->restore_file)
		return refuse_combination(line, "norestorefile", err);
	if (args->bootloader_size.is_set && args->restore_file)
		return refuse_combination(line, "bootloaderareasize", err);
	if (args->uuid && !args->norestorefile && !args->restore_file)
		return err_set(err, EINVAL, "--restorefile is required with --uuid");
	if (!args->uuid && args->restore_file)
		return err_set(err, EINVAL, "--uuid is required with --restorefile");
	if (args->uuid && line->operand_count > 1)
		return err_set(err, EINVAL, "Can only set uuid on one volume at once");
	rc = args->uuid ? uuid_parse(args->uuid, &uuid, err) : 0;
	if (rc < 0)
		return rc;
	rc = pv_opts_check(&args->pv, &args->op, err);
	args->op.uuid = args->uuid;
	args->op.norestorefile = args->norestorefile;
	args->op.restore_file = args->restore_file;
	args->op.set_size = args->size.is_set;
	args->op.size_sectors = args->size.sectors;
	args->op.bootloader_size = args->bootloader_size.sectors;
	return rc;
}

/* The worst of several devices, each told when it fails. */
struct results {
	struct context *context;
	int worst;
};

static void note_result(void *data, int rc, struct err *err)
{
	struct results *results = data;

	results->worst = exit_worse(results->worst, operand_report(results->context, rc, err));
}

static int pvcreate_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct pvcreate_args *args = line->args;
	struct results results = { context, 0 };
	int rc = op_pv_create(context, line->operands, line->operand_count, &args->op, note_result,
			      &results, err);

	return rc ? rc : results.worst;
}

static const struct form pvcreate_forms[] = {
	{ "pvcreate PV ...", NULL, NULL, NULL, 1, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_pvcreate = {
	.name = "pvcreate",
	.summary = "Initialize physical volume(s) for use by LVM",
	.forms = pvcreate_forms,
	.opts = pvcreate_opts,
	.more_opts = pv_opts,
	.more_offset = ARG(pv),
	.args_size = sizeof(struct pvcreate_args),
	.check = pvcreate_check,
	.run = pvcreate_run,
};

static int pvremove_run(struct context *context, struct cmdline *line, struct err *err)
{
	struct results results = { context, 0 };
	int rc = op_pv_remove(context, line->operands, line->operand_count, note_result, &results,
			      err);

	return rc ? rc : results.worst;
}

static const struct opt no_opts[] = { { 0 } };

static const struct form pvremove_forms[] = {
	{ "pvremove PV ...", NULL, NULL, NULL, 1, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_pvremove = {
	.name = "pvremove",
	.summary = "Remove LVM label(s) from physical volume(s)",
	.forms = pvremove_forms,
	.opts = no_opts,
	.run = pvremove_run,
};
