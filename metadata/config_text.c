/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tokeniser with one token of look-ahead and a parser that recurses once per open section, no
 * deeper than CFG_DEPTH_MAX. What a token is depends on what is expected: behind "=" a word is a
 * value, else it is a name; hence two tokenisers.
 *
 * Repeated sections are merged in a pass of their own, by sorting, so that a text of many
 * sections costs n log n whatever they are called.
 */
#include "metadata/config_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum token_type { TOKEN_END, TOKEN_MARK, TOKEN_WORD, TOKEN_ESCAPED, TOKEN_LITERAL, TOKEN_BAD };

struct token {
	enum token_type type;
	const char *at; /* of a string: behind its quote */
	size_t length;	/* without quotes */
	char mark;	/* one of = { } [ ] , */
};

struct parser {
	const char *text, *at, *end;
	const char *token_at; /* where the current token begins, for errors */
	uint32_t line;
	struct token token;
	struct arena *arena;
	struct err *err;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int parse_error(const struct parser *parser, const char *what)
{
	return err_set(parser->err, EUCLEAN, "Parse error at byte %zu (line %u): %s",
		       (size_t)(parser->token_at - parser->text) + 1, parser->line, what);
}

static int no_memory(const struct parser *parser)
{
	return err_set(parser->err, ENOMEM, "Out of memory at line %u of a configuration text.",
		       parser->line);
}

static void skip_blanks(struct parser *parser)
{
	bool in_comment = false;

	for (; parser->at < parser->end; parser->at++) {
		if (*parser->at == '\n') {
			parser->line++;
			in_comment = false;
		} else if (*parser->at == '#') {
			in_comment = true;
		} else if (!in_comment && !is_blank(*parser->at)) {
			return;
		}
	}
}

static void read_quoted(struct parser *parser, char quote)
{
	struct token *token = &parser->token;

	token->at = ++parser->at;
	for (; parser->at < parser->end && *parser->at != quote; parser->at++) {
		if (*parser->at == '\n')
			parser->line++;
		if (quote == '"' && *parser->at == '\\' && parser->end - parser->at > 1)
			parser->at++;
	}
	token->length = (size_t)(parser->at - token->at);
	token->type = quote == '"' ? TOKEN_ESCAPED : TOKEN_LITERAL;
	if (parser->at == parser->end) {
		token->type = TOKEN_BAD;
		parser->token_at = parser->end;
		return;
	}
	parser->at++;
}

/* Read the next token; @ends are the characters, besides blanks and "#", that end a word. */
static void next_token(struct parser *parser, const char *ends)
{
	struct token *token = &parser->token;

	skip_blanks(parser);
	parser->token_at = parser->at;
	*token = (struct token){ .type = TOKEN_END, .at = parser->at };
	if (parser->at == parser->end)
		return;
	if (*parser->at == '"' || *parser->at == '\'') {
		read_quoted(parser, *parser->at);
		return;
	}
	if (strchr(ends, *parser->at)) {
		token->type = TOKEN_MARK;
		token->mark = *parser->at++;
		return;
	}
	token->type = TOKEN_WORD;
	while (parser->at < parser->end && !is_blank(*parser->at) && *parser->at != '#' &&
	       !strchr(ends, *parser->at))
		parser->at++;
	token->length = (size_t)(parser->at - token->at);
}

static void next_name(struct parser *parser)
{
	next_token(parser, "={}");
}

/* Numbers end where their digits end ("1d=2" is 1, then d=2); words run on. */
static void next_value(struct parser *parser)
{
	struct token *token = &parser->token;
	bool dot = false;

	skip_blanks(parser);
	if (parser->at < parser->end && strchr("[],", *parser->at)) {
		next_token(parser, "[],");
		return;
	}
	next_token(parser, "={}");
	if (token->type != TOKEN_WORD || !(is_digit(*token->at) || strchr("+-.", *token->at)))
		return;
	parser->at = token->at + 1;
	dot = *token->at == '.';
	while (parser->at < parser->end && (is_digit(*parser->at) || (*parser->at == '.' && !dot)))
		dot |= *parser->at++ == '.';
	token->length = (size_t)(parser->at - token->at);
}

static bool is_mark(const struct parser *parser, char mark)
{
	return parser->token.type == TOKEN_MARK && parser->token.mark == mark;
}

static bool is_string(const struct parser *parser)
{
	return parser->token.type == TOKEN_WORD || parser->token.type == TOKEN_ESCAPED ||
	       parser->token.type == TOKEN_LITERAL;
}

/* The token's string in the arena, escapes undone; NULL without memory. */
static char *token_text(const struct parser *parser)
{
	const struct token *token = &parser->token;
	char *text = arena_strndup(parser->arena, token->at, token->length);
	size_t used = 0;

	if (!text || token->type != TOKEN_ESCAPED)
		return text;
	for (size_t i = 0; i < token->length; i++) {
		/* Only \" and \\ are escapes; others keep their backslash. */
		if (text[i] == '\\' && (text[i + 1] == '"' || text[i + 1] == '\\'))
			i++;
		text[used++] = text[i];
	}
	text[used] = '\0';
	return text;
}

static int read_number(struct parser *parser, struct cfg_value *value)
{
	const struct token *token = &parser->token;
	char digits[32];
	char *end;

	if (token->length >= sizeof(digits))
		return parse_error(parser, "number too long");
	memcpy(digits, token->at, token->length);
	digits[token->length] = '\0';
	if (strchr(digits, '.')) {
		value->type = CFG_FLOAT;
		value->text = token_text(parser);
		return value->text ? 0 : no_memory(parser);
	}
	errno = 0;
	value->type = CFG_INTEGER;
	value->integer = strtoll(digits, &end, 0);
	if (errno || end == digits || *end)
		return parse_error(parser, "bad number");
	return 0;
}

static int read_scalar(struct parser *parser, bool in_list, struct cfg_value **ret_value)
{
	const struct token *token = &parser->token;
	struct cfg_value *value;
	int rc = 0;

	if (!is_string(parser))
		return parse_error(parser, token->type == TOKEN_BAD ? "unexpected token"
								    : "expected a value");
	if (!(value = arena_new(parser->arena, struct cfg_value)))
		return no_memory(parser);
	if (token->type == TOKEN_WORD && (is_digit(*token->at) || strchr("+-.", *token->at))) {
		rc = read_number(parser, value);
	} else if (token->type == TOKEN_WORD && in_list) {
		rc = parse_error(parser, "expected a value");
	} else {
		value->type = CFG_STRING;
		if (!(value->text = token_text(parser)))
			rc = no_memory(parser);
	}
	*ret_value = value;
	return rc;
}

/* The token is "["; reads up to "]". */
static int read_list(struct parser *parser, struct cfg_node *node)
{
	struct cfg_value **link = &node->values;
	int rc;

	node->is_list = true;
	for (next_value(parser); !is_mark(parser, ']'); next_value(parser)) {
		if (link != &node->values && is_mark(parser, ',')) {
			next_value(parser);
			if (is_mark(parser, ']'))
				break;
		}
		if ((rc = read_scalar(parser, true, link)))
			return rc;
		link = &(*link)->next;
	}
	return 0;
}

static int read_values(struct parser *parser, struct cfg_node *node)
{
	next_value(parser);
	if (is_mark(parser, '['))
		return read_list(parser, node);
	return read_scalar(parser, false, &node->values);
}

static int read_items(struct parser *parser, unsigned depth, struct cfg_node **link);

/*
 * The token is a name: make its node, and for "a/b/c" the sections a and b around it.
 * *depth grows by the sections made.
 */
static int open_node(struct parser *parser, unsigned *depth, struct cfg_node **ret_outer,
		     struct cfg_node **ret_inner)
{
	struct cfg_node **link = ret_outer;
	struct cfg_node *node = NULL;
	char *name, *rest;

