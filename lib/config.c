/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each source is a tree of its own, chained by libdevmapper's cascade, strongest first; a look-up
 * takes the first tree that has the key. A value of the wrong type counts as not set.
 */
#include "lib/config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <libdevmapper.h>

#include "lib/dm_log.h"
#include "lib/fd.h"
#include "lib/settings.h"
#include "metadata/base/arena.h"
#include "metadata/base/cleanup.h"

#define CONFIG_FILE_MAX	   ((off_t)16 << 20)
#define CONFIG_ARENA_LIMIT ((size_t)1 << 20)
#define DEFAULT_SYSTEM_DIR "/etc/lvm"
#define IN_SYSTEM_DIR_MAX  4 /* settings of the table that are */

struct config {
	struct dm_config_tree *tree; /* strongest source; NULL: nothing is set */
	const char *system_dir;	     /* NULL: none */
	struct {
		const struct setting *setting;
		const char *path;
	} in_system_dir[IN_SYSTEM_DIR_MAX]; /* defaults that depend on it */
	size_t in_system_dir_count;
	struct arena arena;
};

/* ---- reading the sources ---- */

/* Put @tree above what is there. */
static void config_add(struct config *config, struct dm_config_tree *tree)
{
	config->tree = config->tree ? dm_config_insert_cascaded_tree(tree, config->tree) : tree;
}

/* A text without any key gives a tree of NULL, which is not a failure. */
static int parse_text(const char *text, size_t length, struct dm_config_tree **ret_tree,
		      struct err *err)
{
	struct dm_config_tree *tree;
	struct dm_log_capture capture;
	int rc = 0;

	*ret_tree = NULL;
	if (!(tree = dm_config_create()))
		return err_set(err, ENOMEM, "Out of memory for the configuration.");

	dm_log_capture_begin(&capture);
	if (!dm_config_parse(tree, text, text + length)) {
		dm_config_destroy(tree);
		tree = NULL;
		if (capture.errors.used)
			rc = err_set(err, EIO, "%s", capture.errors.data);
	}
	dm_log_capture_end();
	dm_log_capture_free(&capture);
	*ret_tree = tree;
	return rc;
}

static int read_whole(int fd, off_t size, char *bytes, const char *path, struct err *err)
{
	off_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, bytes + done, (size_t)(size - done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, EIO, "%s: read failed: %s", path, strerror(errno));
		if (!got)
			return err_set(err, EIO, "%s: changed while it was read", path);
		done += got;
	}
	return 0;
}

