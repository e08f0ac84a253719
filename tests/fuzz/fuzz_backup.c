/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a backup file, read as vgcfgrestore reads it; what is taken from it must be sound.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/store/backup.h"
#include "metadata/base/cleanup.h"
#include "metadata/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_file(const char *path, const char *vg_name)
{
	struct vg_text_info info = { 0 };
	struct vg *vg = NULL;
	struct err err = { 0 };

	if (backup_file_read(path, vg_name, &vg, &info, &err)) {
		assert(*err.text);
		return;
	}
	assert(!vg_check(vg, NULL));
	vg_free(vg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("backup", MFD_CLOEXEC);
	AUTO_FREE char *text = NULL;
	char path[64];
	size_t length;

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_file(path, NULL);
	read_file(path, "vg");
	if (!backup_file_bytes(path, &text, &length, NULL))
		assert(length == size);
	(void)close(fd);
	return 0;
}
