/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lvm2app: the C API of the volume manager, source compatible with LVM2 2.02's.
 *
 * Rules for all functions:
 *
 *   handles    lvm_init() gives a handle; one thread at a time uses it and all that was got through
 *              it. Several threads take a handle each. NULL, closed and foreign handles are refused
 *              (EINVAL), never followed.
 *   errors     int functions return 0 or -1, pointer functions NULL. lvm_errno() is the number of
 * the first error since it was last cleared, -1 where no number says more; lvm_errmsg() is the text
 * of all, one a line, and clears both. A successful call clears neither. Without a handle at hand
 * an error belongs to the handle that this thread used last. memory     results live in the VG
 * handle ("VG memory", until lvm_vg_close()) or in the library handle ("handle memory", until
 * lvm_quit()). Never free them. sizes      are bytes, unless said otherwise; they are cut to
 * sectors of 512 bytes and rounded up to extents. locks      as the commands take them: a local
 * VG's lock file, a clustered VG's lock in clvmd. An 'r' handle reads a VG under its shared lock, a
 * 'w' handle holds the exclusive one until lvm_vg_close(). Somebody else's lock is waited for as
 * lvm.conf and clvmd.conf say; then EBUSY, and lvm_errmsg() names the holder. commits    what
 * concerns an LV (create, remove, rename, resize) is on disk, and on all nodes of a cluster, when
 * the call returns; with it goes everything else that was changed in the VG. Other changes are in
 * memory until lvm_vg_write(). "guarded"  fails with EPERM unless the VG was opened with 'w' or
 * created.
 *
 * The library prints nothing, never exits, and leaves signals alone.
 */
#ifndef LIB_API_LVM2APP_H
#define LIB_API_LVM2APP_H
/* What programs of old looked for. */
#define _LIB_LVM2APP_H

#include <libdevmapper.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- handles ---- */

struct lvm;
struct volume_group;
struct logical_volume;
struct physical_volume;
struct lv_segment;
struct pv_segment;
struct lvm_lv_create_params;
struct lvm_pv_create_params;

typedef struct lvm *lvm_t;
typedef struct volume_group *vg_t;
typedef struct logical_volume *lv_t;
typedef struct physical_volume *pv_t;
typedef struct lv_segment *lvseg_t;
typedef struct pv_segment *pvseg_t;
typedef struct lvm_lv_create_params *lv_create_params_t;
typedef struct lvm_pv_create_params *pv_create_params_t;

/* ---- items of lists: walk them with dm_list_iterate_items() ---- */

typedef struct lvm_lv_list {
	struct dm_list list;
	lv_t lv;
} lv_list_t;

typedef struct lvm_lvseg_list {
	struct dm_list list;
	lvseg_t lvseg;
} lvseg_list_t;

typedef struct lvm_pv_list {
	struct dm_list list;
	pv_t pv;
} pv_list_t;

typedef struct lvm_pvseg_list {
	struct dm_list list;
	pvseg_t pvseg;
} pvseg_list_t;

typedef struct lvm_str_list {
	struct dm_list list;
	const char *str;
} lvm_str_list_t;

/* A property's value. is_valid 0: there is none, lvm_errno() tells why (EINVAL no such property of
 * this object, ENOSYS known and not available). */
typedef struct lvm_property_value {
	uint32_t is_settable : 1;
	uint32_t is_string : 1;
	uint32_t is_integer : 1;
	uint32_t is_valid : 1;
	uint32_t is_signed : 1;
	uint32_t padding : 27;
	union {
		const char *string;
		uint64_t integer;
		int64_t signed_integer;
	} value;
} lvm_property_value_t;

typedef enum {
	LVM_THIN_DISCARDS_IGNORE = 0,
	LVM_THIN_DISCARDS_NO_PASSDOWN = 1,
	LVM_THIN_DISCARDS_PASSDOWN = 2,
} lvm_thin_discards_t;

/* Millionths of a percent. */
typedef dm_percent_t percent_t;
#define PERCENT_0	     DM_PERCENT_0
#define PERCENT_1	     DM_PERCENT_1
#define PERCENT_100	     DM_PERCENT_100
#define PERCENT_INVALID	     DM_PERCENT_INVALID
#define PERCENT_MERGE_FAILED DM_PERCENT_FAILED

/* ---- the library ---- */

/** "2.02.188(2) (clvm VERSION)": the interface's version, and whose it is. Needs no handle. */
const char *lvm_library_get_version(void);

/**
 * Open the library. @system_dir: where lvm.conf is; NULL: /etc/lvm; "": no configuration. The
 * environment's LVM_SYSTEM_DIR goes before it. NULL without memory. With a configuration that
 * cannot be read there is a handle with defaults, and lvm_errno() is not 0.
 */
