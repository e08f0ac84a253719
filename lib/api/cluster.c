/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cluster's part of the API: lvm2app_cluster.h. */
#include "lib/api/lvm2app_cluster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/activate/activate.h"
#include "lib/api/handle.h"
#include "lib/cluster_private.h"

/* Unlike LVM2's functions these have a number for the daemon that is not there. */
static int fail(struct lvm *library, const struct err *err)
{
	if (err->code == -EHOSTDOWN || err->code == -EAGAIN)
		return api_error(library, -err->code, "%s", err->text);
	return api_fail(library, err);
}

/* ---- nodes ---- */

int lvm_cluster_is_running(lvm_t libh)
{
	return CHECK_LIBRARY(libh) ? cluster_is_running(libh->context) : -1;
}

static int list_members(struct lvm *library, struct cluster_members *members, struct err *err)
{
	struct cluster *cluster;
	int rc;

	if ((rc = cluster_get(library->context, &cluster, err)))
		return rc;
	return cluster_list_members(cluster, members, err);
}

static bool add_member(struct lvm *library, struct dm_list *list,
		       const struct cluster_member *member)
{
	struct lvm_cluster_member_list *item = arena_new(&library->arena, __typeof__(*item));

	if (!item || !(item->name = api_strdup(library, &library->arena, member->node_name)) ||
	    !(item->state = api_strdup(library, &library->arena, member->state))) {
		(void)api_error(library, ENOMEM, "Out of memory.");
		return false;
	}
	item->node_id = member->node;
	item->is_local = member->is_local;
	item->takes_part = member->takes_part;
	dm_list_add(list, &item->list);
	return true;
}

struct dm_list *lvm_cluster_list_members(lvm_t libh)
{
	struct cluster_members members = { .arena.limit = MEMBER_RESULTS_LIMIT };
	struct dm_list *list = NULL;
	struct err err = { 0 };

	if (!CHECK_LIBRARY(libh))
		return NULL;
	if (list_members(libh, &members, &err))
		(void)fail(libh, &err);
	else
		list = api_list(libh, &libh->arena);
	for (size_t i = 0; list && i < members.count; i++)
		if (!add_member(libh, list, &members.items[i]))
			list = NULL;
	cluster_members_free(&members);
	return list;
}

/* ---- where an LV is active ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct lv_holder *)a)->node_name,
		      ((const struct lv_holder *)b)->node_name);
}

/* Those of @lv alone are left, sorted by node. Returns 0 or -1. */
static int find_holders(struct logical_volume *lv, struct lv_holders *holders)
{
	struct lvm *library = lv->handle.library;
	struct cluster *cluster;
	struct err err = { 0 };
	size_t count = 0;

	if (!lv_of(lv))
		return -1;
	if (!vg_is_clustered(lv->vg->session.vg))
		return api_error(library, EINVAL, "Volume group %s is not clustered.",
				 lv->vg->session.vg->name);
	if (cluster_get(library->context, &cluster, &err) ||
	    cluster_lv_holders(cluster, holders, &err))
		return fail(library, &err);
	for (size_t i = 0; i < holders->count; i++)
		if (uuid_equal(&holders->items[i].lv_id, &lv->id))
			holders->items[count++] = holders->items[i];
	holders->count = count;
	if (count)
		qsort(holders->items, count, sizeof(*holders->items), compare_names);
	return 0;
}

struct dm_list *lvm_cluster_lv_list_nodes(lv_t lv)
{
	struct lv_holders holders = { .arena.limit = MEMBER_RESULTS_LIMIT };
	struct dm_list *list = NULL;

	if (!CHECK_LV(lv))
		return NULL;
	if (!find_holders(lv, &holders))
		list = api_list(lv->handle.library, &lv->vg->arena);
	for (size_t i = 0; list && i < holders.count; i++)
		if (!api_list_add_text(lv->handle.library, &lv->vg->arena, list,
				       holders.items[i].node_name))
			list = NULL;
	lv_holders_free(&holders);
	return list;
}

int lvm_cluster_lv_is_exclusive(lv_t lv)
{
	struct lv_holders holders = { .arena.limit = MEMBER_RESULTS_LIMIT };
	int result = -1;

	if (!CHECK_LV(lv))
		return -1;
	if (!find_holders(lv, &holders))
		result = holders.count == 1 && holders.items[0].mode == MODE_EX;
	lv_holders_free(&holders);
	return result;
}

int lvm_cluster_lv_activate_exclusive(lv_t lv)
{
	return CHECK_LV(lv) ? api_activate(lv, CHANGE_ACTIVATE_EXCLUSIVE) : -1;
}

