/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metadata/base/cleanup.h"
#include "metadata/config_text.h"

static struct cfg_node *parse_as(struct arena *arena, const char *text, enum cfg_repeats repeats)
{
	struct cfg_node *items = NULL;
	struct err err = { 0 };

	if (cfg_parse(text, strlen(text), repeats, arena, &items, &err))
		fail_msg("%s: %s", text, err.text);
	return items;
}

static struct cfg_node *parse(struct arena *arena, const char *text)
{
	return parse_as(arena, text, CFG_FIRST_COUNTS);
}

static int64_t integer(const struct cfg_node *items, const char *key)
{
	int64_t value = 0;

	if (!cfg_get_integer(cfg_find_key(items, key), &value))
		fail_msg("%s is no integer", key);
	return value;
}

static const char *string(const struct cfg_node *items, const char *key)
{
	const char *text = NULL;

	if (!cfg_get_string(cfg_find_key(items, key), &text))
		fail_msg("%s is no string", key);
	return text;
}

static void scalars_are_read_as_lvm2_reads_them(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
	struct cfg_node *items = parse(
		&arena, "a=1 b = -3 c=+4 d=010 e=1d2=2 f = \"q\\\"\\\\n\\tx\" g = 'q\\n' h=foo#c\n"
			"i=foo,bar j=tr]ue k=@x l = 1.50 \"m n\" = 5 'o' = 6 p\n=\n7");

	(void)state;
	assert_int_equal(integer(items, "a"), 1);
	assert_int_equal(integer(items, "b"), -3);
	assert_int_equal(integer(items, "c"), 4);
	assert_int_equal(integer(items, "d"), 8);
	assert_int_equal(integer(items, "e"), 1);
	assert_int_equal(integer(items, "d2"), 2);
	assert_string_equal(string(items, "f"), "q\"\\n\\tx");
	assert_string_equal(string(items, "g"), "q\\n");
	assert_string_equal(string(items, "h"), "foo");
	assert_string_equal(string(items, "i"), "foo,bar");
	assert_string_equal(string(items, "j"), "tr]ue");
	assert_string_equal(string(items, "k"), "@x");
	assert_int_equal(cfg_find_key(items, "l")->values->type, CFG_FLOAT);
	assert_string_equal(cfg_find_key(items, "l")->values->text, "1.50");
	assert_int_equal(integer(items, "m n"), 5);
	assert_int_equal(integer(items, "o"), 6);
	assert_int_equal(integer(items, "p"), 7);
	assert_int_equal(cfg_find_key(items, "p")->line, 2);
}

static size_t count_values(const struct cfg_node *node)
{
	size_t count = 0;

	assert_non_null(node);
	assert_true(node->is_list);
	for (const struct cfg_value *value = node->values; value; value = value->next)
		count++;
	return count;
}

static void lists_may_lack_commas_or_have_one_too_many(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
	struct cfg_node *items =
		parse(&arena, "a=[] b=[1,2] c=[\"x\" \"y\"] d=[1,'z',] # c\n e = [\n\"p\", 0,\n1]");

	(void)state;
	assert_int_equal(count_values(cfg_find_key(items, "a")), 0);
	assert_int_equal(count_values(cfg_find_key(items, "b")), 2);
	assert_int_equal(count_values(cfg_find_key(items, "c")), 2);
	assert_int_equal(count_values(cfg_find_key(items, "d")), 2);
	assert_int_equal(count_values(cfg_find_key(items, "e")), 3);
}

static void sections_nest_and_paths_are_sections(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
	struct cfg_node *items =
		parse(&arena, "a { b { c=1 } } a/b/d=2 /a//b/e = 3 a/b { f=4 } g/=5");
	struct cfg_node *b = cfg_find_section(cfg_find_section(items, "a")->items, "b");

	(void)state;
	assert_int_equal(integer(b->items, "c"), 1);
	assert_int_equal(integer(b->items, "d"), 2);
	assert_int_equal(integer(b->items, "e"), 3);
	assert_int_equal(integer(b->items, "f"), 4);
	assert_int_equal(integer(items, "g"), 5);
	assert_null(cfg_find_key(items, "a"));
	assert_null(cfg_find_section(items, "g"));
}

static void which_of_equal_keys_counts_is_the_callers_choice(void **state)
{
	static const char text[] = "s { a=1 } x=1 s { a=2 b=3 } x=2";
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
	struct cfg_node *first = parse_as(&arena, text, CFG_FIRST_COUNTS);
	struct cfg_node *last = parse_as(&arena, text, CFG_LAST_COUNTS);

	(void)state;
	assert_int_equal(integer(first, "x"), 1);
	assert_int_equal(integer(last, "x"), 2);
	assert_int_equal(integer(cfg_find_section(first, "s")->items, "a"), 1);
	assert_int_equal(integer(cfg_find_section(last, "s")->items, "a"), 2);
	assert_int_equal(integer(cfg_find_section(last, "s")->items, "b"), 3);
	assert_null(cfg_find_section(last, "s")->next->next);
}

