/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client's life:
 *
 *	accept ── HELLO (pid and start time agree with the kernel's) ──> greeted
 *	socket closed, holds nothing ──> freed
 *	socket closed, holds locks or waits ──> kept, link closed, until the pidfd says dead
 *	pidfd says dead ──> lockspace_client_gone(), freed
 */
#include "clvmd/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "clvmd/admin.h"
#include "clvmd/carry_out.h"
#include "clvmd/event.h"
#include "clvmd/log.h"
#include "clvmd/nodelist.h"
#include "clvmd/request.h"
#include "clvmd/restart.h"
#include "clvmd/session.h"
#include "clvmd/start.h"
#include "clvmd/status.h"
#include "lib/fd.h"
#include "lib/process.h"
#include "lib/version.h"

#define BACKLOG 128

struct clients {
	struct daemon *d;
	int listen_fd;
	struct client *first;
	size_t count;
	uint64_t last_number;
};

/* ---- the listening socket ---- */

int clients_listen(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int rc;

	if (fd < 0)
		return err_set(err, errno, "Cannot make a socket: %s", strerror(errno));
	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, ENAMETOOLONG, "%s: path of a socket is too long.", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* We hold the pid file's lock: what is there belongs to nobody. */
	if (unlink(path) && errno != ENOENT)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	mask = umask(0177);
	rc = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (rc || listen(fd, BACKLOG))
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* ---- answers ---- */

void client_send(struct client *client, const struct client_message *message)
{
	link_send(&client->link, message);
}

void client_done(struct client *client, uint32_t id, int rc, const char *text)
{
	client_send(client, &(struct client_message){
				    .type = CLIENT_DONE, .id = id, .rc = rc, .text = text });
}

void client_text(struct client *client, uint32_t id, const char *text)
{
	char piece[CLIENT_TEXT_CHUNK + 1];
	size_t left = strlen(text);

	while (left) {
		size_t length = left > CLIENT_TEXT_CHUNK ? CLIENT_TEXT_CHUNK : left;

		memcpy(piece, text, length);
		piece[length] = '\0';
		client_send(client, &(struct client_message){
					    .type = CLIENT_TEXT, .id = id, .text = piece });
		text += length;
		left -= length;
	}
	client_done(client, id, 0, "");
}

/* ---- end ---- */

static void free_client(struct client *client)
{
	struct clients *clients = client->d->clients;
	struct client **at = &clients->first;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	clients->count--;
	request_client_freed(client->d, client);
	link_close(&client->link);
	if (client->pidfd >= 0) {
		(void)qb_loop_poll_del(client->d->loop, client->pidfd);
		(void)close(client->pidfd);
	}
	free(client);
}

struct lock_search {
	uint32_t node;
	uint64_t client;
	bool found;
};

static bool is_lock_of(void *data, const struct lock_view *lock)
{
	struct lock_search *search = data;

	search->found = lock->node == search->node && lock->client == search->client &&
			lock->kind == LOCK_COMMAND && lock->state != LOCK_ORPHAN;
	return !search->found;
}

bool client_has_locks(const struct client *client)
{
	struct lock_search search = { client->d->node, client->number, false };

	if (client->d->ls)
		lockspace_each_lock(client->d->ls, is_lock_of, &search);
	return search.found;
}

/* Gone for the lockspace too, once nothing of it can be running any more. */
static void end_client(struct client *client)
{
	struct daemon *d = client->d;

	if (client->used && d->ls)
		carry_out(d, lockspace_client_gone(d->ls, client->number));
	session_gone(client);
	free_client(client);
}

static void link_closed(void *owner, const char *why)
{
	struct client *client = owner;
	bool holds = client->used &&
		     (request_client_has_any(client->d, client) || client_has_locks(client));

	if (client->greeted && holds && !client->dead)
		log_line(LOG_DEBUG, "Client %s (pid %u): %s; its locks stay until it ends.",
			 client->command, client->pid, why);
	if (!holds)
		end_client(client);
}

static int32_t process_died(int32_t fd, int32_t revents, void *data)
{
	struct client *client = data;

	(void)fd;
	(void)revents;
	client->dead = true;
	end_client(client);
	return 0;
}

/* ---- messages ---- */

static void greet(struct client *client, const struct client_message *hello)
{
	struct daemon *d = client->d;
	struct client *known;

	if (client->greeted) {
		link_fail(&client->link, "said hello twice");
		return;
	}
	if (hello->protocol != CLIENT_PROTOCOL) {
		client_done(client, hello->id, -EPROTO,
			    "command and clvmd are of different versions: restart clvmd");
		return;
	}
	client->start_time = process_start_time((pid_t)client->pid);
	if (hello->start_time != client->start_time) {
		link_fail(&client->link, "is not the process that connected");
		return;
	}
	if (hello->session && (known = session_take_up(client, hello->session)))
		client = known; /* what is left of the new one is freed by the tick */
	client->greeted = true;
	(void)snprintf(client->command, sizeof(client->command), "%s", hello->command);
	client_send(client, &(struct client_message){ .type = CLIENT_WELCOME,
						      .id = hello->id,
						      .session = client->number,
						      .protocol = CLIENT_PROTOCOL,
						      .node = d->node,
						      .node_name = d->node_name,
						      .cluster_name = d->cluster_name,
						      .value = d->conf.lock_timeout,
						      .scope_is_node = d->conf.deactivate_on_node,
						      .text = CLVM_VERSION });
}

/* Requests that only the lockspace can answer. */
static bool needs_lockspace(enum client_message_type type)
{
	return type != CLIENT_STATUS && type != CLIENT_LOCKS && type != CLIENT_STOP &&
	       type != CLIENT_EVENTS && type != CLIENT_METRICS && type != CLIENT_RESTART &&
	       type != CLIENT_READY && type != CLIENT_BLACKBOX;
}

static void refuse(struct client *client, const struct client_message *message, int rc,
		   const char *text)
{
	client_send(client,
		    &(struct client_message){ .type = message->type == CLIENT_LOCK ? CLIENT_REFUSED
										   : CLIENT_DONE,
					      .id = message->id,
					      .rc = rc,
					      .text = text });
}

static void dispatch(struct client *client, const struct client_message *message)
{
	static const struct {
		enum client_message_type type;
		void (*handle)(struct client *client, const struct client_message *message);
	} handlers[] = {
		{ CLIENT_LOCK, request_lock },	       { CLIENT_UNLOCK, request_unlock },
		{ CLIENT_CANCEL, request_cancel },     { CLIENT_RUN, request_run },
		{ CLIENT_COMMIT, request_phase },      { CLIENT_RESUME, request_phase },
		{ CLIENT_ABORT, request_phase },       { CLIENT_HOLDERS, status_holders },
		{ CLIENT_STATUS, status_request },     { CLIENT_LOCKS, status_locks },
		{ CLIENT_FENCE_ACK, admin_fence_ack }, { CLIENT_STOP, admin_stop },
		{ CLIENT_EVENTS, events_request },     { CLIENT_METRICS, status_request },
		{ CLIENT_RESTART, restart_request },   { CLIENT_READY, admin_ready },
		{ CLIENT_BLACKBOX, admin_blackbox },   { CLIENT_MEMBERS, status_members },
	};

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].type == message->type) {
			handlers[i].handle(client, message);
			return;
		}
	link_fail(&client->link, "sent an unknown request");
}

