/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvm.conf: sources, types, messages. Each test has a configuration folder of its own. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/config.h"
#include "lib/settings.h"

struct fixture {
	char dir[64];
	struct config *config;
	struct err err;
	char warnings[2048];
};

static void put_file(const struct fixture *f, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/test_config.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(setenv("LVM_SYSTEM_DIR", f->dir, 1), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "lvm.conf", "lvmlocal.conf" };
	struct fixture *f = *state;
	char path[PATH_MAX];

	config_close(f->config);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		if (unlink(path))
			(void)rmdir(path);
	}
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

static void open_with(struct fixture *f, const char *override)
{
	assert_int_equal(config_open(override, &f->config, &f->err), 0);
}

static void add_warning(void *data, const char *text)
{
	struct fixture *f = data;
	size_t used = strlen(f->warnings);

	(void)snprintf(f->warnings + used, sizeof(f->warnings) - used, "%s\n", text);
}

static void without_files_there_are_the_defaults(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX];

	open_with(f, NULL);
	assert_true(config_bool(f->config, "global/wait_for_locks"));
	assert_int_equal(config_int(f->config, "devices/pv_min_size"), 2048);
	assert_int_equal(config_int(f->config, "global/umask"), 077);
	assert_string_equal(config_string(f->config, "global/units"), "r");
	assert_null(config_node(f->config, "devices/filter"));
	(void)snprintf(path, sizeof(path), "%s/backup", f->dir);
	assert_string_equal(config_string(f->config, "backup/backup_dir"), path);
}

static void agents_are_told_of_cluster_locking(void **state)
{
	struct fixture *f = *state;

	open_with(f, NULL);
	assert_int_equal(config_int(f->config, "global/locking_type"), 3);
	assert_false(config_bool(f->config, "global/use_lvmetad"));
	assert_false(config_bool(f->config, "global/use_lvmlockd"));
}

static void override_beats_local_beats_lvm_conf(void **state)
{
	struct fixture *f = *state;

	put_file(f, "lvm.conf",
		 "global { units = \"k\"\n suffix = 0 }\nlog/level = 1\nbackup/retain_min = 3\n");
	put_file(f, "lvmlocal.conf", "global { units = \"m\" }\nlog { level = 2 }\n");
	open_with(f, "global/units=\"g\"");
	assert_string_equal(config_string(f->config, "global/units"), "g");
	assert_int_equal(config_int(f->config, "log/level"), 2);
	assert_int_equal(config_int(f->config, "backup/retain_min"), 3);
	assert_false(config_bool(f->config, "global/suffix"));
}

static void a_repeated_section_is_merged(void **state)
{
	struct fixture *f = *state;

	put_file(f, "lvm.conf", "log { level = 4 }\nlog { verbose = 1 }\n");
	open_with(f, NULL);
	assert_int_equal(config_int(f->config, "log/level"), 4);
	assert_int_equal(config_int(f->config, "log/verbose"), 1);
}

static void an_empty_or_commented_file_is_fine(void **state)
{
	struct fixture *f = *state;

	put_file(f, "lvm.conf", "# nothing\n");
	put_file(f, "lvmlocal.conf", "");
	open_with(f, "");
	assert_string_equal(config_string(f->config, "global/units"), "r");
}

static void words_are_booleans(void **state)
{
	struct fixture *f = *state;

	open_with(f, "global{wait_for_locks=\"no\" suffix=\"off\" use_lvmetad=\"yes\"}");
	assert_false(config_bool(f->config, "global/wait_for_locks"));
	assert_false(config_bool(f->config, "global/suffix"));
	assert_true(config_bool(f->config, "global/use_lvmetad"));
}

static void a_bad_override_is_an_argument_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(config_open("devices{", &f->config, &f->err), -EINVAL);
	assert_int_equal(f->err.code, -EINVAL);
	assert_string_equal(f->err.text, "Parse error at byte 9 (line 1): unexpected token\n"
					 "Failed to set overridden configuration entries.");
}

