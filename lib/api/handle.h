/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handles of the C API: what is behind lvm_t, vg_t, lv_t, ... and how a pointer that a program
 * gives us is told from one that was never ours, or is no more.
 *
 * All that is behind a handle belongs to one library handle, and is used by one thread at a time.
 * Only three things are shared by all threads, each under a mutex: the register of live handles
 * (here), libdevmapper (lib/dm_lock.h), and nothing else.
 *
 * An LV or PV handle names its object by id, not by address: the VG is read again after each
 * commit, and the handle stays good.
 */
#ifndef LIB_API_HANDLE_H
#define LIB_API_HANDLE_H

#include "lib/api/lvm2app.h"
#include "lib/op/pv_init.h"
#include "lib/op/session.h"
#include "lib/report/source.h"

#define API_MEMORY_LIMIT ((size_t)1 << 30) /* of a library handle, and of each VG handle */
#define API_ERROR_LIMIT	 ((size_t)512 << 10)

enum handle_type {
	HANDLE_LIBRARY = 1,
	HANDLE_VG,
	HANDLE_LV,
	HANDLE_PV,
	HANDLE_LVSEG,
	HANDLE_PVSEG,
	HANDLE_PV_PARAMS,
	HANDLE_LV_PARAMS, /* none exists yet */
	HANDLE_PV_LIST,
	HANDLE_EVENTS,
};

/* First member of each: what the register holds. */
struct handle {
	enum handle_type type;
	struct lvm *library;
	struct handle *next; /* of its owner */
};

struct lvm {
	struct handle handle;
	struct context *context;
	struct arena arena; /* handle memory */
	char *system_dir, *override;
	int error;
	struct buf messages; /* all lines since the last clear */
	struct volume_group *vgs;
	struct pv_list *pv_lists;
	struct handle *params, *events;
};

/* A device that lvm_vg_extend() took and that is no PV yet. */
struct new_pv {
	struct new_pv *next;
	struct uuid id;
	char *path;
	bool is_new; /* needs a label; else it is an orphan PV */
};

struct volume_group {
	struct handle handle;
	struct volume_group *next;
	struct session session;
	struct arena arena;	/* VG memory; its handles too */
	struct handle *objects; /* LVs, PVs, segments */
	void *lvs, *pvs;	/* tsearch() trees of those, by id */
	bool is_writable;
	bool is_new;	 /* not on disk yet */
	bool is_removed; /* lvm_vg_remove() was called, or it is gone from disk */
	bool is_broken;	 /* cannot be read again after a change: nothing but closing it helps */
	struct new_pv *new_pvs;
	struct global_lock global; /* from the first lvm_vg_extend() or lvm_vg_reduce() on */
	/* For properties: the same VG as a report sees it, made when it is asked for. */
	struct {
		bool is_made;
		struct arena arena;
		struct stored_vg stored;
		struct report_vg vg;
		struct lv_holders holders;
		bool has_holders;
	} view;
};

struct logical_volume {
	struct handle handle;
	struct uuid id;
	struct volume_group *vg;
};

/* A PV of a VG handle, or of a list. */
struct physical_volume {
	struct handle handle;
	struct uuid id;
	struct volume_group *vg; /* NULL: of the list */
	struct pv_list *list;
};

struct lv_segment {
	struct handle handle;
	struct logical_volume *lv;
	uint32_t index, le_start, le_count; /* as it was when listed */
};

struct pv_segment {
	struct handle handle;
	struct physical_volume *pv;
	uint32_t start, count;
};

/* What lvm_list_pvs() gave: the list's head is what the program has. */
struct pv_list {
	struct handle handle;
	struct dm_list head;
	struct pv_list *next;
	struct arena arena;
	struct handle *objects;
	struct global_lock global;
	struct report_source source;
};

struct lvm_pv_create_params {
	struct handle handle;
	char *path;
	uint64_t size; /* bytes */
	uint64_t metadata_copies, metadata_size, data_alignment, data_alignment_offset, zero;
};

