/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvck: what is on a device, and repair of it from a file. */
#include <errno.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "cmd/operand.h"
#include "lib/op/op.h"

#define ARG(field) offsetof(struct pvck_args, field)

struct pvck_args {
	int dump;	 /* enum pv_dump_kind; 0 none */
	int repair_type; /* REPAIR_*; 0 none */
	bool repair;
	const char *file;
};

enum { REPAIR_PV_HEADER = 1, REPAIR_METADATA, REPAIR_LABEL_HEADER };

static const struct opt_choice dump_choices[] = {
	{ "headers", PV_DUMP_HEADERS },	   { "metadata", PV_DUMP_METADATA },
	{ "metadata_all", PV_DUMP_ALL },   { "metadata_search", PV_DUMP_SEARCH },
	{ "metadata_area", PV_DUMP_AREA }, { NULL, 0 }
};
static const struct opt_choice repair_choices[] = { { "pv_header", REPAIR_PV_HEADER },
						    { "metadata", REPAIR_METADATA },
						    { "label_header", REPAIR_LABEL_HEADER },
						    { NULL, 0 } };
static const struct opt_value value_dump = {
	.name = "headers|metadata|metadata_all|metadata_search|metadata_area",
	.choices = dump_choices,
};
static const struct opt_value value_repair_type = { .name = "pv_header|metadata|label_header",
						    .choices = repair_choices };

static const struct opt pvck_opts[] = {
	{ 0, "dump", OPT_CHOICE, ARG(dump), &value_dump,
	  "Print what is on the device: its headers, the metadata that are in use, all that are "
	  "left of older ones, or those that are found without headers." },
	{ 'f', "file", OPT_STRING, ARG(file), &value_string,
	  "The file that metadata are dumped to, or repaired from." },
	{ 0, "repair", OPT_FLAG, ARG(repair), NULL,
	  "Write headers and metadata as the file says." },
	{ 0, "repairtype", OPT_CHOICE, ARG(repair_type), &value_repair_type,
	  "Write only this; label_header needs no file." },
	{ 0, "settings", OPT_UNSUPPORTED, 0, &value_string, "Where to look for damaged metadata." },
	{ 0, "pvmetadatacopies", OPT_UNSUPPORTED, 0, &value_copies,
	  "The metadata area to look at." },
	{ 0, "labelsector", OPT_UNSUPPORTED, 0, &value_number, "The sector of the label." },
	{ 0 },
};

static const struct form pvck_forms[] = {
	{ "pvck --dump headers|metadata|metadata_all|metadata_search|metadata_area PV",
	  "Check and print LVM headers and metadata on a device", "dump", "file", 1, 1 },
	{ "pvck --repairtype pv_header|metadata|label_header PV",
	  "Repair LVM headers or metadata on a device", "repairtype", "file", 1, 1 },
	{ "pvck --repair -f|--file String PV", "Repair LVM headers and metadata on a device",
	  "repair", "file", 1, 1 },
	{ "pvck PV ...", "Check for metadata on a device", NULL, NULL, 1, ANY_NUMBER },
	{ 0 },
};

static int pvck_check(struct cmdline *line, struct err *err)
{
	const struct pvck_args *args = line->args;

	if (!args->repair || args->file)
		return 0;
	line->stage = STAGE_FORM;
	return err_set(err, EINVAL, "Command does not accept option: --repair.");
}

static int repair(struct context *context, const struct cmdline *line, struct err *err)
{
	const struct pvck_args *args = line->args;
	const struct pv_repair_args op = {
		.file = args->file,
		.label_header = args->repair_type == REPAIR_LABEL_HEADER,
		.pv_header = args->repair || args->repair_type == REPAIR_PV_HEADER,
		.metadata = args->repair || args->repair_type == REPAIR_METADATA,
	};

	return op_pv_repair(context, line->operands[0], &op, err);
}

static int pvck_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct pvck_args *args = line->args;
	int worst = 0;

	if (args->dump)
		return op_pv_dump(context, line->operands[0], (enum pv_dump_kind)args->dump,
				  args->file, err);
	if (args->repair || args->repair_type)
		return repair(context, line, err);
	for (size_t i = 0; i < line->operand_count; i++) {
		int rc = op_pv_check(context, line->operands[i], err);

		worst = exit_worse(worst, operand_report(context, rc, err));
	}
	return worst;
}

const struct command cmd_pvck = {
	.name = "pvck",
	.summary = "Check metadata on physical volumes",
	.forms = pvck_forms,
	.opts = pvck_opts,
	.args_size = sizeof(struct pvck_args),
	.check = pvck_check,
	.run = pvck_run,
};
