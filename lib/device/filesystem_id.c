/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/device/device.h"
#include "lib/fd.h"

static int probe_id(blkid_probe probe, char *id, size_t size)
{
	const char *type, *uuid;

	/* Ambivalent is taken for none: whoever wipes it is asked about each signature. */
	if (blkid_do_safeprobe(probe) || blkid_probe_lookup_value(probe, "TYPE", &type, NULL) ||
	    !strcmp(type, "LVM2_member") || blkid_probe_lookup_value(probe, "UUID", &uuid, NULL) ||
	    strlen(uuid) >= size)
		return 0;
	(void)snprintf(id, size, "%s", uuid);
	return 0;
}

int device_filesystem_id(const char *path, bool fresh, char *id, size_t size, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	blkid_probe probe;
	int rc;

	*id = '\0';
	if (fd < 0)
		return err_set(err, errno, "%s: open failed: %s", path, strerror(errno));
	if (fresh && ioctl(fd, BLKFLSBUF, 0))
		return err_set(err, errno, "%s: cannot drop cached blocks: %s", path,
			       strerror(errno));
	if (!(probe = blkid_new_probe()))
		return err_set(err, ENOMEM, "Out of memory looking for a file system.");
	if (blkid_probe_set_device(probe, fd, 0, 0) || blkid_probe_enable_superblocks(probe, 1) ||
	    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID))
		rc = err_set(err, EIO, "%s: cannot look for a file system.", path);
	else
		rc = probe_id(probe, id, size);
	blkid_free_probe(probe);
	return rc;
}