lvm_t lvm_init(const char *system_dir);

/** Close all VGs and lists of @libh, release its locks and memory. NULL is allowed. */
void lvm_quit(lvm_t libh);

/** Read lvm.conf again; an override stays. Clears the error. */
int lvm_config_reload(lvm_t libh);

/** Settings that go before lvm.conf, as --config has them: "devices { filter = [ ... ] }". Once for
 * each handle. */
int lvm_config_override(lvm_t libh, const char *config_string);

/**
 * A setting as a truth value: numbers but 0, "y", "yes", "on", "true" are 1. @fail when it is not
 * set in lvm.conf or the override, or is neither. @libh NULL: read lvm.conf for this one call.
 * Never sets an error.
 */
int lvm_config_find_bool(lvm_t libh, const char *config_path, int fail);

/** Number of the first error since the last clear: an errno value, -1 (none fits), 0 (no error). */
int lvm_errno(lvm_t libh);

/** Text of all errors since the last clear, joined by newlines; "" for none. Clears text and
 * number. Handle memory. */
const char *lvm_errmsg(lvm_t libh);

/** Look at all devices anew. Every call that reads does it anyway; kept for compatibility. */
int lvm_scan(lvm_t libh);

/** @v / PERCENT_1. Needs no handle. */
float lvm_percent_to_float(percent_t v);

/* ---- finding VGs: no locks ---- */

/** Names of all VGs (lvm_str_list), sorted; an empty list when there is none; NULL on failure.
 * Handle memory. */
struct dm_list *lvm_list_vg_names(lvm_t libh);

/** The same for ids, 32 characters without dashes. */
struct dm_list *lvm_list_vg_uuids(lvm_t libh);

/** Name of the VG of the PV with that id (dashes or not); "#orphans_lvm2" for a PV of no VG; NULL
 * for no PV. Handle memory. */
const char *lvm_vgname_from_pvid(lvm_t libh, const char *pvid);

/** The same by device, with any of its names. */
const char *lvm_vgname_from_device(lvm_t libh, const char *device);

/* ---- VGs ---- */

/**
 * Open a VG. @mode: 'r' to read (exported and partial VGs too), 'w' to change it. @flags: not used.
 *
 * A VG that this handle has open already is not locked again for reading. EINVAL for another mode;
 * EDEADLK when this handle has it open for writing already, or holds a VG whose name comes later
 * (locks of several VGs are taken in the order of their names); EBUSY when somebody else holds it;
 * ENOLCK when the cluster cannot grant it. A clustered VG can be read without clvmd.
 */
vg_t lvm_vg_open(lvm_t libh, const char *vgname, const char *mode, uint32_t flags);

/**
 * A new VG in memory: 4 MiB extents (or as configured), no PVs; clustered when clvmd runs. Its name
 * is locked until lvm_vg_close(). Add PVs, then lvm_vg_write(). EDEADLK as lvm_vg_open().
 */
vg_t lvm_vg_create(lvm_t libh, const char *vg_name);

/** Close the VG: what was not written is lost, its lock and memory are released; all that was got
 * through it is closed too. 0; -1 for a handle that is not open. */
int lvm_vg_close(vg_t vg);

/** May a new VG have this name? Characters, length, and no /dev/NAME yet. */
int lvm_vg_name_validate(lvm_t libh, const char *vg_name);

/**
 * Commit what was changed in memory: new PVs get their labels, the text goes to all metadata areas,
 * PVs that were taken out become orphans. A VG that was removed, or has no PV, is removed from
 * disk. Guarded.
 */
int lvm_vg_write(vg_t vg);

/** Remove the VG (in memory: lvm_vg_write() does it). Refused while it has LVs or missing PVs, or
 * is exported. Guarded. */
int lvm_vg_remove(vg_t vg);

/** Add a device, a PV or not yet one (then it gets pvcreate's defaults); in memory. Holds the lock
 * for PVs until the VG is written or closed. Refused when it has a foreign signature. Guarded. */
int lvm_vg_extend(vg_t vg, const char *device);

/** Take out a PV that is not used, nor the last one; in memory. Guarded. */
int lvm_vg_reduce(vg_t vg, const char *device);

/** Extent size in bytes; in memory. Guarded. */
int lvm_vg_set_extent_size(vg_t vg, uint32_t new_size);

/** In memory; to have it already (or, removing, not to have it) is a success. Guarded. */
int lvm_vg_add_tag(vg_t vg, const char *tag);
int lvm_vg_remove_tag(vg_t vg, const char *tag);

