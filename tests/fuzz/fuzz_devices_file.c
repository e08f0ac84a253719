/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a devices file. */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/device/selection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/clvm-fuzz-XXXXXX";
static char path[sizeof(directory) + 32];

static void clean_up(void)
{
	char devices[sizeof(directory) + 16];

	(void)unlink(path);
	(void)snprintf(devices, sizeof(devices), "%s/devices", directory);
	(void)rmdir(devices);
	(void)rmdir(directory);
}

static void set_up(void)
{
	assert(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/devices", directory);
	assert(!mkdir(path, 0700));
	(void)snprintf(path, sizeof(path), "%s/devices/fuzz.devices", directory);
	assert(!setenv("LVM_SYSTEM_DIR", directory, 1));
	assert(!atexit(clean_up));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct context_options options = { .devices_file = "fuzz.devices" };
	struct selection *selection = NULL;
	struct context *context = NULL;
	int fd;

	if (!*path)
		set_up();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert(fd >= 0);
	if (write(fd, data, size) == (ssize_t)size && !context_open(&options, &context, NULL)) {
		if (!selection_open(context, &selection, NULL))
			selection_close(selection);
		context_close(context);
	}
	(void)close(fd);
	return 0;
}