/* ---- the register ---- */

/** -ENOMEM. */
int handle_register(struct handle *handle, enum handle_type type, struct lvm *library);
void handle_forget(struct handle *handle);
/** Of any library handle, in any thread. */
bool handles_are_left(void);

/** Is @pointer a live handle of that type? Else EINVAL for this thread, with the function's name.
 * It becomes the one this thread used last. */
bool handle_check(const void *pointer, enum handle_type type, const char *function);

#define CHECK_LIBRARY(pointer) handle_check((pointer), HANDLE_LIBRARY, __func__)
#define CHECK_VG(pointer)      handle_check((pointer), HANDLE_VG, __func__)
#define CHECK_LV(pointer)      handle_check((pointer), HANDLE_LV, __func__)
#define CHECK_PV(pointer)      handle_check((pointer), HANDLE_PV, __func__)

/* ---- errors ---- */

/** Keep an error; @code: errno value, or -1 where none fits. Returns -1. */
int api_error(struct lvm *library, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Keep what the library below said. Returns -1. */
int api_fail(struct lvm *library, const struct err *err);

void api_clear(struct lvm *library);

/** True, and EPERM, when the VG may not be changed through this handle. */
bool vg_refuses(struct volume_group *vg);

/* ---- memory, lists ---- */

const char *api_strdup(struct lvm *library, struct arena *arena, const char *text);
struct dm_list *api_list(struct lvm *library, struct arena *arena);
/** Adds a lvm_str_list. */
bool api_list_add_text(struct lvm *library, struct arena *arena, struct dm_list *list,
		       const char *text);
struct dm_list *api_list_of_tags(struct lvm *library, struct arena *arena,
				 const struct name_list *tags);

/** An id with dashes or without: EINVAL. */
bool api_parse_uuid(struct lvm *library, const char *text, struct uuid *ret_id);

/* ---- VGs, their objects (vg.c, object.c) ---- */

/** Close and free. */
void vg_handle_close(struct volume_group *vg);
void pv_list_close(struct pv_list *list);

/** The VG changed in memory or on disk: what was derived from it is not true any more. */
void vg_changed(struct volume_group *vg);

/** Write what is pending together with what @operation does. @operation NULL: only that. */
typedef int (*vg_operation)(struct volume_group *vg, void *data, struct err *err);
int vg_commit(struct volume_group *vg, vg_operation operation, void *data);

/** Run @operation with the exclusive lock: of this handle, or taken for it by an 'r' handle. */
int vg_with_write_lock(struct volume_group *vg, vg_operation operation, void *data);

/** -a of one LV. Returns 0 or -1. */
int api_activate(struct logical_volume *lv, enum activation_change change);

/**
 * P_global, while VGs may be held. Their locks come after it, so it is asked for without waiting,
 * again and again for a minute: then EBUSY. Returns 0 or -1.
 */
int api_take_global(struct lvm *library, struct global_lock *lock);

/** The same, for as long as the handle lives or until it is written. */
int vg_take_global(struct volume_group *vg);

struct logical_volume *lv_handle(struct volume_group *vg, const struct lv *lv);
struct physical_volume *pv_handle(struct volume_group *vg, const struct pv *pv);
void lv_handle_forget(struct logical_volume *lv);

/** The objects now; NULL and an error when they are gone. */
struct lv *lv_of(struct logical_volume *lv);
const struct seg *seg_of(struct lv_segment *segment);

/** The VG for the getters of reports; NULL without memory. */
const struct report_vg *vg_view(struct volume_group *vg);

/* What a PV handle is about, wherever it is from. */
struct pv_facts {
	const struct report_vg *vg; /* NULL: an orphan */
	const struct pv *pv;	    /* NULL: an orphan */
	const struct pv_disk *disk; /* NULL: missing, or not labelled yet */
	const struct device *device;
};
bool pv_facts_of(struct physical_volume *pv, struct pv_facts *ret_facts);

#endif
