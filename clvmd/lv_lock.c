/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/lv_lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/names.h"
#include "clvmd/nodelist.h"

struct search {
	struct daemon *d;
	qb_map_t *wanted; /* resources */
	enum lock_mode mode;
	char resource[RESOURCE_NAME_MAX]; /* found: "" not */
	uint32_t node;
	enum lock_mode held;
	enum lock_state state;
};

static bool is_in_the_way(void *data, const struct lock_view *lock)
{
	struct search *search = data;

	if (lock->node == search->d->node || lock->state == LOCK_WAITING ||
	    lock_mode_compatible(lock->mode, search->mode) ||
	    !qb_map_get(search->wanted, lock->resource))
		return true;
	(void)snprintf(search->resource, sizeof(search->resource), "%s", lock->resource);
	search->node = lock->node;
	search->held = lock->mode;
	search->state = lock->state;
	return false;
}

uint32_t lv_lock_refusal(struct daemon *d, const char *const *resources, size_t count,
			 enum lock_mode mode, const char *fallback, char *text, size_t size)
{
	struct search search = { .d = d, .mode = mode, .wanted = qb_hashtable_create(count + 1) };
	char lv[300], node[NODE_NAME_MAX];

	for (size_t i = 0; search.wanted && i < count; i++)
		qb_map_put(search.wanted, resources[i], resources[i]);
	if (search.wanted)
		lockspace_each_lock(d->ls, is_in_the_way, &search);
	if (search.wanted)
		qb_map_destroy(search.wanted);
	if (!*search.resource) {
		(void)snprintf(text, size, "%s", fallback);
		return 0;
	}
	(void)snprintf(text, size, "Logical volume %s is active%s on node %s%s.",
		       names_lv(d->names, search.resource, lv, sizeof(lv)),
		       search.held == MODE_EX ? " exclusively" : "",
		       nodelist_name(d->nodelist, search.node, node),
		       search.state == LOCK_ORPHAN ? ", whose clvmd does not run" : "");
	return search.node;
}
