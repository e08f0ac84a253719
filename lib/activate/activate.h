/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device-mapper on this node: the kernel's state of LVs, and the steps that change it.
 *
 * Devices are found by dm uuid ("LVM-" + VG id + LV id), never by name. Works without udev: nodes
 * under /dev/mapper and links /dev/VG/LV are made and removed here unless udev runs.
 * All of libdevmapper is used from one thread.
 */
#ifndef LIB_ACTIVATE_ACTIVATE_H
#define LIB_ACTIVATE_ACTIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/context.h"
#include "lib/store/store.h"
#include "metadata/model.h"

struct lv_kernel_state {
	bool active; /* a device exists and has a live table */
	bool exists;
	bool suspended;
	bool inactive_table; /* a preloaded table waits */
	bool read_only;
	uint32_t open_count;
	uint32_t major, minor;
	uint64_t size_sectors; /* of the live table */
	uint32_t read_ahead;   /* sectors */
	char name[256];	       /* dm name */
};

/** False: no device-mapper in this kernel, or no right to use it (reports show unknown). */
bool activation_driver_present(void);

/** State of one LV by ids; all false when there is no device. -EIO when the kernel does not answer.
 */
int lv_kernel_state_get(const struct uuid *vg_id, const struct uuid *lv_id,
			struct lv_kernel_state *ret_state, struct err *err) MUST_CHECK;

/**
 * The same, and a checksum of the live table in which devices' numbers do not count: they differ
 * between nodes.
 */
int lv_kernel_state_get_crc(const struct uuid *vg_id, const struct uuid *lv_id,
			    struct lv_kernel_state *ret_state, uint32_t *ret_crc,
			    struct err *err) MUST_CHECK;

/** Does another block device (dm, md) lie on it? */
bool lv_has_holders(const struct lv_kernel_state *state);

/* Where an LV is mounted on this node; strings in @arena. */
struct mount_point {
	const char *directory;
	const char *fs_type;
	struct mount_point *next;
};
int lv_mount_points(uint32_t major, uint32_t minor, struct arena *arena,
		    struct mount_point **ret_mounts, struct err *err) MUST_CHECK;

/** Create, load, resume, nodes and links. Nothing to do when active with the same table. */
int lv_activate(struct context *context, const struct stored_vg *stored, const struct lv *lv,
		bool read_only, struct err *err) MUST_CHECK;

/* udev and scans have a new device open for a moment: how often and how long to wait for them. */
#define LV_OPEN_RETRIES	 25
#define LV_OPEN_RETRY_NS 200000000L

/** -EBUSY with LVM2's wording when open or mounted. Success when not active. */
int lv_deactivate(struct context *context, const struct uuid *vg_id, const char *vg_name,
		  const struct uuid *lv_id, const char *lv_name, struct err *err) MUST_CHECK;

/**
 * Load the table that @stored (precommitted metadata) says into the inactive slot, then suspend.
 * Checks before that every PV is there and reaches far enough. On failure nothing is suspended and
 * no table is left behind. Success when the LV is not active here.
 */
int lv_preload_suspend(struct context *context, const struct stored_vg *stored, const struct lv *lv,
		       struct err *err) MUST_CHECK;

/**
 * Resume to what @stored (committed metadata) says: the preloaded table when there is one, else
 * loads it; renames the device when the VG or LV has a new name; mends links. Not active: success.
 */
int lv_resume(struct context *context, const struct stored_vg *stored, const struct lv *lv,
	      struct err *err) MUST_CHECK;

/** Throw the preloaded table away and resume the old one. Works without any metadata. */
int lv_abort(struct context *context, const struct uuid *vg_id, const struct uuid *lv_id,
	     struct err *err) MUST_CHECK;

/*
 * When this node may no longer use its LVs. Neither reads a disk nor waits for one, so that both
 * work when the storage is gone.
 */

/** Hold all I/O until lv_thaw(). Success when not active. */
int lv_freeze(const struct uuid *vg_id, const struct uuid *lv_id, struct err *err) MUST_CHECK;
/** Success when it is not suspended, or by a change to it that has still to end. */
int lv_thaw(const struct uuid *vg_id, const struct uuid *lv_id, struct err *err) MUST_CHECK;
/** Make all I/O fail from now on, also of those who have it open. Success when not active. */
int lv_put_on_error(struct context *context, const struct uuid *vg_id, const struct uuid *lv_id,
		    struct err *err) MUST_CHECK;

/** Reload from committed metadata: preload, suspend, resume (lvchange --refresh). */
int lv_refresh(struct context *context, const struct stored_vg *stored, const struct lv *lv,
	       struct err *err) MUST_CHECK;

/** Clustered or any LVs that this kernel has: dm uuids "LVM-" + 64 characters, without layer
 * suffix. */
struct kernel_lv {
	struct uuid vg_id, lv_id;
	char name[256];
	bool suspended;
	uint32_t open_count;
	struct kernel_lv *next;
};
int kernel_lvs_list(struct arena *arena, struct kernel_lv **ret_lvs, struct err *err) MUST_CHECK;

/** Close what is kept open between two requests to the kernel; the next opens it again. */
void activation_release(void);

/**
 * Keep this process in memory while devices are suspended: a page fault that needs I/O on one of
 * them would never end. Calls nest. clvmd's workers hold one for all their life; a failure to lock
 * is not fatal (without the right to).
 */
void activation_memory_lock(struct context *context);
void activation_memory_unlock(void);

/** LV's table as text lines "start length target args\n" (pure but for PV's device numbers). */
int lv_table_build(const struct stored_vg *stored, const struct lv *lv, struct buf *out,
		   struct err *err) MUST_CHECK;

#endif
