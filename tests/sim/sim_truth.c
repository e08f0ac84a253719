/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the lockspaces must not contradict: who relies on which lock in all kernels that live, what
 * is on disk, who asked first. (README.md says which rule is checked where.)
 *
 * After a wrong acknowledgement a node is suspect: nobody can say any more who is right, it or the
 * others, until they are one again. Then no two of them may hold what excludes each other.
 */
#include <inttypes.h>
#include <string.h>

#include "tests/sim/sim.h"

/* ---- holders (rule 7) ---- */

static bool is_used(const struct client *client)
{
	return client->state != CLIENT_NONE && client->held != MODE_NL;
}

static bool is_active(const struct sim *sim, unsigned n, unsigned resource)
{
	return sim->active[n][resource] != MODE_NL && !sim->errored[n][resource];
}

/* Both run in one ring: then they are one cluster, whatever was said before. */
static bool are_one(const struct sim *sim, unsigned a, unsigned b)
{
	const struct node *one = &sim->node[a], *other = &sim->node[b];

	return a == b || (one->daemon && other->daemon && one->ring == other->ring &&
			  one->seen_ring == other->seen_ring && lockspace_is_running(one->ls) &&
			  lockspace_is_running(other->ls));
}

static bool may_conflict(const struct sim *sim, unsigned a, unsigned b)
{
	return (sim->suspect[a] || sim->suspect[b]) && !are_one(sim, a, b);
}

void check_holders(struct sim *sim, unsigned resource, unsigned node, enum lock_mode mode,
		   const void *self)
{
	for (size_t i = 0; i < SIM_CLIENTS; i++) {
		const struct client *other = &sim->client[i];

		if (other != self && is_used(other) && other->resource == resource &&
		    !lock_mode_compatible(other->held, mode) &&
		    !may_conflict(sim, node, other->node))
			sim_fail(sim,
				 "%s granted %s to node %u, client %" PRIu64 " of node %u holds %s",
				 sim_resources[resource], lock_mode_name(mode), node + 1,
				 other->number, other->node + 1, lock_mode_name(other->held));
	}
	for (unsigned n = 0; n < sim->nodes; n++)
		if (&sim->active[n][resource] != self && is_active(sim, n, resource) &&
		    !lock_mode_compatible(sim->active[n][resource], mode) &&
		    !may_conflict(sim, node, n))
			sim_fail(sim, "%s granted %s to node %u, active %s on node %u",
				 sim_resources[resource], lock_mode_name(mode), node + 1,
				 lock_mode_name(sim->active[n][resource]), n + 1);
}

/* ---- who asked first (rule 11) ---- */

static bool is_in_ring(const struct sim *sim, unsigned n, uint64_t ring)
{
	const struct node *node = &sim->node[n];

	return node->daemon && node->ring && node->ring->id.seq == ring && node->seen_ring == ring;
}

/*
 * A new request is not granted before one that waited already when it was made, if they exclude
 * each other and no ring has changed since.
 */
void check_fairness(struct sim *sim, const struct client *granted)
{
	for (size_t i = 0; i < SIM_CLIENTS; i++) {
		const struct client *other = &sim->client[i];

		if (other != granted && other->state == CLIENT_WAITS && other->queued_at &&
		    other->resource == granted->resource && other->queued_at < granted->asked_at &&
		    is_in_ring(sim, other->node, other->queued_ring) &&
		    is_in_ring(sim, granted->node, other->queued_ring) &&
		    !lock_mode_compatible(other->wanted, granted->wanted))
			sim_fail(sim,
				 "client %" PRIu64 " of node %u passed client %" PRIu64
				 " of node %u on %s",
				 granted->number, granted->node + 1, other->number, other->node + 1,
				 sim_resources[granted->resource]);
	}
}

/* ---- operations (rule 23) ---- */

struct sim_op *find_op(struct sim *sim, struct op_id id)
{
	struct sim_op *unused = NULL;

	for (size_t i = 0; i < SIM_JOBS; i++) {
		struct sim_op *op = &sim->ops[i];

		if (op->used && op->id.node == id.node && op->id.number == id.number)
			return op;
		if (!op->used && !unused)
			unused = op;
	}
	if (!unused)
		return NULL;
	*unused = (struct sim_op){ .used = true, .id = id };
	for (unsigned n = 0; n < sim->nodes; n++)
		unused->tainted |= sim->suspect[n];
	return unused;
}

/* ---- suspects (rule 19) ---- */

static bool is_table_of(const struct sim *sim, unsigned n)
{
	struct lockspace_header header = lockspace_header(sim->node[n].ls);

	return !memcmp(&header.lineage, &sim->lie_lineage, sizeof(header.lineage));
}