	if (!(name = token_text(parser)))
		return no_memory(parser);
	do {
		name += strspn(name, "/");
		rest = strchr(name, '/');
		if (rest)
			*rest++ = '\0';
		if (rest && !rest[strspn(rest, "/")])
			rest = NULL;
		if (!(node = arena_new(parser->arena, struct cfg_node)))
			return no_memory(parser);
		*node = (struct cfg_node){ .key = name, .line = parser->line, .is_section = rest };
		*link = node;
		link = &node->items;
		if (rest && ++*depth > CFG_DEPTH_MAX)
			return parse_error(parser, "sections nested too deeply");
	} while ((name = rest));
	*ret_inner = node;
	return 0;
}

/* The token is a name. */
static int read_item(struct parser *parser, unsigned depth, struct cfg_node **ret_item)
{
	struct cfg_node *node;
	int rc;

	if ((rc = open_node(parser, &depth, ret_item, &node)))
		return rc;
	next_name(parser);
	if (is_mark(parser, '='))
		return read_values(parser, node);
	if (!is_mark(parser, '{'))
		return parse_error(parser, "unexpected token");
	node->is_section = true;
	if (depth + 1 > CFG_DEPTH_MAX)
		return parse_error(parser, "sections nested too deeply");
	if ((rc = read_items(parser, depth + 1, &node->items)))
		return rc;
	return is_mark(parser, '}') ? 0 : parse_error(parser, "unexpected token");
}

/* Read items up to a "}" or the end of the text, which is the token then. */
static int read_items(struct parser *parser, unsigned depth, struct cfg_node **link)
{
	int rc;

	for (next_name(parser); is_string(parser); next_name(parser)) {
		if ((rc = read_item(parser, depth, link)))
			return rc;
		link = &(*link)->next;
	}
	return 0;
}

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
			item->dropped = changed = true;
		} else if (repeats == CFG_LAST_COUNTS) {
			first->dropped = changed = true;
			first = item;
		}
	}
	return changed;
}

