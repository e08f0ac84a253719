/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Edits of the model: what each command changes in a VG. Pure; nothing is written.
 *
 * An edit either does all of its change or none (on failure throw the VG away). Messages and
 * limits are LVM2's. The caller draws UUIDs and times. seqno is not touched: the writer of the text
 * sets it.
 */
#ifndef METADATA_EDIT_H
#define METADATA_EDIT_H

#include "metadata/alloc.h"
#include "metadata/model.h"

/**
 * Extent size as vgcreate -s and vgchange -s take it, in sectors. What is there is converted.
 *
 * -EINVAL zero; -ERANGE neither a power of two nor a multiple of 128 KiB, or too large; -EPERM the
 * VG is not resizeable; -EDOM something is not an exact number of new extents; -ENOTSUP LVs of
 * kept types are there.
 */
int vg_set_extent_size(struct vg *vg, uint64_t extent_size_sectors, struct err *err) MUST_CHECK;

struct pv_spec {
	struct uuid id;
	const char *device_name;
	uint64_t dev_size;   /* sectors */
	uint64_t pe_start;   /* sectors */
	uint64_t usable_end; /* sector behind the last usable one (device end or second mda) */
	uint64_t ba_start, ba_size;
};

/** Add a PV; counts its extents. -EBUSY already in the VG, -ENOSPC max_pv reached. */
int vg_edit_add_pv(struct vg *vg, const struct pv_spec *spec, struct err *err) MUST_CHECK;

/**
 * A device of another size, in sectors; @usable_end as in struct pv_spec. -ENOSPC what is used
 * would not fit, or nothing would.
 */
int vg_edit_resize_pv(struct pv *pv, uint64_t dev_size, uint64_t usable_end,
		      struct err *err) MUST_CHECK;

/** Take an unused PV out. -EBUSY it has allocated extents, or it is the last one. */
int vg_edit_remove_pv(struct vg *vg, struct pv *pv, struct err *err) MUST_CHECK;

int vg_edit_rename(struct vg *vg, const char *name, struct err *err) MUST_CHECK;

struct lv_spec {
	const char *name; /* checked, unique: -EEXIST otherwise; NULL: lvol<N> */
	struct uuid id;
	uint32_t le_count;	 /* > 0; a multiple of stripes */
	uint32_t stripes;	 /* 1: linear */
	uint32_t stripe_size;	 /* sectors */
	enum alloc_policy alloc; /* as written to the LV (inherit unless asked) */
	bool read_only;
	uint32_t flags; /* FLAG_* to set */
	struct name_list *tags;
	const char *creation_host;
	uint64_t creation_time;
	int32_t major, minor; /* -1 */
	int64_t read_ahead;
};

/** Create an LV in the space that @where allows. */
int lv_edit_create(struct vg *vg, const struct lv_spec *spec, const struct alloc_where *where,
		   struct lv **ret_lv, struct err *err) MUST_CHECK;

/** Grow to @le_count (> now), as LVM2 does: new space merges with the last segment when it adjoins.
 * What is added must be a multiple of the last segment's stripes. With @where->approximate the LV
 * may end up smaller, even as it was. */
int lv_edit_extend(struct lv *lv, uint32_t le_count, const struct alloc_where *where,
		   struct err *err) MUST_CHECK;

/** As lv_edit_extend() with stripes of one's own choice (lvextend -i, -I). */
int lv_edit_extend_striped(struct lv *lv, uint32_t le_count, uint32_t stripes, uint32_t stripe_size,
			   const struct alloc_where *where, struct err *err) MUST_CHECK;

/** Cut to @le_count (> 0, < now). -EINVAL when that cuts a stripe in two. */
int lv_edit_reduce(struct lv *lv, uint32_t le_count, struct err *err) MUST_CHECK;

/** -EBUSY another LV rests on it or refers to it; -ENOTSUP not linear or striped. */
int lv_edit_remove(struct lv *lv, struct err *err) MUST_CHECK;

/** Also renames in what refers to it by name. */
int lv_edit_rename(struct lv *lv, const char *name, struct err *err) MUST_CHECK;

#endif
