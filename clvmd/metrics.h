/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metrics: numbers that only grow, counted where things happen, and their text for Prometheus.
 * Names of metrics and labels are an interface: never renamed.
 */
#ifndef CLVMD_METRICS_H
#define CLVMD_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "metadata/base/buf.h"

#define METRICS_BUCKETS 12

enum request_result {
	RESULT_GRANTED = 0, /* locks */
	RESULT_DONE,	    /* operations */
	RESULT_REFUSED,
	RESULT_TIMED_OUT,
	RESULT_CANCELLED,
	RESULT_FAILED,
	REQUEST_RESULTS
};

/* All start at zero. */
struct metrics {
	uint64_t lock_buckets[METRICS_BUCKETS + 1]; /* not cumulated; the last one: longer */
	uint64_t lock_ns;
	uint64_t locks[REQUEST_RESULTS], operations[REQUEST_RESULTS];
	uint64_t messages_sent, messages_received, bytes_sent, bytes_received;
	uint64_t send_retries; /* corosync took a message only later */
	uint64_t jobs, jobs_failed, jobs_late;
	uint64_t clients, clients_turned_away;
};

/** A lock was granted after @ns. */
void metrics_lock_granted(struct metrics *metrics, uint64_t ns);

/* ---- the text ---- */

/** HELP and TYPE of a metric; its samples follow. @type: "gauge", "counter", "histogram". */
void metrics_head(struct buf *out, const char *name, const char *type, const char *help);

/** A sample; @label may be NULL. */
void metrics_sample(struct buf *out, const char *name, const char *label, const char *value,
		    uint64_t number);

/** Head and only sample. */
void metrics_one(struct buf *out, const char *name, const char *type, const char *help,
		 uint64_t number);

/** All that is counted. */
void metrics_print(const struct metrics *metrics, struct buf *out);

#endif