/* Nothing of it was done: the command asks again (lib/cluster.c), and says meanwhile what for. */
static bool must_come_later(const struct client *client, const struct client_message *message,
			    char *text, size_t size)
{
	return start_is_early(client->d, text, size) ||
	       restart_holds_back(client, message, text, size);
}

static void received(void *owner, const struct client_message *message)
{
	struct client *client = owner;
	char text[512];

	if (message->type == CLIENT_HELLO)
		greet(client, message);
	else if (!client->greeted)
		link_fail(&client->link, "did not say hello");
	else if (needs_lockspace(message->type) &&
		 must_come_later(client, message, text, sizeof(text)))
		refuse(client, message, -EAGAIN, text);
	else if (!client->d->ls && needs_lockspace(message->type))
		refuse(client, message, -ENOLCK,
		       "clvmd waits for corosync on this node: start corosync");
	else
		dispatch(client, message);
}

static const struct link_ops client_link_ops = { .message = received, .closed = link_closed };

/* ---- accept ---- */

/* Tell why on the way out; nobody waits for the answer to arrive. */
static void turn_away(int fd, const char *text)
{
	struct client_message message = { .type = CLIENT_DONE, .rc = -EUSERS, .text = text };
	AUTO_BUF struct buf bytes = { .limit = CLIENT_MESSAGE_MAX };
	char packet[1024 + CLIENT_PACKET_HEADER];

	if (!client_message_encode(&message, &bytes, NULL) && bytes.used < 1024) {
		size_t length = client_packet_build(bytes.data, bytes.used, 0, packet);

		(void)send(fd, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	(void)close(fd);
}

static int watch_process(struct client *client)
{
	client->pidfd = (int)syscall(SYS_pidfd_open, client->pid, 0);
	if (client->pidfd < 0)
		return -errno;
	return qb_loop_poll_add(client->d->loop, QB_LOOP_MED, client->pidfd, POLLIN, client,
				process_died);
}

static void add_client(struct clients *clients, int fd, const struct ucred *peer)
{
	struct client *client = must_alloc(sizeof(*client));
	struct err err;
	int rc;

	*client = (struct client){ .d = clients->d, .pidfd = -1, .pid = (uint32_t)peer->pid };
	client->link.fd = -1;
	client->number = ++clients->last_number;
	client->connected_at = now_ns();
	client->next = clients->first;
	clients->first = client;
	clients->count++;
	clients->d->metrics.clients++;
	if ((rc = watch_process(client))) {
		(void)close(fd);
		/* -ESRCH: dead already; it has asked for nothing */
		if (rc != -ESRCH)
			log_line(LOG_ERR, "Client (pid %u) cannot be watched: %s", client->pid,
				 strerror(-rc));
		free_client(client);
	} else if (link_open(clients->d, &client->link, fd, &client_link_ops, client, &err)) {
		log_line(LOG_ERR, "%s", err.text);
		free_client(client);
	}
}

static int32_t connection_waits(int32_t listen_fd, int32_t revents, void *data)
{
	struct clients *clients = data;
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)revents;
	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) || peer.uid != 0 ||
	    peer.pid <= 0) {
		log_line(LOG_WARNING, "A connection of a process that is not root was refused.");
		(void)close(fd);
	} else if (clients->count >= clients->d->conf.max_clients) {
		clients->d->metrics.clients_turned_away++;
		turn_away(fd, "too many commands are connected to clvmd (max_clients)");
	} else {
		add_client(clients, fd, &peer);
	}
	return 0;
}

