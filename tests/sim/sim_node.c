/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes with their kernel and daemon, and an administrator who fences what he has switched off
 * before, unless the schedule has him lie.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

static void set_id(unsigned char bytes[16], unsigned a, unsigned b)
{
	memset(bytes, 0x5a, 16);
	/* The lineage's first half is mixed with the ring's number. */
	bytes[8] = (unsigned char)a;
	bytes[9] = (unsigned char)b;
	bytes[10] = (unsigned char)(b >> 8);
}

void node_start_daemon(struct sim *sim, unsigned n)
{
	struct nodelist_entry nodes[SIM_NODES] = { 0 };
	struct node *node = &sim->node[n];
	struct lockspace_options options = { .node = n + 1 };

	node->minor = sim->mixed ? (uint16_t)(1 + sim_draw(sim, 2)) : 0;
	options.minor = node->minor;

	/* The shell waits for the processes of the daemon before (rule 21). */
	for (size_t i = 0; i < SIM_CLIENTS; i++)
		if (sim->client[i].node == n)
			client_forget(&sim->client[i]);
	node->daemon_number++;
	set_id(options.boot.bytes, n + 1, node->boot);
	set_id(options.daemon.bytes, n + 101, node->daemon_number);
	node->daemon_id = options.daemon;
	set_id(options.lineage_seed.bytes, n + 201, node->daemon_number);
	if (!(node->ls = lockspace_create(&options)))
		abort();
	node->daemon = true;
	node->leaving = false;
	for (unsigned r = 0; r < SIM_RESOURCES; r++) {
		sim->activation[n][r] = 0;
		if (sim->active[n][r] != MODE_NL &&
		    lockspace_adopt(node->ls, sim_resources[r], sim->active[n][r], 0, NULL))
			sim_fail(sim, "cannot adopt");
	}
	for (unsigned i = 0; i < sim->nodes; i++) {
		nodes[i].node = i + 1;
		(void)snprintf(nodes[i].name, sizeof(nodes[i].name), "n%u", i + 1);
	}
	node_effects(sim, n, lockspace_nodelist(node->ls, nodes, sim->nodes));
	group_join(sim, n);
	sim_log(sim, "node %u starts daemon %u", n + 1, node->daemon_number);
}

void drop_jobs(struct sim *sim, unsigned n)
{
	for (size_t i = 0; i < SIM_JOBS; i++)
		if (sim->jobs[i].node == n)
			sim->jobs[i].used = false;
}

void node_kill_daemon(struct sim *sim, unsigned n)
{
	struct node *node = &sim->node[n];

	sim_log(sim, "node %u daemon dies", n + 1);
	group_daemon_gone(sim, n, node->leaving);
	lockspace_destroy(node->ls);
	node->ls = NULL;
	node->daemon = false;
	drop_jobs(sim, n);
	/* A client that waited for an answer gets none and exits; others go on. */
	for (size_t i = 0; i < SIM_CLIENTS; i++)
		if (sim->client[i].node == n && sim->client[i].state != CLIENT_NONE &&
		    sim->client[i].state != CLIENT_HOLDS &&
		    sim->client[i].state != CLIENT_MAY_WRITE)
			client_forget(&sim->client[i]);
}

void node_leave(struct sim *sim, unsigned n)
{
	struct err err = { 0 };

	if (sim->node[n].daemon)
		node_effects(sim, n, lockspace_goodbye(sim->node[n].ls, &err));
}

void node_crash(struct sim *sim, unsigned n)
{
	struct node *node = &sim->node[n];

	if (node->daemon)
		node_kill_daemon(sim, n);
	sim_log(sim, "node %u crashes", n + 1);
	for (size_t i = 0; i < SIM_CLIENTS; i++)
		if (sim->client[i].node == n)
			client_forget(&sim->client[i]);
	for (unsigned r = 0; r < SIM_RESOURCES; r++) {
		sim->active[n][r] = MODE_NL;
		sim->errored[n][r] = false;
		sim->activation[n][r] = 0;
	}
	node->suspended = 0;
	sim->suspect[n] = false;
	node->alive = node->in_group = node->listening = false;
	group_drop(node);
}