/** "vg_mda_copies" (0: not managed) is the one that can be set; in memory. EINVAL for others. */
int lvm_vg_set_property(const vg_t vg, const char *name, struct lvm_property_value *value);

const char *lvm_vg_get_uuid(const vg_t vg);	      /**< with dashes; VG memory */
const char *lvm_vg_get_name(const vg_t vg);	      /**< VG memory */
uint64_t lvm_vg_get_seqno(const vg_t vg);	      /**< 0: never written */
uint64_t lvm_vg_get_size(const vg_t vg);	      /**< bytes */
uint64_t lvm_vg_get_free_size(const vg_t vg);	      /**< bytes */
uint64_t lvm_vg_get_extent_size(const vg_t vg);	      /**< bytes */
uint64_t lvm_vg_get_extent_count(const vg_t vg);      /**< extents */
uint64_t lvm_vg_get_free_extent_count(const vg_t vg); /**< extents */
uint64_t lvm_vg_get_pv_count(const vg_t vg);
uint64_t lvm_vg_get_max_pv(const vg_t vg); /**< 0: no limit */
uint64_t lvm_vg_get_max_lv(const vg_t vg); /**< 0: no limit */
uint64_t lvm_vg_is_clustered(vg_t vg);
uint64_t lvm_vg_is_exported(vg_t vg);
uint64_t lvm_vg_is_partial(vg_t vg); /**< 1: a PV is missing */

/** Tags (lvm_str_list); an empty list for none. VG memory. */
struct dm_list *lvm_vg_get_tags(const vg_t vg);

/** A property of the VG: vg_name, vg_attr, vg_free, ... as `vgs -o` has them, sizes in bytes. */
struct lvm_property_value lvm_vg_get_property(const vg_t vg, const char *name);

/** LVs in the order of the metadata, hidden ones too (lvm_lv_list); NULL for none. VG memory. */
struct dm_list *lvm_vg_list_lvs(vg_t vg);

/** PVs (lvm_pv_list); NULL for none. VG memory. */
struct dm_list *lvm_vg_list_pvs(vg_t vg);

/* ---- LVs ---- */

/**
 * A linear LV of @size bytes (at least 512), zeroed at its start and activated: in a clustered VG
 * on all members. @name NULL: lvol<N>. Commits. Guarded.
 */
lv_t lvm_vg_create_lv_linear(vg_t vg, const char *name, uint64_t size);

/** Deactivate (everywhere) and remove. EBUSY when it is open on a node, which the text names.
 * Commits; @lv is closed. Guarded. */
int lvm_vg_remove_lv(lv_t lv);

/** As lvchange -ay and -an: in a clustered VG on all members. Success when it is so already. */
int lvm_lv_activate(lv_t lv);
int lvm_lv_deactivate(lv_t lv);

/** On this node: 1 it has a live table; 0 not, or it cannot be told. */
uint64_t lvm_lv_is_active(const lv_t lv);
uint64_t lvm_lv_is_suspended(const lv_t lv);

/** Rename, also while active. Commits. From an 'r' handle too, which takes the exclusive lock for
 * it. */
int lvm_lv_rename(lv_t lv, const char *new_name);

/** The new size in bytes, greater or smaller; no file system is looked at. Commits. The same size
 * is an error. From an 'r' handle too. */
int lvm_lv_resize(const lv_t lv, uint64_t new_size);

/** Snapshots are not supported: NULL, ENOTSUP. */
lv_t lvm_lv_snapshot(const lv_t lv, const char *snap_name, uint64_t max_snap_size);

/** May a new LV of @vg have this name? EINVAL when there is one of that name. */
int lvm_lv_name_validate(const vg_t vg, const char *lv_name);

/** The LV of that name; NULL without an error when there is none. */
lv_t lvm_lv_from_name(vg_t vg, const char *name);
/** The same by id, with dashes or without. EINVAL: not an id. */
lv_t lvm_lv_from_uuid(vg_t vg, const char *uuid);

const char *lvm_lv_get_uuid(const lv_t lv);   /**< with dashes; VG memory */
const char *lvm_lv_get_name(const lv_t lv);   /**< VG memory */
const char *lvm_lv_get_attr(const lv_t lv);   /**< the ten characters of lvs; VG memory */
const char *lvm_lv_get_origin(const lv_t lv); /**< NULL: not a snapshot */
uint64_t lvm_lv_get_size(const lv_t lv);      /**< bytes */

/** A property of the LV: lv_name, lv_path, lv_attr, ... as `lvs -o` has them, sizes in bytes. */
struct lvm_property_value lvm_lv_get_property(const lv_t lv, const char *name);

