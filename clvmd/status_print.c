/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/status_print.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clvmd/fence.h"
#include "clvmd/freeze.h"
#include "clvmd/group.h"
#include "clvmd/journal.h"
#include "clvmd/names.h"
#include "clvmd/quorum.h"
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
		(void)snprintf(text, size,
			       "a worker process: which logical volumes are active on this node");
	else if (!group_is_connected(d->group))
		(void)snprintf(text, size, "corosync on this node: start it");
	else if (d->ls)
		lockspace_waiting_for(d->ls, text, size);
	add_fencing(d, text, size);
}

/* ---- volumes: all LV locks, grouped by LV ---- */

struct volume_lock {
	char resource[LV_RESOURCE_LENGTH + 1];
	uint32_t node;
	enum lock_mode mode;
	bool orphan;
};

struct volumes {
	struct volume_lock *items;
	size_t count, room;
	size_t held, waiting; /* counts of all locks */
};

static bool collect(void *data, const struct lock_view *lock)
{
	struct volumes *volumes = data;
	struct volume_lock *item;

	if (lock->state == LOCK_WAITING) {
		volumes->waiting++;
		return true;
	}
	volumes->held++;
	if (lock->kind != LOCK_ACTIVATION)
		return true;
	if (volumes->count == volumes->room) {
		size_t room = volumes->room ? volumes->room * 2 : 64;
		struct volume_lock *items = realloc(volumes->items, room * sizeof(*items));

		if (!items)
			return false;
		volumes->items = items;
		volumes->room = room;
	}
	item = &volumes->items[volumes->count++];
	(void)snprintf(item->resource, sizeof(item->resource), "%s", lock->resource);
	item->node = lock->node;
	item->mode = lock->mode;
	item->orphan = lock->state == LOCK_ORPHAN;
	return true;
}

static int by_resource(const void *a, const void *b)
{
	const struct volume_lock *left = a, *right = b;
	int order = strcmp(left->resource, right->resource);

	return order ? order : (left->node > right->node) - (left->node < right->node);
}

static void collect_volumes(struct daemon *d, struct volumes *volumes)
{
	*volumes = (struct volumes){ 0 };
	if (d->ls)
		lockspace_each_lock(d->ls, collect, volumes);
	if (volumes->count)
		qsort(volumes->items, volumes->count, sizeof(volumes->items[0]), by_resource);
}

/* ---- text ---- */

static bool print_member(void *data, const struct member_view *member)
{
	buf_printf(data, "  %-20s %10u  %s%s\n", member->name, member->node,
		   member_state_name(member->state),
		   member->synced || member->state != MEMBER_UP ? "" : " (not synchronised)");
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

static void print_volume_names(struct daemon *d, struct buf *out)
{
	struct buf list = { .limit = STATUS_TEXT_MAX };
	struct volumes volumes;
	char name[300];

	collect_volumes(d, &volumes);
	for (size_t i = 0; i < volumes.count; i++)
		if (volumes.items[i].node == d->node)
			buf_printf(
				&list, " %s",
				names_lv(d->names, volumes.items[i].resource, name, sizeof(name)));
	print_list(out, "Active clustered Logical Volumes", &list);
	free(volumes.items);
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
	buf_puts(out, "Members:\n");
	if (d->ls)
		lockspace_each_member(d->ls, print_member, out);
	names_each_vg(d->names, print_vg_name, &list);
	print_list(out, "Clustered Volume Groups", &list);
	print_volume_names(d, out);
}

/* ---- JSON ---- */

static void add_text(struct json_object *object, const char *key, const char *text)
{
	(void)json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, uint64_t number)
{
	(void)json_object_object_add(object, key, json_object_new_uint64(number));
}

static bool add_member(void *data, const struct member_view *member)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "name", member->name);
	add_number(object, "id", member->node);
	add_text(object, "state", member_state_name(member->state));
	(void)json_object_array_add(data, object);
	return true;
}

static void add_vg(void *data, const struct names_vg *vg)
{
	struct json_object *object;

	if (!vg->clustered)
		return;
	object = json_object_new_object();
	add_text(object, "name", vg->name);
	add_number(object, "seqno", vg->seqno);
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

static struct json_object *volume_object(struct daemon *d, const char *resource)
{
	struct json_object *object = json_object_new_object();
	char dashed[UUID_DASHED_SIZE];
	const char *vg, *lv;
	struct uuid id;

	names_lv_parts(d->names, resource, &vg, &lv);
	memcpy(id.text, resource + UUID_LENGTH, UUID_LENGTH);
	add_text(object, "vg", vg);
	add_text(object, "lv", lv);
	add_text(object, "uuid", uuid_format(&id, dashed));
	(void)json_object_object_add(object, "nodes", json_object_new_array());
	return object;
}

static void add_volume_node(struct daemon *d, struct json_object *volume,
			    const struct volume_lock *lock)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "node", lockspace_node_name(d->ls, lock->node));
	add_text(object, "mode", lock_mode_name(lock->mode));
	(void)json_object_object_add(object, "orphan", json_object_new_boolean(lock->orphan));
	(void)json_object_array_add(json_object_object_get(volume, "nodes"), object);
}

