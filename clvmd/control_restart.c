/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `clvmd restart` and -S: asked of the old daemon, answered by the new one; and -R. */
#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "clvmd/conf.h"
#include "clvmd/control.h"
#include "clvmd/pidfile.h"
#include "lib/cluster_private.h"
#include "lib/proto/job.h"
#include "metadata/base/cleanup.h"

#define PATIENCE_MS    10000 /* for each lock */
#define STATUS_MAX     ((size_t)64 << 20)
#define ANSWER_SECONDS 60 /* the daemon waits for what is half done, but less than this */
#define READY_SECONDS  30
#define LOOK_NS	       100000000

/* The new daemon would not start with it. */
static int check_conf(struct err *err)
{
	struct conf conf;

	return conf_read(CLVMD_CONF_PATH, &conf, err);
}

/* DONE, and then the end of the connection; a second DONE says that it could not. */
static int ask(struct cluster *cluster, bool force, struct err *err)
{
	struct client_message answer, request = { .type = CLIENT_RESTART, .force = force };
	struct err lost;
	int rc;

	if ((rc = cluster_send(cluster, &request, err)) ||
	    (rc = cluster_receive(cluster, request.id, ANSWER_SECONDS * 1000, &answer, err)))
		return rc;
	if (!answer.rc &&
	    cluster_receive(cluster, request.id, ANSWER_SECONDS * 1000, &answer, &lost))
		return 0;
	return answer.rc ? err_set(err, -answer.rc, "%s", answer.text)
			 : err_set(err, EIO, "clvmd goes on as it was.");
}

static void drop_text(void *data, const char *text)
{
	(void)data;
	(void)text;
}

static int is_ready(struct err *err)
{
	struct client_message message = { .type = CLIENT_READY };
	struct cluster *cluster = NULL;
	int rc;

	if ((rc = cluster_connect(NULL, CLVMD_SOCKET_PATH, &cluster, err)))
		return rc;
	rc = cluster_request_text(cluster, &message, drop_text, NULL, err);
	cluster_close(cluster);
	return rc;
}

/* What is not given back here goes with this process. */
static void give_back(struct cluster *cluster)
{
	while (cluster->held_count &&
	       !cluster_unlock(cluster, cluster->held[cluster->held_count - 1], 0, NULL))
		;
	cluster_close(cluster);
}

static time_t seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int wait_until_ready(struct err *err)
{
	time_t end = seconds_now() + READY_SECONDS;
	struct err waits = { 0 };
	int rc;

	while ((rc = is_ready(&waits)) && seconds_now() < end)
		(void)nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
	if (rc == -EAGAIN)
		return err_set(err, EAGAIN,
			       "clvmd was restarted and is not ready after %d seconds; it waits "
			       "for: %s. It goes on in the background.",
			       READY_SECONDS, waits.text);
	return rc ? err_set(err, EIO, "clvmd was restarted: %s", waits.text) : 0;
}

/* ---- the others wait ---- */

static void keep_text(void *data, const char *text)
{
	buf_puts(data, text);
}

static void lock_vg(struct cluster *cluster, const char *name)
{
	char resource[CLIENT_RESOURCE_MAX + 1];
	struct err err;

	/* Who has it for longer does something here, which the daemon waits for, or asks a
	 * question. */
	if (snprintf(resource, sizeof(resource), "V_%s", name) < (int)sizeof(resource) &&
	    cluster_lock(cluster, resource, MODE_EX, NULL, &err) && cluster->lost)
		(void)fprintf(stderr, "%s\n", err.text);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of names, as all commands do. */
static void lock_vgs(struct cluster *cluster, struct json_object *vgs)
{
	size_t count = vgs ? json_object_array_length(vgs) : 0;
	AUTO_FREE const char **names = calloc(count + 1, sizeof(*names));

	for (size_t i = 0; names && i < count; i++) {
		struct json_object *name = NULL;

		(void)json_object_object_get_ex(json_object_array_get_idx(vgs, i), "name", &name);
		names[i] = name ? json_object_get_string(name) : "";
	}
	if (!names)
		return;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++)
		if (*names[i])
			lock_vg(cluster, names[i]);
}

/*
 * A command elsewhere would find this node without a clvmd for a moment, and be refused, or not
 * activate here what it makes. So this process takes the locks of all VGs over the restart. It is
 * not done where they cannot be had: nothing is begun there either.
 */
static void hold_off_others(struct cluster *cluster)
{
	struct client_message status = { .type = CLIENT_STATUS, .json = true };
	AUTO_BUF struct buf text = { .limit = STATUS_MAX };
	struct json_object *object, *vgs = NULL;
	struct err err;

	cluster->patience_ms = PATIENCE_MS;
	if (cluster_lock(cluster, "P_global", MODE_EX, NULL, &err) ||
	    cluster_request_text(cluster, &status, keep_text, &text, &err) || text.failed ||
	    !(object = json_tokener_parse(text.data)))
		return;
	if (json_object_object_get_ex(object, "volume_groups", &vgs) &&
	    json_object_is_type(vgs, json_type_array))
		lock_vgs(cluster, vgs);
	(void)json_object_put(object);
}

/* A daemon of another release, which does not understand more than a signal. */
static int restart_other_release(struct err *err)
{
	pid_t pid = pidfile_holder(CLVMD_PID_PATH);

	if (!pid || kill(pid, SIGUSR2))
		return err_set(err, EHOSTDOWN, "clvmd is not running on this node.");
	return wait_until_ready(err);
}

int control_restart(bool force)
{
	static struct context context = { .options.command_line = "clvmd restart" };
	struct cluster *cluster = NULL;
	struct err err = { 0 };
	int rc;

	(void)prctl(PR_SET_NAME, CONTROL_COMM);
	if (check_conf(&err))
		return control_fail(&err);
	rc = cluster_connect(&context, CLVMD_SOCKET_PATH, &cluster, &err);
	if (rc == -EPROTO)
		rc = restart_other_release(&err);
	if (rc || !cluster)
		return rc ? control_fail(&err) : 0;
	hold_off_others(cluster);
	if (!(rc = ask(cluster, force, &err)))
		rc = wait_until_ready(&err);
	give_back(cluster);
	return rc ? control_fail(&err) : 0;
}

int control_rescan(void)
{
	struct member_results results = { .arena.limit = MEMBER_RESULTS_LIMIT };
	const struct job job = { .kind = JOB_RESCAN };
	struct cluster *cluster = NULL;
	struct err err = { 0 };
	int rc;

	(void)prctl(PR_SET_NAME, CONTROL_COMM);
	if (cluster_connect(NULL, CLVMD_SOCKET_PATH, &cluster, &err))
		return control_fail(&err);
	rc = cluster_run(cluster, &job, TARGET_ALL_MEMBERS, NULL, &results, &err);
	member_results_free(&results);
	cluster_close(cluster);
	return rc ? control_fail(&err) : 0;
}
