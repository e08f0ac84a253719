/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/recover.h"

#include <errno.h>

#include "lib/store/store.h"

struct found {
	struct scan *scan;
	struct stored_vg *stored;
};

static void forget(struct found *found)
{
	if (found->stored)
		stored_vg_free(found->stored);
	if (found->scan)
		scan_free(found->scan);
}

static int find(struct context *context, const struct job *job, struct found *found,
		struct err *err)
{
	int rc = scan_run(context, &found->scan, err);

	if (rc)
		return rc;
	return stored_vg_read(context, found->scan, job->vg_name, &job->vg_id, &found->stored, err);
}

static uint64_t count_missing(const struct stored_vg *stored)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < stored->vg->pv_count; i++) {
		const struct pv_disk *disk = stored->pv_disks[i];

		count += !disk;
		for (unsigned k = 0; disk && k < disk->mda_count; k++)
			count += disk->mdas[k].state == MDA_UNREADABLE;
	}
	return count;
}

int recover_look(struct context *context, const struct job *job, struct recover_finding *ret,
		 struct err *err)
{
	struct found found = { 0 };
	int rc = find(context, job, &found, err);

	if (!rc)
		*ret = (struct recover_finding){ found.stored->vg->seqno >= job->seqno,
						 count_missing(found.stored) };
	forget(&found);
	return rc;
}

static int write_again(struct context *context, struct found *found, const struct job *job,
		       struct err *err)
{
	struct vg *after = vg_copy(found->stored->vg);
	struct store_txn *txn = NULL;
	int rc;

	if (!after)
		return err_set(err, ENOMEM, "Out of memory.");
	rc = store_write(context, found->scan, found->stored, after, job->seqno + 1, &txn, err);
	if (!rc)
		rc = store_precommit(txn, err);
	if (!rc)
		rc = store_commit(txn, err);
	if (!rc)
		ctx_warn(context, "Recovered volume group %s: written again as seqno %u.",
			 after->name, after->seqno);
	store_txn_free(txn);
	vg_free(after);
	return rc;
}

int recover_rewrite(struct context *context, const struct job *job, struct err *err)
{
	struct found found = { 0 };
	int rc = find(context, job, &found, err);

	if (!rc)
		rc = write_again(context, &found, job, err);
	forget(&found);
	return rc;
}
