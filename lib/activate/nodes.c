/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links under /dev, each switched by one rename so that there is never a moment without it. */
#include "lib/activate/nodes.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "metadata/base/cleanup.h"

#define DEV_DIR	   "/dev"
#define MAPPER_DIR "/dev/mapper"
#define PATH_SIZE  (2 * MAPPER_NAME_SIZE + 32)

static void add_doubled(struct buf *out, const char *name)
{
	for (; *name; name++) {
		buf_add(out, name, 1);
		if (*name == '-')
			buf_add(out, name, 1);
	}
}

int dm_name_build(const char *vg_name, const char *lv_name, char name[MAPPER_NAME_SIZE],
		  struct err *err)
{
	struct buf AUTO_BUF out = { .limit = MAPPER_NAME_SIZE - 1 };

	add_doubled(&out, vg_name);
	buf_puts(&out, "-");
	add_doubled(&out, lv_name);
	if (out.failed)
		return err_set(err, ENAMETOOLONG,
			       "Name \"%s/%s\" is too long for a device-mapper name.", vg_name,
			       lv_name);
	memcpy(name, out.data, out.used + 1);
	return 0;
}

bool dm_name_split(const char *name, char vg_name[MAPPER_NAME_SIZE], char lv_name[MAPPER_NAME_SIZE])
{
	char *to = vg_name;
	bool in_lv = false;

	if (strlen(name) >= MAPPER_NAME_SIZE)
		return false;
	for (; *name; name++) {
		if (name[0] == '-' && name[1] != '-') {
			if (in_lv)
				return false;
			*to = '\0';
			to = lv_name;
			in_lv = true;
			continue;
		}
		if (name[0] == '-')
			name++;
		*to++ = *name;
	}
	*to = '\0';
	return in_lv && *vg_name && *lv_name;
}

static void vg_directory(const char *vg_name, char path[PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, "%s/%s", DEV_DIR, vg_name);
}

static void link_path(const char *vg_name, const char *lv_name, char path[PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, "%s/%s/%s", DEV_DIR, vg_name, lv_name);
}

/* Put a link at @path whatever link is there now. */
static int replace_link(const char *target, const char *vg_name, const char *path)
{
	char temporary[PATH_SIZE];

	/* No LV has a name like that: they do not begin with a dot and a hyphen. */
	(void)snprintf(temporary, sizeof(temporary), "%s/%s/.-%ld", DEV_DIR, vg_name,
		       (long)getpid());
	(void)unlink(temporary);
	if (symlink(target, temporary))
		return -errno;
	if (rename(temporary, path)) {
		int r = -errno;

		(void)unlink(temporary);
		return r;
	}
	return 0;
}

void link_mend(struct context *context, const char *vg_name, const char *lv_name,
	       const struct lv_kernel_state *state)
{
	char path[PATH_SIZE], directory[PATH_SIZE], target[PATH_SIZE];
	struct stat st;
	int r;

	link_path(vg_name, lv_name, path);
	if (!stat(path, &st) && S_ISBLK(st.st_mode) &&
	    st.st_rdev == makedev(state->major, state->minor))
		return;
	if (!lstat(path, &st) && !S_ISLNK(st.st_mode)) {
		ctx_warn(context, "WARNING: %s is in the way: no link to the volume made.", path);
		return;
	}
	vg_directory(vg_name, directory);
	if (mkdir(directory, 0755) && errno != EEXIST) {
		ctx_warn(context, "WARNING: Cannot make directory %s: %s", directory,
			 strerror(errno));
		return;
	}
	(void)snprintf(target, sizeof(target), "%s/%s", MAPPER_DIR, state->name);
	r = replace_link(target, vg_name, path);
	/* The last link in it was just removed, and the directory with it. */
	if (r == -ENOENT && (!mkdir(directory, 0755) || errno == EEXIST))
		r = replace_link(target, vg_name, path);
	if (r)
		ctx_warn(context, "WARNING: Cannot make link %s to %s: %s", path, target,
			 strerror(-r));
}

void link_remove(struct context *context, const char *vg_name, const char *lv_name)
{
	char path[PATH_SIZE], directory[PATH_SIZE];
	struct stat st;

	link_path(vg_name, lv_name, path);
	if (!lstat(path, &st) && S_ISLNK(st.st_mode) && stat(path, &st) && errno == ENOENT &&
	    unlink(path) && errno != ENOENT)
		ctx_warn(context, "WARNING: Cannot remove link %s: %s", path, strerror(errno));
	vg_directory(vg_name, directory);
	/* Fails while other links are in it, as it should. */
	(void)rmdir(directory);
}

/* A link of ours that leads nowhere, or one under its temporary name. */
static bool is_left_over(const char *vg_name, const char *name)
{
	char path[PATH_SIZE], target[PATH_SIZE], expected[sizeof(MAPPER_DIR) + MAPPER_NAME_SIZE];
	char dm_name[MAPPER_NAME_SIZE];
	ssize_t length;
	struct stat st;

	link_path(vg_name, name, path);
	if ((length = readlink(path, target, sizeof(target) - 1)) < 0)
		return false;
	target[length] = '\0';
	if (!strncmp(name, ".-", 2))
		return !strncmp(target, MAPPER_DIR "/", strlen(MAPPER_DIR "/")) &&
		       kill((pid_t)strtol(name + 2, NULL, 10), 0) && errno == ESRCH;
	if (dm_name_build(vg_name, name, dm_name, NULL))
		return false;
	(void)snprintf(expected, sizeof(expected), MAPPER_DIR "/%s", dm_name);
	return !strcmp(target, expected) && stat(path, &st) && errno == ENOENT;
}

/* Directories are not followed by links: VGs' are real. */
static void sweep_directory(struct context *context, const char *vg_name)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	bool was_ours = false;
	DIR *directory;

	vg_directory(vg_name, path);
	if (!(directory = opendir(path)))
		return;
	while ((entry = readdir(directory))) {
		if (entry->d_type != DT_LNK || strlen(entry->d_name) >= MAPPER_NAME_SIZE ||
		    !is_left_over(vg_name, entry->d_name))
			continue;
		link_path(vg_name, entry->d_name, path);
		ctx_verbose(context, "Removing link %s to a volume that is gone.", path);
		if (unlink(path) && errno != ENOENT)
			ctx_warn(context, "WARNING: Cannot remove link %s: %s", path,
				 strerror(errno));
		was_ours = true;
	}
	(void)closedir(directory);
	vg_directory(vg_name, path);
	if (was_ours)
		(void)rmdir(path);
}

void links_sweep(struct context *context)
{
	struct dirent *entry;
	struct err err;
	DIR *directory;

	if (mapper_mend_nodes(&err))
		ctx_warn(context, "WARNING: %s", err.text);
	if (!(directory = opendir(DEV_DIR))) {
		ctx_warn(context, "WARNING: Cannot read %s: %s", DEV_DIR, strerror(errno));
		return;
	}
	while ((entry = readdir(directory)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
		    strlen(entry->d_name) < MAPPER_NAME_SIZE)
			sweep_directory(context, entry->d_name);
	(void)closedir(directory);
}
