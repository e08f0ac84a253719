/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mapper: one call per device-mapper ioctl, in our terms. The only file that includes
 * libdevmapper.h for ioctls.
 *
 * libdevmapper speaks through one process-wide hook; here its last words end up in our error text
 * instead of on stderr. It is not thread-safe: callers see to it that one thread is in here.
 */
#ifndef LIB_ACTIVATE_MAPPER_H
#define LIB_ACTIVATE_MAPPER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/activate/activate.h"
#include "lib/context.h"
#include "metadata/base/buf.h"

#define MAPPER_UUID_SIZE 69		    /* "LVM-", 32 of the VG, 32 of the LV, NUL */
#define MAPPER_NAME_SIZE 128		    /* the kernel's limit, NUL included */
#define MAPPER_TABLE_MAX ((size_t)64 << 20) /* bytes of a table as text */

/** "LVM-<vg id><lv id>"; returns @uuid. */
const char *mapper_uuid(const struct uuid *vg_id, const struct uuid *lv_id,
			char uuid[MAPPER_UUID_SIZE]);

/**
 * State of the device with this dm uuid, all zero when there is none. @table, unless NULL, gets the
 * table as lv_table_build() writes it: the live one, or with @inactive the preloaded one (then
 * read_only is that table's as well).
 */
int mapper_state(const char *uuid, bool inactive, struct lv_kernel_state *ret_state,
		 struct buf *table, struct err *err) MUST_CHECK;

/** Call @visit with name and dm uuid of each device that this kernel has. */
struct mapper_device {
	const char *name;
	const char *uuid;
	bool suspended;
	uint32_t open_count;
};
int mapper_each(bool (*visit)(void *data, const struct mapper_device *device), void *data,
		struct err *err) MUST_CHECK;

/* What the steps below need to know besides the device. */
struct mapper_options {
	bool use_udev;	 /* wait until udev made or removed nodes; else they are made here */
	bool udev_rules; /* off: udev's rules shall leave the device alone */
	bool hidden;	 /* not for users: udev shall not look into it */
};
struct mapper_options mapper_options(const struct context *context, bool hidden);

/** @major, @minor: -1 unless fixed. */
int mapper_create(const struct mapper_options *options, const char *name, const char *uuid,
		  int32_t major, int32_t minor, struct err *err) MUST_CHECK;
/** Into the inactive slot. */
int mapper_load(const char *uuid, const struct buf *table, bool read_only,
		struct err *err) MUST_CHECK;
/** Throw away what is in the inactive slot, if anything is. */
int mapper_clear(const char *uuid, struct err *err) MUST_CHECK;
/**
 * Hold I/O; file systems are not frozen. With @flush what is under way is waited for, which never
 * ends when the disks do not answer; without, it is held too.
 */
int mapper_suspend(const char *uuid, bool flush, struct err *err) MUST_CHECK;
/** @read_ahead in sectors; -1 leaves it, with @at_least it only grows. */
int mapper_resume(const struct mapper_options *options, const struct lv_kernel_state *state,
		  int64_t read_ahead, bool at_least, struct err *err) MUST_CHECK;
int mapper_rename(const struct mapper_options *options, const char *old_name, const char *new_name,
		  struct err *err) MUST_CHECK;
/** Tries again for a while when udev or a scan has it open. */
int mapper_remove(const struct mapper_options *options, const struct lv_kernel_state *state,
		  struct err *err) MUST_CHECK;

/**
 * Make the nodes in the device-mapper directory those of the devices that the kernel has: a process
 * that was killed after it removed a device has left the node.
 */
int mapper_mend_nodes(struct err *err) MUST_CHECK;

/** Make /dev/mapper/<name> if it is missing. */
int mapper_make_node(const char *name, struct err *err) MUST_CHECK;

/** Is there a driver that answers? */
bool mapper_driver_present(void);

#endif
