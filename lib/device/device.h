/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices of this node: which there are, by which names, and direct I/O on them.
 *
 * All metadata I/O bypasses the page cache (O_DIRECT): other nodes write the same disks, and
 * only what is on the disk is common to all. Sizes and offsets here are in bytes.
 */
#ifndef LIB_DEVICE_DEVICE_H
#define LIB_DEVICE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/context.h"
#include "metadata/base/arena.h"

struct device {
	dev_t devno;
	const char *name; /* preferred path: what commands print and metadata keeps as hint */
	const char *const
		*aliases; /* NULL-terminated, all paths under /dev (links too), name included */
	uint64_t size_bytes;
	uint32_t logical_block_bytes;
	bool is_partition;
	bool is_partitioned;  /* has a partition table with partitions: not usable as PV */
	bool is_dm_lv;	      /* an LVM LV (dm uuid LVM-…): not scanned unless devices/scan_lvs */
	const char *rejected; /* NULL usable; else LVM2's reason: "device is rejected by filter
				 config", …; what only its content tells is known after a scan */
};

struct device_list {
	struct arena arena;
	struct device **items; /* sorted by name */
	size_t count;
	struct selection *selection; /* NULL: filters decide */
};

/** All block devices under /sys/class/block with a node in /dev, filters applied (rejected says
 * why). */
int device_list_build(struct context *context, struct device_list **ret_list,
		      struct err *err) MUST_CHECK;
void device_list_free(struct device_list *list);

/** How long devices may take to answer when many are read at once: devices/read_timeout. */
unsigned device_read_timeout_ms(const struct context *context);

/** This device did not answer in that time: tell, and do not use it as long as the context lives.
 */
void device_set_hanging(struct context *context, struct device *device);
bool device_is_hanging(const struct context *context, dev_t devno);

/** By any path (alias, other link, also one not under /dev that leads to the same devno), or NULL.
 */
const struct device *device_find(const struct device_list *list, const char *path);
const struct device *device_find_devno(const struct device_list *list, dev_t devno);

enum device_mode { DEVICE_READ, DEVICE_WRITE, DEVICE_EXCLUSIVE };

/** Open for direct I/O; DEVICE_EXCLUSIVE adds O_EXCL (-EBUSY when mounted or held). Returns an fd.
 */
int device_open(const struct device *device, enum device_mode mode, struct err *err) MUST_CHECK;
/** open() with O_EXCL. Busy by ourselves alone, as a child that has just begun has a copy of what
 * another thread had open (batch_wait_for_starts()), is waited for. -1 and errno. */
int device_open_alone(const char *path, int flags);
/** As device_open() with DEVICE_READ, by nothing but system calls. Returns an fd or -errno. */
int device_open_plain(const struct device *device);

/*
 * Any offset and length: the unaligned edges are read, changed and written back by whole blocks.
 * A write has reached the device (O_DIRECT and flush as needed) only after device_flush().
 */
int device_read(int fd, const struct device *device, uint64_t offset, void *bytes, size_t length,
		struct err *err) MUST_CHECK;
int device_write(int fd, const struct device *device, uint64_t offset, const void *bytes,
		 size_t length, struct err *err) MUST_CHECK;
int device_flush(int fd, const struct device *device, struct err *err) MUST_CHECK;

/**
 * Bring this kernel's partition table and size of every whole disk up to what is on the disk
 * (another node may have changed it): BLKPG for what differs and is not in use. Partitions in use
 * are left alone with a warning. Returns 0 also when nothing was to do.
 */
int device_reread_partitions(struct context *context, struct err *err) MUST_CHECK;

/**
 * Known signatures at the start of a device, by libblkid: asks to wipe each ("WARNING: ext4
 * signature detected on /dev/x at offset 1080. Wipe it? [y/n]: "), wipes on yes. -ECANCELED on no.
 */
int device_wipe_signatures(struct context *context, const char *path, bool skip_lvm_members,
			   struct err *err) MUST_CHECK;

/**
 * The id of the file system (or swap space, ...) on a device, as libblkid tells it; "" when there
 * is none, or a PV. @size: of @id; a longer one counts as none. @fresh: drop what this node has
 * cached of the device first, as another may have written it.
 */
int device_filesystem_id(const char *path, bool fresh, char *id, size_t size,
			 struct err *err) MUST_CHECK;

#endif
