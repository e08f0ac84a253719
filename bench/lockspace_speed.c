/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	lockspace_speed [LV-LOCKS-PER-NODE [NODES]]
 *
 * How much processor time the lock service itself takes, all nodes in this one process on a bus
 * that orders at once: lock and unlock of a VG while so many LV locks are held, activation, a state
 * transfer and a ring change, each for the whole cluster. The network, corosync and the shell are
 * not in it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clvmd/core/lockspace.h"

#define NODES_MAX 64
#define ROUNDS	  500
#define BATCH	  256 /* LV locks of one request: an activation of a VG */

struct sent {
	struct sent *next;
	uint32_t from;
	size_t length;
	unsigned char bytes[];
};

struct cluster {
	struct lockspace *ls[NODES_MAX + 1];
	uint32_t nodes;
	uint64_t ring, request;
	struct sent *first, **last;
	size_t bytes, messages, granted;
};

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void give_up(const char *what)
{
	(void)fprintf(stderr, "lockspace_speed: %s\n", what);
	exit(1);
}

static void take(struct cluster *cluster, uint32_t on, const struct effect *effects)
{
	for (const struct effect *at = effects; at; at = at->next) {
		struct sent *sent;

		cluster->granted += at->type == EFFECT_GRANTED;
		if (at->type == EFFECT_REFUSED || at->type == EFFECT_LEAVE)
			give_up(at->text);
		if (at->type != EFFECT_SEND)
			continue;
		if (!(sent = malloc(sizeof(*sent) + at->length)))
			give_up("out of memory");
		sent->next = NULL;
		sent->from = on;
		sent->length = at->length;
		memcpy(sent->bytes, at->bytes, at->length);
		*cluster->last = sent;
		cluster->last = &sent->next;
		cluster->bytes += at->length;
		cluster->messages++;
	}
}

static void deliver_all(struct cluster *cluster)
{
	while (cluster->first) {
		struct sent *sent = cluster->first;
		struct event_message event = { sent->from, sent->bytes, sent->length };

		if (!(cluster->first = sent->next))
			cluster->last = &cluster->first;
		for (uint32_t n = 1; n <= cluster->nodes; n++)
			if (cluster->ls[n])
				take(cluster, n, lockspace_message(cluster->ls[n], &event));
		free(sent);
	}
}

static void run(struct cluster *cluster)
{
	do {
		deliver_all(cluster);
		for (uint32_t n = 1; n <= cluster->nodes; n++)
			if (cluster->ls[n])
				take(cluster, n, lockspace_flush(cluster->ls[n]));
	} while (cluster->first);
}

static void ring(struct cluster *cluster, uint32_t n)
{
	uint32_t members[NODES_MAX];
	struct event_ring event = { { 1, cluster->ring }, members, cluster->nodes };
	struct event_quorum quorum = { true, { 1, cluster->ring }, members, cluster->nodes };

	for (uint32_t i = 0; i < cluster->nodes; i++)
		members[i] = i + 1;
	take(cluster, n, lockspace_ring(cluster->ls[n], &event));
	take(cluster, n, lockspace_quorum(cluster->ls[n], &quorum));
}

static void create(struct cluster *cluster, uint32_t n, unsigned char life)
{
	struct nodelist_entry *list = calloc(cluster->nodes, sizeof(*list));
	struct lockspace_options options = { .node = n, .memory_limit = (size_t)1 << 30 };

	memset(options.boot.bytes, (int)n, sizeof(options.boot.bytes));
	memset(options.daemon.bytes, (int)n, sizeof(options.daemon.bytes));
	options.daemon.bytes[0] = life;
	memset(options.lineage_seed.bytes, (int)n, sizeof(options.lineage_seed.bytes));
	if (!list || !(cluster->ls[n] = lockspace_create(&options)))
		give_up("out of memory");
	for (uint32_t i = 0; i < cluster->nodes; i++)
		list[i].node = i + 1;
	take(cluster, n, lockspace_nodelist(cluster->ls[n], list, cluster->nodes));
	free(list);
}

static void join(struct cluster *cluster, uint32_t n)
{
	struct confchg_entry members[NODES_MAX], joined = { .node = n };
	struct event_confchg event = { members, NULL, &joined, 0, 0, 1 };

	for (uint32_t i = 1; i <= cluster->nodes; i++)
		if (cluster->ls[i])
			members[event.member_count++] = (struct confchg_entry){ .node = i };
	for (uint32_t i = 1; i <= cluster->nodes; i++)
		if (cluster->ls[i])
			take(cluster, i, lockspace_confchg(cluster->ls[i], &event));
	ring(cluster, n);
	run(cluster);
}

static void kill_daemon(struct cluster *cluster, uint32_t n)
{
	struct confchg_entry left = { .node = n, .reason = LEAVE_PROCDOWN };
	struct event_confchg event = { NULL, &left, NULL, 0, 1, 0 };

	lockspace_destroy(cluster->ls[n]);
	cluster->ls[n] = NULL;
	for (uint32_t i = 1; i <= cluster->nodes; i++)
		if (cluster->ls[i])
			take(cluster, i, lockspace_confchg(cluster->ls[i], &event));
	run(cluster);
}

/* ---- what is measured ---- */

struct mark_time {
	double at;
	size_t bytes, messages;
};

