/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvcreate and pvremove. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/op/op.h"
#include "lib/op/pv_init.h"
#include "lib/store/backup.h"
#include "metadata/base/cleanup.h"

#define UNKNOWN_VG "<unknown>"

static bool knows_all(const struct scan *scan, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!device_find(scan->devices, paths[i]))
			return false;
	return true;
}

/* A scan in which @paths are known: a partition that another node made may be new to this kernel.
 */
static int scan_for(struct context *context, const char *const *paths, size_t count,
		    struct scan **ret_scan, struct err *err)
{
	struct scan *scan;
	int rc;

	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if (!knows_all(scan, paths, count) && cluster_is_running(context)) {
		scan_free(scan);
		if ((rc = device_reread_partitions(context, err)) ||
		    (rc = scan_run(context, &scan, err)))
			return rc;
	}
	*ret_scan = scan;
	return 0;
}

/* Every member learns of the devices; one that cannot see one is named, as the PV may be local. */
static int announce(struct context *context, struct cluster *cluster, const char *const *paths,
		    size_t count, struct err *err)
{
	struct scan *scan;
	int rc;

	if (context->options.test)
		return 0;
	if ((rc = scan_run(context, &scan, err)))
		return rc;
	rc = pv_check_members(context, cluster, scan, paths, count, true, err);
	scan_free(scan);
	return rc;
}

/* What the backup says of the PV that is to be made; the others that are missing are told. */
static int read_restore_file(struct context *context, const struct scan *scan,
			     const struct pv_create_args *args, struct vg **ret_vg,
			     const struct pv **ret_pv, struct err *err)
{
	char dashed[UUID_DASHED_SIZE];
	struct vg *vg;
	struct uuid id;

	if (backup_file_read(args->restore_file, NULL, ret_vg, NULL, err)) {
		(void)err_append(err, "\nUnable to read volume group from %s", args->restore_file);
		return err->code = -EINVAL;
	}
	vg = *ret_vg;
	if (uuid_parse(args->uuid, &id, err) || !(*ret_pv = vg_find_pv_by_id(vg, &id)))
		return err_set(err, EINVAL, "Can't find uuid %s in backup file %s", args->uuid,
			       args->restore_file);
	for (uint32_t i = 0; i < vg->pv_count; i++)
		if (vg->pvs[i] != *ret_pv && !scan_find_pv(scan, &vg->pvs[i]->id))
			ctx_warn(context, "WARNING: Couldn't find device with uuid %s.",
				 uuid_format(&vg->pvs[i]->id, dashed));
	return 0;
}

static int create(struct context *context, struct scan *scan, const char *device,
		  const struct pv_create_args *args, struct err *err)
{
	struct vg CLEANUP(vg_free_at_exit) *vg = NULL;
	struct pv_create_args restored = *args;
	int rc;

	if (!args->restore_file)
		return pv_initialize(context, scan, device, args, NULL, err);
	if ((rc = read_restore_file(context, scan, args, &vg, &restored.restore_pv, err)))
		return rc;
	return pv_initialize(context, scan, device, &restored, NULL, err);
}

/* Those that were created go into @created. Returns their number. */
static size_t create_each(struct context *context, struct scan *scan, const char *const *devices,
			  size_t count, const struct pv_create_args *args, op_done_fn *done,
			  void *data, const char **created)
{
	size_t created_count = 0;

	for (size_t i = 0; i < count; i++) {
		struct err err = { 0 };
		const int rc = create(context, scan, devices[i], args, &err);

		if (!rc)
			created[created_count++] = devices[i];
		done(data, rc, &err);
	}
	return created_count;
}

