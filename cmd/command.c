/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From argv to a struct cmdline. */
#include "cmd/command.h"

#include <errno.h>
#include <string.h>

/* What a command line may make us allocate; the kernel bounds argv itself far below this. */
#define CMDLINE_ARENA_LIMIT ((size_t)64 << 20)

const struct command *command_find(const char *name)
{
	/* Old names, which scripts still use. */
	if (strcmp(name, "dumpconfig") == 0 || strcmp(name, "config") == 0)
		name = "lvmconfig";
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* "lvextend -L +2G vg/lv": the name as the user knows it, without its directory. */
static const char *join(struct cmdline *line, int argc, char *const argv[])
{
	const char *joined = line->command->name;

	for (int i = 1; i < argc && joined; i++)
		joined = arena_printf(&line->arena, "%s %s", joined, argv[i]);
	return joined;
}

static int parse_words(struct cmdline *line, int argc, char *const argv[], struct err *err)
{
	struct opt_parse parse = {
		.program = line->command->name,
		.groups = { { line->command->opts, line->args, false },
			    { common_opts, &line->common, false },
			    { lenient_opts, &line->common, true } },
		.group_count = 3,
		.arena = &line->arena,
	};
	int rc;

	if (line->command->more_opts)
		parse.groups[parse.group_count++] =
			(struct opt_group){ line->command->more_opts,
					    (char *)line->args + line->command->more_offset,
					    false };
	rc = opt_parse(&parse, argc, argv, err);
	line->stage = parse.is_usage_error ? STAGE_USAGE : STAGE_VALUES;
	if (rc < 0)
		return rc;
	line->given = parse.given;
	line->given_count = parse.given_count;
	line->operands = parse.operands;
	line->operand_count = parse.operand_count;
	return 0;
}

int command_parse(const struct command *command, int argc, char *const argv[],
		  struct cmdline *ret_line, struct err *err)
{
	int rc;

	*ret_line = (struct cmdline){
		.arena = { .limit = CMDLINE_ARENA_LIMIT },
		.command = command,
		.stage = STAGE_VALUES,
	};
	ret_line->args = arena_alloc(&ret_line->arena, command->args_size + 1);
	ret_line->command_line = join(ret_line, argc, argv);
	if (!ret_line->args || !ret_line->command_line)
		return err_set(err, ENOMEM, "Out of memory.");

	rc = parse_words(ret_line, argc, argv, err);
	if (rc < 0 || ret_line->common.help || ret_line->common.longhelp ||
	    ret_line->common.version)
		return rc;
	rc = form_match(ret_line, err);
	if (rc < 0)
		return rc;
	ret_line->stage = STAGE_CHECK;
	rc = command->check ? command->check(ret_line, err) : 0;
	if (rc < 0)
		return rc;
	ret_line->stage = STAGE_RUN;
	return 0;
}

void cmdline_free(struct cmdline *line)
{
	arena_free(&line->arena);
}

const char *cmdline_value(const struct cmdline *line, const char *long_name)
{
	for (size_t i = 0; i < line->given_count; i++)
		if (strcmp(line->given[i].opt->long_name, long_name) == 0)
			return line->given[i].value;
	return NULL;
}
