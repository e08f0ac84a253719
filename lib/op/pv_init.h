/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making devices into PVs, for pvcreate, vgcreate and vgextend.
 *
 * vgcreate and vgextend may fail after the labels are written (another node does not see the
 * device, say). Then what the labels overwrote is put back, so that nothing has changed.
 */
#ifndef LIB_OP_PV_INIT_H
#define LIB_OP_PV_INIT_H

#include "lib/op/op.h"
#include "lib/op/session.h"

/* What was on a device before it became a PV. */
struct pv_undo {
	const struct device *device; /* of the scan it was found in */
	char *path;
	struct {
		uint64_t offset_bytes;
		unsigned char *bytes;
		size_t length;
	} saved[PV_HEADER_AREAS_MAX + 1];
	size_t saved_count;
};

struct pv_undo_list {
	struct pv_undo *items;
	size_t count;
};

/** The device of that name in @scan that may become or be a PV; LVM2's refusals. */
int pv_find_device(struct context *context, const struct scan *scan, const char *path,
		   const struct device **ret_device, struct err *err) MUST_CHECK;

/**
 * Label @path as a new PV. -EBUSY: it is in use or in a VG (see -ff). Prints LVM2's line.
 * @undo: NULL, or receives what to put back.
 */
int pv_initialize(struct context *context, struct scan *scan, const char *path,
		  const struct pv_create_args *args, struct pv_undo_list *undo,
		  struct err *err) MUST_CHECK;

/**
 * The header that @path would have as PV of a VG, with nothing written: its own when it is an
 * orphan PV, else (*@ret_is_new) what pv_initialize() would write by @args. Fails where that would,
 * and for signatures that may not be wiped without asking.
 */
int pv_plan(struct context *context, struct scan *scan, const char *path,
	    const struct pv_create_args *args, struct pv_header *ret_header, bool *ret_is_new,
	    struct err *err) MUST_CHECK;

/** As pv_initialize() for each path that is no orphan PV yet. -EBUSY for one of a VG. */
int pv_initialize_missing(struct context *context, struct scan *scan, const char *const *paths,
			  size_t count, const struct pv_create_args *args,
			  struct pv_undo_list *undo, struct err *err) MUST_CHECK;

/** Put everything back (warns when it cannot) and forget it. */
void pv_undo_all(struct context *context, struct pv_undo_list *undo);
void pv_undo_forget(struct pv_undo_list *undo);

/** Add the PV of that header. */
int pv_add_header_to_vg(struct vg *vg, const char *device_name, const struct pv_header *header,
			struct err *err) MUST_CHECK;

/** Add the PVs on @paths (labelled by now; @session->scan is fresh) to session->vg. */
int pv_add_to_vg(struct session *session, const char *const *paths, size_t count,
		 struct err *err) MUST_CHECK;

/**
 * All members re-read their partition tables and look for the PVs on @paths. One that does not see
 * one: -ENODEV names node and PV; with @warn_only (or --force) a warning.
 */
int pv_check_members(struct context *context, struct cluster *cluster, const struct scan *scan,
		     const char *const *paths, size_t count, bool warn_only,
		     struct err *err) MUST_CHECK;

#endif
