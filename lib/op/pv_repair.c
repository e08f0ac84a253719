/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pvck --repair: headers and text of one PV from a file, when no copy is left that vgck could use.
 *
 * The text is written as it is in the file (a backup is printed the same way each time), so that
 * repairing the PVs of a VG one after the other gives each the same copy.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/op/op.h"
#include "lib/op/pv_raw.h"
#include "lib/op/session.h"
#include "lib/op/vg_restore.h"
#include "lib/store/backup.h"
#include "metadata/base/crc.h"
#include "metadata/base/span.h"

#define CTIME_SIZE	 32
#define LABEL_CRC_OFFSET 16
#define LABEL_CRC_START	 20
#define AUTO_RAW	 CLEANUP(pv_raw_close)

typedef unsigned long long ull;

struct repair {
	struct pv_raw raw;
	struct session session;
	struct vg *vg; /* of the file */
	struct vg_text_info info;
	struct pv *pv; /* that is on this device */
};

static void close_repair(struct repair *repair)
{
	session_close(&repair->session);
	pv_raw_close(&repair->raw);
	vg_free(repair->vg);
}

/* ---- label ---- */

static bool ask(const struct pv_raw *raw)
{
	return ctx_ask(raw->context, "Write new LVM header to %s? ", raw->device->name);
}

static int write_label(const struct pv_raw *raw, const unsigned char sector[SECTOR_BYTES],
		       struct err *err)
{
	int rc;

	if (!ask(raw))
		return err_set(err, ECANCELED, "%s: header not written.", raw->device->name);
	if (raw->context->options.test) {
		ctx_warn(raw->context, "Skip writing in test mode.");
		return 0;
	}
	rc = device_write(raw->fd, raw->device, raw->label_sector * SECTOR_BYTES, sector,
			  SECTOR_BYTES, err);
	return rc ? rc : device_flush(raw->fd, raw->device, err);
}

/* Everything but the checksum is right, as far as can be told. */
static int repair_label_header(struct context *context, const char *path, struct err *err)
{
	struct pv_raw AUTO_RAW raw;
	unsigned char sector[SECTOR_BYTES];
	struct writer out = { .at = sector + LABEL_CRC_OFFSET, .left = sizeof(uint32_t) };
	struct pv_header header;
	uint32_t crc;
	int rc;

	if ((rc = pv_raw_open(context, path, DEVICE_WRITE, &raw, err)))
		return rc;
	pv_raw_look_at_label(&raw);
	memcpy(sector, raw.label, sizeof(sector));
	crc = lvm_crc(LVM_CRC_INITIAL, sector + LABEL_CRC_START, SECTOR_BYTES - LABEL_CRC_START);
	put_le32(&out, crc);
	if (label_decode(sector, raw.label_sector, &header, err))
		return err_append(err, "\nMore than its checksum is wrong: see pvck --repairtype "
				       "pv_header.");
	ctx_print(context, "Writing label_header.crc 0x%08x", crc);
	return write_label(&raw, sector, err);
}

/* The areas that the old header names, if they fit; else one before the data. */
static int plan_areas(const struct repair *repair, struct pv_header *header, struct err *err)
{
	const struct pv_raw *raw = &repair->raw;
	const struct pv *pv = repair->pv;
	const uint64_t extents = (uint64_t)pv->pe_count * repair->vg->extent_size;
	const struct pv_layout_fixed fixed = {
		.pe_start_bytes = pv->pe_start * SECTOR_BYTES,
		.pe_end_bytes = (pv->pe_start + extents) * SECTOR_BYTES,
		.ba_start_bytes = pv->ba_start * SECTOR_BYTES,
		.ba_size_bytes = pv->ba_size * SECTOR_BYTES,
	};
	struct pv_layout_request request = {
		.device_size_bytes = raw->device->size_bytes,
		.alignment_bytes = SECTOR_BYTES,
		.metadata_copies = 1,
		.page_size = (uint32_t)sysconf(_SC_PAGESIZE),
	};
	bool usable = raw->has_label && raw->mda_count;
	int rc;

	if (pv->pe_start > raw->device->size_bytes / SECTOR_BYTES ||
	    extents > raw->device->size_bytes / SECTOR_BYTES - pv->pe_start)
		return err_set(err, ENOSPC, "Physical extents end beyond end of device %s.",
			       raw->device->name);
	for (unsigned i = 0; i < raw->mda_count; i++) {
		const struct disk_area *area = &raw->mdas[i].area;

		usable &= area->offset_bytes >= LABEL_SCAN_SECTORS * SECTOR_BYTES &&
			  area->size_bytes < raw->device->size_bytes &&
			  area->offset_bytes <= raw->device->size_bytes - area->size_bytes &&
			  (area->offset_bytes + area->size_bytes <= fixed.pe_start_bytes ||
			   area->offset_bytes >= fixed.pe_end_bytes);
	}
	if (!usable)
		ctx_warn(raw->context, "WARNING: no previous metadata areas found on device.");
	if ((rc = pv_layout_restore(&request, &fixed, header, err)) || !usable)
		return rc;
	header->mda_count = raw->mda_count;
	for (unsigned i = 0; i < raw->mda_count; i++)
		header->mda[i] = raw->mdas[i].area;
	return 0;
}

