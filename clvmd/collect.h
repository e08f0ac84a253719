/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Collect: what the kernels of all members have, asked for when somebody looks.
 *
 * Each member is asked on its own (JOB_STATE), and not again before it has answered: one that hangs
 * holds up nobody, and has one question open whoever looks how often. Answers stay until the next
 * one; who prints them says from when on they count as fresh.
 */
#ifndef CLVMD_COLLECT_H
#define CLVMD_COLLECT_H

#include "clvmd/daemon.h"
#include "lib/proto/job.h"

struct node_facts {
	uint32_t node;			/* 0: free */
	uint64_t number;		/* of the open question; 0: none */
	uint64_t asked_at, answered_at; /* now_ns(); 0: never */
	int rc;				/* of the answer; data is valid when 0 */
	char text[256];			/* why there is no data */
	struct job_data data;
	struct arena arena; /* of data */
};

struct collect *collect_create(struct daemon *d);
void collect_destroy(struct collect *collect);

/** Ask this node and all members that are up. Their answers call status_arrived(). */
void collect_ask(struct daemon *d);

/** Ask this node only. */
void collect_ask_here(struct daemon *d);

/** Have all whom collect_ask() asked at @since or later answered? */
bool collect_is_complete(const struct daemon *d, uint64_t since);

/** NULL: it has not answered since @since. */
const struct node_facts *collect_facts(const struct daemon *d, uint32_t node, uint64_t since);

/** Is this the number of an open question? */
bool collect_asked(const struct daemon *d, uint64_t number);

/* ---- from carry_out(): false when it is not an answer to a question of ours ---- */

bool collect_result(struct daemon *d, const struct effect *effect);
bool collect_done(struct daemon *d, const struct effect *effect);

#endif
