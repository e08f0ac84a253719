/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems on an LV: which, is it resizable, grow it. Runs the file system's own tools. */
#ifndef LIB_ACTIVATE_FILESYSTEM_H
#define LIB_ACTIVATE_FILESYSTEM_H

#include "lib/context.h"

/**
 * Before anything changes: is there a file system on @path (active LV) that we can grow or shrink
 * to? -EINVAL names it otherwise. @ret_type ("ext4", …) is the caller's to free().
 */
int filesystem_probe(struct context *context, const char *path, char **ret_type,
		     struct err *err) MUST_CHECK;

/**
 * Check the file system on @path before anything changes (e2fsck -f -p, xfs_repair -n). Nothing is
 * done when it is mounted on this node. -EIO when it has errors that the tool did not repair.
 */
int filesystem_check(struct context *context, const char *path, struct err *err) MUST_CHECK;

/**
 * Grow (or shrink, if @shrink; ext only, unmounted) the file system on @path to @size_sectors.
 * ext2-4: resize2fs, on line when mounted, after e2fsck -f -p when not; xfs: xfs_growfs, mounts
 * temporarily when not mounted; gfs2: gfs2_grow on its mount point. The tools' output goes to
 * ctx_print.
 */
int filesystem_resize(struct context *context, const char *path, uint64_t size_sectors, bool shrink,
		      struct err *err) MUST_CHECK;

#endif
