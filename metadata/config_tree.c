/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked of a parsed tree, and copies of it. */
#include "metadata/config_text.h"

#include <string.h>

static struct cfg_node *find(const struct cfg_node *items, const char *key, bool is_section)
{
	const struct cfg_node *node = items;

	while (node && (node->is_section != is_section || strcmp(node->key, key)))
		node = node->next;
	return (struct cfg_node *)(uintptr_t)node; /* as strchr(): const in, plain out */
}

struct cfg_node *cfg_find_section(const struct cfg_node *items, const char *key)
{
	return find(items, key, true);
}

struct cfg_node *cfg_find_key(const struct cfg_node *items, const char *key)
{
	return find(items, key, false);
}

static const struct cfg_value *only_value(const struct cfg_node *node, enum cfg_value_type type)
{
	if (!node || node->is_section || !node->values || node->values->next ||
	    node->values->type != type)
		return NULL;
	return node->values;
}

bool cfg_get_integer(const struct cfg_node *node, int64_t *ret_value)
{
	const struct cfg_value *value = only_value(node, CFG_INTEGER);

	if (!value)
		return false;
	*ret_value = value->integer;
	return true;
}

bool cfg_get_unsigned(const struct cfg_node *node, uint64_t max, uint64_t *ret_value)
{
	int64_t value;

	if (!cfg_get_integer(node, &value) || value < 0 || (uint64_t)value > max)
		return false;
	*ret_value = (uint64_t)value;
	return true;
}

bool cfg_get_string(const struct cfg_node *node, const char **ret_text)
{
	const struct cfg_value *value = only_value(node, CFG_STRING);

	if (!value)
		return false;
	*ret_text = cfg_value_text(value);
	return true;
}

const char *cfg_value_text(const struct cfg_value *value)
{
	return value->is_reference ? *value->reference : value->text;
}

const char *const *cfg_value_reference(const struct cfg_value *value)
{
	return value->is_reference ? value->reference : NULL;
}

void cfg_value_refer(struct cfg_value *value, const char *const *name)
{
	value->is_reference = true;
	value->reference = name;
}

static bool copy_values(const struct cfg_value *from, struct arena *arena, cfg_map_reference *map,
			void *arg, struct cfg_value **link)
{
	for (; from; from = from->next, link = &(*link)->next) {
		struct cfg_value *value = arena_new(arena, struct cfg_value);
		const char *const *name;

		if (!(*link = value))
			return false;
		value->type = from->type;
		if (from->type == CFG_INTEGER)
			value->integer = from->integer;
		else if (!(value->text = arena_strdup(arena, cfg_value_text(from))))
			return false;
		if (from->is_reference && map && (name = map(from->reference, arg)))
			cfg_value_refer(value, name);
	}
	return true;
}

struct cfg_node *cfg_copy(const struct cfg_node *node, struct arena *arena, cfg_map_reference *map,
			  void *arg)
{
	struct cfg_node *copy = arena_new(arena, struct cfg_node);

	if (!copy)
		return NULL;
	*copy = (struct cfg_node){ .key = arena_strdup(arena, node->key),
				   .line = node->line,
				   .is_section = node->is_section,
				   .is_list = node->is_list };
	if (!copy->key)
		return NULL;
	if (node->is_section)
		return cfg_copy_list(node->items, arena, map, arg, &copy->items) ? copy : NULL;
	return copy_values(node->values, arena, map, arg, &copy->values) ? copy : NULL;
}

bool cfg_copy_list(const struct cfg_node *list, struct arena *arena, cfg_map_reference *map,
		   void *arg, struct cfg_node **ret_list)
{
	struct cfg_node **link = ret_list;

	*ret_list = NULL;
	for (; list; list = list->next, link = &(*link)->next)
		if (!(*link = cfg_copy(list, arena, map, arg)))
			return false;
	return true;
}
