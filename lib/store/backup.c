/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The newest metadata of each VG in a file, backup/<vg>, as LVM2 names and keeps it; and any other
 * file that vgcfgbackup is to write. A file of that name is always whole.
 */
#include "lib/store/backup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/store/backup_file.h"
#include "lib/store/store.h"
#include "metadata/base/cleanup.h"

/* A backup under way. */
struct backup {
	struct backup_file *file;
	char *path;
	const char *dir; /* the configuration's */
};

/* Give the file its name: a synced file @path in @dir, whole or not there. */
static int give_name(struct backup_file *file, const char *dir, const char *path, struct err *err)
{
	const char *aside;
	int rc;

	if ((rc = backup_file_wait(file, &aside, err)))
		return rc;
	if (rename(aside, path))
		return backup_file_failed(path, "rename", err);
	return backup_dir_sync(dir, err);
}

int backup_path(struct context *context, const char *vg_name, char **ret_path, struct err *err)
{
	const char *dir = config_string(context->config, "backup/backup_dir");

	if (!dir)
		return err_set(err, ENOENT, "backup/backup_dir is not set.");
	if (asprintf(ret_path, "%s/%s", dir, vg_name) >= 0)
		return 0;
	*ret_path = NULL;
	return err_set(err, ENOMEM, "Out of memory for a backup.");
}

static int begin(struct context *context, struct vg *vg, struct backup *backup, struct err *err)
{
	int rc;

	backup->dir = config_string(context->config, "backup/backup_dir");
	if ((rc = backup_path(context, vg->name, &backup->path, err)) ||
	    (rc = backup_dir_make(backup->dir, err)))
		return rc;
	return backup_file_begin(context, vg, "after", backup->dir, &backup->file, err);
}

static void clear(struct backup *backup)
{
	backup_file_free(backup->file);
	free(backup->path);
}

int backup_save(struct context *context, struct vg *vg, struct err *err)
{
	struct backup backup = { 0 };
	int rc;

	if (context->options.test)
		return 0;
	if (!(rc = begin(context, vg, &backup, err)))
		rc = give_name(backup.file, backup.dir, backup.path, err);
	clear(&backup);
	return rc;
}

/* Only what is a file, or nothing yet, is replaced: not /dev/null. */
int backup_file_write(struct context *context, struct vg *vg, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct backup_file *file = NULL;
	AUTO_FREE char *dir = NULL;
	struct stat st;
	int rc;

	if (context->options.test)
		return 0;
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return err_set(err, EEXIST, "%s is not a regular file", path);
	dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!dir)
		return err_set(err, ENOMEM, "Out of memory for a backup.");
	if (!(rc = backup_file_begin(context, vg, NULL, dir, &file, err)))
		rc = give_name(file, dir, path, err);
	backup_file_free(file);
	return rc;
}

static void warn_failure(struct context *context, const char *vg_name, const struct err *err)
{
	ctx_warn(context, "%s", err->text);
	ctx_warn(context, "WARNING: Backup of volume group %s metadata failed.", vg_name);
}

static bool is_wanted(const struct context *context)
{
	return !context->options.test && config_string(context->config, "backup/backup_dir") &&
	       config_bool(context->config, "backup/backup");
}

struct backup *backup_begin(struct context *context, struct vg *vg)
{
	struct backup *backup = is_wanted(context) ? calloc(1, sizeof(*backup)) : NULL;

	/* Whatever is wrong is found again, and told, when it is written after all. */
	if (backup && begin(context, vg, backup, NULL)) {
		backup_drop(backup);
		backup = NULL;
	}
	return backup;
}

void backup_drop(struct backup *backup)
{
	if (!backup)
		return;
	clear(backup);
	free(backup);
}

void backup_end(struct context *context, struct vg *vg, struct backup *backup)
{
	struct err err = { 0 };

	if (!backup) {
		backup_write(context, vg);
		return;
	}
	if (give_name(backup->file, backup->dir, backup->path, &err))
		warn_failure(context, vg->name, &err);
	backup_drop(backup);
}

void backup_write(struct context *context, struct vg *vg)
{
	struct err err = { 0 };

	if (is_wanted(context) && backup_save(context, vg, &err))
		warn_failure(context, vg->name, &err);
}

/* Where the VG begins: before it is what says when and by what the file was made. */
static const char *find_vg(const char *text, const char *vg_name)
{
	const size_t length = strlen(vg_name);

	while ((text = strchr(text, '\n'))) {
		text++;
		if (!strncmp(text, vg_name, length) && !strncmp(text + length, " {\n", 3))
			return text;
	}
	return NULL;
}

bool backup_is_current(struct context *context, struct vg *vg)
{
	AUTO_BUF struct buf text = { .limit = VG_TEXT_MAX };
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *bytes = NULL;
	const char *kept, *now;
	size_t length;

	/* Not by its seqno alone: a restored VG may have one that was used before. */
	if (backup_path(context, vg->name, &path, NULL) ||
	    backup_file_bytes(path, &bytes, &length, NULL) ||
	    backup_file_export(context, vg, "after", &text, NULL))
		return false;
	kept = find_vg(bytes, vg->name);
	now = find_vg(text.data, vg->name);
	return kept && now && !strcmp(kept, now);
}
