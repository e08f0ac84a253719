/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table says key, place and accepted values. libdevmapper parses; it does not keep line
 * numbers, so the line of a key is looked up in the text.
 */
#include "clvmd/conf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"

#define CONF_SIZE_MAX	 65536
#define LOCK_TIMEOUT_MAX 86400
#define CLIENTS_MAX	 16384

struct conf_key {
	const char *name;
	size_t offset;
	const char *const *words; /* accepted words, NULL at the end; or NULL: a number or path */
	int64_t min, max;	  /* of a number */
	const char *accepted;	  /* for people */
};

static const char *const fence_words[] = { "pacemaker", "exec", "manual", "none", NULL };
static const char *const quorum_words[] = { "ignore", "freeze", NULL };
static const char *const activate_words[] = { "none", "auto", NULL };
static const char *const scope_words[] = { "cluster", "node", NULL };

#define AT(member) offsetof(struct conf, member)

static const struct conf_key keys[] = {
	{ "fence", AT(fence), fence_words, 0, 0,
	  "\"pacemaker\", \"exec\", \"manual\" or \"none\"" },
	{ "fence_program", AT(fence_program), NULL, 0, 0, "an absolute path" },
	{ "on_quorum_loss", AT(freeze), quorum_words, 0, 0, "\"ignore\" or \"freeze\"" },
	{ "lock_timeout", AT(lock_timeout), NULL, 1, LOCK_TIMEOUT_MAX, "1 to 86400 (seconds)" },
	{ "activate_at_start", AT(auto_activate), activate_words, 0, 0, "\"none\" or \"auto\"" },
	{ "deactivation_scope", AT(deactivate_on_node), scope_words, 0, 0,
	  "\"cluster\" or \"node\"" },
	{ "max_clients", AT(max_clients), NULL, 8, CLIENTS_MAX, "8 to 16384" },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

const char *fence_method_name(uint32_t method)
{
	return fence_words[method];
}

/* What libdevmapper says of a text that it cannot parse; it has no other way to tell. */
static char parse_complaint[512];

__attribute__((format(printf, 5, 6))) static void
keep_complaint(int level, const char *file, int line, int dm_errno_or_class, const char *fmt, ...)
{
	va_list args;

	(void)file;
	(void)line;
	(void)dm_errno_or_class;
	if ((level & 7) > 3 || *parse_complaint) /* errors only; the first one is the cause */
		return;
	va_start(args, fmt);
	(void)vsnprintf(parse_complaint, sizeof(parse_complaint), fmt, args);
	va_end(args);
}

/* The line where @key is first set; 1 when it cannot be found. */
static int line_of(const char *text, const char *key)
{
	size_t length = strlen(key);
	int line = 1;

	for (const char *at = text; *at; at++) {
		bool begins = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');

		if (*at == '\n')
			line++;
		if (*at == '#') {
			while (at[1] && at[1] != '\n')
				at++;
			continue;
		}
		if (begins && !strncmp(at, key, length) &&
		    strchr(" \t=/{\n", at[length])) /* NUL too: end of text */
			return line;
	}
	return 1;
}

/* A mistake: one line of @err each. */
static void complain(struct err *err, const char *path, const char *text, const char *key,
		     const char *what, const char *accepted)
{
	int line = line_of(text, key);

	if (err && err->code)
		(void)err_append(err, "\n%s:%d: %s: %s; accepted: %s.", path, line, key, what,
				 accepted);
	else
		(void)err_set(err, EINVAL, "%s:%d: %s: %s; accepted: %s.", path, line, key, what,
			      accepted);
}

static bool set_word(const struct conf_key *key, const struct dm_config_value *value,
		     struct conf *conf)
{
	if (value->type != DM_CFG_STRING)
		return false;
	for (uint32_t i = 0; key->words[i]; i++)
		if (!strcmp(key->words[i], value->v.str)) {
			*(uint32_t *)(void *)((char *)conf + key->offset) = i;
			return true;
		}
	return false;
}

static bool set_value(const struct conf_key *key, const struct dm_config_value *value,
		      struct conf *conf)
{
	if (!value || value->next)
		return false;
	if (key->words)
		return set_word(key, value, conf);
	if (!key->max) {
		if (value->type != DM_CFG_STRING || value->v.str[0] != '/' ||
		    strlen(value->v.str) >= sizeof(conf->fence_program))
			return false;
		(void)snprintf(conf->fence_program, sizeof(conf->fence_program), "%s",
			       value->v.str);
		return true;
	}
	if (value->type != DM_CFG_INT || value->v.i < key->min || value->v.i > key->max)
		return false;
	*(uint32_t *)(void *)((char *)conf + key->offset) = (uint32_t)value->v.i;
	return true;
}

static const struct conf_key *find_key(const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static void check_section(const struct dm_config_node *section, const char *path, const char *text,
			  struct conf *conf, struct err *err)
{
	for (const struct dm_config_node *node = section->child; node; node = node->sib) {
		const struct conf_key *key = find_key(node->key);

		if (!key)
			complain(err, path, text, node->key, "unknown key",
				 "fence, fence_program, on_quorum_loss, lock_timeout, "
				 "activate_at_start, deactivation_scope, max_clients");
		else if (node->child || !set_value(key, node->v, conf))
			complain(err, path, text, node->key, "bad value", key->accepted);
	}
}

static int check_tree(const struct dm_config_tree *tree, const char *path, const char *text,
		      struct conf *conf, struct err *err)
{
	struct err first = { 0 };

	for (const struct dm_config_node *node = tree->root; node; node = node->sib) {
		if (strcmp(node->key, "clvmd") != 0)
			complain(&first, path, text, node->key, "unknown section", "clvmd");
		else
			check_section(node, path, text, conf, &first);
	}
	if (conf->fence == FENCE_EXEC && !*conf->fence_program)
		complain(&first, path, text, "fence", "\"exec\" needs fence_program",
			 "fence_program = \"/path\"");
	return first.code ? err_set(err, -first.code, "%s", first.text) : 0;
}

static int read_text(int fd, const char *path, char *text, size_t size, struct err *err)
{
	size_t used = 0;
	ssize_t more;

	while ((more = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)more;
	if (more < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (used == size - 1)
		return err_set(err, EINVAL, "%s: longer than %d bytes.", path, CONF_SIZE_MAX - 1);
	text[used] = '\0';
	return 0;
}

int conf_read(const char *path, struct conf *ret_conf, struct err *err)
{
	static char text[CONF_SIZE_MAX];
	struct conf conf = { .fence = FENCE_DEFAULT, .lock_timeout = 60, .max_clients = 512 };
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct dm_config_tree *tree;
	int rc;

	if (fd < 0 && errno == ENOENT) {
		*ret_conf = conf;
		return 0;
	}
	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if ((rc = read_text(fd, path, text, sizeof(text), err)))
		return rc;
	*parse_complaint = '\0';
	dm_log_with_errno_init(keep_complaint);
	tree = dm_config_from_string(text);
	dm_log_with_errno_init(NULL);
	if (!tree)
		return err_set(err, EINVAL, "%s: %s", path,
			       *parse_complaint ? parse_complaint : "cannot be parsed");
	if (!(rc = check_tree(tree, path, text, &conf, err)))
		*ret_conf = conf;
	dm_config_destroy(tree);
	return rc;
}
