/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns go to libdevmapper's regex engine, whose grammar is what users of lvm.conf know. It
 * answers with the highest pattern that matches, so they are given in reverse: the first in the
 * file decides.
 */
#include "lib/device/filter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <libdevmapper.h>

#include "lib/device/sysfs.h"
#include "lib/dm_log.h"
#include "metadata/base/cleanup.h"

#define PATTERNS_MAX	1024
#define PV_MIN_SIZE_KIB 512 /* whatever devices/pv_min_size says */
#define MAJOR_FLOPPY	2
#define MAJOR_CDROM	11

/* MBR: four entries of 16 bytes, then the magic. */
#define DOS_SECTOR_BYTES   512
#define DOS_ENTRIES_OFFSET 446
#define DOS_ENTRY_BYTES	   16
#define DOS_ENTRIES	   4
#define DOS_MAGIC_OFFSET   510

static const char *const reason_filter = "device is rejected by filter config";
static const char *const reason_type = "device type is unknown";
static const char *const reason_small = "device is too small (pv_min_size)";
static const char *const reason_partitioned = "device is partitioned";
static const char *const reason_lv = "device is an LV";
static const char *const reason_suspended = "device is not in a usable state";
static const char *const reason_md = "device is an md component";
static const char *const reason_multipath = "device is a multipath component";

/* One of the two lists. */
struct pattern_list {
	struct dm_regex *regex; /* NULL: list not set */
	unsigned count;
	bool accept[PATTERNS_MAX]; /* by reversed position */
};

struct filter {
	struct dm_pool *pool;
	struct pattern_list lists[2]; /* filter, global_filter */
	uint64_t min_bytes;
	bool scan_lvs, md_detection, multipath_detection;
};

/* ---- patterns ---- */

static char closing_delimiter(char opening)
{
	switch (opening) {
	case '(':
		return ')';
	case '[':
		return ']';
	case '{':
		return '}';
	case '<':
		return '>';
	default:
		return opening;
	}
}

/* Cut "a|regex|" into its two parts. */
static int pattern_parse(struct dm_pool *pool, const char *text, bool *ret_accept,
			 const char **ret_regex, struct err *err)
{
	const char *reason = NULL;
	const char *start, *end;
	char *regex;

	if (*text != 'a' && *text != 'r')
		reason = "Pattern must begin with 'a' or 'r'.";
	else if (!text[1] || !(end = strchr(text + 2, closing_delimiter(text[1]))))
		reason = "Invalid separator at end of regex.";
	if (reason)
		return err_set(err, EIO,
			       "%s\nInvalid filter pattern \"%s\".\n"
			       "Failed to create regex device filter",
			       reason, text);

	start = text + 2;
	end = strrchr(start, closing_delimiter(text[1]));
	if (!(regex = dm_pool_strndup(pool, start, (size_t)(end - start))))
		return err_set(err, ENOMEM, "Out of memory for the device filter.");
	*ret_accept = *text == 'a';
	*ret_regex = regex;
	return 0;
}

static int pattern_list_compile(struct dm_pool *pool, struct pattern_list *list,
				const char *const *regexes, struct err *err)
{
	struct dm_log_capture capture;
	int rc = 0;

	dm_log_capture_begin(&capture);
	list->regex = dm_regex_create(pool, regexes, list->count);
	dm_log_capture_end();
	if (!list->regex)
		rc = err_set(err, EIO, "%s\nFailed to create regex device filter",
			     capture.errors.used ? capture.errors.data : "Couldn't parse regex");
	dm_log_capture_free(&capture);
	return rc;
}