void suspect(struct sim *sim, unsigned acker, unsigned victim)
{
	struct lockspace_header header = lockspace_header(sim->node[acker].ls);
	static const struct daemon_id none;

	sim->lies++;
	/* Of several lineages, or of none yet: their locks may contradict each other. */
	if (sim->lies_open && memcmp(&sim->lie_lineage, &header.lineage, sizeof(none)) != 0)
		header.lineage = none;
	sim->lie_lineage = header.lineage;
	sim->lies_open = true;
	sim->suspect[victim] = true;
	for (size_t i = 0; i < SIM_JOBS; i++)
		sim->ops[i].tainted = true;
}

static bool is_one_cluster(const struct sim *sim)
{
	for (unsigned n = 0; n < sim->nodes; n++) {
		const struct node *node = &sim->node[n];

		if (!node->alive || !node->daemon || node->events || !node->ring ||
		    node->next_entry != node->ring->length || !are_one(sim, 0, n) ||
		    lockspace_hash(node->ls) != lockspace_hash(sim->node[0].ls))
			return false;
	}
	return true;
}

/* Everybody is in, and nobody is a ghost: all that is relied on must agree again. */
static void clear_suspects(struct sim *sim)
{
	if (!sim->lies_open || !is_one_cluster(sim))
		return;
	/* Claims of a formation may contradict each other (rule 20): then nobody else gets it. */
	for (unsigned n = 0; n < sim->nodes && is_table_of(sim, 0); n++)
		for (unsigned r = 0; r < SIM_RESOURCES; r++)
			if (is_active(sim, n, r))
				check_holders(sim, r, n, sim->active[n][r], &sim->active[n][r]);
	for (size_t i = 0; i < SIM_CLIENTS && is_table_of(sim, 0); i++)
		if (is_used(&sim->client[i]))
			check_holders(sim, sim->client[i].resource, sim->client[i].node,
				      sim->client[i].held, &sim->client[i]);
	if (!is_table_of(sim, 0))
		return; /* until all of it is released: see heal() */
	memset(sim->suspect, 0, sizeof(sim->suspect));
	sim->lies_open = false;
}

/* ---- agreement ---- */

/* Copies that are in one ring and have read equally far of it must be equal. */
static void check_agreement(struct sim *sim)
{
	for (unsigned a = 0; a < sim->nodes; a++) {
		const struct node *first = &sim->node[a];

		if (!first->daemon || first->events || !lockspace_is_up(first->ls))
			continue;
		for (unsigned b = a + 1; b < sim->nodes; b++) {
			const struct node *second = &sim->node[b];

			if (!second->daemon || second->events || second->ring != first->ring ||
			    second->next_entry != first->next_entry ||
			    !lockspace_is_running(first->ls) || !lockspace_is_up(second->ls))
				continue;
			sim->comparisons++;
			if (lockspace_hash(first->ls) != lockspace_hash(second->ls))
				sim_fail(sim, "copies of nodes %u and %u differ", a + 1, b + 1);
			else if (!lockspace_is_running(second->ls))
				sim_fail(sim, "node %u runs, node %u does not", a + 1, b + 1);
		}
	}
}

static void check_quorum(struct sim *sim)
{
	for (unsigned n = 0; n < sim->nodes; n++) {
		const struct node *node = &sim->node[n];

		if (node->daemon && lockspace_is_running(node->ls) &&
		    node->quorum_ring < node->seen_ring)
			sim_fail(sim, "node %u runs on the quorum of another ring", n + 1);
	}
}

struct oldest {
	const struct sim *sim;
	unsigned level;
};

static bool look_at_version(void *data, const struct member_view *member)
{
	struct oldest *oldest = data;
	const struct node *node = &oldest->sim->node[member->node - 1];

	if (member->synced && node->daemon &&
	    !memcmp(&member->daemon, &node->daemon_id, sizeof(node->daemon_id)) &&
	    node->minor < oldest->level)
		oldest->level = node->minor;
	return true;
}

/* Nobody is a member that does not understand the level (rule 27). */
static void check_level(struct sim *sim)
{
	for (unsigned n = 0; sim->mixed && n < sim->nodes; n++) {
		const struct node *node = &sim->node[n];
		struct oldest oldest = { sim, UINT16_MAX };

		if (!node->daemon || node->events || node->next_entry != node->ring->length ||
		    !lockspace_is_running(node->ls))
			continue;
		lockspace_each_member(node->ls, look_at_version, &oldest);
		if (lockspace_header(node->ls).level > oldest.level)
			sim_fail(sim, "node %u is at level %u, a member at %u", n + 1,
				 (unsigned)lockspace_header(node->ls).level, oldest.level);
	}
}

void check_all(struct sim *sim)
{
	check_agreement(sim);
	check_quorum(sim);
	check_level(sim);
	clear_suspects(sim);
}
