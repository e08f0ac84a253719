/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's list (/sys/class/block) says which devices there are, a walk over /dev by which
 * names. A device without a node is left out: nobody could open it.
 */
#include "lib/device/device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/config.h"
#include "lib/device/bound_loops.h"
#include "lib/device/filter.h"
#include "lib/device/selection.h"
#include "lib/device/sysfs.h"
#include "metadata/base/cleanup.h"
#include "metadata/name_index.h"

#define LIST_ARENA_LIMIT   ((size_t)64 << 20)
#define DEV_DEPTH_MAX	   12
#define DEFAULT_DEV_DIR	   "/dev"
#define KERNEL_SECTOR	   512 /* sysfs counts in these whatever the block size */
#define DEFAULT_BLOCK	   512
#define LOGICAL_BLOCK_MAX  65536
#define ALIASES_GROW_FIRST 64
#define READ_TIMEOUT_MAX   3600
#define KERNEL_PATH_SIZE   (sizeof(DEFAULT_DEV_DIR) + NAME_MAX + 1)

/* A node or link found under /dev. */
struct alias {
	dev_t devno;
	const char *path;
	bool is_link;
};

struct builder {
	struct context *context;
	struct device_list *list;
	struct filter *filter;
	struct alias *aliases; /* sorted by device once the walk is done */
	size_t alias_count, alias_size;
	struct name_index nodes; /* those of aliases that are no links, by path; once indexed */
	bool is_indexed;
	struct arena scratch;
	struct bound_loops loops;
	size_t item_size;
	dev_t dev_fs; /* the walk stays on this file system */
	bool out_of_memory;
};

/* ---- names ---- */

static void add_alias(struct builder *builder, dev_t devno, const char *path, bool is_link)
{
	struct alias *grown;
	char *copy;

	if (builder->alias_count == builder->alias_size) {
		size_t size = builder->alias_size ? builder->alias_size * 2 : ALIASES_GROW_FIRST;

		if (!(grown = reallocarray(builder->aliases, size, sizeof(*grown)))) {
			builder->out_of_memory = true;
			return;
		}
		builder->aliases = grown;
		builder->alias_size = size;
	}
	if (!(copy = arena_strdup(&builder->list->arena, path))) {
		builder->out_of_memory = true;
		return;
	}
	builder->aliases[builder->alias_count++] = (struct alias){ devno, copy, is_link };
}

static void walk(struct builder *builder, const char *dir_path, unsigned depth)
{
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (depth > DEV_DEPTH_MAX || !(dir = opendir(dir_path)))
		return;
	while ((entry = readdir(dir))) {
		char path[PATH_MAX];
		int length = snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name);

		if (entry->d_name[0] == '.' || length < 0 || length >= PATH_MAX)
			continue;
		if (entry->d_type == DT_CHR || entry->d_type == DT_FIFO ||
		    entry->d_type == DT_SOCK || entry->d_type == DT_REG)
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(st.st_mode) && st.st_dev == builder->dev_fs)
			walk(builder, path, depth + 1);
		else if (S_ISBLK(st.st_mode))
			add_alias(builder, st.st_rdev, path, false);
		else if (S_ISLNK(st.st_mode) && !fstatat(dirfd(dir), entry->d_name, &st, 0) &&
			 S_ISBLK(st.st_mode))
			add_alias(builder, st.st_rdev, path, true);
	}
	(void)closedir(dir);
}

static void walk_root(void *data, const char *root)
{
	struct builder *builder = data;
	struct stat st;

	if (stat(root, &st)) {
		ctx_warn(builder->context, "Ignoring %s: %s.", root, strerror(errno));
		return;
	}
	builder->dev_fs = st.st_dev;
	walk(builder, root, 0);
}

static int compare_aliases(const void *a, const void *b)
{
	const struct alias *x = a, *y = b;

	if (x->devno != y->devno)
		return x->devno < y->devno ? -1 : 1;
	return strcmp(x->path, y->path);
}

static unsigned count_slashes(const char *path)
{
	unsigned count = 0;

	for (; *path; path++)
		count += *path == '/';
	return count;
}

static bool begins(const char *path, const char *prefix)
{
	return !strncmp(path, prefix, strlen(prefix));
}

/* Lower is better, equal ones go by their names, as LVM2 has it: fewer slashes, then links that
 * somebody made for a name, then nodes. Sorting by it also puts the preferred name first in
 * aliases[]. */