static int repair_pv_header(struct repair *repair, struct err *err)
{
	struct pv_raw *raw = &repair->raw;
	struct pv_header header = { .id = repair->pv->id,
				    .extension_version = PV_EXTENSION_VERSION,
				    .extension_flags = PV_EXTENSION_USED };
	unsigned char sector[SECTOR_BYTES];
	struct reader in = { .at = sector, .left = sizeof(sector) };
	int rc;

	if (!raw->has_label)
		ctx_warn(raw->context,
			 "WARNING: No LVM label found on %s.  It may not be an LVM device.",
			 raw->device->name);
	if ((rc = plan_areas(repair, &header, err)))
		return rc;
	if (repair->pv->dev_size)
		header.device_size_bytes = repair->pv->dev_size * SECTOR_BYTES;
	if ((rc = label_encode(&header, raw->label_sector, sector, err)))
		return rc;
	skip_bytes(&in, LABEL_CRC_OFFSET);
	ctx_print(raw->context,
		  "Writing label_header.crc 0x%08x pv_header uuid %.*s device_size %llu",
		  get_le32(&in), UUID_LENGTH, header.id.text, (ull)header.device_size_bytes);
	ctx_print(raw->context,
		  "Writing data_offset %llu mda1_offset %llu mda1_size %llu mda2_offset %llu "
		  "mda2_size %llu",
		  (ull)header.data[0].offset_bytes, (ull)header.mda[0].offset_bytes,
		  (ull)header.mda[0].size_bytes, (ull)header.mda[1].offset_bytes,
		  (ull)header.mda[1].size_bytes);
	if ((rc = write_label(raw, sector, err)))
		return rc;
	raw->has_label = raw->has_id = true;
	raw->mda_count = header.mda_count;
	for (unsigned i = 0; i < raw->mda_count; i++)
		raw->mdas[i] = (struct raw_mda){ .area = header.mda[i] };
	return 0;
}

/* ---- areas ---- */

/* Beside a text that may be good, else at the ring's start. */
static int place(const struct repair *repair, const struct raw_mda *mda, uint64_t length,
		 struct mda_header *header, struct mda_location *location, struct err *err)
{
	const struct pv_raw *raw = &repair->raw;
	unsigned char sector[MDA_HEADER_BYTES];
	int rc;

	if ((rc = device_read(raw->fd, raw->device, mda->area.offset_bytes, sector, sizeof(sector),
			      err)))
		return rc;
	if (mda_header_decode(sector, &mda->area, header, NULL))
		*header = (struct mda_header){ .start_bytes = mda->area.offset_bytes,
					       .size_bytes = mda->area.size_bytes };
	return mda_place(header, length, repair->vg->name, repair->vg->seqno, raw->device->name,
			 location, err);
}

static int write_area(const struct repair *repair, unsigned number, const struct buf *text,
		      struct err *err)
{
	const struct pv_raw *raw = &repair->raw;
	const struct raw_mda *mda = &raw->mdas[number];
	unsigned char sector[MDA_HEADER_BYTES];
	struct mda_location location;
	struct mda_header header;
	struct mda_pieces pieces;
	size_t done = 0;
	int rc;

	if ((rc = place(repair, mda, text->used, &header, &location, err)))
		return rc;
	location.checksum = lvm_crc(LVM_CRC_INITIAL, text->data, text->used);
	ctx_print(raw->context, "Writing metadata at %llu length %zu crc 0x%08x mda%u",
		  (ull)header.start_bytes + location.offset_bytes, text->used, location.checksum,
		  number + 1);
	ctx_print(raw->context, "Writing mda_header at %llu mda%u", (ull)header.start_bytes,
		  number + 1);
	if (raw->context->options.test) {
		ctx_warn(raw->context, "Skip writing in test mode.");
		return 0;
	}
	pieces = mda_text_pieces(&header, &location);
	for (unsigned i = 0; i < pieces.count; i++) {
		if ((rc = device_write(raw->fd, raw->device, pieces.piece[i].offset_bytes,
				       text->data + done, (size_t)pieces.piece[i].size_bytes, err)))
			return rc;
		done += (size_t)pieces.piece[i].size_bytes;
	}
	header.committed = location;
	header.precommitted = (struct mda_location){ 0 };
	mda_header_encode(&header, sector);
	if ((rc = device_flush(raw->fd, raw->device, err)) ||
	    (rc = device_write(raw->fd, raw->device, header.start_bytes, sector, sizeof(sector),
			       err)))
		return rc;
	return device_flush(raw->fd, raw->device, err);
}

