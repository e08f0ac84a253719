/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tokeniser with one token of look-ahead and a parser that recurses once per open section, no
 * deeper than CFG_DEPTH_MAX. What a token is depends on what is expected: behind "=" a word is a
 * value, else it is a name; hence two tokenisers.
 *
 * The text is copied once, and keys and strings are ended where they stand in that copy. The end
 * of a word may be the next token's only character: it is kept in `held` until that is read.
 *
 * Repeated sections are merged in a pass of their own, so that a text of many sections costs
 * n log n whatever they are called. It looks only where reading saw two keys that may be equal.
 */
#include "metadata/config_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/base/cleanup.h"
#include "metadata/name_index.h"

#define INT64_SURE_DIGITS 18	     /* so many always fit */
#define KEY_FACTOR	  0x5805975U /* found by trying: see add_key() */

enum token_type { TOKEN_END, TOKEN_MARK, TOKEN_WORD, TOKEN_ESCAPED, TOKEN_LITERAL, TOKEN_BAD };

struct token {
	enum token_type type;
	char *at;      /* of a string: behind its quote */
	size_t length; /* without quotes */
	char mark;     /* one of = { } [ ] , */
	bool escaped;  /* there is a backslash in it */
	bool is_plain; /* a word without a slash in it */
};

struct parser {
	char *text, *at; /* of the copy, which a NUL ends */
	char held;	 /* what was at @at before a NUL took its place; or NUL */
	char *token_at;	 /* where the current token begins, for errors */
	uint32_t line;
	struct token token;
	struct arena *arena;
	struct err *err;
};

enum char_class {
	IS_BLANK = 1 << 0,
	ENDS_WORD = 1 << 1, /* blanks, comments, marks of names, the end */
	ENDS_STRING = 1 << 2,
	IS_DIGIT = 1 << 3,
	BEGINS_NUMBER = 1 << 4,
	MARKS_NAME = 1 << 5,  /* behind or instead of a name */
	MARKS_VALUE = 1 << 6, /* in lists */
};

static const unsigned char char_classes[256] = {
	['\0'] = ENDS_WORD | ENDS_STRING,
	['\t'] = IS_BLANK | ENDS_WORD,
	['\n'] = IS_BLANK | ENDS_WORD | ENDS_STRING,
	['\v'] = IS_BLANK | ENDS_WORD,
	['\f'] = IS_BLANK | ENDS_WORD,
	['\r'] = IS_BLANK | ENDS_WORD,
	[' '] = IS_BLANK | ENDS_WORD,
	['#'] = ENDS_WORD,
	['"'] = ENDS_STRING,
	['\''] = ENDS_STRING,
	['\\'] = ENDS_STRING,
	['='] = ENDS_WORD | MARKS_NAME,
	['{'] = ENDS_WORD | MARKS_NAME,
	['}'] = ENDS_WORD | MARKS_NAME,
	['['] = MARKS_VALUE,
	[']'] = MARKS_VALUE,
	[','] = MARKS_VALUE,
	['+'] = BEGINS_NUMBER,
	['-'] = BEGINS_NUMBER,
	['.'] = BEGINS_NUMBER,
	['0'] = IS_DIGIT | BEGINS_NUMBER,
	['1'] = IS_DIGIT | BEGINS_NUMBER,
	['2'] = IS_DIGIT | BEGINS_NUMBER,
	['3'] = IS_DIGIT | BEGINS_NUMBER,
	['4'] = IS_DIGIT | BEGINS_NUMBER,
	['5'] = IS_DIGIT | BEGINS_NUMBER,
	['6'] = IS_DIGIT | BEGINS_NUMBER,
	['7'] = IS_DIGIT | BEGINS_NUMBER,
	['8'] = IS_DIGIT | BEGINS_NUMBER,
	['9'] = IS_DIGIT | BEGINS_NUMBER,
};

