/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sentences for people: who stands in the way of a request, and what a paused table waits for.
 */
#include <stdio.h>
#include <string.h>

#include "clvmd/core/internal.h"

static bool is_lv(const char *resource)
{
	return strncmp(resource, "V_", 2) != 0 && strncmp(resource, "P_", 2) != 0;
}

static const struct lock *first_blocking(const struct lockspace *ls, const struct waiter *waiter,
					 const struct resource **ret_resource)
{
	for (size_t i = 0; i < waiter->count; i++) {
		const struct resource *resource = waiter->resources[i];

		*ret_resource = resource;
		for (const struct lock *at = resource->locks; at; at = at->next) {
			bool is_own = at->node == waiter->node && at->kind == waiter->kind &&
				      at->client == waiter->client;

			if (at->conflict ||
			    (!is_own && !lock_mode_compatible(at->mode, waiter->mode)))
				return at;
		}
		if (ops_block(ls, resource->name, waiter->node, waiter->client, waiter->mode))
			return NULL;
	}
	*ret_resource = NULL;
	return NULL;
}

/* "held exclusively by n2", "active on n1, n2": the shell puts the LV's name in front. */
static const char *text_lv(struct lockspace *ls, const struct resource *resource,
			   const struct lock *blocking, const struct waiter *waiter)
{
	struct buf text = { .limit = RESULT_TEXT_MAX };
	const char *copy, *comma = "";

	if (blocking->conflict) {
		buf_puts(&text, "claimed by more than one node: ");
	} else if (blocking->mode == MODE_EX) {
		copy = ls_printf(ls, "held exclusively by %s%s", member_name(ls, blocking->node),
				 blocking->orphan ? " (its clvmd does not run)" : "");
		return copy;
	} else {
		buf_puts(&text, "active on ");
	}
	for (const struct lock *at = resource->locks; at; at = at->next) {
		if (at->node == waiter->node && at->client == waiter->client &&
		    at->kind == waiter->kind && !at->conflict)
			continue;
		buf_printf(&text, "%s%s", comma, member_name(ls, at->node));
		comma = ", ";
	}
	copy = ls_printf(ls, "%s", text.data ? text.data : "");
	buf_free(&text);
	return copy;
}

/* "vg lock is held EX by node n2 (lvextend, pid 812)" */
static const char *text_named(struct lockspace *ls, const struct resource *resource,
			      const struct lock *blocking)
{
	const char *name = resource->name + 2;
	char command[LOCK_COMMAND_MAX];

	(void)snprintf(command, sizeof(command), "%s", blocking->command);
	command[strcspn(command, " ")] = '\0';
	return ls_printf(ls, "%s lock is held %s by node %s (%s, pid %u)%s", name,
			 lock_mode_name(blocking->mode), member_name(ls, blocking->node),
			 *command ? command : "clvmd", blocking->pid,
			 blocking->orphan ? ", whose clvmd does not run" : "");
}

/* One line for each node that owes the end of @op (rule 24). */
static void print_debts(const struct lockspace *ls, const struct op *op, struct buf *out)
{
	for (size_t i = 0; i < op->target_count; i++)
		if (op->targets[i].pending && op->targets[i].gone)
			buf_printf(out,
				   "a change of %s is not finished on node %s, whose clvmd does "
				   "not run: start it there\n",
				   strncmp(op->resource, "V_", 2) != 0 ? "a volume group"
								       : op->resource + 2,
				   member_name(ls, op->targets[i].node));
}

void text_add_debts(const struct lockspace *ls, const char *resource, struct buf *out)
{
	for (const struct op *op = ls->ops; op; op = op->next)
		if ((op->phase == OP_ABORT || op->phase == OP_RESUME) &&
		    (!resource || !strcmp(op->resource, resource)))
			print_debts(ls, op, out);
}

/* An operation stands in the way: whose end is missing? */
static const char *text_op(struct lockspace *ls, const struct resource *resource)
{
	struct buf debts = { .limit = RESULT_TEXT_MAX };
	const char *text;

	text_add_debts(ls, resource->name, &debts);
	if (debts.used && !debts.failed)
		text = ls_printf(ls, "%.*s", (int)strcspn(debts.data, "\n"), debts.data);
	else
		text = ls_printf(ls, "%s: an operation that was cut short is still being settled",
				 is_lv(resource->name) ? "lv" : resource->name + 2);
	buf_free(&debts);
	return text;
}

const char *text_holders(struct lockspace *ls, const struct waiter *waiter)
{
	const struct resource *resource;
	const struct lock *blocking;

	if (!ls->running)
		return text_paused(ls);
	blocking = first_blocking(ls, waiter, &resource);
	if (blocking && is_lv(resource->name))
		return text_lv(ls, resource, blocking, waiter);
	if (blocking)
		return text_named(ls, resource, blocking);
	if (resource)
		return text_op(ls, resource);
	return "others asked earlier";
}

const char *text_paused(struct lockspace *ls)
{
	char text[RESULT_TEXT_MAX];

	lockspace_waiting_for(ls, text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	return ls_printf(ls, "%s", *text ? text : "the cluster's lock table is settling");
}
