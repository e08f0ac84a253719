/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Another node may have partitioned a disk that we have open: compare the table on the disk with
 * what this kernel believes, and tell the kernel each difference by BLKPG. BLKRRPART is never used:
 * it drops all partitions at once. A partition in use is never deleted, moved or cut.
 */
#include "lib/device/device.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <blkid/blkid.h>

#include "lib/device/batch.h"
#include "lib/device/sysfs.h"
#include "lib/fd.h"
#include "lib/number.h"
#include "metadata/base/cleanup.h"

#define PARTITIONS_MAX	 256
#define SECTOR		 512
#define EXTENDED_SECTORS 2 /* the kernel shows only this much of an extended partition */
#define PROBE_BYTES	 4096

struct part {
	int number;
	uint64_t start, size;	 /* sectors of 512 bytes */
	char name[NAME_MAX + 1]; /* kernel's name; of those the kernel knows */
};

struct part_table {
	struct part items[PARTITIONS_MAX];
	size_t count;
	bool too_many;
};

struct disk {
	struct context *context;
	const char *name; /* as in /sys/class/block */
	char path[PATH_MAX];
	int fd;
	struct part_table known, found;
};

/* ---- in use? ---- */

static bool devno_is_mounted(dev_t devno)
{
	char *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *file = fopen("/proc/self/mountinfo", "re");

	if (!file)
		return true; /* cannot know: leave it alone */
	while (!found && getline(&line, &size, file) >= 0) {
		unsigned major_number, minor_number;
		char *rest = line;

		(void)strsep(&rest, " "); /* id parent major:minor root ... */
		(void)strsep(&rest, " ");
		if (number_devno(strsep(&rest, " "), &major_number, &minor_number))
			found = makedev(major_number, minor_number) == devno;
	}
	free(line);
	(void)fclose(file);
	return found;
}

/* Mounted, swapped to, under device-mapper, or opened exclusively by anybody. */
static bool in_use(const char *name)
{
	char path[PATH_MAX];
	AUTO_CLOSE int fd = -1;
	dev_t devno;

	if (!sysfs_devno(name, &devno) || sysfs_has_holders(name) || devno_is_mounted(devno))
		return true;
	(void)snprintf(path, sizeof(path), "/dev/%s", name);
	fd = device_open_alone(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 && errno == EBUSY;
}

/* ---- what the kernel believes, what the disk says ---- */

struct part_reader {
	const char *disk;
	struct part_table *table;
};

static void read_known_part(void *data, const char *entry)
{
	struct part_reader *reader = data;
	struct part_table *table = reader->table;
	struct part *part;

	if (strncmp(entry, reader->disk, strlen(reader->disk)) || !sysfs_has(entry, "partition"))
		return;
	if (table->count == PARTITIONS_MAX) {
		table->too_many = true;
		return;
	}
	part = &table->items[table->count++];
	part->number = (int)sysfs_number(entry, "partition", 0);
	part->start = sysfs_number(entry, "start", 0);
	part->size = sysfs_number(entry, "size", 0);
	(void)snprintf(part->name, sizeof(part->name), "%s", entry);
}

static void read_known(struct disk *disk)
{
	struct part_reader reader = { disk->name, &disk->known };

	disk->known = (struct part_table){ 0 };
	(void)sysfs_each(disk->name, ".", read_known_part, &reader);
}

static bool is_readable(int fd)
{
	char bytes[PROBE_BYTES];

	return pread(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes);
}

static void take_found(struct disk *disk, blkid_partlist list)
{
	struct part_table *table = &disk->found;
	int count = blkid_partlist_numof_partitions(list);

	for (int i = 0; i < count; i++) {
		blkid_partition item = blkid_partlist_get_partition(list, i);
		struct part *part = &table->items[table->count];

		if (!item)
			continue;
		if (table->count == PARTITIONS_MAX) {
			table->too_many = true;
			return;
		}
		part->number = blkid_partition_get_partno(item);
		part->start = (uint64_t)blkid_partition_get_start(item);
		part->size = (uint64_t)blkid_partition_get_size(item);
		if (blkid_partition_is_extended(item) && part->size > EXTENDED_SECTORS)
			part->size = EXTENDED_SECTORS;
		table->count++;
	}
}

/* False: it cannot be told what the disk says. */
static bool read_found(struct disk *disk)
{
	blkid_probe probe = blkid_new_probe();
	blkid_partlist list;
	bool ok = false;

	disk->found = (struct part_table){ 0 };
	if (!probe)
		return false;
	/* The page cache may hold what was there before another node wrote. */
	if (ioctl(disk->fd, BLKFLSBUF, 0) || !is_readable(disk->fd) ||
	    blkid_probe_set_device(probe, disk->fd, 0, 0) ||
	    blkid_probe_enable_superblocks(probe, 0) || blkid_probe_enable_partitions(probe, 1))
		goto out;
	errno = 0;
	list = blkid_probe_get_partitions(probe);
	if (list)
		take_found(disk, list);
	/* No list is "no table", unless reading failed underway. */
	ok = (list || (errno != EIO && is_readable(disk->fd))) && !disk->found.too_many;
out:
	blkid_free_probe(probe);
	return ok;
}

static const struct part *find_part(const struct part_table *table, int number)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->items[i].number == number)
			return &table->items[i];
	return NULL;
}

