/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/freeze.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clvmd/event.h"
#include "clvmd/group.h"
#include "clvmd/journal.h"
#include "clvmd/log.h"
#include "clvmd/operation.h"
#include "clvmd/worker.h"
#include "lib/activate/activate.h"
#include "lib/activate/needs.h"
#include "lib/proto/job.h"

#define FROZEN_PATH   CLVMD_RUN_DIR "/frozen"
#define RETRY_SECONDS 5
#define PAYLOAD_MAX   CLIENT_DATA_MAX
#define VG_NAME_SHOWN 128
#define ARENA_MAX     ((size_t)64 << 20)

enum freeze_state { THAWED, FROZEN, THAWING };

struct freezer {
	enum freeze_state state;
	uint64_t since;	   /* of FROZEN */
	uint64_t retry_at; /* 0: nothing failed */
	size_t jobs;	   /* under way */
	size_t frozen;	   /* LVs, as the jobs of this round answered */
	bool has_run;	   /* the table did, in this daemon's life */
};

/* One worker's job: LVs of one VG. */
struct freeze_job {
	enum freeze_phase phase;
	char vg[VG_NAME_SHOWN];
};

/* ---- the worker's part ---- */

static void take_ids(const char *resource, struct uuid *vg_id, struct uuid *lv_id)
{
	memcpy(vg_id->text, resource, UUID_LENGTH);
	memcpy(lv_id->text, resource + UUID_LENGTH, UUID_LENGTH);
}

/* Does this system lie on one of them? When in doubt it does. */
static bool is_needed(const char *resources, size_t count, struct lv_kernel_state *ret_state)
{
	for (size_t i = 0; i < count; i++, resources += LV_RESOURCE_LENGTH) {
		struct uuid vg_id, lv_id;

		take_ids(resources, &vg_id, &lv_id);
		if (lv_kernel_state_get(&vg_id, &lv_id, ret_state, NULL) ||
		    (ret_state->exists &&
		     device_is_needed_here(ret_state->major, ret_state->minor)))
			return true;
	}
	return false;
}

int freeze_work(const struct client_message *message, uint64_t *ret_count, struct err *err)
{
	const char *resource = message->data;
	size_t count = message->data_length / LV_RESOURCE_LENGTH;
	struct lv_kernel_state state = { 0 };
	struct err one = { 0 };
	int rc = 0;

	*ret_count = 0;
	if (message->phase == FREEZE_PHASE && is_needed(resource, count, &state))
		return err_set(err, EPERM,
			       "this system itself lies on device %s: the volume group is not "
			       "frozen",
			       state.name);
	for (size_t i = 0; i < count; i++, resource += LV_RESOURCE_LENGTH) {
		struct uuid vg_id, lv_id;
		int failed;

		take_ids(resource, &vg_id, &lv_id);
		failed = message->phase == FREEZE_PHASE ? lv_freeze(&vg_id, &lv_id, &one)
							: lv_thaw(&vg_id, &lv_id, &one);
		if (failed && !rc)
			rc = err_set(err, -failed, "%s", one.text);
		else if (!failed)
			++*ret_count;
	}
	return rc;
}

/* ---- jobs ---- */

static void round_ended(struct daemon *d)
{
	struct freezer *freezer = d->freezer;

	if (freezer->state == FROZEN && !freezer->retry_at)
		event_add(d, EVENT_FREEZE, 0, event_number("lvs", freezer->frozen));
	if (freezer->state == FROZEN && !freezer->retry_at)
		log_line(LOG_WARNING, "Frozen: %zu logical volumes are suspended.",
			 freezer->frozen);
	if (freezer->state != THAWING || freezer->retry_at)
		return;
	if (unlink(FROZEN_PATH) && errno != ENOENT)
		log_line(LOG_ERR, "%s: %s", FROZEN_PATH, strerror(errno));
	freezer->state = THAWED;
	event_add(d, EVENT_THAW, 0, event_number("lvs", freezer->frozen));
	log_line(LOG_NOTICE, "Thawed: %zu logical volumes go on.", freezer->frozen);
}

