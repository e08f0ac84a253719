/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Job: what a node is asked to do with its device-mapper, its devices and its file systems.
 *
 * The same job runs on this node alone (local VG) or on every member through clvmd (clustered VG).
 * It names things by id and never carries metadata: who runs it reads the disk.
 * Encoded it is the opaque payload of an operation (clvmd/core/lockspace.h).
 */
#ifndef LIB_PROTO_JOB_H
#define LIB_PROTO_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/proto/lock_mode.h"
#include "metadata/base/arena.h"
#include "metadata/base/buf.h"
#include "metadata/base/err.h"
#include "metadata/base/uuid.h"

enum job_kind {
	JOB_RESCAN = 1, /* re-read partition tables and sizes; result: pv_ids[] that are not seen */
	JOB_QUERY,	/* result: one lv_report per LV of lv_ids[] (all of the VG's known ones when
			   empty) */
	JOB_ACTIVATE, /* lv_ids[] in `mode` (CR or EX); the LV lock is taken by this node's clvmd */
	JOB_DEACTIVATE,
	JOB_REFRESH,
	JOB_SUSPEND, /* phase PREPARE: precommitted text of text_length/text_crc; preload + suspend
		      */
	JOB_RESIZE_FS, /* lv_ids[0] to size_sectors */
	JOB_BACKUP,    /* write the backup file of the VG's committed metadata */
	JOB_CHECK_FS,  /* before RESIZE_FS: can lv_ids[0]'s be resized, and is it sound? */
	JOB_STATE, /* result: states[] of all LVs that this kernel has, and version. Names no VG,
		      reads no disk */
};

#define JOB_LVS_MAX    16384 /* ids of 32 bytes: fits OP_PAYLOAD_MAX */
#define JOB_PVS_MAX    4096
#define JOB_FS_ID_MAX  64    /* characters of a file system's id */
#define JOB_STATES_MAX 10900 /* of 84 bytes: fit OP_PAYLOAD_MAX */

struct job {
	enum job_kind kind;
	const char *vg_name; /* may be NULL for RESCAN */
	struct uuid vg_id;
	const struct uuid *lv_ids;
	size_t lv_count;
	const char *const
		*lv_names; /* as many: for messages and for devices of LVs already removed */
	const struct uuid *pv_ids; /* RESCAN */
	size_t pv_count;
	const char *fs_id;   /* RESCAN: no device with this file system may be mounted; or NULL */
	enum lock_mode mode; /* ACTIVATE */
	bool clustered;	     /* the VG is: LV locks are needed */
	bool read_only;
	uint32_t seqno;	      /* the metadata that must be on disk, at least */
	uint64_t text_length; /* SUSPEND: of the precommitted text */
	uint32_t text_crc;
	uint64_t size_sectors; /* RESIZE_FS */
	bool shrink;	       /* RESIZE_FS, CHECK_FS */
	bool no_fsck;	       /* CHECK_FS: only look what it is */
};

/* What JOB_QUERY says of one LV on one node. */
struct lv_report {
	struct uuid lv_id;
	bool active, suspended;
	bool has_holders; /* another block device lies on it */
	uint32_t open_count;
	uint64_t size_sectors;
	const char *mount_points; /* joined by commas; "" none */
	const char *fs_type;	  /* of the mounted file system; "" */
};

/* What JOB_STATE says of one LV on one node. */
struct lv_state {
	struct uuid vg_id, lv_id;
	bool active, suspended, preloaded;
	uint32_t open_count;
	uint64_t size_sectors;
	uint32_t table_crc; /* of the live table without its device numbers: equal on all nodes */
};

struct job_data {
	struct lv_report *lvs; /* QUERY */
	size_t lv_count;
	struct uuid *missing_pvs; /* RESCAN */
	size_t missing_pv_count;
	struct lv_state *states; /* STATE */
	size_t state_count;
	const char *version; /* STATE: of the program that looked; may be NULL */
	const char *output;  /* RESIZE_FS, CHECK_FS: what the tools printed; may be NULL */
};

/** Takes as long as it takes: no deadline. */
bool job_is_endless(enum job_kind kind);

/** Encode; -E2BIG past the limits. */
int job_encode(const struct job *job, struct buf *out, struct err *err) MUST_CHECK;
/** Decode bytes from a peer; everything in @arena. -EBADMSG. Unknown optional fields are skipped.
 */
int job_decode(const void *bytes, size_t length, struct arena *arena, struct job *ret_job,
	       struct err *err) MUST_CHECK;

int job_data_encode(const struct job_data *data, struct buf *out, struct err *err) MUST_CHECK;
int job_data_decode(const void *bytes, size_t length, struct arena *arena,
		    struct job_data *ret_data, struct err *err) MUST_CHECK;

#endif