static void add_volumes(struct daemon *d, struct json_object *status)
{
	struct json_object *list = json_object_new_array(), *volume = NULL;
	struct volumes volumes;

	collect_volumes(d, &volumes);
	for (size_t i = 0; i < volumes.count; i++) {
		const struct volume_lock *lock = &volumes.items[i];

		if (!i || strcmp(lock->resource, lock[-1].resource) != 0) {
			volume = volume_object(d, lock->resource);
			(void)json_object_array_add(list, volume);
		}
		add_volume_node(d, volume, lock);
	}
	(void)json_object_object_add(status, "volumes", list);
	add_number(status, "locks_held", volumes.held);
	add_number(status, "locks_waiting", volumes.waiting);
	free(volumes.items);
}

/* The object is used up. */
static void print_object(struct json_object *object, struct buf *out)
{
	buf_puts(out, json_object_to_json_string_ext(
			      object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	buf_puts(out, "\n");
	(void)json_object_put(object);
}

void status_print_json(struct daemon *d, struct buf *out)
{
	struct json_object *status = json_object_new_object();
	struct json_object *members = json_object_new_array(), *vgs = json_object_new_array();

	add_text(status, "version", CLVM_VERSION);
	add_number(status, "protocol", CLIENT_PROTOCOL);
	add_number(status, "pid", (uint64_t)getpid());
	add_text(status, "cluster", d->cluster_name);
	add_text(status, "node", d->node_name);
	(void)json_object_object_add(status, "quorate",
				     json_object_new_boolean(quorum_is_quorate(d->quorum)));
	(void)json_object_object_add(status, "running",
				     json_object_new_boolean(d->ls && lockspace_is_running(d->ls)));
	add_text(status, "fence", fence_method_name(fence_method(d)));
	(void)json_object_object_add(status, "fencing", fence_json(d));
	(void)json_object_object_add(status, "frozen", json_object_new_boolean(freeze_is_on(d)));
	(void)json_object_object_add(status, "waiting_for", waiting_list(d));
	if (d->ls)
		lockspace_each_member(d->ls, add_member, members);
	(void)json_object_object_add(status, "members", members);
	names_each_vg(d->names, add_vg, vgs);
	(void)json_object_object_add(status, "volume_groups", vgs);
	add_volumes(d, status);
	print_object(status, out);
}

/* ---- locks ---- */

struct lock_print {
	struct daemon *d;
	struct json_object *list; /* JSON */
	struct buf *out;	  /* text */
};

/* Of a wall clock in nanoseconds: for people in local time, for programs in ISO 8601, UTC. */
static void format_since(uint64_t since, bool json, char *text, size_t size)
{
	time_t seconds = (time_t)(since / 1000000000U);
	struct tm parts = { 0 };

	text[0] = '\0';
	if (!since || !(json ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)))
		return;
	(void)strftime(text, size, json ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M:%S", &parts);
}

static bool print_lock(void *data, const struct lock_view *lock)
{
	struct lock_print *print = data;
	const char *state = lock->state == LOCK_WAITING ? "waiting" : "granted";
	const char *node = lockspace_node_name(print->d->ls, lock->node);
	struct json_object *object;
	char name[300], since[32];

	format_since(lock->since, print->list, since, sizeof(since));
	if (!print->list) {
		buf_printf(print->out, "%-40s %-2s  %-7s  %s  since %s",
			   names_resource(print->d->names, lock->resource, name, sizeof(name)),
			   lock_mode_name(lock->mode), state, node, *since ? since : "unknown");
		if (lock->kind == LOCK_COMMAND)
			buf_printf(print->out, "  pid %u  %s", lock->pid, lock->command);
		buf_puts(print->out,
			 lock->state == LOCK_ORPHAN ? "  (its clvmd does not run)\n" : "\n");
		return true;
	}
	object = json_object_new_object();
	add_text(object, "resource", lock->resource);
	add_text(object, "name",
		 names_resource(print->d->names, lock->resource, name, sizeof(name)));
	add_text(object, "mode", lock_mode_name(lock->mode));
	add_text(object, "state", state);
	add_text(object, "node", node);
	add_number(object, "pid", lock->pid);
	add_text(object, "command", lock->command ? lock->command : "");
	(void)json_object_object_add(object, "since",
				     *since ? json_object_new_string(since) : NULL);
	(void)json_object_array_add(print->list, object);
	return true;
}

void status_print_locks(struct daemon *d, bool json, struct buf *out)
{
	struct lock_print print = { .d = d, .out = out };

	if (json)
		print.list = json_object_new_array();
	if (d->ls)
		lockspace_each_lock(d->ls, print_lock, &print);
	if (json)
		print_object(print.list, out);
}
