/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/auto_activate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clvmd/log.h"
#include "lib/context.h"
#include "lib/op/op.h"
#include "lib/store/store.h"
#include "metadata/base/cleanup.h"

#define DONE_PATH CLVMD_RUN_DIR "/activated-at-start" /* on tmpfs: gone at the next boot */
#define SELF	  "/proc/self/exe"
#define COMM	  "clvmauto" /* not "clvmd": agents count processes of that name */
#define ARENA_MAX ((size_t)64 << 20)

extern char **environ;

/* ---- the daemon's part ---- */

void auto_activate_tick(struct daemon *d)
{
	char program[] = SELF, option[] = AUTO_ACTIVATE_OPTION;
	char *argv[] = { program, option, NULL };
	posix_spawnattr_t attributes;
	sigset_t none;
	int rc;

	if (d->auto_begun || !d->conf.auto_activate || !d->ls || !lockspace_is_running(d->ls))
		return;
	d->auto_begun = true;
	if (!access(DONE_PATH, F_OK) || posix_spawnattr_init(&attributes))
		return;
	(void)sigemptyset(&none);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	rc = posix_spawn(&d->auto_pid, SELF, NULL, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	if (rc)
		log_line(LOG_ERR, "Nothing is activated at start: %s", strerror(rc));
}

bool auto_activate_ended(struct daemon *d, pid_t pid, int status)
{
	int fd;

	if (pid != d->auto_pid)
		return false;
	d->auto_pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		log_line(LOG_WARNING, "Not all that is to be active at start could be activated; "
				      "vgchange -aay tries again.");
	fd = open(DONE_PATH, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		log_line(LOG_ERR, "%s: %s", DONE_PATH, strerror(errno));
	else
		(void)close(fd);
	return true;
}

/* ---- the process ---- */

static void to_log(void *data, enum message_level level, const char *text)
{
	(void)data;
	if (level == MESSAGE_PRINT || level == MESSAGE_WARNING || level == MESSAGE_ERROR)
		log_line(level == MESSAGE_PRINT ? LOG_INFO : LOG_WARNING, "At start: %s", text);
}

static const struct activate_args args = { .change = CHANGE_ACTIVATE_AUTO_LOCAL };

/* One that another node has exclusively must not keep the rest of its VG from being activated. */
static int activate_each(struct context *context, const char *vg, const char *const *lvs,
			 size_t count)
{
	int worst = 0;

	for (size_t i = 0; i < count; i++) {
		struct err err = { 0 };
		int rc = op_lv_activate(context, vg, lvs[i], &args, &err);

		if (!rc)
			continue;
		ctx_report_error(context, &err);
		worst = rc;
	}
	return worst;
}

static int activate_vg(struct context *context, const struct vg *vg, struct arena *arena)
{
	const char **names = arena_calloc(arena, vg->lv_count + 1, sizeof(*names));
	const char *vg_name = arena_strdup(arena, vg->name);
	struct err err = { 0 };

	for (uint32_t i = 0; names && i < vg->lv_count; i++)
		if (!(names[i] = arena_strdup(arena, vg->lvs[i]->name)))
			return -ENOMEM;
	if (!names || !vg_name)
		return -ENOMEM;
	if (!op_vg_activate(context, vg_name, &args, &err))
		return 0;
	return activate_each(context, vg_name, names, vg->lv_count);
}

static int activate_all(struct context *context, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = ARENA_MAX };
	const struct vg_summary *summaries;
	struct scan *scan;
	size_t count;
	int rc, worst = 0;

	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if ((rc = scan_list_vgs(scan, &summaries, &count, err)))
		count = 0;
	for (size_t i = 0; i < count; i++) {
		struct stored_vg *stored = NULL;

		if (!summaries[i].clustered || stored_vg_read(context, scan, summaries[i].name,
							      &summaries[i].id, &stored, NULL))
			continue;
		if (!(stored->vg->status & STATUS_EXPORTED) &&
		    activate_vg(context, stored->vg, &arena))
			worst = -EIO;
		stored_vg_free(stored);
	}
	scan_free(scan);
	return rc ? rc : worst;
}

int auto_activate_main(void)
{
	const struct context_options options = {
		.command_line = "clvmd activate_at_start",
		.ops = { .message = to_log },
		.wait = true,
	};
	struct context *context;
	struct err err = { 0 };
	int rc;

	(void)prctl(PR_SET_NAME, COMM);
	log_open("clvmd", false, false);
	if (!(rc = context_open(&options, &context, &err))) {
		rc = activate_all(context, &err);
		context_close(context);
	}
	if (err.code)
		log_line(LOG_ERR, "At start: %s", err.text);
	log_close();
	return rc ? 1 : 0;
}
