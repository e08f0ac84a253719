/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	cluster_speed ring COUNT WINDOW	ordered messages of corosync, from multicast to own delivery
 *	cluster_speed echo		a member of the same group that only listens, until it is
 *ended cluster_speed lock COUNT CLIENTS	lock and unlock, each client its own resource
 *	cluster_speed hold COUNT	take that many locks, say "held", keep them until it is
 *ended cluster_speed gap		lock and unlock until it is ended; the longest wait
 *
 * Runs in a node, for cluster_bench.py. Prints figures in microseconds: ring and lock the median of
 * one, and the whole run divided by COUNT (times CLIENTS); gap the longest.
 */
#include <corosync/cpg.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/cluster.h"

#define GROUP	       "clvm_bench"
#define MESSAGE_LENGTH 120  /* about a LOCK request */
#define LOCKS_EACH     1000 /* a command may hold so many */

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static void until_ended(void)
{
	const struct sigaction action = { .sa_handler = end };

	if (sigaction(SIGTERM, &action, NULL) < 0)
		exit(1);
}

static int64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print_figures(int64_t *each, size_t count, int64_t all)
{
	qsort(each, count, sizeof(each[0]), by_size);
	(void)printf("%lld %.1f\n", (long long)each[count / 2], (double)all / (double)count);
}

static void die(const char *what, const char *text)
{
	(void)fprintf(stderr, "cluster_speed: %s: %s\n", what, text);
	exit(1);
}

/* ---- corosync ---- */

struct ring {
	uint32_t node;
	int64_t *sent, *each;
	size_t delivered;
};

static void delivered(cpg_handle_t handle, const struct cpg_name *group, uint32_t node,
		      uint32_t pid, void *bytes, size_t length)
{
	struct ring *ring = NULL;

	(void)group;
	(void)bytes;
	(void)length;
	if (cpg_context_get(handle, (void **)&ring) != CS_OK || !ring || node != ring->node ||
	    pid != (uint32_t)getpid())
		return;
	ring->each[ring->delivered] = now_us() - ring->sent[ring->delivered];
	ring->delivered++;
}

static cpg_handle_t join_ring(struct ring *ring)
{
	static cpg_callbacks_t callbacks = { .cpg_deliver_fn = delivered };
	struct cpg_name name = { .length = sizeof(GROUP) - 1, .value = GROUP };
	cpg_handle_t handle;

	if (cpg_initialize(&handle, &callbacks) != CS_OK ||
	    cpg_context_set(handle, ring) != CS_OK || cpg_join(handle, &name) != CS_OK ||
	    (ring && cpg_local_get(handle, &ring->node) != CS_OK))
		die("corosync", "no group can be joined");
	return handle;
}

static int measure_ring(size_t count, size_t window)
{
	char text[MESSAGE_LENGTH] = { 0 };
	struct iovec part = { text, sizeof(text) };
	struct ring ring = { .sent = calloc(count, sizeof(int64_t)),
			     .each = calloc(count, sizeof(int64_t)) };
	cpg_handle_t handle = join_ring(&ring);
	int64_t start = now_us();
	size_t sent = 0;

	while (ring.delivered < count) {
		while (sent < count && sent - ring.delivered < window) {
			ring.sent[sent] = now_us();
			if (cpg_mcast_joined(handle, CPG_TYPE_AGREED, &part, 1) != CS_OK)
				break; /* flow control: after the next delivery */
			sent++;
		}
		if (cpg_dispatch(handle, sent > ring.delivered
						 ? CS_DISPATCH_ONE
						 : CS_DISPATCH_ONE_NONBLOCKING) != CS_OK &&
		    sent > ring.delivered)
			die("corosync", "does not deliver");
	}
	print_figures(ring.each, count, now_us() - start);
	return 0;
}

static int listen_to_ring(void)
{
	cpg_handle_t handle = join_ring(NULL);

	return cpg_dispatch(handle, CS_DISPATCH_BLOCKING) == CS_OK ? 0 : 1;
}

