/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/config_print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libdevmapper.h>

#include "lib/settings.h"
#include "metadata/base/cleanup.h"

#define PATH_SIZE 256

static void print_string(struct buf *text, const char *string)
{
	buf_puts(text, "\"");
	for (; *string; string++) {
		if (*string == '"' || *string == '\\')
			buf_puts(text, "\\");
		buf_add(text, string, 1);
	}
	buf_puts(text, "\"");
}

static void print_one(struct buf *text, const struct dm_config_value *value)
{
	if (value->type == DM_CFG_INT)
		buf_printf(text, "%" PRId64, value->v.i);
	else if (value->type == DM_CFG_FLOAT)
		buf_printf(text, "%f", (double)value->v.f);
	else if (value->type == DM_CFG_STRING)
		print_string(text, value->v.str);
}

static void print_values(struct buf *text, const struct dm_config_value *value, bool is_list)
{
	is_list |= value->next || value->type == DM_CFG_EMPTY_ARRAY;
	buf_puts(text, is_list ? "[" : "");
	for (const struct dm_config_value *v = value; v; v = v->next) {
		print_one(text, v);
		buf_puts(text, v->next ? "," : "");
	}
	buf_puts(text, is_list ? "]" : "");
}

/* What is set, and @indent tabs in front. */
static void print_node(struct buf *text, const struct dm_config_node *node, const char *path,
		       unsigned int indent)
{
	const struct setting *setting = setting_find(path);

	for (unsigned int i = 0; i < indent; i++)
		buf_puts(text, "\t");
	buf_puts(text, node->key);
	if (node->v) {
		buf_puts(text, "=");
		print_values(text, node->v, setting && setting->type == SETTING_STRINGS);
		buf_puts(text, "\n");
		return;
	}
	buf_puts(text, " {\n");
	for (const struct dm_config_node *child = node->child; child; child = child->sib)
		print_node(text, child, "", indent + 1);
	for (unsigned int i = 0; i < indent; i++)
		buf_puts(text, "\t");
	buf_puts(text, "}\n");
}

/* A setting of the table: false when it is not set and has no default either. */
static bool print_setting(const struct config *config, const struct setting *setting,
			  enum config_view view, unsigned int indent, struct buf *text)
{
	const struct dm_config_node *node =
		view == CONFIG_DEFAULT ? NULL : config_node(config, setting->path);
	const char *string = setting->text;

	if (node) {
		print_node(text, node, setting->path, indent);
		return true;
	}
	if (setting->in_system_dir)
		string = config_string(config, setting->path);
	if (setting->type == SETTING_STRINGS || (setting->type == SETTING_STRING && !string))
		return false;
	for (unsigned int i = 0; i < indent; i++)
		buf_puts(text, "\t");
	buf_puts(text, view == CONFIG_DEFAULT ? "# " : "");
	buf_printf(text, "%s=", strchr(setting->path, '/') + 1);
	if (setting->type == SETTING_STRING)
		print_string(text, string);
	else
		buf_printf(text, "%" PRId64, setting->number);
	buf_puts(text, "\n");
	return true;
}

static bool is_in(const char *path, const char *section)
{
	size_t length = strlen(section);

	return !strncmp(path, section, length) && path[length] == '/';
}

/* Settings of the table in @section; what is set besides them is not shown. */
static bool print_table(const struct config *config, const char *section, enum config_view view,
			struct buf *text)
{
	const struct setting *table;
	bool found = false;
	size_t count;

	table = settings_table(&count);
	buf_printf(text, "%s {\n", section);
	for (size_t i = 0; i < count; i++)
		if (is_in(table[i].path, section))
			found |= print_setting(config, &table[i], view, 1, text);
	buf_puts(text, "}\n");
	return found;
}

