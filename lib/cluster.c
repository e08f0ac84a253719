/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection: found, greeted, used by one request after the other. Requests carry an id and an
 * answer repeats it, so that the late answer to a request given up is told from the next one's.
 */
#include "lib/cluster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/cluster_private.h"
#include "lib/fd.h"
#include "lib/process.h"

#define RECONNECT_MS	 15000
#define RETRY_MS	 100
#define HANG_UP_MS	 3000
#define HELLO_TIMEOUT_MS 10000 /* the daemon never blocks: later than this it is hung */

int cluster_fail(struct cluster *cluster, int rc)
{
	cluster->lost = true;
	return rc;
}

int cluster_send(struct cluster *cluster, struct client_message *message, struct err *err)
{
	int rc;

	if (cluster->lost)
		return err_set(err, EHOSTDOWN, "The connection to clvmd was lost.");
	message->id = ++cluster->next_id;
	if ((rc = channel_send(&cluster->channel, message, err)) && rc != -E2BIG)
		return cluster_fail(cluster, rc);
	return rc;
}

int cluster_receive(struct cluster *cluster, uint32_t id, int timeout_ms,
		    struct client_message *ret_message, struct err *err)
{
	int rc;

	if (cluster->lost)
		return err_set(err, EHOSTDOWN, "The connection to clvmd was lost.");
	do
		rc = channel_receive(&cluster->channel, timeout_ms, ret_message, err);
	while (!rc && ret_message->id && ret_message->id != id);
	if (rc && rc != -ETIMEDOUT)
		return cluster_fail(cluster, rc);
	return rc;
}

int cluster_unexpected(struct cluster *cluster, const struct client_message *message,
		       struct err *err)
{
	return cluster_fail(cluster, err_set(err, EBADMSG, "Unexpected answer %d from clvmd.",
					     (int)message->type));
}

static int keep_welcome(struct cluster *cluster, const struct client_message *welcome,
			struct err *err)
{
	if (welcome->type == CLIENT_REFUSED || welcome->type == CLIENT_DONE)
		return err_set(err, welcome->rc ? -welcome->rc : EPROTO, "clvmd refused us: %s",
			       welcome->text);
	if (welcome->type != CLIENT_WELCOME || welcome->protocol != CLIENT_PROTOCOL)
		return err_set(err, EPROTO,
			       "clvmd speaks another version of the protocol (%u, we speak %u): "
			       "restart it.",
			       welcome->protocol, CLIENT_PROTOCOL);
	if (cluster->session && cluster->session != welcome->session && cluster->held_count)
		return err_set(
			err, ESTALE,
			"clvmd was restarted and does not know the locks of this command any "
			"more.");
	cluster->session = welcome->session;
	cluster->node = welcome->node;
	cluster->scope_is_node = welcome->scope_is_node;
	free(cluster->node_name);
	free(cluster->cluster_name);
	free(cluster->version);
	cluster->lock_timeout = welcome->value > 86400 ? 86400 : (uint32_t)welcome->value;
	cluster->node_name = strdup(welcome->node_name);
	cluster->cluster_name = strdup(welcome->cluster_name);
	cluster->version = strdup(welcome->text);
	if (!cluster->node_name || !cluster->cluster_name || !cluster->version)
		return err_set(err, ENOMEM, "Out of memory.");
	return 0;
}

static int say_hello(struct cluster *cluster, struct err *err)
{
	/* Without a context it is one of the daemon's own subcommands. */
	const char *command = cluster->context ? cluster->context->options.command_line : "clvmd";
	char short_command[512]; /* for people: what is longer is cut */
	struct client_message welcome, hello = {
		.type = CLIENT_HELLO,
		.protocol = CLIENT_PROTOCOL,
		.pid = (uint32_t)getpid(),
		.start_time = process_start_time(getpid()),
		.session = cluster->session,
		.command = short_command,
	};
	int rc;

	(void)snprintf(short_command, sizeof(short_command), "%s", command ? command : "");
	if ((rc = cluster_send(cluster, &hello, err)) == -EHOSTDOWN)
		cluster->lost = false; /* turned away: why, is there to be read */
	else if (rc)
		return rc;
	if ((rc = cluster_receive(cluster, hello.id, HELLO_TIMEOUT_MS, &welcome, err)))
		return rc == -ETIMEDOUT
			       ? err_set(err, EHOSTDOWN, "clvmd on this node does not answer.")
			       : rc;
	return keep_welcome(cluster, &welcome, err);
}

int cluster_connect_fd(struct context *context, int fd, struct cluster **ret_cluster,
		       struct err *err)
{
	struct cluster *cluster = calloc(1, sizeof(*cluster));
	int rc;

	if (!cluster) {
		(void)close(fd);
		return err_set(err, ENOMEM, "Out of memory.");
	}
	cluster->context = context;
	channel_init(&cluster->channel, fd);
	if ((rc = say_hello(cluster, err))) {
		cluster_close(cluster);
		return rc;
	}
	*ret_cluster = cluster;
	return 0;
}