static unsigned name_rank(const struct alias *alias, const char *kernel_path, bool is_dm)
{
	const unsigned by_id = 1000, kernel_dm = 900;

	if (begins(alias->path, DEFAULT_DEV_DIR "/block/") ||
	    begins(alias->path, DEFAULT_DEV_DIR "/disk/"))
		return by_id;
	if (is_dm && begins(alias->path, DEFAULT_DEV_DIR "/mapper/"))
		return 0;
	if (is_dm && !strcmp(alias->path, kernel_path))
		return kernel_dm;
	return count_slashes(alias->path) * 2 + !alias->is_link;
}

struct ranked_name {
	unsigned rank;
	const char *path;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked_name *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Where a node of that name has to be. */
static void kernel_path_of(const char *kernel_name, char path[KERNEL_PATH_SIZE])
{
	(void)snprintf(path, KERNEL_PATH_SIZE, DEFAULT_DEV_DIR "/%s", kernel_name);
	for (char *mark = path; (mark = strchr(mark, '!'));)
		*mark = '/';
}

/* The device whose node has the kernel's name, or 0. */
static dev_t devno_of_node(struct builder *builder, const char *kernel_name)
{
	char path[KERNEL_PATH_SIZE];
	const struct alias *alias;

	if (!builder->is_indexed) {
		if (!name_index_new(&builder->nodes, builder->alias_count, &builder->scratch))
			return 0;
		for (size_t i = 0; i < builder->alias_count; i++)
			if (!builder->aliases[i].is_link)
				name_index_add(&builder->nodes, builder->aliases[i].path,
					       &builder->aliases[i]);
		(void)name_index_finish(&builder->nodes);
		builder->is_indexed = true;
	}
	kernel_path_of(kernel_name, path);
	alias = name_index_find(&builder->nodes, path);
	return alias ? alias->devno : 0;
}

/* Fill name and aliases. False: there is no node, or no memory. */
static bool name_device(struct builder *builder, const char *kernel_name, struct device *device)
{
	bool is_dm = !strncmp(kernel_name, "dm-", strlen("dm-"));
	AUTO_FREE struct ranked_name *ranked = NULL;
	const char **names;
	char kernel_path[KERNEL_PATH_SIZE];
	size_t low = 0, high = builder->alias_count, count = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (builder->aliases[middle].devno < device->devno)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < builder->alias_count &&
	       builder->aliases[low + count].devno == device->devno)
		count++;
	if (!count)
		return false;

	kernel_path_of(kernel_name, kernel_path);
	ranked = calloc(count, sizeof(*ranked));
	names = arena_calloc(&builder->list->arena, count + 1, sizeof(*names));
	if (!ranked || !names) {
		builder->out_of_memory = true;
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const struct alias *alias = &builder->aliases[low + i];

		ranked[i] =
			(struct ranked_name){ name_rank(alias, kernel_path, is_dm), alias->path };
	}
	qsort(ranked, count, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < count; i++)
		names[i] = ranked[i].path;
	device->aliases = names;
	device->name = names[0];
	return true;
}

/* ---- devices ---- */

static uint32_t logical_block_bytes(const char *kernel_name)
{
	char whole[SYSFS_VALUE_MAX];
	uint64_t bytes = DEFAULT_BLOCK;

	if (sysfs_whole_disk(kernel_name, whole))
		bytes = sysfs_number(whole, "queue/logical_block_size", DEFAULT_BLOCK);
	/* A power of two that direct I/O can work with. */
	if (bytes < DEFAULT_BLOCK || bytes > LOGICAL_BLOCK_MAX || (bytes & (bytes - 1)))
		return DEFAULT_BLOCK;
	return (uint32_t)bytes;
}

static const char *const reason_hanging = "device does not answer";

bool device_is_hanging(const struct context *context, dev_t devno)
{
	for (unsigned i = 0; i < context->hanging_count; i++)
		if (context->hanging[i] == devno)
			return true;
	return false;
}

unsigned device_read_timeout_ms(const struct context *context)
{
	int64_t seconds = config_int(context->config, "devices/read_timeout");

	if (seconds < 1)
		return 1000;
	return seconds > READ_TIMEOUT_MAX ? READ_TIMEOUT_MAX * 1000U : (unsigned)seconds * 1000U;
}

void device_set_hanging(struct context *context, struct device *device)
{
	device->rejected = reason_hanging;
	if (device_is_hanging(context, device->devno))
		return;
	ctx_warn(context, "WARNING: %s: reading timed out after %u s, device is skipped.",
		 device->name, device_read_timeout_ms(context) / 1000);
	if (context->hanging_count < CONTEXT_HANGING_MAX)
		context->hanging[context->hanging_count++] = device->devno;
}

