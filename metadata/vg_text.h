/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VG's text: bytes <-> model. Grammar and order of keys: LVM2's text format, version 1. */
#ifndef METADATA_VG_TEXT_H
#define METADATA_VG_TEXT_H

#include <stddef.h>

#include "metadata/base/buf.h"
#include "metadata/base/err.h"
#include "metadata/model.h"

#define VG_TEXT_MAX \
	((size_t)256 << 20) /* bytes; far above 20,000 LVs, bounds what strangers send */

/* What texts say they were written by: other tools look at it, so it is what they know. */
#define VG_TEXT_GENERATOR "LVM2 version 2.03.16(2) (2022-05-18)"

/* Trailer (on disk) or header (backup file) of a text. */
struct vg_text_info {
	const char *description;
	const char *creation_host;
	const char *creation_host_uname; /* comment behind creation_host: "Linux host 6.1 …" */
	const char *creation_host_system_id; /* NULL: not written */
	uint64_t creation_time;
	const char *creation_ctime; /* "Sun Nov 22 07:49:50 2026", no newline; for comments */
	/* Backup form only: local time of an LV's creation_time for its comment, or NULL for none.
	 */
	const char *(*format_time)(uint64_t seconds, char *text, size_t size);
};

enum vg_text_form { VG_TEXT_DISK, VG_TEXT_FILE };

/**
 * Parse a text into a VG with an arena of its own (released by vg_free()).
 *
 * @text need not be NUL-terminated; a NUL ends it early. -EUCLEAN when it is not a valid
 * VG: the message gives line and key. vg_check() was run on what is returned.
 * @info may be NULL; else filled with strings in the VG's arena (comments are not read).
 */
int vg_import(const char *text, size_t length, struct vg **ret_vg, struct vg_text_info *info,
	      struct err *err) MUST_CHECK;

/** Name, id and seqno of a text, read without building a model; strings in @arena. */
struct vg_summary {
	const char *name;
	struct uuid id;
	uint32_t seqno;
	bool clustered;
};
int vg_text_summary(const char *text, size_t length, struct arena *arena,
		    struct vg_summary *ret_summary, struct err *err) MUST_CHECK;

/**
 * Print @vg as LVM2 does: VG_TEXT_DISK ends with a newline and one NUL that is counted in
 * out->used; VG_TEXT_FILE with header first, tabs and comments. Renumbers pv->key. -ENOSPC past
 * out's limit.
 */
int vg_export(struct vg *vg, enum vg_text_form form, const struct vg_text_info *info,
	      struct buf *out, struct err *err) MUST_CHECK;

/** Takes a text piece by piece, each some whole lines; an error ends the printing. */
struct text_sink {
	int (*put)(void *arg, const char *bytes, size_t length, struct err *err);
	void *arg;
};

/** As vg_export(), without the whole text in memory; past VG_TEXT_MAX -ENOSPC. */
int vg_export_to(struct vg *vg, enum vg_text_form form, const struct vg_text_info *info,
		 const struct text_sink *sink, struct err *err) MUST_CHECK;

#endif
