/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --help, `lvm help` and `lvm version`, from the tables. */
#include "cmd/command.h"
#include "lib/version.h"

/*
 * The release of LVM2 whose on-disk format, options and texts are ours: scripts read this line to
 * find out what they can use.
 */
#define LVM2_VERSION "2.03.16(2) (2022-05-18)"

static void add_opts(const struct opt *opts, struct buf *text)
{
	for (const struct opt *opt = opts; opt->long_name; opt++) {
		const char *value = opt->value ? opt->value->name : "";

		if (!opt->help || opt->kind == OPT_UNSUPPORTED)
			continue;
		if (opt->short_name)
			buf_printf(text, "\t[ -%c|--%s%s%s ]\n", opt->short_name, opt->long_name,
				   *value ? " " : "", value);
		else
			buf_printf(text, "\t[    --%s%s%s ]\n", opt->long_name, *value ? " " : "",
				   value);
	}
}

void help_command(const struct command *command, struct buf *text)
{
	buf_printf(text, "  %s - %s\n\n", command->name, command->summary);
	for (const struct form *form = command->forms; form->usage; form++) {
		if (form->summary)
			buf_printf(text, "  %s\n", form->summary);
		buf_printf(text, "  %s\n", form->usage);
		if (form->summary)
			buf_puts(text, "\n");
	}
	if (command->opts[0].long_name) {
		buf_puts(text, command->forms[1].usage ? "  Options of this command:\n" : "");
		add_opts(command->opts, text);
	}
	if (command->more_opts)
		add_opts(command->more_opts, text);
	buf_puts(text, "\n  Common options:\n");
	add_opts(common_opts, text);
	add_opts(lenient_opts, text);
}

void help_commands(struct buf *text)
{
	buf_puts(text, "  Available lvm commands:\n"
		       "  Use 'lvm help <command>' for more information\n   \n");
	for (size_t i = 0; commands[i]; i++)
		buf_printf(text, "  %-16s%s\n", commands[i]->name, commands[i]->summary);
	buf_printf(text, "  %-16s%s\n", "help", "Display help for commands");
	buf_printf(text, "  %-16s%s\n", "version", "Display software version information");
}

void help_version(struct buf *text)
{
	buf_puts(text, "  LVM version:     " LVM2_VERSION "\n");
	buf_puts(text, "  clvm version:    " CLVM_VERSION "\n");
}
