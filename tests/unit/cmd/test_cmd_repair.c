/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvck, vgck, vgcfgbackup, vgcfgrestore, pvcreate --restorefile: which combinations there are. */
#include <errno.h>
#include <stdio.h>

#include "cmd/cmd_pv.h"
#include "cmd/cmd_vg.h"
#include "tests/unit/cmd/parsing.h"

static void assert_bad(const char *line)
{
	struct parsed parsed;

	parse(&parsed, line);
	if (parsed.rc != -EINVAL)
		fail_msg("%s: %d", line, parsed.rc);
	release(&parsed);
}

static void file_and_force_do_not_get_into_each_others_way(void **state)
{
	struct parsed parsed;

	(void)state;
	parse_well(&parsed, "vgcfgrestore --force -f file vg");
	assert_int_equal(parsed.line.common.force, 1);
	assert_string_equal(((const struct vgcfg_args *)parsed.line.args)->file, "file");
	release(&parsed);
	assert_bad("vgcfgrestore -f a -f b vg");
}

static void updatemetadata_takes_one_vg(void **state)
{
	struct parsed parsed;

	(void)state;
	parse_well(&parsed, "vgck --updatemetadata vg");
	assert_true(((const struct vgck_args *)parsed.line.args)->update_metadata);
	release(&parsed);
	assert_bad("vgck --updatemetadata vg other");
	assert_bad("vgck --updatemetadata");
	parse_well(&parsed, "vgck");
	release(&parsed);
}

static void a_list_is_of_a_vg_or_of_a_file(void **state)
{
	struct parsed parsed;

	(void)state;
	parse_well(&parsed, "vgcfgrestore -l vg");
	release(&parsed);
	parse_well(&parsed, "vgcfgrestore -l -f file");
	release(&parsed);
	assert_bad("vgcfgrestore -l");
	assert_bad("vgcfgrestore");
}

static void a_pv_with_a_uuid_is_restored_or_not(void **state)
{
	static const char uuid[] = "abcdef-1234-5678-9abc-defg-hijk-lmnopq";
	struct parsed parsed;
	char line[256];

	(void)state;
	(void)snprintf(line, sizeof(line), "pvcreate --uuid %s --restorefile f /dev/x", uuid);
	parse_well(&parsed, line);
	assert_string_equal(((const struct pvcreate_args *)parsed.line.args)->op.restore_file, "f");
	release(&parsed);
	assert_bad("pvcreate --restorefile f /dev/x");
	(void)snprintf(line, sizeof(line),
		       "pvcreate --uuid %s --norestorefile --restorefile f /dev/x", uuid);
	assert_bad(line);
}

static void a_repair_needs_its_file(void **state)
{
	struct parsed parsed;

	(void)state;
	parse_well(&parsed, "pvck --repair -f file /dev/x");
	release(&parsed);
	assert_bad("pvck --repair /dev/x");
	parse_well(&parsed, "pvck --repairtype label_header /dev/x");
	release(&parsed);
	assert_bad("pvck --dump headers /dev/x /dev/y");
	parse_well(&parsed, "pvck /dev/x /dev/y");
	release(&parsed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_and_force_do_not_get_into_each_others_way),
		cmocka_unit_test(updatemetadata_takes_one_vg),
		cmocka_unit_test(a_list_is_of_a_vg_or_of_a_file),
		cmocka_unit_test(a_pv_with_a_uuid_is_restored_or_not),
		cmocka_unit_test(a_repair_needs_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
