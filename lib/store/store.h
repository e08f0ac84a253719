/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Store: labels and metadata areas on the devices.
 *
 * Read: scan_run() reads all devices once; stored_vg_read() gives the newest valid copy of one VG.
 * Write: text to every usable area, precommit, commit or revert; each phase is flushed on all
 * devices before the next begins, so that a power cut leaves the old or the new VG.
 */
#ifndef LIB_STORE_STORE_H
#define LIB_STORE_STORE_H

#include "lib/context.h"
#include "lib/device/device.h"
#include "metadata/label.h"
#include "metadata/mda.h"
#include "metadata/model.h"
#include "metadata/vg_text.h"

enum mda_state {
	MDA_EMPTY = 1, /* header fine, no text */
	MDA_VALID,     /* header and text fine */
	MDA_BAD_HEADER,
	MDA_BAD_TEXT,	/* checksum or name of the text is wrong */
	MDA_UNREADABLE, /* I/O error */
};

/* What the next write of the VG makes of an area, where that is not left to metadata_copies. */
enum mda_wish { MDA_AS_IT_IS = 0, MDA_TO_BE_USED, MDA_TO_BE_IGNORED };

/* One metadata area on one device, as found by the scan. */
struct mda_copy {
	struct pv_disk *pv_disk;
	struct disk_area area;
	enum mda_state state;
	bool ignored;
	bool repaired; /* was bad, and emptied on purpose by this command */
	enum mda_wish wish;
	struct mda_header header;  /* MDA_EMPTY, MDA_VALID, MDA_BAD_TEXT */
	struct vg_summary summary; /* MDA_VALID */
	const char *text;	   /* MDA_VALID: in the scan's arena; equal texts are shared */
	size_t text_length;
	uint32_t precommitted_seqno; /* 0: no precommitted text, or it is not readable */
};

/* A device with an LVM2 label. */
struct pv_disk {
	const struct device *device;
	struct pv_header header;
	uint64_t label_sector;
	struct mda_copy *mdas; /* one per area of the header */
	uint32_t mda_count;
	bool is_duplicate;   /* another device has the same PV id and was preferred */
	bool has_duplicates; /* this is the preferred one of several */
};

struct scan {
	struct arena arena;
	struct device_list *devices;
	struct pv_disk **pv_disks; /* sorted by device name */
	size_t pv_disk_count;
	struct scan_index *index; /* private: what was derived from the above */
};

/** Read labels, headers and texts of all accepted devices. Warnings go to the context. */
int scan_run(struct context *context, struct scan **ret_scan, struct err *err) MUST_CHECK;
void scan_free(struct scan *scan);

struct pv_disk *scan_find_pv(const struct scan *scan, const struct uuid *id);
struct pv_disk *scan_find_pv_on(const struct scan *scan, const struct device *device);

/** What is wrong with this VG has been told: stored_vg_read() says nothing of it. */
void scan_mute_vg(struct scan *scan, const struct uuid *vg_id);

/** Every VG found, once each (by id), newest copy; @ret_summaries in the scan's arena, discovery
 * order. */
int scan_list_vgs(struct scan *scan, const struct vg_summary **ret_summaries, size_t *ret_count,
		  struct err *err) MUST_CHECK;

/** The summary of the VG that a PV belongs to by the newest metadata, or NULL for an orphan. */
const struct vg_summary *scan_vg_of_pv(struct scan *scan, const struct uuid *pv_id);

/**
 * The VG that a device belongs to, or did: as scan_vg_of_pv(), else the one of which it holds a
 * copy that the newest metadata do not know (an outdated PV). NULL: none.
 */
const struct vg_summary *scan_vg_claiming(struct scan *scan, const struct pv_disk *pv_disk);

/* A VG together with the disks it is stored on; for those who change it there is vg_copy(). */
struct stored_vg {
	struct vg *vg;		   /* not to be changed: may be the scan's own */
	bool vg_is_shared;	   /* it is; else it is freed with this */
	struct pv_disk **pv_disks; /* in order of vg->pvs; NULL: missing */
	uint32_t seqno_highest;	   /* seen anywhere, precommitted ones included (rule 4) */
	bool inconsistent;	   /* copies differ: reads warn, the next write repairs */
};

/**
 * The newest valid copy of VG @name (or of that id, if not NULL). -ENOENT with LVM2's wording
 * ("Volume group \"x\" not found"); -ENOTUNIQ two VGs of one name. When no VG has that name it may
 * be a VG's id as text. To be freed before the scan.
 */
int stored_vg_read(struct context *context, struct scan *scan, const char *name,
		   const struct uuid *id, struct stored_vg **ret_stored,
		   struct err *err) MUST_CHECK;

/** The precommitted text of a VG, which must have this length and checksum (-ESTALE otherwise). */
int stored_vg_read_precommitted(struct context *context, struct scan *scan,
				const struct uuid *vg_id, uint64_t text_length, uint32_t text_crc,
				struct stored_vg **ret_stored, struct err *err) MUST_CHECK;
