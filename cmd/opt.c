/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of a command line, told apart: options, values, operands. */
#include "cmd/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/base/buf.h"
#include "metadata/base/cleanup.h"

/* Longer lists of possibilities than this are not read by anyone. */
#define POSSIBILITIES_MAX ((size_t)8192)

/* Where we are in argv. */
struct cursor {
	char *const *argv;
	int argc;
	int at;
};

struct match {
	const struct opt *opt;
	const struct opt_group *group;
};

static int usage_error(struct opt_parse *parse)
{
	parse->is_usage_error = true;
	return -EINVAL;
}

static size_t count_opts(const struct opt_parse *parse)
{
	size_t count = 0;

	for (size_t i = 0; i < parse->group_count; i++)
		for (const struct opt *opt = parse->groups[i].opts; opt->long_name; opt++)
			count++;
	return count;
}

/* LVM2's own order: names without a letter first, then by letter. */
static int letter_rank(char letter)
{
	static const char order[] = "aAbBcCdDeEfFgGhHiIjJlLkKmMnNoOpPqQrRsStTuUvVwWxXyYzZ";
	const char *at = letter ? strchr(order, letter) : order;

	return letter && at ? (int)(at - order) + 1 : 0;
}

static int by_display_order(const void *left, const void *right)
{
	const struct opt *a = *(const struct opt *const *)left;
	const struct opt *b = *(const struct opt *const *)right;
	int difference = letter_rank(a->short_name) - letter_rank(b->short_name);

	return difference ? difference : strcmp(a->long_name, b->long_name);
}

static int ambiguous(struct opt_parse *parse, const char *word, const char *name, bool minor,
		     struct err *err)
{
	AUTO_BUF struct buf list = { .limit = POSSIBILITIES_MAX };
	const struct opt **found;
	size_t count = 0;

	found = arena_calloc(parse->arena, count_opts(parse), sizeof(struct opt *));
	if (!found)
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < parse->group_count; i++) {
		if (parse->groups[i].is_minor != minor)
			continue;
		for (const struct opt *opt = parse->groups[i].opts; opt->long_name; opt++)
			if (strncmp(opt->long_name, name, strlen(name)) == 0)
				found[count++] = opt;
	}
	qsort(found, count, sizeof(struct opt *), by_display_order);
	for (size_t i = 0; i < count; i++)
		buf_printf(&list, " '--%s'", found[i]->long_name);
	(void)err_set(err, EINVAL, "%s: option '--%s' is ambiguous; possibilities:%s",
		      parse->program, word, list.data ? list.data : "");
	return usage_error(parse);
}

/* Exact name in any group; otherwise the number of names that begin with it. */
static size_t search(const struct opt_parse *parse, const char *name, bool minor,
		     struct match *ret_match)
{
	size_t length = strlen(name), count = 0;

	for (size_t i = 0; i < parse->group_count; i++) {
		const struct opt_group *group = &parse->groups[i];

		for (const struct opt *opt = group->opts; opt->long_name; opt++) {
			bool is_exact = strcmp(opt->long_name, name) == 0;

			if (!is_exact && (group->is_minor != minor ||
					  strncmp(opt->long_name, name, length) != 0))
				continue;
			*ret_match = (struct match){ .opt = opt, .group = group };
			if (is_exact)
				return 1;
			count++;
		}
	}
	return count;
}

static int find_long(struct opt_parse *parse, const char *word, const char *name,
		     struct match *ret_match, struct err *err)
{
	for (int minor = 0; minor < 2; minor++) {
		size_t count = search(parse, name, minor, ret_match);

		if (count == 1)
			return 0;
		if (count > 1)
			return ambiguous(parse, word, name, minor, err);
	}
	(void)err_set(err, EINVAL, "%s: unrecognized option '--%s'", parse->program, word);
	return usage_error(parse);
}

static int find_short(struct opt_parse *parse, char letter, struct match *ret_match,
		      struct err *err)
{
	for (size_t i = 0; i < parse->group_count; i++) {
		const struct opt_group *group = &parse->groups[i];

		for (const struct opt *opt = group->opts; opt->long_name; opt++) {
			if (opt->short_name != letter)
				continue;
			*ret_match = (struct match){ .opt = opt, .group = group };
			return 0;
		}
	}
	(void)err_set(err, EINVAL, "%s: invalid option -- '%c'", parse->program, letter);
	return usage_error(parse);
}

static bool may_repeat(const struct opt *opt)
{
	return opt->kind == OPT_COUNT || opt->kind == OPT_LIST || opt->kind == OPT_TAGS;
}

/* --activate and --available are two rows, but one option; --force and --file are not, though
 * -f may be either. */
static bool is_same_option(const struct opt *a, const struct opt *b)
{
	return a == b || (a->short_name && a->short_name == b->short_name && a->value == b->value);
}

