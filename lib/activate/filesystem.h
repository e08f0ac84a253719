/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems on an LV: which, is it resizable, grow it. Runs the file system's own tools. */
#ifndef LIB_ACTIVATE_FILESYSTEM_H
#define LIB_ACTIVATE_FILESYSTEM_H

#include "lib/context.h"

/**
 * Before anything changes: is there a file system on @path (active LV) that can be grown (or
 * shrunk, if @shrink)? -ENOTSUP names what is there otherwise. Unless it is mounted here or
 * @no_fsck, it is checked too (e2fsck -f -p, xfs_repair -n): -EIO when it has errors that the tool
 * did not repair. The tools' output goes to ctx_print.
 */
int filesystem_check(struct context *context, const char *path, bool shrink, bool no_fsck,
		     struct err *err) MUST_CHECK;

/**
 * Grow (or shrink, if @shrink; ext only, unmounted) the file system on @path to @size_sectors.
 * ext2-4: resize2fs, on line when mounted (it wants filesystem_check() before when not); xfs:
 * xfs_growfs, mounts temporarily when not mounted; gfs2: gfs2_grow on its mount point. The tools'
 * output goes to ctx_print.
 */
int filesystem_resize(struct context *context, const char *path, uint64_t size_sectors, bool shrink,
		      struct err *err) MUST_CHECK;

#endif
