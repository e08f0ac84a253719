/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An entry of a devices file names a device by something that stays (IDTYPE, IDNAME), read from
 * sysfs. An entry by device name is good only as long as the PV id behind the name is the listed
 * one, for names move; LVM2 then searches all devices, we only tell.
 */
#include "lib/device/selection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/config.h"
#include "lib/device/sysfs.h"
#include "metadata/base/cleanup.h"

#define SELECTION_LIMIT ((size_t)64 << 20)
#define LINE_MAX_BYTES	4096
#define NOT_SET		"." /* how the file writes it */

/* How the kernel tells what an entry names: attributes of which the first that is there counts. */
struct id_type {
	const char *name;
	const char *attributes[2];
};

static const struct id_type id_types[] = {
	{ "devname", { NULL } },
	{ "sys_wwid", { "device/wwid", "wwid" } },
	{ "sys_serial", { "device/serial", "serial" } },
	{ "mpath_uuid", { "dm/uuid" } },
	{ "crypt_uuid", { "dm/uuid" } },
	{ "lvmlv_uuid", { "dm/uuid" } },
	{ "md_uuid", { "md/uuid" } },
	{ "loop_file", { "loop/backing_file" } },
};

struct entry {
	const struct id_type *type; /* NULL: one that we do not know */
	const char *id, *device_name, *pv_id;
	unsigned partition;
	dev_t devno;
	bool found;
};

struct selection {
	struct arena arena;
	bool is_file;
	struct entry *entries;
	size_t count, size;
};

static struct entry *add_entry(struct selection *selection, struct err *err)
{
	struct entry *entry;

	if (selection->count == selection->size) {
		size_t size = selection->size ? selection->size * 2 : 16;
		struct entry *grown = reallocarray(selection->entries, size, sizeof(*grown));

		if (!grown)
			goto no_memory;
		selection->entries = grown;
		selection->size = size;
	}
	entry = &selection->entries[selection->count++];
	*entry = (struct entry){ .type = &id_types[0], .pv_id = NOT_SET };
	return entry;
no_memory:
	(void)err_set(err, ENOMEM, "Out of memory for the list of devices.");
	return NULL;
}

/* ---- the file ---- */

static const struct id_type *find_type(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(id_types) / sizeof(id_types[0]); i++)
		if (strlen(id_types[i].name) == length && !strncmp(id_types[i].name, name, length))
			return &id_types[i];
	return NULL;
}

/* The value of KEY= in a line: up to the next blank, as LVM2 writes blanks as underscores. */
static const char *find_value(const char *line, const char *key, size_t *ret_length)
{
	size_t key_length = strlen(key);

	for (const char *at = line; (at = strstr(at, key)); at += key_length)
		if ((at == line || at[-1] == ' ') && at[key_length] == '=') {
			*ret_length = strcspn(at + key_length + 1, " \n");
			return at + key_length + 1;
		}
	return NULL;
}

static const char *copy_value(struct selection *selection, const char *line, const char *key)
{
	size_t length;
	const char *value = find_value(line, key, &length);
	char *copy;

	if (!value || !length)
		return NOT_SET;
	if ((copy = arena_alloc(&selection->arena, length + 1))) {
		memcpy(copy, value, length);
		copy[length] = '\0';
	}
	return copy;
}

static int parse_line(struct selection *selection, const char *line, struct err *err)
{
	size_t length;
	const char *type = find_value(line, "IDTYPE", &length);
	const char *partition;
	struct entry *entry;

	if (line[strspn(line, " \t")] == '#' || !type)
		return 0;
	if (!(entry = add_entry(selection, err)))
		return -ENOMEM;
	entry->type = find_type(type, length);
	entry->id = copy_value(selection, line, "IDNAME");
	entry->device_name = copy_value(selection, line, "DEVNAME");
	entry->pv_id = copy_value(selection, line, "PVID");
	if (!entry->id || !entry->device_name || !entry->pv_id)
		return err_set(err, ENOMEM, "Out of memory for the list of devices.");
	if ((partition = find_value(line, "PART", &length)))
		entry->partition = (unsigned)strtoul(partition, NULL, 10);
	return 0;
}

/* Returns 1 when there is no such file, which is as if none were asked for. */
static int read_file(struct selection *selection, const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_BYTES];
	int rc = 0;

	if (!file)
		return errno == ENOENT ? 1
				       : err_set(err, errno, "Cannot open devices file %s: %s",
						 path, strerror(errno));
	while (!rc && fgets(line, sizeof(line), file))
		rc = parse_line(selection, line, err);
	if (!rc && ferror(file))
		rc = err_set(err, EIO, "Cannot read devices file %s.", path);
	(void)fclose(file);
	return rc;
}

static bool has_patterns(const struct config *config, const char *path)
{
	return config_node(config, path);
}

static int open_file(struct context *context, struct selection *selection, const char *name,
		     struct err *err)
{
	const struct config *config = context->config;
	const char *dir = config_system_dir(config);
	const char *path;
	int rc;

	if (!dir)
		return 1;
	if (!(path = arena_printf(&selection->arena, "%s/devices/%s", dir, name)))
		return err_set(err, ENOMEM, "Out of memory for the list of devices.");
	if ((rc = read_file(selection, path, err)))
		return rc;
	selection->is_file = true;
	if (context->selection_told)
		return 0;
	if (has_patterns(config, "devices/filter"))
		ctx_warn(context, "Please remove the lvm.conf filter, it is ignored with the "
				  "devices file.");
	if (has_patterns(config, "devices/global_filter"))
		ctx_warn(context, "Please remove the lvm.conf global_filter, it is ignored with "
				  "the devices file.");
	return 0;
}

