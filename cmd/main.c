/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lvm: all commands in one program. The name it is called by says which; `lvm COMMAND` does too.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/exit.h"
#include "cmd/output.h"
#include "lib/device/batch.h"
#include "metadata/base/cleanup.h"

#define HELP_MAX     ((size_t)1 << 20)
#define TEST_MODE    "TEST MODE: Metadata will NOT be updated and volumes will not be (de)activated."
#define NO_COMMAND   "No such command.  Try 'lvm help'."
#define ONLY_COMMAND "Specify options after a command: lvm [command] [options]."

static void show_help(const struct command *command)
{
	AUTO_BUF struct buf text = { .limit = HELP_MAX };

	help_command(command, &text);
	if (!text.failed)
		(void)fputs(text.data, stdout);
}

static void show_version(void)
{
	AUTO_BUF struct buf text = { .limit = HELP_MAX };

	help_version(&text);
	if (!text.failed)
		(void)fputs(text.data, stdout);
}

static void show_commands(void)
{
	AUTO_BUF struct buf text = { .limit = HELP_MAX };

	help_commands(&text);
	if (!text.failed)
		(void)fputs(text.data, stderr);
}

static int run_in_context(struct cmdline *line, struct output *output, struct err *err)
{
	struct context_options options;
	struct context *context;
	int rc;

	line->stage = STAGE_OPEN;
	rc = common_context_options(line, &options, err);
	if (rc < 0)
		return rc;
	options.ops = output_ops(output);
	rc = context_open(&options, &context, err);
	if (rc < 0)
		return rc;
	line->stage = STAGE_RUN;
	rc = line->command->run(context, line, err);
	context_close(context);
	return rc;
}

static int parse_and_run(struct cmdline *line, const struct command *command, int argc,
			 char *const argv[], struct output *output, struct err *err)
{
	int rc = command_parse(command, argc, argv, line, err);

	output->quiet = line->common.quiet;
	output->verbose = line->common.verbose;
	if (rc < 0)
		return rc;
	if (line->common.help || line->common.longhelp) {
		show_help(command);
		return 0;
	}
	if (line->common.version) {
		show_version();
		return 0;
	}
	if (geteuid() != 0)
		return err_set(err, EPERM, "Only root can use %s.", command->name);
	if (line->common.test)
		output_lines(stderr, TEST_MODE);
	return run_in_context(line, output, err);
}

static int run_command(const struct command *command, int argc, char *const argv[])
{
	struct output output = {
		.results = stdout,
		.messages = stderr,
		.answers = STDIN_FILENO,
	};
	struct cmdline line;
	struct err err = { 0 };
	int rc = parse_and_run(&line, command, argc, argv, &output, &err);
	enum exit_code code = exit_code(line.stage, rc);

	if (rc < 0)
		output_failure(&output, &line, rc, &err);
	cmdline_free(&line);
	/* a result that could not be written is no result */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		output_lines(stderr, "Cannot write to standard output.");
		return code ? (int)code : EXIT_FAILED;
	}
	return (int)code;
}

static int run_help(int argc, char *const argv[])
{
	int code = EXIT_DONE;

	if (argc < 2)
		show_commands();
	for (int i = 1; i < argc; i++) {
		const struct command *command = command_find(argv[i]);

		if (command) {
			show_help(command);
			continue;
		}
		(void)printf("  %s: no such command.\n", argv[i]);
		code = EXIT_BAD_ARGUMENT;
	}
	if (code != EXIT_DONE)
		output_lines(stderr, "Run `help --help' for more information.");
	return code;
}

/* @argv begins with the name of the command. */
static int dispatch(int argc, char *const argv[])
{
	const struct command *command = command_find(argv[0]);

	if (command)
		return run_command(command, argc, argv);
	if (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "-h") == 0 ||
	    strcmp(argv[0], "--help") == 0)
		return run_help(argc, argv);
	if (strcmp(argv[0], "version") == 0) {
		show_version();
		return EXIT_DONE;
	}
	if (argv[0][0] == '-') {
		output_lines(stderr, ONLY_COMMAND);
		return EXIT_BAD_ARGUMENT;
	}
	output_lines(stderr, NO_COMMAND);
	return EXIT_NO_COMMAND;
}

/*
 * Metadata texts are some megabytes, and several are made and dropped: memory that was once given
 * by the kernel is kept, since each page that it gives costs more than writing a text into it.
 */
static void keep_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the most that glibc takes */
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20); /* more than is free at a time with 10,000 LVs */
}

int main(int argc, char *argv[])
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc > 0 ? argv[0] : "lvm";
	const struct command *command = command_find(name);

	keep_memory();
	(void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ); /* lines in one piece */
	batch_finish_later();
	if (command)
		return run_command(command, argc, argv);
	if (argc < 2) {
		show_commands();
		return EXIT_BAD_ARGUMENT;
	}
	return dispatch(argc - 1, argv + 1);
}
