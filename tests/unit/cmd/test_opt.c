/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The grammar of options, on a table of its own and on those of the commands. */
#include "cmd/opt.h"

#include <errno.h>
#include <stdio.h>

#include "cmd/cmd_report.h"
#include "tests/unit/cmd/parsing.h"

struct args {
	bool all, zeal;
	int verbose, choice;
	const char *name;
	struct opt_list fields;
	struct opt_number count;
};

#define ARG(field) offsetof(struct args, field)

static const struct opt opts[] = {
	{ 'a', "all", OPT_FLAG, ARG(all), NULL, "" },
	{ 'v', "verbose", OPT_COUNT, ARG(verbose), NULL, "" },
	{ 'n', "name", OPT_STRING, ARG(name), &value_string, "" },
	{ 0, "namespace", OPT_ACCEPTED, 0, &value_string, "" },
	{ 'o', "options", OPT_LIST, ARG(fields), &value_string, "" },
	{ 'c', "count", OPT_NUMBER, ARG(count), &value_number, "" },
	{ 'Z', "zero", OPT_CHOICE, ARG(choice), &value_yes_no, "" },
	{ 0, "thin", OPT_UNSUPPORTED, 0, NULL, "" },
	{ 0 },
};

static const struct opt minor_opts[] = { { 'z', "zeal", OPT_FLAG, ARG(zeal), NULL, "" }, { 0 } };

struct fixture {
	struct arena arena;
	struct args args;
	struct opt_parse parse;
	struct err err;
	char text[256];
};

static int try(struct fixture *f, const char *words)
{
	char *argv[WORDS_MAX] = { (char[]){ "test" } };
	int argc = 1;

	*f = (struct fixture){ .arena = { .limit = 1 << 20 } };
	memcpy(f->text, words, strlen(words) + 1);
	for (char *rest = f->text, *word; (word = strsep(&rest, " "));)
		argv[argc++] = word;
	f->parse = (struct opt_parse){
		.program = "test",
		.groups = { { opts, &f->args, false }, { minor_opts, &f->args, true } },
		.group_count = 2,
		.arena = &f->arena,
	};
	return opt_parse(&f->parse, argc, argv, &f->err);
}

static void long_and_short_names_set_the_same_field(void **state)
{
	static const char *const lines[] = { "--name x", "--name=x", "-n x", "-nx", "-n=x" };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct fixture f;

		assert_int_equal(try(&f, lines[i]), 0);
		/* -n=x: there is no = between a short name and its value */
		assert_string_equal(f.args.name, i == 4 ? "=x" : "x");
		assert_int_equal(f.parse.given_count, 1);
		arena_free(&f.arena);
	}
}

static void short_names_cluster_and_the_last_takes_a_value(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(try(&f, "-vavnx y"), 0);
	assert_true(f.args.all);
	assert_int_equal(f.args.verbose, 2);
	assert_string_equal(f.args.name, "x");
	assert_int_equal(f.parse.operand_count, 1);
	arena_free(&f.arena);
}

static void operands_may_stand_anywhere_and_two_hyphens_end_the_options(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(try(&f, "one -a two - -- --all -v"), 0);
	assert_int_equal(f.parse.operand_count, 5);
	assert_string_equal(f.parse.operands[0], "one");
	assert_string_equal(f.parse.operands[2], "-");
	assert_string_equal(f.parse.operands[3], "--all");
	assert_int_equal(f.args.verbose, 0);
	arena_free(&f.arena);
}

static void an_exact_name_is_not_ambiguous_and_a_prefix_is_enough(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(try(&f, "--name x --al --verb"), 0);
	assert_string_equal(f.args.name, "x");
	assert_true(f.args.all);
	assert_int_equal(f.args.verbose, 1);
	arena_free(&f.arena);
}

