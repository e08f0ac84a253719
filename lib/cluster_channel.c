/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/cluster_channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metadata/base/cleanup.h"

void channel_init(struct channel *channel, int fd)
{
	*channel = (struct channel){ .fd = fd, .arena.limit = CLIENT_MESSAGE_ARENA_MAX };
	client_assembly_init(&channel->assembly);
}

void channel_close(struct channel *channel)
{
	if (channel->fd >= 0)
		(void)close(channel->fd);
	channel->fd = -1;
	client_assembly_free(&channel->assembly);
	arena_free(&channel->arena);
}

static int lost(struct err *err, int errnum)
{
	if (!errnum || errnum == ECONNRESET || errnum == EPIPE)
		return err_set(
			err, EHOSTDOWN,
			"Lost the connection to clvmd: it was stopped or refused us; see its "
			"log.");
	return err_set(err, EHOSTDOWN, "Connection to clvmd failed: %s", strerror(errnum));
}

static int send_packet(struct channel *channel, const void *packet, size_t length, struct err *err)
{
	ssize_t sent;

	do
		sent = send(channel->fd, packet, length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return lost(err, errno);
	return 0;
}

int channel_send(struct channel *channel, const struct client_message *message, struct err *err)
{
	AUTO_BUF struct buf bytes = { .limit = CLIENT_MESSAGE_MAX };
	AUTO_FREE char *packet = malloc(CLIENT_PACKET_MAX);
	int rc;

	if (!packet)
		return err_set(err, ENOMEM, "Out of memory for a message to clvmd.");
	if ((rc = client_message_encode(message, &bytes, err)))
		return rc;
	for (size_t offset = 0; offset < bytes.used; offset += CLIENT_PACKET_BODY) {
		size_t length = client_packet_build(bytes.data, bytes.used, offset, packet);

		if ((rc = send_packet(channel, packet, length, err)))
			return rc;
	}
	return 0;
}

static int wait_readable(struct channel *channel, int timeout_ms, struct err *err)
{
	struct pollfd poll_fd = { .fd = channel->fd, .events = POLLIN };
	int rc;

	do
		rc = poll(&poll_fd, 1, timeout_ms);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return lost(err, errno);
	return rc ? 0 : err_set(err, ETIMEDOUT, "clvmd does not answer.");
}

static int receive_packet(struct channel *channel, void *packet, size_t *ret_length,
			  struct err *err)
{
	ssize_t length;

	do
		length = recv(channel->fd, packet, CLIENT_PACKET_MAX, 0);
	while (length < 0 && errno == EINTR);
	if (length <= 0)
		return lost(err, length ? errno : 0);
	*ret_length = (size_t)length;
	return 0;
}

int channel_receive(struct channel *channel, int timeout_ms, struct client_message *ret_message,
		    struct err *err)
{
	AUTO_FREE char *packet = malloc(CLIENT_PACKET_MAX);
	bool complete = false;
	size_t length = 0;
	int rc;

	if (!packet)
		return err_set(err, ENOMEM, "Out of memory for a message from clvmd.");
	while (!complete) {
		if ((rc = wait_readable(channel, timeout_ms, err)))
			return rc;
		if ((rc = receive_packet(channel, packet, &length, err)))
			return rc;
		if ((rc = client_assembly_add(&channel->assembly, packet, length, &complete, err)))
			return rc;
	}
	arena_free(&channel->arena);
	rc = client_message_decode(channel->assembly.bytes.data, channel->assembly.bytes.used,
				   &channel->arena, ret_message, err);
	client_assembly_reset(&channel->assembly);
	return rc;
}
