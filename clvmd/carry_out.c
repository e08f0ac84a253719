/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/carry_out.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "clvmd/collect.h"
#include "clvmd/event.h"
#include "clvmd/fence.h"
#include "clvmd/freeze.h"
#include "clvmd/ghost.h"
#include "clvmd/group.h"
#include "clvmd/log.h"
#include "clvmd/operation.h"
#include "clvmd/request.h"
#include "clvmd/start.h"

static void flush(struct daemon *d, void *data)
{
	(void)data;
	if (d->ls)
		carry_out(d, lockspace_flush(d->ls)); /* pending still: does not ask for itself */
	d->flush_pending = false;
	start_check(d);
}

static void leave(struct daemon *d, void *data)
{
	(void)data;
	group_leave(d->group);
	daemon_stop(d, d->stopping ? 0 : 1);
}

static void lock_answered(struct daemon *d, const struct effect *effect, bool granted)
{
	if (!effect->client) {
		operation_lock_answered(d, effect, granted);
		return;
	}
	if (granted ? request_granted(d, effect) : request_refused(d, effect))
		return;
	log_line(LOG_DEBUG, "An answer to request %" PRIu64 ", which nobody waits for.",
		 effect->request);
}

static void leave_wanted(struct daemon *d, const struct effect *effect)
{
	/* Rule 28: not an exit of the LVs; the others see a dead daemon, our LVs stay locked. */
	log_line(d->stopping ? LOG_INFO : LOG_CRIT, "Leaving the group: %s",
		 effect->text ? effect->text : "");
	event_add(d, EVENT_STOP, 0, event_text("reason", effect->text));
	if (!d->stopping)
		(void)log_write_blackbox(CLVMD_BLACKBOX_PATH, NULL);
	daemon_defer(d, leave, NULL);
}

static void carry_out_one(struct daemon *d, const struct effect *effect)
{
	const char *text = effect->text ? effect->text : "";

	switch (effect->type) {
	case EFFECT_SEND:
		group_send(d->group, effect->bytes, effect->length);
		return;
	case EFFECT_GRANTED:
		lock_answered(d, effect, true);
		return;
	case EFFECT_REFUSED:
		lock_answered(d, effect, false);
		return;
	case EFFECT_WAITING:
		request_waiting(d, effect);
		return;
	case EFFECT_RUN:
		operation_run(d, effect);
		return;
	case EFFECT_OP_RESULT:
		if (!collect_result(d, effect))
			request_op_result(d, effect);
		return;
	case EFFECT_OP_DONE:
		if (!collect_done(d, effect))
			request_op_done(d, effect);
		return;
	case EFFECT_RECOVER:
		operation_recover(d, effect);
		return;
	case EFFECT_GHOST:
		ghost_stop(d, effect);
		return;
	case EFFECT_STATE:
		log_line(LOG_NOTICE, "%s", text);
		return;
	case EFFECT_FENCED:
		fence_confirmed(d, effect->node, text);
		return;
	case EFFECT_LEAVE:
		leave_wanted(d, effect);
		return;
	case EFFECT_LOG:
		log_line(effect->level, "%s", text);
		return;
	}
}

void carry_out(struct daemon *d, const struct effect *effects)
{
	bool members_changed = false;

	assert(!d->carrying_out);
	d->carrying_out = true;
	for (const struct effect *effect = effects; effect; effect = effect->next) {
		members_changed |= effect->type == EFFECT_STATE && effect->node;
		carry_out_one(d, effect);
	}
	d->carrying_out = false;
	events_watch(d, members_changed);
	fence_watch(d);
	freeze_watch(d);
	if (!d->flush_pending)
		daemon_defer(d, flush, NULL);
	d->flush_pending = true;
}
