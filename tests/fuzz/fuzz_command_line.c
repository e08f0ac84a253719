/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line a word: the first names the command. Parsed, matched to a form, and its columns built. */
#include <stdint.h>
#include <string.h>

#include "cmd/command.h"
#include "lib/report/columns.h"
#include "metadata/base/cleanup.h"

#define WORDS_MAX 32
#define LIMIT	  ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_columns(char *const *words, int count)
{
	AUTO_BUF struct buf out = { .limit = LIMIT };
	const char *fields[WORDS_MAX];
	struct report_args args = { .kind = REPORT_LVS, .fields = fields };

	for (int i = 1; i < count; i++)
		fields[args.field_count++] = words[i];
	(void)!columns_build(&args, &out, NULL);
}

static void try_words(char **words, int count)
{
	const struct command *command = command_find(words[0]);
	struct cmdline line = { 0 };
	struct err err = { 0 };

	if (command && !command_parse(command, count, words, &line, &err))
		(void)cmdline_value(&line, "size");
	if (command)
		cmdline_free(&line);
	try_columns(words, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena arena = { .limit = LIMIT };
	char *rest = arena_strndup(&arena, (const char *)data, size), *words[WORDS_MAX + 1];
	int count = 0;

	while (rest && count < WORDS_MAX)
		words[count++] = strsep(&rest, "\n");
	words[count] = NULL;
	if (count)
		try_words(words, count);
	return 0;
}
