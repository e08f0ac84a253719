/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	cut_op VG LV prepare|commit|disk [wait]
 *
 * Runs in a lab node: extends LV (its last segment) by one extent of its PV as lvextend does, and
 *is killed behind the step named: after all members have suspended (prepare), after COMMIT was
 * acknowledged (commit), after the commit is on disk (disk). With "wait" it touches /run/cut and
 * stays there instead, for a test that wants to cut the node or kill its daemon.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cluster.h"
#include "lib/fd.h"
#include "lib/store/store.h"

#define REACHED "/run/cut"

static void print(void *data, enum message_level level, const char *text)
{
	(void)data;
	(void)level;
	(void)fprintf(stderr, "  %s\n", text);
}

/* The step is reached: what the test does to this process or its node comes now. */
static int end_here(bool wait)
{
	AUTO_CLOSE int fd = open(REACHED, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	while (wait)
		(void)pause();
	return fd < 0 ? -1 : kill(getpid(), SIGKILL);
}

static int prepare(struct cluster *cluster, const struct vg *vg, const struct lv *lv,
		   const struct store_txn *txn, struct err *err)
{
	struct member_results results = { .arena.limit = MEMBER_RESULTS_LIMIT };
	const char *const names[] = { lv->name };
	const struct job job = { .kind = JOB_SUSPEND,
				 .vg_name = vg->name,
				 .vg_id = vg->id,
				 .lv_ids = &lv->id,
				 .lv_names = names,
				 .lv_count = 1,
				 .clustered = true,
				 .seqno = vg->seqno,
				 .text_length = store_txn_text_length(txn),
				 .text_crc = store_txn_text_crc(txn) };
	int rc = cluster_run(cluster, &job, TARGET_ALL_MEMBERS, NULL, &results, err);

	member_results_free(&results);
	return rc;
}

static int extend(struct context *context, const char *vg_name, const char *lv_name,
		  const char *last_step, bool wait, struct err *err)
{
	char resource[NAME_MAX_LENGTH + sizeof("V_")];
	struct cluster *cluster;
	struct stored_vg *stored;
	struct store_txn *txn;
	struct scan *scan;
	struct vg *after;
	struct lv *lv;
	uint64_t value;
	int rc;

	(void)snprintf(resource, sizeof(resource), "V_%s", vg_name);
	if ((rc = cluster_get(context, &cluster, err)) ||
	    (rc = cluster_lock(cluster, resource, MODE_EX, &value, err)) ||
	    (rc = scan_run(context, &scan, err)) ||
	    (rc = stored_vg_read(context, scan, vg_name, NULL, &stored, err)))
		return rc;
	if (!(after = vg_copy(stored->vg)) || !(lv = vg_find_lv(after, lv_name)))
		return -1;
	lv->segs[lv->seg_count - 1].le_count++;
	lv->le_count++;
	if ((rc = store_write(context, scan, stored, after, (uint32_t)value + 1, &txn, err)) ||
	    (rc = store_precommit(txn, err)) || (rc = prepare(cluster, after, lv, txn, err)))
		return rc;
	if (!strcmp(last_step, "prepare"))
		return end_here(wait);
	if ((rc = cluster_commit(cluster, err)))
		return rc;
	if (!strcmp(last_step, "commit"))
		return end_here(wait);
	if ((rc = store_commit(txn, err)))
		return rc;
	return end_here(wait);
}

int main(int argc, char *argv[])
{
	const struct context_options options = { .command_line = "cut_op", .ops.message = print };
	struct context *context;
	struct err err = { 0 };

	if (argc < 4) {
		(void)fprintf(stderr, "cut_op VG LV prepare|commit|disk [wait]\n");
		return 3;
	}
	if (context_open(&options, &context, &err) ||
	    extend(context, argv[1], argv[2], argv[3], argc > 4, &err))
		(void)fprintf(stderr, "cut_op: %s\n", err.text);
	return 5; /* it should have been killed */
}
