/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A line, filled up with blanks:
 *
 *	<client> <pid> <start time> <mode number> <since when> <resource> <command>
 *
 * A line of blanks is free.
 */
#include "clvmd/client_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clvmd/log.h"
#include "lib/number.h"

#define LINE_LENGTH 512u /* divides a page: no line is ever in two */
#define LINES_MAX   65536u

/* What is in the file, without what only the next daemon needs. */
struct slot {
	uint64_t number; /* 0: free */
	enum lock_mode mode;
	char resource[RESOURCE_NAME_MAX];
};

struct client_journal {
	int fd;
	size_t count, room;
	struct slot *slots;
};

struct client_journal *client_journal_create(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct client_journal *journal;

	if (fd < 0) {
		err_set(err, errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	journal = must_alloc(sizeof(*journal));
	journal->fd = fd;
	return journal;
}

void client_journal_destroy(struct client_journal *journal)
{
	if (!journal)
		return;
	(void)close(journal->fd);
	free(journal->slots);
	free(journal);
}

static int write_line(struct client_journal *journal, const struct slot *slot, const char *line,
		      struct err *err)
{
	off_t offset = (off_t)((size_t)(slot - journal->slots) * LINE_LENGTH);
	ssize_t written = pwrite(journal->fd, line, LINE_LENGTH, offset);

	if (written == LINE_LENGTH)
		return 0;
	return err_set(err, written < 0 ? errno : ENOSPC, "%s cannot be written: %s",
		       CLIENT_JOURNAL_PATH, strerror(written < 0 ? errno : ENOSPC));
}

static void blank(char *line)
{
	memset(line, ' ', LINE_LENGTH - 1);
	line[LINE_LENGTH - 1] = '\n';
}

/* ---- reading ---- */

static bool parse_line(char *line, struct client_record *record)
{
	char *at = line;
	uint64_t pid, mode;

	for (char *end = line + LINE_LENGTH - 1; end > line && end[-1] == ' ';)
		*--end = '\0';
	line[LINE_LENGTH - 1] = '\0';
	if (!number_whole(strsep(&at, " "), UINT64_MAX, &record->number) || !record->number ||
	    !number_whole(strsep(&at, " "), INT32_MAX, &pid) || !pid ||
	    !number_whole(strsep(&at, " "), UINT64_MAX, &record->start_time) ||
	    !number_whole(strsep(&at, " "), MODE_EX, &mode) ||
	    !number_whole(strsep(&at, " "), UINT64_MAX, &record->since) ||
	    !(record->resource = strsep(&at, " ")) || !*record->resource ||
	    strlen(record->resource) >= RESOURCE_NAME_MAX)
		return false;
	record->pid = (uint32_t)pid;
	record->mode = (enum lock_mode)mode;
	record->command = at ? at : "";
	return true;
}

static struct slot *add_slot(struct client_journal *journal)
{
	if (journal->count == journal->room) {
		size_t room = journal->room ? 2 * journal->room : 64;
		struct slot *slots = must_alloc(room * sizeof(*slots));

		if (journal->count)
			memcpy(slots, journal->slots, journal->count * sizeof(*slots));
		free(journal->slots);
		journal->slots = slots;
		journal->room = room;
	}
	journal->slots[journal->count] = (struct slot){ 0 };
	return &journal->slots[journal->count++];
}

void client_journal_each(struct client_journal *journal,
			 void (*visit)(void *data, const struct client_record *record), void *data)
{
	char line[LINE_LENGTH];

	while (journal->count < LINES_MAX &&
	       pread(journal->fd, line, LINE_LENGTH, (off_t)(journal->count * LINE_LENGTH)) ==
		       LINE_LENGTH) {
		struct slot *slot = add_slot(journal);
		struct client_record record;

		if (line[0] == ' ')
			continue;
		if (!parse_line(line, &record)) {
			log_line(LOG_WARNING, "%s: a line is not valid and is skipped.",
				 CLIENT_JOURNAL_PATH);
			continue;
		}
		slot->number = record.number;
		slot->mode = record.mode;
		(void)snprintf(slot->resource, sizeof(slot->resource), "%s", record.resource);
		visit(data, &record);
	}
}

/* ---- writing ---- */

static struct slot *find_slot(struct client_journal *journal, uint64_t number, const char *resource)
{
	for (size_t i = 0; i < journal->count; i++)
		if (journal->slots[i].number == number &&
		    (!number || !resource || !strcmp(journal->slots[i].resource, resource)))
			return &journal->slots[i];
	return NULL;
}

enum lock_mode client_journal_mode(struct client_journal *journal, uint64_t number,
				   const char *resource)
{
	const struct slot *slot = find_slot(journal, number, resource);

	return slot ? slot->mode : MODE_NL;
}

int client_journal_put(struct client_journal *journal, const struct client_record *record,
		       struct err *err)
{
	struct slot *slot = find_slot(journal, record->number, record->resource);
	char line[LINE_LENGTH];
	int length, rc;

	if (!slot && !(slot = find_slot(journal, 0, NULL))) {
		if (journal->count == LINES_MAX)
			return err_set(err, ENOSPC, "More than %u locks of commands on this node.",
				       LINES_MAX);
		slot = add_slot(journal);
	}
	blank(line);
	length = snprintf(line, LINE_LENGTH, "%" PRIu64 " %u %" PRIu64 " %d %" PRIu64 " %s %.127s",
			  record->number, record->pid, record->start_time, (int)record->mode,
			  record->since, record->resource, record->command);
	if (length > 0 && length < (int)LINE_LENGTH)
		line[length] = ' ';
	for (int i = 0; i < length; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	line[LINE_LENGTH - 1] = '\n';
	if ((rc = write_line(journal, slot, line, err)))
		return rc;
	slot->number = record->number;
	slot->mode = record->mode;
	(void)snprintf(slot->resource, sizeof(slot->resource), "%s", record->resource);
	return 0;
}

void client_journal_remove(struct client_journal *journal, uint64_t number, const char *resource)
{
	char line[LINE_LENGTH];
	struct slot *slot;
	struct err err;

	blank(line);
	while (number && (slot = find_slot(journal, number, resource))) {
		slot->number = 0;
		if (write_line(journal, slot, line, &err))
			log_line(LOG_ERR, "%s", err.text);
		if (resource)
			return;
	}
}
