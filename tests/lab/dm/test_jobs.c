/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs against real metadata and a real device-mapper. Runs as root inside a lab node on the disk
 * given (default /dev/ubda), which it makes the PV of VG "vg" with LVs "one" and "two" by the
 * pvcreate, vgcreate and lvcreate that are installed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/activate/activate.h"
#include "lib/activate/tool.h"
#include "lib/job/job_run.h"
#include "lib/store/store.h"
#include "metadata/base/cleanup.h"
#include "metadata/edit.h"

#define LIMIT	       ((size_t)1 << 24)
#define EXTENT_SECTORS 8192U
#define LV_EXTENTS     4U
#define MOUNT_DIR      "/run/test-jobs"

static const char *disk_path = "/dev/ubda";
static struct context *context;

/* The VG as on disk, twice: as it is, and to be edited. */
struct both {
	struct scan *scan;
	struct stored_vg *now;
	struct vg *after;
};

static void check(int r, const struct err *err)
{
	if (r)
		fail_msg("%d: %s", r, err->text);
}

static void open_both(struct both *both)
{
	struct err err = { 0 };

	check(scan_run(context, &both->scan, &err), &err);
	check(stored_vg_read(context, both->scan, "vg", NULL, &both->now, &err), &err);
	assert_non_null(both->after = vg_copy(both->now->vg));
}

static void close_both(struct both *both)
{
	vg_free(both->after);
	stored_vg_free(both->now);
	scan_free(both->scan);
}

static const char *const names[] = { "one", "two" };
static struct uuid vg_id, pv_id, ids[2];
static const struct uuid strange_id = { "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz" };

static struct job new_job(enum job_kind kind, size_t lvs)
{
	return (struct job){ .kind = kind,
			     .vg_name = "vg",
			     .vg_id = vg_id,
			     .lv_ids = ids,
			     .lv_names = names,
			     .lv_count = lvs };
}

/* Results live until the next run. */
static struct arena results = { .limit = LIMIT };
static struct job_data data;
static struct err job_err;

static int run(const struct job *job, enum job_phase phase)
{
	arena_free(&results);
	results = (struct arena){ .limit = LIMIT };
	job_err = (struct err){ 0 };
	return job_run(context, job, phase, &results, &data, &job_err);
}

static void run_well(const struct job *job, enum job_phase phase)
{
	check(run(job, phase), &job_err);
}

static struct lv_kernel_state state_of(int i)
{
	struct lv_kernel_state state;
	struct err err = { 0 };

	check(lv_kernel_state_get(&vg_id, &ids[i], &state, &err), &err);
	return state;
}

static void assert_at_rest(int i, uint32_t extents)
{
	struct lv_kernel_state state = state_of(i);

	assert_true(state.active);
	assert_false(state.suspended);
	assert_false(state.inactive_table);
	assert_int_equal(state.size_sectors, extents * (uint64_t)EXTENT_SECTORS);
}

static int activate_both(void **state)
{
	struct job job = new_job(JOB_ACTIVATE, 2);

	(void)state;
	return run(&job, JOB_PHASE_DO);
}

static int deactivate_both(void **state)
{
	struct job job = new_job(JOB_DEACTIVATE, 2);

	(void)state;
	(void)umount(MOUNT_DIR);
	return run(&job, JOB_PHASE_DO);
}

/* Metadata with both LVs one extent longer, precommitted; a job that prepares for them. */
static struct store_txn *precommit(struct both *both, struct job *job)
{
	const struct alloc_where anywhere = { .policy = ALLOC_NORMAL };
	struct store_txn *txn;
	struct err err = { 0 };

	for (int i = 0; i < 2; i++) {
		struct lv *lv = vg_find_lv(both->after, names[i]);

		check(lv_edit_extend(lv, lv->le_count + 1, &anywhere, &err), &err);
	}
	check(store_write(context, both->scan, both->now, both->after, 0, &txn, &err), &err);
	check(store_precommit(txn, &err), &err);
	*job = new_job(JOB_SUSPEND, 2);
	job->text_length = store_txn_text_length(txn);
	job->text_crc = store_txn_text_crc(txn);
	job->seqno = both->after->seqno;
	return txn;
}

static uint32_t extents_now(int i)
{
	return (uint32_t)(state_of(i).size_sectors / EXTENT_SECTORS);
}

/* ---- tests ---- */

static void rescan_tells_what_is_not_seen(void **state)
{
	struct uuid wanted[2] = { strange_id, pv_id };
	struct job job = { .kind = JOB_RESCAN, .pv_ids = wanted, .pv_count = 2 };

	(void)state;
	run_well(&job, JOB_PHASE_DO);
	assert_int_equal(data.missing_pv_count, 1);
	assert_true(uuid_equal(&data.missing_pvs[0], &strange_id));
	job.pv_ids = &pv_id;
	job.pv_count = 1;
	run_well(&job, JOB_PHASE_DO);
	assert_int_equal(data.missing_pv_count, 0);
}

