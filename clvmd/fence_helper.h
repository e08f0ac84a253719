/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that fences one node: started, heard, ended when it takes too long.
 *
 * What it prints is kept for the log and for people; its exit status is the answer. It runs in a
 * process group of its own and never blocks the daemon.
 */
#ifndef CLVMD_FENCE_HELPER_H
#define CLVMD_FENCE_HELPER_H

#include <sys/types.h>

#include "clvmd/daemon.h"

#define FENCE_HELPER_SECONDS 150 /* then it is killed, and the attempt has failed */
#define FENCE_OUTPUT_MAX     2048

struct fence_helper {
	struct daemon *d;
	pid_t pid;	     /* 0: none runs */
	int fd;		     /* its output; open while pid is not 0 */
	uint64_t started_at; /* CLOCK_MONOTONIC */
	size_t used;
	char output[FENCE_OUTPUT_MAX]; /* the last of it, NUL-terminated */
};

/** @method: FENCE_EXEC or FENCE_PACEMAKER; @since_loss: whole seconds. */
int fence_helper_start(struct daemon *d, struct fence_helper *helper, enum fence_method method,
		       uint32_t node, const char *name, uint64_t since_loss,
		       struct err *err) MUST_CHECK;

/**
 * It has ended with @status, as waitpid() gives it. True: the node is down for sure. Its output is
 * in helper->output, without the newline at its end.
 */
bool fence_helper_ended(struct fence_helper *helper, int status);

/** Past its time: kill it and all that it started, and forget it. */
void fence_helper_give_up(struct fence_helper *helper);

/** Does pacemaker's fencer run on this node? Looks, and asks nobody. */
bool fence_pacemaker_runs(void);

#endif
