/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command lines for tests: written as one string, parsed as main() does. */
#ifndef TESTS_UNIT_CMD_PARSING_H
#define TESTS_UNIT_CMD_PARSING_H

/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/commands.h"
#include "cmd/exit.h"

#define WORDS_MAX 32

struct parsed {
	struct cmdline line;
	struct err err;
	int rc;
	char text[512]; /* argv's strings */
	char *argv[WORDS_MAX + 1];
	int argc;
};

/* Words are parted by blanks; a word of two quotes is an empty one. */
static inline void parse(struct parsed *parsed, const char *text)
{
	const struct command *command;

	*parsed = (struct parsed){ 0 };
	assert_true(strlen(text) < sizeof(parsed->text));
	memcpy(parsed->text, text, strlen(text) + 1);
	for (char *rest = parsed->text, *word; (word = strsep(&rest, " "));) {
		assert_in_range(parsed->argc, 0, WORDS_MAX - 1);
		parsed->argv[parsed->argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	command = command_find(parsed->argv[0]);
	assert_non_null(command);
	parsed->rc =
		command_parse(command, parsed->argc, parsed->argv, &parsed->line, &parsed->err);
}

static inline void parse_well(struct parsed *parsed, const char *text)
{
	parse(parsed, text);
	if (parsed->rc < 0)
		fail_msg("%s: %s", text, parsed->err.text);
}

static inline void release(struct parsed *parsed)
{
	cmdline_free(&parsed->line);
}

struct refusal {
	const char *line;
	enum exit_code code;
	const char *text; /* without what output_failure() adds */
};

static inline void assert_refused(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct parsed parsed;

		parse(&parsed, refusals[i].line);
		if (exit_code(parsed.line.stage, parsed.rc) != refusals[i].code ||
		    strcmp(parsed.err.text, refusals[i].text) != 0)
			fail_msg("%s: %d \"%s\", expected %u \"%s\"", refusals[i].line, parsed.rc,
				 parsed.err.text, refusals[i].code, refusals[i].text);
		release(&parsed);
	}
}

#define ASSERT_REFUSED(table) assert_refused(table, sizeof(table) / sizeof((table)[0]))

#endif
