/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/status_ops.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clvmd/collect.h"

#define MOMENT_NS SECONDS(1) /* what ends within it is not worth a line */

static const char *phase_text(const struct op_view *op)
{
	switch (op->phase) {
	case OP_PREPARE:
		return "prepared";
	case OP_COMMIT:
		return "committed";
	case OP_ABORT:
		return "undone";
	case OP_RESUME:
		return "resuming";
	case OP_OUTCOME:
		return "settled";
	case OP_DO:
		break;
	}
	return "job";
}

static const char *vg_of(const struct op_view *op)
{
	return strncmp(op->resource, "V_", 2) ? op->resource : op->resource + 2;
}

/* Names of the members that have not answered, joined by commas. */
static void pending_names(struct daemon *d, const struct op_view *op, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < op->target_count && used < size; i++) {
		int length;

		if (!op->targets[i].is_pending)
			continue;
		length = snprintf(text + used, size - used, "%s%s", used ? "," : "",
				  lockspace_node_name(d->ls, op->targets[i].node));
		used += length > 0 ? (size_t)length : 0;
	}
}

/* What keeps it from its end. */
static void print_wait(struct daemon *d, const struct op_view *op, char *text, size_t size)
{
	const char *owner = lockspace_node_name(d->ls, op->op.node);
	char names[512];

	pending_names(d, op, names, sizeof(names));
	if (op->is_abandoned && op->recoverer)
		(void)snprintf(text, size, "its command is gone; node %s reads the disk",
			       lockspace_node_name(d->ls, op->recoverer));
	else if (op->is_abandoned)
		(void)snprintf(text, size,
			       "its command is gone; waits until node %s is back or fenced", owner);
	else if (*names)
		(void)snprintf(text, size, "waits for %s", names);
	else
		(void)snprintf(text, size, "waits for its command on %s", owner);
}

static bool is_question(struct daemon *d, const struct op_view *op)
{
	return op->phase == OP_DO && op->op.node == d->node && collect_asked(d, op->op.number);
}

/* ---- JSON ---- */

struct op_print {
	struct daemon *d;
	struct json_object *list;
	struct buf *out;
	uint64_t now; /* CLOCK_REALTIME */
};

static struct json_object *pending_list(struct daemon *d, const struct op_view *op)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < op->target_count; i++)
		if (op->targets[i].is_pending)
			(void)json_object_array_add(
				list, json_object_new_string(
					      lockspace_node_name(d->ls, op->targets[i].node)));
	return list;
}

static bool add_op(void *data, const struct op_view *op)
{
	struct op_print *print = data;
	struct json_object *object;
	char reason[700];

	if (is_question(print->d, op))
		return true;
	object = json_object_new_object();
	put_text(object, "node", lockspace_node_name(print->d->ls, op->op.node));
	put_text(object, "vg", vg_of(op));
	put_text(object, "phase", phase_text(op));
	put_since(object, "since", op->since);
	put_bool(object, "suspended", op->is_suspended);
	put_bool(object, "owed", op->is_owed);
	put_bool(object, "abandoned", op->is_abandoned);
	put_add(object, "waits_for", pending_list(print->d, op));
	print_wait(print->d, op, reason, sizeof(reason));
	put_text(object, "reason", reason);
	(void)json_object_array_add(print->list, object);
	return true;
}

struct json_object *status_ops_list(struct daemon *d)
{
	struct op_print print = { .d = d, .list = json_object_new_array() };

	if (d->ls)
		lockspace_each_op(d->ls, add_op, &print);
	return print.list;
}

/* ---- text ---- */

static uint64_t real_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * QB_TIME_NS_IN_SEC + (uint64_t)now.tv_nsec;
}

static bool print_op(void *data, const struct op_view *op)
{
	struct op_print *print = data;
	char reason[700], since[TIME_TEXT_MAX];

	if (is_question(print->d, op) || (op->since && print->now < op->since + MOMENT_NS))
		return true;
	print_wait(print->d, op, reason, sizeof(reason));
	buf_printf(print->out, "Operation: of %s%s%s, %s since %s: %s\n",
		   lockspace_node_name(print->d->ls, op->op.node),
		   *op->resource ? " on volume group " : "", vg_of(op),
		   op->is_owed ? "owed" : phase_text(op), time_text(op->since, false, since),
		   reason);
	return true;
}

void status_ops_text(struct daemon *d, struct buf *out)
{
	struct op_print print = { .d = d, .out = out, .now = real_ns() };

	if (d->ls)
		lockspace_each_op(d->ls, print_op, &print);
}

/* ---- why suspended ---- */

struct why {
	struct daemon *d;
	const char *vg;
	char *text;
	size_t size;
};

static bool explain(void *data, const struct op_view *op)
{
	struct why *why = data;
	char since[TIME_TEXT_MAX], reason[700];

	if (!op->is_suspended || strcmp(vg_of(op), why->vg) != 0)
		return true;
	print_wait(why->d, op, reason, sizeof(reason));
	(void)snprintf(why->text, why->size, "for a change of %s, %s since %s: %s",
		       lockspace_node_name(why->d->ls, op->op.node), phase_text(op),
		       time_text(op->since, false, since), reason);
	return false;
}

void status_why_suspended(struct daemon *d, const char *vg, char *text, size_t size)
{
	struct why why = { d, vg, text, size };

	text[0] = '\0';
	if (d->ls)
		lockspace_each_op(d->ls, explain, &why);
}