struct clients *clients_create(struct daemon *d, int listen_fd)
{
	struct clients *clients = must_alloc(sizeof(*clients));

	*clients = (struct clients){ .d = d, .listen_fd = listen_fd };
	if (qb_loop_poll_add(d->loop, QB_LOOP_MED, listen_fd, POLLIN, clients, connection_waits)) {
		free(clients);
		return NULL;
	}
	return clients;
}

void clients_destroy(struct clients *clients)
{
	while (clients->first)
		free_client(clients->first);
	(void)qb_loop_poll_del(clients->d->loop, clients->listen_fd);
	(void)close(clients->listen_fd);
	free(clients);
}

struct client *clients_keep(struct daemon *d, const struct client_record *record)
{
	struct clients *clients = d->clients;
	struct client *client = must_alloc(sizeof(*client));

	*client = (struct client){ .d = d,
				   .number = record->number,
				   .pidfd = -1,
				   .pid = record->pid,
				   .start_time = record->start_time,
				   .greeted = true,
				   .used = true,
				   .kept = true };
	client->link.fd = -1;
	client->link.ops = &client_link_ops;
	(void)snprintf(client->command, sizeof(client->command), "%s", record->command);
	client->next = clients->first;
	clients->first = client;
	clients->count++;
	if (record->number > clients->last_number)
		clients->last_number = record->number;
	if (!watch_process(client))
		return client;
	free_client(client);
	return NULL;
}

void clients_each(struct daemon *d, void (*visit)(void *data, struct client *client), void *data)
{
	for (struct client *client = d->clients->first; client; client = client->next)
		visit(data, client);
}

struct client *client_find(struct daemon *d, uint64_t number)
{
	struct client *client = d->clients->first;

	while (client && client->number != number)
		client = client->next;
	return client;
}

size_t clients_count(const struct daemon *d)
{
	return d->clients->count;
}

size_t clients_with_locks(struct daemon *d)
{
	size_t count = 0;

	for (const struct client *client = d->clients->first; client; client = client->next)
		count += client->used && client_has_locks(client);
	return count;
}

void clients_kill_with_locks(struct daemon *d, const char *why)
{
	for (const struct client *client = d->clients->first; client; client = client->next) {
		if (!client->used || client->dead || !client_has_locks(client))
			continue;
		log_line(LOG_ERR, "%s (pid %u) is killed: %s.", client->command, client->pid, why);
		if (syscall(SYS_pidfd_send_signal, client->pidfd, SIGKILL, NULL, 0) &&
		    errno != ESRCH)
			log_line(LOG_ERR, "pid %u cannot be killed: %s", client->pid,
				 strerror(errno));
	}
}

void clients_tick(struct daemon *d, uint64_t now)
{
	struct client *next;

	for (struct client *client = d->clients->first; client; client = next) {
		next = client->next;
		link_check(&client->link, now);
		if (!client->greeted && now - client->connected_at > SECONDS(CLIENT_HELLO_SECONDS))
			link_fail(&client->link, "did not say hello");
		/* The socket is closed, and what it held is released by now. */
		if (client->link.fd < 0 && !client->link.close_pending && !client->kept &&
		    !request_client_has_any(d, client) && !client_has_locks(client))
			end_client(client);
	}
}
