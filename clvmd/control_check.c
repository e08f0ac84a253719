/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/control_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "clvmd/check_disks.h"
#include "clvmd/conf.h"
#include "clvmd/daemon.h"
#include "clvmd/findings.h"
#include "clvmd/pidfile.h"
#include "lib/cluster_private.h"
#include "lib/version.h"
#include "metadata/base/cleanup.h"

#define MEMBERS_MS   8000  /* for the members to say what their kernels have */
#define DISKS_MS     20000 /* for all disks of all members to be read, and the fencer asked */
#define AGAIN_NS     1000000000
#define STATUS_LIMIT ((size_t)64 << 20)

static void keep_text(void *data, const char *text)
{
	buf_puts(data, text);
}

/* NULL and @err when it does not answer. */
static struct json_object *read_status(struct err *err)
{
	struct client_message request = { .type = CLIENT_STATUS,
					  .json = true,
					  .value = MEMBERS_MS };
	AUTO_BUF struct buf text = { .limit = STATUS_LIMIT };
	struct json_object *status = NULL;
	struct cluster *cluster = NULL;

	if (!cluster_connect(NULL, CLVMD_SOCKET_PATH, &cluster, err) &&
	    !cluster_request_text(cluster, &request, keep_text, &text, err) &&
	    (!text.data || !(status = json_tokener_parse(text.data))))
		(void)err_set(err, EBADMSG, "What clvmd answers is no status.");
	cluster_close(cluster);
	return status;
}

/* ---- this node ---- */

static const char *status_text(struct json_object *status, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(status, key, &value) ? json_object_get_string(value) : "";
}

static bool status_true(struct json_object *status, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(status, key, &value) && json_object_get_boolean(value);
}

/* The program on disk is another one than that which runs. */
static void check_program(struct findings *findings)
{
	char path[64], target[4096];
	pid_t pid = pidfile_holder(CLVMD_PID_PATH);
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	length = pid > 0 ? readlink(path, target, sizeof(target) - 1) : 0;
	if (length <= 0)
		return;
	target[length] = '\0';
	if (strstr(target, " (deleted)"))
		finding_add(findings, "old-daemon", "clvmd restart",
			    "clvmd runs from a program that was replaced since.");
}

static void check_conf(struct findings *findings)
{
	struct conf conf;
	struct err err;

	if (conf_read(CLVMD_CONF_PATH, &conf, &err)) {
		finding_add(findings, "config", "Correct it; see clvmd.conf(5).", "%s", err.text);
		return;
	}
	if (conf.fence == FENCE_EXEC && access(conf.fence_program, X_OK))
		finding_add(findings, "fencing", "Install it, or set fence_program.",
			    "The fence program %s cannot be run: %s", conf.fence_program,
			    strerror(errno));
}

static void check_name(struct findings *findings, struct json_object *status)
{
	const char *name = status_text(status, "node");
	struct utsname host;

	if (!*name && status_true(status, "connected"))
		finding_add(findings, "name", "Name each node in corosync.conf's nodelist.",
			    "This node has no name in corosync's nodelist.");
	else if (*name && !uname(&host) && strcmp(host.nodename, name) != 0)
		finding_note(findings, "name", "corosync calls this node %s, it calls itself %s.",
			     name, host.nodename);
}

/* ---- all ---- */

/* What is under way is wrong for a moment: look again before saying so. */
static void check_volumes(struct findings *findings, struct json_object *status)
{
	struct findings now, later;
	struct json_object *again;
	struct err err;

	findings_init(&now);
	findings_of_volumes(&now, status);
	if (now.count) {
		(void)nanosleep(&(struct timespec){ .tv_sec = AGAIN_NS / 1000000000,
						    .tv_nsec = AGAIN_NS % 1000000000 },
				NULL);
		findings_init(&later);
		if ((again = read_status(&err)))
			findings_of_volumes(&later, again);
		findings_keep_common(&now, &later);
		(void)json_object_put(again);
		findings_free(&later);
	}
	findings_join(findings, &now);
	findings_free(&now);
}

static int not_running(bool json)
{
	struct findings findings;
	AUTO_BUF struct buf text = { .limit = STATUS_LIMIT };

	findings_init(&findings);
	finding_add(&findings, "not-running", "Start it (systemctl start clvmd).",
		    "clvmd does not run on this node.");
	check_conf(&findings);
	findings_print(&findings, json, &text);
	(void)fputs(text.data ? text.data : "", stdout);
	findings_free(&findings);
	return EXIT_NOT_RUNNING;
}

static void check_all(struct findings *findings)
{
	struct disk_check disks;
	struct json_object *status;
	struct err err = { 0 };

	if (!(status = read_status(&err))) {
		finding_add(findings, "no-answer", "See its log; clvmd restart.", "%s", err.text);
		return;
	}
	disk_check_start(&disks, !strcmp(status_text(status, "fence"), "pacemaker"));
	findings_of_cluster(findings, status, CLVM_VERSION);
	check_name(findings, status);
	check_conf(findings);
	check_program(findings);
	check_volumes(findings, status);
	disk_check_end(&disks, DISKS_MS, findings);
	(void)json_object_put(status);
}

int control_check(bool json)
{
	AUTO_BUF struct buf text = { .limit = STATUS_LIMIT };
	struct findings findings;
	int exit_code;

	if (!pidfile_holder(CLVMD_PID_PATH))
		return not_running(json);
	findings_init(&findings);
	check_all(&findings);
	findings_print(&findings, json, &text);
	(void)fputs(text.data ? text.data : "", stdout);
	exit_code = findings.count ? 1 : 0;
	findings_free(&findings);
	return exit_code;
}
