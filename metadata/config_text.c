/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tokeniser with one token of look-ahead and a parser that recurses once per open section, no
 * deeper than CFG_DEPTH_MAX. What a token is depends on what is expected: behind "=" a word is a
 * value, else it is a name; hence two tokenisers.
 *
 * The text is only read: keys and strings are copied as they are met.
 *
 * Repeated sections are merged in a pass of their own (config_merge.c), which looks only where
 * reading saw two keys that may be equal.
 */
#include "metadata/config_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/base/cleanup.h"
#include "metadata/config_merge.h"

#define INT64_SURE_DIGITS 18	     /* so many always fit */
#define KEY_FACTOR	  0x5805975U /* found by trying: see key_bit() */

enum token_type { TOKEN_END, TOKEN_MARK, TOKEN_WORD, TOKEN_ESCAPED, TOKEN_LITERAL, TOKEN_BAD };

struct token {
	enum token_type type;
	const char *at; /* of a string: behind its quote */
	size_t length;	/* without quotes */
	char mark;	/* one of = { } [ ] , */
	bool escaped;	/* there is a backslash in it */
	bool is_plain;	/* a word without a slash in it */
};

struct parser {
	const char *text, *at; /* a NUL ends it */
	const char *token_at;  /* where the current token begins, for errors */
	uint32_t line;
	struct token token;
	enum cfg_repeats repeats;
	const struct cfg_stream *stream; /* or NULL */
	struct cfg_node **root;
	const struct cfg_node *outermost; /* the item of the root that is being read */
	struct arena *arena;
	struct arena *item_arena; /* of an item that will be handed over */
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
	const char *at = parser->at;
	char c = *at;

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
	const char *at = parser->at + 1;

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
	const char *at = parser->at;

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
	const char *at;
	bool dot;

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

/* A copy of the token's string; NULL without memory. */
static inline char *token_text(struct parser *parser)
{
	const struct token *token = &parser->token;
	char *text = arena_strndup(parser->arena, token->at, token->length);

	if (text && token->type == TOKEN_ESCAPED && token->escaped)
		text[undo_escapes(text, token->length)] = '\0';
	return text;
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
	return value->text ? 0 : no_memory(parser);
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
static int stream_items(struct parser *parser, unsigned depth);

/* Does the caller want the items of section @node, which is at @depth, one by one? */
static bool is_streamed(const struct parser *parser, unsigned depth, const struct cfg_node *node)
{
	const struct cfg_stream *stream = parser->stream;

	return stream && depth == 1 &&
	       stream->begins(*parser->root, parser->outermost, node, stream->arg);
}

/* Keys of one section are a set of 64 bits: those with different ones are different. With this
 * factor no two keys that LVM2 writes into one section have the same. */
static inline uint8_t key_bit(const char *key, size_t length)
{
	return (uint8_t)(cfg_summarise_key(key, length) * KEY_FACTOR >> 26);
}

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

	if (!name)
		return no_memory(parser);
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
			.key = name,
			.line = parser->line,
			.is_section = rest,
			.may_repeat = rest,
			.key_bit = key_bit(name, is_plain ? parser->token.length : strlen(name)),
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
	const bool is_outermost = !depth;
	struct cfg_node *node = NULL;
	int rc;

	if ((rc = open_node(parser, &depth, ret_item, &node)))
		return rc;
	if (is_outermost)
		parser->outermost = *ret_item;
	next_name(parser);
	if (is_mark(parser, '='))
		return read_values(parser, node);
	if (!is_mark(parser, '{'))
		return parse_error(parser, "unexpected token");
	node->is_section = true;
	if (depth + 1 > CFG_DEPTH_MAX)
		return parse_error(parser, "sections nested too deeply");
	if (is_streamed(parser, depth, node))
		rc = stream_items(parser, depth + 1);
	else
		rc = read_items(parser, depth + 1, &node->items, &node->may_repeat);
	if (rc)
		return rc;
	return is_mark(parser, '}') ? 0 : parse_error(parser, "unexpected token");
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
		*may_repeat |= keys >> (*link)->key_bit & 1 || (*link)->may_repeat;
		keys |= (uint64_t)1 << (*link)->key_bit;
		link = &(*link)->next;
	}
	return 0;
}

/* As read_items(), but each item is handed over and forgotten. */
static int stream_items(struct parser *parser, unsigned depth)
{
	struct arena *arena = parser->arena;
	int rc = 0;

	parser->arena = parser->item_arena;
	for (next_name(parser); is_string(parser); next_name(parser)) {
		struct cfg_node *item = NULL;

		if (!(rc = read_item(parser, depth, &item)) && item->may_repeat)
			rc = cfg_merge_tree(&item->items, parser->repeats, NULL, parser->err);
		if (!rc)
			rc = parser->stream->take(item, parser->stream->arg);
		if (rc)
			break;
		arena_reset(parser->item_arena);
	}
	parser->arena = arena;
	return rc;
}

int cfg_parse_stream(const char *text, size_t length, enum cfg_repeats repeats,
		     const struct cfg_stream *stream, struct arena *arena,
		     struct cfg_node **ret_items, bool *ret_merged, struct err *err)
{
	AUTO_ARENA struct arena item_arena = { .limit = arena->limit };
	struct parser parser = { .line = 1,
				 .repeats = repeats,
				 .stream = stream,
				 .arena = arena,
				 .item_arena = &item_arena,
				 .err = err };
	struct cfg_node *items = NULL;
	bool may_repeat = false;
	int rc;

	if ((!length || text[length - 1]) && !(text = arena_strndup(arena, text, length)))
		return no_memory(&parser);
	parser.text = parser.at = parser.token_at = text;
	parser.root = &items;
	if ((rc = read_items(&parser, 0, &items, &may_repeat)))
		return rc;
	if (parser.token.type != TOKEN_END)
		return parse_error(&parser, "unexpected token");
	*ret_merged = false;
	if (may_repeat && (rc = cfg_merge_tree(&items, repeats, ret_merged, err)))
		return rc;
	*ret_items = items;
	return 0;
}

int cfg_parse(const char *text, size_t length, enum cfg_repeats repeats, struct arena *arena,
	      struct cfg_node **ret_items, struct err *err)
{
	bool merged;

	return cfg_parse_stream(text, length, repeats, NULL, arena, ret_items, &merged, err);
}
