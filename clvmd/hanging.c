/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/hanging.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clvmd/daemon.h"
#include "lib/device/batch.h"
#include "lib/device/device.h"
#include "lib/fd.h"
#include "metadata/base/cleanup.h"

#define HANGING_PATH CLVMD_RUN_DIR "/hanging"
#define LISTED_MAX   16 /* more devices than that are not a bad disk but a bad day */
#define PROBE_MS     500
#define PROBE_LENGTH 4096

/* The file is a row of dev_t. Returns how many were read. */
static size_t read_list(dev_t *numbers)
{
	AUTO_CLOSE int fd = open(HANGING_PATH, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t length = fd < 0 ? 0 : read(fd, numbers, LISTED_MAX * sizeof(*numbers));

	return length < 0 ? 0 : (size_t)length / sizeof(*numbers);
}

static bool is_listed(const dev_t *numbers, size_t count, dev_t number)
{
	while (count > 0 && numbers[count - 1] != number)
		count--;
	return count;
}

/* Ask those that are listed; whose answer does not come in time is left out of this job. */
static void probe(struct context *context, const struct device_list *devices, const dev_t *numbers,
		  size_t count)
{
	struct batch_read reads[LISTED_MAX];
	struct batch batch = { .reads = reads, .timeout_ms = PROBE_MS };
	struct err err;

	for (size_t i = 0; i < devices->count && batch.count < LISTED_MAX; i++)
		if (!devices->items[i]->rejected &&
		    is_listed(numbers, count, devices->items[i]->devno))
			reads[batch.count++] = (struct batch_read){ .device = devices->items[i],
								    .length = PROBE_LENGTH };
	if (!batch.count || batch_run(&batch, &err))
		return;
	for (size_t i = 0; i < batch.count; i++) {
		if (reads[i].code != -ETIMEDOUT || context->hanging_count >= CONTEXT_HANGING_MAX)
			continue;
		ctx_warn(context, "WARNING: %s still does not answer, device is skipped.",
			 reads[i].device->name);
		context->hanging[context->hanging_count++] = reads[i].device->devno;
	}
	batch_free(&batch);
	batch_finish();
}

void hanging_expect(struct context *context)
{
	struct device_list *devices = NULL;
	dev_t numbers[LISTED_MAX];
	size_t count = read_list(numbers);
	struct err err;

	if (!count || device_list_build(context, &devices, &err))
		return;
	probe(context, devices, numbers, count);
	device_list_free(devices);
}

void hanging_remember(const struct context *context)
{
	size_t count = context->hanging_count < LISTED_MAX ? context->hanging_count : LISTED_MAX;
	AUTO_CLOSE int fd = -1;
	struct stat st;

	/* Almost always there is nothing to tell. */
	if (!count && (stat(HANGING_PATH, &st) || !st.st_size))
		return;
	fd = open(HANGING_PATH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && count)
		(void)!write(fd, context->hanging, count * sizeof(context->hanging[0]));
}