static int pattern_list_open(struct filter *filter, struct pattern_list *list,
			     const struct config *config, const char *path, struct err *err)
{
	const struct dm_config_node *node = config_node(config, path);
	const char *regexes[PATTERNS_MAX];
	unsigned count = 0;
	int rc;

	if (!node || !node->v || node->v->type == DM_CFG_EMPTY_ARRAY)
		return 0;
	for (const struct dm_config_value *v = node->v; v; v = v->next) {
		if (v->type != DM_CFG_STRING)
			return err_set(err, EIO,
				       "Filter patterns must be enclosed in quotes.\n"
				       "Failed to create regex device filter");
		if (++count > PATTERNS_MAX)
			return err_set(err, EIO, "%s has more than %d patterns.", path,
				       PATTERNS_MAX);
	}
	list->count = count;
	for (const struct dm_config_value *v = node->v; v; v = v->next) {
		count--;
		if ((rc = pattern_parse(filter->pool, v->v.str, &list->accept[count],
					&regexes[count], err)))
			return rc;
	}
	return pattern_list_compile(filter->pool, list, regexes, err);
}

static bool list_accepts_names(const struct pattern_list *list, const char *const *names,
			       const char **ret_name)
{
	bool rejected = false;

	if (!list->regex)
		return true;
	for (size_t i = 0; names[i]; i++) {
		int match = dm_regex_match(list->regex, names[i]);

		if (match < 0)
			continue;
		if (list->accept[match]) {
			if (i && ret_name)
				*ret_name = names[i];
			return true;
		}
		rejected = true;
	}
	return !rejected;
}

bool filter_accepts_names(const struct filter *filter, const char *const *names,
			  const char **ret_name)
{
	return list_accepts_names(&filter->lists[1], names, NULL) &&
	       list_accepts_names(&filter->lists[0], names, ret_name);
}

int filter_open(const struct config *config, struct filter **ret_filter, struct err *err)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	int64_t min_kib = config_int(config, "devices/pv_min_size");
	int rc;

	if (!filter || !(filter->pool = dm_pool_create("device filter", 4096))) {
		free(filter);
		return err_set(err, ENOMEM, "Out of memory for the device filter.");
	}
	if (min_kib < PV_MIN_SIZE_KIB)
		min_kib = PV_MIN_SIZE_KIB;
	filter->min_bytes = (uint64_t)min_kib * 1024;
	filter->scan_lvs = config_bool(config, "devices/scan_lvs");
	filter->md_detection = config_bool(config, "devices/md_component_detection");
	filter->multipath_detection = config_bool(config, "devices/multipath_component_detection");

	if ((rc = pattern_list_open(filter, &filter->lists[0], config, "devices/filter", err)) ||
	    (rc = pattern_list_open(filter, &filter->lists[1], config, "devices/global_filter",
				    err))) {
		filter_close(filter);
		return rc;
	}
	*ret_filter = filter;
	return 0;
}

void filter_close(struct filter *filter)
{
	if (!filter)
		return;
	dm_pool_destroy(filter->pool);
	free(filter);
}

/* ---- what the kernel says ---- */

static bool dm_uuid_begins(const char *kernel_name, const char *prefix)
{
	char uuid[SYSFS_VALUE_MAX];

	return sysfs_text(kernel_name, "dm/uuid", uuid) && !strncmp(uuid, prefix, strlen(prefix));
}

struct holders {
	bool md, multipath;
};

static void note_holder(void *data, const char *entry)
{
	struct holders *holders = data;

	if (sysfs_has(entry, "md"))
		holders->md = true;
	if (dm_uuid_begins(entry, "mpath-"))
		holders->multipath = true;
}

/* Of the device and, for a partition, of its disk: a path of a multipathed disk has partitions. */
static struct holders find_holders(const char *kernel_name)
{
	struct holders holders = { 0 };
	char whole[SYSFS_VALUE_MAX];

	(void)sysfs_each(kernel_name, "holders", note_holder, &holders);
	if (sysfs_whole_disk(kernel_name, whole) && strcmp(whole, kernel_name)) {
		struct holders of_disk = { 0 };

		(void)sysfs_each(whole, "holders", note_holder, &of_disk);
		holders.multipath = holders.multipath || of_disk.multipath;
	}
	return holders;
}

