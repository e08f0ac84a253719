/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon: what the parts of the shell share.
 *
 * One thread, one loop, nothing in it blocks. The lockspace (clvmd/core) decides; the parts around
 * it only feed it events and carry out its effects. What always holds:
 *
 *	(1) a lockspace function is called from the loop only, and its effects go to carry_out()
 *	    before the next call;
 *	(2) carrying out an effect never calls the lockspace: what must, is put off with
 *	    daemon_defer();
 *	(3) every queue has a number that bounds it, every wait a deadline.
 */
#ifndef CLVMD_DAEMON_H
#define CLVMD_DAEMON_H

#include <qb/qbloop.h>
#include <qb/qbmap.h>
#include <qb/qbutil.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "clvmd/conf.h"
#include "clvmd/core/lockspace.h"
#include "clvmd/metrics.h"
#include "lib/interfaces.h"

#define CLVMD_RUN_DIR	 "/run/clvm"
#define CLVMD_GROUP	 "clvmd"
#define EXIT_NOT_RUNNING 3
#define EXIT_NOT_READY	 5 /* -T passed: as the old daemon */
#define SECONDS(n)	 ((uint64_t)(n)*QB_TIME_NS_IN_SEC)
#define SIGNALS_HANDLED	 6

struct clients;
struct cfg;
struct collect;
struct deferred;
struct events;
struct fences;
struct freezer;
struct group;
struct operations;
struct journal;
struct names;
struct nodelist;
struct quorum;
struct requests;
struct settling;
struct restart;
struct sessions;
struct start;
struct status_waits;
struct workers;

struct daemon {
	qb_loop_t *loop;
	struct deferred *deferred; /* loop.c */
	struct conf conf;
	struct boot_id boot;
	struct daemon_id id, lineage_seed;
	uint64_t next_number; /* requests, operations: one row of numbers for all */

	struct lockspace *ls; /* NULL until corosync has told our node id */
	uint32_t node;	      /* 0 until then */
	char node_name[NODE_NAME_MAX];
	char cluster_name[256];
	bool single;  /* without corosync: clvmd/single.h */
	bool adopted; /* what the kernel had before us is known: we may join */

	struct clients *clients;
	struct requests *requests;
	struct operations *operations;
	struct workers *workers;
	struct journal *journal;
	struct names *names;
	struct group *group;
	struct quorum *quorum;
	struct nodelist *nodelist;
	struct status_waits *status;
	struct start *start;
	struct events *events;
	struct collect *collect;
	struct fences *fences;
	struct freezer *freezer;
	struct cfg *cfg;
	struct settling *settling; /* clvmd/settle.h */
	struct {
		bool on, failed;
		size_t jobs; /* that have not answered */
		uint64_t again_at;
	} ghost; /* clvmd/ghost.h */

	struct metrics metrics;
	struct sessions *sessions;
	struct restart *restart;

	qb_loop_signal_handle signals[SIGNALS_HANDLED];
	bool adopt_waits; /* for processes of an earlier daemon to end */
	unsigned int adopt_tries;
	bool adopt_again;  /* the last try failed */
	uint64_t up_since; /* 0: was not up yet */
	bool auto_begun;   /* activate_at_start was looked at */
	pid_t auto_pid;	   /* its process; 0 none */
	bool settled;	   /* operations of an earlier daemon have been looked at */
	bool flush_pending;
	bool carrying_out;
	bool stopping; /* GOODBYE was sent: leave when it is out */
	int exit_code;
};

/* ---- loop.c ---- */

/** Create everything and run until told to stop. Returns the exit status. */
int daemon_run(struct daemon *d, int socket_fd);

typedef void (*daemon_call)(struct daemon *d, void *data);

/** Call @call from the loop, soon, in order. Never fails: without memory the daemon ends. */
void daemon_defer(struct daemon *d, daemon_call call, void *data);

/** End the loop after this pass. */
void daemon_stop(struct daemon *d, int exit_code);

/** Zeroed memory; ends the daemon when there is none (its supervisor restarts it, locks stay). */
void *must_alloc(size_t size);
char *must_strdup(const char *text);

/** CLOCK_MONOTONIC in nanoseconds. */
uint64_t now_ns(void);

/** CLOCK_REALTIME in nanoseconds since 1970: to be shown to people, never to be compared. */
uint64_t wall_ns(void);

/** Create the lockspace: called when corosync first tells who we are. */
int daemon_create_lockspace(struct daemon *d, struct err *err) MUST_CHECK;

#endif
