/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvcreate, lvextend and the others: what a command line asks the library for. */
#include "cmd/cmd_lv.h"

#include <errno.h>

#include "tests/unit/cmd/parsing.h"

static void lvcreate_takes_all_that_it_is_told(void **state)
{
	struct parsed parsed;
	const struct lv_create_args *op;

	(void)state;
	parse_well(&parsed, "lvcreate -aey -Zn -Wy -y -n data -i2 -I 128 -l 50%FREE --addtag a "
			    "--addtag @b -pr -r auto --alloc cling -ky --setautoactivation n vg "
			    "/dev/sda:0-9 @fast");
	op = &((const struct lvcreate_args *)parsed.line.args)->op;
	assert_string_equal(op->vg_name, "vg");
	assert_string_equal(op->lv_name, "data");
	assert_int_equal(op->activate, CHANGE_ACTIVATE_EXCLUSIVE);
	assert_int_equal(op->zero, 0);
	assert_int_equal(op->wipe_signatures, 1);
	assert_int_equal(op->stripes, 2);
	assert_int_equal(op->stripe_size, 256);
	assert_true(op->size.is_set && op->size.is_extents);
	assert_int_equal(op->size.extents, 50);
	assert_int_equal(op->size.percent_of, PERCENT_FREE);
	assert_int_equal(op->tag_count, 2);
	assert_string_equal(op->tags[1], "b");
	assert_true(op->read_only);
	assert_int_equal(op->alloc, ALLOC_CLING);
	assert_int_equal(op->activation_skip, YES);
	assert_int_equal(op->autoactivation, NO);
	assert_int_equal(op->pv_count, 2);
	assert_string_equal(op->pvs[0], "/dev/sda:0-9");
	assert_true(parsed.line.common.yes);
	release(&parsed);
}

static void lvcreate_defaults_are_unset(void **state)
{
	struct parsed parsed;
	const struct lv_create_args *op;

	(void)state;
	parse_well(&parsed, "lvcreate -L+2G vg");
	op = &((const struct lvcreate_args *)parsed.line.args)->op;
	assert_null(op->lv_name);
	assert_int_equal(op->size.sectors, 2 << 21);
	assert_int_equal(op->stripes, 1);
	assert_int_equal(op->zero, -1);
	assert_int_equal(op->wipe_signatures, -1);
	assert_int_equal(op->major, -1);
	assert_int_equal(op->minor, -1);
	assert_int_equal(op->activate, CHANGE_NONE);
	assert_int_equal(op->alloc, ALLOC_INHERIT);
	assert_int_equal(op->read_ahead, READ_AHEAD_AUTO);
	assert_int_equal(op->autoactivation, UNSET);
	release(&parsed);
}

static void lvcreate_finds_the_vg_wherever_it_is_named(void **state)
{
	static const char *const lines[] = {
		"lvcreate -L1 -n lv vg",
		"lvcreate -L1 -n lv /dev/vg",
		"lvcreate -L1 -n vg/lv",
		"lvcreate -L1 -n vg/lv vg",
		"lvcreate vg -n lv -L 1",
		"lvcreate -L1 -n /dev/vg/lv",
		"lvcreate -L1 -n /dev/mapper/vg-lv",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct lv_create_args *op;
		struct parsed parsed;

		parse_well(&parsed, lines[i]);
		op = &((const struct lvcreate_args *)parsed.line.args)->op;
		assert_string_equal(op->vg_name, "vg");
		assert_string_equal(op->lv_name, "lv");
		release(&parsed);
	}
}

#define NO_FORM(command)                                             \
	"No command with matching syntax recognised.  Run '" command \
	" --help' for more information."

