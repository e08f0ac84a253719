/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/output.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cmd/exit.h"

/* An answer is "yes" at most; what is longer is not valid, however it goes on. */
#define ANSWER_MAX 256

/* Names in messages may come from strangers' disks: nothing of them may steer a terminal. */
static bool is_shown(unsigned char c)
{
	return (c >= ' ' && c != 0x7f) || c == '\t';
}

/* Looks at all of them, so that the compiler can at many at a time. */
static bool are_shown(const char *text, size_t length)
{
	bool shown = true;

	for (size_t i = 0; i < length; i++)
		shown &= is_shown((unsigned char)text[i]);
	return shown;
}

static void put_shown(FILE *stream, const char *text, size_t length)
{
	if (are_shown(text, length)) {
		(void)fwrite(text, 1, length, stream);
		return;
	}
	while (length) {
		size_t plain = 0;

		while (plain < length && is_shown((unsigned char)text[plain]))
			plain++;
		(void)fwrite(text, 1, plain, stream);
		text += plain;
		length -= plain;
		if (!length)
			break;
		(void)fprintf(stream, "\\x%02x", (unsigned char)*text++);
		length--;
	}
}

void output_lines(FILE *stream, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		(void)fputs("  ", stream);
		put_shown(stream, text, length);
		(void)fputc('\n', stream);
		text += length;
		text += *text == '\n';
	}
}

/* FNV-1a */
static uint64_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325U;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3U;
	return value;
}

/* Has this command said so already? Lines of a list, such as the blank ones of "-o help", may be
 * alike. */
static bool is_repeated(struct output *output, const char *text)
{
	const uint64_t value = hash(text);

	if (strncmp(text, "WARNING: ", strlen("WARNING: ")) != 0)
		return false;
	for (size_t i = 0; i < output->warned_count; i++)
		if (output->warned[i] == value)
			return true;
	if (output->warned_count < WARNINGS_KEPT)
		output->warned[output->warned_count++] = value;
	return false;
}

static void on_message(void *data, enum message_level level, const char *text)
{
	struct output *output = data;

	if (level == MESSAGE_TOOL) {
		if (output->quiet < 2)
			(void)fprintf(output->results, "%s\n", text);
		return;
	}
	if (level == MESSAGE_PRINT || level == MESSAGE_ROW) {
		if (output->quiet > 1)
			return;
		if (*text)
			output_lines(output->results, text);
		else
			(void)fputs("  \n", output->results);
		/* A result is seen at once; a report is not written row by row. */
		if (level == MESSAGE_PRINT)
			(void)fflush(output->results);
		return;
	}
	if ((level == MESSAGE_VERBOSE && output->verbose < 1) ||
	    (level == MESSAGE_DEBUG && output->verbose < 4))
		return;
	if (level == MESSAGE_WARNING && is_repeated(output, text))
		return;
	(void)fflush(output->results); /* in the order in which they were said */
	output_lines(output->messages, text);
}

/* Only makes a read() return. */
static void on_interrupt(int signal_number)
{
	(void)signal_number;
}

/*
 * One line, byte by byte: what follows belongs to the next question, or to whoever reads our
 * standard input after us. Its length, or -1 at the end of the input and when interrupted.
 */
static ssize_t read_answer(int fd, char answer[ANSWER_MAX])
{
	size_t length = 0;

	for (;;) {
		char byte;

		if (read(fd, &byte, 1) != 1)
			return -1;
		if (byte == '\n' || byte == '\0')
			break;
		if (length + 1 < ANSWER_MAX)
			answer[length++] = byte;
	}
	answer[length] = '\0';
	return (ssize_t)length;
}

static char *trim(char *text)
{
	size_t length;

	while (*text && isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

static bool ask_until_answered(struct output *output, const char *question)
{
	for (;;) {
		char line[ANSWER_MAX], *answer;

		(void)fputs(question, output->messages);
		(void)fflush(output->messages);
		if (output->quiet > 1 || read_answer(output->answers, line) < 0) {
			(void)fputs("[n]\n", output->messages);
			return false;
		}
		answer = trim(line);
		if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0)
			return true;
		if (strcasecmp(answer, "n") == 0 || strcasecmp(answer, "no") == 0)
			return false;
		(void)fprintf(output->messages, "  WARNING: Invalid input '%s'.\n", answer);
	}
}

/* An interrupt at a question is a no, and does not end the command. */
static bool on_question(void *data, const char *question)
{
	struct sigaction interrupt = { .sa_handler = on_interrupt }, before;
	struct output *output = data;
	bool is_caught, answer;

	(void)fflush(output->results);
	(void)sigemptyset(&interrupt.sa_mask);
	is_caught = sigaction(SIGINT, &interrupt, &before) == 0;
	answer = ask_until_answered(output, question);
	if (is_caught)
		(void)sigaction(SIGINT, &before, NULL);
	return answer;
}

struct context_ops output_ops(struct output *output)
{
	return (struct context_ops){
		.message = on_message,
		.ask = on_question,
		.data = output,
	};
}

void output_failure(struct output *output, const struct cmdline *line, int rc,
		    const struct err *err)
{
	char text[128];
	const char *hint = exit_hint(line->stage, rc, line->command->name, text, sizeof(text));

	(void)fflush(output->results);
	if (line->stage == STAGE_USAGE)
		(void)fprintf(output->messages, "%s\n", err->text);
	else
		output_lines(output->messages, err->text);
	if (hint && !strstr(err->text, hint))
		output_lines(output->messages, hint);
	if (line->stage != STAGE_FORM || !line->nearest)
		return;
	(void)fprintf(output->results, "  %s\n", line->nearest->usage);
	if (line->nearest->summary)
		(void)fprintf(output->results, "  %s\n", line->nearest->summary);
	(void)fputs("\n", output->results);
}
