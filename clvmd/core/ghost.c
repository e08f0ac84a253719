/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ghosts (rule 19): nodes that were written off, by a wrong acknowledgement or a fence that did
 * not fence, and still run in the same boot. What they hold was given to others meanwhile, so it
 * is never claimed: their I/O is stopped, their requests end, and they stay outside until they
 * hold nothing any more. Then they come as new: with no lineage and no lock.
 */
#include <errno.h>
#include <string.h>

#include "clvmd/core/internal.h"

/* Was @node written off in the boot that it still runs, and is it not new since? */
bool is_ghost(const struct mark *marks, size_t count, const struct daemon_id *lineage,
	      uint32_t node, const struct hello *hello)
{
	for (size_t i = 0; i < count; i++) {
		if (marks[i].node != node)
			continue;
		/* Any boot that was before the lineage; one that has the lineage came after. */
		if (is_zero(marks[i].boot.bytes) ? !is_same(hello->lineage.bytes, lineage->bytes)
						 : is_same(marks[i].boot.bytes, hello->boot.bytes))
			return hello->holds || !is_zero(hello->lineage.bytes);
	}
	return false;
}

bool is_ghost_in(const struct member *core, const struct member *member)
{
	return is_ghost(core->hello.written_off, core->hello.written_off_count,
			&core->hello.lineage, member->node, &member->hello);
}

void ghost_begin(struct lockspace *ls, const struct member *core)
{
	static const char text[] = "this node was written off as fenced but did not reboot";
	struct effect *effect;

	ls->ghost = true;
	ls->hello_due = true;
	while (ls->own_requests)
		own_refused(ls, ls->own_requests->client, ls->own_requests->request, -ENOLCK, text);
	own_ops_end(ls, -ENOLCK, text);
	/* The others have settled these without this node. */
	ops_free(ls, &ls->carried);
	effect = ls_effect(ls, EFFECT_GHOST);
	effect->node = core->node;
	effect->error = -ENOLCK;
	effect->text = text;
	ls_log(ls, LOG_LEVEL_ERROR,
	       "%s (as %s says): its clustered volumes fail from now on, its commands are ended",
	       text, core->name);
}

void ghost_advance(struct lockspace *ls)
{
	if (!ls->ghost || ls->broken || own_holds(ls))
		return;
	ls->ghost = false;
	ls->lineage = (struct daemon_id){ 0 };
	ls->hello_due = true;
	ls_log(ls, LOG_LEVEL_WARNING,
	       "this node, which was written off, holds nothing any more: it joins as new");
	send_hello_and_state(ls);
}

/* The table's side of a HELLO of one that is not let in. */
void ghost_refuse(struct lockspace *ls, struct member *member)
{
	if (!member->refused)
		ls_log(ls, LOG_LEVEL_ERROR,
		       "node %s was written off as fenced but did not reboot: not let in while it "
		       "has clustered volumes active",
		       member->name);
	member->refused = true;
}

/* It is let in: if it was written off in this boot, that is over. */
void ghost_is_new(struct lockspace *ls, struct member *member, const struct hello *hello)
{
	bool was =
		member->written_off && (is_zero(member->written_off_boot.bytes) ||
					is_same(member->written_off_boot.bytes, hello->boot.bytes));

	if (was && member->refused)
		ls_log(ls, LOG_LEVEL_WARNING,
		       "node %s, which was written off, holds nothing any more: it joins as new",
		       member->name);
	if (was)
		member->written_off = false;
	member->refused = false;
}
