/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random schedules of a small cluster. Checked after every step: no two holders in conflict, no
 * node on the old metadata once the new is on disk, copies that have applied equally much are
 * equal. Checked after healing: everything runs, everybody is answered, nothing is left of the
 * dead. A failure prints its seed; `--seed S --schedules 1 --verbose` replays it.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

#define STEPS	   2500
#define STEP_FAULT 15
#define DRAIN_MAX  20000
#define HEAL_ROUND 60
#define PAUSE_MAX  400 /* steps that a node is stopped */

uint64_t sim_draw(struct sim *sim, uint64_t below)
{
	uint64_t value = sim->random += 0x9e3779b97f4a7c15U;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
	value = (value ^ value >> 27) * 0x94d049bb133111ebU;
	return (value ^ value >> 31) % below;
}

void sim_fail(struct sim *sim, const char *fmt, ...)
{
	va_list args;

	if (sim->failed)
		return;
	sim->failed = true;
	va_start(args, fmt);
	printf("seed %" PRIu64 ": ", sim->seed);
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
}

void sim_log(const struct sim *sim, const char *fmt, ...)
{
	va_list args;

	if (!sim->verbose)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
}

/* ---- what a failure looks like ---- */

static bool print_lock(void *data, const struct lock_view *lock)
{
	(void)data;
	printf("    %s %s kind %d state %d node %u client %" PRIu64 " request %" PRIu64 "\n",
	       lock->resource, lock_mode_name(lock->mode), (int)lock->kind, (int)lock->state,
	       lock->node, lock->client, lock->request);
	return true;
}

static bool print_member(void *data, const struct member_view *member)
{
	(void)data;
	printf("    %s %s%s\n", member->name, member_state_name(member->state),
	       member->synced ? " synced" : "");
	return true;
}

static void print_nodes(const struct sim *sim)
{
	for (unsigned n = 0; n < sim->nodes; n++) {
		const struct node *node = &sim->node[n];

		printf("  node %u alive %d daemon %d ring %" PRIu64 "\n", n + 1, node->alive,
		       node->daemon, node->ring ? node->ring->id.seq : 0);
		if (!node->daemon)
			continue;
		lockspace_each_member(node->ls, print_member, NULL);
		lockspace_each_lock(node->ls, print_lock, NULL);
	}
}

/* ---- faults ---- */

static void maybe_start(struct sim *sim, unsigned n)
{
	if (sim->node[n].alive && !sim->node[n].daemon && sim->node[n].ring)
		node_start_daemon(sim, n);
}

/* Everything is there again: it would be dull if it ran only at the end. */
static void mend(struct sim *sim)
{
	unsigned together[SIM_NODES] = { 0 };

	for (unsigned n = 0; n < sim->nodes; n++)
		if (!sim->node[n].alive)
			node_boot(sim, n);
	group_reform(sim, together, 0);
	for (unsigned n = 0; n < sim->nodes; n++)
		maybe_start(sim, n);
}

static void reform(struct sim *sim, bool whole)
{
	unsigned color[SIM_NODES], blip = 0;

	for (unsigned n = 0; n < SIM_NODES; n++)
		color[n] = whole ? 0 : (unsigned)sim_draw(sim, 2);
	if (!sim_draw(sim, 4))
		blip = (unsigned)sim_draw(sim, 1U << sim->nodes);
	sim_log(sim, "ring: %u%u%u%u blip %x", color[0], color[1], color[2], color[3], blip);
	group_reform(sim, color, blip);
}

static void fault(struct sim *sim)
{
	unsigned n = (unsigned)sim_draw(sim, sim->nodes);
	struct node *node = &sim->node[n];

	if (sim->has_lies && node_fence_unclean(sim, n))
		return;
	switch (sim_draw(sim, 13)) {
	case 0:
	case 1:
		reform(sim, false);
		break;
	case 2:
		reform(sim, true);
		break;
	case 3:
	case 4:
	case 5:
		mend(sim);
		break;
	case 6:
		if (node->alive) {
			node_crash(sim, n);
			reform(sim, sim_draw(sim, 2));
		}
		break;
	case 7:
		if (!node->alive)
			node_boot(sim, n);
		else if (node->daemon)
			node_kill_daemon(sim, n);
		break;
	case 8:
		group_flip_quorum(sim, n, sim_draw(sim, 2));
		break;
	case 9:
		node_leave(sim, n);
		break;
	case 10:
		node->paused_until = sim->step + sim_draw(sim, PAUSE_MAX);
		break;
	default:
		(void)node_fence_unclean(sim, n);
		break;
	}
}