/* ---- telling the kernel ---- */

static int tell_kernel(const struct disk *disk, int operation, const struct part *part)
{
	struct blkpg_partition request = { .start = (long long)(part->start * SECTOR),
					   .length = (long long)(part->size * SECTOR),
					   .pno = part->number };
	struct blkpg_ioctl_arg argument = { .op = operation,
					    .datalen = sizeof(request),
					    .data = &request };

	return ioctl(disk->fd, BLKPG, &argument) ? -errno : 0;
}

static void warn_in_use(const struct disk *disk, const struct part *part)
{
	ctx_warn(disk->context,
		 "WARNING: Partition %d of %s changed on the disk, but this node uses it: "
		 "left as it was.",
		 part->number, disk->path);
}

static void warn_failed(const struct disk *disk, const char *what, const struct part *part, int rc)
{
	ctx_warn(disk->context, "WARNING: Cannot %s partition %d of %s in the kernel: %s", what,
		 part->number, disk->path, strerror(-rc));
}

/* Partitions that are gone or begin elsewhere, then those cut shorter: makes room for the rest. */
static void remove_stale(struct disk *disk)
{
	for (size_t i = 0; i < disk->known.count; i++) {
		const struct part *known = &disk->known.items[i];
		const struct part *found = find_part(&disk->found, known->number);
		bool keep = found && found->start == known->start;
		int rc;

		if (keep && found->size >= known->size)
			continue;
		if (in_use(known->name)) {
			warn_in_use(disk, known);
			continue;
		}
		rc = keep ? tell_kernel(disk, BLKPG_RESIZE_PARTITION, found)
			  : tell_kernel(disk, BLKPG_DEL_PARTITION, known);
		if (rc == -EBUSY)
			warn_in_use(disk, known);
		else if (rc && rc != -ENXIO)
			warn_failed(disk, keep ? "resize" : "remove", known, rc);
	}
}

static void add_missing(struct disk *disk)
{
	for (size_t i = 0; i < disk->found.count; i++) {
		const struct part *found = &disk->found.items[i];
		const struct part *known = find_part(&disk->known, found->number);
		int rc = 0;

		if (!known)
			rc = tell_kernel(disk, BLKPG_ADD_PARTITION, found);
		else if (known->start == found->start && known->size < found->size)
			rc = tell_kernel(disk, BLKPG_RESIZE_PARTITION, found);
		/* EBUSY: overlaps one in use, which was told already. */
		if (rc && rc != -EBUSY)
			warn_failed(disk, known ? "resize" : "add", found, rc);
	}
}

/* ---- which disks ---- */

static bool may_have_partitions(const char *name)
{
	static const char *const never[] = { "ram", "zram", "sr", "fd", "dasd", "mtdblock" };

	if (sysfs_has(name, "partition") || sysfs_has(name, "dm") || !sysfs_number(name, "size", 0))
		return false;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (!strncmp(name, never[i], strlen(never[i])))
			return false;
	if (!strncmp(name, "loop", strlen("loop")) && !sysfs_number(name, "loop/partscan", 0))
		return false;
	return sysfs_number(name, "ext_range", PARTITIONS_MAX) > 1 &&
	       !sysfs_number(name, "hidden", 0);
}

static void disk_path(const char *name, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "/dev/%s", name);
	for (char *mark = path; (mark = strchr(mark, '!'));)
		*mark = '/';
}

