/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nouns: volume group, physical volume, logical volume, segment, area.
 *
 * A VG and all that hangs off it live in one arena (struct vg.arena) and die together.
 * Edits work in place on a VG that its owner holds; who needs "before" and "after" keeps
 * two: vg_import() twice, or vg_copy(). Sizes are in sectors of 512 bytes unless the name says
 * extents.
 *
 * What we do not operate or do not know is kept: unknown keys (struct cfg_node lists),
 * unknown `flags`, and the whole text of segments of types other than striped. It is
 * written back as it was read, so that another tool's VG survives our change.
 */
#ifndef METADATA_MODEL_H
#define METADATA_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/base/arena.h"
#include "metadata/base/err.h"
#include "metadata/base/uuid.h"

struct cfg_node; /* metadata/config_text.h: a parsed "key = value" or "section { }" */

#define NAME_MAX_LENGTH 127		  /* VG or LV name; "vg/lv" together too */
#define EXTENTS_MAX	UINT32_MAX	  /* per LV and per PV */
#define LV_DEPTH_MAX	64		  /* LVs on LVs; vg_check() refuses more */
#define VG_ARENA_LIMIT	((size_t)2 << 30) /* bytes; 20,000 LVs take well under 100 MiB */

/* The order is that in which LVM2 tries them. */
enum alloc_policy {
	ALLOC_INHERIT = 0,
	ALLOC_CONTIGUOUS,
	ALLOC_CLING,
	ALLOC_CLING_BY_TAGS,
	ALLOC_NORMAL,
	ALLOC_ANYWHERE,
};

/* A list of strings, in file order: tags, unknown flags. */
struct name_list {
	const char *name;
	struct name_list *next;
};

/* status and flags words of the text; each bit belongs to the objects named behind it */
enum status_flag {
	STATUS_EXPORTED = 1 << 0,     /* VG, PV */
	STATUS_RESIZEABLE = 1 << 1,   /* VG */
	STATUS_PVMOVE = 1 << 2,	      /* VG, LV */
	STATUS_READ = 1 << 3,	      /* VG, LV */
	STATUS_WRITE = 1 << 4,	      /* VG, LV */
	STATUS_CLUSTERED = 1 << 5,    /* VG */
	STATUS_SHARED = 1 << 6,	      /* VG */
	STATUS_ALLOCATABLE = 1 << 7,  /* PV */
	STATUS_MISSING = 1 << 8,      /* PV (read in status or flags, written in flags) */
	STATUS_FIXED_MINOR = 1 << 9,  /* LV */
	STATUS_VISIBLE = 1 << 10,     /* LV */
	STATUS_LOCKED = 1 << 11,      /* LV */
	STATUS_NOTSYNCED = 1 << 12,   /* LV */
	STATUS_REBUILD = 1 << 13,     /* LV */
	STATUS_WRITEMOSTLY = 1 << 14, /* LV */
	STATUS_PARTIAL = 1 << 15,     /* VG: old files only; ignored */
	/* words of `flags` */
	/* VG, LV: was read in place of WRITE; STATUS_WRITE is set too. Which of the two words is
	 * written follows from vg_hides_write(), not from this. */
	FLAG_WRITE_LOCKED = 1 << 16,
	FLAG_NOAUTOACTIVATE = 1 << 17,	/* VG, LV */
	FLAG_ACTIVATION_SKIP = 1 << 18, /* LV */
	FLAG_ERROR_WHEN_FULL = 1 << 19, /* LV */
	FLAG_CACHE_VOL = 1 << 20,	/* LV */
};

struct pv {
	struct vg *vg;
	const char *key; /* "pv0": how stripes name it; renumbered at each export */
	struct uuid id;
	const char *device_hint; /* path when last written; "[unknown]" when it was missing */
	const char *device_id_type, *device_id; /* NULL unless there */
	uint32_t status;
	struct name_list *unknown_flags;
	struct name_list *tags;
	uint64_t dev_size; /* sectors */
	uint64_t pe_start; /* sectors */
	uint32_t pe_count;
	uint64_t ba_start, ba_size; /* sectors; both 0: no bootloader area */
	struct cfg_node *unknown;   /* keys that we do not know */
};

/* Where one stripe or leg lives: on a PV from a PE, or on another LV from an LE. */
struct area {
	enum { AREA_PV = 1, AREA_LV } type;
	union {
		struct pv *pv;
		struct lv *lv;
	};
	uint32_t start; /* first PE or LE; 0 where the text has none (raids arrays) */
};

enum seg_type {
	SEG_STRIPED = 1, /* also linear: area_count 1 */
	SEG_OTHER, /* known to LVM2, kept verbatim: mirror, snapshot, thin, raid…, error, zero */
	SEG_UNKNOWN, /* not even that: the VG is read-only for us */
};

struct seg {
	struct lv *lv;
	uint32_t le_start;
	uint32_t le_count; /* over all stripes */
	enum seg_type type;
	const char *type_name; /* as in the text, with its +FLAGS */
	struct name_list *tags;
	uint32_t stripe_size; /* sectors; 0 when area_count is 1 */
	uint32_t area_count;
	struct area *areas; /* striped; for others what stripes/mirrors/raids arrays name */
	struct cfg_node
		*content; /* SEG_OTHER/UNKNOWN: all keys of the segment; striped: unknown ones */
	/* Other: LVs outside areas[] that its data needs: log, pool, origin, metadata… */
	uint32_t need_count;
	struct lv **needs;
};

