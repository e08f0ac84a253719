/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Growing and shrinking file systems with their own tools, which know better than we do.
 * What each type can and which tools it needs is the table `types`.
 */
#include "lib/activate/filesystem.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/activate/activate.h"
#include "lib/activate/mounts.h"
#include "lib/activate/tool.h"
#include "metadata/base/cleanup.h"

#define MOUNTS_LIMIT ((size_t)256 << 20)

#define E2FSCK_CORRECTED 1 /* exit code: errors were found and repaired */

struct volume {
	const char *path;
	uint64_t size_sectors;
	const char *mounted_on; /* NULL: not on this node */
};

struct filesystem_type {
	const char *name;
	const char *tool; /* that resizes it */
	bool can_shrink;
	int (*check)(struct context *context, const struct volume *volume, struct err *err);
	int (*resize)(struct context *context, const struct volume *volume, struct err *err);
};

static int run(struct context *context, const char *const argv[], int exit_max, struct err *err)
{
	int status = 0;
	int r = tool_run(context, argv, &status, err);

	if (!r && status > exit_max)
		return err_set(err, EIO, "%s failed: %d", argv[0], status);
	return r;
}

/* ---- ext2, ext3, ext4 ---- */

static int ext_check(struct context *context, const struct volume *volume, struct err *err)
{
	const char *const argv[] = { "e2fsck", "-f", "-p", volume->path, NULL };

	return run(context, argv, E2FSCK_CORRECTED, err);
}

static int ext_resize(struct context *context, const struct volume *volume, struct err *err)
{
	char size[32];
	const char *const argv[] = { "resize2fs", volume->path, size, NULL };

	/* "s": sectors of 512 bytes. */
	(void)snprintf(size, sizeof(size), "%" PRIu64 "s", volume->size_sectors);
	return run(context, argv, 0, err);
}

/* ---- xfs ---- */

static int xfs_check(struct context *context, const struct volume *volume, struct err *err)
{
	const char *const argv[] = {
		"xfs_repair", "-n", "-o", "force_geometry", volume->path, NULL
	};

	return run(context, argv, 0, err);
}

static int xfs_grow(struct context *context, const char *directory, struct err *err)
{
	const char *const argv[] = { "xfs_growfs", directory, NULL };

	return run(context, argv, 0, err);
}

/* It grows only while mounted: mount it where nobody else looks. */
static int xfs_grow_unmounted(struct context *context, const struct volume *volume, struct err *err)
{
	char directory[] = "/run/clvm-xfs-XXXXXX";
	int r;

	if (!mkdtemp(directory))
		return err_set(err, errno, "Cannot make directory %s: %s", directory,
			       strerror(errno));
	if (mount(volume->path, directory, "xfs", MS_NODEV | MS_NOEXEC | MS_NOSUID, NULL)) {
		r = err_set(err, errno, "Cannot mount %s: %s", volume->path, strerror(errno));
	} else {
		r = xfs_grow(context, directory, err);
		if (umount(directory))
			ctx_warn(context, "WARNING: Cannot unmount %s: %s", directory,
				 strerror(errno));
	}
	(void)rmdir(directory);
	return r;
}

static int xfs_resize(struct context *context, const struct volume *volume, struct err *err)
{
	return volume->mounted_on ? xfs_grow(context, volume->mounted_on, err)
				  : xfs_grow_unmounted(context, volume, err);
}

/* ---- gfs2 ---- */

/* fsck.gfs2 wants it unmounted on all nodes, which we cannot know here. */
static int gfs2_check(struct context *context, const struct volume *volume, struct err *err)
{
	(void)context;
	(void)volume;
	(void)err;
	return 0;
}

static int gfs2_resize(struct context *context, const struct volume *volume, struct err *err)
{
	const char *const argv[] = { "gfs2_grow", volume->mounted_on, NULL };

	if (!volume->mounted_on)
		return err_set(err, ENOTSUP,
			       "File system gfs2 on %s is not mounted here: gfs2_grow needs that.",
			       volume->path);
	return run(context, argv, 0, err);
}

