/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Start: clvmd returns to its caller when it is joined and synchronised, or after -T seconds with
 * what it waits for, and goes on in the background (exit 5). When only the daemons of other nodes
 * are missing it returns earlier, as started.
 */
#ifndef CLVMD_START_H
#define CLVMD_START_H

#include "clvmd/daemon.h"

struct start_options {
	bool foreground;
	unsigned int debug;	   /* -d: 0 no, 1 to stderr, 2 to syslog */
	unsigned int timeout;	   /* -T, seconds */
	unsigned int lock_timeout; /* -t, seconds; 0: as clvmd.conf says */
	bool single;		   /* -I singlenode */
	const char *take_over;	   /* of a restart; NULL */
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

/** Is it not known yet whether requests can be served here? For an instant after the start; @text
 * says so. */
bool start_is_early(struct daemon *d, char *text, size_t size);

#endif
