/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The three phases of a change, and the way back.
 *
 *	on disk    old ──write──> old, new in free space ──precommit──> both ──commit──> new
 *
 * A phase is done on all disks, and all disks are flushed, before the next begins. Readers follow
 * the committed slot of a header, which one block's write switches; so at every instant they find
 * the old or the new text complete. Headers are read again before the first write: they must be
 * those of the scan, or somebody writes without the lock.
 *
 * What else is on the disks is written where the next write of the VG mends it, should that be all
 * that was done: PVs are emptied before the commit that lets them go (a member without a text is
 * harmless, a free PV with one is not), and are marked as used after the commit that took them.
 */
#include "lib/store/txn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/together.h"
#include "metadata/base/cleanup.h"
#include "metadata/base/crc.h"
#include "metadata/check.h"

#define CTIME_SIZE 32		       /* ctime_r() wants 26 */
#define LONG_TEXT  ((size_t)256 << 10) /* more than one write(): that takes longer than a thread */

/* ---- sectors ---- */

int label_write(int fd, const struct pv_disk *pv_disk, const struct pv_header *header,
		struct err *err)
{
	unsigned char sector[SECTOR_BYTES];
	int rc;

	if ((rc = label_encode(header, pv_disk->label_sector, sector, err)))
		return rc;
	return device_write(fd, pv_disk->device, pv_disk->label_sector * SECTOR_BYTES, sector,
			    sizeof(sector), err);
}

int mda_header_write(int fd, const struct device *device, const struct mda_header *header,
		     struct err *err)
{
	unsigned char sector[MDA_HEADER_BYTES];

	mda_header_encode(header, sector);
	return device_write(fd, device, header->start_bytes, sector, sizeof(sector), err);
}

/* ---- all at once ---- */

/* One step of a phase, on one area. What it touches is that area's alone. */
typedef int area_step(const struct store_txn *txn, struct txn_area *area, struct err *err);

struct round {
	struct store_txn *txn;
	area_step *step;
};

static void run_step(void *data, size_t index)
{
	const struct round *round = data;
	struct txn_area *area = &round->txn->areas[index];

	area->err.code = 0;
	(void)round->step(round->txn, area, &area->err);
}

/* Writing a long text, and waiting for it, is worth a thread for each disk. */
static size_t few_for(const struct store_txn *txn)
{
	return txn->text.used < LONG_TEXT ? TOGETHER_FEW : 1;
}

/* Who failed says so in its err. */
static void try_on_all_areas(struct store_txn *txn, area_step *step)
{
	struct round round = { txn, step };

	together_run(txn->area_count, few_for(txn), run_step, &round);
}

static void flush_disk(void *data, size_t index)
{
	struct txn_disk *disk = &((struct store_txn *)data)->disks[index];

	disk->err.code = 0;
	if (device_flush(disk->fd, disk->pv_disk->device, &disk->err))
		assert(disk->err.code);
}

static void try_flush_all(struct store_txn *txn)
{
	together_run(txn->disk_count, few_for(txn), flush_disk, txn);
}

static int fail_with(const struct err *reason, struct err *err)
{
	if (err)
		*err = *reason;
	return reason->code;
}

/* The first failure counts. */
static int on_all_areas(struct store_txn *txn, area_step *step, struct err *err)
{
	try_on_all_areas(txn, step);
	for (size_t i = 0; i < txn->area_count; i++)
		if (txn->areas[i].err.code)
			return fail_with(&txn->areas[i].err, err);
	return 0;
}

static int flush_all(struct store_txn *txn, struct err *err)
{
	try_flush_all(txn);
	for (size_t i = 0; i < txn->disk_count; i++)
		if (txn->disks[i].err.code)
			return fail_with(&txn->disks[i].err, err);
	return 0;
}

/* ---- write ---- */

static int open_disks(struct store_txn *txn, struct err *err)
{
	for (size_t i = 0; i < txn->disk_count; i++) {
		struct txn_disk *disk = &txn->disks[i];

		if ((disk->fd = device_open(disk->pv_disk->device, DEVICE_WRITE, err)) < 0)
			return disk->fd;
	}
	return 0;
}

static bool same_location(const struct mda_location *a, const struct mda_location *b)
{
	return a->offset_bytes == b->offset_bytes && a->size_bytes == b->size_bytes &&
	       a->checksum == b->checksum;
}

