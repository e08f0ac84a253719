/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations: what the commands and the C API do, each once.
 *
 * Each takes a context and a filled args struct ({ 0 } plus what was asked), takes its locks,
 * reads, edits, writes, switches device-mapper on all nodes concerned, prints LVM2's success lines
 * through the context, and leaves nothing held. Returns 0 or -errno with the reason in @err;
 * -EINVAL is a bad argument (exit 3), anything else a failure (exit 5). Nothing has changed when it
 * fails before commit.
 *
 * Names: VG "vg"; LV "vg/lv" split in vg_name and lv_name by the caller (op_split_lv_name()).
 */
#ifndef LIB_OP_OP_H
#define LIB_OP_OP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/context.h"
#include "lib/size.h"
#include "metadata/model.h"

/* ---- physical volumes ---- */

struct pv_create_args {
	const char *uuid; /* --uuid, needs one of the next two; NULL: random */
	bool norestorefile;
	const char *restore_file;    /* the data are where this backup says */
	const struct pv *restore_pv; /* what it says; set by op_pv_create() */
	bool set_size;		     /* --setphysicalvolumesize */
	uint64_t size_sectors;
	uint64_t data_alignment;	/* sectors; 0: default */
	uint64_t data_alignment_offset; /* sectors */
	uint64_t metadata_size;		/* sectors; 0: default */
	uint64_t bootloader_size;	/* sectors */
	int metadata_copies;		/* -1: default 1 */
	int label_sector;		/* -1: default 1 */
	int zero;			/* -Z: -1 default, 0, 1 */
	bool metadata_ignore;
};

/** Told of each of several objects how it went; @err is free for the next one afterwards. */
typedef void op_done_fn(void *data, int rc, struct err *err);

/** pvcreate, pvremove: of all @devices, with one scan. Fails only when none could be tried. */
int op_pv_create(struct context *context, const char *const *devices, size_t count,
		 const struct pv_create_args *args, op_done_fn *done, void *data,
		 struct err *err) MUST_CHECK;
int op_pv_remove(struct context *context, const char *const *devices, size_t count,
		 op_done_fn *done, void *data, struct err *err) MUST_CHECK;

enum tristate { UNSET = 0, YES, NO };

struct pv_change_args {
	enum tristate allocatable, ignore_areas;
	const char *const *add_tags, *const *del_tags;
	size_t add_tag_count, del_tag_count;
};

/** pvchange. -ENODEV no such device or no PV; -EALREADY: allocatable as asked before, and nothing
 * else was asked. */
int op_pv_change(struct context *context, const char *device, const struct pv_change_args *args,
		 struct err *err) MUST_CHECK;

/**
 * pvresize; @sectors 0: as large as the device. Asks when it is another size than the device's.
 * -ENODEV no such device or no PV; -ENOSPC what is used would not fit. In a clustered VG all
 * members look at the device's size again.
 */
int op_pv_resize(struct context *context, const char *device, uint64_t sectors,
		 struct err *err) MUST_CHECK;

/* ---- volume groups ---- */

#define VG_COPIES_ALL INT_MAX /* of --vgmetadatacopies; 0 is unmanaged */

struct vg_create_args {
	const char *name;
	const char *const *devices;
	size_t device_count;
	uint64_t extent_size; /* sectors; 0: default */
	uint32_t max_lv, max_pv;
	enum alloc_policy alloc; /* ALLOC_INHERIT: default normal */
	const char *const *tags;
	size_t tag_count;
	enum tristate clustered;      /* -c; UNSET: clustered when clvmd runs */
	enum tristate autoactivation; /* --setautoactivation */
	int vg_metadata_copies;	      /* -1 unset */
	struct pv_create_args pv;     /* for devices that are not PVs yet */
};
int op_vg_create(struct context *context, const struct vg_create_args *args,
		 struct err *err) MUST_CHECK;

struct vg_extend_args {
	const char *name;
	const char *const *devices;
	size_t device_count;
	struct pv_create_args pv;
};
int op_vg_extend(struct context *context, const struct vg_extend_args *args,
		 struct err *err) MUST_CHECK;

struct vg_reduce_args {
	const char *name;
	const char *const *devices;
	size_t device_count;
	bool all; /* -a: every PV that is not used */
	bool remove_missing;
};
int op_vg_reduce(struct context *context, const struct vg_reduce_args *args,
		 struct err *err) MUST_CHECK;

