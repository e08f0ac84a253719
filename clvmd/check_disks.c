/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/check_disks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clvmd/check_fencer.h"
#include "lib/cluster.h"
#include "lib/op/members.h"
#include "lib/store/store.h"
#include "metadata/base/cleanup.h"

#define OUTPUT_MAX ((size_t)1 << 20)
#define PVS_LIMIT  ((size_t)16 << 20)

/* ---- in the process ---- */

/* PVs of clustered VGs. */
struct pv_list {
	struct arena arena;
	struct uuid *ids;
	const char **vg_names;
	size_t count;
};

static void add_pvs(struct context *context, struct scan *scan, const struct vg_summary *summary,
		    struct pv_list *list)
{
	struct stored_vg *stored = NULL;
	const char *name = arena_strdup(&list->arena, summary->name);
	struct err err = { 0 };

	if (stored_vg_read(context, scan, summary->name, &summary->id, &stored, &err)) {
		check_say("metadata", "See vgck, and vgcfgrestore.", "%s", err.text);
		return;
	}
	for (uint32_t i = 0; name && i < stored->vg->pv_count && list->count < JOB_PVS_MAX; i++) {
		list->vg_names[list->count] = name;
		list->ids[list->count++] = stored->vg->pvs[i]->id;
	}
	stored_vg_free(stored);
}

static int list_pvs(struct context *context, struct pv_list *list, struct err *err)
{
	const struct vg_summary *summaries;
	struct scan *scan = NULL;
	size_t count;
	int rc;

	list->ids = arena_calloc(&list->arena, JOB_PVS_MAX, sizeof(*list->ids));
	list->vg_names = arena_calloc(&list->arena, JOB_PVS_MAX, sizeof(*list->vg_names));
	if (!list->ids || !list->vg_names)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if (!(rc = scan_list_vgs(scan, &summaries, &count, err)))
		for (size_t i = 0; i < count; i++)
			if (summaries[i].clustered)
				add_pvs(context, scan, &summaries[i], list);
	scan_free(scan);
	return rc;
}

static void say_blind(const struct pv_list *list, const struct member_result *result)
{
	char dashed[UUID_DASHED_SIZE];

	if (result->rc)
		check_say("disks", "See its log, and dmesg there.",
			  "Node %s cannot look at its devices: %s", result->node_name,
			  result->text);
	for (size_t i = 0; i < result->data.missing_pv_count; i++)
		for (size_t k = 0; k < list->count; k++)
			if (uuid_equal(&result->data.missing_pvs[i], &list->ids[k]))
				check_say("pv-not-seen", "Connect the device there.",
					  "Node %s does not see physical volume %s of volume "
					  "group %s.",
					  result->node_name, uuid_format(&list->ids[k], dashed),
					  list->vg_names[k]);
}

static void check_pvs(struct context *context, const struct pv_list *list)
{
	AUTO_RESULTS struct member_results results = MEMBER_RESULTS;
	struct job job = { .kind = JOB_RESCAN, .pv_ids = list->ids, .pv_count = list->count };
	struct cluster *cluster = NULL;
	struct err err = { 0 };
	int rc;

	if ((rc = cluster_get(context, &cluster, &err)) ||
	    (rc = cluster_run(cluster, &job, TARGET_ALL_MEMBERS, NULL, &results, &err)))
		rc = results.count ? 0 : rc; /* each member's failure is said below */
	if (rc)
		check_say("disks", "See clvmd status.", "The members cannot be asked: %s",
			  err.text);
	for (size_t i = 0; i < results.count; i++)
		say_blind(list, &results.items[i]);
}

static void look_at_disks(void)
{
	struct context_options options = { .command_line = "clvmd check", .yes = true };
	struct pv_list list = { .arena.limit = PVS_LIMIT };
	struct context *context = NULL;
	struct err err = { 0 };

	if (context_open(&options, &context, &err)) {
		check_say("lvm-conf", "Correct it.", "%s", err.text);
		arena_free(&list.arena);
		return;
	}
	if (list_pvs(context, &list, &err))
		check_say("disks", "See dmesg.", "The disks cannot be read: %s", err.text);
	else if (list.count)
		check_pvs(context, &list);
	arena_free(&list.arena);
	context_close(context);
}

static _Noreturn void run(int fd, bool pacemaker)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(fd, STDOUT_FILENO) < 0)
		_exit(1);
	(void)setvbuf(stdout, NULL, _IOLBF, 0); /* what is found before it hangs counts */
	look_at_disks();
	if (pacemaker)
		check_fencer();
	(void)fflush(stdout);
	_exit(0);
}

/* Fields with a tab between, a line each: see take_line(). */
void check_say(const char *id, const char *remedy, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (char *at = text; *at; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	(void)printf("%s\t%s\t%s\n", id, remedy, text);
}

/* ---- around it ---- */

void disk_check_start(struct disk_check *check, bool pacemaker)
{
	int fds[2];

	*check = (struct disk_check){ .fd = -1 };
	if (pipe2(fds, O_CLOEXEC))
		return;
	(void)fflush(stdout);
	check->pid = fork();
	if (!check->pid)
		run(fds[1], pacemaker);
	(void)close(fds[1]);
	check->fd = fds[0];
	if (check->pid < 0)
		check->pid = 0;
}

static void take_line(char *line, struct findings *findings)
{
	const char *id = strsep(&line, "\t"), *remedy = strsep(&line, "\t");

	if (remedy && line)
		finding_add(findings, id, remedy, "%s", line);
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the other end is closed; false at the deadline. */
static bool read_all(int fd, int64_t deadline, struct buf *out)
{
	char bytes[4096];
	ssize_t got;

	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - now_ms();

		if (left <= 0 || poll(&poll_fd, 1, (int)left) <= 0)
			return false;
		got = read(fd, bytes, sizeof(bytes));
		if (got <= 0)
			return got == 0;
		buf_add(out, bytes, (size_t)got);
	}
}

void disk_check_end(struct disk_check *check, int ms, struct findings *findings)
{
	AUTO_BUF struct buf out = { .limit = OUTPUT_MAX };
	bool done = check->fd >= 0 && read_all(check->fd, now_ms() + ms, &out);
	char *rest = out.data, *line;

	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			take_line(line, findings);
	if (!done)
		finding_add(findings, "disks",
			    "Look for a device that does not answer (dmesg, dmsetup info).",
			    "The disks of this node or of another were not read in time.");
	/* What hangs in the kernel does not end: it is not waited for. */
	if (check->pid > 0 && !done)
		(void)kill(check->pid, SIGKILL);
	if (check->pid > 0)
		(void)waitpid(check->pid, NULL, done ? 0 : WNOHANG);
	if (check->fd >= 0)
		(void)close(check->fd);
	check->fd = -1;
}
