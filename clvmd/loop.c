/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop: built, run, taken down. Deadlines of all parts are looked at by one tick a second.
 *
 * Order at start: workers of an earlier daemon have ended; the kernel's LVs are adopted with the
 * modes of the journal; only then corosync is joined (rule 21). What is suspended waits for the
 * cluster's word on its operation.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "clvmd/admin.h"
#include "clvmd/adopt.h"
#include "clvmd/auto_activate.h"
#include "clvmd/carry_out.h"
#include "clvmd/cfg.h"
#include "clvmd/client.h"
#include "clvmd/collect.h"
#include "clvmd/daemon.h"
#include "clvmd/event.h"
#include "clvmd/fence.h"
#include "clvmd/freeze.h"
#include "clvmd/ghost.h"
#include "clvmd/group.h"
#include "clvmd/journal.h"
#include "clvmd/log.h"
#include "clvmd/names.h"
#include "clvmd/nodelist.h"
#include "clvmd/operation.h"
#include "clvmd/quorum.h"
#include "clvmd/request.h"
#include "clvmd/restart.h"
#include "clvmd/session.h"
#include "clvmd/settle.h"
#include "clvmd/start.h"
#include "clvmd/status.h"
#include "clvmd/worker.h"
#include "lib/fd.h"
#include "lib/version.h"

#define TICK_NS SECONDS(1)

uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * QB_TIME_NS_IN_SEC + (uint64_t)now.tv_nsec;
}

uint64_t wall_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * QB_TIME_NS_IN_SEC + (uint64_t)now.tv_nsec;
}

static _Noreturn void out_of_memory(void)
{
	log_line(LOG_CRIT, "Out of memory: clvmd ends; logical volumes stay active and locked.");
	exit(4);
}

void *must_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		out_of_memory();
	return memory;
}

char *must_strdup(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		out_of_memory();
	return copy;
}

/* ---- deferred calls ---- */

struct deferred {
	struct deferred *next;
	daemon_call call;
	void *data;
};

static void run_deferred(void *data)
{
	struct daemon *d = data;
	struct deferred *at = d->deferred;

	d->deferred = NULL; /* what is deferred meanwhile has its turn in the next pass */
	while (at) {
		struct deferred *next = at->next;

		at->call(d, at->data);
		free(at);
		at = next;
	}
}

/*
 * A timer that has run out, not a job of the loop: while nothing but jobs is due, libqb waits 50 ms
 * for descriptors before it runs them, and every acknowledgement would take that long.
 */
void daemon_defer(struct daemon *d, daemon_call call, void *data)
{
	struct deferred *deferred = must_alloc(sizeof(*deferred)), **end = &d->deferred;
	qb_loop_timer_handle handle;

	*deferred = (struct deferred){ NULL, call, data };
	if (!d->deferred && qb_loop_timer_add(d->loop, QB_LOOP_HIGH, 0, d, run_deferred, &handle))
		out_of_memory();
	while (*end)
		end = &(*end)->next;
	*end = deferred;
}

void daemon_stop(struct daemon *d, int exit_code)
{
	d->exit_code = exit_code;
	qb_loop_stop(d->loop);
}

/* ---- signals, tick ---- */

static void say_what_stays(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	(void)data;
	log_line(LOG_WARNING, "Logical volume %s stays active (%s) and locked.",
		 *name ? name : resource, lock_mode_name(mode));
}

static int32_t terminate(int32_t number, void *data)
{
	struct daemon *d = data;

	log_line(LOG_NOTICE, "Signal %d: clvmd ends.", number);
	event_add(d, EVENT_STOP, 0, event_text("reason", "signal"));
	journal_each(d->journal, say_what_stays, NULL);
	daemon_stop(d, 0);
	return 0;
}

static int32_t child_ended(int32_t number, void *data)
{
	(void)number;
	workers_reap(data);
	return 0;
}

static int32_t dump_blackbox(int32_t number, void *data)
{
	(void)number;
	(void)data;
	(void)log_write_blackbox(CLVMD_BLACKBOX_PATH, NULL);
	return 0;
}

static int32_t start_anew(int32_t number, void *data)
{
	(void)number;
	restart_signalled(data);
	return 0;
}

static int32_t nothing_to_do(int32_t number, void *data)
{
	(void)number;
	(void)data;
	log_line(LOG_INFO, "SIGHUP: nothing to read again; restart clvmd for a new clvmd.conf.");
	return 0;
}

