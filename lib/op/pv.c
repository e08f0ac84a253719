/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pvcreate and pvremove. */
#include <errno.h>
#include <unistd.h>

#include "lib/op/op.h"
#include "lib/op/pv_init.h"
#include "lib/store/backup.h"

#define UNKNOWN_VG "<unknown>"

/* A scan in which @path is known: a partition that another node made may be new to this kernel. */
static int scan_for(struct context *context, const char *path, struct scan **ret_scan,
		    struct err *err)
{
	struct scan *scan;
	int rc;

	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if (!device_find(scan->devices, path) && cluster_is_running(context)) {
		scan_free(scan);
		if ((rc = device_reread_partitions(context, err)) ||
		    (rc = scan_run(context, &scan, err)))
			return rc;
	}
	*ret_scan = scan;
	return 0;
}

/* Every member learns of the device; one that cannot see it is named, as the PV may be local. */
static int announce(struct context *context, struct cluster *cluster, const char *path,
		    struct err *err)
{
	struct scan *scan;
	int rc;

	if (context->options.test)
		return 0;
	if ((rc = scan_run(context, &scan, err)))
		return rc;
	rc = pv_check_members(context, cluster, scan, &path, 1, true, err);
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

int op_pv_create(struct context *context, const char *device, const struct pv_create_args *args,
		 struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	struct err late = { 0 };
	struct scan *scan;
	int rc;

	if (args->uuid && !args->norestorefile && !args->restore_file)
		return err_set(err, EINVAL, "--restorefile is required with --uuid");
	if (!args->uuid && args->restore_file)
		return err_set(err, EINVAL, "--uuid is required with --restorefile");
	if ((rc = global_lock_take(context, &lock, err)))
		return rc;
	if ((rc = scan_for(context, device, &scan, err)))
		return rc;
	rc = create(context, scan, device, args, err);
	scan_free(scan);
	if (!rc && lock.cluster && announce(context, lock.cluster, device, &late))
		ctx_warn(context, "WARNING: %s is created, but other nodes were not told: %s",
			 device, late.text);
	return rc;
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

int op_pv_remove(struct context *context, const char *device, struct err *err)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	const struct pv_disk *disk;
	struct scan *scan;
	int fd, rc;

	if ((rc = global_lock_take(context, &lock, err)))
		return rc;
	if ((rc = scan_for(context, device, &scan, err)))
		return rc;
	if ((rc = check_removable(context, scan, device, &disk, err)))
		goto out;
	rc = fd = device_open(disk->device, DEVICE_EXCLUSIVE, err);
	if (fd < 0)
		goto out;
	(void)close(fd);
	rc = context->options.test ? 0 : store_wipe_label(context, disk, err);
	if (!rc)
		ctx_print(context, "Labels on physical volume \"%s\" successfully wiped.", device);
out:
	scan_free(scan);
	return rc;
}
