/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/settle.h"

#include <stdlib.h>
#include <string.h>

#include "clvmd/event_report.h"
#include "clvmd/journal.h"
#include "clvmd/log.h"
#include "clvmd/operation.h"
#include "clvmd/recover.h"
#include "clvmd/worker.h"
#include "lib/job/job_run.h"

struct settling {
	struct op_id op;
	char *key;
	size_t length;
	unsigned char payload[];
};

static void free_settling(struct settling *settling)
{
	free(settling->key);
	free(settling);
}

static void settled(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct settling *settling = data;

	if (answer->rc)
		log_line(LOG_ERR, "%s: what a restart interrupted could not be settled: %s",
			 settling->key, answer->text);
	else
		journal_op_remove(d->journal, settling->op);
	free_settling(settling);
}

static void settle_looked(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct settling *settling = data;
	struct client_message message = { .type = CLIENT_WORKER_RUN,
					  .phase = answer->value ? JOB_PHASE_RESUME
								 : JOB_PHASE_ABORT,
					  .data = settling->payload,
					  .data_length = settling->length };

	if (answer->rc) {
		settled(d, data, answer);
		return;
	}
	log_line(LOG_WARNING, "%s: a change that a restart interrupted is settled: %s metadata.",
		 settling->key, answer->value ? "new" : "old");
	report_recovery(d, settling->key, answer->value != 0);
	worker_submit(d, settling->key, &message, JOB_SECONDS, settled, settling);
}

static void settle(struct daemon *d, struct op_id op, const void *payload, size_t length)
{
	struct client_message message = { .type = CLIENT_WORKER_RECOVER,
					  .phase = RECOVER_LOOK,
					  .data = payload,
					  .data_length = length };
	struct arena arena = { .limit = (size_t)64 << 20 };
	struct settling *settling;
	struct job job;
	struct err err;

	if (job_decode(payload, length, &arena, &job, &err)) {
		log_line(LOG_ERR, "%s/ops: %s", CLVMD_RUN_DIR, err.text);
		arena_free(&arena);
		return;
	}
	settling = must_alloc(sizeof(*settling) + length);
	settling->op = op;
	settling->key = must_strdup(job.vg_name ? job.vg_name : "");
	settling->length = length;
	memcpy(settling->payload, payload, length);
	worker_submit(d, settling->key, &message, JOB_SECONDS, settle_looked, settling);
	arena_free(&arena);
}

void settle_tick(struct daemon *d, uint64_t now)
{
	enum op_phase phase;
	struct op_id op;
	const void *payload;
	size_t length;

	if (d->settled || !d->ls || !lockspace_is_up(d->ls))
		return;
	if (!d->up_since)
		d->up_since = now;
	if (now - d->up_since < SECONDS(SETTLE_SECONDS))
		return;
	d->settled = true;
	for (size_t i = 0; journal_op_at(d->journal, i, &op, &phase, &payload, &length); i++)
		if (!operation_is_running(d, op) && journal_op_is_old(d->journal, op))
			settle(d, op, payload, length);
}