/** In memory, as the VG's. Guarded. */
int lvm_lv_add_tag(lv_t lv, const char *tag);
int lvm_lv_remove_tag(lv_t lv, const char *tag);
struct dm_list *lvm_lv_get_tags(const lv_t lv); /**< as lvm_vg_get_tags() */

/** Segments in order (lvm_lvseg_list); NULL for none. They hold until the LV changes. */
struct dm_list *lvm_lv_list_lvsegs(lv_t lv);
/** segtype, stripes, seg_start (bytes), seg_start_pe (extents), devices, ... */
struct lvm_property_value lvm_lvseg_get_property(const lvseg_t lvseg, const char *name);

/* ---- LVs of other types: not supported, NULL and ENOTSUP ---- */

lv_create_params_t lvm_lv_params_create_snapshot(const lv_t lv, const char *snap_name,
						 uint64_t max_snap_size);
lv_create_params_t lvm_lv_params_create_thin_pool(vg_t vg, const char *pool_name, uint64_t size,
						  uint32_t chunk_size, uint64_t meta_size,
						  lvm_thin_discards_t discard);
#define lvm_lv_params_create_thin_pool_default(vg, pool_name, size) \
	lvm_lv_params_create_thin_pool((vg), (pool_name), (size), 0, 0, LVM_THIN_DISCARDS_PASSDOWN)
lv_create_params_t lvm_lv_params_create_thin(const vg_t vg, const char *pool_name,
					     const char *lvname, uint64_t size);
struct lvm_property_value lvm_lv_params_get_property(const lv_create_params_t params,
						     const char *name);
int lvm_lv_params_set_property(lv_create_params_t params, const char *name,
			       struct lvm_property_value *prop);
lv_t lvm_lv_create(lv_create_params_t params);

/* ---- PVs ---- */

/**
 * All PVs, of VGs or not (lvm_pv_list); an empty list for none. Holds the lock for PVs until
 * lvm_list_pvs_free(). NULL on failure.
 */
struct dm_list *lvm_list_pvs(lvm_t libh);
/** Release the list, its PVs and the lock. NULL is allowed. EINVAL: not such a list, or free. */
int lvm_list_pvs_free(struct dm_list *pvlist);

/** Make a device a PV, at once: what was on it is wiped without asking. @size: bytes, 0: all of the
 * device; EINVAL unless whole sectors. Refused for a PV of a VG. */
int lvm_pv_create(lvm_t libh, const char *pv_name, uint64_t size);

/** The same with: size (bytes), pvmetadatacopies, pvmetadatasize (sectors), data_alignment and
 * data_alignment_offset (sectors), zero. The object is handle memory and good for one use. */
pv_create_params_t lvm_pv_params_create(lvm_t libh, const char *pv_name);
struct lvm_property_value lvm_pv_params_get_property(const pv_create_params_t params,
						     const char *name);
int lvm_pv_params_set_property(pv_create_params_t params, const char *name,
			       struct lvm_property_value *prop);
int lvm_pv_create_adv(pv_create_params_t params);

/** Wipe the label of a PV of no VG, at once. */
int lvm_pv_remove(lvm_t libh, const char *pv_name);

/** The PV on that device (its name as listed); NULL without an error when there is none. */
pv_t lvm_pv_from_name(vg_t vg, const char *name);
/** The same by id, as lvm_lv_from_uuid(). */
pv_t lvm_pv_from_uuid(vg_t vg, const char *uuid);

const char *lvm_pv_get_uuid(const pv_t pv); /**< with dashes */
const char *lvm_pv_get_name(const pv_t pv); /**< the device */
uint64_t lvm_pv_get_mda_count(const pv_t pv);
uint64_t lvm_pv_get_dev_size(const pv_t pv); /**< bytes; 0: the device cannot be read */
uint64_t lvm_pv_get_size(const pv_t pv);     /**< bytes: what its extents hold */
uint64_t lvm_pv_get_free(const pv_t pv);     /**< bytes */

/** A property of the PV: pv_name, pe_start, pv_used, ... as `pvs -o` has them, sizes in bytes. */
struct lvm_property_value lvm_pv_get_property(const pv_t pv, const char *name);

/** Used and free ranges in order (lvm_pvseg_list); NULL for none. They hold until the VG changes.
 */
struct dm_list *lvm_pv_list_pvsegs(pv_t pv);
/** pvseg_start (extents); pvseg_size (extents times 512, as it always was). */
struct lvm_property_value lvm_pvseg_get_property(const pvseg_t pvseg, const char *name);

/** The new size in bytes, whole sectors (EINVAL); 0: the device's. Commits. Guarded. */
int lvm_pv_resize(const pv_t pv, uint64_t new_size);

#ifdef __cplusplus
}
#endif

#endif
