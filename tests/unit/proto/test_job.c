/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/proto/field.h"
#include "lib/proto/job.h"
#include "metadata/base/cleanup.h"

#define LIMIT	   ((size_t)16 << 20)
#define TAG_KIND   (1 | FIELD_REQUIRED)
#define TAG_NAME   (2 | FIELD_REQUIRED)
#define TAG_VG_ID  (3 | FIELD_REQUIRED)
#define TAG_LV_IDS (4 | FIELD_REQUIRED)
#define TAG_NAMES  (5 | FIELD_REQUIRED)
#define TAG_MODE   (7 | FIELD_REQUIRED)
#define TAG_FLAGS  (8 | FIELD_REQUIRED)

static const struct uuid id_a = { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
static const struct uuid id_b = { "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" };
static const struct uuid id_vg = { "P9qpUPsIvt9H1KugVR73Kwbk1H8pdAtD" };

static const struct uuid lv_ids[] = { { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
				      { "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" } };
static const char *const lv_names[] = { "lv0", "a-b.c+d_e" };

static struct job full_job(void)
{
	return (struct job){
		.kind = JOB_SUSPEND,
		.vg_name = "my-vg",
		.vg_id = id_vg,
		.lv_ids = lv_ids,
		.lv_count = 2,
		.lv_names = lv_names,
		.pv_ids = lv_ids,
		.pv_count = 1,
		.mode = MODE_EX,
		.clustered = true,
		.read_only = true,
		.shrink = true,
		.no_fsck = true,
		.seqno = 4000000000U,
		.text_length = (uint64_t)5 << 32,
		.text_crc = 0xfedcba98,
		.size_sectors = (uint64_t)7 << 40,
		.fs_id = "0a-1b",
	};
}

static void round_trip_keeps_every_field(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct job in = full_job(), job;

	(void)state;
	assert_int_equal(job_encode(&in, &out, NULL), 0);
	assert_int_equal(job_decode(out.data, out.used, &arena, &job, NULL), 0);
	assert_int_equal(job.kind, in.kind);
	assert_string_equal(job.vg_name, in.vg_name);
	assert_true(uuid_equal(&job.vg_id, &in.vg_id));
	assert_int_equal(job.lv_count, 2);
	assert_true(uuid_equal(&job.lv_ids[0], &id_a));
	assert_true(uuid_equal(&job.lv_ids[1], &id_b));
	assert_string_equal(job.lv_names[0], "lv0");
	assert_string_equal(job.lv_names[1], "a-b.c+d_e");
	assert_int_equal(job.pv_count, 1);
	assert_true(uuid_equal(&job.pv_ids[0], &id_a));
	assert_int_equal(job.mode, MODE_EX);
	assert_true(job.clustered && job.read_only && job.shrink && job.no_fsck);
	assert_true(job.seqno == in.seqno);
	assert_true(job.text_length == in.text_length);
	assert_true(job.text_crc == in.text_crc);
	assert_true(job.size_sectors == in.size_sectors);
	assert_string_equal(job.fs_id, "0a-1b");
}

static void rescan_needs_no_volume_group(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct job in = { .kind = JOB_RESCAN }, job;

	(void)state;
	assert_int_equal(job_encode(&in, &out, NULL), 0);
	assert_int_equal(job_decode(out.data, out.used, &arena, &job, NULL), 0);
	assert_null(job.vg_name);
	assert_int_equal(job.lv_count, 0);
	assert_true(uuid_is_unset(&job.vg_id));
}

static void largest_job_fits_a_cluster_message(void **state)
{
	struct uuid AUTO_FREE *ids = calloc(JOB_LVS_MAX + 1, sizeof(*ids));
	struct buf AUTO_BUF out = { .limit = 900U << 10 };
	struct buf AUTO_BUF small = { .limit = 1000 };
	struct job job = full_job();

	(void)state;
	assert_non_null(ids);
	job.lv_ids = ids;
	job.lv_names = NULL;
	job.lv_count = JOB_LVS_MAX;
	assert_int_equal(job_encode(&job, &out, NULL), 0);
	assert_int_equal(job_encode(&job, &small, NULL), -E2BIG);
	job.lv_count = JOB_LVS_MAX + 1;
	assert_int_equal(job_encode(&job, &out, NULL), -E2BIG);
}

/* A job of @tag and @bytes besides kind, name and id of the VG. */
static int decode_with(uint16_t tag, const void *bytes, size_t length)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct field_writer writer = { .out = &out };
	struct job job;

	if (tag != TAG_KIND)
		field_put_u32(&writer, TAG_KIND, JOB_QUERY);
	if (tag != TAG_NAME)
		field_put_string(&writer, TAG_NAME, "vg");
	if (tag != TAG_VG_ID)
		field_put_bytes(&writer, TAG_VG_ID, &id_vg, sizeof(id_vg));
	field_put_bytes(&writer, tag, bytes, length);
	return job_decode(out.data, out.used, &arena, &job, NULL);
}

static void unknown_fields_are_skipped_unless_required(void **state)
{
	(void)state;
	assert_int_equal(decode_with(77, "future", 6), 0);
	assert_int_equal(decode_with(77 | FIELD_REQUIRED, "future", 6), -EBADMSG);
}

static void names_that_leave_dev_are_refused(void **state)
{
	static const char *const bad[] = { "",	  ".",	  "..",	  "a/b",  "../etc",  "-x",
					   "a b", "a\nb", "a\tb", "\xff", "a%s\x7f", "a\\b" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(decode_with(TAG_NAME, bad[i], strlen(bad[i])), -EBADMSG);
	}
	assert_int_equal(decode_with(TAG_NAME, "a\0b", 3), -EBADMSG);
	assert_int_equal(decode_with(TAG_NAME, "good-name_1.2+3", 15), 0);
}

static void malformed_fields_are_refused(void **state)
{
	static const unsigned char kind_0[] = { 0, 0, 0, 0 }, kind_99[] = { 99, 0, 0, 0 };
	static const unsigned char mode_6[] = { 6, 0, 0, 0 }, flag_16[] = { 16, 0, 0, 0 };
	char id[UUID_LENGTH];

	(void)state;
	assert_int_equal(decode_with(TAG_KIND, kind_0, 4), -EBADMSG);
	assert_int_equal(decode_with(TAG_KIND, kind_99, 4), -EBADMSG);
	assert_int_equal(decode_with(TAG_KIND, kind_99, 3), -EBADMSG);
	assert_int_equal(decode_with(TAG_MODE, mode_6, 4), -EBADMSG);
	assert_int_equal(decode_with(TAG_FLAGS, flag_16, 4), -EBADMSG);
	memset(id, '/', sizeof(id));
	assert_int_equal(decode_with(TAG_VG_ID, id, sizeof(id)), -EBADMSG);
	memset(id, '\0', sizeof(id));
	assert_int_equal(decode_with(TAG_VG_ID, id, sizeof(id)), -EBADMSG);
	assert_int_equal(decode_with(TAG_VG_ID, &id_vg, 31), -EBADMSG);
	assert_int_equal(decode_with(TAG_LV_IDS, &id_vg, 31), -EBADMSG);
	assert_int_equal(decode_with(TAG_LV_IDS, "", 0), -EBADMSG);
	assert_int_equal(decode_with(TAG_LV_IDS, &id_vg, 32), 0);
}

static void names_must_be_as_many_as_ids(void **state)
{
	(void)state;
	assert_int_equal(decode_with(TAG_NAMES, "lv0\0", 4), -EBADMSG);
	assert_int_equal(decode_with(TAG_NAMES, "lv0", 3), -EBADMSG);
	assert_int_equal(decode_with(TAG_NAMES, "", 0), -EBADMSG);
}

static void a_field_given_twice_is_refused(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct field_writer writer = { .out = &out };
	struct job in = full_job(), job;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(job_encode(&in, &out, NULL), 0);
	field_put_string(&writer, TAG_NAME, "other");
	assert_int_equal(job_decode(out.data, out.used, &arena, &job, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "twice"));
}

static void every_truncation_of_a_job_is_safe(void **state)
{
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct job in = full_job(), job;

	(void)state;
	assert_int_equal(job_encode(&in, &out, NULL), 0);
	for (size_t cut = 0; cut < out.used; cut++) {
		struct arena AUTO_ARENA arena = { .limit = LIMIT };
		char AUTO_FREE *copy = malloc(cut ? cut : 1);

		assert_non_null(copy);
		memcpy(copy, out.data, cut);
		/* A cut between two fields may leave a whole job. */
		if (!job_decode(copy, cut, &arena, &job, NULL))
			assert_true(job.kind == JOB_SUSPEND && job.vg_name);
	}
}

static void random_damage_is_safe(void **state)
{
	unsigned int seed = (unsigned int)time(NULL);
	struct job in = full_job(), job;

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 20000; round++) {
		struct arena AUTO_ARENA arena = { .limit = LIMIT };
		struct buf AUTO_BUF out = { .limit = LIMIT };
		struct job_data data;

		assert_int_equal(job_encode(&in, &out, NULL), 0);
		for (int i = rand_r(&seed) % 8; i >= 0; i--)
			out.data[(size_t)rand_r(&seed) % out.used] = (char)rand_r(&seed);
		if (!job_decode(out.data, out.used, &arena, &job, NULL))
			assert_true(job.kind >= JOB_RESCAN && job.kind <= JOB_STATE);
		if (!job_data_decode(out.data, out.used, &arena, &data, NULL))
			assert_true(data.lv_count <= JOB_LVS_MAX);
	}
}

