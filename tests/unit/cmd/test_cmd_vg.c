/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvcreate and the VG commands: what a command line asks the library for. */
#include "cmd/cmd_vg.h"

#include <errno.h>
#include <limits.h>

#include "cmd/cmd_pv.h"
#include "tests/unit/cmd/parsing.h"

#define NO_FORM(command)                                             \
	"No command with matching syntax recognised.  Run '" command \
	" --help' for more information."

static void pvcreate_takes_all_that_it_is_told(void **state)
{
	struct parsed parsed;
	const struct pv_create_args *op;

	(void)state;
	parse_well(&parsed,
		   "pvcreate -ff -y -u 0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz01 "
		   "--norestorefile --metadatasize 250k --dataalignment 64 -Zn "
		   "--labelsector 0 --pvmetadatacopies 2 --setphysicalvolumesize 1g "
		   "--dataalignmentoffset 4 --bootloaderareasize 1m --metadataignore y -M2 "
		   "/dev/sda");
	op = &((const struct pvcreate_args *)parsed.line.args)->op;
	assert_string_equal(op->uuid, "0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz01");
	assert_true(op->norestorefile && op->set_size && op->metadata_ignore);
	assert_int_equal(op->size_sectors, 2097152);
	assert_int_equal(op->metadata_size, 500);
	assert_int_equal(op->data_alignment, 128);
	assert_int_equal(op->data_alignment_offset, 8);
	assert_int_equal(op->bootloader_size, 2048);
	assert_int_equal(op->zero, 0);
	assert_int_equal(op->label_sector, 0);
	assert_int_equal(op->metadata_copies, 2);
	assert_int_equal(parsed.line.common.force, 2);
	release(&parsed);

	parse_well(&parsed, "pvcreate /dev/sda /dev/sdb");
	op = &((const struct pvcreate_args *)parsed.line.args)->op;
	assert_int_equal(op->metadata_copies, -1);
	assert_int_equal(op->label_sector, -1);
	assert_int_equal(op->zero, -1);
	assert_int_equal(parsed.line.operand_count, 2);
	release(&parsed);
}

static void pvcreate_refuses_with_lvm2s_words(void **state)
{
	static const struct refusal refusals[] = {
		{ "pvcreate", 3, NO_FORM("pvcreate") "\nCorrect command syntax is:" },
		{ "pvcreate --labelsector 4 d", 3, "labelsector must be less than 4." },
		{ "pvcreate -u x d", 3, "--restorefile is required with --uuid" },
		{ "pvcreate -u x --norestorefile d", 3,
		  "Couldn't read uuid: incorrect number of characters." },
		{ "pvcreate -u x --norestorefile d e", 3,
		  "Can only set uuid on one volume at once" },
		{ "pvcreate --metadataignore y --metadatacopies 0 d", 3,
		  "metadataignore only applies to metadatacopies > 0." },
		{ "pvcreate --metadatasize -1 d", 3,
		  "Size may not be relative/signed.\nInvalid argument for --metadatasize: -1" },
		{ "pvcreate --dataalignment -1 d", 3,
		  "Size may not be negative.\nInvalid argument for --dataalignment: -1" },
		{ "pvcreate -M1 d", 3, "Invalid argument for --metadatatype: 1" },
		{ "pvcreate --metadatacopies 3 d", 3, "Invalid argument for --metadatacopies: 3" },
		{ "pvremove", 3, NO_FORM("pvremove") "\nCorrect command syntax is:" },
	};

	(void)state;
	ASSERT_REFUSED(refusals);
}

