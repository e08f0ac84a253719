/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backup and archive files as the commands on them see them. (Those that every change writes are
 * in store.h.) */
#ifndef LIB_STORE_BACKUP_H
#define LIB_STORE_BACKUP_H

#include "lib/context.h"
#include "metadata/model.h"
#include "metadata/vg_text.h"

/** vgcfgbackup -f: @path is replaced as a whole, or not at all. */
int backup_file_write(struct context *context, struct vg *vg, const char *path,
		      struct err *err) MUST_CHECK;

/** vgcfgbackup: backup/<vg>, whatever backup/backup says. */
int backup_save(struct context *context, struct vg *vg, struct err *err) MUST_CHECK;

/** Path of backup/<vg>; the caller frees it. */
int backup_path(struct context *context, const char *vg_name, char **ret_path,
		struct err *err) MUST_CHECK;

/** Does backup/<vg> hold this very metadata? */
bool backup_is_current(struct context *context, struct vg *vg);

/**
 * The VG in a file, checked as any other. @vg_name: NULL, or the name that it must have. @info:
 * NULL, or filled with strings in the VG's arena. Errors tell the reason, its place, and LVM2's
 * lines.
 */
int backup_file_read(const char *path, const char *vg_name, struct vg **ret_vg,
		     struct vg_text_info *info, struct err *err) MUST_CHECK;

/** The bytes of a file that was read by backup_file_read(), and a NUL behind them; caller frees. */
int backup_file_bytes(const char *path, char **ret_text, size_t *ret_length,
		      struct err *err) MUST_CHECK;

typedef int backup_visit_fn(void *data, const char *path, struct err *err);

/** The archives of a VG, oldest first. -ENOENT: there is none. */
int archive_each(struct context *context, const char *vg_name, backup_visit_fn *visit, void *data,
		 struct err *err) MUST_CHECK;

#endif
