/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define NS_PER_US 1000u
#define NS_PER_S  1000000000u

/* Upper bounds in microseconds: from one ordered message to somebody's long command. */
static const uint64_t bounds_us[METRICS_BUCKETS] = { 500,     1000,    2500,	 5000,
						     10000,   25000,   100000,	 250000,
						     1000000, 5000000, 30000000, 60000000 };

void metrics_lock_granted(struct metrics *metrics, uint64_t ns)
{
	size_t i = 0;

	while (i < METRICS_BUCKETS && ns > bounds_us[i] * NS_PER_US)
		i++;
	metrics->lock_buckets[i]++;
	metrics->lock_ns += ns;
	metrics->locks[RESULT_GRANTED]++;
}

/* ---- text ---- */

void metrics_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* As the exposition format wants label values. */
static void print_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			buf_puts(out, "\\n");
		else if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else
			buf_add_short(out, text, 1);
	}
}

void metrics_sample(struct buf *out, const char *name, const char *label, const char *value,
		    uint64_t number)
{
	buf_puts(out, name);
	if (label && value) {
		buf_printf(out, "{%s=\"", label);
		print_escaped(out, value);
		buf_puts(out, "\"}");
	}
	buf_printf(out, " %" PRIu64 "\n", number);
}

void metrics_one(struct buf *out, const char *name, const char *type, const char *help,
		 uint64_t number)
{
	metrics_head(out, name, type, help);
	metrics_sample(out, name, NULL, NULL, number);
}

/* @us as seconds, without zeros at the end: 0.0005, 1, 60. */
static void print_seconds(uint64_t us, char text[24])
{
	char digits[24];
	size_t end;

	(void)snprintf(digits, sizeof(digits), "%06" PRIu64, us % 1000000);
	for (end = 6; end && digits[end - 1] == '0'; end--)
		digits[end - 1] = '\0';
	(void)snprintf(text, 24, "%" PRIu64 "%s%.6s", us / 1000000, end ? "." : "", digits);
}

static void print_histogram(const struct metrics *metrics, struct buf *out)
{
	static const char name[] = "clvmd_lock_wait_seconds";
	uint64_t count = 0;
	char bound[24];

	metrics_head(out, name, "histogram", "Time from the request of a lock to its grant.");
	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		count += metrics->lock_buckets[i];
		print_seconds(bounds_us[i], bound);
		buf_printf(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, bound, count);
	}
	count += metrics->lock_buckets[METRICS_BUCKETS];
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
	buf_printf(out, "%s_sum %" PRIu64 ".%09" PRIu64 "\n", name, metrics->lock_ns / NS_PER_S,
		   metrics->lock_ns % NS_PER_S);
	buf_printf(out, "%s_count %" PRIu64 "\n", name, count);
}

static void print_results(struct buf *out, const char *name, const char *help,
			  const uint64_t counts[REQUEST_RESULTS], unsigned int which)
{
	static const char *const results[REQUEST_RESULTS] = {
		[RESULT_GRANTED] = "granted",	  [RESULT_DONE] = "done",
		[RESULT_REFUSED] = "refused",	  [RESULT_TIMED_OUT] = "timeout",
		[RESULT_CANCELLED] = "cancelled", [RESULT_FAILED] = "failed",
	};

	metrics_head(out, name, "counter", help);
	for (unsigned int i = 0; i < REQUEST_RESULTS; i++)
		if (which & 1u << i)
			metrics_sample(out, name, "result", results[i], counts[i]);
}

void metrics_print(const struct metrics *metrics, struct buf *out)
{
	static const struct {
		const char *name, *help;
		size_t offset;
	} counters[] = {
		{ "clvmd_messages_sent_total", "Messages sent to the group.",
		  offsetof(struct metrics, messages_sent) },
		{ "clvmd_messages_received_total", "Messages delivered by the group, own ones too.",
		  offsetof(struct metrics, messages_received) },
		{ "clvmd_sent_bytes_total", "Bytes of messages sent.",
		  offsetof(struct metrics, bytes_sent) },
		{ "clvmd_received_bytes_total", "Bytes of messages delivered.",
		  offsetof(struct metrics, bytes_received) },
		{ "clvmd_send_retries_total",
		  "Times that corosync did not take a message at once (flow control).",
		  offsetof(struct metrics, send_retries) },
		{ "clvmd_worker_jobs_total", "Jobs answered by worker processes.",
		  offsetof(struct metrics, jobs) },
		{ "clvmd_worker_jobs_failed_total", "Of them, failed.",
		  offsetof(struct metrics, jobs_failed) },
		{ "clvmd_worker_jobs_late_total", "Jobs that passed their deadline.",
		  offsetof(struct metrics, jobs_late) },
		{ "clvmd_clients_total", "Connections of commands.",
		  offsetof(struct metrics, clients) },
		{ "clvmd_clients_turned_away_total", "Connections refused: max_clients.",
		  offsetof(struct metrics, clients_turned_away) },
	};

	print_histogram(metrics, out);
	print_results(out, "clvmd_lock_requests_total", "Requests for locks by their result.",
		      metrics->locks,
		      1u << RESULT_GRANTED | 1u << RESULT_REFUSED | 1u << RESULT_TIMED_OUT |
			      1u << RESULT_CANCELLED);
	print_results(out, "clvmd_operations_total",
		      "Operations begun by commands of this node, by their result.",
		      metrics->operations,
		      1u << RESULT_DONE | 1u << RESULT_FAILED | 1u << RESULT_TIMED_OUT);
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		metrics_one(out, counters[i].name, "counter", counters[i].help,
			    *(const uint64_t *)((const char *)metrics + counters[i].offset));
}
