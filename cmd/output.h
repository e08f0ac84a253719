/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a command says and asks: the context's message and ask operations.
 *
 * Results go to stdout, everything else to stderr, each line behind two blanks. Questions go to
 * stderr without blanks; answers are y, yes, n or no in either case, the end of the input is no.
 */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

#include "cmd/command.h"

#define WARNINGS_KEPT 1024

struct output {
	FILE *results, *messages;
	int answers; /* file descriptor that questions are answered on */
	int quiet;
	int verbose;
	/* Hashes of the warnings printed: disks are read again under the lock, and what is wrong
	 * with them then is no news. */
	uint64_t warned[WARNINGS_KEPT];
	size_t warned_count;
};

/** The operations; @output is kept, not copied. */
struct context_ops output_ops(struct output *output);

/** Each line of @text behind two blanks. */
void output_lines(FILE *stream, const char *text);

/** A failure of @line, with what belongs behind it. */
void output_failure(struct output *output, const struct cmdline *line, int rc,
		    const struct err *err);

#endif
