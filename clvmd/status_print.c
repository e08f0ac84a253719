/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/status_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clvmd/adopt.h"
#include "clvmd/collect.h"
#include "clvmd/event.h"
#include "clvmd/fence.h"
#include "clvmd/freeze.h"
#include "clvmd/group.h"
#include "clvmd/journal.h"
#include "clvmd/names.h"
#include "clvmd/quorum.h"
#include "clvmd/settle.h"
#include "clvmd/status_json.h"
#include "clvmd/status_ops.h"
#include "clvmd/status_volumes.h"
#include "clvmd/worker.h"
#include "lib/proto/client_message.h"
#include "lib/version.h"

#define WAITING_MAX 4096

/* Behind what the lockspace says: what is being done about it. */
static void add_fencing(struct daemon *d, char *text, size_t size)
{
	struct buf lines = { .limit = STATUS_TEXT_MAX };
	size_t used = strlen(text);

	fence_waiting_for(d, &lines);
	if (lines.used)
		(void)snprintf(text + used, size - used, "%s%s",
			       used && text[used - 1] != '\n' ? "\n" : "", lines.data);
	buf_free(&lines);
}

void status_waiting_for(struct daemon *d, char *text, size_t size)
{
	text[0] = '\0';
	if (!d->adopted)
		(void)adopt_waits_for(d, text, size);
	else if (!group_is_connected(d->group))
		(void)snprintf(text, size, "corosync on this node: start it");
	else if (d->ls)
		lockspace_waiting_for(d->ls, text, size);
	add_fencing(d, text, size);
	settle_print(d, text, size);
	workers_print_stuck(d, text, size);
}

/* ---- text ---- */

struct member_print {
	struct daemon *d;
	struct buf *out;
	struct json_object *list;
	uint64_t since; /* answers count from then on */
};

static uint64_t member_since(struct daemon *d, uint32_t node)
{
	return events_member_since(d, node) * QB_TIME_NS_IN_SEC;
}

static bool print_member(void *data, const struct member_view *member)
{
	struct member_print *print = data;
	char since[TIME_TEXT_MAX];

	(void)time_text(member_since(print->d, member->node), false, since);
	buf_printf(print->out, "  %-20s %10u  %-9s%s%s", member->name, member->node,
		   member_state_name(member->state), *since ? "  since " : "", since);
	if (member->state == MEMBER_UP && !member->synced)
		buf_puts(print->out, "  (not synchronised)");
	if (member->is_ghost)
		buf_puts(print->out, "  (written off, but not rebooted)");
	if (member->debts)
		buf_printf(print->out, "  (owes the end of %zu operations)", member->debts);
	buf_puts(print->out, "\n");
	return true;
}

static void print_vg_name(void *data, const struct names_vg *vg)
{
	if (vg->clustered)
		buf_printf(data, " %s", vg->name);
}

static void print_list(struct buf *out, const char *title, struct buf *list)
{
	buf_printf(out, "%s:%s\n", title, list->used ? list->data : " (none)");
	buf_free(list);
}

static void print_waiting(struct daemon *d, struct buf *out)
{
	char text[WAITING_MAX];

	status_waiting_for(d, text, sizeof(text));
	for (char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		buf_printf(out, "Waiting for: %.*s\n", (int)length, line);
		line += length + (line[length] == '\n');
	}
}

struct name_list {
	struct daemon *d;
	struct buf text;
};

static bool add_active_here(void *data, const struct lock_view *lock)
{
	struct name_list *list = data;
	char name[300];

	if (lock->kind == LOCK_ACTIVATION && lock->state != LOCK_WAITING &&
	    lock->node == list->d->node)
		buf_printf(&list->text, " %s",
			   names_lv(list->d->names, lock->resource, name, sizeof(name)));
	return true;
}

static void print_volume_names(struct daemon *d, struct buf *out)
{
	struct name_list list = { d, { .limit = STATUS_TEXT_MAX } };

	if (d->ls)
		lockspace_each_lock(d->ls, add_active_here, &list);
	print_list(out, "Active clustered Logical Volumes", &list.text);
}

static void print_members(struct daemon *d, struct buf *out)
{
	buf_puts(out, "Members:\n");
	if (d->ls)
		lockspace_each_member(d->ls, print_member,
				      &(struct member_print){ d, out, NULL, 0 });
}

