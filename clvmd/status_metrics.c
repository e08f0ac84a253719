/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/status_metrics.h"

#include "clvmd/client.h"
#include "clvmd/collect.h"
#include "clvmd/event.h"
#include "clvmd/group.h"
#include "clvmd/operation.h"
#include "clvmd/quorum.h"
#include "clvmd/volumes.h"
#include "clvmd/worker.h"
#include "lib/version.h"

struct lock_counts {
	uint64_t granted, waiting, orphans, exclusive, shared;
};

static bool count_lock(void *data, const struct lock_view *lock)
{
	struct lock_counts *counts = data;

	if (lock->state == LOCK_WAITING) {
		counts->waiting++;
		return true;
	}
	counts->granted++;
	counts->orphans += lock->state == LOCK_ORPHAN;
	if (lock->kind == LOCK_ACTIVATION && lock->mode == MODE_EX)
		counts->exclusive++;
	else if (lock->kind == LOCK_ACTIVATION)
		counts->shared++;
	return true;
}

static void print_locks(struct daemon *d, struct buf *out)
{
	static const char locks[] = "clvmd_locks", volumes[] = "clvmd_volume_activations";
	struct lock_counts counts = { 0 };

	if (d->ls)
		lockspace_each_lock(d->ls, count_lock, &counts);
	metrics_head(out, locks, "gauge", "Locks of all nodes by state.");
	metrics_sample(out, locks, "state", "granted", counts.granted);
	metrics_sample(out, locks, "state", "waiting", counts.waiting);
	metrics_sample(out, locks, "state", "orphan", counts.orphans);
	metrics_head(out, volumes, "gauge",
		     "Activations of clustered logical volumes, on all nodes, by mode.");
	metrics_sample(out, volumes, "mode", "exclusive", counts.exclusive);
	metrics_sample(out, volumes, "mode", "shared", counts.shared);
}

struct member_counts {
	uint64_t states[MEMBER_FENCED + 1];
};

static bool count_member(void *data, const struct member_view *member)
{
	struct member_counts *counts = data;

	if (member->state <= MEMBER_FENCED)
		counts->states[member->state]++;
	return true;
}

static void print_members(struct daemon *d, struct buf *out)
{
	static const char name[] = "clvmd_members";
	struct member_counts counts = { 0 };

	if (d->ls)
		lockspace_each_member(d->ls, count_member, &counts);
	metrics_head(out, name, "gauge", "Nodes of the cluster by state.");
	for (unsigned int state = MEMBER_ABSENT; state <= MEMBER_FENCED; state++)
		metrics_sample(out, name, "state", member_state_name((enum member_state)state),
			       counts.states[state]);
}

static void print_gauges(struct daemon *d, struct buf *out)
{
	struct workers_count workers;
	bool quorate = d->ls && lockspace_is_quorate(d->ls);

	workers_count(d, &workers);
	metrics_head(out, "clvmd_build_info", "gauge", "The version of clvmd; always 1.");
	metrics_sample(out, "clvmd_build_info", "version", CLVM_VERSION, 1);
	metrics_one(out, "clvmd_corosync_connected", "gauge", "Is corosync connected?",
		    group_is_connected(d->group));
	metrics_one(out, "clvmd_quorate", "gauge", "Is the cluster quorate?", quorate);
	metrics_one(out, "clvmd_running", "gauge", "Are locks granted (not paused)?",
		    d->ls && lockspace_is_running(d->ls));
	metrics_one(out, "clvmd_send_queue_bytes", "gauge",
		    "Bytes of messages that corosync has not taken yet.",
		    group_queued_bytes(d->group));
	metrics_one(out, "clvmd_operations_running", "gauge",
		    "Jobs of operations that this node is at.", operations_count(d));
	metrics_one(out, "clvmd_clients_connected", "gauge", "Commands that are connected.",
		    clients_count(d));
	metrics_one(out, "clvmd_workers", "gauge", "Worker processes.", workers.workers);
	metrics_one(out, "clvmd_workers_busy", "gauge", "Worker processes that are at a job.",
		    workers.busy);
	metrics_one(out, "clvmd_workers_late", "gauge",
		    "Worker processes that are past the deadline of their job.", workers.late);
	metrics_one(out, "clvmd_worker_queue_length", "gauge", "Jobs of workers, running or not.",
		    workers.jobs);
	metrics_one(out, "clvmd_events_total", "counter", "Events, of `clvmd events`.",
		    events_total(d));
	metrics_one(out, "clvmd_events_lost_total", "counter",
		    "Events that were not sent to a reader that was too slow.", events_lost(d));
}

/* What this node's kernel says; nothing when it did not say it in time. */
static void print_volumes(struct daemon *d, uint64_t since, struct buf *out)
{
	static const char name[] = "clvmd_volumes_here";
	uint64_t active = 0, suspended = 0, open = 0;
	struct volumes volumes = { .count = 0 };

	if (!collect_facts(d, d->node, since))
		return;
	volumes_gather(d, since, &volumes);
	for (size_t i = 0; i < volumes.cell_count; i++) {
		const struct volume_cell *cell = &volumes.cells[i];

		if (cell->node != d->node)
			continue;
		active += cell->is_active && !cell->is_suspended;
		suspended += cell->is_suspended;
		open += cell->open_count > 0;
	}
	volumes_free(&volumes);
	metrics_head(out, name, "gauge",
		     "Clustered logical volumes in the kernel of this node, by state.");
	metrics_sample(out, name, "state", "active", active);
	metrics_sample(out, name, "state", "suspended", suspended);
	metrics_sample(out, name, "state", "open", open);
}

void status_print_metrics(struct daemon *d, uint64_t since, struct buf *out)
{
	print_gauges(d, out);
	print_members(d, out);
	print_locks(d, out);
	print_volumes(d, since, out);
	metrics_print(&d->metrics, out);
}
