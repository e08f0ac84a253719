/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/nodelist.h"

#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/carry_out.h"
#include "clvmd/group.h"
#include "clvmd/log.h"

#define SLOTS_MAX 256 /* nodelist.node.N: N is dense from 0; ids beyond our members are ignored */

struct nodelist {
	struct daemon *d;
	cmap_handle_t handle;
	cmap_track_handle_t track;
	int fd; /* -1: not connected */
	bool read_pending;
	struct nodelist_entry entries[LOCKSPACE_NODES_MAX];
	size_t count;
};

/* A string of cmap; false when it is not there or empty. */
static bool get_text(struct nodelist *nodelist, const char *key, char *text, size_t size)
{
	char *value = NULL;
	bool found;

	if (cmap_get_string(nodelist->handle, key, &value) != CS_OK)
		return false;
	found = value && *value;
	if (found)
		(void)snprintf(text, size, "%s", value);
	free(value);
	return found;
}

static void read_slot(struct nodelist *nodelist, unsigned int slot)
{
	struct nodelist_entry *entry = &nodelist->entries[nodelist->count];
	char key[CMAP_KEYNAME_MAXLEN + 1];
	uint32_t node;

	(void)snprintf(key, sizeof(key), "nodelist.node.%u.nodeid", slot);
	if (cmap_get_uint32(nodelist->handle, key, &node) != CS_OK || !node)
		return;
	entry->node = node;
	(void)snprintf(key, sizeof(key), "nodelist.node.%u.name", slot);
	if (!get_text(nodelist, key, entry->name, sizeof(entry->name))) {
		(void)snprintf(key, sizeof(key), "nodelist.node.%u.ring0_addr", slot);
		if (!get_text(nodelist, key, entry->name, sizeof(entry->name)))
			(void)snprintf(entry->name, sizeof(entry->name), "node%u", node);
	}
	nodelist->count++;
}

static void read_all(struct nodelist *nodelist)
{
	struct daemon *d = nodelist->d;

	nodelist->count = 0;
	for (unsigned int slot = 0; slot < SLOTS_MAX && nodelist->count < LOCKSPACE_NODES_MAX;
	     slot++)
		read_slot(nodelist, slot);
	if (!get_text(nodelist, "totem.cluster_name", d->cluster_name, sizeof(d->cluster_name)))
		d->cluster_name[0] = '\0';
	(void)nodelist_name(nodelist, d->node, d->node_name);
}

static void read_again(struct daemon *d, void *data)
{
	struct nodelist *nodelist = data;

	nodelist->read_pending = false;
	if (nodelist->fd < 0)
		return;
	read_all(nodelist);
	nodelist_tell(nodelist);
	log_line(LOG_INFO, "corosync's nodelist changed: %zu nodes.", nodelist->count);
	(void)d;
}

/* Many keys change at a reload: read once, after them. */
static void changed(cmap_handle_t handle, cmap_track_handle_t track, int32_t event, const char *key,
		    struct cmap_notify_value new_value, struct cmap_notify_value old_value,
		    void *data)
{
	struct nodelist *nodelist = data;

	(void)handle;
	(void)track;
	(void)event;
	(void)key;
	(void)new_value;
	(void)old_value;
	if (!nodelist->read_pending)
		daemon_defer(nodelist->d, read_again, nodelist);
	nodelist->read_pending = true;
}

static int32_t ready(int32_t fd, int32_t revents, void *data)
{
	struct nodelist *nodelist = data;
	cs_error_t rc;

	(void)fd;
	(void)revents;
	rc = cmap_dispatch(nodelist->handle, CS_DISPATCH_ALL);
	if (rc != CS_OK && rc != CS_ERR_TRY_AGAIN)
		group_lost(nodelist->d->group, cs_strerror(rc));
	return 0;
}

bool nodelist_connect(struct nodelist *nodelist)
{
	int fd;

	if (cmap_initialize(&nodelist->handle) != CS_OK)
		return false;
	if (cmap_fd_get(nodelist->handle, &fd) != CS_OK ||
	    cmap_track_add(nodelist->handle, "nodelist.",
			   CMAP_TRACK_ADD | CMAP_TRACK_MODIFY | CMAP_TRACK_DELETE |
				   CMAP_TRACK_PREFIX,
			   changed, nodelist, &nodelist->track) != CS_OK ||
	    qb_loop_poll_add(nodelist->d->loop, QB_LOOP_MED, fd, POLLIN, nodelist, ready)) {
		(void)cmap_finalize(nodelist->handle);
		return false;
	}
	nodelist->fd = fd;
	read_all(nodelist);
	return true;
}

void nodelist_disconnect(struct nodelist *nodelist)
{
	if (nodelist->fd < 0)
		return;
	(void)qb_loop_poll_del(nodelist->d->loop, nodelist->fd);
	(void)cmap_finalize(nodelist->handle);
	nodelist->fd = -1;
}

void nodelist_tell(struct nodelist *nodelist)
{
	carry_out(nodelist->d,
		  lockspace_nodelist(nodelist->d->ls, nodelist->entries, nodelist->count));
}

void nodelist_set_single(struct nodelist *nodelist)
{
	struct nodelist_entry *self = &nodelist->entries[0];

	self->node = nodelist->d->node;
	(void)snprintf(self->name, sizeof(self->name), "%s", nodelist->d->node_name);
	nodelist->count = 1;
}

uint32_t nodelist_find(const struct nodelist *nodelist, const char *name)
{
	char *end;
	unsigned long id = strtoul(name, &end, 10);

	for (size_t i = 0; i < nodelist->count; i++)
		if (!strcmp(nodelist->entries[i].name, name))
			return nodelist->entries[i].node;
	for (size_t i = 0; i < nodelist->count; i++)
		if (!*end && end != name && nodelist->entries[i].node == id)
			return nodelist->entries[i].node;
	return 0;
}

const char *nodelist_name(const struct nodelist *nodelist, uint32_t node, char *text)
{
	for (size_t i = 0; i < nodelist->count; i++)
		if (nodelist->entries[i].node == node) {
			(void)snprintf(text, NODE_NAME_MAX, "%s", nodelist->entries[i].name);
			return text;
		}
	(void)snprintf(text, NODE_NAME_MAX, "node %u", node);
	return text;
}

struct nodelist *nodelist_create(struct daemon *d)
{
	struct nodelist *nodelist = must_alloc(sizeof(*nodelist));

	nodelist->d = d;
	nodelist->fd = -1;
	return nodelist;
}

void nodelist_destroy(struct nodelist *nodelist)
{
	nodelist_disconnect(nodelist);
	free(nodelist);
}
