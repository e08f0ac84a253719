/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients that lock, convert, cancel, prepare, commit and die anywhere; volumes that are active. */
#include <inttypes.h>

#include "tests/sim/sim.h"

const char *const sim_resources[SIM_RESOURCES] = {
	"V_a",
	"V_b",
	"P_global",
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd01",
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd02",
};

#define FIRST_LV 3

void client_forget(struct client *client)
{
	*client = (struct client){ .state = CLIENT_NONE };
}

static enum lock_mode random_mode(struct sim *sim, unsigned resource)
{
	static const enum lock_mode modes[] = { MODE_PR, MODE_EX, MODE_CR, MODE_EX };

	return modes[sim_draw(sim, 2) + (resource >= FIRST_LV ? 2 : 0)];
}

static void ask(struct sim *sim, struct client *client, enum lock_mode mode, bool wait)
{
	const char *name = sim_resources[client->resource];
	struct lock_request request = { .client = client->number,
					.request = ++sim->next_number,
					.kind = LOCK_COMMAND,
					.mode = mode,
					.wait = wait,
					.pid = 1000,
					.command = "lvextend -L+1g",
					.resources = &name,
					.resource_count = 1 };

	if (client->held != MODE_NL && lock_mode_covers(client->held, mode))
		client->held = mode; /* given up by asking */
	client->request = request.request;
	client->asked_at = ++sim->clock;
	client->queued_at = 0;
	client->wanted = mode;
	client->state = CLIENT_WAITS;
	node_effects(sim, client->node, lockspace_lock(sim->node[client->node].ls, &request));
}

static void unlock(struct sim *sim, struct client *client)
{
	const char *name = sim_resources[client->resource];
	struct unlock_request request = { .client = client->number,
					  .kind = LOCK_COMMAND,
					  .resources = &name,
					  .resource_count = 1,
					  .value = client->resource < 2 ? ++sim->next_number : 0 };

	client->held = MODE_NL;
	client->state = CLIENT_IDLE;
	node_effects(sim, client->node, lockspace_unlock(sim->node[client->node].ls, &request));
}

static void op_step(struct sim *sim, struct client *client, enum op_phase phase)
{
	struct op_request request = { .client = client->number,
				      .phase = phase,
				      .needs_running = true,
				      .resource = sim_resources[client->resource],
				      .payload = "payload",
				      .payload_length = 7 };

	if (phase == OP_PREPARE)
		client->op = ++sim->next_number;
	request.number = client->op;
	client->state = phase == OP_PREPARE  ? CLIENT_PREPARES
			: phase == OP_COMMIT ? CLIENT_COMMITS
					     : CLIENT_ENDS;
	node_effects(sim, client->node, lockspace_op(sim->node[client->node].ls, &request));
}

static void write_commit(struct sim *sim, struct client *client)
{
	struct sim_op *op = find_op(sim, (struct op_id){ client->node + 1, client->op });

	if (!op)
		return;
	if (op->resumed_old && !op->tainted)
		sim_fail(sim, "commit of op %" PRIu64 " is written after a member went back",
			 client->op);
	op->written = true;
	client->state = CLIENT_WROTE;
}

void client_kill(struct sim *sim, struct client *client)
{
	unsigned node = client->node;
	uint64_t number = client->number;

	client_forget(client);
	if (sim->node[node].daemon)
		node_effects(sim, node, lockspace_client_gone(sim->node[node].ls, number));
}

static void new_client(struct sim *sim, struct client *client)
{
	client->node = (unsigned)sim_draw(sim, sim->nodes);
	if (!sim->node[client->node].daemon)
		return;
	client->number = ++sim->next_number;
	client->state = CLIENT_IDLE;
	client->held = MODE_NL;
	client->resource = (unsigned)sim_draw(sim, SIM_RESOURCES);
}