static bool append_item(struct builder *builder, struct device *device)
{
	struct device_list *list = builder->list;
	struct device **grown;

	if (list->count == builder->item_size) {
		size_t size = builder->item_size ? builder->item_size * 2 : ALIASES_GROW_FIRST;

		if (!(grown = reallocarray(list->items, size, sizeof(struct device *))))
			return false;
		list->items = grown;
		builder->item_size = size;
	}
	list->items[list->count++] = device;
	return true;
}

/* Fill devno, is_partition and size_bytes. False: it has gone. */
static bool identify(struct builder *builder, const char *kernel_name, struct device *device)
{
	uint64_t sectors;

	if (bound_loops_lack(&builder->loops, kernel_name) &&
	    (device->devno = devno_of_node(builder, kernel_name)))
		return true;
	if (!sysfs_identify(kernel_name, &device->devno, &device->is_partition))
		return false;
	sectors = sysfs_number(kernel_name, "size", 0);
	device->size_bytes = sectors > UINT64_MAX / KERNEL_SECTOR ? 0 : sectors * KERNEL_SECTOR;
	return true;
}

static void add_device(void *data, const char *kernel_name)
{
	struct builder *builder = data;
	struct device *device = arena_new(&builder->list->arena, struct device);

	if (!device) {
		builder->out_of_memory = true;
		return;
	}
	if (!identify(builder, kernel_name, device) || !name_device(builder, kernel_name, device))
		return;
	device->logical_block_bytes = DEFAULT_BLOCK;
	if (builder->list->selection)
		device->rejected = selection_reject(builder->list->selection, kernel_name, device);
	if (!device->rejected)
		filter_device(builder->filter, kernel_name, device, !builder->list->selection);
	if (!device->rejected)
		device->logical_block_bytes = logical_block_bytes(kernel_name);
	if (!device->rejected && device_is_hanging(builder->context, device->devno))
		device->rejected = reason_hanging;
	if (!append_item(builder, device))
		builder->out_of_memory = true;
}

static int compare_devices(const void *a, const void *b)
{
	const struct device *x = *(struct device *const *)a, *y = *(struct device *const *)b;

	return strcmp(x->name, y->name);
}

static int build(struct builder *builder, struct err *err)
{
	const struct config *config = builder->context->config;

	if (config_each_string(config, "devices/scan", walk_root, builder) < 0)
		walk_root(builder, DEFAULT_DEV_DIR);
	if (builder->alias_count)
		qsort(builder->aliases, builder->alias_count, sizeof(*builder->aliases),
		      compare_aliases);
	bound_loops_read(&builder->loops);
	if (!sysfs_each(NULL, NULL, add_device, builder))
		return err_set(err, EIO, "%s: cannot list block devices: %s", SYSFS_BLOCK,
			       strerror(errno));
	if (builder->out_of_memory)
		return err_set(err, ENOMEM, "Out of memory for the list of devices.");
	if (builder->list->count)
		qsort(builder->list->items, builder->list->count, sizeof(struct device *),
		      compare_devices);
	return 0;
}

int device_list_build(struct context *context, struct device_list **ret_list, struct err *err)
{
	struct builder builder = { .context = context, .scratch.limit = LIST_ARENA_LIMIT };
	int rc;

	if ((rc = filter_open(context->config, &builder.filter, err)))
		return rc;
	builder.list = calloc(1, sizeof(*builder.list));
	if (builder.list) {
		builder.list->arena.limit = LIST_ARENA_LIMIT;
		if (!(rc = selection_open(context, &builder.list->selection, err)))
			rc = build(&builder, err);
		if (!rc && builder.list->selection)
			selection_tell_missing(context, builder.list->selection);
	} else {
		rc = err_set(err, ENOMEM, "Out of memory for the list of devices.");
	}
	free(builder.aliases);
	arena_free(&builder.scratch);
	bound_loops_free(&builder.loops);
	filter_close(builder.filter);
	if (rc) {
		device_list_free(builder.list);
		return rc;
	}
	*ret_list = builder.list;
	return 0;
}

void device_list_free(struct device_list *list)
{
	if (!list)
		return;
	free(list->items);
	selection_close(list->selection);
	arena_free(&list->arena);
	free(list);
}

const struct device *device_find_devno(const struct device_list *list, dev_t devno)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i]->devno == devno)
			return list->items[i];
	return NULL;
}

const struct device *device_find(const struct device_list *list, const char *path)
{
	struct stat st;

	for (size_t i = 0; i < list->count; i++)
		for (const char *const *alias = list->items[i]->aliases; *alias; alias++)
			if (!strcmp(*alias, path))
				return list->items[i];
	if (stat(path, &st) || !S_ISBLK(st.st_mode))
		return NULL;
	return device_find_devno(list, st.st_rdev);
}
