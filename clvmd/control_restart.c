/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `clvmd restart` and -S: asked of the old daemon, answered by the new one; and -R. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "clvmd/conf.h"
#include "clvmd/control.h"
#include "lib/cluster_private.h"
#include "lib/proto/job.h"

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

int control_restart(bool force)
{
	struct cluster *cluster = NULL;
	struct err err = { 0 };
	int rc;

	(void)prctl(PR_SET_NAME, CONTROL_COMM);
	if (check_conf(&err) || cluster_connect(NULL, CLVMD_SOCKET_PATH, &cluster, &err))
		return control_fail(&err);
	rc = ask(cluster, force, &err);
	cluster_close(cluster);
	if (rc || wait_until_ready(&err))
		return control_fail(&err);
	return 0;
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