static int remember(struct opt_parse *parse, const struct opt *opt, const char *value,
		    struct err *err)
{
	for (size_t i = 0; i < parse->given_count; i++) {
		if (!is_same_option(parse->given[i].opt, opt))
			continue;
		if (may_repeat(opt))
			return 0;
		if (opt->short_name)
			return err_set(err, EINVAL, "Option -%c/--%s may not be repeated.",
				       opt->short_name, opt->long_name);
		return err_set(err, EINVAL, "Option --%s may not be repeated.", opt->long_name);
	}
	parse->given[parse->given_count++] = (struct given){ .opt = opt, .value = value };
	return 0;
}

static int take(struct opt_parse *parse, const struct match *match, const char *value,
		const struct cursor *cursor, struct err *err)
{
	int rc;

	if (match->opt->kind == OPT_UNSUPPORTED)
		return err_set(err, EOPNOTSUPP, "%s --%s is not supported yet.", parse->program,
			       match->opt->long_name);
	rc = remember(parse, match->opt, value, err);
	if (rc < 0)
		return rc;
	return opt_set(parse->arena, match->opt, match->group->args, value, (size_t)cursor->argc,
		       err);
}

/* @word is what stands behind the two hyphens. */
static int parse_long(struct opt_parse *parse, struct cursor *cursor, const char *word,
		      struct err *err)
{
	const char *equals = strchr(word, '=');
	const char *value = equals ? equals + 1 : NULL;
	size_t length = equals ? (size_t)(equals - word) : strlen(word), used = 0;
	char *name, *plain;
	struct match match;
	int rc;

	name = arena_calloc(parse->arena, 1, length + 1);
	if (!name)
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < length; i++)
		if (word[i] != '-')
			name[used++] = word[i];
	plain = arena_printf(parse->arena, "%s%s", name, equals ? equals : "");
	if (!plain)
		return err_set(err, ENOMEM, "Out of memory.");
	rc = find_long(parse, plain, name, &match, err);
	if (rc < 0)
		return rc;
	if (value && !match.opt->value) {
		(void)err_set(err, EINVAL, "%s: option '--%s' doesn't allow an argument",
			      parse->program, match.opt->long_name);
		return usage_error(parse);
	}
	if (!value && match.opt->value) {
		if (cursor->at >= cursor->argc) {
			(void)err_set(err, EINVAL, "%s: option '--%s' requires an argument",
				      parse->program, match.opt->long_name);
			return usage_error(parse);
		}
		value = cursor->argv[cursor->at++];
	}
	return take(parse, &match, value, cursor, err);
}

/* @letters is what stands behind the hyphen: "vv", "ay", "L+10". */
static int parse_short(struct opt_parse *parse, struct cursor *cursor, const char *letters,
		       struct err *err)
{
	for (; *letters; letters++) {
		const char *value = NULL;
		struct match match;
		int rc = find_short(parse, *letters, &match, err);

		if (rc < 0)
			return rc;
		if (match.opt->value) {
			if (letters[1]) {
				value = letters + 1;
			} else if (cursor->at < cursor->argc) {
				value = cursor->argv[cursor->at++];
			} else {
				(void)err_set(err, EINVAL,
					      "%s: option requires an argument -- '%c'",
					      parse->program, *letters);
				return usage_error(parse);
			}
			return take(parse, &match, value, cursor, err);
		}
		rc = take(parse, &match, NULL, cursor, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int opt_parse(struct opt_parse *parse, int argc, char *const argv[], struct err *err)
{
	struct cursor cursor = { .argv = argv, .argc = argc, .at = 1 };
	bool ended = false;

	parse->given = arena_calloc(parse->arena, count_opts(parse) + 1, sizeof(struct given));
	parse->operands = arena_calloc(parse->arena, (size_t)argc + 1, sizeof(char *));
	if (!parse->given || !parse->operands)
		return err_set(err, ENOMEM, "Out of memory.");

	while (cursor.at < argc) {
		const char *word = argv[cursor.at++];
		int rc = 0;

		if (ended || word[0] != '-' || word[1] == '\0')
			parse->operands[parse->operand_count++] = word;
		else if (word[1] != '-')
			rc = parse_short(parse, &cursor, word + 1, err);
		else if (word[2] == '\0')
			ended = true;
		else
			rc = parse_long(parse, &cursor, word + 2, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

bool opt_word_in(const char *words, const char *name)
{
	size_t length = strlen(name);

	if (!words)
		return false;
	while (*words) {
		size_t span = strcspn(words, " ");

		if (span == length && strncmp(words, name, length) == 0)
			return true;
		words += span;
		while (*words == ' ')
			words++;
	}
	return false;
}
