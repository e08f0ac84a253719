/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A write under way: which disks and areas take part, and how far it is. */
#ifndef LIB_STORE_TXN_H
#define LIB_STORE_TXN_H

#include "lib/store/store_private.h"

enum txn_stage {
	TXN_NEW = 1,	  /* nothing is on disk yet */
	TXN_WRITTEN,	  /* texts are in free space: no header knows */
	TXN_PRECOMMITTED, /* some headers may point to the new text */
	TXN_COMMITTED,
	TXN_REVERTED,
};

struct txn_disk {
	struct pv_disk *pv_disk;
	int fd;
	bool is_new;	    /* was no PV of this VG before */
	bool label_changes; /* header is to be written */
	bool is_resized;    /* pvresize: that it changes is meant */
	bool failed;	    /* an I/O error in the commit phase */
	struct pv_header header;
	struct err err; /* of the last flush */
};

struct txn_area {
	struct mda_copy *copy;
	struct txn_disk *disk;
	bool becomes_ignored; /* keeps its old text, gets the flag at commit */
	bool was_ignored;
	bool committed;
	struct mda_header header;     /* as on disk now */
	struct mda_location location; /* of the new text */
	struct err err;		      /* of the last step that was done on all areas */
};

/* A PV that the new text no longer has. */
struct txn_leaver {
	struct pv_disk *pv_disk; /* as before, until pv_release_end() */
	bool begun;
	bool done; /* all of it is on the disk */
};

struct store_txn {
	struct context *context;
	struct scan *scan;
	enum txn_stage stage;
	bool test; /* -t: every phase succeeds and does nothing */
	struct txn_disk *disks;
	size_t disk_count;
	struct txn_area *areas;
	size_t area_count;
	struct txn_leaver *leavers; /* none when only they hold the old text */
	size_t leaver_count;
	struct buf text;    /* a sector of zeros behind it */
	bool text_is_noted; /* and the scan's: it must not be changed any more, nor released */
	uint32_t text_crc;
	char *vg_name;
	uint32_t seqno; /* of the new text */
};

/** Fill disks and areas: which take part in writing @after. Opens nothing, writes nothing. */
int txn_plan(struct store_txn *txn, const struct stored_vg *before, const struct vg *after,
	     struct err *err) MUST_CHECK;

/* In format.c. Empty the areas of a PV and free its label, on the disk alone. A failure is not
 * told: store_release_pvs() tries again. */
void pv_release_begin(struct txn_leaver *leaver);
/** After the commit: the scan learns of it. */
void pv_release_end(struct txn_leaver *leaver);
int pv_release_undo(struct txn_leaver *leaver, struct err *err) MUST_CHECK;

#endif