static void vgcreate_takes_all_that_it_is_told(void **state)
{
	struct parsed parsed;
	const struct vg_create_args *op;

	(void)state;
	parse_well(&parsed,
		   "vgcreate -s 8 -l 5 -p 6 -cn --alloc cling --addtag t --metadatasize 2m "
		   "--setautoactivation y --vgmetadatacopies all vg /dev/sda /dev/sdb");
	op = &((const struct vgcreate_args *)parsed.line.args)->op;
	assert_string_equal(op->name, "vg");
	assert_int_equal(op->device_count, 2);
	assert_string_equal(op->devices[1], "/dev/sdb");
	assert_int_equal(op->extent_size, 16384);
	assert_int_equal(op->max_lv, 5);
	assert_int_equal(op->max_pv, 6);
	assert_int_equal(op->clustered, NO);
	assert_int_equal(op->autoactivation, YES);
	assert_int_equal(op->alloc, ALLOC_CLING);
	assert_int_equal(op->tag_count, 1);
	assert_int_equal(op->vg_metadata_copies, INT_MAX);
	assert_int_equal(op->pv.metadata_size, 4096);
	release(&parsed);

	parse_well(&parsed, "vgcreate /dev/vg /dev/sda");
	op = &((const struct vgcreate_args *)parsed.line.args)->op;
	assert_string_equal(op->name, "vg");
	assert_int_equal(op->clustered, UNSET);
	assert_int_equal(op->vg_metadata_copies, -1);
	assert_int_equal(op->pv.metadata_copies, -1);
	release(&parsed);
}

static void vg_commands_refuse_with_lvm2s_words(void **state)
{
	static const struct refusal refusals[] = {
		{ "vgcreate vg", 3, NO_FORM("vgcreate") "\nCorrect command syntax is:" },
		{ "vgcreate -s0 vg d", 3, "Physical extent size may not be zero" },
		{ "vgcreate -s -4 vg d", 3,
		  "Size may not be relative/signed.\n"
		  "Invalid argument for --physicalextentsize: -4" },
		{ "vgcreate --alloc inherit vg d", 3,
		  "Volume Group allocation policy cannot inherit from anything" },
		{ "vgcreate --vgmetadatacopies x vg d", 3,
		  "Invalid argument for --vgmetadatacopies: x" },
		{ "vgcreate -lx vg d", 3, "Invalid argument for --maxlogicalvolumes: x" },
		{ "vgcreate --shared vg d", 5, "vgcreate --shared is not supported yet." },
		{ "vgextend vg", 3, NO_FORM("vgextend") "\nCorrect command syntax is:" },
		{ "vgreduce vg", 3, NO_FORM("vgreduce") },
		{ "vgreduce -a", 3, NO_FORM("vgreduce") "\nNearest similar command has syntax:" },
		{ "vgreduce -a vg d", 3, "Command does not accept argument: d." },
		{ "vgreduce -a --removemissing vg", 3,
		  "Command does not accept option: --removemissing." },
		{ "vgremove", 3, NO_FORM("vgremove") "\nCorrect command syntax is:" },
		{ "vgremove -S a=1", 5, "vgremove --select is not supported yet." },
		{ "vgrename a", 3, NO_FORM("vgrename") },
		{ "vgrename a b c", 3, "Command does not accept argument: c." },
		{ "vgchange vg", 3, NO_FORM("vgchange") },
		{ "vgchange -ay -p5 vg", 3, "Command does not accept option: --activate y." },
		{ "vgchange --refresh -ay vg", 3, "Command does not accept option: --refresh." },
		{ "vgchange -an -ay vg", 3, "Option -a/--activate may not be repeated." },
		{ "vgchange -an --available y vg", 3,
		  "Option -a/--available may not be repeated." },
		{ "vgchange -l foo vg", 3, "Invalid argument for --logicalvolume: foo" },
		{ "vgchange -pr vg", 3, "Invalid argument for --maxphysicalvolumes: r" },
		{ "vgchange --addtag a|b vg", 3, "Invalid argument for --addtag: a|b" },
		{ "vgchange --addtag '' vg", 3, "Invalid argument for --addtag: " },
	};

	(void)state;
	ASSERT_REFUSED(refusals);
}

static void vgreduce_has_three_forms(void **state)
{
	struct parsed parsed;
	const struct vg_reduce_args *op;

	(void)state;
	parse_well(&parsed, "vgreduce --force vg /dev/sda /dev/sdb");
	op = &((const struct vgreduce_args *)parsed.line.args)->op;
	assert_int_equal(op->device_count, 2);
	assert_false(op->all || op->remove_missing);
	release(&parsed);

	parse_well(&parsed, "vgreduce --removemissing --force vg");
	op = &((const struct vgreduce_args *)parsed.line.args)->op;
	assert_true(op->remove_missing);
	assert_int_equal(op->device_count, 0);
	release(&parsed);
}