void status_print_text(struct daemon *d, struct buf *out)
{
	const char *votes = quorum_votes(d->quorum);
	struct buf list = { .limit = STATUS_TEXT_MAX };
	char fencing[512], frozen[160];

	buf_printf(out, "clvmd (pid  %d) is running...\n", (int)getpid());
	buf_printf(out, "Cluster: %s\n", *d->cluster_name ? d->cluster_name : "(unknown)");
	buf_printf(out, "Node: %s (id %u)\n", *d->node_name ? d->node_name : "(unknown)", d->node);
	buf_printf(out, "Quorum: %s%s%s%s\n", quorum_is_quorate(d->quorum) ? "yes" : "no",
		   *votes ? " (" : "", votes, *votes ? ")" : "");
	buf_printf(out, "Locking: %s\n",
		   d->ls && lockspace_is_running(d->ls) ? "running" : "paused");
	fence_describe(d, fencing, sizeof(fencing));
	buf_printf(out, "Fencing: %s\n", fencing);
	freeze_describe(d, frozen, sizeof(frozen));
	if (*frozen)
		buf_printf(out, "Frozen: %s\n", frozen);
	print_waiting(d, out);
	print_members(d, out);
	status_ops_text(d, out);
	names_each_vg(d->names, print_vg_name, &list);
	print_list(out, "Clustered Volume Groups", &list);
	print_volume_names(d, out);
}

/* ---- JSON ---- */

/* "yes", "no answer" or why not; what is not asked has no answer to give. */
static void add_answer(struct daemon *d, const struct member_view *member, uint64_t since,
		       struct json_object *object)
{
	const struct node_facts *facts = collect_facts(d, member->node, since);
	bool known = facts && !facts->rc;

	put_bool(object, "answered", known);
	put_text(object, "version", known && facts->data.version ? facts->data.version : "");
	put_text(object, "reason", facts ? facts->text : "");
}

static bool add_member(void *data, const struct member_view *member)
{
	struct member_print *print = data;
	struct json_object *object = json_object_new_object();

	put_text(object, "name", member->name);
	put_number(object, "id", member->node);
	put_text(object, "state", member_state_name(member->state));
	put_since(object, "since", member_since(print->d, member->node));
	put_bool(object, "synced", member->synced);
	put_bool(object, "in_nodelist", member->in_nodelist);
	put_bool(object, "in_ring", member->in_ring);
	put_bool(object, "ghost", member->is_ghost);
	put_bool(object, "other_protocol", member->other_version);
	put_number(object, "protocol_major", member->major);
	put_number(object, "protocol_minor", member->minor);
	put_number(object, "debts", member->debts);
	add_answer(print->d, member, print->since, object);
	(void)json_object_array_add(print->list, object);
	return true;
}

static void add_vg(void *data, const struct names_vg *vg)
{
	struct json_object *object;

	if (!vg->clustered)
		return;
	object = json_object_new_object();
	put_text(object, "name", vg->name);
	put_number(object, "seqno", vg->seqno);
	(void)json_object_array_add(data, object);
}

static struct json_object *waiting_list(struct daemon *d)
{
	struct json_object *list = json_object_new_array();
	char text[WAITING_MAX];

	status_waiting_for(d, text, sizeof(text));
	for (char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		(void)json_object_array_add(list, json_object_new_string_len(line, (int)length));
		line += length + (line[length] == '\n');
	}
	return list;
}

static struct json_object *member_list(struct daemon *d, uint64_t since)
{
	struct member_print print = { .d = d, .list = json_object_new_array(), .since = since };

	if (d->ls)
		lockspace_each_member(d->ls, add_member, &print);
	return print.list;
}

static struct json_object *workers_object(struct daemon *d)
{
	struct json_object *object = json_object_new_object();
	struct workers_count count;

	workers_count(d, &count);
	put_number(object, "processes", count.workers);
	put_number(object, "busy", count.busy);
	put_number(object, "late", count.late);
	put_number(object, "jobs", count.jobs);
	return object;
}

void status_print_json(struct daemon *d, uint64_t since, struct buf *out)
{
	struct json_object *status = json_object_new_object();
	struct json_object *vgs = json_object_new_array();

	put_text(status, "version", CLVM_VERSION);
	put_number(status, "protocol", CLIENT_PROTOCOL);
	put_number(status, "pid", (uint64_t)getpid());
	put_text(status, "cluster", d->cluster_name);
	put_text(status, "node", d->node_name);
	put_bool(status, "connected", group_is_connected(d->group));
	put_bool(status, "quorate", quorum_is_quorate(d->quorum));
	put_bool(status, "running", d->ls && lockspace_is_running(d->ls));
	put_text(status, "fence", fence_method_name(fence_method(d)));
	put_add(status, "fencing", fence_json(d));
	put_bool(status, "frozen", freeze_is_on(d));
	put_add(status, "waiting_for", waiting_list(d));
	put_add(status, "members", member_list(d, since));
	names_each_vg(d->names, add_vg, vgs);
	put_add(status, "volume_groups", vgs);
	put_add(status, "operations", status_ops_list(d));
	put_add(status, "workers", workers_object(d));
	status_volumes_json(d, since, status);
	print_json(status, out);
}
