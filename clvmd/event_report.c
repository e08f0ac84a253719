/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/event_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clvmd/event.h"
#include "clvmd/names.h"

#define NS_PER_MS  1000000u
#define NAMES_SIZE EVENT_FIELD_MAX

/* ---- locks ---- */

static void add_lock_event(struct daemon *d, struct asked_lock lock, const char *result,
			   uint64_t ns, const char *reason)
{
	const struct client *client = lock.client;
	char name[300], seconds[32];

	(void)snprintf(seconds, sizeof(seconds), "%" PRIu64 ".%03u", (uint64_t)(ns / SECONDS(1)),
		       (unsigned int)(ns % SECONDS(1) / NS_PER_MS));
	event_add(
		d, EVENT_LOCK, 0,
		event_text("resource", names_resource(d->names, lock.resource, name, sizeof(name))),
		event_text("mode", lock_mode_name(lock.mode)), event_text("result", result),
		event_text("seconds", seconds), event_number("pid", client ? client->pid : 0),
		event_text("command", client ? client->command : "clvmd"),
		event_text("reason", reason));
}

void report_granted(struct daemon *d, struct asked_lock lock)
{
	uint64_t ns = now_ns() - lock.asked_at;

	metrics_lock_granted(&d->metrics, ns);
	if (ns > SLOW_LOCK_NS)
		add_lock_event(d, lock, "granted", ns, "");
}

void report_refused(struct daemon *d, struct asked_lock lock, enum request_result result,
		    const char *reason)
{
	uint64_t ns = now_ns() - lock.asked_at;

	d->metrics.locks[result]++;
	/* Who does not wait, or gives up, has his answer: it is news only when time was lost. */
	if (result == RESULT_TIMED_OUT || ns > SLOW_LOCK_NS)
		add_lock_event(d, lock, result == RESULT_TIMED_OUT ? "timeout" : "refused", ns,
			       reason);
}

/* ---- commits ---- */

static void add_commit(struct daemon *d, uint32_t node, const char *vg, uint64_t seqno)
{
	/* Of another node it is told once; of this one the unlock and the backup tell it. */
	if ((node && node != d->node) || !events_commit_is_known(d, vg, seqno))
		event_add(d, EVENT_COMMIT, node, event_text("vg", vg),
			  event_number("seqno", seqno));
}

void report_unlock(struct daemon *d, const char *resource, uint64_t value)
{
	if (strncmp(resource, "V_", 2) != 0)
		return;
	if (value == LOCK_VALUE_FORGET)
		events_forget_commits(d, resource + 2);
	else if (value > lockspace_value(d->ls, resource))
		add_commit(d, 0, resource + 2, value);
}

/* ---- jobs ---- */

static void join_names(const struct job *job, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; job->lv_names && i < job->lv_count && used < size; i++) {
		int length =
			snprintf(text + used, size - used, "%s%s", i ? "," : "", job->lv_names[i]);

		used += length > 0 ? (size_t)length : 0;
	}
}

static const char *kind_name(const struct job *job, enum job_phase phase)
{
	switch (job->kind) {
	case JOB_RESCAN:
		return "rescan";
	case JOB_QUERY:
		return "query";
	case JOB_ACTIVATE:
		return "activate";
	case JOB_DEACTIVATE:
		return "deactivate";
	case JOB_REFRESH:
		return "refresh";
	case JOB_SUSPEND:
		return phase == JOB_PHASE_PREPARE ? "suspend" : "resume";
	case JOB_RESIZE_FS:
		return "resize file system";
	case JOB_BACKUP:
		return "backup";
	case JOB_CHECK_FS:
		return "check file system";
	case JOB_STATE:
		return "state";
	}
	return "?";
}

static void report_activation(struct daemon *d, const struct job *job, int rc, const char *text)
{
	bool on = job->kind == JOB_ACTIVATE;
	char lvs[NAMES_SIZE];

	join_names(job, lvs, sizeof(lvs));
	event_add(d, on ? EVENT_ACTIVATION : EVENT_DEACTIVATION, 0, event_text("vg", job->vg_name),
		  event_text("lvs", lvs), event_number("count", job->lv_count),
		  event_text("mode", on ? lock_mode_name(job->mode) : ""),
		  event_text("result", rc ? text : "done"));
}

void report_job(struct daemon *d, uint32_t node, const struct job *job, enum job_phase phase,
		int rc, const char *text)
{
	/* Sent to all after a commit; that of this node mostly shows at its unlock already. */
	if (job->kind == JOB_BACKUP && job->seqno)
		add_commit(d, node, job->vg_name, job->seqno);
	if (job->kind == JOB_ACTIVATE || job->kind == JOB_DEACTIVATE)
		report_activation(d, job, rc, text);
	else if (rc)
		event_add(d, EVENT_OPERATION, 0, event_text("kind", kind_name(job, phase)),
			  event_text("vg", job->vg_name), event_text("result", text));
}

void report_recovery(struct daemon *d, const char *vg, bool is_new)
{
	event_add(d, EVENT_RECOVERY, 0, event_text("vg", vg),
		  event_text("metadata", is_new ? "new" : "old"));
}
