/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clvmd/log.h"
#include "clvmd/operation.h"
#include "clvmd/request.h"
#include "clvmd/worker.h"
#include "lib/number.h"

#define DRAIN_SECONDS 30 /* for what is half done to end */
#define LOOK_NS	      (50 * QB_TIME_NS_IN_MSEC)
#define ARGUMENTS_MAX 64
#define PATH_SIZE     4096

struct restart {
	struct daemon *d;
	char **argv;
	int pid_fd, socket_fd;
	char program[PATH_SIZE]; /* as it was when we started: an upgrade puts another one there */
	bool wanted, force;
	uint64_t client, deadline;
	uint32_t id;
};

struct restart *restart_create(struct daemon *d, char **argv, int pid_fd, int socket_fd)
{
	struct restart *restart = must_alloc(sizeof(*restart));
	ssize_t length;

	*restart =
		(struct restart){ .d = d, .argv = argv, .pid_fd = pid_fd, .socket_fd = socket_fd };
	length = readlink("/proc/self/exe", restart->program, sizeof(restart->program) - 1);
	restart->program[length > 0 ? length : 0] = '\0';
	return restart;
}

void restart_destroy(struct restart *restart)
{
	free(restart);
}

/* ---- becoming the new program ---- */

static void keep_open(const struct restart *restart, bool keep)
{
	(void)fcntl(restart->pid_fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
	(void)fcntl(restart->socket_fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

/* Everything else closes on exec: corosync sees this daemon die, workers see their end. */
static int become_new(struct restart *restart)
{
	char *arguments[ARGUMENTS_MAX + 2], take_over[64];
	size_t count = 0;
	sigset_t none;
	int error;

	(void)snprintf(take_over, sizeof(take_over), "--" RESTART_OPTION "=%d,%d", restart->pid_fd,
		       restart->socket_fd);
	for (char **at = restart->argv; *at && count < ARGUMENTS_MAX; at++)
		if (strncmp(*at, "--" RESTART_OPTION, strlen("--" RESTART_OPTION)) != 0)
			arguments[count++] = *at;
	arguments[count++] = take_over;
	arguments[count] = NULL;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	keep_open(restart, true);
	log_keep_blackbox(false);
	(void)execv(restart->program, arguments);
	error = errno;
	log_keep_blackbox(true);
	keep_open(restart, false);
	return error;
}

static void exec_now(struct restart *restart)
{
	struct client *client = client_find(restart->d, restart->client);
	char text[PATH_SIZE + 128];
	int error;

	log_line(LOG_NOTICE, "clvmd is started anew from %s.", restart->program);
	if (client)
		client_done(client, restart->id, 0, "");
	error = become_new(restart);
	(void)snprintf(text, sizeof(text), "%s could not be started (%s): clvmd goes on as it was.",
		       restart->program, strerror(error));
	log_line(LOG_ERR, "%s", text);
	restart->wanted = false;
	if (client)
		client_done(client, restart->id, -EIO, text);
}

/* ---- waiting for what is half done ---- */

static bool find_busy(struct daemon *d, char *text, size_t size)
{
	size_t jobs;

	if (request_find_open(d, text, size))
		return true;
	jobs = operations_count(d) + workers_job_count(d);
	if (jobs)
		(void)snprintf(text, size, "%zu jobs run on this node", jobs);
	return jobs;
}

static void give_up(struct restart *restart, const char *busy)
{
	struct client *client = client_find(restart->d, restart->client);
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "clvmd was not restarted: %s. Try again when that is over, or use --force: "
		       "commands in the middle of a change then fail.",
		       busy);
	log_line(LOG_WARNING, "%s", text);
	restart->wanted = false;
	if (client)
		client_done(client, restart->id, -EBUSY, text);
}

static void look(void *data)
{
	struct restart *restart = data;
	qb_loop_timer_handle timer;
	char busy[512];

	if (!restart->wanted)
		return;
	if (!find_busy(restart->d, busy, sizeof(busy)))
		exec_now(restart);
	else if (now_ns() < restart->deadline)
		(void)qb_loop_timer_add(restart->d->loop, QB_LOOP_MED, LOOK_NS, restart, look,
					&timer);
	else if (restart->force)
		exec_now(restart);
	else
		give_up(restart, busy);
}

static void first_look(struct daemon *d, void *data)
{
	(void)d;
	look(data);
}

void restart_request(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;
	struct restart *restart = d->restart;
	char text[PATH_SIZE + 128];

	if (restart->wanted) {
		client_done(client, message->id, -EALREADY, "clvmd is about to be restarted.");
		return;
	}
	if (access(restart->program, X_OK)) {
		(void)snprintf(text, sizeof(text), "%s cannot be started: %s", restart->program,
			       strerror(errno));
		client_done(client, message->id, -ENOENT, text);
		return;
	}
	log_line(LOG_NOTICE, "%s (pid %u) asks for a restart.", client->command, client->pid);
	restart->wanted = true;
	restart->force = message->force;
	restart->client = client->number;
	restart->id = message->id;
	restart->deadline = now_ns() + (message->force ? 0 : SECONDS(DRAIN_SECONDS));
	daemon_defer(d, first_look, restart);
}

void restart_signalled(struct daemon *d)
{
	struct restart *restart = d->restart;

	if (restart->wanted)
		return;
	log_line(LOG_NOTICE, "SIGUSR2 asks for a restart.");
	restart->wanted = true;
	restart->force = false;
	restart->client = 0;
	restart->deadline = now_ns() + SECONDS(DRAIN_SECONDS);
	daemon_defer(d, first_look, restart);
}

bool restart_holds_back(const struct client *client, const struct client_message *message,
			char *text, size_t size)
{
	const struct restart *restart = client->d->restart;

	/* Who holds a lock is in the middle of something, and is to come to its end. */
	if (!restart->wanted || (message->type != CLIENT_LOCK && message->type != CLIENT_RUN) ||
	    client_has_locks(client))
		return false;
	(void)snprintf(text, size, "clvmd is about to be restarted");
	return true;
}

/* ---- the new program's side ---- */

int restart_take_over(const char *argument, int *ret_pid_fd, int *ret_socket_fd, struct err *err)
{
	uint64_t pid_fd, socket_fd;
	struct stat status;

	if (!number_parse(&argument, INT16_MAX, &pid_fd) || *argument++ != ',' ||
	    !number_whole(argument, INT16_MAX, &socket_fd) || fstat((int)pid_fd, &status) ||
	    !S_ISREG(status.st_mode) || fstat((int)socket_fd, &status) || !S_ISSOCK(status.st_mode))
		return err_set(err, EINVAL, "Option --%s is for clvmd's own use.", RESTART_OPTION);
	*ret_pid_fd = (int)pid_fd;
	*ret_socket_fd = (int)socket_fd;
	if (fcntl(*ret_pid_fd, F_SETFD, FD_CLOEXEC) || fcntl(*ret_socket_fd, F_SETFD, FD_CLOEXEC))
		return err_set(err, errno, "Descriptors cannot be taken over: %s", strerror(errno));
	return 0;
}
