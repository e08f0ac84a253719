/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The feature level: the lowest minor version among the members, changed only by a message (rule
 * 27), so that all know at the same place of the stream what all understand. It is lowered before
 * an older joiner gets the table: every member has acknowledged the new level by then, and what it
 * sent by the old one came before that acknowledgement.
 */
#include "clvmd/core/internal.h"

static bool takes_part(const struct member *member)
{
	return member->present && !member->other_version && member->hello_valid &&
	       !member->refused && member->class == CLASS_IN;
}

uint64_t level_wanted(const struct lockspace *ls)
{
	uint64_t level = ls->minor;

	for (size_t i = 0; i < ls->member_count; i++)
		if (takes_part(ls->members[i]) && ls->members[i]->hello.minor < level)
			level = ls->members[i]->hello.minor;
	return level;
}

/* No other level is on its way, and everybody knows this one. */
bool level_is_settled(const struct lockspace *ls)
{
	return !ls->level_sent && ls->level == level_wanted(ls) &&
	       own_min_acked(ls) >= ls->level_count;
}

/* The lowest synced member says it. */
void level_advance(struct lockspace *ls)
{
	struct message message = { .type = MESSAGE_LEVEL, .number = level_wanted(ls) };

	if (ls->level == message.number || ls->level_sent)
		return;
	ls_send(ls, &message);
	ls->level_sent = true;
}

void table_level(struct lockspace *ls, const struct member *from, const struct message *message)
{
	uint64_t level = message->number;

	if (from == ls->self)
		ls->level_sent = false;
	/* Was sent by who is not the lowest any more: another one decides who gets the table. */
	if (from != lowest_synced(ls))
		return;
	/* Somebody older began to get the table after it was sent. */
	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if ((member->synced || member->loading || member->loaded) && member->minor < level)
			level = member->minor;
	}
	if (level == ls->level)
		return;
	ls->level = level;
	ls->level_count = ls->count;
	ls->ack_due = true;
	ls_log(ls, LOG_LEVEL_INFO, "all members speak protocol %d.%u or later now", PROTOCOL_MAJOR,
	       (unsigned)ls->level);
}