/* A text that was dumped from a disk is taken as it is, a backup is printed as on a disk. */
static int make_text(struct repair *repair, const char *path, struct buf *text, struct err *err)
{
	const time_t seconds = (time_t)repair->info.creation_time;
	AUTO_FREE char *bytes = NULL;
	char when[CTIME_SIZE] = "";
	size_t length;
	int rc;

	if ((rc = backup_file_bytes(path, &bytes, &length, err)))
		return rc;
	if (ctime_r(&seconds, when))
		when[strcspn(when, "\n")] = '\0';
	repair->info.creation_ctime = when;
	if (!length || bytes[length - 1]) {
		rc = vg_export(repair->vg, VG_TEXT_DISK, &repair->info, text, err);
		repair->info.creation_ctime = NULL;
		return rc;
	}
	buf_add(text, bytes, length);
	return text->failed ? err_set(err, ENOMEM, "Out of memory.") : 0;
}

/* A copy elsewhere must be older, or the same: what is newer is better than any file. */
static int check_copies(const struct repair *repair, const struct buf *text, struct err *err)
{
	const struct scan *scan = repair->session.scan;

	for (size_t i = 0; i < scan->pv_disk_count; i++)
		for (uint32_t k = 0; k < scan->pv_disks[i]->mda_count; k++) {
			const struct mda_copy *copy = &scan->pv_disks[i]->mdas[k];

			if (copy->state != MDA_VALID || copy->pv_disk->is_duplicate ||
			    copy->pv_disk->device->devno == repair->raw.device->devno ||
			    !uuid_equal(&copy->summary.id, &repair->vg->id) ||
			    copy->summary.seqno < repair->vg->seqno ||
			    (copy->summary.seqno == repair->vg->seqno &&
			     copy->text_length == text->used &&
			     !memcmp(copy->text, text->data, text->used)))
				continue;
			return err_set(
				err, EEXIST,
				"Other metadata of VG %s, seqno %u, are on %s: take those, with "
				"pvck --dump metadata -f.",
				repair->vg->name, copy->summary.seqno, copy->pv_disk->device->name);
		}
	return 0;
}

static int repair_metadata(struct repair *repair, const struct buf *text, struct err *err)
{
	int rc = 0;

	if (!repair->raw.mda_count)
		return err_set(err, ENOENT, "%s has no metadata area.", repair->raw.device->name);
	for (unsigned i = 0; !rc && i < repair->raw.mda_count; i++)
		rc = write_area(repair, i, text, err);
	return rc;
}

/* ---- which PV is it ---- */

static struct pv *find_by_hint(const struct repair *repair)
{
	const struct pv_raw *raw = &repair->raw;

	for (uint32_t i = 0; i < repair->vg->pv_count; i++) {
		struct pv *pv = repair->vg->pvs[i];

		if (pv->device_hint && device_find(raw->devices, pv->device_hint) == raw->device)
			return pv;
	}
	return NULL;
}

static int choose_pv(struct repair *repair, struct err *err)
{
	struct pv_raw *raw = &repair->raw;
	const struct pv_disk *other;

	if (raw->has_id && !(repair->pv = vg_find_pv_by_id(repair->vg, &raw->id)))
		return err_set(err, ENOENT,
			       "PV UUID %.*s in existing pv_header not found in metadata file.",
			       UUID_LENGTH, raw->id.text);
	if (!raw->has_id && !(repair->pv = find_by_hint(repair)))
		return err_set(err, ENOENT,
			       "No PV in the metadata file was on %s: use pvcreate --uuid "
			       "--restorefile.",
			       raw->device->name);
	other = scan_find_pv(repair->session.scan, &repair->pv->id);
	if (other && other->device->devno != raw->device->devno)
		return err_set(err, EEXIST, "PV UUID %.*s is in use on %s.", UUID_LENGTH,
			       repair->pv->id.text, other->device->name);
	return 0;
}

int op_pv_repair(struct context *context, const char *path, const struct pv_repair_args *args,
		 struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	struct repair CLEANUP(close_repair) repair = { .raw.fd = -1 };
	AUTO_BUF struct buf text = { .limit = VG_TEXT_MAX };
	int rc;

	if ((rc = global_lock_take(context, &lock, err)))
		return rc;
	if (args->label_header)
		return repair_label_header(context, path, err);
	if (!args->file)
		return err_set(err, ENOENT, "Metadata input file is required.");
	if ((rc = backup_file_read(args->file, NULL, &repair.vg, &repair.info, err)) ||
	    (rc = vg_lock_for_restore(context, repair.vg, &repair.session, err)) ||
	    (rc = pv_raw_open(context, path, DEVICE_WRITE, &repair.raw, err)))
		return rc;
	pv_raw_look_at_label(&repair.raw);
	if ((rc = choose_pv(&repair, err)) ||
	    (args->metadata && ((rc = make_text(&repair, args->file, &text, err)) ||
				(rc = check_copies(&repair, &text, err)))))
		return rc;
	if (args->pv_header && (rc = repair_pv_header(&repair, err)))
		return rc;
	return args->metadata ? repair_metadata(&repair, &text, err) : 0;
}