static int load_file(struct config *config, const char *path, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *bytes = NULL;
	struct dm_config_tree *tree;
	struct stat st;
	int rc;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return err_set(err, EIO, "%s: open failed: %s", path, strerror(errno));
	if (fstat(fd, &st))
		return err_set(err, EIO, "%s: stat failed: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, EIO, "%s is not a regular file", path);
	if (st.st_size > CONFIG_FILE_MAX)
		return err_set(err, EIO, "%s is too large for a configuration file", path);

	if (!(bytes = malloc((size_t)st.st_size + 1)))
		return err_set(err, ENOMEM, "Out of memory for %s.", path);
	if ((rc = read_whole(fd, st.st_size, bytes, path, err)) ||
	    (rc = parse_text(bytes, (size_t)st.st_size, &tree, err)))
		return rc;
	if (tree)
		config_add(config, tree);
	return 0;
}

static int load_from_system_dir(struct config *config, const char *name, struct err *err)
{
	const char *path = arena_printf(&config->arena, "%s/%s", config->system_dir, name);

	if (!path)
		return err_set(err, ENOMEM, "Out of memory for the configuration.");
	if (!load_file(config, path, err))
		return 0;
	(void)err_append(err, "\nFailed to load config file %s", path);
	return -EIO;
}

static int load_override(struct config *config, const char *override, struct err *err)
{
	struct dm_config_tree *tree;

	if (!override || !*override)
		return 0;
	if (parse_text(override, strlen(override), &tree, err)) {
		(void)err_append(err, "\nFailed to set overridden configuration entries.");
		if (err)
			err->code = -EINVAL;
		return -EINVAL;
	}
	if (tree)
		config_add(config, tree);
	return 0;
}

static int set_system_dir(struct config *config, const char *dir, struct err *err)
{
	const struct setting *table;
	size_t count;

	if (!*dir)
		return 0;
	if (!(config->system_dir = arena_strdup(&config->arena, dir)))
		return err_set(err, ENOMEM, "Out of memory for the configuration.");

	table = settings_table(&count);
	for (size_t i = 0; i < count; i++) {
		char *path;

		if (!table[i].in_system_dir)
			continue;
		assert(config->in_system_dir_count < IN_SYSTEM_DIR_MAX);
		if (!(path = arena_printf(&config->arena, "%s/%s", dir, table[i].text)))
			return err_set(err, ENOMEM, "Out of memory for the configuration.");
		config->in_system_dir[config->in_system_dir_count].setting = &table[i];
		config->in_system_dir[config->in_system_dir_count++].path = path;
	}
	return 0;
}

const char config_no_files[] = "";

static int load_all(struct config *config, const char *system_dir, const char *override,
		    struct err *err)
{
	const char *dir = system_dir == config_no_files ? "" : getenv("LVM_SYSTEM_DIR");
	int rc;

	if (!dir)
		dir = system_dir ? system_dir : DEFAULT_SYSTEM_DIR;
	if ((rc = set_system_dir(config, dir, err)))
		return rc;
	/* The weakest first: libdevmapper can only put a tree on top. */
	if (config->system_dir && ((rc = load_from_system_dir(config, "lvm.conf", err)) ||
				   (rc = load_from_system_dir(config, "lvmlocal.conf", err))))
		return rc;
	return load_override(config, override, err);
}

int config_open(const char *override, struct config **ret_config, struct err *err)
{
	return config_open_in(NULL, override, ret_config, err);
}

int config_open_in(const char *system_dir, const char *override, struct config **ret_config,
		   struct err *err)
{
	struct config *config = calloc(1, sizeof(*config));
	int rc;

	if (!config)
		return err_set(err, ENOMEM, "Out of memory for the configuration.");
	config->arena.limit = CONFIG_ARENA_LIMIT;
	if ((rc = load_all(config, system_dir, override, err))) {
		config_close(config);
		return rc;
	}
	*ret_config = config;
	return 0;
}

void config_close(struct config *config)
{
	struct dm_config_tree *tree;

	if (!config)
		return;
	while ((tree = config->tree)) {
		config->tree = dm_config_remove_cascaded_tree(tree);
		dm_config_destroy(tree);
	}
	arena_free(&config->arena);
	free(config);
}

/* ---- what is wrong with it ---- */

static const char *const type_names[] = {
	[SETTING_BOOL] = "boolean",
	[SETTING_INT] = "integer",
	[SETTING_STRING] = "string",
	[SETTING_STRINGS] = "array with values of type: string",
};

static const char *value_type_name(const struct dm_config_value *value)
{
	switch (value->type) {
	case DM_CFG_INT:
		return "integer";
	case DM_CFG_FLOAT:
		return "float";
	case DM_CFG_STRING:
		return "string";
	case DM_CFG_EMPTY_ARRAY:
		return "empty array";
	}
	return "value";
}

static bool is_true_word(const char *text)
{
	return !strcasecmp(text, "y") || !strcasecmp(text, "yes") || !strcasecmp(text, "on") ||
	       !strcasecmp(text, "true");
}

static bool is_false_word(const char *text)
{
	return !strcasecmp(text, "n") || !strcasecmp(text, "no") || !strcasecmp(text, "off") ||
	       !strcasecmp(text, "false");
}

static bool type_fits(enum setting_type type, const struct dm_config_value *value)
{
	switch (type) {
	case SETTING_BOOL:
		return (value->type == DM_CFG_INT && (value->v.i == 0 || value->v.i == 1)) ||
		       (value->type == DM_CFG_STRING &&
			(is_true_word(value->v.str) || is_false_word(value->v.str)));
	case SETTING_INT:
		return value->type == DM_CFG_INT;
	case SETTING_STRING:
		return value->type == DM_CFG_STRING;
	case SETTING_STRINGS:
		if (value->type == DM_CFG_EMPTY_ARRAY)
			return true;
		for (; value; value = value->next)
			if (value->type != DM_CFG_STRING)
				return false;
		return true;
	}
	return false;
}

static void warn_type(const struct setting *setting, const struct dm_config_value *value,
		      void (*warn)(void *data, const char *text), void *data)
{
	char text[512];

	while (setting->type == SETTING_STRINGS && value->type == DM_CFG_STRING && value->next)
		value = value->next;
	if (setting->type == SETTING_BOOL && value->type == DM_CFG_STRING)
		(void)snprintf(text, sizeof(text),
			       "Configuration setting \"%s\" invalid. Found string value \"%s\", "
			       "expected boolean value: 0/1, \"y/n\", \"yes/no\", \"on/off\", "
			       "\"true/false\".",
			       setting->path, value->v.str);
	else
		(void)snprintf(text, sizeof(text),
			       "WARNING: Configuration setting \"%s\" has invalid type. "
			       "Found %s but expected %s.",
			       setting->path, value_type_name(value), type_names[setting->type]);
	warn(data, text);
}

void config_check(const struct config *config, void (*warn)(void *data, const char *text),
		  void *data)
{
	const struct dm_config_tree *tree;
	const struct setting *table;
	size_t count;
	char text[512];

	for (tree = config->tree; tree; tree = tree->cascade)
		for (const struct dm_config_node *n = tree->root; n; n = n->sib)
			if (!setting_section_is_known(n->key)) {
				(void)snprintf(text, sizeof(text),
					       "Configuration section \"%s\" unknown.", n->key);
				warn(data, text);
			}

	table = settings_table(&count);
	for (size_t i = 0; i < count; i++) {
		const struct dm_config_node *node = config_node(config, table[i].path);

		if (node && node->v && !type_fits(table[i].type, node->v))
			warn_type(&table[i], node->v, warn, data);
	}
}

/* ---- look-ups ---- */

const struct dm_config_node *config_node(const struct config *config, const char *path)
{
	return config->tree ? dm_config_tree_find_node(config->tree, path) : NULL;
}

const struct dm_config_tree *config_trees(const struct config *config)
{
	return config->tree;
}

/* What the user set for a key of the table, or NULL when it is not set or not of that type. */
static const struct dm_config_value *user_value(const struct config *config,
						const struct setting *setting)
{
	const struct dm_config_node *node = config_node(config, setting->path);

	return node && node->v && type_fits(setting->type, node->v) ? node->v : NULL;
}

static const struct setting *setting_of(const char *path, enum setting_type type)
{
	const struct setting *setting = setting_find(path);

	/* A key that is asked for must be in the table: the default lives there. */
	assert(setting);
	assert(setting->type == type);
	return setting;
}

bool config_bool(const struct config *config, const char *path)
{
	const struct setting *setting = setting_of(path, SETTING_BOOL);
	const struct dm_config_value *value = user_value(config, setting);

	if (!value)
		return setting->number;
	return value->type == DM_CFG_INT ? value->v.i != 0 : is_true_word(value->v.str);
}

int64_t config_int(const struct config *config, const char *path)
{
	const struct setting *setting = setting_of(path, SETTING_INT);
	const struct dm_config_value *value = user_value(config, setting);

	return value ? value->v.i : setting->number;
}

const char *config_string(const struct config *config, const char *path)
{
	const struct setting *setting = setting_of(path, SETTING_STRING);
	const struct dm_config_value *value = user_value(config, setting);

	if (value)
		return value->v.str;
	if (!setting->in_system_dir)
		return setting->text;
	for (size_t i = 0; i < config->in_system_dir_count; i++)
		if (config->in_system_dir[i].setting == setting)
			return config->in_system_dir[i].path;
	return NULL;
}

int config_truth(const struct config *config, const char *path, int otherwise)
{
	const struct dm_config_node *node = config_node(config, path);
	const struct dm_config_value *value = node ? node->v : NULL;

	if (value && value->type == DM_CFG_INT)
		return value->v.i != 0;
	if (value && value->type == DM_CFG_STRING && is_true_word(value->v.str))
		return 1;
	if (value && value->type == DM_CFG_STRING && is_false_word(value->v.str))
		return 0;
	return otherwise;
}

int config_each_string(const struct config *config, const char *path,
		       void (*visit)(void *data, const char *text), void *data)
{
	const struct setting *setting = setting_of(path, SETTING_STRINGS);
	const struct dm_config_value *value = user_value(config, setting);
	int count = 0;

	if (!value)
		return -1;
	for (; value && value->type == DM_CFG_STRING; value = value->next) {
		visit(data, value->v.str);
		count++;
	}
	return count;
}

const char *config_system_dir(const struct config *config)
{
	return config->system_dir;
}
