/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers: processes that do what may block (device-mapper, disks, file system tools), so that the
 * daemon does not. One queue per VG: a bad disk stalls the jobs of its VG and no others.
 *
 * A worker lives on from job to job and ends after a minute without one. One that dies answers its
 * job with -EIO. A job past its deadline is answered -ETIMEDOUT while its worker goes on, and the
 * next job of that VG waits for it: what hangs in the kernel cannot be stopped, and order counts.
 * One that waits past its own deadline is not begun any more.
 */
#ifndef CLVMD_WORKER_H
#define CLVMD_WORKER_H

#include "clvmd/daemon.h"
#include "lib/proto/client_message.h"

#define WORKERS_MAX	    32	 /* processes */
#define WORKER_JOBS_MAX	    4096 /* in all queues */
#define WORKER_IDLE_SECONDS 60
#define STATE_QUEUE	    "/state" /* of JOB_STATE; no VG has such a name */
#define WORKER_SOCKET_FD    3	     /* in the worker */
#define WORKER_LOCK_FD	    4
#define WORKER_LOCK_PATH    CLVMD_RUN_DIR "/workers.lock"
#define WORKER_COMM	    "clvmwork" /* not "clvmd": agents count processes of that name */

/* What a worker answered; valid during the call. */
struct worker_answer {
	int rc;
	const char *text;
	uint64_t value;
	const void *data;
	size_t length;
};

typedef void (*worker_done)(struct daemon *d, void *data, const struct worker_answer *answer);

struct workers *workers_create(struct daemon *d);

/** Ends no process: workers finish what they are at, and see the end of their socket. */
void workers_destroy(struct workers *workers);

/**
 * Queue a job under @key (a VG's name, or "" for none). @message is copied. @done is called once,
 * from the loop, never from within this call; @seconds is its deadline, 0 none.
 */
void worker_submit(struct daemon *d, const char *key, const struct client_message *message,
		   unsigned int seconds, worker_done done, void *data);

/** Append a line for each job that is at it for long: what, since when, which device. */
void workers_print_stuck(const struct daemon *d, char *text, size_t size);

size_t workers_job_count(const struct daemon *d); /* that run or wait */
void workers_tick(struct daemon *d, uint64_t now);

/** Collect processes that ended. */
void workers_reap(struct daemon *d);

/**
 * Has every worker of an earlier daemon ended? Until then what they do to the kernel is not over,
 * and what is active cannot be listed. No worker of ours is started before.
 */
bool workers_of_old_daemon_ended(struct daemon *d);

struct workers_count {
	size_t workers, busy, jobs;
	size_t late; /* of busy: past the deadline of their job */
};
void workers_count(const struct daemon *d, struct workers_count *ret_count);

/** The worker process itself: `clvmd --worker`. Returns its exit status. */
int worker_main(void);

#endif