int op_vg_remove(struct context *context, const char *name, struct err *err) MUST_CHECK;
int op_vg_rename(struct context *context, const char *old_name, const char *new_name,
		 struct err *err) MUST_CHECK;

/* -ay/-asy shared everywhere, -aey exclusively here, -aly/-aln this node, -an everywhere, -aay
 * auto. */
enum activation_change {
	CHANGE_NONE = 0,
	CHANGE_ACTIVATE,	    /* y, sy */
	CHANGE_ACTIVATE_EXCLUSIVE,  /* ey */
	CHANGE_ACTIVATE_LOCAL,	    /* ly */
	CHANGE_ACTIVATE_AUTO,	    /* ay */
	CHANGE_ACTIVATE_AUTO_LOCAL, /* clvmd, at its start: activate_at_start */
	CHANGE_DEACTIVATE,	    /* n */
	CHANGE_DEACTIVATE_LOCAL,    /* ln */
};

/** "y", "n", "ey", "ly", "ln", "nl", "ys", "ay" ... -EINVAL "Invalid argument for
 * --activate: x". */
int activation_change_parse(const char *text, enum activation_change *ret_change,
			    struct err *err) MUST_CHECK;

struct activate_args {
	enum activation_change change;
	bool refresh;	  /* --refresh instead */
	bool ignore_skip; /* -K */
	bool partial;	  /* -P */
};
/** vgchange -a / --refresh of one VG; prints "N logical volume(s) in volume group \"vg\" now
 * active". */
int op_vg_activate(struct context *context, const char *name, const struct activate_args *args,
		   struct err *err) MUST_CHECK;

struct vg_change_args {
	enum tristate clustered, resizeable, autoactivation;
	bool set_max_lv, set_max_pv, set_alloc, set_copies;
	uint32_t max_lv, max_pv;
	int vg_metadata_copies; /* as for vgcreate */
	enum alloc_policy alloc;
	const char *const *add_tags, *const *del_tags;
	size_t add_tag_count, del_tag_count;
	bool new_uuid;
};
int op_vg_change(struct context *context, const char *name, const struct vg_change_args *args,
		 struct err *err) MUST_CHECK;

/** On no node may an LV be active: -EBUSY. @skips: one that is exported already is no failure. */
int op_vg_export(struct context *context, const char *name, bool skips, struct err *err) MUST_CHECK;
/** @skips: one that is not exported is no failure. */
int op_vg_import(struct context *context, const char *name, bool skips, struct err *err) MUST_CHECK;

/* ---- logical volumes ---- */

/** "vg/lv", "/dev/vg/lv", "/dev/mapper/vg-lv", "vg lv" (lv given apart). Names in @arena. -EINVAL.
 */
int op_split_lv_name(const char *text, struct arena *arena, const char **ret_vg,
		     const char **ret_lv, struct err *err) MUST_CHECK;
/** "vg", "/dev/vg". */
int op_vg_name(const char *text, struct arena *arena, const char **ret_vg,
	       struct err *err) MUST_CHECK;

struct lv_create_args {
	const char *vg_name;
	const char *lv_name; /* NULL: lvol<N> */
	struct size_arg size;
	uint32_t stripes;     /* 0: 1 */
	uint64_t stripe_size; /* sectors; 0: default */
	enum alloc_policy alloc;
	const char *const *pvs; /* "/dev/sda:0-9", "@tag" */
	size_t pv_count;
	enum activation_change activate; /* CHANGE_NONE: default -ay */
	int zero;			 /* -Z: -1 default, 0, 1 */
	int wipe_signatures;		 /* -W */
	bool read_only;
	enum tristate autoactivation, activation_skip;
	const char *const *tags;
	size_t tag_count;
	int major, minor;   /* -1 */
	int64_t read_ahead; /* READ_AHEAD_AUTO */
};
int op_lv_create(struct context *context, const struct lv_create_args *args,
		 struct err *err) MUST_CHECK;

enum resize_direction { RESIZE_ANY = 0, RESIZE_EXTEND, RESIZE_REDUCE };

struct lv_resize_args {
	const char *vg_name, *lv_name;
	enum resize_direction direction; /* lvextend, lvreduce; ANY: lvresize */
	struct size_arg size;
	enum alloc_policy alloc;
	const char *const *pvs;
	size_t pv_count;
	uint32_t stripes; /* 0: as the last segment */
	uint64_t stripe_size;
	bool resize_fs;
	bool no_fsck;
};
int op_lv_resize(struct context *context, const struct lv_resize_args *args,
		 struct err *err) MUST_CHECK;