static void result_round_trip_keeps_every_field(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct lv_report reports[] = {
		{ .lv_id = id_a,
		  .active = true,
		  .suspended = true,
		  .has_holders = true,
		  .open_count = 3,
		  .size_sectors = (uint64_t)9 << 33,
		  .mount_points = "/mnt,/srv/a b",
		  .fs_type = "ext4" },
		{ .lv_id = id_b, .mount_points = "", .fs_type = "" },
	};
	struct uuid missing[] = { id_vg };
	struct job_data in = { .lvs = reports,
			       .lv_count = 2,
			       .missing_pvs = missing,
			       .missing_pv_count = 1,
			       .output = "resize2fs\nline two" };
	struct job_data data;

	(void)state;
	assert_int_equal(job_data_encode(&in, &out, NULL), 0);
	assert_int_equal(job_data_decode(out.data, out.used, &arena, &data, NULL), 0);
	assert_int_equal(data.lv_count, 2);
	assert_true(uuid_equal(&data.lvs[0].lv_id, &id_a));
	assert_true(data.lvs[0].active && data.lvs[0].suspended);
	assert_true(data.lvs[0].has_holders && !data.lvs[1].has_holders);
	assert_int_equal(data.lvs[0].open_count, 3);
	assert_true(data.lvs[0].size_sectors == (uint64_t)9 << 33);
	assert_string_equal(data.lvs[0].mount_points, "/mnt,/srv/a b");
	assert_string_equal(data.lvs[0].fs_type, "ext4");
	assert_false(data.lvs[1].active || data.lvs[1].suspended);
	assert_string_equal(data.lvs[1].mount_points, "");
	assert_string_equal(data.lvs[1].fs_type, "");
	assert_int_equal(data.missing_pv_count, 1);
	assert_true(uuid_equal(&data.missing_pvs[0], &id_vg));
	assert_string_equal(data.output, "resize2fs\nline two");
}

