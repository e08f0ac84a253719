/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Findings: what is wrong, told from what `clvmd status --json` says. Pure: who calls has gathered
 * all of it. Ids are an interface that others script against: never renamed.
 */
#ifndef CLVMD_FINDINGS_H
#define CLVMD_FINDINGS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "metadata/base/buf.h"

struct findings {
	struct json_object *list; /* of {id, text, remedy, note} */
	size_t count;		  /* without the notes */
};

void findings_init(struct findings *findings);
void findings_free(struct findings *findings);

/** Something to mend, and how. */
void finding_add(struct findings *findings, const char *id, const char *remedy, const char *fmt,
		 ...) __attribute__((format(printf, 4, 5)));

/** Something to know, that is not wrong. */
void finding_note(struct findings *findings, const char *id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** The cluster and its members: corosync, quorum, names, states, versions, debts, fencing. */
void findings_of_cluster(struct findings *findings, struct json_object *status,
			 const char *version);

/**
 * Volumes and operations. What is under way looks wrong for a moment: call it twice, and keep with
 * findings_keep_common() what is there both times.
 */
void findings_of_volumes(struct findings *findings, struct json_object *status);

/** Add all of @others. */
void findings_join(struct findings *findings, const struct findings *others);

/** Drop what @others do not have. */
void findings_keep_common(struct findings *findings, const struct findings *others);

void findings_print(const struct findings *findings, bool json, struct buf *out);

#endif