static void activation_and_query_agree(void **state)
{
	struct job job = new_job(JOB_QUERY, 0);

	(void)state;
	run_well(&job, JOB_PHASE_DO);
	assert_int_equal(data.lv_count, 0);
	job = new_job(JOB_ACTIVATE, 1);
	run_well(&job, JOB_PHASE_DO);
	job = new_job(JOB_QUERY, 0);
	run_well(&job, JOB_PHASE_DO);
	assert_int_equal(data.lv_count, 1);
	assert_true(uuid_equal(&data.lvs[0].lv_id, &ids[0]));
	job = new_job(JOB_QUERY, 2);
	run_well(&job, JOB_PHASE_DO);
	assert_int_equal(data.lv_count, 2);
	assert_true(data.lvs[0].active);
	assert_false(data.lvs[1].active);
	assert_string_equal(data.lvs[0].mount_points, "");
	job = new_job(JOB_DEACTIVATE, 2);
	run_well(&job, JOB_PHASE_DO);
	assert_false(state_of(0).exists);
}

static void failed_activation_takes_back_what_it_did(void **state)
{
	struct uuid mixed[2] = { ids[1], strange_id };
	struct job job = new_job(JOB_ACTIVATE, 2);

	(void)state;
	job.lv_ids = mixed;
	assert_int_equal(run(&job, JOB_PHASE_DO), -ENOENT);
	assert_false(state_of(1).exists);
	job = new_job(JOB_ACTIVATE, 2);
	job.seqno = 1000;
	assert_int_equal(run(&job, JOB_PHASE_DO), -ESTALE);
	assert_non_null(strstr(job_err.text, "1000"));
	assert_false(state_of(0).exists);
}

static void commit_makes_both_longer(void **state)
{
	struct both both;
	struct store_txn *txn;
	struct err err = { 0 };
	uint32_t before = extents_now(0);
	struct job job, late;

	(void)state;
	open_both(&both);
	txn = precommit(&both, &job);
	run_well(&job, JOB_PHASE_PREPARE);
	assert_true(state_of(0).suspended && state_of(0).inactive_table);
	assert_true(state_of(1).suspended && state_of(1).inactive_table);
	check(store_commit(txn, &err), &err);
	late = job;
	late.seqno += 1;
	assert_int_equal(run(&late, JOB_PHASE_RESUME), -ESTALE);
	assert_true(state_of(0).suspended);
	run_well(&job, JOB_PHASE_RESUME);
	assert_at_rest(0, before + 1);
	assert_at_rest(1, before + 1);
	run_well(&job, JOB_PHASE_RESUME); /* may be repeated */
	store_txn_free(txn);
	close_both(&both);
}

static void abort_leaves_both_as_they_were(void **state)
{
	struct both both;
	struct store_txn *txn;
	uint32_t before = extents_now(0);
	struct job job;

	(void)state;
	open_both(&both);
	txn = precommit(&both, &job);
	run_well(&job, JOB_PHASE_PREPARE);
	run_well(&job, JOB_PHASE_ABORT);
	assert_at_rest(0, before);
	assert_at_rest(1, before);
	/* Nothing waits that a later resume could make live. */
	store_revert(txn);
	job.seqno = 0;
	run_well(&job, JOB_PHASE_RESUME);
	assert_at_rest(0, before);
	store_txn_free(txn);
	close_both(&both);
}

static void another_text_is_not_prepared(void **state)
{
	struct both both;
	struct store_txn *txn;
	uint32_t before = extents_now(0);
	struct job job;

	(void)state;
	open_both(&both);
	txn = precommit(&both, &job);
	job.text_crc ^= 1;
	assert_int_equal(run(&job, JOB_PHASE_PREPARE), -ESTALE);
	assert_at_rest(0, before);
	store_txn_free(txn);
	close_both(&both);
}

static void prepare_is_all_or_nothing(void **state)
{
	struct uuid mixed[2] = { ids[0], strange_id };
	struct both both;
	struct store_txn *txn;
	uint32_t before = extents_now(0);
	struct job job;

	(void)state;
	open_both(&both);
	txn = precommit(&both, &job);
	job.lv_ids = mixed;
	assert_int_equal(run(&job, JOB_PHASE_PREPARE), -ENOENT);
	assert_at_rest(0, before);
	assert_at_rest(1, before);
	store_txn_free(txn);
	close_both(&both);
}