int op_pv_create(struct context *context, const char *const *devices, size_t count,
		 const struct pv_create_args *args, op_done_fn *done, void *data, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	AUTO_FREE const char **created = NULL;
	struct err late = { 0 };
	struct scan *scan;
	int rc;

	if (args->uuid && !args->norestorefile && !args->restore_file)
		return err_set(err, EINVAL, "--restorefile is required with --uuid");
	if (!args->uuid && args->restore_file)
		return err_set(err, EINVAL, "--uuid is required with --restorefile");
	if (!(created = calloc(count + 1, sizeof(*created))))
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = global_lock_take(context, &lock, err)) ||
	    (rc = scan_for(context, devices, count, &scan, err)))
		return rc;
	count = create_each(context, scan, devices, count, args, done, data, created);
	scan_free(scan);
	if (count && lock.cluster && announce(context, lock.cluster, created, count, &late))
		ctx_warn(context, "WARNING: %s%s created, but other nodes were not told: %s",
			 created[0], count > 1 ? " and others are" : " is", late.text);
	return 0;
}

static int check_removable(struct context *context, struct scan *scan, const char *path,
			   const struct pv_disk **ret_disk, struct err *err)
{
	const struct device *device;
	const struct vg_summary *vg;
	int rc;

	if ((rc = pv_find_device(context, scan, path, &device, err)))
		return rc;
	if (!(*ret_disk = scan_find_pv_on(scan, device)))
		return err_set(err, ENOENT, "No PV found on device %s.", path);
	vg = scan_vg_claiming(scan, *ret_disk);
	if (!vg && !((*ret_disk)->header.extension_flags & PV_EXTENSION_USED))
		return 0;
	if (vg && vg->clustered && scan_vg_of_pv(scan, &(*ret_disk)->header.id))
		return err_set(err, EBUSY,
			       "PV %s is used by clustered VG %s so please use vgreduce first.\n"
			       "%s: physical volume label not removed.",
			       path, vg->name, path);
	if (context->options.force < 2 && vg)
		return err_set(err, EBUSY,
			       "PV %s is used by VG %s so please use vgreduce first.\n"
			       "(If you are certain you need pvremove, then confirm by using "
			       "--force twice.)\n%s: physical volume label not removed.",
			       path, vg->name, path);
	if (context->options.force < 2)
		return err_set(err, EBUSY,
			       "PV %s is used by a VG but its metadata is missing.\n"
			       "(If you are certain you need pvremove, then confirm by using "
			       "--force twice.)\n%s: physical volume label not removed.",
			       path, path);
	ctx_warn(context, "WARNING: PV %s is used by VG %s.", path, vg ? vg->name : UNKNOWN_VG);
	if (!ctx_ask(context,
		     "Really WIPE LABELS from physical volume \"%s\" of volume group \"%s\" "
		     "[y/n]? ",
		     path, vg ? vg->name : UNKNOWN_VG))
		return err_set(err, ECANCELED, "%s: physical volume label not removed.", path);
	ctx_warn(context, "WARNING: Wiping physical volume label from %s of volume group \"%s\".",
		 path, vg ? vg->name : UNKNOWN_VG);
	return 0;
}

static int remove_one(struct context *context, struct scan *scan, const char *device,
		      struct err *err)
{
	const struct pv_disk *disk;
	int fd, rc;

	if ((rc = check_removable(context, scan, device, &disk, err)))
		return rc;
	if ((fd = device_open(disk->device, DEVICE_EXCLUSIVE, err)) < 0)
		return fd;
	(void)close(fd);
	if (!context->options.test && (rc = store_wipe_label(context, disk, err)))
		return rc;
	ctx_print(context, "Labels on physical volume \"%s\" successfully wiped.", device);
	return 0;
}

int op_pv_remove(struct context *context, const char *const *devices, size_t count,
		 op_done_fn *done, void *data, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	struct scan *scan;
	int rc;

	if ((rc = global_lock_take(context, &lock, err)) ||
	    (rc = scan_for(context, devices, count, &scan, err)))
		return rc;
	for (size_t i = 0; i < count; i++) {
		struct err one = { 0 };

		rc = remove_one(context, scan, devices[i], &one);
		done(data, rc, &one);
	}
	scan_free(scan);
	return 0;
}