int op_lv_remove(struct context *context, const char *vg_name, const char *lv_name,
		 struct err *err) MUST_CHECK;
/** lvremove vg: all its LVs, one after the other. */
int op_lv_remove_all(struct context *context, const char *vg_name, struct err *err) MUST_CHECK;

int op_lv_rename(struct context *context, const char *vg_name, const char *old_name,
		 const char *new_name, struct err *err) MUST_CHECK;

int op_lv_activate(struct context *context, const char *vg_name, const char *lv_name,
		   const struct activate_args *args, struct err *err) MUST_CHECK;

struct lv_change_args {
	bool set_permission, writable; /* -p */
	enum tristate autoactivation, activation_skip, contiguous;
	bool set_alloc;
	enum alloc_policy alloc;
	bool set_read_ahead;
	int64_t read_ahead;
	const char *const *add_tags, *const *del_tags;
	size_t add_tag_count, del_tag_count;
};
int op_lv_change(struct context *context, const char *vg_name, const char *lv_name,
		 const struct lv_change_args *args, struct err *err) MUST_CHECK;

/** Names of all VGs on this node's devices, sorted; in @arena (for `vgchange -ay` without names).
 * Of VGs with one name they are the ids, which all operations take in place of a name. */
int op_list_vg_names(struct context *context, struct arena *arena, const char *const **ret_names,
		     size_t *ret_count, struct err *err) MUST_CHECK;
/** Names of the visible LVs of a VG, in list order. */
int op_list_lv_names(struct context *context, const char *vg_name, struct arena *arena,
		     const char *const **ret_names, size_t *ret_count, struct err *err) MUST_CHECK;

/* ---- repair and recovery ---- */

/** pvck: is what is on the device as it must be? Says what is not. */
int op_pv_check(struct context *context, const char *path, struct err *err) MUST_CHECK;

enum pv_dump_kind {
	PV_DUMP_HEADERS = 1, /* every value of label, PV header and area headers */
	PV_DUMP_METADATA,    /* the text that is committed */
	PV_DUMP_ALL,	     /* all texts in the area that the headers name */
	PV_DUMP_SEARCH,	     /* the same, also when no header can be read */
	PV_DUMP_AREA,	     /* the area's bytes */
};
/** pvck --dump; @file: where texts go, NULL: they are printed. */
int op_pv_dump(struct context *context, const char *path, enum pv_dump_kind kind, const char *file,
	       struct err *err) MUST_CHECK;

struct pv_repair_args {
	const char *file;  /* backup, or text dumped by pvck; NULL: none */
	bool label_header; /* its checksum alone */
	bool pv_header;	   /* label and PV header as the file says */
	bool metadata;	   /* areas, with the file's text */
};
/** pvck --repair, --repairtype. */
int op_pv_repair(struct context *context, const char *path, const struct pv_repair_args *args,
		 struct err *err) MUST_CHECK;

/** vgck: read and check; no PV is missing. Copies that differ are warned of. */
int op_vg_check(struct context *context, const char *name, struct err *err) MUST_CHECK;

/** vgck --updatemetadata: repair bad areas, write all, wipe PVs that are members no more. */
int op_vg_update_metadata(struct context *context, const char *name, struct err *err) MUST_CHECK;

/** vgextend --restoremissing: PVs that were missing are members as before. */
int op_vg_restore_missing(struct context *context, const char *name, const char *const *devices,
			  size_t device_count, struct err *err) MUST_CHECK;

/** vgcfgbackup; @file (NULL: backup/<vg>) may hold %s for the VG's name. */
int op_vg_backup(struct context *context, const char *name, const char *file,
		 struct err *err) MUST_CHECK;

/**
 * vgcfgrestore of VG @name from @file (NULL: backup/<vg>). All its PVs must be there, and in no
 * other VG. Its seqno is the file's + 1, or above that of copies that stay on other PVs.
 */
int op_vg_restore(struct context *context, const char *name, const char *file,
		  struct err *err) MUST_CHECK;

/** vgcfgrestore --list: archives and backup of @name, or @file alone. */
int op_vg_list_backups(struct context *context, const char *name, const char *file,
		       struct err *err) MUST_CHECK;

#endif
