/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/control_events.h"

#include <errno.h>
#include <stdio.h>

#include "clvmd/control.h"
#include "lib/cluster_private.h"

/* Each event goes out at once: who reads a pipe waits for it. */
static int print_until_done(struct cluster *cluster, uint32_t id, struct err *err)
{
	struct client_message answer;
	int rc;

	while (!(rc = cluster_receive(cluster, id, CHANNEL_FOREVER, &answer, err)) &&
	       answer.type == CLIENT_TEXT)
		if (fputs(answer.text, stdout) == EOF || fflush(stdout))
			return err_set(err, EPIPE, "Nobody reads the events.");
	if (rc)
		return rc;
	return answer.rc ? err_set(err, -answer.rc, "%s", answer.text) : 0;
}

int control_events(bool json, bool follow)
{
	struct client_message request = { .type = CLIENT_EVENTS, .json = json, .wait = follow };
	struct cluster *cluster = NULL;
	struct err err = { 0 };
	int rc = cluster_connect(NULL, CLVMD_SOCKET_PATH, &cluster, &err);

	if (!rc && !(rc = cluster_send(cluster, &request, &err)))
		rc = print_until_done(cluster, request.id, &err);
	cluster_close(cluster);
	return rc ? control_fail(&err) : 0;
}