static void leave_when_told(struct sim *sim, unsigned n)
{
	if (sim->node[n].daemon && sim->node[n].leaving)
		node_kill_daemon(sim, n);
}

static bool deliver(struct sim *sim, unsigned n)
{
	bool any = group_deliver_one(sim, n);

	leave_when_told(sim, n);
	if (sim->node[n].daemon && (!any || !sim_draw(sim, 3)))
		node_effects(sim, n, lockspace_flush(sim->node[n].ls));
	return any;
}

static void step(struct sim *sim)
{
	unsigned n = (unsigned)sim_draw(sim, sim->nodes);
	bool stands = sim->node[n].paused_until > ++sim->step;

	switch (stands ? STEP_FAULT : sim_draw(sim, 21)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		for (uint64_t i = sim_draw(sim, 4); i > 0; i--)
			(void)group_order_one(sim, n);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		for (uint64_t i = sim_draw(sim, 12); i > 0; i--)
			(void)deliver(sim, n);
		break;
	case 10:
	case 11:
		(void)group_quorum_one(sim, n);
		break;
	case 12:
		(void)job_run_one(sim);
		break;
	case 13:
		activation_act(sim, n);
		break;
	case 14:
		maybe_start(sim, n);
		break;
	case STEP_FAULT:
		if (!sim_draw(sim, sim->calm))
			fault(sim);
		break;
	case 16:
		ghost_act(sim, n);
		break;
	default:
		(void)client_act(sim);
		break;
	}
	sim->running_steps += sim->node[n].daemon && lockspace_is_running(sim->node[n].ls);
	check_all(sim);
}

/* ---- healing ---- */

static bool drain_once(struct sim *sim)
{
	bool any = false;

	for (unsigned n = 0; n < sim->nodes; n++) {
		any |= group_order_one(sim, n);
		any |= group_quorum_one(sim, n);
		any |= deliver(sim, n);
	}
	return any | job_run_one(sim);
}

static void drain(struct sim *sim)
{
	for (int i = 0; i < DRAIN_MAX && !sim->failed; i++) {
		check_all(sim);
		/* ACKs go out at the end of a pass: once more after everything was delivered. */
		if (!drain_once(sim) && !drain_once(sim))
			return;
	}
	sim_fail(sim, "messages never end");
}

static bool none_waits(void *data, const struct lock_view *lock)
{
	struct sim *sim = data;

	sim_fail(sim, "at the end %s %s (state %d) of node %u client %" PRIu64 " is left",
		 lock->resource, lock_mode_name(lock->mode), (int)lock->state, lock->node,
		 lock->client);
	return false;
}

static void heal(struct sim *sim)
{
	unsigned together[SIM_NODES] = { 0 };

	sim->healing = true;
	sim_log(sim, "healing");
	for (unsigned n = 0; n < sim->nodes; n++)
		if (!sim->node[n].alive)
			node_boot(sim, n);
	group_reform(sim, together, 0);
	drain(sim);
	for (unsigned n = 0; n < sim->nodes; n++)
		maybe_start(sim, n);
	drain(sim);
	for (unsigned n = 0; n < sim->nodes; n++)
		maybe_start(sim, n); /* left cleanly meanwhile */
	for (unsigned n = 0; n < sim->nodes; n++)
		group_flip_quorum(sim, n, true);
	for (int round = 0; round < HEAL_ROUND && !sim->failed; round++) {
		drain(sim);
		for (size_t i = 0; i < SIM_CLIENTS; i++)
			client_finish(sim, &sim->client[i]);
		for (unsigned n = 0; n < sim->nodes; n++) {
			activation_act(sim, n);
			ghost_act(sim, n);
			node_settle(sim, n);
		}
	}
}