static inline bool is(char c, enum char_class classes)
{
	return char_classes[(unsigned char)c] & classes;
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

/* Go on to what is neither blank nor comment, and return it. */
static inline char skip_blanks(struct parser *parser)
{
	char *at = parser->at;
	char c = parser->held ? parser->held : *at;

	parser->held = '\0';
	for (;;) {
		if (c == '#') {
			at = strchrnul(at + 1, '\n');
			c = *at;
		} else if (is(c, IS_BLANK)) {
			parser->line += c == '\n';
			c = *++at;
		} else {
			break;
		}
	}
	parser->at = at;
	return c;
}

static void read_quoted(struct parser *parser, char quote)
{
	struct token *token = &parser->token;
	char *at = parser->at + 1;

	token->at = at;
	token->escaped = false;
	for (; *at != quote; at++) {
		while (!is(*at, ENDS_STRING))
			at++;
		if (*at == quote || !*at)
			break;
		parser->line += *at == '\n';
		if (*at == '\\' && quote == '"' && at[1]) {
			token->escaped = true;
			at++;
		}
	}
	token->length = (size_t)(at - token->at);
	token->type = quote == '"' ? TOKEN_ESCAPED : TOKEN_LITERAL;
	parser->at = at;
	if (*at) {
		parser->at++;
		return;
	}
	token->type = TOKEN_BAD;
	parser->token_at = at;
}

/* Read the token that begins with @c; @marks are those that are expected here. */
static inline void read_token(struct parser *parser, char c, enum char_class marks)
{
	struct token *token = &parser->token;
	char *at = parser->at;

	parser->token_at = token->at = at;
	token->is_plain = false;
	if (!c) {
		token->type = TOKEN_END;
	} else if (c == '"' || c == '\'') {
		read_quoted(parser, c);
	} else if (is(c, marks)) {
		token->type = TOKEN_MARK;
		token->mark = c;
		parser->at++;
	} else {
		bool has_slash = false;

		token->type = TOKEN_WORD;
		for (; !is(*at, ENDS_WORD); at++)
			has_slash |= *at == '/';
		token->is_plain = !has_slash;
		token->length = (size_t)(at - token->at);
		parser->at = at;
	}
}

static inline void next_name(struct parser *parser)
{
	char c = skip_blanks(parser);

	read_token(parser, c, MARKS_NAME);
}

/* Numbers end where their digits end ("1d=2" is 1, then d=2); words run on. */
static inline void next_value(struct parser *parser)
{
	struct token *token = &parser->token;
	char c = skip_blanks(parser);
	bool dot;
	char *at;

	if (!is(c, BEGINS_NUMBER)) {
		read_token(parser, c, is(c, MARKS_VALUE) ? MARKS_VALUE : MARKS_NAME);
		return;
	}
	dot = c == '.';
	token->type = TOKEN_WORD;
	parser->token_at = token->at = parser->at;
	for (at = token->at + 1; is(*at, IS_DIGIT) || (*at == '.' && !dot); at++)
		dot |= *at == '.';
	token->length = (size_t)(at - token->at);
	parser->at = at;
}

static inline bool is_mark(const struct parser *parser, char mark)
{
	return parser->token.type == TOKEN_MARK && parser->token.mark == mark;
}

static inline bool is_string(const struct parser *parser)
{
	return parser->token.type == TOKEN_WORD || parser->token.type == TOKEN_ESCAPED ||
	       parser->token.type == TOKEN_LITERAL;
}

/* Only \" and \\ are escapes; others keep their backslash. */
static size_t undo_escapes(char *text, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\' && i + 1 < length &&
		    (text[i + 1] == '"' || text[i + 1] == '\\'))
			i++;
		text[used++] = text[i];
	}
	return used;
}

/* The token's string, ended by a NUL where it stands. */
static inline char *token_text(struct parser *parser)
{
	struct token *token = &parser->token;

	if (token->type == TOKEN_WORD)
		parser->held = *parser->at;
	else if (token->type == TOKEN_ESCAPED && token->escaped)
		token->length = undo_escapes(token->at, token->length);
	token->at[token->length] = '\0';
	return token->at;
}

static int read_number(struct parser *parser, struct cfg_value *value)
{
	const struct token *token = &parser->token;
	int64_t number = 0;
	char digits[32];
	char *end;
	size_t i;

	/* Nearly all of them, and none that could overflow or be octal. */
	for (i = 0; i < token->length && i < INT64_SURE_DIGITS && is(token->at[i], IS_DIGIT); i++)
		number = number * 10 + (token->at[i] - '0');
	if (i == token->length && (*token->at != '0' || i == 1)) {
		value->type = CFG_INTEGER;
		value->integer = number;
		return 0;
	}
	if (token->length >= sizeof(digits))
		return parse_error(parser, "number too long");
	memcpy(digits, token->at, token->length);
	digits[token->length] = '\0';
	if (strchr(digits, '.')) {
		value->type = CFG_FLOAT;
		value->text = arena_strdup(parser->arena, digits);
		return value->text ? 0 : no_memory(parser);
	}
	errno = 0;
	value->type = CFG_INTEGER;
	value->integer = strtoll(digits, &end, 0);
	if (errno || end == digits || *end)
		return parse_error(parser, "bad number");
	return 0;
}

static int read_scalar(struct parser *parser, bool in_list, struct cfg_value *value)
{
	const struct token *token = &parser->token;

	if (!is_string(parser))
		return parse_error(parser, token->type == TOKEN_BAD ? "unexpected token"
								    : "expected a value");
	if (token->type == TOKEN_WORD && is(*token->at, BEGINS_NUMBER))
		return read_number(parser, value);
	if (token->type == TOKEN_WORD && in_list)
		return parse_error(parser, "expected a value");
	value->type = CFG_STRING;
	value->text = token_text(parser);
	return 0;
}