static void lvcreate_refuses_with_lvm2s_words(void **state)
{
	static const struct refusal refusals[] = {
		{ "lvcreate", 3, NO_FORM("lvcreate") },
		{ "lvcreate vg", 3, NO_FORM("lvcreate") },
		{ "lvcreate -L5 -n x", 3,
		  NO_FORM("lvcreate") "\nNearest similar command has syntax:" },
		{ "lvcreate -L5 -l5 vg", 3, "Please specify either size or extents (not both)." },
		{ "lvcreate -L0 vg", 3, "--size may not be zero." },
		{ "lvcreate -l0 vg", 3, "--extents may not be zero." },
		{ "lvcreate -l0%FREE vg", 3, "--extents may not be zero." },
		{ "lvcreate -L5 vg/y", 3, "Volume group name expected (no slash)" },
		{ "lvcreate -L5 -n a/b vg", 3,
		  "Inconsistent volume group names given: \"a\" and \"vg\"" },
		{ "lvcreate -L5 -n a/b/c vg", 3, "\"a/b/c\": Invalid path for Logical Volume." },
		{ "lvcreate -L5 -n pvmove0 vg", 3,
		  "Names starting \"pvmove\" are reserved. Please choose a different LV name." },
		{ "lvcreate -L5 -n a_tdata_x vg", 3,
		  "Names including \"_tdata\" are reserved. Please choose a different LV name." },
		{ "lvcreate -L5 -n -a vg", 3, "Logical volume name \"-a\" is invalid." },
		{ "lvcreate -L5 -i 200 vg", 3,
		  "Number of stripes (200) must be between 1 and 128." },
		{ "lvcreate -L5 -i 0 vg", 3, "--stripes may not be zero." },
		{ "lvcreate -L5 -i2 -I3k vg", 3, "Invalid stripe size 3.00 KiB." },
		{ "lvcreate -L5 -i2 -I2k vg", 3, "Invalid stripe size 2.00 KiB." },
		{ "lvcreate --type linear -i2 -L5 vg", 3,
		  "Command does not accept option: --stripes 2." },
		{ "lvcreate -L5 -Lx vg", 3, "Option -L/--size may not be repeated." },
		{ "lvcreate -Lx vg", 3,
		  "Size requires number argument.\nInvalid argument for --size: x" },
		{ "lvcreate -L10x vg", 3,
		  "Can't parse size argument.\nInvalid argument for --size: 10x" },
		{ "lvcreate -L-5 vg", 3,
		  "Size may not be negative.\nInvalid argument for --size: -5" },
		{ "lvcreate -L1000b vg", 3,
		  "Size is not a multiple of 512. Try using 512 or 1024.\n"
		  "Invalid argument for --size: 1000b" },
		{ "lvcreate -L20e vg", 3,
		  "Size is too big (>=16EiB).\nInvalid argument for --size: 20e" },
		{ "lvcreate -l1.5 vg", 3, "Invalid argument for --extents: 1.5" },
		{ "lvcreate -l-4 vg", 3,
		  "Extents may not be negative.\nInvalid argument for --extents: -4" },
		{ "lvcreate -l10%foo vg", 3,
		  "Specified %foo is unknown.\nInvalid argument for --extents: 10%foo" },
		{ "lvcreate -L5 --alloc bogus vg", 3,
		  "Unrecognised allocation policy bogus\nInvalid argument for --alloc: bogus" },
		{ "lvcreate -L5 --type bogus vg", 3,
		  "WARNING: Unrecognised segment type bogus\nInvalid argument for --type: bogus" },
		{ "lvcreate -L5 -pz vg", 3, "Invalid argument for --permission: z" },
		{ "lvcreate -L5 -r -1 vg", 3, "Invalid argument for --readahead: -1" },
		{ "lvcreate -L5 -r foo vg", 3,
		  "Size requires number argument.\nInvalid argument for --readahead: foo" },
		{ "lvcreate -L5 --addtag a|b vg", 3, "Invalid argument for --addtag: a|b" },
		{ "lvcreate -L5 -ax vg", 3, "Invalid argument for --activate: x" },
		{ "lvcreate -s -L5 vg/lv", 5, "lvcreate --snapshot is not supported yet." },
		{ "lvcreate -T -L5 vg/lv", 5, "lvcreate --thin is not supported yet." },
		{ "lvcreate --type mirror -L5 vg", 5,
		  "lvcreate --type mirror is not supported yet." },
	};

	(void)state;
	ASSERT_REFUSED(refusals);
}