static void vgchange_tells_changes_from_activation(void **state)
{
	struct parsed parsed;
	const struct vgchange_args *args;

	(void)state;
	parse_well(&parsed, "vgchange -cy -xn -l0 -p 7 -u --alloc normal --addtag a --deltag b vg");
	args = parsed.line.args;
	assert_int_equal(args->op.clustered, YES);
	assert_int_equal(args->op.resizeable, NO);
	assert_true(args->op.set_max_lv && args->op.set_max_pv && args->op.set_alloc);
	assert_true(args->op.new_uuid);
	assert_int_equal(args->op.max_lv, 0);
	assert_int_equal(args->op.max_pv, 7);
	assert_int_equal(args->op.alloc, ALLOC_NORMAL);
	assert_int_equal(args->op.add_tag_count, 1);
	assert_int_equal(args->op.del_tag_count, 1);
	assert_int_equal(args->activate.change, CHANGE_NONE);
	release(&parsed);

	parse_well(&parsed, "vgchange -aay --sysinit --monitor y --noudevsync "
			    "--ignorelockingfailure --activationmode partial");
	args = parsed.line.args;
	assert_int_equal(args->activate.change, CHANGE_ACTIVATE_AUTO);
	assert_true(args->activate.partial);
	assert_true(parsed.line.common.no_udev_sync);
	release(&parsed);

	parse_well(&parsed, "vgchange --refresh vg");
	args = parsed.line.args;
	assert_true(args->activate.refresh);
	release(&parsed);
}

static void common_options_become_configuration(void **state)
{
	struct context_options options;
	struct parsed parsed;

	(void)state;
	parse_well(&parsed, "vgs --config a/b=1 --driverloaded n --devices /dev/sd.a,/dev/b "
			    "--devices c -vv -t --nolocking");
	assert_int_equal(common_context_options(&parsed.line, &options, &parsed.err), 0);
	assert_string_equal(options.config_override, "a/b=1\nglobal/activation=0");
	assert_int_equal(options.device_count, 2);
	assert_string_equal(options.devices[0], "/dev/sd.a,/dev/b");
	assert_string_equal(options.devices[1], "c");
	assert_null(options.devices_file);
	assert_int_equal(options.verbose, 2);
	assert_true(options.test && options.nolocking);
	assert_string_equal(options.command_line,
			    "vgs --config a/b=1 --driverloaded n --devices /dev/sd.a,/dev/b "
			    "--devices c -vv -t --nolocking");
	release(&parsed);

	parse_well(&parsed, "vgs");
	assert_int_equal(common_context_options(&parsed.line, &options, &parsed.err), 0);
	assert_null(options.config_override);
	assert_int_equal(options.device_count, 0);
	release(&parsed);
}

static void two_lists_of_devices_are_refused(void **state)
{
	struct context_options options;
	struct parsed parsed;

	(void)state;
	parse_well(&parsed, "vgs --devicesfile mine");
	assert_int_equal(common_context_options(&parsed.line, &options, &parsed.err), 0);
	assert_string_equal(options.devices_file, "mine");
	release(&parsed);

	parse_well(&parsed, "vgs --devicesfile mine --devices /dev/a");
	assert_int_equal(common_context_options(&parsed.line, &options, &parsed.err), -EINVAL);
	release(&parsed);

	parse_well(&parsed, "vgs --devicesfile ../mine");
	assert_int_equal(common_context_options(&parsed.line, &options, &parsed.err), -EINVAL);
	release(&parsed);
}

static void help_and_version_need_no_operands(void **state)
{
	struct parsed parsed;

	(void)state;
	parse_well(&parsed, "vgcreate --help");
	assert_true(parsed.line.common.help);
	release(&parsed);
	parse_well(&parsed, "vgchange --version");
	assert_true(parsed.line.common.version);
	release(&parsed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pvcreate_takes_all_that_it_is_told),
		cmocka_unit_test(pvcreate_refuses_with_lvm2s_words),
		cmocka_unit_test(vgcreate_takes_all_that_it_is_told),
		cmocka_unit_test(vg_commands_refuse_with_lvm2s_words),
		cmocka_unit_test(vgreduce_has_three_forms),
		cmocka_unit_test(vgchange_tells_changes_from_activation),
		cmocka_unit_test(common_options_become_configuration),
		cmocka_unit_test(two_lists_of_devices_are_refused),
		cmocka_unit_test(help_and_version_need_no_operands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
