/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices come and go while we look: what cannot be read is not there. */
#include "lib/device/sysfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/number.h"

static bool sysfs_path(char path[PATH_MAX], const char *name, const char *attribute)
{
	int length = snprintf(path, PATH_MAX, "%s/%s/%s", SYSFS_BLOCK, name, attribute);

	return length > 0 && length < PATH_MAX;
}

/* The attribute, as much of it as there is room for. */
static bool read_attribute(const char *name, const char *attribute, char text[SYSFS_VALUE_MAX])
{
	char path[PATH_MAX];
	AUTO_CLOSE int fd = -1;
	ssize_t got;

	text[0] = '\0';
	if (!sysfs_path(path, name, attribute))
		return false;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	if ((got = read(fd, text, SYSFS_VALUE_MAX - 1)) < 0)
		got = 0;
	text[got] = '\0';
	return got > 0;
}

bool sysfs_text(const char *name, const char *attribute, char text[SYSFS_VALUE_MAX])
{
	bool found = read_attribute(name, attribute, text);

	text[strcspn(text, "\n")] = '\0';
	return found;
}

uint64_t sysfs_number(const char *name, const char *attribute, uint64_t fallback)
{
	char text[SYSFS_VALUE_MAX];
	uint64_t value;

	if (!sysfs_text(name, attribute, text) || !number_whole(text, UINT64_MAX, &value))
		return fallback;
	return value;
}

bool sysfs_has(const char *name, const char *attribute)
{
	char path[PATH_MAX];

	return sysfs_path(path, name, attribute) && !access(path, F_OK);
}

bool sysfs_devno(const char *name, dev_t *ret_devno)
{
	char text[SYSFS_VALUE_MAX];
	unsigned major_number, minor_number;

	if (!sysfs_text(name, "dev", text) || !number_devno(text, &major_number, &minor_number))
		return false;
	*ret_devno = makedev(major_number, minor_number);
	return true;
}

/* Behind "KEY=" at *@text, which it must begin with; *@text is then at the next line. */
static const char *next_value(const char **text, const char *key)
{
	const char *value = *text + strlen(key);

	if (strncmp(*text, key, strlen(key)) != 0)
		return NULL;
	*text = value + strcspn(value, "\n");
	*text += **text == '\n';
	return value;
}

/* These lines come first; what people may choose, a partition's name, is behind them. */
bool sysfs_identify(const char *name, dev_t *ret_devno, bool *ret_is_partition)
{
	static const char partition[] = "partition\n";
	char uevent[SYSFS_VALUE_MAX];
	uint64_t major_number, minor_number;
	const char *at = uevent, *major_text, *minor_text, *type;

	if (!read_attribute(name, "uevent", uevent) || !(major_text = next_value(&at, "MAJOR=")) ||
	    !(minor_text = next_value(&at, "MINOR=")) || !next_value(&at, "DEVNAME=") ||
	    !(type = next_value(&at, "DEVTYPE=")) ||
	    !number_parse(&major_text, UINT32_MAX, &major_number) ||
	    !number_parse(&minor_text, UINT32_MAX, &minor_number))
		return false;
	*ret_devno = makedev((unsigned)major_number, (unsigned)minor_number);
	*ret_is_partition = !strncmp(type, partition, strlen(partition));
	return true;
}

bool sysfs_each(const char *name, const char *attribute,
		void (*visit)(void *data, const char *entry), void *data)
{
	char path[PATH_MAX] = SYSFS_BLOCK;
	struct dirent *entry;
	DIR *dir;

	if (name && !sysfs_path(path, name, attribute))
		return false;
	if (!(dir = opendir(path)))
		return false;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			visit(data, entry->d_name);
	(void)closedir(dir);
	return true;
}

static void note_entry(void *data, const char *entry)
{
	(void)entry;
	*(bool *)data = true;
}

bool sysfs_has_holders(const char *name)
{
	bool found = false;

	(void)sysfs_each(name, "holders", note_entry, &found);
	return found;
}

bool sysfs_whole_disk(const char *name, char whole[SYSFS_VALUE_MAX])
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *start;
	char *slash;
	int length;

	if (!sysfs_has(name, "partition")) {
		length = snprintf(whole, SYSFS_VALUE_MAX, "%s", name);
		return length > 0 && length < SYSFS_VALUE_MAX;
	}
	/* .../block/sda/sda1 */
	if (!sysfs_path(path, name, "..") || !realpath(path, target))
		return false;
	if (!(slash = strrchr(target, '/')))
		return false;
	start = slash + 1;
	length = snprintf(whole, SYSFS_VALUE_MAX, "%s", start);
	return length > 0 && length < SYSFS_VALUE_MAX;
}
