/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shell of a node: what comes of the effects of its lockspace. */
#include <inttypes.h>
#include <string.h>

#include "tests/sim/sim.h"

static struct client *find_client(struct sim *sim, unsigned node, uint64_t number)
{
	for (size_t i = 0; i < SIM_CLIENTS; i++)
		if (sim->client[i].state != CLIENT_NONE && sim->client[i].node == node &&
		    sim->client[i].number == number)
			return &sim->client[i];
	return NULL;
}

static void on_granted(struct sim *sim, unsigned n, const struct effect *effect)
{
	struct client *client;

	sim->grants++;
	if (!effect->client) {
		for (unsigned r = 0; r < SIM_RESOURCES; r++) {
			if (sim->activation[n][r] != effect->request)
				continue;
			check_holders(sim, r, n, sim->activation_mode[n][r], &sim->active[n][r]);
			sim->errored[n][r] = false;
			sim->active[n][r] = sim->activation_mode[n][r];
			sim->activation[n][r] = 0;
		}
		return;
	}
	client = find_client(sim, n, effect->client);
	if (!client)
		return; /* died meanwhile */
	if (client->state != CLIENT_WAITS || client->request != effect->request) {
		sim_fail(sim, "client %" PRIu64 " got an answer it did not ask for",
			 effect->client);
		return;
	}
	check_holders(sim, client->resource, n, client->wanted, client);
	if (client->held == MODE_NL)
		check_fairness(sim, client);
	client->held = client->wanted;
	client->state = CLIENT_HOLDS;
}

static void on_refused(struct sim *sim, unsigned n, const struct effect *effect)
{
	struct client *client;

	if (!effect->client) {
		for (unsigned r = 0; r < SIM_RESOURCES; r++)
			if (sim->activation[n][r] == effect->request)
				sim->activation[n][r] = 0;
		return;
	}
	client = find_client(sim, n, effect->client);
	if (!client || client->request != effect->request || client->state != CLIENT_WAITS)
		return;
	if (!*effect->text)
		sim_fail(sim, "a refusal without a reason (%d)", effect->error);
	client->state = client->held == MODE_NL ? CLIENT_IDLE : CLIENT_HOLDS;
}

static void add_job(struct sim *sim, unsigned n, const struct effect *effect)
{
	for (size_t i = 0; i < SIM_JOBS; i++) {
		struct job *job = &sim->jobs[i];

		if (job->used)
			continue;
		*job = (struct job){ .used = true,
				     .recover = effect->type == EFFECT_RECOVER,
				     .anyway = effect->value & RECOVER_ANYWAY,
				     .node = n,
				     .daemon_number = sim->node[n].daemon_number,
				     .op = effect->op,
				     .phase = effect->phase };
		return;
	}
	sim_fail(sim, "too many jobs");
}

static void on_waiting(struct sim *sim, unsigned n, const struct effect *effect)
{
	struct client *client = find_client(sim, n, effect->client);

	if (!client || client->request != effect->request || client->state != CLIENT_WAITS)
		return;
	client->queued_at = ++sim->clock;
	client->queued_ring = sim->node[n].seen_ring;
	if (!*effect->text)
		sim_fail(sim, "waits, and is not told for whom");
}

/* The shell stops all I/O at once; what is killed and removed follows (ghost_act). */
static void on_ghost(struct sim *sim, unsigned n)
{
	sim_log(sim, "node %u is a ghost", n + 1);
	sim->ghosts++;
	sim->node[n].suspended = 0;
	drop_jobs(sim, n);
	for (unsigned r = 0; r < SIM_RESOURCES; r++)
		sim->errored[n][r] = sim->active[n][r] != MODE_NL;
}

static void on_op_done(struct sim *sim, unsigned n, const struct effect *effect)
{
	struct client *client = find_client(sim, n, effect->client);

	if (!client)
		return;
	switch (effect->phase) {
	case OP_PREPARE:
		if (client->state == CLIENT_PREPARES)
			client->state = effect->error ? CLIENT_HOLDS : CLIENT_PREPARED;
		break;
	case OP_COMMIT:
		if (client->state == CLIENT_COMMITS)
			client->state = effect->error ? CLIENT_PREPARED : CLIENT_MAY_WRITE;
		if (!effect->error)
			sim->commits++;
		break;
	case OP_ABORT:
	case OP_RESUME:
		if (client->state == CLIENT_ENDS)
			client->state = CLIENT_HOLDS;
		break;
	case OP_DO:
	case OP_OUTCOME:
		break;
	}
}

void node_effects(struct sim *sim, unsigned n, const struct effect *effects)
{
	for (const struct effect *at = effects; at; at = at->next) {
		switch (at->type) {
		case EFFECT_SEND:
			group_send(sim, n, at->bytes, at->length);
			break;
		case EFFECT_GRANTED:
			on_granted(sim, n, at);
			break;
		case EFFECT_REFUSED:
			on_refused(sim, n, at);
			break;
		case EFFECT_RUN:
		case EFFECT_RECOVER:
			sim_log(sim, "  node %u: run phase %d of %u.%lu", n + 1, (int)at->phase,
				at->op.node, (unsigned long)at->op.number);
			add_job(sim, n, at);
			break;
		case EFFECT_OP_DONE:
			on_op_done(sim, n, at);
			break;
		case EFFECT_LEAVE:
			if (at->error)
				sim_fail(sim, "node %u leaves: %s", n + 1, at->text);
			else
				sim->node[n].leaving = true;
			break;
		case EFFECT_GHOST:
			on_ghost(sim, n);
			break;
		case EFFECT_STATE:
		case EFFECT_FENCED:
		case EFFECT_LOG:
			sim_log(sim, "  node %u: %s", n + 1, at->text);
			if (strstr(at->text, LOCKSPACE_TABLES_DIFFER))
				sim_fail(sim, "node %u: %s", n + 1, at->text);
			break;
		case EFFECT_WAITING:
			on_waiting(sim, n, at);
			break;
		case EFFECT_OP_RESULT:
			break;
		}
	}
}
