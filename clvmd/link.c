/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clvmd/log.h"

#define PACKETS_PER_PASS 16 /* then the others get their turn */

struct packet {
	struct packet *next;
	size_t length;
	char bytes[];
};

static void drop_queues(struct link *link)
{
	while (link->out_first) {
		struct packet *packet = link->out_first;

		link->out_first = packet->next;
		free(packet);
	}
	link->out_last = &link->out_first;
	link->out_bytes = 0;
	link->stalled_since = 0;
	client_assembly_free(&link->in);
	link->half_since = 0;
}

static void close_fd(struct link *link)
{
	if (link->fd < 0)
		return;
	(void)qb_loop_poll_del(link->d->loop, link->fd);
	(void)close(link->fd);
	link->fd = -1;
	drop_queues(link);
}

int link_release(struct link *link)
{
	int fd = link->fd;

	if (fd < 0)
		return -1;
	(void)qb_loop_poll_del(link->d->loop, fd);
	link->fd = -1;
	drop_queues(link);
	return fd;
}

static void tell_closed(void *data)
{
	struct link *link = data;

	link->close_pending = false;
	link->ops->closed(link->owner, link->why);
}

void link_fail(struct link *link, const char *why)
{
	if (link->fd < 0)
		return;
	(void)snprintf(link->why, sizeof(link->why), "%s", why);
	close_fd(link);
	if (qb_loop_job_add(link->d->loop, QB_LOOP_MED, link, tell_closed))
		log_line(LOG_CRIT, "Out of memory: the end of a connection goes unseen.");
	else
		link->close_pending = true;
}

void link_close(struct link *link)
{
	close_fd(link);
	if (link->close_pending)
		(void)qb_loop_job_del(link->d->loop, QB_LOOP_MED, link, tell_closed);
	link->close_pending = false;
}

static void take_message(struct link *link)
{
	struct arena arena = { .limit = CLIENT_MESSAGE_ARENA_MAX };
	struct client_assembly whole = link->in;
	struct client_message message;
	struct err err;

	/* The handler may close the link: what it looks at must not hang off it. */
	client_assembly_init(&link->in);
	link->half_since = 0;
	if (client_message_decode(whole.bytes.data, whole.bytes.used, &arena, &message, &err))
		link_fail(link, err.text);
	else
		link->ops->message(link->owner, &message);
	client_assembly_free(&whole);
	arena_free(&arena);
}

/* One packet; false when there is none or the link is gone. */
static bool read_packet(struct link *link)
{
	static char packet[CLIENT_PACKET_MAX + 1]; /* one thread; a longer packet shows by the 1 */
	ssize_t length = recv(link->fd, packet, sizeof(packet), MSG_DONTWAIT);
	bool complete;
	struct err err;

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (length <= 0) {
		link_fail(link, length ? strerror(errno) : "the other side closed the connection");
		return false;
	}
	if (length > (ssize_t)CLIENT_PACKET_MAX ||
	    client_assembly_add(&link->in, packet, (size_t)length, &complete, &err)) {
		link_fail(link, "sent what is not a message");
		return false;
	}
	if (complete)
		take_message(link);
	else if (!link->half_since)
		link->half_since = now_ns();
	return link->fd >= 0;
}

/* Send what the socket takes now. */
static void write_packets(struct link *link)
{
	while (link->out_first) {
		struct packet *packet = link->out_first;
		ssize_t sent =
			send(link->fd, packet->bytes, packet->length, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
			return;
		if (sent < 0) {
			link_fail(link, strerror(errno));
			return;
		}
		link->out_first = packet->next;
		if (!link->out_first)
			link->out_last = &link->out_first;
		link->out_bytes -= packet->length;
		link->stalled_since = link->out_first ? now_ns() : 0;
		free(packet);
	}
}

static int32_t ready(int32_t fd, int32_t revents, void *data);

static void watch(struct link *link)
{
	int32_t events = POLLIN | (link->out_first ? POLLOUT : 0);

	if (link->fd >= 0)
		(void)qb_loop_poll_mod(link->d->loop, QB_LOOP_MED, link->fd, events, link, ready);
}

static int32_t ready(int32_t fd, int32_t revents, void *data)
{
	struct link *link = data;

	(void)fd;
	if (revents & POLLOUT)
		write_packets(link);
	for (int i = 0; link->fd >= 0 && i < PACKETS_PER_PASS; i++)
		if (!read_packet(link))
			break;
	watch(link);
	return 0;
}

int link_open(struct daemon *d, struct link *link, int fd, const struct link_ops *ops, void *owner,
	      struct err *err)
{
	int rc;

	*link = (struct link){ .d = d, .fd = fd, .ops = ops, .owner = owner };
	link->out_last = &link->out_first;
	client_assembly_init(&link->in);
	if ((rc = qb_loop_poll_add(d->loop, QB_LOOP_MED, fd, POLLIN, link, ready))) {
		(void)close(fd);
		link->fd = -1;
		return err_set(err, -rc, "Cannot watch a connection: %s", strerror(-rc));
	}
	return 0;
}

static bool queue_packet(struct link *link, const void *message, size_t length, size_t offset)
{
	size_t part = length - offset > CLIENT_PACKET_BODY ? CLIENT_PACKET_BODY : length - offset;
	struct packet *packet;

	if (link->out_bytes + part > LINK_QUEUE_MAX)
		return false;
	packet = must_alloc(sizeof(*packet) + CLIENT_PACKET_HEADER + part);
	packet->length = client_packet_build(message, length, offset, packet->bytes);
	*link->out_last = packet;
	link->out_last = &packet->next;
	link->out_bytes += packet->length;
	return true;
}

void link_send(struct link *link, const struct client_message *message)
{
	struct buf bytes = { .limit = CLIENT_MESSAGE_MAX };
	bool was_idle = !link->out_first;
	struct err err;

	if (link->fd < 0)
		return;
	if (client_message_encode(message, &bytes, &err)) {
		log_line(LOG_ERR, "Internal error: %s", err.text);
		link_fail(link, "an answer was too long");
	}
	for (size_t offset = 0; link->fd >= 0 && offset < bytes.used; offset += CLIENT_PACKET_BODY)
		if (!queue_packet(link, bytes.data, bytes.used, offset))
			link_fail(link, "does not read its answers");
	buf_free(&bytes);
	if (link->fd < 0)
		return;
	if (was_idle) {
		link->stalled_since = now_ns();
		write_packets(link);
	}
	watch(link);
}

void link_check(struct link *link, uint64_t now)
{
	if (link->fd < 0)
		return;
	if (link->half_since && now - link->half_since > SECONDS(LINK_HALF_SECONDS))
		link_fail(link, "sent half a message");
	else if (link->stalled_since && now - link->stalled_since > SECONDS(LINK_STALL_SECONDS))
		link_fail(link, "does not read its answers");
}