int lvm_cluster_lv_activate_local(lv_t lv)
{
	return CHECK_LV(lv) ? api_activate(lv, CHANGE_ACTIVATE_LOCAL) : -1;
}

int lvm_cluster_lv_deactivate_local(lv_t lv)
{
	return CHECK_LV(lv) ? api_activate(lv, CHANGE_DEACTIVATE_LOCAL) : -1;
}

/* ---- events ---- */

/* Lines that have come: one message may hold several, or a part of one. It is read on only when no
 * whole line is left, so more than a line and a message is never here. */
#define EVENTS_TEXT_MAX ((size_t)2 * CLIENT_MESSAGE_MAX)

struct lvm_cluster_events {
	struct handle handle; /* next: of the library's */
	struct cluster *cluster;
	uint32_t request_id;
	struct buf text;
	size_t used; /* of text, by lines that were handed out */
};

#define CHECK_EVENTS(pointer) handle_check((pointer), HANDLE_EVENTS, __func__)

static int subscribe(struct lvm_cluster_events *events, struct err *err)
{
	struct client_message request = { .type = CLIENT_EVENTS, .json = true, .wait = true };
	int rc;

	if ((rc = cluster_connect(NULL, CLVMD_SOCKET_PATH, &events->cluster, err)) ||
	    (rc = cluster_send(events->cluster, &request, err)))
		return rc;
	events->request_id = request.id;
	return 0;
}

lvm_cluster_events_t lvm_cluster_events_open(lvm_t libh)
{
	struct lvm_cluster_events *events;
	struct err err = { 0 };

	if (!CHECK_LIBRARY(libh))
		return NULL;
	if (!(events = calloc(1, sizeof(*events)))) {
		(void)api_error(libh, ENOMEM, "Out of memory.");
		return NULL;
	}
	events->text.limit = EVENTS_TEXT_MAX;
	if (!subscribe(events, &err) && handle_register(&events->handle, HANDLE_EVENTS, libh))
		(void)err_set(&err, ENOMEM, "Out of memory.");
	if (err.code) {
		(void)fail(libh, &err);
		cluster_close(events->cluster);
		free(events);
		return NULL;
	}
	events->handle.next = libh->events;
	libh->events = &events->handle;
	return events;
}

int lvm_cluster_events_fd(lvm_cluster_events_t events)
{
	return CHECK_EVENTS(events) ? events->cluster->channel.fd : -1;
}

/* The line at the front of what has come, without its newline; NULL: none is whole yet. */
static const char *take_line(struct lvm_cluster_events *events)
{
	char *line = events->text.data ? events->text.data + events->used : NULL;
	char *end = line ? strchr(line, '\n') : NULL;

	if (!end)
		return NULL;
	*end = '\0';
	events->used = (size_t)(end + 1 - events->text.data);
	return line;
}

/* Make room in front. */
static void drop_used(struct lvm_cluster_events *events)
{
	struct buf *text = &events->text;

	if (!events->used)
		return;
	memmove(text->data, text->data + events->used, text->used - events->used + 1);
	text->used -= events->used;
	events->used = 0;
}

/* What clvmd has sent already. */
static int receive(struct lvm_cluster_events *events, struct err *err)
{
	struct client_message answer;
	int rc;

	if ((rc = cluster_receive(events->cluster, events->request_id, 0, &answer, err)))
		return rc;
	if (answer.type != CLIENT_TEXT)
		return err_set(err, EHOSTDOWN, "clvmd ends the subscription%s%s.",
			       *answer.text ? ": " : "", answer.text);
	buf_puts(&events->text, answer.text);
	return events->text.failed ? err_set(err, ENOMEM, "Out of memory.") : 0;
}

const char *lvm_cluster_events_next(lvm_cluster_events_t events)
{
	struct err err = { 0 };
	const char *line;
	int rc = 0;

	if (!CHECK_EVENTS(events))
		return NULL;
	if ((line = take_line(events)))
		return line;
	drop_used(events);
	while (!rc && !(line = take_line(events)))
		rc = receive(events, &err);
	if (!line && rc != -ETIMEDOUT)
		(void)fail(events->handle.library, &err);
	return line;
}

int lvm_cluster_events_close(lvm_cluster_events_t events)
{
	struct handle **link;

	if (!CHECK_EVENTS(events))
		return -1;
	link = &events->handle.library->events;
	while (*link && *link != &events->handle)
		link = &(*link)->next;
	if (*link)
		*link = events->handle.next;
	handle_forget(&events->handle);
	cluster_close(events->cluster);
	buf_free(&events->text);
	free(events);
	return 0;
}