static void states_of_a_node_travel_as_records(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct lv_state states[] = {
		{ .vg_id = id_vg,
		  .lv_id = id_a,
		  .active = true,
		  .preloaded = true,
		  .open_count = 2,
		  .size_sectors = (uint64_t)9 << 33,
		  .table_crc = 0xfedcba98 },
		{ .vg_id = id_vg, .lv_id = id_b, .suspended = true },
	};
	struct job_data in = { .states = states, .state_count = 2, .version = "1.2" }, data;

	(void)state;
	assert_int_equal(job_data_encode(&in, &out, NULL), 0);
	assert_int_equal(job_data_decode(out.data, out.used, &arena, &data, NULL), 0);
	assert_int_equal(data.state_count, 2);
	assert_string_equal(data.version, "1.2");
	assert_true(uuid_equal(&data.states[0].vg_id, &id_vg));
	assert_true(uuid_equal(&data.states[0].lv_id, &id_a));
	assert_true(data.states[0].active && data.states[0].preloaded && !data.states[0].suspended);
	assert_int_equal(data.states[0].open_count, 2);
	assert_true(data.states[0].size_sectors == (uint64_t)9 << 33);
	assert_true(data.states[0].table_crc == 0xfedcba98);
	assert_true(data.states[1].suspended && !data.states[1].active);
	states[1].lv_id.text[0] = '/';
	out.used = 0;
	assert_int_equal(job_data_encode(&in, &out, NULL), 0);
	assert_int_equal(job_data_decode(out.data, out.used, &arena, &data, NULL), -EBADMSG);
}