static bool dos_table_has_partitions(const unsigned char sector[DOS_SECTOR_BYTES])
{
	bool found = false;

	if (sector[DOS_MAGIC_OFFSET] != 0x55 || sector[DOS_MAGIC_OFFSET + 1] != 0xaa)
		return false;
	for (size_t i = 0; i < DOS_ENTRIES; i++) {
		const unsigned char *entry = sector + DOS_ENTRIES_OFFSET + i * DOS_ENTRY_BYTES;

		/* Boot sectors of file systems have the same magic, and code here. */
		if (entry[0] & 0x7f)
			return false;
		if (entry[4] && (entry[12] | entry[13] | entry[14] | entry[15]))
			found = true;
	}
	return found;
}

struct children {
	const char *kernel_name;
	bool found;
};

static void note_child(void *data, const char *entry)
{
	struct children *children = data;

	if (!strncmp(entry, children->kernel_name, strlen(children->kernel_name)) &&
	    sysfs_has(entry, "partition"))
		children->found = true;
}

static bool has_kernel_partitions(const char *kernel_name)
{
	struct children children = { .kernel_name = kernel_name };

	(void)sysfs_each(kernel_name, ".", note_child, &children);
	return children.found;
}

static bool is_known_type(const struct device *device)
{
	return major(device->devno) != MAJOR_FLOPPY && major(device->devno) != MAJOR_CDROM;
}

static const char *reason_to_reject(const struct filter *filter, const char *kernel_name,
				    struct device *device)
{
	struct holders holders;

	if (!is_known_type(device))
		return reason_type;
	if (device->size_bytes < filter->min_bytes)
		return reason_small;
	if (sysfs_has(kernel_name, "dm")) {
		device->is_dm_lv = dm_uuid_begins(kernel_name, "LVM-");
		if (device->is_dm_lv && !filter->scan_lvs)
			return reason_lv;
		/* Reading it would wait for its resume. */
		if (sysfs_number(kernel_name, "dm/suspended", 0))
			return reason_suspended;
	}
	holders = find_holders(kernel_name);
	if (filter->md_detection && holders.md)
		return reason_md;
	if (filter->multipath_detection && holders.multipath)
		return reason_multipath;
	return NULL;
}

/* What costs little comes first: a machine may have hundreds of devices that are not used. */
void filter_device(const struct filter *filter, const char *kernel_name, struct device *device,
		   bool use_patterns)
{
	if (use_patterns && !filter_accepts_names(filter, device->aliases, &device->name)) {
		device->rejected = reason_filter;
		return;
	}
	if ((device->rejected = reason_to_reject(filter, kernel_name, device)))
		return;
	device->is_partitioned = !device->is_partition && has_kernel_partitions(kernel_name);
	if (device->is_partitioned)
		device->rejected = reason_partitioned;
}

/* Of the versions that lie at the start; of the others the kernel knows when they are in use. */
static bool has_md_superblock(const unsigned char *head, size_t length)
{
	static const unsigned char magic[] = { 0xfc, 0x4e, 0x2b, 0xa9 };
	static const size_t offsets[] = { 0, 4096 };

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		if (length >= offsets[i] + sizeof(magic) &&
		    !memcmp(head + offsets[i], magic, sizeof(magic)))
			return true;
	return false;
}

void filter_content(const struct config *config, struct device *device, const unsigned char *head,
		    size_t length)
{
	/* A table whose partitions this kernel does not know. */
	if (!device->is_partition && length >= DOS_SECTOR_BYTES && dos_table_has_partitions(head)) {
		device->is_partitioned = true;
		device->rejected = reason_partitioned;
	} else if (config_bool(config, "devices/md_component_detection") &&
		   has_md_superblock(head, length)) {
		device->rejected = reason_md;
	}
}