static int check_unchanged(const struct store_txn *txn, struct txn_area *area, struct err *err)
{
	const struct device *device = area->disk->pv_disk->device;
	unsigned char sector[MDA_HEADER_BYTES];
	struct mda_header now;
	int rc;

	(void)txn;
	if ((rc = device_read(area->disk->fd, device, area->copy->area.offset_bytes, sector,
			      sizeof(sector), err)) ||
	    (rc = mda_header_decode(sector, &area->copy->area, &now, err)))
		return rc;
	if (!same_location(&now.committed, &area->copy->header.committed))
		return err_set(err, ESTALE,
			       "Metadata on %s has changed since it was read: somebody writes "
			       "without the lock.",
			       device->name);
	area->header = now;
	return 0;
}

/* Zeros up to the next sector, unless they would reach the committed text or the area's end. */
static size_t padding(const struct txn_area *area, const struct disk_area *last)
{
	const struct mda_header *header = &area->header;
	uint64_t end = last->offset_bytes + last->size_bytes - header->start_bytes;
	uint64_t padded = (end + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
	uint64_t committed = header->committed.offset_bytes;

	if (padded > header->size_bytes || (committed >= end && committed < padded))
		return 0;
	return (size_t)(padded - end);
}

static int write_text(const struct store_txn *txn, struct txn_area *area, struct err *err)
{
	const struct device *device = area->disk->pv_disk->device;
	struct mda_pieces pieces = mda_text_pieces(&area->header, &area->location);
	size_t done = 0;
	int rc;

	if (area->becomes_ignored)
		return 0;
	assert(pieces.count);
	for (unsigned i = 0; i < pieces.count; i++) {
		size_t length = (size_t)pieces.piece[i].size_bytes;

		/* With its padding, so that a last sector is written, not changed. */
		if (i + 1 == pieces.count)
			length = txn->text.used - done + padding(area, &pieces.piece[i]);
		if ((rc = device_write(area->disk->fd, device, pieces.piece[i].offset_bytes,
				       txn->text.data + done, length, err)))
			return rc;
		done += length;
	}
	return 0;
}

/* The one thing that must never happen, so it is looked at twice. */
static bool touches_committed(const struct mda_header *header, const struct mda_location *location)
{
	struct mda_pieces new = mda_text_pieces(header, location);
	struct mda_pieces old = mda_text_pieces(header, &header->committed);

	for (unsigned i = 0; header->committed.offset_bytes && i < new.count; i++)
		for (unsigned k = 0; k < old.count; k++)
			if (disk_areas_overlap(&new.piece[i], &old.piece[k]))
				return true;
	return false;
}

static int place_text(struct store_txn *txn, struct txn_area *area, struct err *err)
{
	struct mda_header ring = area->header;
	int rc;

	/* What an ignored area holds is of no use: its ring begins anew. */
	if (area->was_ignored)
		ring.committed = (struct mda_location){ 0 };
	if ((rc = mda_place(&ring, txn->text.used, txn->vg_name, txn->seqno,
			    area->disk->pv_disk->device->name, &area->location, err)))
		return rc;
	area->location.checksum = txn->text_crc;
	area->location.size_bytes = txn->text.used;
	area->location.flags = 0;
	if (touches_committed(&ring, &area->location))
		return err_set(err, ENOSPC, "No room beside the metadata of VG %s on %s.",
			       txn->vg_name, area->disk->pv_disk->device->name);
	return 0;
}

/* ---- the text ---- */

static int export_text(struct store_txn *txn, struct vg *after, struct err *err)
{
	const char *command = txn->context->options.command_line;
	AUTO_FREE char *description = NULL;
	AUTO_FREE char *host = NULL;
	struct vg_text_info info = { 0 };
	char now[CTIME_SIZE] = "";
	struct utsname names;
	time_t seconds = time(NULL);
	unsigned number = ++txn->context->write_count;
	int length;

	length = number > 1 ? asprintf(&description, "Write[%u] from %s.", number,
				       command ? command : "clvm")
			    : asprintf(&description, "Write from %s.", command ? command : "clvm");
	if (length < 0) {
		description = NULL;
		return err_set(err, ENOMEM, "Out of memory writing volume group %s.", after->name);
	}
	if (uname(&names))
		return err_set(err, errno, "Cannot get this host's name: %s", strerror(errno));
	if (asprintf(&host, "%s %s %s %s %s", names.sysname, names.nodename, names.release,
		     names.version, names.machine) < 0) {
		host = NULL;
		return err_set(err, ENOMEM, "Out of memory writing volume group %s.", after->name);
	}
	if (ctime_r(&seconds, now))
		now[strcspn(now, "\n")] = '\0';
	info.description = description;
	info.creation_host = names.nodename;
	info.creation_host_uname = host;
	info.creation_time = (uint64_t)seconds;
	info.creation_ctime = now;
	return vg_export(after, VG_TEXT_DISK, &info, &txn->text, err);
}

/* Zeros behind the text, which are written with it to the end of its last sector. */
static int pad_text(struct store_txn *txn, struct err *err)
{
	static const unsigned char zeros[SECTOR_BYTES];
	const size_t length = txn->text.used;

	txn->text.limit += sizeof(zeros);
	buf_add(&txn->text, zeros, sizeof(zeros));
	txn->text.used = length;
	if (txn->text.failed)
		return err_set(err, ENOMEM, "Out of memory writing volume group %s.", txn->vg_name);
	return 0;
}

/* Hints and the MISSING flag as they are now. */
static int refresh_pvs(const struct scan *scan, struct vg *after, struct err *err)
{
	for (uint32_t i = 0; i < after->pv_count; i++) {
		struct pv *pv = after->pvs[i];
		const struct pv_disk *pv_disk = scan_find_pv(scan, &pv->id);

		if (!pv_disk) {
			pv->device_hint = "[unknown]";
			pv->status |= STATUS_MISSING;
			continue;
		}
		pv->device_hint = arena_strdup(after->arena, pv_disk->device->name);
		if (!pv->device_hint)
			return err_set(err, ENOMEM, "Out of memory writing volume group %s.",
				       after->name);
	}
	return 0;
}

static int next_seqno(const struct stored_vg *before, uint32_t seqno_at_least, uint32_t *ret_seqno,
		      struct err *err)
{
	uint32_t highest = before ? before->seqno_highest : 0;

	if (before && before->vg->seqno > highest)
		highest = before->vg->seqno;
	if (highest == UINT32_MAX)
		return err_set(err, EOVERFLOW, "Volume group %s cannot be changed any more.",
			       before->vg->name);
	*ret_seqno = highest + 1 > seqno_at_least ? highest + 1 : seqno_at_least;
	return 0;
}

static void warn_stale(const struct store_txn *txn, const struct stored_vg *before,
		       const struct vg *after)
{
	for (size_t i = 0; before && i < txn->area_count; i++) {
		const struct mda_copy *copy = txn->areas[i].copy;

		if (mda_copy_is_of(copy, &before->vg->id) &&
		    copy->summary.seqno < before->vg->seqno)
			ctx_warn(txn->context,
				 "WARNING: updating old metadata to %u on %s for VG %s.",
				 after->seqno, copy->pv_disk->device->name, after->name);
		if (copy->state == MDA_EMPTY && !copy->ignored && !copy->repaired &&
		    !txn->areas[i].disk->is_new)
			ctx_warn(txn->context, "WARNING: adding missing metadata to %s for VG %s.",
				 copy->pv_disk->device->name, after->name);
	}
}

static void warn_labels(const struct store_txn *txn)
{
	for (size_t i = 0; i < txn->disk_count; i++)
		if (txn->disks[i].label_changes && !txn->disks[i].is_new &&
		    !txn->disks[i].is_resized)
			ctx_warn(txn->context, "WARNING: updating PV header on %s for VG %s.",
				 txn->disks[i].pv_disk->device->name, txn->vg_name);
}

static int write_phase(struct store_txn *txn, const struct stored_vg *before,
		       const struct vg *after, struct err *err)
{
	int rc;

	if ((rc = open_disks(txn, err)))
		return rc;
	/* All that can be refused is refused before anything is written. */
	if ((rc = on_all_areas(txn, check_unchanged, err)))
		return rc;
	for (size_t i = 0; i < txn->area_count; i++)
		if (!txn->areas[i].becomes_ignored && (rc = place_text(txn, &txn->areas[i], err)))
			return rc;
	warn_stale(txn, before, after);
	warn_labels(txn);
	txn->stage = TXN_WRITTEN;
	if ((rc = on_all_areas(txn, write_text, err)))
		return rc;
	return flush_all(txn, err);
}

static int prepare(struct store_txn *txn, const struct stored_vg *before, struct vg *after,
		   uint32_t seqno_at_least, struct err *err)
{
	uint32_t seqno = 0;
	int rc;

	if (!(txn->vg_name = strdup(after->name)))
		return err_set(err, ENOMEM, "Out of memory writing volume group %s.", after->name);
	if ((rc = next_seqno(before, seqno_at_least, &seqno, err)) ||
	    (rc = refresh_pvs(txn->scan, after, err)))
		return rc;
	txn->seqno = after->seqno = seqno;
	if ((rc = vg_check(after, err)) || (rc = export_text(txn, after, err)) ||
	    (rc = pad_text(txn, err)) || (rc = txn_plan(txn, before, after, err)))
		return rc;
	txn->text_crc = lvm_crc(LVM_CRC_INITIAL, txn->text.data, txn->text.used);
	/* For note_committed(). */
	txn->text_is_noted = scan_note_text(txn->scan, &txn->text, txn->text_crc, after);
	return 0;
}

int store_write(struct context *context, struct scan *scan, const struct stored_vg *before,
		struct vg *after, uint32_t seqno_at_least, struct store_txn **ret_txn,
		struct err *err)
{
	struct store_txn *txn;
	int rc;

	if (context->options.readonly)
		return err_set(err, EROFS, "Operation prohibited while --readonly is set.");
	if (!(txn = calloc(1, sizeof(*txn))))
		return err_set(err, ENOMEM, "Out of memory writing volume group %s.", after->name);
	txn->context = context;
	txn->scan = scan;
	txn->stage = TXN_NEW;
	txn->test = context->options.test;
	txn->text.limit = VG_TEXT_MAX;

	if (!(rc = prepare(txn, before, after, seqno_at_least, err)) && !txn->test)
		rc = write_phase(txn, before, after, err);
	if (rc) {
		store_txn_free(txn);
		return rc;
	}
	*ret_txn = txn;
	return 0;
}

/* ---- precommit ---- */

static int precommit_area(const struct store_txn *txn, struct txn_area *area, struct err *err)
{
	(void)txn;
	if (area->becomes_ignored)
		return 0;
	area->header.precommitted = area->location;
	return mda_header_write(area->disk->fd, area->disk->pv_disk->device, &area->header, err);
}

int store_precommit(struct store_txn *txn, struct err *err)
{
	int rc;

	if (txn->test)
		return 0;
	txn->stage = TXN_PRECOMMITTED;
	if ((rc = on_all_areas(txn, precommit_area, err)))
		return rc;
	return flush_all(txn, err);
}

/* ---- commit ---- */

/* The scan knows from now on what is on the disk, so that it serves a further change. */
static void note_committed(struct store_txn *txn, struct txn_area *area)
{
	struct mda_copy *copy = area->copy;
	const struct known_text *known;

	copy->header = area->header;
	copy->ignored = area->becomes_ignored;
	copy->wish = MDA_AS_IT_IS;
	copy->state = MDA_EMPTY;
	copy->precommitted_seqno = 0;
	txn->scan->index->vgs_valid = false;
	if (area->becomes_ignored)
		return;
	known = scan_find_text(txn->scan, txn->text.data, txn->text.used, txn->text_crc);
	if (!known)
		return;
	copy->state = MDA_VALID;
	copy->summary = known->summary;
	copy->text = known->text;
	copy->text_length = known->length;
}

static int commit_area(struct txn_area *area, struct err *err)
{
	struct mda_header header = area->header;
	int rc;

	if (area->becomes_ignored)
		header.committed.flags |= MDA_LOCATION_IGNORED;
	else
		header.committed = area->location;
	header.precommitted = (struct mda_location){ 0 };
	if ((rc = mda_header_write(area->disk->fd, area->disk->pv_disk->device, &header, err)))
		return rc;
	area->header = header;
	area->committed = true;
	return 0;
}

static int commit_used(const struct store_txn *txn, struct txn_area *area, struct err *err)
{
	(void)txn;
	return area->becomes_ignored ? 0 : commit_area(area, err);
}

static int commit_ignored(const struct store_txn *txn, struct txn_area *area, struct err *err)
{
	(void)txn;
	return area->becomes_ignored ? commit_area(area, err) : 0;
}

static void note_failure(const struct store_txn *txn, const struct err *failure, struct err *first)
{
	ctx_warn(txn->context, "WARNING: %s", failure->text);
	if (!first->code)
		*first = *failure;
}

/* What fails is told and does not keep the others from being committed. Returns how many hold the
 * new text for sure. */
static size_t commit_areas(struct store_txn *txn, area_step *step, struct err *first)
{
	size_t committed = 0;

	try_on_all_areas(txn, step);
	for (size_t i = 0; i < txn->area_count; i++)
		if (txn->areas[i].err.code)
			note_failure(txn, &txn->areas[i].err, first);
	try_flush_all(txn);
	for (size_t i = 0; i < txn->disk_count; i++)
		if (txn->disks[i].err.code) {
			txn->disks[i].failed = true;
			note_failure(txn, &txn->disks[i].err, first);
		}
	for (size_t i = 0; i < txn->area_count; i++)
		committed += txn->areas[i].committed && !txn->areas[i].becomes_ignored &&
			     !txn->areas[i].disk->failed;
	return committed;
}

static void write_labels(struct store_txn *txn)
{
	for (size_t i = 0; i < txn->disk_count; i++) {
		struct txn_disk *disk = &txn->disks[i];
		struct err err = { 0 };

		if (!disk->label_changes)
			continue;
		if (!label_write(disk->fd, disk->pv_disk, &disk->header, &err) &&
		    !device_flush(disk->fd, disk->pv_disk->device, &err))
			disk->pv_disk->header = disk->header;
		else
			ctx_warn(txn->context, "WARNING: %s", err.text);
	}
}

static bool any_drops_out(const struct store_txn *txn)
{
	for (size_t i = 0; i < txn->area_count; i++)
		if (txn->areas[i].becomes_ignored)
			return true;
	return false;
}

int store_commit(struct store_txn *txn, struct err *err)
{
	struct err first = { 0 };

	if (txn->test) {
		txn->stage = TXN_COMMITTED;
		return 0;
	}
	for (size_t i = 0; i < txn->leaver_count; i++)
		pv_release_begin(&txn->leavers[i]);
	if (!commit_areas(txn, commit_used, &first)) {
		if (err)
			*err = first;
		return first.code;
	}
	txn->stage = TXN_COMMITTED;
	/* They may have been all that held the old text: not before the new one is safe. */
	if (any_drops_out(txn))
		(void)commit_areas(txn, commit_ignored, &first);
	write_labels(txn);
	for (size_t i = 0; i < txn->area_count; i++)
		if (txn->areas[i].committed)
			note_committed(txn, &txn->areas[i]);
	for (size_t i = 0; i < txn->leaver_count; i++)
		pv_release_end(&txn->leavers[i]);
	return 0;
}

/* ---- back ---- */

static void revert_area(struct store_txn *txn, struct txn_area *area)
{
	struct err err = { 0 };

	/* Slot 0 as it was before, also where a commit may have been half done. */
	area->header.committed = area->copy->header.committed;
	area->header.precommitted = (struct mda_location){ 0 };
	if (mda_header_write(area->disk->fd, area->disk->pv_disk->device, &area->header, &err))
		ctx_warn(txn->context, "WARNING: Failed to revert metadata: %s", err.text);
}

static void revert_leaver(struct store_txn *txn, struct txn_leaver *leaver)
{
	struct err err = { 0 };

	if (pv_release_undo(leaver, &err))
		ctx_warn(txn->context, "WARNING: Failed to revert metadata: %s", err.text);
}

void store_revert(struct store_txn *txn)
{
	struct err err = { 0 };

	if (txn->stage != TXN_WRITTEN && txn->stage != TXN_PRECOMMITTED)
		return;
	for (size_t i = 0; txn->stage == TXN_PRECOMMITTED && i < txn->area_count; i++)
		revert_area(txn, &txn->areas[i]);
	for (size_t i = 0; i < txn->leaver_count; i++)
		revert_leaver(txn, &txn->leavers[i]);
	if (flush_all(txn, &err))
		ctx_warn(txn->context, "WARNING: %s", err.text);
	txn->stage = TXN_REVERTED;
}

void store_txn_free(struct store_txn *txn)
{
	if (!txn)
		return;
	store_revert(txn);
	for (size_t i = 0; i < txn->disk_count; i++)
		if (txn->disks[i].fd >= 0)
			(void)close(txn->disks[i].fd);
	if (!txn->text_is_noted)
		buf_free(&txn->text);
	free(txn->disks);
	free(txn->areas);
	free(txn->leavers);
	free(txn->vg_name);
	free(txn);
}

uint64_t store_txn_text_length(const struct store_txn *txn)
{
	return txn->text.used;
}

uint32_t store_txn_text_crc(const struct store_txn *txn)
{
	return txn->text_crc;
}