static void hyphens_within_long_names_do_not_count(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(try(&f, "--ver-bo-se --na-me=a-b"), 0);
	assert_int_equal(f.args.verbose, 1);
	assert_string_equal(f.args.name, "a-b");
	arena_free(&f.arena);
}

static void prefixes_of_minor_names_only_count_when_no_other_fits(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(try(&f, "--ze y"), 0);
	assert_int_not_equal(f.args.choice, 0);
	assert_false(f.args.zeal);
	arena_free(&f.arena);
	assert_int_equal(try(&f, "--zea"), 0);
	assert_true(f.args.zeal);
	arena_free(&f.arena);
}

static void lists_keep_their_order(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(try(&f, "-o a --options=+b -oc"), 0);
	assert_int_equal(f.args.fields.count, 3);
	assert_string_equal(f.args.fields.items[0], "a");
	assert_string_equal(f.args.fields.items[1], "+b");
	assert_string_equal(f.args.fields.items[2], "c");
	arena_free(&f.arena);
}

static void a_value_may_look_like_an_option(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(try(&f, "-n -a --name"), -EINVAL);
	assert_string_equal(f.args.name, "-a");
	assert_false(f.args.all);
	arena_free(&f.arena);
}

static void refusals_are_getopts_and_lvm2s(void **state)
{
	static const struct {
		const char *line;
		int rc;
		bool is_usage_error;
		const char *text;
	} cases[] = {
		{ "--bogus", -EINVAL, true, "test: unrecognized option '--bogus'" },
		{ "--bo-gus=1", -EINVAL, true, "test: unrecognized option '--bogus=1'" },
		{ "-vQ", -EINVAL, true, "test: invalid option -- 'Q'" },
		{ "-n", -EINVAL, true, "test: option requires an argument -- 'n'" },
		{ "--name", -EINVAL, true, "test: option '--name' requires an argument" },
		{ "--opt", -EINVAL, true, "test: option '--options' requires an argument" },
		{ "--all=1", -EINVAL, true, "test: option '--all' doesn't allow an argument" },
		{ "--na x", -EINVAL, true,
		  "test: option '--na' is ambiguous; possibilities: '--namespace' '--name'" },
		{ "--=x", -EINVAL, true,
		  "test: option '--=x' is ambiguous; possibilities: '--namespace' '--thin' '--all' "
		  "'--count' '--name' '--options' '--verbose' '--zero'" },
		{ "-a -a", -EINVAL, false, "Option -a/--all may not be repeated." },
		{ "--namespace x --namespace y", -EINVAL, false,
		  "Option --namespace may not be repeated." },
		{ "-Z q", -EINVAL, false, "Invalid argument for --zero: q" },
		{ "-Z Y", -EINVAL, false, "Invalid argument for --zero: Y" },
		{ "-c 1k", -EINVAL, false, "Invalid argument for --count: 1k" },
		{ "-c -1", -EINVAL, false, "Invalid argument for --count: -1" },
		{ "-c 0x10", -EINVAL, false, "Invalid argument for --count: 0x10" },
		{ "-c 4294967296", -EINVAL, false, "Invalid argument for --count: 4294967296" },
		{ "-c 99999999999999999999999", -EINVAL, false,
		  "Invalid argument for --count: 99999999999999999999999" },
		{ "--thin", -EOPNOTSUPP, false, "test --thin is not supported yet." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		assert_int_equal(try(&f, cases[i].line), cases[i].rc);
		assert_string_equal(f.err.text, cases[i].text);
		assert_int_equal(f.parse.is_usage_error, cases[i].is_usage_error);
		arena_free(&f.arena);
	}
}

static void numbers_reach_their_greatest_value(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(try(&f, "-c 4294967295"), 0);
	assert_true(f.args.count.is_set);
	assert_int_equal(f.args.count.value, UINT32_MAX);
	arena_free(&f.arena);
}

static void every_option_of_every_command_is_found_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		for (const struct opt *opt = commands[i]->opts; opt->long_name; opt++) {
			struct parsed parsed;
			char line[128];

			(void)snprintf(line, sizeof(line), "%s --%s%s", commands[i]->name,
				       opt->long_name, opt->value ? "=''" : "");
			parse(&parsed, line);
			if (parsed.line.stage == STAGE_USAGE)
				fail_msg("%s: %s", line, parsed.err.text);
			release(&parsed);
		}
	}
}