void stored_vg_free(struct stored_vg *stored);

/** Is a PV not there, or was it away when the VG was last written? */
bool stored_vg_lacks_pvs(const struct stored_vg *stored);

/** Number of areas in use (not ignored, readable) of a VG. */
uint32_t stored_vg_mda_count(const struct stored_vg *stored);

/* ---- writing ---- */

struct store_txn;

/**
 * Write the text of @after (its seqno is set here: 1 + highest seen, at least @seqno_at_least) into
 * the free part of the ring of every usable area of its PVs. PVs that are new in @after are taken
 * from @scan. Nothing is committed; on failure all is undone.
 */
int store_write(struct context *context, struct scan *scan, const struct stored_vg *before,
		struct vg *after, uint32_t seqno_at_least, struct store_txn **ret_txn,
		struct err *err) MUST_CHECK;
int store_precommit(struct store_txn *txn, struct err *err) MUST_CHECK;
/** The VG is committed once one area's header is written: later failures are warnings. Before it,
 * PVs that leave are emptied; after it, PV headers whose "used" flag or size must change are
 * written. */
int store_commit(struct store_txn *txn, struct err *err) MUST_CHECK;
/** Undo write or precommit; best effort, warns. */
void store_revert(struct store_txn *txn);
void store_txn_free(struct store_txn *txn); /* reverts what was neither committed nor reverted */

uint64_t store_txn_text_length(const struct store_txn *txn);
uint32_t store_txn_text_crc(const struct store_txn *txn);

/** PVs that left the VG (vgreduce): empty their areas and clear "used", where store_commit() could
 * not or must not do it. After the commit. */
int store_release_pvs(struct context *context, struct pv_disk *const *pv_disks, size_t count,
		      struct err *err) MUST_CHECK;

/** vgremove: clear "used" on the VG's PVs, zero the committed location of all its areas. */
int store_remove_vg(struct context *context, struct stored_vg *stored, struct err *err) MUST_CHECK;

/** pvcreate: wipe old labels, zero and write empty metadata areas, then the label. */
struct pv_format {
	struct pv_header header;
	uint64_t label_sector;
	bool zero;	  /* the first 2048 bytes */
	bool ignore_mdas; /* --metadataignore y */
};
int store_format_pv(struct context *context, const struct device *device,
		    const struct pv_format *format, struct err *err) MUST_CHECK;

/** pvresize of an orphan: rewrite the label with another device size. (store_write() does it for
 * PVs of a VG, where it sees that pv->dev_size changed.) */
int store_resize_label(struct context *context, struct pv_disk *pv_disk, uint64_t device_size_bytes,
		       struct err *err) MUST_CHECK;

/**
 * Move area @index of a PV and let the label say @device_size_bytes. @source is a copy with the
 * text that it will have, that area's own or another one; NULL: the PV is in no VG. Where old and
 * new place overlap, the label does without the area for a moment: whoever calls sees to it that
 * the VG has its text elsewhere.
 */
int store_move_area(struct context *context, struct pv_disk *pv_disk, uint32_t index,
		    const struct mda_copy *source, const struct disk_area *to,
		    uint64_t device_size_bytes, struct err *err) MUST_CHECK;

/** pvchange of an orphan: its areas are ignored from now on, or not. (In a VG: mda_copy.wish.) */
int store_ignore_areas(struct pv_disk *pv_disk, bool ignore, struct err *err) MUST_CHECK;

/** pvremove: zero the label sector. */
int store_wipe_label(struct context *context, const struct pv_disk *pv_disk,
		     struct err *err) MUST_CHECK;

/* ---- backup files ---- */

struct archive;
struct backup;

/** /etc/lvm/backup/<vg> after a commit; a failure is a warning. Honours backup/backup. */
void backup_write(struct context *context, struct vg *vg);

/**
 * The same in two steps: a file is made of what will be committed, beside the commit, and gets its
 * name after it. Until then @vg must not be changed. NULL, which is allowed below: there will be
 * none, or it is made at the end. Not while a device is suspended: the folder may be on it.
 */
struct backup *backup_begin(struct context *context, struct vg *vg);
void backup_end(struct context *context, struct vg *vg, struct backup *backup);
/** There was no commit. */
void backup_drop(struct backup *backup);

/** /etc/lvm/archive/<vg>_NNNNN-R.vg with the metadata as before a change. Honours backup/archive.
 */
int archive_write(struct context *context, struct vg *vg, struct err *err) MUST_CHECK;

/** The same in two steps; @vg must not be changed between them. *@ret_archive: NULL, which is
 * allowed below, when none is wanted. */
int archive_begin(struct context *context, struct vg *vg, struct archive **ret_archive,
		  struct err *err) MUST_CHECK;
int archive_end(struct context *context, struct archive *archive, struct err *err) MUST_CHECK;
void archive_drop(struct archive *archive);

#endif