void node_boot(struct sim *sim, unsigned n)
{
	struct node *node = &sim->node[n];

	node->boot++;
	node->alive = true;
	node->ring = NULL;
	node->group = 0;
	node->next_entry = 0;
	sim_log(sim, "node %u boots", n + 1);
}

struct look {
	uint32_t unclean, self;
	bool is_ghost;
};

static bool look_for_unclean(void *data, const struct member_view *member)
{
	struct look *look = data;

	if (member->state == MEMBER_UNCLEAN || member->state == MEMBER_ABSENT)
		look->unclean = member->node;
	return true;
}

/* The administrator: switches off what @n calls unclean, then says so. Sometimes he lies. */
bool node_fence_unclean(struct sim *sim, unsigned n)
{
	struct look look = { 0 };
	struct err err = { 0 };
	unsigned victim;
	bool is_lie;

	if (!sim->node[n].daemon || !lockspace_is_quorate(sim->node[n].ls))
		return false;
	lockspace_each_member(sim->node[n].ls, look_for_unclean, &look);
	if (!look.unclean)
		return false;
	victim = look.unclean - 1;
	if (victim == n || (sim->node[victim].alive && sim->node[victim].ring &&
			    sim->node[victim].ring == sim->node[n].ring))
		return false;
	is_lie = sim->has_lies && sim->node[victim].alive && sim_draw(sim, 2);
	if (is_lie)
		suspect(sim, n, victim);
	else if (sim->node[victim].alive)
		node_crash(sim, victim);
	sim_log(sim, "node %u: fence-ack %u%s", n + 1, victim + 1, is_lie ? " (a lie)" : "");
	node_effects(sim, n,
		     lockspace_fenced(sim->node[n].ls,
				      &(struct fence_ack){ .node = victim + 1, .how = "test" },
				      &err));
	return true;
}

/* ---- what a ghost's shell goes on with ---- */

static bool look_for_ghost(void *data, const struct member_view *member)
{
	struct look *look = data;

	if (member->is_ghost && member->node == look->self)
		look->is_ghost = true;
	return true;
}

static bool is_ghost(const struct sim *sim, unsigned n)
{
	struct look look = { .self = n + 1 };

	if (sim->node[n].daemon)
		lockspace_each_member(sim->node[n].ls, look_for_ghost, &look);
	return look.is_ghost;
}

/* Kill one client that has a lock, or remove one volume. */
void ghost_act(struct sim *sim, unsigned n)
{
	if (!is_ghost(sim, n))
		return;
	for (size_t i = 0; i < SIM_CLIENTS; i++)
		if (sim->client[i].state != CLIENT_NONE && sim->client[i].node == n &&
		    sim->client[i].held != MODE_NL) {
			client_kill(sim, &sim->client[i]);
			return;
		}
	for (unsigned r = 0; r < SIM_RESOURCES; r++)
		if (sim->active[n][r] != MODE_NL) {
			activation_release(sim, n, r);
			return;
		}
}

/* ---- the journal: what an earlier daemon left suspended (rules 21, 25) ---- */

struct op_look {
	uint64_t number;
	bool found;
};

static bool look_for_op(void *data, const struct op_view *op)
{
	struct op_look *look = data;

	look->found |= op->op.number == look->number;
	return true;
}

/* Nobody knows the operation any more: the shell reads the disk by itself. */
void node_settle(struct sim *sim, unsigned n)
{
	struct node *node = &sim->node[n];
	struct op_look look = { .number = node->suspended };

	if (!node->suspended || !node->daemon || !lockspace_is_running(node->ls))
		return;
	lockspace_each_op(node->ls, look_for_op, &look);
	for (size_t i = 0; i < SIM_JOBS; i++)
		look.found |= sim->jobs[i].used && sim->jobs[i].op.number == node->suspended;
	for (size_t i = 0; i < SIM_CLIENTS; i++)
		look.found |=
			sim->client[i].state != CLIENT_NONE && sim->client[i].op == node->suspended;
	if (look.found)
		return;
	sim->settled++;
	sim_log(sim, "node %u settles op %u by itself", n + 1, (unsigned)node->suspended);
	node->suspended = 0;
}