/* ---- clvmd ---- */

static struct cluster *connect_here(void)
{
	const struct context_options options = { .command_line = "cluster_speed" };
	struct context *context;
	struct cluster *cluster;
	struct err err = { 0 };

	if (context_open(&options, &context, &err) || cluster_get(context, &cluster, &err))
		die("clvmd", err.text);
	return cluster;
}

static void take(struct cluster *cluster, const char *resource)
{
	struct err err = { 0 };

	if (cluster_lock(cluster, resource, MODE_EX, NULL, &err))
		die(resource, err.text);
}

static void leave(struct cluster *cluster, const char *resource)
{
	struct err err = { 0 };

	if (cluster_unlock(cluster, resource, 0, &err))
		die(resource, err.text);
}

/* The children begin together, when the parent closes the pipe. */
static void wait_for_start(const int gate[2])
{
	char byte;

	(void)close(gate[1]);
	while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
		;
}

static void lock_often(size_t client, size_t count, const int gate[2], int64_t *each)
{
	struct cluster *cluster = connect_here();
	char resource[32];

	(void)snprintf(resource, sizeof(resource), "V_bench%zu_%d", client, (int)getpid());
	take(cluster, resource); /* warm */
	leave(cluster, resource);
	wait_for_start(gate);
	for (size_t i = 0; i < count; i++) {
		int64_t start = now_us();

		take(cluster, resource);
		leave(cluster, resource);
		each[i] = now_us() - start;
	}
	exit(0);
}

static int measure_locks(size_t count, size_t clients)
{
	size_t size = count * clients * sizeof(int64_t);
	int64_t start,
		*each = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int gate[2], status, failed = 0;

	if (each == MAP_FAILED || pipe(gate) < 0)
		die("memory", strerror(errno));
	for (size_t i = 0; i < clients; i++)
		if (!fork())
			lock_often(i, count, gate, each + i * count);
	(void)sleep(2); /* all are connected and warm */
	start = now_us();
	(void)close(gate[0]);
	(void)close(gate[1]);
	while (wait(&status) > 0)
		failed |= status;
	if (failed)
		return 1;
	print_figures(each, count * clients, now_us() - start);
	return 0;
}

static void hold_some(size_t first, size_t count)
{
	struct cluster *cluster = connect_here();
	char resource[32];

	for (size_t i = first; i < first + count; i++) {
		(void)snprintf(resource, sizeof(resource), "V_bench%08zu", i);
		take(cluster, resource);
	}
	exit(pause());
}

static int hold(size_t count)
{
	(void)setpgid(0, 0);
	for (size_t first = 0; first < count; first += LOCKS_EACH)
		if (!fork())
			hold_some(first, count - first < LOCKS_EACH ? count - first : LOCKS_EACH);
	until_ended();
	while (!ended)
		(void)pause();
	(void)kill(0, SIGKILL);
	return 0;
}

static int longest_gap(void)
{
	struct cluster *cluster = connect_here();
	int64_t longest = 0;

	until_ended();
	while (!ended) {
		int64_t start = now_us();

		take(cluster, "V_bench_gap");
		leave(cluster, "V_bench_gap");
		if (now_us() - start > longest)
			longest = now_us() - start;
	}
	(void)printf("%lld\n", (long long)longest);
	return 0;
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	size_t many = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

	if (!strcmp(what, "ring") && count && many)
		return measure_ring(count, many);
	if (!strcmp(what, "echo"))
		return listen_to_ring();
	if (!strcmp(what, "lock") && count && many)
		return measure_locks(count, many);
	if (!strcmp(what, "hold") && count)
		return hold(count);
	if (!strcmp(what, "gap"))
		return longest_gap();
	(void)fprintf(stderr, "cluster_speed ring|echo|lock|hold|gap [COUNT [WINDOW|CLIENTS]]\n");
	return 2;
}