static void phases_are_only_for_suspend(void **state)
{
	struct job job = new_job(JOB_SUSPEND, 2);

	(void)state;
	assert_int_equal(run(&job, JOB_PHASE_DO), -EPROTO);
	job.kind = JOB_QUERY;
	assert_int_equal(run(&job, JOB_PHASE_PREPARE), -EPROTO);
	job.kind = (enum job_kind)99;
	assert_int_equal(run(&job, JOB_PHASE_DO), -EOPNOTSUPP);
}

static int run_tool(const char *const argv[])
{
	struct err err = { 0 };
	int status = -1;

	check(tool_run(context, argv, &status, &err), &err);
	return status;
}

static void mounted_volumes_stay_and_their_file_system_grows(void **state)
{
	static const char *const mkfs[] = { "mkfs.ext4", "-q", "/dev/vg/one", "8M", NULL };
	struct job job = new_job(JOB_RESIZE_FS, 1);

	(void)state;
	assert_int_equal(run_tool(mkfs), 0);
	assert_int_equal(mount("/dev/vg/one", MOUNT_DIR, "ext4", 0, NULL), 0);
	job.size_sectors = LV_EXTENTS * EXTENT_SECTORS;
	run_well(&job, JOB_PHASE_DO);
	assert_non_null(data.output);
	assert_non_null(strstr(data.output, "on-line resizing"));
	job = new_job(JOB_QUERY, 1);
	run_well(&job, JOB_PHASE_DO);
	assert_string_equal(data.lvs[0].mount_points, MOUNT_DIR);
	assert_string_equal(data.lvs[0].fs_type, "ext4");
	assert_int_equal(data.lvs[0].open_count, 1);
	job = new_job(JOB_DEACTIVATE, 2);
	assert_int_equal(run(&job, JOB_PHASE_DO), -EBUSY);
	assert_non_null(strstr(job_err.text, "vg/one contains a filesystem in use."));
	assert_non_null(strstr(job_err.text, MOUNT_DIR));
	assert_true(state_of(0).active);
	assert_false(state_of(1).exists); /* the other one was not in use */
}

static void refresh_and_backup_work(void **state)
{
	struct job job = new_job(JOB_REFRESH, 2);
	struct stat st;

	(void)state;
	run_well(&job, JOB_PHASE_DO);
	assert_at_rest(0, extents_now(0));
	(void)unlink("/etc/lvm/backup/vg");
	job = new_job(JOB_BACKUP, 0);
	run_well(&job, JOB_PHASE_DO);
	assert_int_equal(stat("/etc/lvm/backup/vg", &st), 0);
}

static void print_message_to_log(void *unused, enum message_level level, const char *text)
{
	(void)unused;
	if (level != MESSAGE_DEBUG)
		print_message("  [%d] %s\n", (int)level, text);
}

static int prepare_disk(void **state)
{
	const struct context_options options = { .ops = { .message = print_message_to_log } };
	const char *const commands[][12] = {
		{ "pvcreate", "-ff", "-y", disk_path },
		{ "vgcreate", "vg", disk_path },
		{ "lvcreate", "-an", "-Zn", "-Wn", "-y", "-l", "4", "-n", "one", "vg" },
		{ "lvcreate", "-an", "-Zn", "-Wn", "-y", "-l", "4", "-n", "two", "vg" },
	};
	struct both both;
	struct err err = { 0 };

	(void)state;
	check(context_open(&options, &context, &err), &err);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		assert_int_equal(run_tool(commands[i]), 0);
	(void)mkdir(MOUNT_DIR, 0700);
	open_both(&both);
	vg_id = both.now->vg->id;
	pv_id = both.now->vg->pvs[0]->id;
	for (int i = 0; i < 2; i++)
		ids[i] = vg_find_lv(both.now->vg, names[i])->id;
	close_both(&both);
	return 0;
}

int main(int argc, char **argv)
{
#define active_test(f) cmocka_unit_test_setup_teardown(f, activate_both, deactivate_both)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rescan_tells_what_is_not_seen),
		cmocka_unit_test(activation_and_query_agree),
		cmocka_unit_test(failed_activation_takes_back_what_it_did),
		cmocka_unit_test(phases_are_only_for_suspend),
		active_test(mounted_volumes_stay_and_their_file_system_grows),
		active_test(commit_makes_both_longer),
		active_test(abort_leaves_both_as_they_were),
		active_test(another_text_is_not_prepared),
		active_test(prepare_is_all_or_nothing),
		active_test(refresh_and_backup_work),
	};

	if (argc > 1)
		disk_path = argv[1];
	return cmocka_run_group_tests(tests, prepare_disk, NULL);
}
