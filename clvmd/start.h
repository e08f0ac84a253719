/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Start: clvmd returns to its caller when it is joined and synchronised, or after -T seconds with
 * what it waits for, and goes on in the background (exit 5).
 */
#ifndef CLVMD_START_H
#define CLVMD_START_H

#include "clvmd/daemon.h"

struct start_options {
	bool foreground;
	bool debug;
	unsigned int timeout; /* -T, seconds */
};

/**
 * Fork; the parent waits for the child's word and exits with it. In the child (or in the
 * foreground) returns with the pipe to the parent, -1 in the foreground.
 */
int start_daemonise(const struct start_options *options);

struct start *start_create(struct daemon *d, int pipe_fd, unsigned int timeout);
void start_destroy(struct start *start);

/** Tell the parent when ready, or when time is over. Once a second, and after each event. */
void start_check(struct daemon *d);

/** The parent's exit status and a text for its stderr, before the loop runs. */
void start_failed(int pipe_fd, int exit_code, const char *text);

#endif