static void lvextend_knows_set_and_add(void **state)
{
	static const struct {
		const char *line;
		enum resize_direction direction;
		enum size_sign sign;
		uint64_t sectors;
	} cases[] = {
		{ "lvextend -L+10 vg/lv", RESIZE_EXTEND, SIZE_PLUS, 20480 },
		{ "lvextend -L +10 vg/lv", RESIZE_EXTEND, SIZE_PLUS, 20480 },
		{ "lvextend --size=10m /dev/vg/lv", RESIZE_EXTEND, SIZE_SET, 20480 },
		{ "lvextend vg/lv -L 20480s", RESIZE_EXTEND, SIZE_SET, 20480 },
		{ "lvreduce -f -L -10 vg/lv", RESIZE_REDUCE, SIZE_MINUS, 20480 },
		{ "lvresize -L -10 vg/lv", RESIZE_ANY, SIZE_MINUS, 20480 },
		{ "lvresize -L +10 vg/lv", RESIZE_ANY, SIZE_PLUS, 20480 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct lv_resize_args *op;
		struct parsed parsed;

		parse_well(&parsed, cases[i].line);
		op = &((const struct lvresize_args *)parsed.line.args)->op;
		assert_int_equal(op->direction, cases[i].direction);
		assert_int_equal(op->size.sign, cases[i].sign);
		assert_int_equal(op->size.sectors, cases[i].sectors);
		assert_string_equal(op->vg_name, "vg");
		assert_string_equal(op->lv_name, "lv");
		release(&parsed);
	}
}

static void lvextend_by_pvs_takes_all_that_is_free_there(void **state)
{
	struct parsed parsed;
	const struct lv_resize_args *op;

	(void)state;
	parse_well(&parsed, "lvextend -r vg/lv /dev/sdb");
	op = &((const struct lvresize_args *)parsed.line.args)->op;
	assert_true(op->size.is_set && op->size.is_extents && op->resize_fs);
	assert_int_equal(op->size.sign, SIZE_PLUS);
	assert_int_equal(op->size.extents, 100);
	assert_int_equal(op->size.percent_of, PERCENT_PVS);
	assert_int_equal(op->pv_count, 1);
	release(&parsed);

	parse_well(&parsed, "lvresize --force -L 4194304K vg/lv --fs ignore");
	op = &((const struct lvresize_args *)parsed.line.args)->op;
	assert_false(op->resize_fs);
	assert_int_equal(op->size.sectors, 8388608);
	assert_int_equal(parsed.line.common.force, 1);
	release(&parsed);
}

static void resizing_refuses_with_lvm2s_words(void **state)
{
	static const struct refusal refusals[] = {
		{ "lvextend vg/lv", 3, NO_FORM("lvextend") },
		{ "lvextend -L5", 3, NO_FORM("lvextend") "\nNearest similar command has syntax:" },
		{ "lvreduce vg/lv", 3, NO_FORM("lvreduce") "\nCorrect command syntax is:" },
		{ "lvextend -L5 -l5 vg/lv", 3,
		  "Please specify either size or extents but not both." },
		{ "lvextend -L5 lv", 3, "Please specify a logical volume path." },
		{ "lvextend -L5 @t", 3, "Logical volume name \"@t\" is invalid." },
		{ "lvextend -L5 a/b/c", 3, "\"a/b/c\": Invalid path for Logical Volume." },
		{ "lvextend -L-5 vg/lv", 3,
		  "Size may not be negative.\nInvalid argument for --size: -5" },
		{ "lvreduce -L+5 vg/lv", 3,
		  "Size may not be positive.\nInvalid argument for --size: +5" },
		{ "lvreduce -l+5 vg/lv", 3,
		  "Extents may not be positive.\nInvalid argument for --extents: +5" },
		{ "lvreduce -L0 vg/lv", 3, "--size may not be zero." },
		{ "lvresize -L-0 vg/lv", 3, "--size may not be zero." },
		{ "lvextend -L5 -I0 vg/lv", 3, "--stripesize may not be zero." },
		{ "lvreduce -L5 vg/lv /dev/sda", 3, "Command does not accept argument: /dev/sda." },
		{ "lvextend --type raid1 -L5 vg/lv", 5,
		  "lvextend --type raid1 is not supported yet." },
	};

	(void)state;
	ASSERT_REFUSED(refusals);
}

static void lvrename_takes_two_paths_or_three_names(void **state)
{
	static const char *const lines[] = {
		"lvrename vg a b",	"lvrename vg/a b",	 "lvrename vg/a vg/b",
		"lvrename /dev/vg a b", "lvrename vg vg/a vg/b", "lvrename /dev/vg/a /dev/vg/b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct lvrename_args *args;
		struct parsed parsed;

		parse_well(&parsed, lines[i]);
		args = parsed.line.args;
		assert_string_equal(args->vg, "vg");
		assert_string_equal(args->old_name, "a");
		assert_string_equal(args->new_name, "b");
		release(&parsed);
	}
}

static void lvrename_refuses_with_lvm2s_words(void **state)
{
	static const struct refusal refusals[] = {
		{ "lvrename a", 3, NO_FORM("lvrename") },
		{ "lvrename vg a b c", 3, "Command does not accept argument: c." },
		{ "lvrename vg a", 3,
		  "Path required for Logical Volume \"vg\".\n"
		  "Please provide a valid volume group name" },
		{ "lvrename vg a a", 3, "Old and new logical volume names must differ" },
		{ "lvrename vg/a vg1/a", 3,
		  "Logical volume names must have the same volume group (\"vg\" or \"vg1\")" },
		{ "lvrename vg a vg1/b", 3,
		  "Logical volume names must have the same volume group (\"vg\" or \"vg1\")" },
		{ "lvrename vg a ''", 3, "New logical volume name may not be blank" },
		{ "lvrename vg a b:c", 3, "New logical volume name \"b:c\" is invalid" },
		{ "lvrename vg a pvmove9", 3,
		  "Names starting \"pvmove\" are reserved. Please choose a different LV name." },
		{ "lvrename v:g a b", 3, "Please provide a valid volume group name" },
	};

	(void)state;
	ASSERT_REFUSED(refusals);
}

static void lvchange_tells_changes_from_activation(void **state)
{
	struct parsed parsed;
	const struct lvchange_args *args;

	(void)state;
	parse_well(&parsed, "lvchange -pr --addtag x --deltag @y -r 512 -Cy -ay vg/lv vg2");
	args = parsed.line.args;
	assert_true(args->has_changes && args->op.set_permission && !args->op.writable);
	assert_int_equal(args->op.add_tag_count, 1);
	assert_string_equal(args->op.del_tags[0], "y");
	assert_true(args->op.set_read_ahead);
	assert_int_equal(args->op.read_ahead, 512);
	assert_int_equal(args->op.contiguous, YES);
	assert_int_equal(args->activate.change, CHANGE_ACTIVATE);
	assert_int_equal(parsed.line.operand_count, 2);
	release(&parsed);

	parse_well(&parsed, "lvchange -aln -K -P vg/lv --monitor n --poll n");
	args = parsed.line.args;
	assert_false(args->has_changes);
	assert_int_equal(args->activate.change, CHANGE_DEACTIVATE_LOCAL);
	assert_true(args->activate.ignore_skip && args->activate.partial);
	release(&parsed);

	parse_well(&parsed, "lvchange --alloc inherit vg/lv");
	args = parsed.line.args;
	assert_true(args->has_changes && args->op.set_alloc);
	assert_int_equal(args->op.alloc, ALLOC_INHERIT);
	release(&parsed);
}

static void lvchange_and_lvremove_refuse_with_lvm2s_words(void **state)
{
	static const struct refusal refusals[] = {
		{ "lvchange vg/lv", 3, NO_FORM("lvchange") },
		{ "lvchange -ay", 3, NO_FORM("lvchange") "\nNearest similar command has syntax:" },
		{ "lvchange -ay --refresh vg/lv", 3, "Command does not accept option: --refresh." },
		{ "lvchange -aq vg/lv", 3, "Invalid argument for --activate: q" },
		{ "lvchange -r x vg/lv", 3,
		  "Size requires number argument.\nInvalid argument for --readahead: x" },
		{ "lvchange -Cx vg/lv", 3, "Invalid argument for --contiguous: x" },
		{ "lvchange -ay -S a=1", 5, "lvchange --select is not supported yet." },
		{ "lvremove", 3, NO_FORM("lvremove") "\nCorrect command syntax is:" },
	};

	(void)state;
	ASSERT_REFUSED(refusals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lvcreate_takes_all_that_it_is_told),
		cmocka_unit_test(lvcreate_defaults_are_unset),
		cmocka_unit_test(lvcreate_finds_the_vg_wherever_it_is_named),
		cmocka_unit_test(lvcreate_refuses_with_lvm2s_words),
		cmocka_unit_test(lvextend_knows_set_and_add),
		cmocka_unit_test(lvextend_by_pvs_takes_all_that_is_free_there),
		cmocka_unit_test(resizing_refuses_with_lvm2s_words),
		cmocka_unit_test(lvrename_takes_two_paths_or_three_names),
		cmocka_unit_test(lvrename_refuses_with_lvm2s_words),
		cmocka_unit_test(lvchange_tells_changes_from_activation),
		cmocka_unit_test(lvchange_and_lvremove_refuse_with_lvm2s_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