/* ---- --devices ---- */

static int add_names(struct selection *selection, const char *names, struct err *err)
{
	while (*names) {
		size_t length = strcspn(names, ",");
		struct entry *entry;
		char *name;

		if (length) {
			if (!(entry = add_entry(selection, err)))
				return -ENOMEM;
			if (!(name = arena_alloc(&selection->arena, length + 1)))
				return err_set(err, ENOMEM,
					       "Out of memory for the list of devices.");
			memcpy(name, names, length);
			name[length] = '\0';
			entry->id = entry->device_name = name;
		}
		names += length;
		names += *names == ',';
	}
	return 0;
}

/* ---- open, close ---- */

static int fill(struct context *context, struct selection *selection, struct err *err)
{
	const struct context_options *options = &context->options;
	const char *name = options->devices_file;
	int rc = 0;

	for (size_t i = 0; !rc && i < options->device_count; i++)
		rc = add_names(selection, options->devices[i], err);
	if (rc || options->device_count)
		return rc;
	if (name ? !*name : !config_bool(context->config, "devices/use_devicesfile"))
		return 1;
	if (!name && !(name = config_string(context->config, "devices/devicesfile")))
		return 1;
	return open_file(context, selection, name, err);
}

int selection_open(struct context *context, struct selection **ret_selection, struct err *err)
{
	struct selection *selection = calloc(1, sizeof(*selection));
	int rc;

	*ret_selection = NULL;
	if (!selection)
		return err_set(err, ENOMEM, "Out of memory for the list of devices.");
	selection->arena.limit = SELECTION_LIMIT;
	if ((rc = fill(context, selection, err))) {
		selection_close(selection);
		return rc < 0 ? rc : 0;
	}
	*ret_selection = selection;
	return 0;
}

void selection_close(struct selection *selection)
{
	if (!selection)
		return;
	free(selection->entries);
	arena_free(&selection->arena);
	free(selection);
}

/* ---- devices ---- */

/* LVM2 writes blanks and control characters of ids as underscores. */
static bool id_equals(const char *written, const char *id)
{
	while (*id == ' ')
		id++;
	for (; *id && *written; id++, written++)
		if (*id != *written &&
		    !(*written == '_' && ((unsigned char)*id <= ' ' || *id == '_')))
			return false;
	while (*id == ' ')
		id++;
	return !*id && !*written;
}

static bool has_name(const struct device *device, const char *name)
{
	struct stat st;

	for (const char *const *alias = device->aliases; *alias; alias++)
		if (!strcmp(*alias, name))
			return true;
	/* A link outside of the directories that were walked. */
	return !stat(name, &st) && S_ISBLK(st.st_mode) && st.st_rdev == device->devno;
}

static bool has_id(const struct entry *entry, const char *kernel_name)
{
	char whole[SYSFS_VALUE_MAX], value[SYSFS_VALUE_MAX];

	if (!entry->type || !strcmp(entry->id, NOT_SET) ||
	    sysfs_number(kernel_name, "partition", 0) != entry->partition ||
	    !sysfs_whole_disk(kernel_name, whole))
		return false;
	for (size_t i = 0; i < 2 && entry->type->attributes[i]; i++)
		if (sysfs_text(whole, entry->type->attributes[i], value))
			return id_equals(entry->id, value);
	return false;
}

const char *selection_reject(struct selection *selection, const char *kernel_name,
			     const struct device *device)
{
	for (size_t i = 0; i < selection->count; i++) {
		struct entry *entry = &selection->entries[i];
		bool by_name = entry->type == &id_types[0];

		if (entry->found ||
		    !(by_name ? has_name(device, entry->id) : has_id(entry, kernel_name)))
			continue;
		entry->found = true;
		entry->devno = device->devno;
		return NULL;
	}
	return selection->is_file ? "device is not in devices file"
				  : "device is not in devices list";
}

void selection_tell_missing(struct context *context, const struct selection *selection)
{
	for (size_t i = 0; !context->selection_told && i < selection->count; i++) {
		const struct entry *entry = &selection->entries[i];
		bool by_name = entry->type == &id_types[0];

		if (entry->found)
			continue;
		if (!selection->is_file)
			ctx_warn(context, "Device not found for %s.", entry->id);
		else if (by_name)
			ctx_warn(context, "Devices file PVID %s last seen on %s not found.",
				 entry->pv_id, entry->device_name);
		else
			ctx_warn(context, "Devices file %s %s PVID %s last seen on %s not found.",
				 entry->type ? entry->type->name : "unknown",
				 strcmp(entry->id, NOT_SET) ? entry->id : "none", entry->pv_id,
				 entry->device_name);
	}
	context->selection_told = true;
}

const char *selection_check_pv(struct context *context, const struct selection *selection,
			       const struct device *device, const struct uuid *pv_id)
{
	for (size_t i = 0; i < selection->count; i++) {
		const struct entry *entry = &selection->entries[i];

		if (!entry->found || entry->devno != device->devno ||
		    !strcmp(entry->pv_id, NOT_SET) ||
		    !strncmp(entry->pv_id, pv_id->text, UUID_LENGTH))
			continue;
		if (entry->type == &id_types[0]) {
			ctx_warn(context,
				 "Devices file PVID %s not found on device %s (device PVID %.*s).",
				 entry->pv_id, device->name, UUID_LENGTH, pv_id->text);
			return "device is not in devices file";
		}
		ctx_warn(context, "Device %s has PVID %.*s (devices file %s)", device->name,
			 UUID_LENGTH, pv_id->text, entry->pv_id);
	}
	return NULL;
}