static struct mark_time begin(const struct cluster *cluster)
{
	return (struct mark_time){ now(), cluster->bytes, cluster->messages };
}

static void end(const struct cluster *cluster, const char *what, struct mark_time from,
		size_t times)
{
	double took = now() - from.at;

	(void)printf("%-34s %10.3f ms each, %10.1f us a node, %9.0f bytes, %6.1f messages\n", what,
		     took * 1e3 / (double)times, took * 1e6 / (double)times / cluster->nodes,
		     (double)(cluster->bytes - from.bytes) / (double)times,
		     (double)(cluster->messages - from.messages) / (double)times);
}

static void lv_name(uint32_t lv, char name[RESOURCE_NAME_MAX])
{
	(void)snprintf(name, RESOURCE_NAME_MAX, "vgvgvgvgvgvgvgvgvgvgvgvgvgvgvgvg%032u", lv);
}

static void activate(struct cluster *cluster, uint32_t n, uint32_t first, uint32_t count)
{
	static char names[BATCH][RESOURCE_NAME_MAX];
	const char *resources[BATCH];
	struct lock_request request = { .request = ++cluster->request,
					.kind = LOCK_ACTIVATION,
					.mode = MODE_CR,
					.command = "clvmd",
					.resources = resources,
					.resource_count = count };
	size_t before = cluster->granted;

	for (uint32_t i = 0; i < count; i++) {
		lv_name(first + i, names[i]);
		resources[i] = names[i];
	}
	take(cluster, n, lockspace_lock(cluster->ls[n], &request));
	run(cluster);
	if (cluster->granted != before + 1)
		give_up("an activation was not granted");
}

static void lock_and_unlock(struct cluster *cluster, uint32_t n)
{
	const char *name = "V_vg";
	struct lock_request request = { .client = 7,
					.request = ++cluster->request,
					.kind = LOCK_COMMAND,
					.mode = MODE_EX,
					.wait = true,
					.command = "lvextend -L+1g vg/lv",
					.resources = &name,
					.resource_count = 1 };
	struct unlock_request release = {
		.client = 7, .kind = LOCK_COMMAND, .resources = &name, .resource_count = 1
	};
	size_t before = cluster->granted;

	take(cluster, n, lockspace_lock(cluster->ls[n], &request));
	run(cluster);
	if (cluster->granted != before + 1)
		give_up("a lock was not granted");
	take(cluster, n, lockspace_unlock(cluster->ls[n], &release));
	run(cluster);
}

static void restart_one(struct cluster *cluster, uint32_t n, uint32_t lvs, unsigned char life)
{
	char name[RESOURCE_NAME_MAX];
	struct mark_time from;

	kill_daemon(cluster, n);
	create(cluster, n, life);
	for (uint32_t lv = 0; lv < lvs; lv++) {
		lv_name(lv, name);
		if (lockspace_adopt(cluster->ls[n], name, MODE_CR, 0, NULL))
			give_up("a lock is not adopted");
	}
	from = begin(cluster);
	join(cluster, n);
	end(cluster, "restart: transfer, claim, running", from, 1);
	if (!lockspace_is_running(cluster->ls[n]))
		give_up("a restarted daemon does not run");
}

static void change_ring(struct cluster *cluster)
{
	struct mark_time from = begin(cluster);

	cluster->ring += 4;
	for (uint32_t n = 1; n <= cluster->nodes; n++)
		ring(cluster, n);
	run(cluster);
	end(cluster, "ring change until it runs again", from, 1);
}

int main(int argc, char **argv)
{
	uint32_t lvs = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
	struct cluster cluster = { .nodes = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 16,
				   .ring = 8 };
	struct mark_time from;

	if (!cluster.nodes || cluster.nodes > NODES_MAX)
		give_up("1 to 64 nodes");
	cluster.last = &cluster.first;
	for (uint32_t n = 1; n <= cluster.nodes; n++) {
		create(&cluster, n, 1);
		join(&cluster, n);
	}
	(void)printf("%u nodes, %u LVs active on each: processor time of all nodes together\n",
		     cluster.nodes, lvs);
	from = begin(&cluster);
	for (int i = 0; i < ROUNDS; i++)
		lock_and_unlock(&cluster, 1);
	end(&cluster, "lock and unlock, empty table", from, ROUNDS);
	from = begin(&cluster);
	for (uint32_t lv = 0; lv < lvs; lv += BATCH)
		for (uint32_t n = 1; n <= cluster.nodes; n++)
			activate(&cluster, n, lv, lvs - lv < BATCH ? lvs - lv : BATCH);
	end(&cluster, "LV lock, 256 in a request", from, (size_t)lvs * cluster.nodes);
	from = begin(&cluster);
	for (int i = 0; i < ROUNDS; i++)
		lock_and_unlock(&cluster, 1);
	end(&cluster, "lock and unlock, full table", from, ROUNDS);
	change_ring(&cluster);
	restart_one(&cluster, cluster.nodes, lvs, 2);
	(void)printf("memory of one table: %.1f MB, %zu locks\n",
		     (double)lockspace_header(cluster.ls[1]).memory_used / 1e6,
		     lockspace_header(cluster.ls[1]).locks);
	for (uint32_t n = 1; n <= cluster.nodes; n++)
		lockspace_destroy(cluster.ls[n]);
	return 0;
}