/* The capacity of a SCSI disk, which only a rescan asks for again. */
static void reread_capacity(const char *name)
{
	char path[PATH_MAX];
	AUTO_CLOSE int fd = -1;
	int length = snprintf(path, sizeof(path), SYSFS_BLOCK "/%s/device/rescan", name);

	if (length < 0 || length >= PATH_MAX)
		return;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* Best effort: the disk may be on its way out, which reading it will tell. */
	if (fd >= 0 && write(fd, "1\n", 2) < 0)
		return;
}

static void reread_disk(struct context *context, const char *name)
{
	AUTO_FREE struct disk *disk = NULL;
	AUTO_CLOSE int fd = -1;

	if (!(disk = calloc(1, sizeof(*disk))))
		return;
	disk->context = context;
	disk->name = name;
	disk_path(name, disk->path);

	reread_capacity(name);
	read_known(disk);
	/* Used as a whole: what looks like a table there is somebody's data. */
	if (!disk->known.count && in_use(name))
		return;
	if ((fd = open(disk->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0)
		return;
	disk->fd = fd;
	if (disk->known.too_many || !read_found(disk)) {
		ctx_verbose(disk->context, "%s: cannot read its partition table", disk->path);
		return;
	}
	remove_stale(disk);
	read_known(disk);
	add_missing(disk);
}

/* ---- all ---- */

struct candidate {
	struct device device; /* just enough to read it */
	const char *names[2];
	char name[NAME_MAX + 1];
	char path[PATH_MAX];
	struct candidate *next;
};

struct candidates {
	struct candidate *first;
	size_t count;
	bool out_of_memory;
};

static void add_candidate(void *data, const char *name)
{
	struct candidates *candidates = data;
	struct candidate *candidate;

	if (!may_have_partitions(name))
		return;
	if (!(candidate = calloc(1, sizeof(*candidate)))) {
		candidates->out_of_memory = true;
		return;
	}
	(void)snprintf(candidate->name, sizeof(candidate->name), "%s", name);
	disk_path(name, candidate->path);
	candidate->names[0] = candidate->device.name = candidate->path;
	candidate->device.aliases = candidate->names;
	candidate->device.logical_block_bytes = PROBE_BYTES;
	if (!sysfs_devno(name, &candidate->device.devno)) {
		free(candidate);
		return;
	}
	candidate->next = candidates->first;
	candidates->first = candidate;
	candidates->count++;
}

static void free_candidates(struct candidates *candidates)
{
	for (struct candidate *next, *at = candidates->first; at; at = next) {
		next = at->next;
		free(at);
	}
}

/* Reading them through the page cache could not be given up: so first those that hang are found. */
static int reread_those_that_answer(struct context *context, const struct candidates *candidates,
				    struct err *err)
{
	AUTO_FREE struct batch_read *reads = calloc(candidates->count + 1, sizeof(*reads));
	struct batch batch = { .reads = reads,
			       .count = candidates->count,
			       .timeout_ms = device_read_timeout_ms(context) };
	size_t i = 0;
	int rc;

	if (!reads)
		return err_set(err, ENOMEM, "Out of memory for partition tables.");
	for (struct candidate *at = candidates->first; at; at = at->next)
		if (!device_is_hanging(context, at->device.devno))
			reads[i++] =
				(struct batch_read){ .device = &at->device, .length = PROBE_BYTES };
	batch.count = i;
	rc = batch_run(&batch, err);
	batch_free(&batch);
	i = 0;
	for (struct candidate *at = candidates->first; !rc && at; at = at->next) {
		if (device_is_hanging(context, at->device.devno))
			continue;
		if (reads[i++].code == -ETIMEDOUT)
			device_set_hanging(context, &at->device);
		else
			reread_disk(context, at->name);
	}
	batch_finish();
	return rc;
}

int device_reread_partitions(struct context *context, struct err *err)
{
	struct candidates candidates = { 0 };
	int rc;

	if (!sysfs_each(NULL, NULL, add_candidate, &candidates))
		rc = err_set(err, EIO, "%s: cannot list block devices: %s", SYSFS_BLOCK,
			     strerror(errno));
	else if (candidates.out_of_memory)
		rc = err_set(err, ENOMEM, "Out of memory for partition tables.");
	else
		rc = reread_those_that_answer(context, &candidates, err);
	free_candidates(&candidates);
	return rc;
}