/* Bytes, lines and words are those that LVM2 prints. */
static void errors_are_lvm2s(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "a{b}", "Parse error at byte 4 (line 1): unexpected token" },
		{ "a{c=}", "Parse error at byte 5 (line 1): expected a value" },
		{ "a{c=1", "Parse error at byte 6 (line 1): unexpected token" },
		{ "a{c=\"x}", "Parse error at byte 8 (line 1): unexpected token" },
		{ "a{c=5x}", "Parse error at byte 7 (line 1): unexpected token" },
		{ "a{c=1e5}", "Parse error at byte 8 (line 1): unexpected token" },
		{ "a //b=1", "Parse error at byte 3 (line 1): unexpected token" },
		{ "a{c=[,1]}", "Parse error at byte 6 (line 1): expected a value" },
		{ "a{c=[foo]}", "expected a value" },
		{ "a{c=[1", "expected a value" },
		{ "a{c=[1,[2]]}", "Parse error at byte 8 (line 1): expected a value" },
		{ "a=1\n\n}", "Parse error at byte 6 (line 3): unexpected token" },
		{ "a=99999999999999999999", "bad number" },
		{ "a=-", "bad number" },
		{ "a=08", "bad number" },
		{ "a=1111111111111111111111111111111111111111", "number too long" },
		{ "{", "unexpected token" },
		{ "=", "unexpected token" },
		{ "a", "unexpected token" },
		{ "\"", "unexpected token" },
		{ "a=\"\\", "unexpected token" },
		{ "a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{}}}}}}}}}}}}}}}}}", "nested too deeply" },
		{ "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a=1", "nested too deeply" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
		struct cfg_node *items;
		struct err err = { 0 };

		assert_int_equal(cfg_parse(rows[i].text, strlen(rows[i].text), CFG_FIRST_COUNTS,
					   &arena, &items, &err),
				 -EUCLEAN);
		if (!strstr(err.text, rows[i].message))
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

static void empty_texts_are_empty_trees(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };

	(void)state;
	assert_null(parse(&arena, ""));
	assert_null(parse(&arena, " # only this"));
	assert_null(parse(&arena, "\n\t\n"));
}

static void memory_is_bounded_by_the_arena(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 16 };
	AUTO_BUF struct buf text = { .limit = 1 << 20 };
	struct cfg_node *items;

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_puts(&text, "a=1 ");
	assert_int_equal(cfg_parse(text.data, text.used, CFG_FIRST_COUNTS, &arena, &items, NULL),
			 -ENOMEM);
}

static void many_repeated_sections_are_merged_fast(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = (size_t)1 << 30 };
	AUTO_BUF struct buf text = { .limit = (size_t)1 << 24 };
	struct cfg_node *items;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 200000; i++)
		buf_printf(&text, "s/k%d=1 ", i);
	items = parse(&arena, text.data);
	assert_null(items->next);
	for (const struct cfg_node *node = items->items; node; node = node->next)
		count++;
	assert_int_equal(count, 200000);
	assert_string_equal(items->items->key, "k0");
}

/* Repeats are looked for only where reading saw that there may be some: wherever they are. */
/* What a stream was given, as "a b ". */
struct stream_log {
	char text[64];
	const char *refused;
};

static bool stream_begins(const struct cfg_node *root, const struct cfg_node *outer,
			  const struct cfg_node *section, void *arg)
{
	(void)arg;
	assert_non_null(root);
	assert_non_null(cfg_find_section(outer->items, section->key));
	return !strcmp(section->key, "many");
}

static int stream_take(const struct cfg_node *item, void *arg)
{
	struct stream_log *log = arg;
	const char *text;

	if (log->refused && !strcmp(item->key, log->refused))
		return -ECANCELED;
	assert_true(cfg_get_string(cfg_find_key(item->items, "s"), &text));
	(void)snprintf(log->text + strlen(log->text), sizeof(log->text) - strlen(log->text),
		       "%s=%s ", item->key, text);
	return 0;
}

