/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The child's word is one write to a pipe: the exit status as one byte, then text for stderr. */
#include "clvmd/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clvmd/group.h"
#include "clvmd/log.h"
#include "clvmd/quorum.h"
#include "clvmd/status_print.h"

#define WORD_MAX     2048 /* below PIPE_BUF: one write */
#define PATIENCE_MAX 20U  /* seconds: by then daemons that are started together have met */

struct start {
	int fd; /* -1: told, or nobody listens */
	uint64_t deadline;
	uint64_t patience; /* until then for daemons of other nodes that are up */
	unsigned int timeout;
	bool was_up;
};

/* The parent: wait for the word, print it, exit. */
static void parent(int fd, pid_t child)
{
	char word[WORD_MAX + 1];
	ssize_t length;
	int status;

	do
		length = read(fd, word, sizeof(word) - 1);
	while (length < 0 && errno == EINTR);
	if (length > 0) {
		word[length] = '\0';
		if (length > 1)
			(void)fprintf(stderr, "%s\n", word + 1);
		_exit(word[0]);
	}
	/* It ended without a word. */
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status))
		_exit(WEXITSTATUS(status));
	(void)fprintf(stderr, "clvmd ended at its start; see the system log.\n");
	_exit(1);
}

static void detach(void)
{
	int null = open("/dev/null", O_RDWR);

	(void)setsid();
	(void)!chdir("/");
	if (null < 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	if (null > 2)
		(void)close(null);
}

int start_daemonise(const struct start_options *options)
{
	int ends[2];
	pid_t child;

	if (options->foreground || options->take_over)
		return -1;
	if (pipe2(ends, O_CLOEXEC) || (child = fork()) < 0) {
		(void)fprintf(stderr, "clvmd: cannot go to the background: %s\n", strerror(errno));
		exit(1);
	}
	if (child) {
		(void)close(ends[1]);
		parent(ends[0], child);
	}
	(void)close(ends[0]);
	detach();
	return ends[1];
}

void start_failed(int pipe_fd, int exit_code, const char *text)
{
	char word[WORD_MAX];
	int length = snprintf(word, sizeof(word), "%c%s", (char)exit_code, text);

	if (pipe_fd < 0) {
		(void)fprintf(stderr, "%s\n", text);
		return;
	}
	if (length >= (int)sizeof(word))
		length = sizeof(word) - 1;
	(void)!write(pipe_fd, word, (size_t)length);
}

struct start *start_create(struct daemon *d, int pipe_fd, unsigned int timeout)
{
	struct start *start = must_alloc(sizeof(*start));

	(void)d;
	start->fd = pipe_fd;
	start->timeout = timeout;
	start->deadline = now_ns() + SECONDS(timeout);
	start->patience =
		now_ns() + SECONDS(timeout / 2 < PATIENCE_MAX ? timeout / 2 : PATIENCE_MAX);
	return start;
}

void start_destroy(struct start *start)
{
	if (start->fd >= 0)
		(void)close(start->fd);
	free(start);
}

static void tell(struct start *start, int exit_code, const char *text)
{
	if (start->fd < 0)
		return;
	start_failed(start->fd, exit_code, text);
	(void)close(start->fd);
	start->fd = -1;
}

static void tell_waiting(struct daemon *d, int exit_code, const char *first_words)
{
	char waiting[WORD_MAX - 256], text[WORD_MAX];

	status_waiting_for(d, waiting, sizeof(waiting));
	for (char *at = waiting; (at = strchr(at, '\n'));)
		*at = at[1] ? ';' : '\0';
	(void)snprintf(text, sizeof(text), "%s; it waits for: %s. It goes on in the background.",
		       first_words, *waiting ? waiting : "the other members");
	log_line(LOG_WARNING, "%s", text);
	tell(d->start, exit_code, text);
}

static void tell_not_ready(struct daemon *d, unsigned int timeout)
{
	char first_words[80];

	(void)snprintf(first_words, sizeof(first_words), "clvmd is not ready after %u seconds",
		       timeout);
	tell_waiting(d, EXIT_NOT_READY, first_words);
}

/*
 * A cluster manager may start clvmd on one node after the other: the first must not wait for the
 * second, which is started when the first has been. Requests wait meanwhile.
 */
static bool is_first_of_several(struct daemon *d, const struct start *start)
{
	return d->ls && lockspace_waits_for_daemons(d->ls) && now_ns() > start->patience;
}

/* That corosync does not run, or that there is no quorum, is known: that is said at once. */
bool start_is_early(struct daemon *d, char *text, size_t size)
{
	char waiting[400];

	if (d->adopted && (group_is_missing(d->group) ||
			   (group_is_connected(d->group) && quorum_is_known(d->quorum))))
		return false;
	status_waiting_for(d, waiting, sizeof(waiting));
	(void)snprintf(text, size, "clvmd starts; it waits for: %s",
		       *waiting ? waiting : "corosync's word on quorum");
	return true;
}

void start_check(struct daemon *d)
{
	struct start *start = d->start;
	bool is_up = d->ls && lockspace_is_up(d->ls);

	if (is_up && !start->was_up)
		log_line(LOG_INFO, "Ready: joined and synchronised.");
	start->was_up = start->was_up || is_up;
	if (is_up)
		tell(start, 0, "");
	else if (start->fd >= 0 && now_ns() > start->deadline)
		tell_not_ready(d, start->timeout);
	else if (start->fd >= 0 && is_first_of_several(d, start))
		tell_waiting(d, 0, "clvmd runs");
}
