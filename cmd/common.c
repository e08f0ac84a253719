/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options of all commands, and what they become: settings of the context.
 *
 * Those that stand for a line of lvm.conf are added to --config, behind what the user wrote there,
 * so that there is one way only in which the library gets its configuration.
 */
#include <errno.h>
#include <string.h>

#include "cmd/command.h"
#include "lib/op/op.h"
#include "metadata/base/buf.h"
#include "metadata/base/cleanup.h"

#define ARG(field) offsetof(struct common_args, field)

/* --config is one word of argv: the kernel allows 128 KiB. */
#define CONFIG_MAX ((size_t)256 << 10)

const struct opt common_opts[] = {
	{ 'd', "debug", OPT_COUNT, ARG(debug), NULL,
	  "Set the debug level; accepted, and of no further effect." },
	{ 'h', "help", OPT_FLAG, ARG(help), NULL, "Print a summary of the options." },
	{ 'q', "quiet", OPT_COUNT, ARG(quiet), NULL,
	  "Print less; given twice, print no results and answer no to all questions." },
	{ 'v', "verbose", OPT_COUNT, ARG(verbose), NULL,
	  "Tell more of what is done; may be given up to four times." },
	{ 'y', "yes", OPT_FLAG, ARG(yes), NULL, "Answer yes to all questions." },
	{ 't', "test", OPT_FLAG, ARG(test), NULL,
	  "Go through the motions without changing metadata or devices." },
	{ 0, "commandprofile", OPT_ACCEPTED, 0, &value_string,
	  "Accepted for compatibility; profiles have no effect." },
	{ 0, "config", OPT_STRING, ARG(config), &value_string,
	  "Settings that go before those of lvm.conf, in its syntax." },
	{ 0, "driverloaded", OPT_CHOICE, ARG(driver_loaded), &value_yes_no,
	  "With n, do not use device-mapper at all." },
	{ 0, "nolocking", OPT_FLAG, ARG(nolocking), NULL,
	  "Take no locks; changes to clustered volume groups are then refused." },
	{ 0, "lockopt", OPT_ACCEPTED, 0, &value_string,
	  "Accepted for compatibility, without effect." },
	{ 0, "longhelp", OPT_FLAG, ARG(longhelp), NULL, "The same as --help." },
	{ 0, "profile", OPT_ACCEPTED, 0, &value_string,
	  "Accepted for compatibility; profiles have no effect." },
	{ 0, "version", OPT_FLAG, ARG(version), NULL, "Print the version." },
	{ 0, "devicesfile", OPT_STRING, ARG(devices_file), &value_string,
	  "Use only the devices listed in this file of the devices directory." },
	{ 0, "devices", OPT_LIST, ARG(devices), &value_pv,
	  "Use only this device; may be repeated, or be a list with commas." },
	{ 0, "nohints", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility; hints are not used." },
	{ 0, "journal", OPT_ACCEPTED, 0, &value_string,
	  "Accepted for compatibility, without effect." },
	{ 0 },
};

const struct opt lenient_opts[] = {
	{ 'A', "autobackup", OPT_CHOICE, ARG(autobackup), &value_yes_no,
	  "With n, write no backup of the metadata after a change." },
	{ 'f', "force", OPT_COUNT, ARG(force), NULL,
	  "Override checks and questions; given twice, more of them." },
	{ 0, "foreign", OPT_FLAG, ARG(foreign), NULL,
	  "Show volume groups with the system ID of another host too." },
	{ 0, "ignorelockingfailure", OPT_FLAG, ARG(ignore_locking_failure), NULL,
	  "Accepted for compatibility: reading needs no lock." },
	{ 0, "ignoreskippedcluster", OPT_FLAG, ARG(ignore_skipped_cluster), NULL,
	  "Exit with success when clustered volume groups were skipped." },
	{ 0, "noudevsync", OPT_FLAG, ARG(no_udev_sync), NULL,
	  "Do not wait for udev to finish with device nodes." },
	{ 0, "nowait", OPT_FLAG, ARG(nowait), NULL,
	  "Fail at once when somebody else holds a lock; global/wait_for_locks=0." },
	{ 0, "readonly", OPT_FLAG, ARG(readonly), NULL,
	  "Read metadata without locks and without repairing it." },
	{ 0, "reportformat", OPT_CHOICE, ARG(report_format), &value_report_format,
	  "Print reports as tables or as JSON." },
	{ 0, "shared", OPT_FLAG, ARG(shared), NULL, "Accepted for compatibility." },
	{ 0, "wait", OPT_FLAG, ARG(wait), NULL,
	  "Wait for locks, and for a cluster without quorum, as long as it takes." },
	{ 0 },
};

static const char *config_override(struct cmdline *line, struct err *err)
{
	AUTO_BUF struct buf config = { .limit = CONFIG_MAX };
	const struct common_args *common = &line->common;
	const char *override;

	buf_puts(&config, common->config ? common->config : "");
	if (common->driver_loaded == NO)
		buf_puts(&config, "\nglobal/activation=0");
	if (common->no_udev_sync)
		buf_puts(&config, "\nactivation/udev_sync=0");
	if (common->autobackup == NO)
		buf_puts(&config, "\nbackup/backup=0");
	if (common->nowait)
		buf_puts(&config, "\nglobal/wait_for_locks=0");
	override =
		config.failed ? NULL : arena_strdup(&line->arena, config.data ? config.data : "");
	if (!override)
		(void)err_set(err, ENOMEM, "Out of memory.");
	return override;
}

int common_context_options(struct cmdline *line, struct context_options *ret_options,
			   struct err *err)
{
	const struct common_args *common = &line->common;
	const char *override = config_override(line, err);

	if (!override)
		return -ENOMEM;
	if (common->wait && common->nowait)
		return err_set(err, EINVAL, "--wait and --nowait cannot be used together.");
	if (common->devices.count && common->devices_file)
		return err_set(err, EINVAL, "A --devices list cannot be used with --devicesfile.");
	if (common->devices_file && strchr(common->devices_file, '/'))
		return err_set(err, EINVAL, "Invalid devices file name.");
	*ret_options = (struct context_options){
		.config_override = override[0] ? override : NULL,
		.command_line = line->command_line,
		.devices = common->devices.items,
		.device_count = common->devices.count,
		.devices_file = common->devices_file,
		.test = common->test,
		.yes = common->yes,
		.force = common->force,
		.verbose = common->verbose,
		.nolocking = common->nolocking,
		.readonly = common->readonly,
		.wait = common->wait,
	};
	return 0;
}