static void job_done(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct freezer *freezer = d->freezer;
	struct freeze_job *job = data;

	freezer->jobs--;
	freezer->frozen += answer->value;
	if (answer->rc)
		log_line(LOG_ERR, "Volume group %s was not %s: %s", job->vg,
			 job->phase == FREEZE_PHASE ? "frozen" : "thawed", answer->text);
	/* What this system lies on stays as it is: there is nothing to try again. */
	if (answer->rc && !(answer->rc == -EPERM && job->phase == FREEZE_PHASE))
		freezer->retry_at = now_ns() + SECONDS(RETRY_SECONDS);
	free(job);
	if (!freezer->jobs)
		round_ended(d);
}

struct collect {
	struct daemon *d;
	enum freeze_phase phase;
	const char **resources; /* of all VGs, to be sorted */
	size_t count, room;
};

struct op_search {
	const char *resource;
	bool found;
};

static bool job_names(const void *payload, size_t length, const char *resource)
{
	struct arena arena = { .limit = ARENA_MAX };
	struct job job;
	bool found = false;

	if (!job_decode(payload, length, &arena, &job, NULL) &&
	    !memcmp(job.vg_id.text, resource, UUID_LENGTH))
		for (size_t i = 0; i < job.lv_count; i++)
			found |= !memcmp(job.lv_ids[i].text, resource + UUID_LENGTH, UUID_LENGTH);
	arena_free(&arena);
	return found;
}

/* Is it suspended by a change that has still to end? */
static bool has_open_change(const struct daemon *d, const char *resource)
{
	enum op_phase phase;
	const void *payload;
	struct op_id op;
	size_t length;

	for (size_t i = 0; journal_op_at(d->journal, i, &op, &phase, &payload, &length); i++)
		if (job_names(payload, length, resource))
			return true;
	return false;
}

static void count_one(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	(void)resource;
	(void)mode;
	(void)name;
	++*(size_t *)data;
}

static void collect_one(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	struct collect *collect = data;

	(void)mode;
	(void)name;
	if (collect->count < collect->room &&
	    !(collect->phase == THAW_PHASE && has_open_change(collect->d, resource)))
		collect->resources[collect->count++] = resource;
}

