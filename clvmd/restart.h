/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Restart: the running daemon becomes the program on disk, in the same process, with the pid file's
 * lock and the listening socket kept. It waits until nothing is half done on this node; commands
 * that ask meanwhile are told to ask again, and those whose connection ends by it connect again and
 * go on with the locks that they hold (clvmd/session.h).
 */
#ifndef CLVMD_RESTART_H
#define CLVMD_RESTART_H

#include "clvmd/client.h"

/* Of the new program, not for people: PIDFD,SOCKETFD. */
#define RESTART_OPTION "take-over"

/** @argv: how this daemon was called; both descriptors are the restart's. */
struct restart *restart_create(struct daemon *d, char **argv, int pid_fd, int socket_fd);
void restart_destroy(struct restart *restart);

/** CLIENT_RESTART. */
void restart_request(struct client *client, const struct client_message *message);

/** SIGUSR2: the same, of who does not speak this daemon's protocol: a newer release. */
void restart_signalled(struct daemon *d);

/** Is a request that would begin something to be asked again later? @text says so. */
bool restart_holds_back(const struct client *client, const struct client_message *message,
			char *text, size_t size);

/** What RESTART_OPTION says; the descriptors close on exec again. */
int restart_take_over(const char *argument, int *ret_pid_fd, int *ret_socket_fd,
		      struct err *err) MUST_CHECK;

#endif
