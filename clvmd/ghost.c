/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/ghost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/carry_out.h"
#include "clvmd/client.h"
#include "clvmd/journal.h"
#include "clvmd/log.h"
#include "clvmd/worker.h"

#define BATCH_MAX	  ((size_t)512 << 10) /* bytes of one job */
#define GHOST_JOB_SECONDS 60

/* The LVs of one VG, a line each: resource, name. */
struct batch {
	struct batch *next;
	char vg[256];
	struct buf lines;
};

struct batches {
	struct daemon *d;
	struct batch *first;
};

static size_t count_gone(const struct worker_answer *answer)
{
	return answer->length / LV_RESOURCE_LENGTH;
}

/* What is removed from the kernel needs no lock any more. */
static void release(struct daemon *d, const struct worker_answer *answer)
{
	size_t count = count_gone(answer);
	char(*names)[LV_RESOURCE_LENGTH + 1] = must_alloc((count + 1) * sizeof(*names));
	const char **gone = must_alloc((count + 1) * sizeof(*gone));
	struct unlock_request request = { .kind = LOCK_ACTIVATION,
					  .resources = gone,
					  .resource_count = count };
	struct err err;

	for (size_t i = 0; i < count; i++) {
		memcpy(names[i], (const char *)answer->data + i * LV_RESOURCE_LENGTH,
		       LV_RESOURCE_LENGTH);
		gone[i] = names[i];
		journal_remove(d->journal, gone[i]);
	}
	if (count && journal_write(d->journal, &err))
		log_line(LOG_ERR, "%s", err.text);
	if (count)
		carry_out(d, lockspace_unlock(d->ls, &request));
	free(gone);
	free(names);
}

/* The others have settled the operations that had devices suspended here. */
static void forget_operations(struct daemon *d)
{
	enum op_phase phase;
	const void *payload;
	struct op_id op;
	size_t length;

	while (journal_op_at(d->journal, 0, &op, &phase, &payload, &length))
		journal_op_remove(d->journal, op);
}

static void batch_done(struct daemon *d, void *data, const struct worker_answer *answer)
{
	(void)data;
	d->ghost.jobs--;
	if (answer->rc) {
		log_line(LOG_ERR, "Volumes of a node that was written off still work: %s",
			 answer->text);
		d->ghost.failed = true;
	}
	release(d, answer);
	if (d->ghost.jobs)
		return;
	if (!d->ghost.failed)
		forget_operations(d);
	d->ghost.again_at = now_ns() + SECONDS(GHOST_AGAIN_SECONDS);
}

static void submit(struct daemon *d, struct batch *batch)
{
	struct client_message message = { .type = CLIENT_WORKER_ERROR,
					  .data = batch->lines.data,
					  .data_length = batch->lines.used };

	if (batch->lines.used) {
		d->ghost.jobs++;
		worker_submit(d, batch->vg, &message, GHOST_JOB_SECONDS, batch_done, NULL);
	}
	batch->lines.used = 0;
}

static struct batch *batch_of(struct batches *batches, const char *name)
{
	struct batch *batch = batches->first;
	size_t length = strcspn(name, "/");

	while (batch && (strlen(batch->vg) != length || memcmp(batch->vg, name, length) != 0))
		batch = batch->next;
	if (batch)
		return batch;
	batch = must_alloc(sizeof(*batch));
	(void)snprintf(batch->vg, sizeof(batch->vg), "%.*s", (int)length, name);
	batch->lines.limit = 2 * BATCH_MAX;
	batch->next = batches->first;
	batches->first = batch;
	return batch;
}

static void add_lv(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	struct batches *batches = data;
	struct batch *batch = batch_of(batches, name);

	(void)mode;
	buf_printf(&batch->lines, "%s %s\n", resource, name);
	if (batch->lines.used > BATCH_MAX)
		submit(batches->d, batch);
}

/* One job per VG, in the VG's queue: behind what is being done to its volumes. */
static void stop_volumes(struct daemon *d)
{
	struct batches batches = { .d = d };

	d->ghost.failed = false;
	journal_each(d->journal, add_lv, &batches);
	while (batches.first) {
		struct batch *batch = batches.first;

		batches.first = batch->next;
		submit(d, batch);
		buf_free(&batch->lines);
		free(batch);
	}
	if (!d->ghost.jobs)
		d->ghost.again_at = now_ns() + SECONDS(GHOST_AGAIN_SECONDS);
}

void ghost_stop(struct daemon *d, const struct effect *effect)
{
	log_line(LOG_CRIT, "%s: all its clustered volumes fail from now on.", effect->text);
	d->ghost.on = true;
	clients_kill_with_locks(d, effect->text);
	stop_volumes(d);
}

static bool look_at_self(void *data, const struct member_view *member)
{
	struct daemon *d = data;

	if (member->node == d->node)
		d->ghost.on = member->is_ghost;
	return true;
}

void ghost_tick(struct daemon *d, uint64_t now)
{
	if (!d->ghost.on || d->ghost.jobs || now < d->ghost.again_at)
		return;
	lockspace_each_member(d->ls, look_at_self, d);
	if (d->ghost.on)
		stop_volumes(d);
}
