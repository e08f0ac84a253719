/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvscan, vgscan, lvscan, lvmdiskscan: plain lists. */
#include "cmd/cmd_scan.h"

#include <errno.h>

#include "cmd/commands.h"

/* ---- pvscan ---- */

#define ARG(field) offsetof(struct cmd_pvscan_args, field)

static const struct opt pvscan_opts[] = {
	{ 'a', "activate", OPT_ACTIVATION, ARG(activate), &value_activate,
	  "With --cache: activate what is to be activated automatically (ay), but for clustered "
	  "volume groups." },
	{ 'e', "exported", OPT_FLAG, ARG(list.exported), NULL,
	  "Only those of exported volume groups." },
	{ 'j', "major", OPT_UNSUPPORTED, 0, &value_number, "The device by number." },
	{ 'n', "novolumegroup", OPT_FLAG, ARG(list.orphans), NULL,
	  "Only those of no volume group." },
	{ 's', "short", OPT_FLAG, ARG(list.is_short), NULL, "Only the paths." },
	{ 'u', "uuid", OPT_FLAG, ARG(list.uuids), NULL, "Show UUIDs too." },
	{ 0, "autoactivation", OPT_ACCEPTED, 0, &value_string,
	  "Accepted for compatibility, without effect." },
	{ 0, "cache", OPT_FLAG, ARG(cache), NULL,
	  "Accepted for compatibility: disks are always read. Without --activate, does nothing." },
	{ 0, "minor", OPT_UNSUPPORTED, 0, &value_number, "The device by number." },
	{ 0, "checkcomplete", OPT_UNSUPPORTED, 0, NULL, "Look for missing devices." },
	{ 0, "listlvs", OPT_UNSUPPORTED, 0, NULL, "The LVs on the device." },
	{ 0, "listvg", OPT_UNSUPPORTED, 0, NULL, "The VG of the device." },
	{ 0, "udevoutput", OPT_UNSUPPORTED, 0, NULL, "Output for udev." },
	{ 0, "vgonline", OPT_UNSUPPORTED, 0, NULL, "Note the VG as online." },
	{ 0 },
};

static int pvscan_check(struct cmdline *line, struct err *err)
{
	const struct cmd_pvscan_args *args = line->args;

	if (args->list.exported && args->list.orphans)
		return err_set(err, EINVAL, "Options -e and -n are incompatible");
	if (args->activate && !args->cache) {
		line->stage = STAGE_FORM;
		return err_set(err, EINVAL, "Command does not accept option: --activate %s.",
			       cmdline_value(line, "activate"));
	}
	if (args->activate && args->activate != CHANGE_ACTIVATE_AUTO)
		return err_set(err, EINVAL, "Only -aay allowed with pvscan.");
	return 0;
}

static int pvscan_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct cmd_pvscan_args *args = line->args;

	if (!args->cache)
		return list_pvs(context, &args->list, err);
	if (!args->activate)
		return 0;
	return op_pv_online(context, &line->arena, line->operands, line->operand_count, err);
}

static const struct form pvscan_forms[] = {
	{ "pvscan", "Display PV information.", NULL, NULL, 0, 0 },
	{ "pvscan --cache [-a|--activate ay] [PV ...]",
	  "Activate VGs that are complete, of all PVs or those named.", "cache",
	  "activate autoactivation", 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_pvscan = {
	.name = "pvscan",
	.summary = "List all physical volumes",
	.forms = pvscan_forms,
	.opts = pvscan_opts,
	.args_size = sizeof(struct cmd_pvscan_args),
	.check = pvscan_check,
	.run = pvscan_run,
};

/* ---- vgscan ---- */

static const struct opt vgscan_opts[] = {
	{ 0, "mknodes", OPT_FLAG, offsetof(struct cmd_vgscan_args, mknodes), NULL,
	  "Also mend the links in /dev of active logical volumes, and remove stale ones." },
	{ 0, "cache", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility: disks are always read." },
	{ 0, "notifydbus", OPT_FLAG, offsetof(struct cmd_vgscan_args, notify), NULL,
	  "Accepted for compatibility: does nothing at all." },
	{ 0 },
};

static int vgscan_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct cmd_vgscan_args *args = line->args;

	if (args->notify)
		return 0;
	return list_vgs(context, args->mknodes, err);
}

static const struct form vgscan_forms[] = {
	{ "vgscan", NULL, NULL, NULL, 0, 0 },
	{ 0 },
};

const struct command cmd_vgscan = {
	.name = "vgscan",
	.summary = "Search for all volume groups",
	.forms = vgscan_forms,
	.opts = vgscan_opts,
	.args_size = sizeof(struct cmd_vgscan_args),
	.run = vgscan_run,
};

/* ---- lvscan ---- */

static const struct opt lvscan_opts[] = {
	{ 'a', "all", OPT_FLAG, offsetof(struct cmd_lvscan_args, all), NULL,
	  "Hidden logical volumes too." },
	{ 'b', "blockdevice", OPT_ACCEPTED, 0, NULL,
	  "Accepted for compatibility, without effect." },
	{ 0, "cache", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility: disks are always read." },
	{ 0 },
};

static int lvscan_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct cmd_lvscan_args *args = line->args;

	return list_lvs(context, args->all, err);
}

static const struct form lvscan_forms[] = {
	{ "lvscan", NULL, NULL, NULL, 0, 0 },
	{ 0 },
};

const struct command cmd_lvscan = {
	.name = "lvscan",
	.summary = "List all logical volumes in all volume groups",
	.forms = lvscan_forms,
	.opts = lvscan_opts,
	.args_size = sizeof(struct cmd_lvscan_args),
	.run = lvscan_run,
};

/* ---- lvmdiskscan ---- */

static const struct opt lvmdiskscan_opts[] = {
	{ 'l', "lvmpartition", OPT_FLAG, offsetof(struct cmd_lvmdiskscan_args, only_lvm), NULL,
	  "Only physical volumes." },
	{ 0 },
};

static int lvmdiskscan_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct cmd_lvmdiskscan_args *args = line->args;

	return list_disks(context, args->only_lvm, err);
}

static const struct form lvmdiskscan_forms[] = {
	{ "lvmdiskscan", NULL, NULL, NULL, 0, 0 },
	{ 0 },
};

const struct command cmd_lvmdiskscan = {
	.name = "lvmdiskscan",
	.summary = "List devices that may be used as physical volumes",
	.forms = lvmdiskscan_forms,
	.opts = lvmdiskscan_opts,
	.args_size = sizeof(struct cmd_lvmdiskscan_args),
	.run = lvmdiskscan_run,
};