static void the_most_states_fit_a_cluster_message(void **state)
{
	struct lv_state AUTO_FREE *states = calloc(JOB_STATES_MAX + 1, sizeof(*states));
	struct buf AUTO_BUF out = { .limit = 900U << 10 };
	struct job_data in = { .states = states, .state_count = JOB_STATES_MAX };

	(void)state;
	assert_non_null(states);
	assert_int_equal(job_data_encode(&in, &out, NULL), 0);
	in.state_count++;
	out.used = 0;
	assert_int_equal(job_data_encode(&in, &out, NULL), -E2BIG);
}

static void empty_result_is_empty(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct job_data in = { .lvs = NULL }, data;

	(void)state;
	assert_int_equal(job_data_encode(&in, &out, NULL), 0);
	assert_int_equal(out.used, 0);
	assert_int_equal(job_data_decode(out.data, out.used, &arena, &data, NULL), 0);
	assert_int_equal(data.lv_count, 0);
	assert_null(data.output);
}

static void a_report_too_short_is_refused(void **state)
{
	struct arena AUTO_ARENA arena = { .limit = LIMIT };
	struct buf AUTO_BUF out = { .limit = LIMIT };
	struct field_writer writer = { .out = &out };
	struct job_data data;

	(void)state;
	field_put_bytes(&writer, 1, &id_a, sizeof(id_a));
	assert_int_equal(job_data_decode(out.data, out.used, &arena, &data, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip_keeps_every_field),
		cmocka_unit_test(rescan_needs_no_volume_group),
		cmocka_unit_test(largest_job_fits_a_cluster_message),
		cmocka_unit_test(unknown_fields_are_skipped_unless_required),
		cmocka_unit_test(names_that_leave_dev_are_refused),
		cmocka_unit_test(malformed_fields_are_refused),
		cmocka_unit_test(names_must_be_as_many_as_ids),
		cmocka_unit_test(a_field_given_twice_is_refused),
		cmocka_unit_test(every_truncation_of_a_job_is_safe),
		cmocka_unit_test(random_damage_is_safe),
		cmocka_unit_test(result_round_trip_keeps_every_field),
		cmocka_unit_test(states_of_a_node_travel_as_records),
		cmocka_unit_test(the_most_states_fit_a_cluster_message),
		cmocka_unit_test(empty_result_is_empty),
		cmocka_unit_test(a_report_too_short_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