/* The token is "["; reads up to "]". */
static int read_list(struct parser *parser, struct cfg_node *node)
{
	struct cfg_value **link = &node->values;
	struct cfg_value *value;
	int rc;

	node->is_list = true;
	for (next_value(parser); !is_mark(parser, ']'); next_value(parser)) {
		if (link != &node->values && is_mark(parser, ',')) {
			next_value(parser);
			if (is_mark(parser, ']'))
				break;
		}
		if (!(value = arena_new(parser->arena, struct cfg_value)))
			return no_memory(parser);
		if ((rc = read_scalar(parser, true, value)))
			return rc;
		*link = value;
		link = &value->next;
	}
	return 0;
}

static int read_values(struct parser *parser, struct cfg_node *node)
{
	next_value(parser);
	if (is_mark(parser, '['))
		return read_list(parser, node);
	if (!(node->values = arena_new(parser->arena, struct cfg_value)))
		return no_memory(parser);
	return read_scalar(parser, false, node->values);
}

static int read_items(struct parser *parser, unsigned depth, struct cfg_node **link,
		      bool *may_repeat);

/*
 * The token is a name: make its node, and for "a/b/c" the sections a and b around it.
 * *depth grows by the sections made.
 */
static int open_node(struct parser *parser, unsigned *depth, struct cfg_node **ret_outer,
		     struct cfg_node **ret_inner)
{
	struct cfg_node **link = ret_outer;
	struct cfg_node *node = NULL;
	char *name = token_text(parser), *rest;
	const bool is_plain = parser->token.is_plain;

	do {
		rest = is_plain ? NULL : strchr(name, '/');
		if (rest == name) {
			name += strspn(name, "/");
			rest = strchr(name, '/');
		}
		if (rest)
			*rest++ = '\0';
		if (rest && !rest[strspn(rest, "/")])
			rest = NULL;
		if (!(node = arena_new(parser->arena, struct cfg_node)))
			return no_memory(parser);
		*node = (struct cfg_node){
			.key = name, .line = parser->line, .is_section = rest, .may_repeat = rest
		};
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
	struct cfg_node *node = NULL;
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
	if ((rc = read_items(parser, depth + 1, &node->items, &node->may_repeat)))
		return rc;
	return is_mark(parser, '}') ? 0 : parse_error(parser, "unexpected token");
}

/* Enough to tell most keys apart. */
static inline uint32_t summarise_key(const char *key)
{
	size_t length = strlen(key);
	uint32_t middle = (unsigned char)key[length / 2],
		 later = (unsigned char)key[length * 2 / 3];

	if (!length)
		return 0;
	return (unsigned char)key[0] | middle << 8 |
	       (uint32_t)(unsigned char)key[length - 1] << 16 | ((uint32_t)length + later) << 24;
}

/* Keys of one section as a set of 64 bits: false when @key was certainly not added before. With
 * this factor no two keys that LVM2 writes into one section share a bit. */
static inline bool add_key(uint64_t *keys, const char *key)
{
	const uint64_t bit = (uint64_t)1 << (summarise_key(key) * KEY_FACTOR >> 26);
	const bool may_repeat = *keys & bit;

	*keys |= bit;
	return may_repeat;
}

/* Read items up to a "}" or the end of the text, which is the token then. */
static int read_items(struct parser *parser, unsigned depth, struct cfg_node **link,
		      bool *may_repeat)
{
	uint64_t keys = 0;
	int rc;

	for (next_name(parser); is_string(parser); next_name(parser)) {
		if ((rc = read_item(parser, depth, link)))
			return rc;
		*may_repeat |= add_key(&keys, (*link)->key) || (*link)->may_repeat;
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
		seen[i] = summarise_key(list->key);
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

static int merge_items(struct cfg_node **list, enum cfg_repeats repeats, struct err *err)
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
		if (node->may_repeat && (rc = merge_tree(&node->items, repeats, err)))
			return rc;
	return 0;
}

int cfg_parse(const char *text, size_t length, enum cfg_repeats repeats, struct arena *arena,
	      struct cfg_node **ret_items, struct err *err)
{
	const struct parser parser = { .line = 1, .err = err };
	char *copy = arena_strndup(arena, text, length);

	return copy ? cfg_parse_in_place(copy, repeats, arena, ret_items, err) : no_memory(&parser);
}

int cfg_parse_in_place(char *text, enum cfg_repeats repeats, struct arena *arena,
		       struct cfg_node **ret_items, struct err *err)
{
	struct parser parser = {
		.line = 1, .arena = arena, .err = err, .text = text, .at = text, .token_at = text
	};
	struct cfg_node *items = NULL;
	bool may_repeat = false;
	int rc;

	if ((rc = read_items(&parser, 0, &items, &may_repeat)))
		return rc;
	if (parser.token.type != TOKEN_END)
		return parse_error(&parser, "unexpected token");
	if (may_repeat && (rc = merge_tree(&items, repeats, err)))
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
