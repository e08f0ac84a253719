/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvmconfig, also known as dumpconfig and config. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "cmd/operand.h"
#include "lib/config_print.h"
#include "lib/fd.h"
#include "metadata/base/cleanup.h"

#define TEXT_MAX ((size_t)64 << 20)

struct lvmconfig_args {
	const char *file;
	int view; /* VIEW_... */
	bool validate;
};

enum { VIEW_CURRENT = 1, VIEW_FULL, VIEW_DEFAULT, VIEW_OTHER };

static const struct opt_choice views[] = {
	{ "current", VIEW_CURRENT },
	{ "full", VIEW_FULL },
	{ "default", VIEW_DEFAULT },
	{ "diff", VIEW_OTHER },
	{ "list", VIEW_OTHER },
	{ "missing", VIEW_OTHER },
	{ "new", VIEW_OTHER },
	{ "profilable", VIEW_OTHER },
	{ "profilable-command", VIEW_OTHER },
	{ "profilable-metadata", VIEW_OTHER },
	{ NULL, 0 },
};
static const struct opt_value value_view = { .name = "current|full|default", .choices = views };

#define ARG(field) offsetof(struct lvmconfig_args, field)
#define ACCEPTED   OPT_ACCEPTED, 0, NULL, "Accepted for compatibility, without effect."

static const struct opt opts[] = {
	{ 'f', "file", OPT_STRING, ARG(file), &value_string, "Write to this file." },
	{ 0, "typeconfig", OPT_CHOICE, ARG(view), &value_view,
	  "What to show: what is set, that and the defaults of the rest, or the defaults." },
	{ 0, "validate", OPT_FLAG, ARG(validate), NULL, "Only say whether it is valid." },
	{ 0, "ignoreadvanced", ACCEPTED },
	{ 0, "ignorelocal", ACCEPTED },
	{ 0, "ignoreunsupported", ACCEPTED },
	{ 0, "mergedconfig", ACCEPTED },
	{ 0, "showdeprecated", ACCEPTED },
	{ 0, "showunsupported", ACCEPTED },
	{ 0, "withcomments", ACCEPTED },
	{ 0, "withgeneralpreamble", ACCEPTED },
	{ 0, "withlocalpreamble", ACCEPTED },
	{ 0, "withspaces", ACCEPTED },
	{ 0, "withsummary", ACCEPTED },
	{ 0, "withversions", ACCEPTED },
	{ 'l', "list", OPT_UNSUPPORTED, 0, NULL, "Names of settings." },
	{ 0, "atversion", OPT_UNSUPPORTED, 0, &value_string, "Settings of a version." },
	{ 0, "metadataprofile", OPT_UNSUPPORTED, 0, &value_string, "Profiles." },
	{ 0, "sinceversion", OPT_UNSUPPORTED, 0, &value_string, "Settings since a version." },
	{ 0, "unconfigured", OPT_UNSUPPORTED, 0, NULL, "Defaults before the build." },
	{ 0 },
};

static int check(struct cmdline *line, struct err *err)
{
	const struct lvmconfig_args *args = line->args;

	if (args->view == VIEW_OTHER)
		return err_set(err, EOPNOTSUPP, "lvmconfig --type %s is not supported.",
			       cmdline_value(line, "typeconfig"));
	return 0;
}

struct validation {
	struct context *context;
	bool failed;
};

static void complain(void *data, const char *text)
{
	struct validation *validation = data;

	ctx_error(validation->context, "%s", text);
	validation->failed = true;
}

static int validate(struct context *context, struct err *err)
{
	struct validation validation = { .context = context };

	config_check(context->config, complain, &validation);
	if (validation.failed)
		return err_set(err, EIO, "LVM configuration invalid.");
	ctx_print(context, "LVM configuration valid.");
	return 0;
}

static int write_file(const char *path, const struct buf *text, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	for (size_t done = 0; fd >= 0 && done < text->used;) {
		ssize_t got = write(fd, text->data + done, text->used - done);

		if (got < 0 && errno != EINTR)
			return err_set(err, errno, "%s: write failed: %s", path, strerror(errno));
		done += got > 0 ? (size_t)got : 0;
	}
	return fd < 0 ? err_set(err, errno, "%s: open failed: %s", path, strerror(errno)) : 0;
}

static enum config_view view_of(int choice)
{
	return choice == VIEW_FULL	? CONFIG_FULL
	       : choice == VIEW_DEFAULT ? CONFIG_DEFAULT
					: CONFIG_CURRENT;
}

static int run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct lvmconfig_args *args = line->args;
	const enum config_view view = view_of(args->view);
	AUTO_BUF struct buf text = { .limit = TEXT_MAX };
	int worst = 0, rc;

	if (args->validate)
		return validate(context, err);
	if (!line->operand_count && (rc = config_print(context->config, NULL, view, &text, err)))
		return rc;
	for (size_t i = 0; i < line->operand_count; i++) {
		rc = config_print(context->config, line->operands[i], view, &text, err);
		worst = exit_worse(worst, operand_report(context, rc, err));
	}
	if (text.used && args->file)
		rc = write_file(args->file, &text, err);
	else
		rc = 0;
	if (text.used && !args->file) {
		text.data[text.used - 1] = '\0'; /* its last line ends by itself */
		ctx_tool_output(context, text.data);
	}
	return rc ? rc : worst;
}

static const struct form forms[] = {
	{ "lvmconfig [SECTION|SECTION/SETTING ...]", NULL, NULL, NULL, 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_lvmconfig = {
	.name = "lvmconfig",
	.summary = "Display configuration information",
	.forms = forms,
	.opts = opts,
	.args_size = sizeof(struct lvmconfig_args),
	.check = check,
	.run = run,
};
