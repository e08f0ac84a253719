/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/fence_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clvmd/log.h"
#include "metadata/base/cleanup.h"

#define STONITH_ADMIN	    "/usr/sbin/stonith_admin"
#define FENCER_SOCKET	    "stonith-ng" /* pacemaker-fenced's name among unix sockets */
#define UNIX_SOCKETS	    "/proc/net/unix"
#define FIRST_OTHER_FD	    3
#define TOLERANCE_MARGIN    1 /* the fencer counts in whole seconds of its own clock */
#define PACEMAKER_ARGUMENTS 8

extern char **environ;

/*
 * Pacemaker may know the node by another name than corosync's nodelist has: its id decides. The
 * fencer takes an earlier success for ours only when it was the same action: so the one that the
 * cluster itself uses (reboot, unless stonith-action says otherwise). Tolerance reaches back to
 * the loss and never behind it: an older success does not count.
 *
 * $1 name, $2 id, $3 tolerance in seconds
 */
static const char by_pacemaker[] =
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
	"name=$(crm_node --name-for-id=\"$2\" 2>/dev/null)\n"
	"case $name in '' | '(null)') name=$1 ;; esac\n"
	"case $(crm_attribute --type crm_config --name stonith-action --query --quiet 2>/dev/null) "
	"in\n"
	"off | poweroff) action=--fence ;;\n"
	"*) action=--reboot ;;\n"
	"esac\n"
	"set -- $action \"$name\" --tolerance \"$3s\" --timeout 120\n"
	"echo \"stonith_admin $*\"\n"
	"exec stonith_admin \"$@\"\n";

bool fence_pacemaker_runs(void)
{
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *sockets;

	if (access(STONITH_ADMIN, X_OK) || !(sockets = fopen(UNIX_SOCKETS, "re")))
		return false;
	/* Abstract: "@stonith-ng", filled up with NULs, which are shown as "@"; or the end of a
	 * path. */
	while (!found && getline(&line, &size, sockets) > 0) {
		const char *at = strstr(line, FENCER_SOCKET);

		found = at && at > line && strchr("@/", at[-1]) &&
			strchr("@\n", at[strlen(FENCER_SOCKET)]);
	}
	(void)fclose(sockets);
	return found;
}

/* ---- its output ---- */

/* Keep the last of it: what went wrong is said at the end. */
static void keep_output(struct fence_helper *helper, const char *bytes, size_t length)
{
	const size_t room = sizeof(helper->output) - 1;

	if (length > room) {
		bytes += length - room;
		length = room;
	}
	if (helper->used + length > room) {
		size_t drop = helper->used + length - room;

		memmove(helper->output, helper->output + drop, helper->used - drop);
		helper->used -= drop;
	}
	memcpy(helper->output + helper->used, bytes, length);
	helper->used += length;
	helper->output[helper->used] = '\0';
}

/* False: nothing more will come. */
static bool read_output(struct fence_helper *helper)
{
	char bytes[1024];
	ssize_t length;

	while ((length = read(helper->fd, bytes, sizeof(bytes))) > 0)
		keep_output(helper, bytes, (size_t)length);
	return length < 0 && (errno == EAGAIN || errno == EINTR);
}

static int32_t output_ready(int32_t fd, int32_t revents, void *data)
{
	struct fence_helper *helper = data;

	(void)revents;
	/* Closed by it, and yet it runs: its end will come as a signal. */
	if (!read_output(helper))
		(void)qb_loop_poll_del(helper->d->loop, fd);
	return 0;
}

static void close_output(struct fence_helper *helper)
{
	(void)qb_loop_poll_del(helper->d->loop, helper->fd); /* may be gone already */
	(void)close(helper->fd);
	helper->fd = -1;
}

/* ---- life ---- */

static int spawn(struct fence_helper *helper, char *const argv[], int output, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int rc;

	if ((rc = posix_spawnattr_init(&attributes)))
		return err_set(err, rc, "%s", strerror(rc));
	if ((rc = posix_spawn_file_actions_init(&actions))) {
		(void)posix_spawnattr_destroy(&attributes);
		return err_set(err, rc, "%s", strerror(rc));
	}
	(void)sigemptyset(&none);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	if (!(rc = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)) &&
	    !(rc = posix_spawn_file_actions_adddup2(&actions, output, 1)) &&
	    !(rc = posix_spawn_file_actions_adddup2(&actions, output, 2)) &&
	    !(rc = posix_spawn_file_actions_addclosefrom_np(&actions, FIRST_OTHER_FD)))
		rc = posix_spawn(&helper->pid, argv[0], &actions, &attributes, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return rc ? err_set(err, rc, "%s: %s", argv[0], strerror(rc)) : 0;
}

static int spawn_method(struct fence_helper *helper, enum fence_method method, uint32_t node,
			const char *name, uint64_t since_loss, int output, struct err *err)
{
	char id[16], tolerance[24], copy[NODE_NAME_MAX], script[sizeof(by_pacemaker)];
	char shell[] = "/bin/sh", dash_c[] = "-c", zero[] = "clvmd-fence";
	char *pacemaker[PACEMAKER_ARGUMENTS] = { shell, dash_c, script,	   zero,
						 copy,	id,	tolerance, NULL };
	char *exec[] = { helper->d->conf.fence_program, copy, id, NULL };

	(void)snprintf(copy, sizeof(copy), "%s", name);
	(void)snprintf(id, sizeof(id), "%u", node);
	(void)snprintf(tolerance, sizeof(tolerance), "%llu",
		       (unsigned long long)(since_loss > TOLERANCE_MARGIN
						    ? since_loss - TOLERANCE_MARGIN
						    : 0));
	memcpy(script, by_pacemaker, sizeof(script));
	return spawn(helper, method == FENCE_PACEMAKER ? pacemaker : exec, output, err);
}

int fence_helper_start(struct daemon *d, struct fence_helper *helper, enum fence_method method,
		       uint32_t node, const char *name, uint64_t since_loss, struct err *err)
{
	int ends[2], rc;

	*helper = (struct fence_helper){ .d = d, .fd = -1, .started_at = now_ns() };
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return err_set(err, errno, "%s", strerror(errno));
	helper->fd = ends[0];
	/* It writes as programs do: only our end must not block. */
	if (fcntl(ends[1], F_SETFL, 0))
		rc = err_set(err, errno, "%s", strerror(errno));
	else
		rc = spawn_method(helper, method, node, name, since_loss, ends[1], err);
	(void)close(ends[1]);
	if (!rc && qb_loop_poll_add(d->loop, QB_LOOP_MED, ends[0], POLLIN, helper, output_ready))
		log_line(LOG_WARNING, "What the fencing program prints cannot be kept.");
	if (rc) {
		(void)close(ends[0]);
		*helper = (struct fence_helper){ .d = d, .fd = -1 };
	}
	return rc;
}

bool fence_helper_ended(struct fence_helper *helper, int status)
{
	(void)read_output(helper);
	close_output(helper);
	helper->pid = 0;
	while (helper->used && strchr(" \n", helper->output[helper->used - 1]))
		helper->output[--helper->used] = '\0';
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

void fence_helper_give_up(struct fence_helper *helper)
{
	(void)kill(-helper->pid, SIGKILL);
	close_output(helper);
	helper->pid = 0;
}