static int open_socket(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return err_set(err, errno, "Cannot make a socket: %s", strerror(errno));
	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, ENAMETOOLONG, "%s: path of a socket is too long.", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	do
		rc = connect(fd, (const struct sockaddr *)&address, sizeof(address));
	while (rc && errno == EINTR);
	if (rc && errno == EACCES)
		return err_set(err, EACCES, "Only root may connect to clvmd.");
	if (rc)
		return err_set(err, EHOSTDOWN,
			       "clvmd is not running on this node: start it (\"clvmd\", or the "
			       "cluster's clvmd resource) and try again.");
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* ---- a daemon that is restarted ---- */

int64_t cluster_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(long milliseconds)
{
	(void)nanosleep(&(struct timespec){ .tv_sec = milliseconds / 1000,
					    .tv_nsec = milliseconds % 1000 * 1000000 },
			NULL);
}

/* Who is served by a daemon at the moment when it becomes the next one is hung up on. */
int cluster_connect(struct context *context, const char *path, struct cluster **ret_cluster,
		    struct err *err)
{
	int64_t end = cluster_now_ms() + HANG_UP_MS;
	int fd, rc;

	for (;;) {
		if ((rc = open_socket(path, &fd, err)))
			return rc;
		rc = cluster_connect_fd(context, fd, ret_cluster, err);
		if (rc != -EHOSTDOWN || cluster_now_ms() > end)
			break;
		pause_ms(RETRY_MS);
	}
	if (!rc)
		(void)snprintf((*ret_cluster)->path, sizeof((*ret_cluster)->path), "%s", path);
	return rc;
}

static int connect_once(struct cluster *cluster, struct err *err)
{
	int fd, rc;

	if ((rc = open_socket(cluster->path, &fd, err)))
		return rc;
	channel_close(&cluster->channel);
	channel_init(&cluster->channel, fd);
	cluster->lost = false;
	if ((rc = say_hello(cluster, err)))
		cluster->lost = true;
	return rc;
}

/* As long as a supervisor takes to start it again. */
static bool connect_again(struct cluster *cluster, struct err *err)
{
	int64_t end = cluster_now_ms() + RECONNECT_MS;
	struct err why = { 0 };
	int rc;

	if (cluster->given_up || !*cluster->path)
		return false;
	cluster->open_run = 0; /* what was open is settled without us */
	if (cluster->context)
		ctx_verbose(cluster->context, "Lost the connection to clvmd: connecting again.");
	while ((rc = connect_once(cluster, &why)) == -EHOSTDOWN && cluster_now_ms() < end)
		pause_ms(RETRY_MS);
	cluster->given_up = rc != 0;
	if (rc)
		(void)err_set(err, -rc,
			      "Lost the connection to clvmd, and it did not come back: %s",
			      why.text);
	return !rc;
}

bool cluster_may_repeat(struct cluster *cluster, int rc, int64_t since, struct err *err)
{
	int64_t limit = cluster->patience_ms ? (int64_t)cluster->patience_ms
					     : (int64_t)cluster->lock_timeout * 1000;

	if (cluster->lost)
		return connect_again(cluster, err);
	if (rc != -EAGAIN || cluster_now_ms() - since > limit)
		return false;
	pause_ms(RETRY_MS);
	return true;
}

int cluster_get(struct context *context, struct cluster **ret_cluster, struct err *err)
{
	int rc;

	*ret_cluster = NULL;
	if (context->options.is_daemon || context->options.nolocking)
		return err_set(err, EHOSTDOWN, "clvmd is not asked with --nolocking.");
	if (context->cluster && context->cluster->lost &&
	    !cluster_may_repeat(context->cluster, -EHOSTDOWN, 0, err)) {
		cluster_close(context->cluster);
		context->cluster = NULL;
	}
	if (!context->cluster &&
	    (rc = cluster_connect(context, CLVMD_SOCKET_PATH, &context->cluster, err)))
		return rc;
	*ret_cluster = context->cluster;
	return 0;
}

bool cluster_is_running(struct context *context)
{
	struct cluster *cluster;

	return !context->options.nolocking && !cluster_get(context, &cluster, NULL);
}

void cluster_close(struct cluster *cluster)
{
	if (!cluster)
		return;
	/* What is still held goes with the process; a library user's process lives on. */
	while (cluster->held_count && !cluster->lost)
		if (cluster_unlock(cluster, cluster->held[cluster->held_count - 1], 0, NULL))
			break;
	while (cluster->held_count)
		free(cluster->held[--cluster->held_count]);
	channel_close(&cluster->channel);
	free(cluster->node_name);
	free(cluster->cluster_name);
	free(cluster->version);
	free(cluster);
}

const char *cluster_node_name(const struct cluster *cluster)
{
	return cluster->node_name;
}

const char *cluster_name(const struct cluster *cluster)
{
	return cluster->cluster_name;
}

bool cluster_scope_is_node(const struct cluster *cluster)
{
	return cluster->scope_is_node;
}

int cluster_request_text(struct cluster *cluster, struct client_message *request,
			 void (*visit)(void *data, const char *text), void *data, struct err *err)
{
	struct client_message answer;
	int rc;

	if ((rc = cluster_send(cluster, request, err)))
		return rc;
	while (!(rc = cluster_receive(cluster, request->id, HELLO_TIMEOUT_MS, &answer, err)) &&
	       answer.type == CLIENT_TEXT)
		visit(data, answer.text);
	if (rc)
		return rc;
	if (answer.type != CLIENT_DONE)
		return cluster_unexpected(cluster, &answer, err);
	return answer.rc ? err_set(err, -answer.rc, "%s", answer.text) : 0;
}
