/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * After a COMMIT whose owner is gone only the disk knows whether the new metadata is committed
 * (rule 23). One member is chosen; its worker looks (recover_look), the answer is sent to all as
 * OUTCOME, and only then the metadata is written again (recover_rewrite). In this order a
 * recoverer that dies in between leaves the disk as it was, and the next one sees the same. A
 * member that does not see all areas leaves it to the others, if one of them sees more.
 */
#ifndef CLVMD_RECOVER_H
#define CLVMD_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/context.h"
#include "lib/proto/job.h"

/* client_message.phase of CLIENT_WORKER_RECOVER. */
enum recover_phase { RECOVER_LOOK = 1, RECOVER_REWRITE };

/** What a look found, and how a worker's answer carries it. */
struct recover_finding {
	bool is_new;	  /* the metadata that the job prepared is committed */
	uint64_t missing; /* metadata areas that are not seen, at least one for each missing PV */
};

static inline uint64_t recover_encode(struct recover_finding finding)
{
	return finding.missing << 1 | finding.is_new;
}
static inline struct recover_finding recover_decode(uint64_t value)
{
	return (struct recover_finding){ .is_new = value & 1, .missing = value >> 1 };
}

/** Changes nothing. */
int recover_look(struct context *context, const struct job *job, struct recover_finding *ret,
		 struct err *err) MUST_CHECK;

/**
 * Write the VG as it is found as a new seqno above all that is on any disk, so that no stale copy
 * or precommitted text can win later.
 */
int recover_rewrite(struct context *context, const struct job *job, struct err *err) MUST_CHECK;

#endif
