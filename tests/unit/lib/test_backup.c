/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backup files: what is written is read again, what was changed on its way is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/backup.h"
#include "metadata/base/cleanup.h"

#define BODY                                                                             \
	"vg {\n\tid = \"abcdef-1234-5678-9abc-defg-hijk-lmnopq\"\n\tseqno = 7\n"         \
	"\tstatus = [\"RESIZEABLE\", \"READ\", \"WRITE\"]\n\textent_size = 8192\n"       \
	"\tmax_lv = 0\n\tmax_pv = 0\n\tphysical_volumes {\n\t\tpv0 {\n"                  \
	"\t\t\tid = \"abcdef-1234-5678-9abc-defg-hijk-000000\"\n\t\t\tdevice = \"/x\"\n" \
	"\t\t\tstatus = [\"ALLOCATABLE\"]\n\t\t\tdev_size = 131072\n"                    \
	"\t\t\tpe_start = 2048\n\t\t\tpe_count = 15\n\t\t}\n\t}\n}\n"
#define HEADER "contents = \"Text Format Volume Group\"\nversion = 1\ndescription = \"why\"\n"

struct fixture {
	char dir[32], path[64];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	(void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/clvm-backup-XXXXXX");
	*state = fixture;
	if (!mkdtemp(fixture->dir))
		return -1;
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/bk", fixture->dir);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	(void)unlink(fixture->path);
	(void)rmdir(fixture->dir);
	free(fixture);
	return 0;
}

static void put(const struct fixture *fixture, const char *bytes, size_t length)
{
	FILE *file = fopen(fixture->path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void assert_refused(const struct fixture *fixture, const char *bytes, size_t length,
			   const char *reason)
{
	struct err err = { 0 };
	struct vg *vg = NULL;

	put(fixture, bytes, length);
	assert_true(backup_file_read(fixture->path, "vg", &vg, NULL, &err) < 0);
	assert_null(vg);
	assert_non_null(strstr(err.text, reason));
}

static void a_backup_is_read_with_what_it_says_of_itself(void **state)
{
	const struct fixture *fixture = *state;
	static const char text[] = HEADER BODY;
	struct vg_text_info info = { 0 };
	struct vg *vg = NULL;

	put(fixture, text, sizeof(text) - 1);
	assert_int_equal(backup_file_read(fixture->path, NULL, &vg, &info, NULL), 0);
	assert_string_equal(vg->name, "vg");
	assert_int_equal(vg->seqno, 7);
	assert_string_equal(info.description, "why");
	vg_free(vg);
}

static void the_nul_that_ends_a_text_of_a_disk_is_taken(void **state)
{
	const struct fixture *fixture = *state;
	static const char text[] = BODY HEADER;
	AUTO_FREE char *bytes = NULL;
	struct vg *vg = NULL;
	size_t length;

	put(fixture, text, sizeof(text));
	assert_int_equal(backup_file_read(fixture->path, "vg", &vg, NULL, NULL), 0);
	vg_free(vg);
	assert_int_equal(backup_file_bytes(fixture->path, &bytes, &length, NULL), 0);
	assert_int_equal(length, sizeof(text));
	assert_memory_equal(bytes, text, sizeof(text));
}

static void what_was_changed_on_its_way_is_refused_with_its_place(void **state)
{
	const struct fixture *fixture = *state;
	static const char crlf[] = HEADER "vg {\r\n", nul[] = HEADER "v\0g {\n" BODY;
	static const char cut[] = HEADER "vg {\n\tid = \"abc\n";
	static const char ok[] = HEADER BODY;

	assert_refused(fixture, crlf, sizeof(crlf) - 1, "line 4 has a carriage return");
	assert_refused(fixture, nul, sizeof(nul) - 1, "line 4 has a NUL byte");
	assert_refused(fixture, cut, sizeof(cut) - 1, "Parse error");
	assert_refused(fixture, "", 0, "missing contents");
	/* The sections that are there are whole, but the last brace is not. */
	assert_refused(fixture, ok, sizeof(ok) - 3, "Parse error");
}

static void another_vg_and_what_is_no_file_are_refused(void **state)
{
	const struct fixture *fixture = *state;
	static const char text[] = HEADER BODY;
	struct err err = { 0 };
	struct vg *vg = NULL;

	put(fixture, text, sizeof(text) - 1);
	assert_int_equal(backup_file_read(fixture->path, "other", &vg, NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "does not contain volume group 'other'"));
	assert_int_equal(backup_file_read(fixture->dir, "vg", &vg, NULL, &err), -EISDIR);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	assert_int_equal(backup_file_read(fixture->path, "vg", &vg, NULL, &err), -EISDIR);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(backup_file_read(fixture->path, "vg", &vg, NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "stat failed: No such file or directory"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_backup_is_read_with_what_it_says_of_itself,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_nul_that_ends_a_text_of_a_disk_is_taken, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			what_was_changed_on_its_way_is_refused_with_its_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_vg_and_what_is_no_file_are_refused, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
