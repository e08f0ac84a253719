/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes with their kernel, daemon, clients and workers; the disk; and an administrator who fences
 * only what he has switched off before. Here are the truths that the lockspaces must not
 * contradict: who relies on which lock, and which metadata is on disk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

const char *const sim_resources[SIM_RESOURCES] = {
	"V_a",
	"V_b",
	"P_global",
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd01",
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd02",
};

#define FIRST_LV 3

/* ---- truths ---- */

static bool is_used(const struct client *client)
{
	return client->state != CLIENT_NONE && client->held != MODE_NL;
}

/* At most one holder in an incompatible mode, over all kernels that live (rule 7). */
static void check_holders(struct sim *sim, unsigned resource, unsigned node, enum lock_mode mode,
			  const void *self)
{
	for (size_t i = 0; i < SIM_CLIENTS; i++) {
		const struct client *other = &sim->client[i];

		if (other != self && is_used(other) && other->resource == resource &&
		    !lock_mode_compatible(other->held, mode))
			sim_fail(sim, "%s granted %s to node %u, client %lu of node %u holds %s",
				 sim_resources[resource], lock_mode_name(mode), node + 1,
				 (unsigned long)other->number, other->node + 1,
				 lock_mode_name(other->held));
	}
	for (unsigned n = 0; n < sim->nodes; n++)
		if (&sim->active[n][resource] != self && sim->active[n][resource] != MODE_NL &&
		    !lock_mode_compatible(sim->active[n][resource], mode))
			sim_fail(sim, "%s granted %s to node %u, active %s on node %u",
				 sim_resources[resource], lock_mode_name(mode), node + 1,
				 lock_mode_name(sim->active[n][resource]), n + 1);
}

static struct client *find_client(struct sim *sim, unsigned node, uint64_t number)
{
	for (size_t i = 0; i < SIM_CLIENTS; i++)
		if (sim->client[i].state != CLIENT_NONE && sim->client[i].node == node &&
		    sim->client[i].number == number)
			return &sim->client[i];
	return NULL;
}

static struct sim_op *find_op(struct sim *sim, struct op_id id)
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
	return unused;
}

/* ---- effects ---- */

static void on_granted(struct sim *sim, unsigned n, const struct effect *effect)
{
	struct client *client;

	sim->grants++;
	if (!effect->client) {
		for (unsigned r = 0; r < SIM_RESOURCES; r++) {
			if (sim->activation[n][r] != effect->request)
				continue;
			check_holders(sim, r, n, sim->activation_mode[n][r], &sim->active[n][r]);
			sim->active[n][r] = sim->activation_mode[n][r];
			sim->activation[n][r] = 0;
		}
		return;
	}
	client = find_client(sim, n, effect->client);
	if (!client)
		return; /* died meanwhile */
	if (client->state != CLIENT_WAITS || client->request != effect->request) {
		sim_fail(sim, "client %lu got an answer it did not ask for",
			 (unsigned long)effect->client);
		return;
	}
	check_holders(sim, client->resource, n, client->wanted, client);
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
				     .node = n,
				     .daemon_number = sim->node[n].daemon_number,
				     .op = effect->op,
				     .phase = effect->phase };
		return;
	}
	sim_fail(sim, "too many jobs");
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
		case EFFECT_STATE:
		case EFFECT_FENCED:
		case EFFECT_LOG:
			sim_log(sim, "  node %u: %s", n + 1, at->text);
			break;
		case EFFECT_WAITING:
		case EFFECT_OP_RESULT:
			break;
		}
	}
}

/* ---- daemons and kernels ---- */

static void set_id(unsigned char bytes[16], unsigned a, unsigned b)
{
	memset(bytes, 0x5a, 16);
	/* The lineage's first half is mixed with the ring's number. */
	bytes[8] = (unsigned char)a;
	bytes[9] = (unsigned char)b;
	bytes[10] = (unsigned char)(b >> 8);
}

static void forget_client(struct client *client)
{
	*client = (struct client){ .state = CLIENT_NONE };
}

void node_start_daemon(struct sim *sim, unsigned n)
{
	struct nodelist_entry nodes[SIM_NODES] = { 0 };
	struct node *node = &sim->node[n];
	struct lockspace_options options = { .node = n + 1 };

	/* The shell waits for the processes of the daemon before (rule 21). */
	for (size_t i = 0; i < SIM_CLIENTS; i++)
		if (sim->client[i].node == n)
			forget_client(&sim->client[i]);
	node->daemon_number++;
	set_id(options.boot.bytes, n + 1, node->boot);
	set_id(options.daemon.bytes, n + 101, node->daemon_number);
	set_id(options.lineage_seed.bytes, n + 201, node->daemon_number);
	if (!(node->ls = lockspace_create(&options)))
		abort();
	node->daemon = true;
	node->leaving = false;
	node->started_suspended = node->suspended;
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

static void drop_jobs(struct sim *sim, unsigned n)
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
			forget_client(&sim->client[i]);
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
			forget_client(&sim->client[i]);
	for (unsigned r = 0; r < SIM_RESOURCES; r++) {
		sim->active[n][r] = MODE_NL;
		sim->activation[n][r] = 0;
	}
	node->suspended = node->started_suspended = 0;
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
	uint32_t unclean;
};