static void print_tables(const struct config *config, enum config_view view, struct buf *text)
{
	const struct setting *table;
	char last[PATH_SIZE] = "";
	size_t count;

	table = settings_table(&count);
	for (size_t i = 0; i < count; i++) {
		size_t length = strcspn(table[i].path, "/");

		if (!strncmp(last, table[i].path, length) && !last[length])
			continue;
		(void)snprintf(last, sizeof(last), "%.*s", (int)length, table[i].path);
		(void)print_table(config, last, view, text);
	}
}

/* Does a weaker source than @tree have it too? It was shown then, in that one's place. */
static bool was_shown(const struct dm_config_tree *tree, const char *path)
{
	return tree->cascade && dm_config_tree_find_node(tree->cascade, path);
}

/* Children of a section in one source: those that no weaker source has shown. */
static void list_keys_of(const struct dm_config_tree *tree, const char *section, struct buf *text)
{
	const struct dm_config_node *node;
	char path[PATH_SIZE];

	for (node = tree->root; node && strcmp(node->key, section) != 0;)
		node = node->sib;
	for (node = node ? node->child : NULL; node; node = node->sib) {
		(void)snprintf(path, sizeof(path), "%s/%s", section, node->key);
		if (!was_shown(tree, path))
			buf_printf(text, "%s\n", path);
	}
}

/* All sources from the weakest: names of a section's keys, one a line. */
static void list_keys(const struct dm_config_tree *tree, const char *section, struct buf *keys)
{
	if (!tree)
		return;
	list_keys(tree->cascade, section, keys);
	list_keys_of(tree, section, keys);
}

static void print_section(const struct config *config, const struct dm_config_node *node,
			  struct buf *text)
{
	AUTO_BUF struct buf keys = { .limit = text->limit };
	char *rest, *path;

	list_keys(config_trees(config), node->key, &keys);
	buf_printf(text, "%s {\n", node->key);
	for (rest = keys.data; rest && *rest && (path = strsep(&rest, "\n"));)
		if (*path)
			print_node(text, config_node(config, path), path, 1);
	buf_puts(text, "}\n");
}

static void print_sections(const struct config *config, const struct dm_config_tree *tree,
			   struct buf *text)
{
	if (!tree)
		return;
	print_sections(config, tree->cascade, text);
	for (const struct dm_config_node *node = tree->root; node; node = node->sib) {
		if (was_shown(tree, node->key))
			continue;
		if (node->v)
			print_node(text, config_node(config, node->key), node->key, 0);
		else
			print_section(config, node, text);
	}
}

static bool is_ours(const char *path)
{
	return !strcmp(path, "global/locking_type") || !strcmp(path, "global/use_lvmetad") ||
	       !strcmp(path, "global/use_lvmlockd");
}

static bool print_path(const struct config *config, const char *path, enum config_view view,
		       struct buf *text)
{
	const struct dm_config_node *node = config_node(config, path);
	const struct setting *setting = setting_find(path);

	if (is_ours(path)) {
		buf_printf(text, "%s%s=%" PRId64 "\n", view == CONFIG_DEFAULT ? "# " : "",
			   strchr(path, '/') + 1, setting->number);
		return true;
	}
	if (view != CONFIG_CURRENT && setting)
		return print_setting(config, setting, view, 0, text);
	if (view != CONFIG_CURRENT && setting_section_is_known(path))
		return print_table(config, path, view, text);
	if (!node || view == CONFIG_DEFAULT)
		return false;
	if (node->v || strchr(path, '/'))
		print_node(text, node, path, 0);
	else
		print_section(config, node, text);
	return true;
}

int config_print(const struct config *config, const char *path, enum config_view view,
		 struct buf *text, struct err *err)
{
	if (path && !print_path(config, path, view, text))
		return err_set(err, ENOENT, "Configuration node %s not found", path);
	if (!path && view == CONFIG_CURRENT)
		print_sections(config, config_trees(config), text);
	else if (!path)
		print_tables(config, view, text);
	return text->failed ? err_set(err, ENOMEM, "Out of memory.") : 0;
}