static int merge_items(struct cfg_node **list, enum cfg_repeats repeats, struct err *err)
{
	struct cfg_node **link = list;
	struct item *items;
	size_t count = 0;

	for (const struct cfg_node *node = *list; node; node = node->next)
		count++;
	if (count < 2)
		return 0;
	if (!(items = calloc(count, sizeof(*items))))
		return err_set(err, ENOMEM, "Out of memory reading a configuration text.");
	count = 0;
	for (struct cfg_node *node = *list; node; node = node->next, count++)
		items[count] = (struct item){ .node = node, .position = count };
	qsort(items, count, sizeof(*items), compare_items);
	if (join_equal(items, count, repeats)) {
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

/* Top down, as merging two sections may bring together two that are equal inside. */
static int merge_tree(struct cfg_node **list, enum cfg_repeats repeats, struct err *err)
{
	int rc;

	if ((rc = merge_items(list, repeats, err)))
		return rc;
	for (struct cfg_node *node = *list; node; node = node->next)
		if (node->is_section && (rc = merge_tree(&node->items, repeats, err)))
			return rc;
	return 0;
}

int cfg_parse(const char *text, size_t length, enum cfg_repeats repeats, struct arena *arena,
	      struct cfg_node **ret_items, struct err *err)
{
	const char *nul = length ? memchr(text, '\0', length) : NULL;
	struct parser parser = { .text = text,
				 .at = text,
				 .end = nul ? nul : text + length,
				 .line = 1,
				 .arena = arena,
				 .err = err };
	struct cfg_node *items = NULL;
	int rc;

	if ((rc = read_items(&parser, 0, &items)))
		return rc;
	if (parser.token.type != TOKEN_END)
		return parse_error(&parser, "unexpected token");
	if ((rc = merge_tree(&items, repeats, err)))
		return rc;
	*ret_items = items;
	return 0;
}

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
	return value->reference ? *value->reference : value->text;
}

static bool copy_values(const struct cfg_value *from, struct arena *arena, cfg_map_reference *map,
			void *arg, struct cfg_value **link)
{
	for (; from; from = from->next, link = &(*link)->next) {
		struct cfg_value *value = arena_new(arena, struct cfg_value);

		if (!(*link = value))
			return false;
		value->type = from->type;
		if (from->type == CFG_INTEGER)
			value->integer = from->integer;
		else if (!(value->text = arena_strdup(arena, cfg_value_text(from))))
			return false;
		if (from->reference && map)
			value->reference = map(from->reference, arg);
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
