/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/fence.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "clvmd/carry_out.h"
#include "clvmd/log.h"

#define RETRY_SECONDS 5 /* after a helper that failed */

extern char **environ;

struct fence {
	uint32_t node; /* 0: free */
	char name[NODE_NAME_MAX];
	uint64_t lost_at; /* when it was first seen as unclean here */
	uint64_t retry_at;
	pid_t helper; /* 0: none runs */
	bool seen;    /* is still unclean */
};

struct fences {
	struct fence rows[LOCKSPACE_NODES_MAX];
};

struct fences *fences_create(struct daemon *d)
{
	(void)d;
	return must_alloc(sizeof(struct fences));
}

void fences_destroy(struct fences *fences)
{
	free(fences); /* helpers finish on their own */
}

struct look {
	struct daemon *d;
	uint64_t now;
	uint32_t asker; /* lowest member that is up; 0 none */
};

static void note_unclean(struct look *look, const struct member_view *member)
{
	struct fence *rows = look->d->fences->rows, *row = NULL;

	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++) {
		if (rows[i].node == member->node) {
			rows[i].seen = true;
			return;
		}
		if (!rows[i].node && !rows[i].helper && !row)
			row = &rows[i];
	}
	if (!row)
		return;
	*row = (struct fence){ .node = member->node, .lost_at = look->now, .seen = true };
	(void)snprintf(row->name, sizeof(row->name), "%s", member->name);
	log_line(LOG_WARNING, "Node %s is lost: nothing is granted until it is fenced (%s).",
		 row->name,
		 look->d->conf.fence == FENCE_MANUAL
			 ? "manual: make sure it is down, then run clvmd fence-ack"
			 : fence_method_name(look->d->conf.fence));
}

static bool look_at(void *data, const struct member_view *member)
{
	struct look *look = data;

	if (member->state == MEMBER_UP && (!look->asker || member->node < look->asker))
		look->asker = member->node;
	if (member->state == MEMBER_UNCLEAN)
		note_unclean(look, member);
	return true;
}

static int run_helper(struct daemon *d, struct fence *row, uint64_t now)
{
	char id[16], tolerance[24], pacemaker[] = "/usr/sbin/stonith_admin";
	char fence[] = "--fence", tolerance_option[] = "--tolerance";
	char *program = d->conf.fence == FENCE_PACEMAKER ? pacemaker : d->conf.fence_program;
	char *by_pacemaker[] = { program, fence, row->name, tolerance_option, tolerance, NULL };
	char *by_program[] = { program, row->name, id, NULL };
	posix_spawnattr_t attributes;
	sigset_t none;
	int rc;

	(void)snprintf(id, sizeof(id), "%u", row->node);
	(void)snprintf(tolerance, sizeof(tolerance), "%llus",
		       (unsigned long long)((now - row->lost_at) / SECONDS(1)));
	if ((rc = posix_spawnattr_init(&attributes)))
		return rc;
	(void)sigemptyset(&none);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	rc = posix_spawn(&row->helper, program, NULL, &attributes,
			 d->conf.fence == FENCE_PACEMAKER ? by_pacemaker : by_program, environ);
	(void)posix_spawnattr_destroy(&attributes);
	if (rc)
		row->helper = 0;
	return rc;
}

static void is_fenced(struct daemon *d, struct fence *row, const char *how)
{
	struct err err = { 0 };

	log_line(LOG_NOTICE, "Node %s is fenced (%s).", row->name, how);
	carry_out(d, lockspace_fence_ack(d->ls, row->node, false, &err));
	if (err.code)
		log_line(LOG_WARNING, "Node %s: %s", row->name, err.text);
}

static void ask(struct daemon *d, struct fence *row, uint64_t now)
{
	int rc;

	row->retry_at = now + SECONDS(RETRY_SECONDS);
	if (d->conf.fence == FENCE_NONE) {
		is_fenced(d, row, "fence = \"none\": UNSAFE, taken for dead");
		return;
	}
	log_line(LOG_NOTICE, "Asking for node %s to be fenced (%s).", row->name,
		 fence_method_name(d->conf.fence));
	if ((rc = run_helper(d, row, now)))
		log_line(LOG_ERR, "The fence helper cannot be started: %s", strerror(rc));
}

void fence_tick(struct daemon *d, uint64_t now)
{
	struct look look = { .d = d, .now = now };

	if (!d->ls)
		return;
	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++)
		d->fences->rows[i].seen = false;
	lockspace_each_member(d->ls, look_at, &look);
	for (size_t i = 0; i < LOCKSPACE_NODES_MAX; i++) {
		struct fence *row = &d->fences->rows[i];

		if (row->node && !row->seen)
			row->node = 0; /* a helper that still runs keeps the row */
		if (!row->node || row->helper || now < row->retry_at ||
		    d->conf.fence == FENCE_MANUAL || look.asker != d->node ||
		    !lockspace_is_quorate(d->ls))
			continue;
		ask(d, row, now);
	}
}

bool fence_process_ended(struct daemon *d, pid_t pid, int status)
{
	for (size_t i = 0; d->fences && i < LOCKSPACE_NODES_MAX; i++) {
		struct fence *row = &d->fences->rows[i];

		if (row->helper != pid)
			continue;
		row->helper = 0;
		if (!row->node)
			return true; /* it came back meanwhile */
		if (WIFEXITED(status) && !WEXITSTATUS(status))
			is_fenced(d, row, fence_method_name(d->conf.fence));
		else
			log_line(LOG_ERR, "Fencing node %s failed; trying again in %d seconds.",
				 row->name, RETRY_SECONDS);
		return true;
	}
	return false;
}