struct lv {
	struct vg *vg;
	const char *name;
	struct uuid id;
	uint32_t status;
	struct name_list *unknown_flags;
	struct name_list *tags;
	const char *creation_host; /* NULL: neither host nor time is there */
	uint64_t creation_time;	   /* seconds since 1970 */
	const char *lock_args;
	enum alloc_policy alloc;
	const char *profile;
	int64_t read_ahead;   /* sectors; READ_AHEAD_AUTO, READ_AHEAD_NONE */
	int32_t major, minor; /* -1: not fixed */
	uint32_t le_count;    /* sum over segments */
	uint32_t seg_count;
	struct seg *segs; /* an array, sorted by le_start, covering 0..le_count-1 */
	struct cfg_node *unknown;
	/* Set by vg_import() from the segments of other LVs: */
	uint32_t user_count;	    /* times that they name this LV, in any role */
	uint32_t snapshot_count;    /* COW snapshots of which this is the origin */
	struct lv *snapshot_origin; /* this is the COW store of a snapshot of that LV */
	bool is_merging_snapshot;
};

#define READ_AHEAD_AUTO 0
#define READ_AHEAD_NONE (-1)

struct vg {
	struct arena *arena; /* owns this struct too */
	const char *name;
	struct uuid id;
	uint32_t seqno;
	uint32_t status;
	struct name_list *unknown_flags;
	struct name_list *tags;
	const char *system_id, *lock_type, *lock_args, *profile; /* NULL unless there */
	uint32_t extent_size;					 /* sectors */
	uint32_t max_lv, max_pv;				 /* 0: unlimited */
	enum alloc_policy alloc;				 /* never ALLOC_INHERIT */
	uint32_t metadata_copies;
	struct pv **pvs; /* in list order */
	uint32_t pv_count;
	uint32_t pvs_size; /* slots in pvs[] */
	struct lv **lvs;   /* in list order */
	uint32_t lv_count;
	uint32_t lvs_size;
	struct cfg_node *historical; /* historical_logical_volumes, kept verbatim; or NULL */
	struct cfg_node *unknown;
	bool has_unknown_segments; /* read-only for us */
};

/** A new, empty VG in an arena of its own; NULL without memory. Fill the rest, release with
 * vg_free(). */
struct vg *vg_new(const char *name);

/** Release the VG and all that hangs off it. NULL is allowed. */
void vg_free(struct vg *vg);

/** A deep copy in an arena of its own; NULL without memory. */
struct vg *vg_copy(const struct vg *vg);

static inline void vg_free_at_exit(struct vg **vg)
{
	vg_free(*vg);
}

/** Append to pvs[]/lvs[]; the object must live in vg->arena. -ENOMEM. */
int vg_add_pv(struct vg *vg, struct pv *pv, struct err *err) MUST_CHECK;
int vg_add_lv(struct vg *vg, struct lv *lv, struct err *err) MUST_CHECK;

struct lv *vg_find_lv(const struct vg *vg, const char *name);
struct lv *vg_find_lv_by_id(const struct vg *vg, const struct uuid *id);
struct pv *vg_find_pv_by_id(const struct vg *vg, const struct uuid *id);

/** Sums over all PVs / segments, in extents. */
uint64_t vg_extent_count(const struct vg *vg);
uint64_t vg_free_count(const struct vg *vg);

/** PEs of @pv that segments use. */
uint32_t pv_allocated_count(const struct pv *pv);

/** LVs that the lv_count of reports counts: visible ones. */
uint32_t vg_visible_lv_count(const struct vg *vg);

static inline bool vg_is_clustered(const struct vg *vg)
{
	return vg->status & STATUS_CLUSTERED;
}

/** Shown without -a. A COW snapshot is as visible as its origin, its record never. */
bool lv_is_visible(const struct lv *lv);

/** Linear or striped, directly on PVs, part of nothing: what we create, activate and resize. */
bool lv_is_operable(const struct lv *lv);

/** Extents that each area of @seg has: all of them in mirrors, a share in stripes. */
uint32_t seg_area_length(const struct seg *seg);

/**
 * Does @seg name @lv: as an area, or anywhere in its kept content?
 *
 * Names in kept content follow by themselves when lv->name is set to another string: it holds
 * references, not copies. An LV that is named by others must not be removed.
 */
bool seg_refers_to(const struct seg *seg, const struct lv *lv);

/** WRITE is written as the flag WRITE_LOCKED, so that tools that know no system ID or lock type
 * leave the VG alone. */
bool vg_hides_write(const struct vg *vg);

/** A missing PV is under it, directly or through other LVs. */
bool lv_is_partial(const struct lv *lv);

const char *alloc_policy_name(enum alloc_policy policy); /* "contiguous", "inherit", … */
bool alloc_policy_parse(const char *name, enum alloc_policy *ret_policy);

#endif
