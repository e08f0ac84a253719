/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/stuck.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/job/job_run.h"
#include "lib/proto/job.h"
#include "metadata/base/cleanup.h"

#define SYSFS_BLOCK   "/sys/class/block"
#define DEPTH_MAX     8 /* devices on devices */
#define DEVICES_SHOWN 4
#define LVS_LOOKED_AT 16 /* of a job: a text for people needs no more */
#define JOB_ARENA_MAX ((size_t)64 << 20)

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

#define AUTO_DIR CLEANUP(close_dir)

/* The first line of /sys/class/block/@device/@name; "" when it cannot be read. */
static void read_attribute(const char *device, const char *name, char *text, size_t size)
{
	char path[512];
	AUTO_CLOSE int fd = -1;
	ssize_t length;

	text[0] = '\0';
	(void)snprintf(path, sizeof(path), SYSFS_BLOCK "/%s/%s", device, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return;
	if ((length = read(fd, text, size - 1)) < 0)
		length = 0;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static bool is_busy(const char *device)
{
	char text[64], *end;

	read_attribute(device, "dm/suspended", text, sizeof(text));
	if (text[0] == '1')
		return true;
	read_attribute(device, "inflight", text, sizeof(text)); /* reads and writes */
	return strtoul(text, &end, 10) || strtoul(end, NULL, 10);
}

static DIR *open_slaves(const char *device)
{
	char path[512];

	(void)snprintf(path, sizeof(path), SYSFS_BLOCK "/%s/slaves", device);
	return opendir(path);
}

/* Is it, or anything below it, suspended or waiting for an answer? */
static bool is_stuck(const char *device, int depth) /* NOLINT(misc-no-recursion): DEPTH_MAX */
{
	DIR AUTO_DIR *slaves = NULL;
	const struct dirent *entry;

	if (is_busy(device))
		return true;
	if (depth >= DEPTH_MAX || !(slaves = open_slaves(device)))
		return false;
	while ((entry = readdir(slaves)))
		if (entry->d_name[0] != '.' && is_stuck(entry->d_name, depth + 1))
			return true;
	return false;
}

static void add_name(const char *device, struct buf *text)
{
	char name[256];

	read_attribute(device, "dm/name", name, sizeof(name));
	if (*name)
		buf_printf(text, "%s/dev/mapper/%s", text->used ? ", " : "", name);
	else
		buf_printf(text, "%s/dev/%s", text->used ? ", " : "", device);
}

/* The devices directly under an LV, those that do not answer. */
static void add_devices_of(const char *lv, struct buf *text, unsigned int *count)
{
	DIR AUTO_DIR *slaves = open_slaves(lv);
	const struct dirent *entry;

	while (slaves && (entry = readdir(slaves)))
		if (entry->d_name[0] != '.' && is_stuck(entry->d_name, 0) &&
		    (*count)++ < DEVICES_SHOWN)
			add_name(entry->d_name, text);
}

static bool is_lv_of(const struct job *job, const char *device)
{
	char uuid[160];

	read_attribute(device, "dm/uuid", uuid, sizeof(uuid));
	if (strncmp(uuid, "LVM-", 4) != 0 || strlen(uuid) < 4 + 2 * (size_t)UUID_LENGTH ||
	    strncmp(uuid + 4, job->vg_id.text, UUID_LENGTH) != 0)
		return false;
	for (size_t i = 0; i < job->lv_count && i < LVS_LOOKED_AT; i++)
		if (!strncmp(uuid + 4 + UUID_LENGTH, job->lv_ids[i].text, UUID_LENGTH))
			return true;
	return false;
}

static void add_stuck_devices(const struct job *job, struct buf *text)
{
	DIR AUTO_DIR *devices = opendir(SYSFS_BLOCK);
	const struct dirent *entry;
	unsigned int count = 0;

	while (devices && (entry = readdir(devices)))
		if (!strncmp(entry->d_name, "dm-", 3) && is_lv_of(job, entry->d_name))
			add_devices_of(entry->d_name, text, &count);
}

static const char *doing(const struct job *job, uint32_t phase)
{
	static const char *const names[] = {
		[JOB_RESCAN] = "looking at the devices",
		[JOB_QUERY] = "asking for the state",
		[JOB_ACTIVATE] = "activating",
		[JOB_DEACTIVATE] = "deactivating",
		[JOB_REFRESH] = "refreshing",
		[JOB_SUSPEND] = "suspending",
		[JOB_RESIZE_FS] = "resizing the file system of",
		[JOB_BACKUP] = "writing the backup",
	};

	if (job->kind == JOB_SUSPEND && phase != JOB_PHASE_PREPARE)
		return "resuming";
	return (size_t)job->kind < sizeof(names) / sizeof(names[0]) && names[job->kind]
		       ? names[job->kind]
		       : "a job";
}

static void describe_job(const struct client_message *message, const struct job *job, char *text,
			 size_t size)
{
	AUTO_BUF struct buf devices = { .limit = 4096 };
	bool recovers = message->type == CLIENT_WORKER_RECOVER;

	add_stuck_devices(job, &devices);
	(void)snprintf(text, size, "%s %s%s%s%s%s%s",
		       recovers ? "reading the metadata of" : doing(job, message->phase),
		       job->vg_name ? job->vg_name : "", job->lv_count && !recovers ? "/" : "",
		       job->lv_count && !recovers ? job->lv_names[0] : "",
		       job->lv_count > 1 && !recovers ? " and others" : "",
		       devices.used && !devices.failed ? ", where a device does not answer: " : "",
		       devices.used && !devices.failed ? devices.data : "");
}

void stuck_describe(const struct client_message *message, char *text, size_t size)
{
	AUTO_ARENA struct arena arena = { .limit = JOB_ARENA_MAX };
	struct job job;
	struct err err;

	if ((message->type == CLIENT_WORKER_RUN || message->type == CLIENT_WORKER_RECOVER) &&
	    !job_decode(message->data, message->data_length, &arena, &job, &err))
		describe_job(message, &job, text, size);
	else
		(void)snprintf(text, size, "%s",
			       message->type == CLIENT_WORKER_KERNEL ? "listing what is active"
								     : "reading the disks");
}