static void items_of_a_section_can_be_taken_one_by_one(void **state)
{
	static const struct {
		const char *text, *taken, *refused;
		int code;
		bool merged;
	} rows[] = {
		{ "o { k = 1 many { a { s = \"1\" } b { s = \"2\" } } z = 2 }", "a=1 b=2 ", NULL, 0,
		  false },
		{ "o { many { a { s = \"1\" } b { s = \"2\" } } }", "a=1 ", "b", -ECANCELED,
		  false },
		{ "o { many { a { t { } } a { t { } s = \"3\" } } }", "", "a", -ECANCELED, false },
		{ "o { many { a { t { x = 1 } s = \"1\" t { y = 2 } } } }", "a=1 ", NULL, 0,
		  false },
		{ "o { many { a { s = \"1\" } } many { a { s = \"2\" } } }", "a=1 a=2 ", NULL, 0,
		  true },
		{ "o { p { many { a { s = \"1\" } } } }", "", NULL, 0, false },
		{ "many { a { s = \"1\" } }", "", NULL, 0, false },
		{ "o { many { a { s = \"1\" } ", "a=1 ", NULL, -EUCLEAN, false },
		{ "o { many { a { s = } } }", "", NULL, -EUCLEAN, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
		struct stream_log log = { .refused = rows[i].refused };
		const struct cfg_stream stream = { stream_begins, stream_take, &log };
		struct cfg_node *items = NULL;
		bool merged = false;
		struct err err;

		assert_int_equal(cfg_parse_stream(rows[i].text, strlen(rows[i].text),
						  CFG_FIRST_COUNTS, &stream, &arena, &items,
						  &merged, &err),
				 rows[i].code);
		assert_string_equal(log.text, rows[i].taken);
		assert_int_equal(merged, rows[i].merged);
	}
}

static void repeats_are_found_at_any_depth(void **state)
{
	static const char *const texts[] = {
		"a { x=1 x=2 }",
		"a/b { x=1 x=2 }",
		"a { b { x=1 x=2 } }",
		"a { b { x=1 } b { x=2 } }",
		"a { b/x=1 b { x=2 } }",
		"a/b/x=1 a/b/x=2",
		"k=1 a { b { x=1 } } a { b { x=2 } }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
		struct cfg_node *items, *inner;
		int64_t x = 0;

		assert_int_equal(cfg_parse(texts[i], strlen(texts[i]), CFG_LAST_COUNTS, &arena,
					   &items, NULL),
				 0);
		items = cfg_find_section(items, "a");
		assert_non_null(items);
		inner = cfg_find_section(items->items, "b");
		inner = cfg_find_key(inner ? inner->items : items->items, "x");
		assert_true(cfg_get_integer(inner, &x));
		assert_int_equal(x, 2);
		assert_null(inner->next);
	}
}

static void a_copy_says_what_references_said(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 }, other = { .limit = 1 << 20 };
	struct cfg_node *items = parse(&arena, "a { b = [1, 2.5, \"old\"] }"), *copy;
	const char *name = "new";

	(void)state;
	cfg_value_refer(items->items->values->next->next, &name);
	assert_true(cfg_copy_list(items, &other, NULL, NULL, &copy));
	arena_free(&arena);
	name = "newer";
	assert_int_equal(copy->items->values->integer, 1);
	assert_string_equal(copy->items->values->next->text, "2.5");
	assert_string_equal(cfg_value_text(copy->items->values->next->next), "new");
}

static void unsigned_numbers_have_a_maximum(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
	struct cfg_node *items = parse(&arena, "a=5 b=-1 c=[5] d=\"5\" e=[5,6] f{}");
	uint64_t value = 77;

	(void)state;
	assert_true(cfg_get_unsigned(cfg_find_key(items, "a"), 5, &value));
	assert_int_equal(value, 5);
	assert_false(cfg_get_unsigned(cfg_find_key(items, "a"), 4, &value));
	assert_false(cfg_get_unsigned(cfg_find_key(items, "b"), 4, &value));
	assert_true(cfg_get_unsigned(cfg_find_key(items, "c"), 5, &value));
	assert_false(cfg_get_unsigned(cfg_find_key(items, "d"), 5, &value));
	assert_false(cfg_get_unsigned(cfg_find_key(items, "e"), 9, &value));
	assert_false(cfg_get_unsigned(cfg_find_section(items, "f"), 9, &value));
	assert_false(cfg_get_unsigned(NULL, 9, &value));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_read_as_lvm2_reads_them),
		cmocka_unit_test(lists_may_lack_commas_or_have_one_too_many),
		cmocka_unit_test(sections_nest_and_paths_are_sections),
		cmocka_unit_test(which_of_equal_keys_counts_is_the_callers_choice),
		cmocka_unit_test(errors_are_lvm2s),
		cmocka_unit_test(empty_texts_are_empty_trees),
		cmocka_unit_test(memory_is_bounded_by_the_arena),
		cmocka_unit_test(many_repeated_sections_are_merged_fast),
		cmocka_unit_test(repeats_are_found_at_any_depth),
		cmocka_unit_test(items_of_a_section_can_be_taken_one_by_one),
		cmocka_unit_test(a_copy_says_what_references_said),
		cmocka_unit_test(unsigned_numbers_have_a_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
