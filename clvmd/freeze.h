/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * on_quorum_loss = "freeze" (rule 29): while this node is not in a quorate part of the cluster, its
 * clustered LVs are suspended, so that nothing is written that others do not know of.
 *
 *	THAWED ──quorum or corosync lost──> FROZEN ──the table runs──> THAWING ──all done──> THAWED
 *
 * The file /run/clvm/frozen is there from before the first LV is suspended until the last one is
 * resumed: a daemon that finds it at its start goes on as FROZEN. Suspended LVs are those of the
 * journal of locks; one that a change to it has suspended is left to the end of that change. A VG
 * on which this system itself lies is never frozen: nobody would be there to thaw it.
 */
#ifndef CLVMD_FREEZE_H
#define CLVMD_FREEZE_H

#include "clvmd/daemon.h"
#include "lib/proto/client_message.h"
#include "metadata/base/buf.h"

struct json_object;

enum freeze_phase { FREEZE_PHASE = 1, THAW_PHASE };

struct freezer *freezer_create(struct daemon *d);
void freezer_destroy(struct freezer *freezer);

/** Is a freeze or a thaw due? After each call to the lockspace. */
void freeze_watch(struct daemon *d);
void freeze_tick(struct daemon *d, uint64_t now);

/** A change to an LV has ended, and resumed it: hold it again if it must be. */
void freeze_change_ended(struct daemon *d);

/** "" or a line for the status. */
void freeze_describe(struct daemon *d, char *text, size_t size);
bool freeze_is_on(const struct daemon *d);

/** In the worker. @ret_count: LVs that are frozen now. */
int freeze_work(const struct client_message *message, uint64_t *ret_count,
		struct err *err) MUST_CHECK;

#endif