static void check_end(struct sim *sim)
{
	for (unsigned n = 0; n < sim->nodes && !sim->failed; n++) {
		struct node *node = &sim->node[n];
		char text[2048];

		if (!lockspace_is_running(node->ls)) {
			lockspace_waiting_for(node->ls, text, sizeof(text));
			sim_fail(sim, "at the end node %u does not run: %s", n + 1, text);
		}
	}
	for (size_t i = 0; i < SIM_CLIENTS && !sim->failed; i++)
		if (sim->client[i].state != CLIENT_NONE)
			sim_fail(sim,
				 "at the end client %" PRIu64 " of node %u is in state %d on %s",
				 sim->client[i].number, sim->client[i].node + 1,
				 (int)sim->client[i].state, sim_resources[sim->client[i].resource]);
	for (unsigned n = 0; n < sim->nodes && !sim->failed; n++) {
		struct node *node = &sim->node[n];

		for (unsigned r = 0; r < SIM_RESOURCES; r++)
			if (sim->activation[n][r] || sim->active[n][r] != MODE_NL)
				sim_fail(sim, "at the end activation on node %u is open", n + 1);
		lockspace_each_lock(node->ls, none_waits, sim);
		if (node->suspended)
			sim_fail(sim, "at the end node %u is suspended for op %" PRIu64, n + 1,
				 node->suspended);
	}
}

/* ---- */

static bool run(uint64_t seed, bool verbose, struct sim *totals)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	unsigned together[SIM_NODES] = { 0 };
	bool ok;

	if (!sim)
		abort();
	sim->seed = seed;
	sim->random = seed * 0x2545f4914f6cdd1dU + 1;
	sim->verbose = verbose;
	sim->nodes = 2 + (unsigned)sim_draw(sim, 3);
	sim->two_node = sim->nodes == 2 && sim_draw(sim, 2);
	sim->calm = 3 + sim_draw(sim, 25);
	sim->has_lies = !sim_draw(sim, 3);
	sim->mixed = !sim_draw(sim, 3);
	group_init(sim);
	for (unsigned n = 0; n < sim->nodes; n++)
		node_boot(sim, n);
	group_reform(sim, together, 0);
	for (unsigned n = 0; n < sim->nodes; n++)
		maybe_start(sim, n);
	if (sim_draw(sim, 4))
		drain(sim);
	for (int i = 0; i < STEPS && !sim->failed; i++)
		step(sim);
	if (!sim->failed)
		heal(sim);
	if (!sim->failed)
		check_end(sim);
	ok = !sim->failed;
	if (!ok && verbose)
		print_nodes(sim);
	for (unsigned n = 0; n < sim->nodes; n++)
		lockspace_destroy(sim->node[n].ls);
	group_finish(sim);
	totals->grants += sim->grants;
	totals->comparisons += sim->comparisons;
	totals->commits += sim->commits;
	totals->recoveries += sim->recoveries;
	totals->cuts += sim->cuts;
	totals->lies += sim->lies;
	totals->ghosts += sim->ghosts;
	totals->settled += sim->settled;
	totals->unclear += sim->unclear;
	totals->running_steps += sim->running_steps;
	free(sim);
	return ok;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, schedules = 2500;
	struct sim totals = { 0 };
	bool verbose = false;
	int failures = 0, most = 10;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--schedules") && i + 1 < argc)
			schedules = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--verbose"))
			verbose = true;
		else if (!strcmp(argv[i], "--stop"))
			most = 1;
		else
			return fprintf(stderr,
				       "usage: %s [--seed S] [--schedules N] [--verbose] [--stop]\n",
				       argv[0]),
			       2;
	}
	for (uint64_t i = 0; i < schedules && failures < most; i++)
		failures += !run(seed + i, verbose, &totals);
	printf("%" PRIu64 " schedules: %zu rings, %zu grants, %zu commits, %zu recoveries "
	       "(%zu unclear), %zu lies, %zu ghosts, %zu settled, %zu comparisons, runs %zu%% of the time, "
	       "%d failures\n",
	       schedules, totals.cuts, totals.grants, totals.commits, totals.recoveries,
	       totals.unclear, totals.lies, totals.ghosts, totals.settled, totals.comparisons,
	       totals.running_steps * 100 / (schedules * STEPS + 1), failures);
	return failures ? 1 : 0;
}
