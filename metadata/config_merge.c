/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections that come twice become one; a text of many sections costs n log n whatever they are
 * called. */
#include "metadata/config_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/base/cleanup.h"
#include "metadata/name_index.h"

/* One item of a section that is being merged. */
struct item {
	struct cfg_node *node;
	size_t position;
	bool dropped;
};

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->node->key, y->node->key);

	if (!order)
		order = (int)x->node->is_section - (int)y->node->is_section;
	if (!order)
		order = x->position < y->position ? -1 : 1;
	return order;
}

static int compare_positions(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->position < y->position ? -1 : x->position > y->position;
}

/* The link at the end of a list. */
static struct cfg_node **list_end(struct cfg_node **list)
{
	while (*list)
		list = &(*list)->next;
	return list;
}

/* @items is sorted by key: join equal sections to the first, drop the keys that do not count. */
static bool join_equal(struct item *items, size_t count, enum cfg_repeats repeats)
{
	struct item *first = items;
	struct cfg_node **end = NULL; /* of the items of first, once that was joined to */
	bool changed = false;

	for (size_t i = 1; i < count; i++) {
		struct item *item = &items[i];

		if (strcmp(first->node->key, item->node->key) ||
		    first->node->is_section != item->node->is_section) {
			first = item;
			end = NULL;
		} else if (item->node->is_section) {
			end = list_end(end ? end : &first->node->items);
			*end = item->node->items;
			first->node->may_repeat = true;
			item->dropped = changed = true;
		} else if (repeats == CFG_LAST_COUNTS) {
			first->dropped = changed = true;
			first = item;
		}
	}
	return changed;
}

#define FEW_ITEMS 24

/* False when certainly no two of these @count items have the same key. */
static bool few_may_repeat(const struct cfg_node *list, size_t count)
{
	uint32_t seen[FEW_ITEMS];

	for (size_t i = 0; i < count; i++, list = list->next) {
		seen[i] = cfg_summarise_key(list->key, strlen(list->key));
		for (size_t k = 0; k < i; k++)
			if (seen[k] == seen[i])
				return true;
	}
	return false;
}

static int many_may_repeat(const struct cfg_node *list, size_t count, bool *ret_repeat,
			   struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = SIZE_MAX };
	struct name_index index;

	if (!name_index_new(&index, count, &arena))
		return err_set(err, ENOMEM, "Out of memory reading a configuration text.");
	for (; list; list = list->next)
		name_index_add(&index, list->key, NULL);
	*ret_repeat = name_index_finish(&index);
	return 0;
}

static int merge_items(struct cfg_node **list, enum cfg_repeats repeats, bool *merged,
		       struct err *err)
{
	struct cfg_node **link = list;
	bool may_repeat = false;
	struct item *items;
	size_t count = 0;
	int rc;

	for (const struct cfg_node *node = *list; node; node = node->next)
		count++;
	if (count < 2)
		return 0;
	if (count <= FEW_ITEMS)
		may_repeat = few_may_repeat(*list, count);
	else if ((rc = many_may_repeat(*list, count, &may_repeat, err)))
		return rc;
	if (!may_repeat)
		return 0;
	if (!(items = calloc(count, sizeof(*items))))
		return err_set(err, ENOMEM, "Out of memory reading a configuration text.");
	count = 0;
	for (struct cfg_node *node = *list; node; node = node->next, count++)
		items[count] = (struct item){ .node = node, .position = count };
	qsort(items, count, sizeof(*items), compare_items);
	if (join_equal(items, count, repeats)) {
		*merged = true;
		qsort(items, count, sizeof(*items), compare_positions);
		for (size_t i = 0; i < count; i++) {
			if (items[i].dropped)
				continue;
			*link = items[i].node;
			link = &items[i].node->next;
		}
		*link = NULL;
	}
	free(items);
	return 0;
}

int cfg_merge_tree(struct cfg_node **list, enum cfg_repeats repeats, bool *merged, struct err *err)
{
	bool ignored;
	int rc;

	if (!merged)
		merged = &ignored;
	/* Top down, as merging two sections may bring together two that are equal inside. */
	if ((rc = merge_items(list, repeats, merged, err)))
		return rc;
	for (struct cfg_node *node = *list; node; node = node->next)
		if (node->may_repeat && (rc = cfg_merge_tree(&node->items, repeats, merged, err)))
			return rc;
	return 0;
}
