/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/volumes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/collect.h"
#include "clvmd/names.h"

/* ---- cells ---- */

static struct volume_cell *new_cell(struct volumes *volumes, const char *resource, uint32_t node)
{
	struct volume_cell *cell;

	if (volumes->cell_count == volumes->cell_room) {
		size_t room = volumes->cell_room ? volumes->cell_room * 2 : 64;
		struct volume_cell *cells = realloc(volumes->cells, room * sizeof(*cells));

		if (!cells)
			return NULL;
		volumes->cells = cells;
		volumes->cell_room = room;
	}
	cell = &volumes->cells[volumes->cell_count++];
	*cell = (struct volume_cell){ .node = node, .mode = MODE_NL };
	(void)snprintf(cell->resource, sizeof(cell->resource), "%s", resource);
	return cell;
}

static bool add_lock(void *data, const struct lock_view *lock)
{
	struct volumes *volumes = data;
	struct volume_cell *cell;

	if (lock->state == LOCK_WAITING) {
		volumes->locks_waiting++;
		return true;
	}
	volumes->locks_held++;
	if (lock->kind != LOCK_ACTIVATION ||
	    !(cell = new_cell(volumes, lock->resource, lock->node)))
		return true;
	cell->mode = lock->mode;
	cell->is_orphan = lock->state == LOCK_ORPHAN;
	cell->locked_since = lock->since;
	return true;
}

static void add_state(struct volumes *volumes, uint32_t node, const struct lv_state *state)
{
	char resource[LV_RESOURCE_LENGTH + 1];
	struct volume_cell *cell;

	(void)snprintf(resource, sizeof(resource), "%.*s%.*s", UUID_LENGTH, state->vg_id.text,
		       UUID_LENGTH, state->lv_id.text);
	if (!(cell = new_cell(volumes, resource, node)))
		return;
	cell->is_known = true;
	cell->is_active = state->active;
	cell->is_suspended = state->suspended;
	cell->is_preloaded = state->preloaded;
	cell->open_count = state->open_count;
	cell->size_sectors = state->size_sectors;
	cell->table_crc = state->table_crc;
}

static int by_resource_and_node(const void *a, const void *b)
{
	const struct volume_cell *left = a, *right = b;
	int order = strcmp(left->resource, right->resource);

	return order ? order : (left->node > right->node) - (left->node < right->node);
}

/* Two cells of one LV on one node: its lock and its device. */
static void merge_into(struct volume_cell *to, const struct volume_cell *from)
{
	struct volume_cell merged = from->is_known ? *from : *to;
	const struct volume_cell *lock = from->is_known ? to : from;

	if (lock->mode != MODE_NL) {
		merged.mode = lock->mode;
		merged.is_orphan = lock->is_orphan;
		merged.locked_since = lock->locked_since;
	}
	*to = merged;
}

static void sort_cells(struct volumes *volumes)
{
	size_t kept = 0;

	if (!volumes->cell_count)
		return;
	qsort(volumes->cells, volumes->cell_count, sizeof(*volumes->cells), by_resource_and_node);
	for (size_t i = 1; i < volumes->cell_count; i++)
		if (by_resource_and_node(&volumes->cells[kept], &volumes->cells[i]))
			volumes->cells[++kept] = volumes->cells[i];
		else
			merge_into(&volumes->cells[kept], &volumes->cells[i]);
	volumes->cell_count = kept + 1;
}

/* A member's local VGs are its own. What is locked is clustered, also when its name is not known.
 */
static void forget_local(struct daemon *d, struct volumes *volumes)
{
	size_t kept = 0;

	for (size_t i = 0; i < volumes->cell_count; i++)
		if (volumes->cells[i].mode != MODE_NL ||
		    names_is_clustered(d->names, volumes->cells[i].resource))
			volumes->cells[kept++] = volumes->cells[i];
	volumes->cell_count = kept;
}

