/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small attribute files and folders of a block device under /sys/class/block. */
#ifndef LIB_DEVICE_SYSFS_H
#define LIB_DEVICE_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SYSFS_BLOCK	"/sys/class/block"
#define SYSFS_VALUE_MAX 256 /* dm uuids are below 130 characters */

/** The first line of SYSFS_BLOCK/@name/@attribute without its newline; false: there is none. */
bool sysfs_text(const char *name, const char *attribute, char text[SYSFS_VALUE_MAX]);

/** As a number; @fallback when there is none. */
uint64_t sysfs_number(const char *name, const char *attribute, uint64_t fallback);

bool sysfs_has(const char *name, const char *attribute);

/** "major:minor" of the attribute "dev". */
bool sysfs_devno(const char *name, dev_t *ret_devno);

/** Its number and whether it is a partition, by one file. False: it is gone. */
bool sysfs_identify(const char *name, dev_t *ret_devno, bool *ret_is_partition);

/** Call @visit for each entry (none beginning with a dot) of the folder @attribute of @name; of
 * SYSFS_BLOCK itself when @name is NULL. False: no such folder. */
bool sysfs_each(const char *name, const char *attribute,
		void (*visit)(void *data, const char *entry), void *data);

/** Is the device used by another one (dm, md, loop of a loop)? */
bool sysfs_has_holders(const char *name);

/** The whole disk that partition @name lies on, or @name itself. */
bool sysfs_whole_disk(const char *name, char whole[SYSFS_VALUE_MAX]);

#endif
