/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is printed where, how questions are asked, and which exit code follows. */
#include "cmd/output.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/cmd/parsing.h"

struct fixture {
	struct output output;
	char *results, *messages;
	size_t results_size, messages_size;
};

static void start(struct fixture *f, const char *answers)
{
	int ends[2];

	*f = (struct fixture){ 0 };
	f->output.results = open_memstream(&f->results, &f->results_size);
	f->output.messages = open_memstream(&f->messages, &f->messages_size);
	assert_non_null(f->output.results);
	assert_non_null(f->output.messages);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], answers, strlen(answers)), (ssize_t)strlen(answers));
	assert_int_equal(close(ends[1]), 0);
	f->output.answers = ends[0];
}

static void look(struct fixture *f)
{
	(void)fflush(f->output.results);
	(void)fflush(f->output.messages);
}

static void finish(struct fixture *f)
{
	(void)fclose(f->output.results);
	(void)fclose(f->output.messages);
	(void)close(f->output.answers);
	free(f->results);
	free(f->messages);
}

static void results_go_to_stdout_and_the_rest_to_stderr(void **state)
{
	struct fixture f;
	struct context_ops ops;

	(void)state;
	start(&f, "");
	ops = output_ops(&f.output);
	ops.message(ops.data, MESSAGE_PRINT, "made");
	ops.message(ops.data, MESSAGE_TOOL, "as the tool printed it");
	ops.message(ops.data, MESSAGE_WARNING, "WARNING: odd");
	ops.message(ops.data, MESSAGE_ERROR, "one\ntwo");
	ops.message(ops.data, MESSAGE_VERBOSE, "unseen");
	ops.message(ops.data, MESSAGE_DEBUG, "unseen");
	look(&f);
	assert_string_equal(f.results, "  made\nas the tool printed it\n");
	assert_string_equal(f.messages, "  WARNING: odd\n  one\n  two\n");
	finish(&f);
}

static void quiet_twice_drops_results_and_answers_no(void **state)
{
	struct fixture f;
	struct context_ops ops;

	(void)state;
	start(&f, "y\n");
	f.output.quiet = 2;
	ops = output_ops(&f.output);
	ops.message(ops.data, MESSAGE_PRINT, "made");
	assert_false(ops.ask(ops.data, "Sure? [y/n]: "));
	look(&f);
	assert_string_equal(f.results, "");
	assert_string_equal(f.messages, "Sure? [y/n]: [n]\n");
	finish(&f);
}

static void answers_are_those_of_lvm2(void **state)
{
	static const struct {
		const char *input;
		bool answer;
		const char *messages;
	} cases[] = {
		{ "y\n", true, "? " },
		{ " YES \n", true, "? " },
		{ "n\n", false, "? " },
		{ "No\n", false, "? " },
		{ "", false, "? [n]\n" },
		{ "y", false, "? [n]\n" },
		{ "maybe\ny\n", true, "?   WARNING: Invalid input 'maybe'.\n? " },
		{ "\n", false, "?   WARNING: Invalid input ''.\n? [n]\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		struct context_ops ops;

		start(&f, cases[i].input);
		ops = output_ops(&f.output);
		assert_int_equal(ops.ask(ops.data, "? "), cases[i].answer);
		look(&f);
		assert_string_equal(f.messages, cases[i].messages);
		finish(&f);
	}
}

static void one_answer_is_read_for_one_question(void **state)
{
	struct fixture f;
	struct context_ops ops;

	(void)state;
	start(&f, "y\nn\ny\n");
	ops = output_ops(&f.output);
	assert_true(ops.ask(ops.data, "? "));
	assert_false(ops.ask(ops.data, "? "));
	assert_true(ops.ask(ops.data, "? "));
	finish(&f);
}

static void failures_say_what_lvm2_says_behind_them(void **state)
{
	static const struct {
		const char *line, *results, *messages;
	} cases[] = {
		{ "lvs --bogus", "",
		  "lvs: unrecognized option '--bogus'\n  Error during parsing of command line.\n" },
		{ "lvcreate -L10x vg", "",
		  "  Can't parse size argument.\n  Invalid argument for --size: 10x\n"
		  "  Error during parsing of command line.\n" },
		{ "lvcreate -L0 vg", "",
		  "  --size may not be zero.\n  Run `lvcreate --help' for more information.\n" },
		{ "lvreduce -L5", "  lvreduce -L|--size [-]Size[m|UNIT] LV\n\n",
		  "  No command with matching syntax recognised.  Run 'lvreduce --help' for more "
		  "information.\n  Correct command syntax is:\n" },
		{ "lvchange --refresh",
		  "  lvchange --refresh VG|LV|Tag|Select ...\n"
		  "  Reactivate an LV using the latest metadata.\n\n",
		  "  No command with matching syntax recognised.  Run 'lvchange --help' for more "
		  "information.\n  Nearest similar command has syntax:\n" },
		{ "lvcreate -s -L5 vg", "", "  lvcreate --snapshot is not supported yet.\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed parsed;
		struct fixture f;

		start(&f, "");
		parse(&parsed, cases[i].line);
		output_failure(&f.output, &parsed.line, parsed.rc, &parsed.err);
		look(&f);
		assert_string_equal(f.results, cases[i].results);
		assert_string_equal(f.messages, cases[i].messages);
		finish(&f);
		release(&parsed);
	}
}

static void errors_become_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(exit_code(STAGE_RUN, 0), 0);
	assert_int_equal(exit_code(STAGE_RUN, -EINVAL), 3);
	assert_int_equal(exit_code(STAGE_RUN, -ENOENT), 5);
	assert_int_equal(exit_code(STAGE_OPEN, -EINVAL), 3);
	assert_int_equal(exit_code(STAGE_OPEN, -EIO), 4);
	assert_int_equal(exit_code(STAGE_VALUES, -EOPNOTSUPP), 5);
	assert_int_equal(exit_worse(0, -EINVAL), -EINVAL);
	assert_int_equal(exit_worse(-ENOENT, -EINVAL), -ENOENT);
	assert_int_equal(exit_worse(-EINVAL, -ENOENT), -ENOENT);
	assert_int_equal(exit_worse(-ENOENT, 0), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_go_to_stdout_and_the_rest_to_stderr),
		cmocka_unit_test(quiet_twice_drops_results_and_answers_no),
		cmocka_unit_test(answers_are_those_of_lvm2),
		cmocka_unit_test(one_answer_is_read_for_one_question),
		cmocka_unit_test(failures_say_what_lvm2_says_behind_them),
		cmocka_unit_test(errors_become_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