static const struct filesystem_type types[] = {
	{ "ext2", "resize2fs", true, ext_check, ext_resize },
	{ "ext3", "resize2fs", true, ext_check, ext_resize },
	{ "ext4", "resize2fs", true, ext_check, ext_resize },
	{ "xfs", "xfs_growfs", false, xfs_check, xfs_resize },
	{ "gfs2", "gfs2_grow", false, gfs2_check, gfs2_resize },
};

/* ---- finding out ---- */

static void probe_free(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

/* The type's name by libblkid, or NULL; the caller's to free(). */
static int probe_type(const char *path, char **ret_type, struct err *err)
{
	blkid_probe CLEANUP(probe_free) probe = blkid_new_probe_from_filename(path);
	const char *name = NULL;
	int found;

	*ret_type = NULL;
	if (!probe)
		return err_set(err, errno ? errno : EIO, "Cannot open %s: %s", path,
			       strerror(errno));
	(void)blkid_probe_enable_superblocks(probe, 1);
	(void)blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
	found = blkid_do_safeprobe(probe);
	if (found == -2)
		return err_set(err, ENOTSUP,
			       "Device \"%s\" has signatures of more than one file system.", path);
	if (found < 0)
		return err_set(err, EIO, "Cannot read %s.", path);
	if (found || blkid_probe_lookup_value(probe, "TYPE", &name, NULL))
		return err_set(err, ENOTSUP, "Cannot get FSTYPE of \"%s\".", path);
	if (!(*ret_type = strdup(name)))
		return err_set(err, ENOMEM, "Out of memory.");
	return 0;
}

static int find_type(const char *path, const struct filesystem_type **ret_type, struct err *err)
{
	char AUTO_FREE *name = NULL;
	int r = probe_type(path, &name, err);

	if (r)
		return r;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(types[i].name, name))
			continue;
		*ret_type = &types[i];
		return 0;
	}
	return err_set(err, ENOTSUP,
		       "Filesystem \"%s\" on device \"%s\" is not supported by this tool.", name,
		       path);
}

static int find_mount(const char *path, struct arena *arena, const char **ret_directory,
		      struct err *err)
{
	struct mount_point *mounts;
	struct stat st;
	int r;

	if (stat(path, &st))
		return err_set(err, errno, "Cannot find %s: %s", path, strerror(errno));
	if ((r = lv_mount_points(major(st.st_rdev), minor(st.st_rdev), arena, &mounts, err)))
		return r;
	*ret_directory = mounts ? mounts->directory : NULL;
	return 0;
}

/* What is on @volume->path and where it is mounted; -ENOTSUP, -EBUSY if it cannot be resized. */
static int look(struct volume *volume, bool shrink, const struct filesystem_type **ret_type,
		struct arena *arena, struct err *err)
{
	int r = find_type(volume->path, ret_type, err);

	if (r || (r = find_mount(volume->path, arena, &volume->mounted_on, err)))
		return r;
	if (!tool_exists((*ret_type)->tool))
		return err_set(err, ENOTSUP,
			       "Filesystem \"%s\" on device \"%s\": %s is not installed.",
			       (*ret_type)->name, volume->path, (*ret_type)->tool);
	if (shrink && !(*ret_type)->can_shrink)
		return err_set(err, ENOTSUP, "Filesystem \"%s\" on \"%s\" cannot be made smaller.",
			       (*ret_type)->name, volume->path);
	if (shrink && volume->mounted_on)
		return err_set(err, EBUSY, "Cannot proceed with mounted filesystem \"%s\".",
			       volume->mounted_on);
	return 0;
}

int filesystem_check(struct context *context, const char *path, bool shrink, bool no_fsck,
		     struct err *err)
{
	struct arena AUTO_ARENA arena = { .limit = MOUNTS_LIMIT };
	const struct filesystem_type *type = NULL;
	struct volume volume = { .path = path };
	int r = look(&volume, shrink, &type, &arena, err);

	return r || no_fsck || volume.mounted_on ? r : type->check(context, &volume, err);
}

int filesystem_resize(struct context *context, const char *path, uint64_t size_sectors, bool shrink,
		      struct err *err)
{
	struct arena AUTO_ARENA arena = { .limit = MOUNTS_LIMIT };
	const struct filesystem_type *type = NULL;
	struct volume volume = { .path = path, .size_sectors = size_sectors };
	int r = look(&volume, shrink, &type, &arena, err);

	return r ? r : type->resize(context, &volume, err);
}
