/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file with a VG's metadata, on its way: written aside, whole and synced, before it gets its
 * name. That mostly waits for a disk, so a thread does it while the caller goes on.
 */
#ifndef LIB_STORE_BACKUP_FILE_H
#define LIB_STORE_BACKUP_FILE_H

#include "lib/context.h"
#include "metadata/base/buf.h"
#include "metadata/model.h"

struct backup_file;

/**
 * Begin to write @vg aside in @dir. @when: "before" or "after" the command; NULL: the command is
 * what makes the file. Until backup_file_wait() @vg must not be changed, and stays.
 */
int backup_file_begin(struct context *context, struct vg *vg, const char *when, const char *dir,
		      struct backup_file **ret_file, struct err *err) MUST_CHECK;

/** Until it is on the disk, in @dir, by the name *@ret_path, which lives as long as @file; or
 * cannot be. */
int backup_file_wait(struct backup_file *file, const char **ret_path, struct err *err) MUST_CHECK;

/** Until it is done; what is aside is removed, unless it was renamed. NULL is allowed. */
void backup_file_free(struct backup_file *file);

/** The same text in memory. */
int backup_file_export(struct context *context, struct vg *vg, const char *when, struct buf *out,
		       struct err *err) MUST_CHECK;

/** The folder and those above it. */
int backup_dir_make(const char *dir, struct err *err) MUST_CHECK;
/** Names in it were changed: have that on the disk. */
int backup_dir_sync(const char *dir, struct err *err) MUST_CHECK;

/** "PATH: @what failed: reason", by errno. */
int backup_file_failed(const char *path, const char *what, struct err *err);

#endif