static void a_bad_file_is_named(void **state)
{
	struct fixture *f = *state;
	char expected[PATH_MAX];

	put_file(f, "lvm.conf", "a=1\nb={\n");
	assert_int_equal(config_open(NULL, &f->config, &f->err), -EIO);
	(void)snprintf(expected, sizeof(expected),
		       "Parse error at byte 7 (line 2): expected a value\n"
		       "Failed to load config file %s/lvm.conf",
		       f->dir);
	assert_string_equal(f->err.text, expected);
}

static void a_folder_in_place_of_the_file_is_an_error(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/lvm.conf", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(config_open(NULL, &f->config, &f->err), -EIO);
	assert_non_null(strstr(f->err.text, "is not a regular file"));
}

static void an_empty_system_dir_means_no_files_and_no_backups(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(setenv("LVM_SYSTEM_DIR", "", 1), 0);
	open_with(f, NULL);
	assert_null(config_system_dir(f->config));
	assert_null(config_string(f->config, "backup/backup_dir"));
}

static void a_wrong_type_counts_as_unset_and_is_told(void **state)
{
	struct fixture *f = *state;

	open_with(f, "devices/filter=1 devices/pv_min_size=\"x\" nosuch/key=1 "
		     "global/wait_for_locks=\"x\"");
	assert_int_equal(config_int(f->config, "devices/pv_min_size"), 2048);
	assert_true(config_bool(f->config, "global/wait_for_locks"));
	assert_int_equal(config_each_string(f->config, "devices/filter", add_warning, f), -1);
	config_check(f->config, add_warning, f);
	assert_string_equal(
		f->warnings,
		"Configuration section \"nosuch\" unknown.\n"
		"WARNING: Configuration setting \"devices/filter\" has invalid type. "
		"Found integer but expected array with values of type: string.\n"
		"WARNING: Configuration setting \"devices/pv_min_size\" has invalid type. "
		"Found string but expected integer.\n"
		"Configuration setting \"global/wait_for_locks\" invalid. Found string value "
		"\"x\", expected boolean value: 0/1, \"y/n\", \"yes/no\", \"on/off\", "
		"\"true/false\".\n");
}

static void lists_are_visited_in_order_and_may_be_empty(void **state)
{
	struct fixture *f = *state;

	open_with(f, "activation{volume_list=[\"vg\",\"@t\"] auto_activation_volume_list=[] "
		     "read_only_volume_list=\"one\"}");
	assert_int_equal(config_each_string(f->config, "activation/volume_list", add_warning, f),
			 2);
	assert_string_equal(f->warnings, "vg\n@t\n");
	assert_int_equal(config_each_string(f->config, "activation/auto_activation_volume_list",
					    add_warning, f),
			 0);
	assert_int_equal(
		config_each_string(f->config, "activation/read_only_volume_list", add_warning, f),
		1);
	assert_int_equal(config_each_string(f->config, "devices/scan", add_warning, f), -1);
}

static void the_table_is_sorted_and_complete(void **state)
{
	const struct setting *table;
	size_t count;

	(void)state;
	table = settings_table(&count);
	assert_true(count > 100);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(setting_find(table[i].path), &table[i]);
		if (i)
			assert_true(strcmp(table[i - 1].path, table[i].path) < 0);
	}
	assert_null(setting_find("no/such"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_files_there_are_the_defaults),
		TEST(agents_are_told_of_cluster_locking),
		TEST(override_beats_local_beats_lvm_conf),
		TEST(a_repeated_section_is_merged),
		TEST(an_empty_or_commented_file_is_fine),
		TEST(words_are_booleans),
		TEST(a_bad_override_is_an_argument_error),
		TEST(a_bad_file_is_named),
		TEST(a_folder_in_place_of_the_file_is_an_error),
		TEST(an_empty_system_dir_means_no_files_and_no_backups),
		TEST(a_wrong_type_counts_as_unset_and_is_told),
		TEST(lists_are_visited_in_order_and_may_be_empty),
		TEST(the_table_is_sorted_and_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
