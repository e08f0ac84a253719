/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs are looked for in the system's own folders, not in the caller's PATH: clvmd and commands
 * run by root must not depend on it.
 */
#include "lib/activate/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"

#define TOOL_PATH_SIZE 128
#define LINE_SIZE      1024 /* longer lines are shown in pieces */

static const char *const folders[] = { "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin",
				       "/bin" };
static const char *const environment[] = { "PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin",
					   "LC_ALL=C", "HOME=/", NULL };

static bool find(const char *name, char path[TOOL_PATH_SIZE])
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		(void)snprintf(path, TOOL_PATH_SIZE, "%s/%s", folders[i], name);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

bool tool_exists(const char *name)
{
	char path[TOOL_PATH_SIZE];

	return find(name, path);
}

/* Collects bytes until a line is whole. */
struct line {
	char text[LINE_SIZE];
	size_t used;
};

static void line_end(struct context *context, struct line *line)
{
	line->text[line->used] = '\0';
	if (line->used)
		ctx_print(context, "%s", line->text);
	line->used = 0;
}

static void line_add(struct context *context, struct line *line, char c)
{
	/* resize2fs goes back over its progress text: that is not for a file or a log. */
	if (c == '\n' || c == '\r' || line->used == sizeof(line->text) - 1)
		line_end(context, line);
	if (c == '\b' && line->used)
		line->used--;
	else if ((unsigned char)c >= ' ' || c == '\t')
		line->text[line->used++] = c;
}

static int print_output(struct context *context, int fd, const char *name, struct err *err)
{
	struct line line = { .used = 0 };
	char bytes[512];
	ssize_t got;

	while ((got = read(fd, bytes, sizeof(bytes))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, errno, "Cannot read the output of %s: %s", name,
				       strerror(errno));
		for (ssize_t i = 0; i < got; i++)
			line_add(context, &line, bytes[i]);
	}
	line_end(context, &line);
	return 0;
}

/* Standard streams, signals and nothing else of ours. */
static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int output)
{
	sigset_t none, all;
	int r;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	if ((r = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)) ||
	    (r = posix_spawn_file_actions_adddup2(actions, output, 1)) ||
	    (r = posix_spawn_file_actions_adddup2(actions, output, 2)) ||
	    (r = posix_spawn_file_actions_addclosefrom_np(actions, 3)) ||
	    (r = posix_spawnattr_setsigmask(attributes, &none)) ||
	    (r = posix_spawnattr_setsigdefault(attributes, &all)))
		return r;
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const char *path, const char *const argv[], int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return r;
	if (!(r = posix_spawnattr_init(&attributes))) {
		/* POSIX's missing const; neither array is changed. */
		union {
			const char *const *from;
			char *const *to;
		} args = { .from = argv }, env = { .from = environment };

		if (!(r = prepare(&actions, &attributes, output)))
			r = posix_spawn(ret_pid, path, &actions, &attributes, args.to, env.to);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int wait_for(pid_t pid, const char *name, int *ret_exit, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_set(err, errno, "Cannot wait for %s: %s", name, strerror(errno));
	}
	if (!WIFEXITED(status))
		return err_set(err, EIO, "%s was killed by signal %d.", name, WTERMSIG(status));
	*ret_exit = WEXITSTATUS(status);
	return 0;
}

int tool_run(struct context *context, const char *const argv[], int *ret_exit, struct err *err)
{
	char path[TOOL_PATH_SIZE];
	int AUTO_CLOSE output = -1;
	int ends[2], r, printed;
	pid_t pid;

	if (!find(argv[0], path))
		return err_set(err, ENOENT, "Program %s is not installed.", argv[0]);
	if (pipe2(ends, O_CLOEXEC))
		return err_set(err, errno, "Cannot make a pipe: %s", strerror(errno));
	output = ends[0];
	r = spawn(path, argv, ends[1], &pid);
	(void)close(ends[1]);
	if (r)
		return err_set(err, r, "Cannot run %s: %s", path, strerror(r));
	printed = print_output(context, output, argv[0], err);
	r = wait_for(pid, argv[0], ret_exit, err);
	return r ? r : printed;
}