static bool look_for_unclean(void *data, const struct member_view *member)
{
	struct look *look = data;

	if (member->state == MEMBER_UNCLEAN || member->state == MEMBER_ABSENT)
		look->unclean = member->node;
	return true;
}

/* The administrator: switches off what @n calls unclean, then says so. */
bool node_fence_unclean(struct sim *sim, unsigned n)
{
	struct look look = { 0 };
	struct err err = { 0 };
	unsigned victim;

	if (!sim->node[n].daemon || !lockspace_is_quorate(sim->node[n].ls))
		return false;
	lockspace_each_member(sim->node[n].ls, look_for_unclean, &look);
	if (!look.unclean)
		return false;
	victim = look.unclean - 1;
	if (victim == n || (sim->node[victim].alive && sim->node[victim].ring &&
			    sim->node[victim].ring == sim->node[n].ring))
		return false;
	if (sim->node[victim].alive)
		node_crash(sim, victim);
	sim_log(sim, "node %u: fence-ack %u", n + 1, victim + 1);
	node_effects(sim, n,
		     lockspace_fenced(sim->node[n].ls,
				      &(struct fence_ack){ .node = victim + 1, .how = "test" },
				      &err));
	return true;
}

/* ---- clients ---- */

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
	if (op->resumed_old)
		sim_fail(sim, "commit of op %lu is written after a member went back",
			 (unsigned long)client->op);
	op->written = true;
	client->state = CLIENT_WROTE;
}

void client_kill(struct sim *sim, struct client *client)
{
	unsigned node = client->node;
	uint64_t number = client->number;

	forget_client(client);
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
			forget_client(client);
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

static void holds_step(struct sim *sim, struct client *client)
{
	switch (sim_draw(sim, 6)) {
	case 0:
		ask(sim, client, random_mode(sim, client->resource), sim_draw(sim, 2));
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
		ask(sim, client, random_mode(sim, client->resource), sim_draw(sim, 4) > 0);
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
	struct unlock_request release = { .kind = LOCK_ACTIVATION,
					  .resources = &name,
					  .resource_count = 1 };

	if (!sim->node[n].daemon || sim->activation[n][r])
		return;
	if (sim->active[n][r] != MODE_NL && (sim->healing || sim_draw(sim, 2))) {
		sim->active[n][r] = MODE_NL;
		node_effects(sim, n, lockspace_unlock(sim->node[n].ls, &release));
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

/* ---- workers ---- */

static void run_phase(struct sim *sim, struct node *node, const struct job *job, struct sim_op *op)
{
	switch (job->phase) {
	case OP_PREPARE:
		node->suspended = job->op.number;
		break;
	case OP_ABORT:
		if (op->written)
			sim_fail(sim, "node %u goes back although op %lu is on disk", job->node + 1,
				 (unsigned long)op->id.number);
		if (node->suspended == job->op.number)
			node->suspended = 0;
		op->resumed_old = true;
		break;
	case OP_RESUME:
		if (!op->written)
			sim_fail(sim, "node %u resumes to op %lu, which is not on disk",
				 job->node + 1, (unsigned long)op->id.number);
		if (node->suspended == job->op.number)
			node->suspended = 0;
		op->resumed_new = true;
		break;
	case OP_DO:
	case OP_COMMIT:
	case OP_OUTCOME:
		break;
	}
}

/* Of one operation a node's phases run in order. */
static struct job *first_of(struct sim *sim, struct job *job)
{
	struct job *first = job;

	for (size_t i = 0; i < SIM_JOBS; i++) {
		struct job *other = &sim->jobs[i];

		if (other->used && other->node == job->node && !other->recover &&
		    other->op.node == job->op.node && other->op.number == job->op.number &&
		    other->phase == OP_PREPARE)
			first = other;
	}
	return first;
}

bool job_run_one(struct sim *sim)
{
	struct job *job = NULL;
	size_t start = sim_draw(sim, SIM_JOBS);
	struct op_result result = { 0 };
	struct sim_op *op;

	for (size_t i = 0; i < SIM_JOBS && !job; i++)
		if (sim->jobs[(start + i) % SIM_JOBS].used)
			job = &sim->jobs[(start + i) % SIM_JOBS];
	if (!job)
		return false;
	job = first_of(sim, job);
	job->used = false;
	if (!(op = find_op(sim, job->op)))
		return true;
	if (job->recover) {
		sim->recoveries++;
		node_effects(sim, job->node,
			     lockspace_op_outcome(sim->node[job->node].ls, job->op, op->written));
		return true;
	}
	run_phase(sim, &sim->node[job->node], job, op);
	sim_log(sim, "  node %u: ran phase %d of %u.%lu", job->node + 1, (int)job->phase,
		job->op.node, (unsigned long)job->op.number);
	result.op = job->op;
	result.phase = job->phase;
	result.text = "";
	node_effects(sim, job->node, lockspace_op_result(sim->node[job->node].ls, &result));
	return true;
}