/* Two rows with one letter must be two spellings of one option. */
static void no_letter_means_two_options(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		const struct opt *before[128] = { NULL };
		const struct opt *tables[] = { commands[i]->opts, commands[i]->more_opts,
					       common_opts };

		for (size_t t = 0; t < 3; t++) {
			for (const struct opt *opt = tables[t]; opt && opt->long_name; opt++) {
				const struct opt **same = &before[(unsigned char)opt->short_name];

				if (!opt->short_name)
					continue;
				if (*same && ((*same)->kind != opt->kind ||
					      (*same)->offset != opt->offset || opt->help))
					fail_msg("%s -%c", commands[i]->name, opt->short_name);
				*same = opt;
			}
		}
	}
}

static void commands_are_sorted_and_complete(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		assert_ptr_equal(command_find(commands[i]->name), commands[i]);
		assert_non_null(commands[i]->summary);
		assert_non_null(commands[i]->forms[0].usage);
		assert_non_null(commands[i]->run);
		if (i > 0)
			assert_true(strcmp(commands[i - 1]->name, commands[i]->name) < 0);
	}
	assert_null(command_find("bogus"));
}

static void reports_get_what_was_asked(void **state)
{
	struct parsed parsed;
	const struct reporting_args *args;

	(void)state;
	parse_well(&parsed, "lvs -o name,size -o +tags --units=b --nosuffix --noheading -S a=1 "
			    "-O -lv_size --reportformat json -vv --segments vg0/lv0 @t");
	args = parsed.line.args;
	assert_int_equal(args->op.kind, REPORT_SEGS);
	assert_int_equal(args->op.field_count, 2);
	assert_string_equal(args->op.fields[1], "+tags");
	assert_string_equal(args->op.units, "b");
	assert_true(args->op.no_suffix && args->op.no_headings && args->op.json);
	assert_string_equal(args->op.select, "a=1");
	assert_string_equal(args->op.sort, "-lv_size");
	assert_int_equal(args->op.verbose, 2);
	assert_int_equal(args->op.name_count, 2);
	assert_string_equal(args->op.names[1], "@t");
	release(&parsed);

	parse_well(&parsed, "pvs -a --foreign --readonly --ignoreskippedcluster");
	args = parsed.line.args;
	assert_int_equal(args->op.kind, REPORT_PVS);
	assert_true(args->op.all && args->op.ignore_skipped_cluster);
	assert_true(parsed.line.common.foreign && parsed.line.common.readonly);
	release(&parsed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_and_short_names_set_the_same_field),
		cmocka_unit_test(short_names_cluster_and_the_last_takes_a_value),
		cmocka_unit_test(operands_may_stand_anywhere_and_two_hyphens_end_the_options),
		cmocka_unit_test(an_exact_name_is_not_ambiguous_and_a_prefix_is_enough),
		cmocka_unit_test(hyphens_within_long_names_do_not_count),
		cmocka_unit_test(prefixes_of_minor_names_only_count_when_no_other_fits),
		cmocka_unit_test(lists_keep_their_order),
		cmocka_unit_test(a_value_may_look_like_an_option),
		cmocka_unit_test(refusals_are_getopts_and_lvm2s),
		cmocka_unit_test(numbers_reach_their_greatest_value),
		cmocka_unit_test(every_option_of_every_command_is_found_by_its_name),
		cmocka_unit_test(no_letter_means_two_options),
		cmocka_unit_test(commands_are_sorted_and_complete),
		cmocka_unit_test(reports_get_what_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