static bool handle_signals(struct daemon *d)
{
	static const struct {
		int number;
		qb_loop_signal_dispatch_fn call;
	} handlers[SIGNALS_HANDLED] = {
		{ SIGTERM, terminate },	    { SIGINT, terminate },     { SIGCHLD, child_ended },
		{ SIGUSR1, dump_blackbox }, { SIGHUP, nothing_to_do }, { SIGUSR2, start_anew },
	};

	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SIGNALS_HANDLED; i++)
		if (qb_loop_signal_add(d->loop, QB_LOOP_HIGH, handlers[i].number, d,
				       handlers[i].call, &d->signals[i]))
			return false;
	return true;
}

static void tick(void *data)
{
	struct daemon *d = data;
	qb_loop_timer_handle handle;
	uint64_t now = now_ns();

	adopt_tick(d);
	group_tick(d->group);
	clients_tick(d, now);
	events_tick(d);
	request_tick(d, now);
	operations_tick(d, now);
	settle_tick(d, now);
	ghost_tick(d, now);
	workers_tick(d, now);
	fence_tick(d, now);
	freeze_tick(d, now);
	auto_activate_tick(d);
	admin_tick(d);
	start_check(d);
	if (qb_loop_timer_add(d->loop, QB_LOOP_MED, TICK_NS, d, tick, &handle))
		out_of_memory();
}

/* ---- life ---- */

int daemon_create_lockspace(struct daemon *d, struct err *err)
{
	struct lockspace_options options = { .node = d->node,
					     .node_name = d->node_name,
					     .boot = d->boot,
					     .daemon = d->id,
					     .lineage_seed = d->lineage_seed };

	if (!(d->ls = lockspace_create(&options)))
		return err_set(err, ENOMEM, "Out of memory for the lock table.");
	/* Only now is this node's name known. */
	event_add(d, EVENT_START, 0, event_text("version", CLVM_VERSION),
		  event_number("pid", (uint64_t)getpid()));
	adopt_into_lockspace(d);
	return 0;
}

static void destroy_all(struct daemon *d)
{
	if (d->clients)
		clients_destroy(d->clients);
	events_destroy(d->events);
	cfg_destroy(d->cfg);
	group_destroy(d->group);
	quorum_destroy(d->quorum);
	nodelist_destroy(d->nodelist);
	operations_destroy(d->operations);
	settle_destroy(d);
	requests_destroy(d->requests);
	workers_destroy(d->workers);
	status_destroy(d->status);
	collect_destroy(d->collect);
	fences_destroy(d->fences);
	freezer_destroy(d->freezer);
	names_destroy(d->names);
	journal_destroy(d->journal);
	start_destroy(d->start);
	sessions_destroy(d->sessions);
	restart_destroy(d->restart);
	lockspace_destroy(d->ls);
	/* The loop itself is not destroyed: deferred calls in it are for nobody any more. */
}

static bool create_all(struct daemon *d, int socket_fd)
{
	struct err err;

	d->events = events_create(d);
	d->operations = operations_create(d);
	d->requests = requests_create(d);
	d->workers = workers_create(d);
	d->journal = journal_create(d);
	d->names = names_create(d);
	d->group = group_create(d);
	d->quorum = quorum_create(d);
	d->nodelist = nodelist_create(d);
	d->status = status_create(d);
	d->collect = collect_create(d);
	d->fences = fences_create(d);
	d->freezer = freezer_create(d);
	d->cfg = cfg_create(d);
	d->clients = clients_create(d, socket_fd);
	if (!(d->sessions = sessions_create(d, &err)))
		log_line(LOG_CRIT, "%s", err.text);
	return d->journal && d->clients && d->sessions;
}

/* Of all processes this one must not be chosen: the volumes of all would wait for it. */
static void spare_from_oom_killer(void)
{
	AUTO_CLOSE int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "-1000", 5) != 5)
		log_line(LOG_INFO,
			 "The score for the kernel's out-of-memory killer stays as it is: %s",
			 strerror(errno));
}

int daemon_run(struct daemon *d, int socket_fd)
{
	if (!create_all(d, socket_fd) || !handle_signals(d)) {
		log_line(LOG_CRIT, "clvmd cannot start.");
		return 4;
	}
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		log_line(LOG_WARNING, "Memory cannot be locked: %s", strerror(errno));
	if (d->conf.fence == FENCE_NONE)
		log_line(LOG_WARNING, "fence = \"none\": UNSAFE. A node that is lost is taken for "
				      "dead without any proof.");
	spare_from_oom_killer();
	journal_read(d->journal);
	sessions_read(d);
	adopt_start(d);
	tick(d);
	qb_loop_run(d->loop);
	destroy_all(d);
	return d->exit_code;
}