/* The next thing that a client does which is not idle; also how it ends when healing. */
void client_finish(struct sim *sim, struct client *client)
{
	if (client->state == CLIENT_NONE)
		return;
	if (!sim->node[client->node].daemon) {
		if (client->state == CLIENT_MAY_WRITE)
			write_commit(sim, client);
		else
			client_forget(client);
		return;
	}
	switch (client->state) {
	case CLIENT_HOLDS:
		unlock(sim, client);
		break;
	case CLIENT_PREPARED:
		op_step(sim, client, OP_ABORT);
		break;
	case CLIENT_MAY_WRITE:
		write_commit(sim, client);
		break;
	case CLIENT_WROTE:
		op_step(sim, client, OP_RESUME);
		break;
	case CLIENT_IDLE:
		client_kill(sim, client);
		break;
	case CLIENT_NONE:
	case CLIENT_WAITS:
	case CLIENT_PREPARES:
	case CLIENT_COMMITS:
	case CLIENT_ENDS:
		break;
	}
}

/* One draw after the other: in which order arguments are evaluated is the compiler's choice, and a
 * seed is to mean the same schedule whatever the compiler. */
static void ask_at_random(struct sim *sim, struct client *client, bool wait)
{
	enum lock_mode mode = random_mode(sim, client->resource);

	ask(sim, client, mode, wait);
}

static void holds_step(struct sim *sim, struct client *client)
{
	switch (sim_draw(sim, 6)) {
	case 0:
		ask_at_random(sim, client, sim_draw(sim, 2));
		break;
	case 1:
	case 2:
	case 3:
		if (client->resource < 2 && client->held == MODE_EX) {
			op_step(sim, client, OP_PREPARE);
			break;
		}
		unlock(sim, client);
		break;
	default:
		unlock(sim, client);
		break;
	}
}

bool client_act(struct sim *sim)
{
	struct client *client = &sim->client[sim_draw(sim, SIM_CLIENTS)];

	if (client->state == CLIENT_NONE)
		new_client(sim, client);
	else if (!sim_draw(sim, 30))
		client_kill(sim, client);
	else if (!sim->node[client->node].daemon)
		client_finish(sim, client);
	else if (client->state == CLIENT_IDLE)
		ask_at_random(sim, client, sim_draw(sim, 4) > 0);
	else if (client->state == CLIENT_HOLDS)
		holds_step(sim, client);
	else if (client->state == CLIENT_PREPARED && sim_draw(sim, 4))
		op_step(sim, client, OP_COMMIT);
	else if (client->state == CLIENT_WAITS && !sim_draw(sim, 8))
		node_effects(sim, client->node,
			     lockspace_cancel(sim->node[client->node].ls, client->number,
					      client->request));
	else
		client_finish(sim, client);
	return true;
}

/* ---- activation ---- */

void activation_release(struct sim *sim, unsigned n, unsigned r)
{
	const char *name = sim_resources[r];
	struct unlock_request release = { .kind = LOCK_ACTIVATION,
					  .resources = &name,
					  .resource_count = 1 };

	sim->active[n][r] = MODE_NL;
	sim->errored[n][r] = false;
	node_effects(sim, n, lockspace_unlock(sim->node[n].ls, &release));
}

void activation_act(struct sim *sim, unsigned n)
{
	unsigned r = FIRST_LV + (unsigned)sim_draw(sim, SIM_RESOURCES - FIRST_LV);
	const char *name = sim_resources[r];
	struct lock_request request = { .kind = LOCK_ACTIVATION,
					.mode = random_mode(sim, r),
					.wait = false,
					.command = "clvmd",
					.resources = &name,
					.resource_count = 1 };

	if (!sim->node[n].daemon || sim->activation[n][r])
		return;
	if (sim->active[n][r] != MODE_NL && (sim->healing || sim_draw(sim, 2))) {
		activation_release(sim, n, r);
		return;
	}
	if (sim->healing)
		return;
	if (sim->active[n][r] != MODE_NL && lock_mode_covers(sim->active[n][r], request.mode))
		sim->active[n][r] = request.mode;
	request.request = ++sim->next_number;
	sim->activation[n][r] = request.request;
	sim->activation_mode[n][r] = request.mode;
	node_effects(sim, n, lockspace_lock(sim->node[n].ls, &request));
}
