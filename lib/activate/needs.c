/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/activate/needs.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/number.h"

#define DEPTH_MAX 16 /* block devices on one another */

static const char *const folders[] = {
	"/",
	"/usr",
	"/etc",
	"/etc/clvm",
	"/etc/lvm",
	"/etc/corosync",
	"/var",
	"/var/lib",
	"/var/lib/corosync",
	"/var/lib/pacemaker",
	"/var/log",
	"/run",
	"/run/clvm",
	"/run/lock",
	"/tmp",
	"/var/log/journal",
	"/dev",
	"/proc/self/exe",
};

/* Is @dev the device, or does it lie on it? */
static bool lies_on(dev_t dev, dev_t target, unsigned int depth)
{
	char path[64], name[512], number[32];
	const struct dirent *entry;
	bool found = dev == target;
	DIR *slaves;

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/slaves", major(dev), minor(dev));
	if (found || depth >= DEPTH_MAX || !(slaves = opendir(path)))
		return found;
	while (!found && (entry = readdir(slaves))) {
		uint32_t below_major, below_minor;
		FILE *file;

		(void)snprintf(name, sizeof(name), "%s/%s/dev", path, entry->d_name);
		if (*entry->d_name == '.' || !(file = fopen(name, "re")))
			continue;
		if (!fgets(number, sizeof(number), file))
			*number = '\0';
		number[strcspn(number, "\n")] = '\0';
		if (number_devno(number, &below_major, &below_minor))
			found = lies_on(makedev(below_major, below_minor), target, depth + 1);
		(void)fclose(file);
	}
	(void)closedir(slaves);
	return found;
}

static bool is_swap(dev_t target)
{
	FILE *swaps = fopen("/proc/swaps", "re");
	char line[4096];
	struct stat status;
	bool found = false;

	while (swaps && !found && fgets(line, sizeof(line), swaps)) {
		line[strcspn(line, " \t\n")] = '\0';
		if (*line == '/' && !stat(line, &status))
			found = lies_on(S_ISBLK(status.st_mode) ? status.st_rdev : status.st_dev,
					target, 0);
	}
	if (swaps)
		(void)fclose(swaps);
	return found;
}

bool device_is_needed_here(uint32_t major_number, uint32_t minor_number)
{
	dev_t target = makedev(major_number, minor_number);
	struct stat status;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (!stat(folders[i], &status) && lies_on(status.st_dev, target, 0))
			return true;
	return is_swap(target);
}
