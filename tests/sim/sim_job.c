/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Workers, and the disk. */
#include <inttypes.h>

#include "tests/sim/sim.h"

static void run_phase(struct sim *sim, struct node *node, const struct job *job, struct sim_op *op)
{
	switch (job->phase) {
	case OP_PREPARE:
		node->suspended = job->op.number;
		break;
	case OP_ABORT:
		if (op->written && !op->tainted)
			sim_fail(sim, "node %u goes back although op %" PRIu64 " is on disk",
				 job->node + 1, op->id.number);
		if (node->suspended == job->op.number)
			node->suspended = 0;
		op->resumed_old = true;
		break;
	case OP_RESUME:
		if (!op->written && !op->tainted)
			sim_fail(sim, "node %u resumes to op %" PRIu64 ", which is not on disk",
				 job->node + 1, op->id.number);
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

/* How many areas its node does not see at this moment: paths to disks come and go. */
static uint64_t draw_missing(struct sim *sim)
{
	const uint64_t missing[] = { 0, 0, 0, 1, 2, AREAS_UNREADABLE };

	return sim->healing ? 0 : missing[sim_draw(sim, sizeof(missing) / sizeof(*missing))];
}

static void look(struct sim *sim, const struct job *job, const struct sim_op *op)
{
	struct lockspace *ls = sim->node[job->node].ls;
	uint64_t missing = draw_missing(sim);

	if (!missing || (job->anyway && missing != AREAS_UNREADABLE)) {
		sim->recoveries++;
		node_effects(sim, job->node, lockspace_op_outcome(ls, job->op, op->written));
	} else {
		sim->unclear++;
		node_effects(sim, job->node, lockspace_op_unclear(ls, job->op, missing));
	}
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
		look(sim, job, op);
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