static int by_resource(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

/* @count resources of one VG. The key is its jobs' queue: in order with changes to it. */
static void submit_vg(struct daemon *d, enum freeze_phase phase, const char *const *resources,
		      size_t count)
{
	struct freeze_job *job = must_alloc(sizeof(*job));
	struct buf payload = { .limit = PAYLOAD_MAX };
	struct client_message message = { .type = CLIENT_WORKER_FREEZE, .phase = phase };
	const char *name = journal_name(d->journal, resources[0]);

	job->phase = phase;
	(void)snprintf(job->vg, sizeof(job->vg), "%.*s", name ? (int)strcspn(name, "/") : 0,
		       name ? name : "");
	for (size_t i = 0; i < count; i++)
		buf_add(&payload, resources[i], LV_RESOURCE_LENGTH);
	message.data = payload.data;
	message.data_length = payload.used;
	d->freezer->jobs++;
	worker_submit(d, job->vg, &message, JOB_SECONDS, job_done, job);
	buf_free(&payload);
}

static void submit(struct daemon *d, enum freeze_phase phase)
{
	struct collect collect = { .d = d, .phase = phase };
	size_t first = 0;

	d->freezer->retry_at = 0;
	d->freezer->frozen = 0;
	journal_each(d->journal, count_one, &collect.room);
	collect.resources = must_alloc((collect.room + 1) * sizeof(*collect.resources));
	journal_each(d->journal, collect_one, &collect);
	qsort(collect.resources, collect.count, sizeof(*collect.resources), by_resource);
	for (size_t i = 1; i <= collect.count; i++)
		if (i == collect.count ||
		    memcmp(collect.resources[i], collect.resources[first], UUID_LENGTH) != 0) {
			submit_vg(d, phase, collect.resources + first, i - first);
			first = i;
		}
	free(collect.resources);
	if (!collect.count && !d->freezer->jobs)
		round_ended(d);
}

/* ---- when ---- */

static bool write_marker(void)
{
	FILE *file = fopen(FROZEN_PATH, "we");
	bool fine = file &&
		    fputs("clustered logical volumes are suspended: quorum was lost\n", file) >= 0;

	if (file && fclose(file))
		fine = false;
	if (!fine)
		log_line(LOG_ERR, "%s cannot be written (%s): nothing is frozen.", FROZEN_PATH,
			 strerror(errno));
	return fine;
}

static bool is_lost(const struct daemon *d)
{
	if (!d->conf.freeze || !d->adopted || !journal_has_lvs(d->journal))
		return false;
	return group_is_connected(d->group)
		       ? lockspace_knows_quorum(d->ls) && !lockspace_is_quorate(d->ls)
		       : d->freezer->has_run;
}

static void freeze(struct daemon *d)
{
	if (!write_marker()) {
		d->freezer->retry_at = now_ns() + SECONDS(RETRY_SECONDS);
		return;
	}
	d->freezer->state = FROZEN;
	d->freezer->since = now_ns();
	log_line(LOG_WARNING, "on_quorum_loss = \"freeze\": clustered logical volumes are being "
			      "suspended until the cluster is quorate and runs again.");
	submit(d, FREEZE_PHASE);
}

static void thaw(struct daemon *d)
{
	d->freezer->state = THAWING;
	submit(d, THAW_PHASE);
}

static void decide(struct daemon *d, void *data)
{
	struct freezer *freezer = d->freezer;
	bool runs = d->ls && lockspace_is_running(d->ls);

	(void)data;
	if (!d->ls)
		return;
	freezer->has_run |= runs;
	if (freezer->state == FROZEN && runs)
		thaw(d);
	else if (freezer->state != FROZEN && is_lost(d) && !freezer->retry_at)
		freeze(d);
}

void freeze_watch(struct daemon *d)
{
	struct freezer *freezer = d->freezer;
	bool runs = lockspace_is_running(d->ls);

	if (freezer->state == FROZEN ? runs : (is_lost(d) || (runs && !freezer->has_run)))
		daemon_defer(d, decide, NULL);
}

void freeze_tick(struct daemon *d, uint64_t now)
{
	struct freezer *freezer = d->freezer;

	if (freezer->retry_at && now >= freezer->retry_at && !freezer->jobs) {
		freezer->retry_at = 0;
		if (freezer->state != THAWED)
			submit(d, freezer->state == FROZEN ? FREEZE_PHASE : THAW_PHASE);
	}
	decide(d, NULL);
}

void freeze_change_ended(struct daemon *d)
{
	if (d->freezer->state == FROZEN)
		submit(d, FREEZE_PHASE);
}

bool freeze_is_on(const struct daemon *d)
{
	return d->freezer->state != THAWED;
}

void freeze_describe(struct daemon *d, char *text, size_t size)
{
	const struct freezer *freezer = d->freezer;

	text[0] = '\0';
	if (freezer->state != THAWED)
		(void)snprintf(text, size,
			       "%zu clustered logical volumes %s, quorum was lost %" PRIu64
			       " s ago",
			       freezer->frozen,
			       freezer->state == FROZEN ? "are suspended" : "are being resumed",
			       (uint64_t)((now_ns() - freezer->since) / SECONDS(1)));
}

struct freezer *freezer_create(struct daemon *d)
{
	struct freezer *freezer = must_alloc(sizeof(*freezer));

	(void)d;
	freezer->since = now_ns();
	if (access(FROZEN_PATH, F_OK))
		return freezer;
	freezer->state = FROZEN;
	log_line(LOG_WARNING, "Logical volumes were frozen for lack of quorum before this start: "
			      "they go on when the cluster is quorate and runs.");
	return freezer;
}

void freezer_destroy(struct freezer *freezer)
{
	if (freezer && freezer->state != THAWED)
		log_line(LOG_WARNING, "Logical volumes stay suspended: the next clvmd resumes "
				      "them when the cluster is quorate.");
	free(freezer);
}