/* A lock whose node has answered without the LV: known, and not active. */
static void mark_absent(struct daemon *d, uint64_t since, struct volumes *volumes)
{
	for (size_t i = 0; i < volumes->cell_count; i++) {
		struct volume_cell *cell = &volumes->cells[i];
		const struct node_facts *facts = collect_facts(d, cell->node, since);

		cell->is_known = cell->is_known || (facts && !facts->rc);
	}
}

struct gathering {
	struct daemon *d;
	uint64_t since;
	struct volumes *volumes;
};

static bool add_states_of(void *data, const struct member_view *member)
{
	struct gathering *gathering = data;
	const struct node_facts *facts =
		collect_facts(gathering->d, member->node, gathering->since);

	for (size_t i = 0; facts && !facts->rc && i < facts->data.state_count; i++)
		add_state(gathering->volumes, member->node, &facts->data.states[i]);
	return true;
}

/* ---- volumes ---- */

static void add_volume(struct volumes *volumes, const char *resource)
{
	if (volumes->count == volumes->room) {
		size_t room = volumes->room ? volumes->room * 2 : 64;
		struct volume *items = realloc(volumes->items, room * sizeof(*items));

		if (!items)
			return;
		volumes->items = items;
		volumes->room = room;
	}
	volumes->items[volumes->count] = (struct volume){ .cell_count = 0 };
	(void)snprintf(volumes->items[volumes->count].resource, sizeof(volumes->items[0].resource),
		       "%s", resource);
	volumes->count++;
}

static void add_named(void *data, const char *resource)
{
	add_volume(data, resource);
}

static int by_resource(const void *a, const void *b)
{
	const struct volume *left = a, *right = b;

	return strcmp(left->resource, right->resource);
}

static int by_name(const void *a, const void *b)
{
	const struct volume *left = a, *right = b;
	int order = strcmp(left->vg, right->vg);

	if (!order)
		order = strcmp(left->lv, right->lv);
	return order ? order : by_resource(a, b);
}

/* Both are sorted by resource: one pass gives each volume its cells. */
static void share_out_cells(struct daemon *d, struct volumes *volumes)
{
	size_t kept = 0, at = 0;

	qsort(volumes->items, volumes->count, sizeof(*volumes->items), by_resource);
	for (size_t i = 1; i < volumes->count; i++)
		if (by_resource(&volumes->items[kept], &volumes->items[i]))
			volumes->items[++kept] = volumes->items[i];
	volumes->count = kept + 1;
	for (size_t i = 0; i < volumes->count; i++) {
		struct volume *volume = &volumes->items[i];

		names_lv_parts(d->names, volume->resource, &volume->vg, &volume->lv);
		volume->cells = volumes->cells + at;
		while (at < volumes->cell_count &&
		       !strcmp(volumes->cells[at].resource, volume->resource)) {
			volume->cell_count++;
			at++;
		}
	}
	qsort(volumes->items, volumes->count, sizeof(*volumes->items), by_name);
}

void volumes_gather(struct daemon *d, uint64_t since, struct volumes *volumes)
{
	struct gathering gathering = { d, since, volumes };

	*volumes = (struct volumes){ .count = 0 };
	if (d->ls) {
		lockspace_each_lock(d->ls, add_lock, volumes);
		lockspace_each_member(d->ls, add_states_of, &gathering);
	}
	sort_cells(volumes);
	forget_local(d, volumes);
	mark_absent(d, since, volumes);
	names_each_lv(d->names, add_named, volumes);
	for (size_t i = 0; i < volumes->cell_count; i++)
		if (!i || strcmp(volumes->cells[i].resource, volumes->cells[i - 1].resource) != 0)
			add_volume(volumes, volumes->cells[i].resource);
	if (volumes->count)
		share_out_cells(d, volumes);
}

void volumes_free(struct volumes *volumes)
{
	free(volumes->items);
	free(volumes->cells);
}

const char *volume_cell_state(const struct volume_cell *cell)
{
	if (!cell->is_known)
		return "no answer";
	if (!cell->is_active && !cell->is_suspended)
		return "not active";
	return cell->is_suspended ? "suspended" : "active";
}
