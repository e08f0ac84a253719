/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libblkid finds; we write. It reads through the page cache, which is dropped first, so that it
 * sees what is on the disk; the zeros go to the disk directly, and libblkid is told to forget the
 * bytes and look again.
 */
#include "lib/device/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <blkid/blkid.h>

#include "lib/config.h"
#include "lib/fd.h"

#define MAGIC_MAX      ((size_t)4096)
#define SIGNATURES_MAX 128 /* GPT and nested tables have several */
#define DEFAULT_BLOCK  512

struct signature {
	const char *type;
	uint64_t offset;
	size_t length;
};

struct wiper {
	struct context *context;
	struct device device; /* just enough for device_write() */
	int write_fd;
	int read_fd;
	blkid_probe probe;
	unsigned left; /* signatures that the user keeps */
};

/* One of the two kinds that libblkid tells in different words. */
static bool read_signature(blkid_probe probe, struct signature *signature)
{
	static const char *const keys[][3] = {
		{ "TYPE", "SBMAGIC_OFFSET", "SBMAGIC" },
		{ "PTTYPE", "PTMAGIC_OFFSET", "PTMAGIC" },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *offset, *magic;
		char *end;
		size_t length;

		if (blkid_probe_lookup_value(probe, keys[i][0], &signature->type, NULL) ||
		    blkid_probe_lookup_value(probe, keys[i][1], &offset, NULL) ||
		    blkid_probe_lookup_value(probe, keys[i][2], &magic, &length))
			continue;
		errno = 0;
		signature->offset = strtoull(offset, &end, 10);
		signature->length = length;
		return !errno && end != offset && length && length <= MAGIC_MAX;
	}
	return false;
}

static bool may_wipe(struct wiper *wiper, const struct signature *signature)
{
	const char *path = wiper->device.name;

	if (!strcmp(signature->type, "DM_snapshot_cow"))
		return true;
	return ctx_ask(wiper->context,
		       "WARNING: %s signature detected on %s at offset %llu. Wipe it? [y/n]: ",
		       signature->type, path, (unsigned long long)signature->offset);
}

static int wipe_one(struct wiper *wiper, const struct signature *signature, struct err *err)
{
	static const unsigned char zeros[MAGIC_MAX];
	int rc;

	if (!may_wipe(wiper, signature)) {
		/* Before the next question. */
		ctx_error(wiper->context, "Aborted wiping of %s.", signature->type);
		wiper->left++;
		return 0;
	}
	ctx_print(wiper->context, "Wiping %s signature on %s.", signature->type,
		  wiper->device.name);
	if (!wiper->context->options.test &&
	    ((rc = device_write(wiper->write_fd, &wiper->device, signature->offset, zeros,
				signature->length, err)) ||
	     (rc = device_flush(wiper->write_fd, &wiper->device, err))))
		return rc;
	if (blkid_probe_hide_range(wiper->probe, signature->offset, signature->length) ||
	    blkid_probe_step_back(wiper->probe))
		return err_set(err, EIO, "%s: cannot look for further signatures.",
			       wiper->device.name);
	return 0;
}

static int prepare_probe(struct wiper *wiper, bool skip_lvm_members, struct err *err)
{
	static char lvm1[] = "LVM1_member", lvm2[] = "LVM2_member";
	char *skipped[] = { lvm1, lvm2, NULL };
	blkid_probe probe = wiper->probe;

	if (blkid_probe_set_device(probe, wiper->read_fd, 0, 0) ||
	    blkid_probe_enable_superblocks(probe, 1) ||
	    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_MAGIC |
							     BLKID_SUBLKS_USAGE |
							     BLKID_SUBLKS_BADCSUM) ||
	    blkid_probe_enable_partitions(probe, 1) ||
	    blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC) ||
	    (skip_lvm_members &&
	     blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_NOTIN, skipped)))
		return err_set(err, EIO, "Failed to set up probing for signatures on %s.",
			       wiper->device.name);
	return 0;
}

static int wipe_all(struct wiper *wiper, struct err *err)
{
	struct signature signature;
	int found = 0, rc;

	for (unsigned i = 0; i < SIGNATURES_MAX && !(found = blkid_do_probe(wiper->probe)); i++)
		if (read_signature(wiper->probe, &signature) &&
		    (rc = wipe_one(wiper, &signature, err)))
			return rc;
	if (found < 0)
		return err_set(err, EIO, "Signature detection on %s failed.", wiper->device.name);
	if (wiper->left)
		return err_set(err, ECANCELED, "%u existing signature%s left on the device.",
			       wiper->left, wiper->left > 1 ? "s" : "");
	return 0;
}

static int open_both(struct wiper *wiper, int *write_fd, int *read_fd, struct err *err)
{
	const char *path = wiper->device.name;
	struct stat st;
	int block = 0;

	*write_fd = device_open_alone(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (*write_fd < 0 && errno == EBUSY)
		return err_set(err, EBUSY, "Can't open %s exclusively.  Mounted filesystem?", path);
	if (*write_fd < 0)
		return err_set(err, errno, "%s: open failed: %s", path, strerror(errno));
	if (fstat(*write_fd, &st) || !S_ISBLK(st.st_mode))
		return err_set(err, ENOTBLK, "%s is not a block device.", path);
	if ((*read_fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return err_set(err, errno, "%s: open failed: %s", path, strerror(errno));
	if (ioctl(*write_fd, BLKSSZGET, &block) || block < DEFAULT_BLOCK)
		block = DEFAULT_BLOCK;
	wiper->device.logical_block_bytes = (uint32_t)block;
	wiper->device.devno = st.st_rdev;
	if (ioctl(*read_fd, BLKFLSBUF, 0))
		return err_set(err, errno, "%s: cannot drop cached blocks: %s", path,
			       strerror(errno));
	wiper->write_fd = *write_fd;
	wiper->read_fd = *read_fd;
	return 0;
}

int device_wipe_signatures(struct context *context, const char *path, bool skip_lvm_members,
			   struct err *err)
{
	AUTO_CLOSE int write_fd = -1;
	AUTO_CLOSE int read_fd = -1;
	struct wiper wiper = { .context = context, .device = { .name = path } };
	int rc;

	if (!config_bool(context->config, "allocation/use_blkid_wiping"))
		return 0;
	if ((rc = open_both(&wiper, &write_fd, &read_fd, err)))
		return rc;
	if (!(wiper.probe = blkid_new_probe()))
		return err_set(err, ENOMEM, "Out of memory looking for signatures.");
	if (!(rc = prepare_probe(&wiper, skip_lvm_members, err)))
		rc = wipe_all(&wiper, err);
	blkid_free_probe(wiper.probe);
	return rc;
}
