/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a VG's metadata was before each change: archive/<vg>_NNNNN-R.vg, as LVM2 names and keeps
 * them.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/random.h"
#include "lib/store/backup.h"
#include "lib/store/backup_file.h"
#include "lib/store/store.h"

#define ARCHIVE_TRIES	  32
#define SECONDS_PER_DAY	  86400
#define ARCHIVE_NAMES_MAX ((size_t)100000)

struct archive_file {
	unsigned long number;
	char name[NAME_MAX + 1];
};

struct archive_list {
	struct archive_file *items;
	size_t count, size;
};

/* "<vg>_NNNNN-R.vg" */
static bool parse_archive_name(const char *name, const char *vg_name, unsigned long *ret_number)
{
	size_t length = strlen(vg_name);
	const char *digits = name + length + 1;
	char *end;

	if (strncmp(name, vg_name, length) != 0 || name[length] != '_' || *digits < '0' ||
	    *digits > '9')
		return false;
	errno = 0;
	*ret_number = strtoul(digits, &end, 10);
	if (errno || *end != '-' || end[1] < '0' || end[1] > '9')
		return false;
	(void)strtoul(end + 1, &end, 10);
	return !strcmp(end, ".vg");
}

static int compare_archives(const void *a, const void *b)
{
	const struct archive_file *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int list_archives(const char *dir_path, const char *vg_name, struct archive_list *list,
			 struct err *err)
{
	struct dirent *entry;
	DIR *dir = opendir(dir_path);
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : backup_file_failed(dir_path, "opendir", err);
	while (!rc && list->count < ARCHIVE_NAMES_MAX && (entry = readdir(dir))) {
		struct archive_file *grown;
		unsigned long number;

		if (!parse_archive_name(entry->d_name, vg_name, &number))
			continue;
		if (list->count == list->size) {
			size_t size = list->size ? list->size * 2 : 32;

			grown = reallocarray(list->items, size, sizeof(*grown));
			if (!grown) {
				rc = err_set(err, ENOMEM, "Out of memory for the archive.");
				break;
			}
			list->items = grown;
			list->size = size;
		}
		grown = &list->items[list->count++];
		grown->number = number;
		(void)snprintf(grown->name, sizeof(grown->name), "%s", entry->d_name);
	}
	(void)closedir(dir);
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_archives);
	return rc;
}

/* Oldest first, while more than retain_min are left and they are older than retain_days. */
static void prune(struct context *context, const char *dir, const struct archive_list *list)
{
	int64_t keep = config_int(context->config, "backup/retain_min");
	int64_t days = config_int(context->config, "backup/retain_days");
	time_t now = time(NULL);

	for (size_t i = 0; keep >= 0 && i + (size_t)keep < list->count; i++) {
		char path[PATH_MAX];
		struct stat st;
		int length = snprintf(path, sizeof(path), "%s/%s", dir, list->items[i].name);

		if (length < 0 || length >= PATH_MAX || lstat(path, &st))
			continue;
		if (now - st.st_mtime <= days * SECONDS_PER_DAY)
			break;
		if (unlink(path))
			ctx_verbose(context, "%s: unlink failed: %s", path, strerror(errno));
	}
}

/* link() refuses a name that is taken, so two hosts with one folder do not collide. */
static int give_name(const char *aside, const char *dir, const char *vg_name, unsigned long number,
		     struct err *err)
{
	for (unsigned i = 0; i < ARCHIVE_TRIES; i++) {
		char path[PATH_MAX];
		uint32_t salt;
		int length, rc;

		if ((rc = random_bytes(&salt, sizeof(salt), err)))
			return rc;
		length = snprintf(path, sizeof(path), "%s/%s_%05lu-%u.vg", dir, vg_name, number,
				  salt >> 1);
		if (length < 0 || length >= PATH_MAX)
			return err_set(err, ENAMETOOLONG, "%s: name is too long", dir);
		if (!link(aside, path))
			return 0;
		if (errno != EEXIST)
			return backup_file_failed(path, "link", err);
	}
	return err_set(err, EEXIST, "%s: no free name for an archive of %s", dir, vg_name);
}

struct archive {
	struct backup_file *file;
	const char *dir; /* the configuration's */
	char *vg_name;
	struct archive_list older;
};

static void clear(struct archive *archive)
{
	backup_file_free(archive->file);
	free(archive->older.items);
	free(archive->vg_name);
	free(archive);
}

static int begin(struct context *context, struct vg *vg, struct archive *archive, struct err *err)
{
	int rc;

	if (!(archive->vg_name = strdup(vg->name)))
		return err_set(err, ENOMEM, "Out of memory for the archive.");
	if ((rc = backup_dir_make(archive->dir, err)) ||
	    (rc = list_archives(archive->dir, vg->name, &archive->older, err)))
		return rc;
	return backup_file_begin(context, vg, "before", archive->dir, &archive->file, err);
}

static int not_archived(const char *vg_name, const char *dir, struct err *err)
{
	return err_append(err,
			  "\nVolume group \"%s\" is not changed, because what it was could not be "
			  "archived in %s.",
			  vg_name, dir);
}

int archive_begin(struct context *context, struct vg *vg, struct archive **ret_archive,
		  struct err *err)
{
	const char *dir = config_string(context->config, "backup/archive_dir");
	struct archive *archive;
	int rc;

	*ret_archive = NULL;
	if (!dir || context->options.test || !config_bool(context->config, "backup/archive"))
		return 0;
	if (!(archive = calloc(1, sizeof(*archive))))
		return err_set(err, ENOMEM, "Out of memory for the archive.");
	archive->dir = dir;
	if ((rc = begin(context, vg, archive, err))) {
		rc = not_archived(vg->name, dir, err);
		clear(archive);
		return rc;
	}
	*ret_archive = archive;
	return 0;
}

static int finish(struct context *context, struct archive *archive, struct err *err)
{
	const struct archive_list *older = &archive->older;
	unsigned long number = older->count ? older->items[older->count - 1].number + 1 : 0;
	const char *aside;
	int rc;

	if ((rc = backup_file_wait(archive->file, &aside, err)))
		return rc;
	rc = give_name(aside, archive->dir, archive->vg_name, number, err);
	(void)unlink(aside);
	if (!rc)
		rc = backup_dir_sync(archive->dir, err);
	if (!rc)
		prune(context, archive->dir, older);
	return rc;
}

int archive_end(struct context *context, struct archive *archive, struct err *err)
{
	int rc;

	if (!archive)
		return 0;
	if ((rc = finish(context, archive, err)))
		rc = not_archived(archive->vg_name, archive->dir, err);
	clear(archive);
	return rc;
}

void archive_drop(struct archive *archive)
{
	if (archive)
		clear(archive);
}

int archive_write(struct context *context, struct vg *vg, struct err *err)
{
	struct archive *archive;
	int rc;

	if ((rc = archive_begin(context, vg, &archive, err)))
		return rc;
	return archive_end(context, archive, err);
}

static int visit_archives(const char *dir, const struct archive_list *list, backup_visit_fn *visit,
			  void *data, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < list->count; i++) {
		char path[PATH_MAX];
		int length = snprintf(path, sizeof(path), "%s/%s", dir, list->items[i].name);

		if (length >= 0 && length < PATH_MAX)
			rc = visit(data, path, err);
	}
	return rc;
}

int archive_each(struct context *context, const char *vg_name, backup_visit_fn *visit, void *data,
		 struct err *err)
{
	const char *dir = config_string(context->config, "backup/archive_dir");
	struct archive_list list = { 0 };
	int rc;

	if (!dir)
		return err_set(err, ENOENT, "backup/archive_dir is not set.");
	if (!(rc = list_archives(dir, vg_name, &list, err)))
		rc = list.count ? visit_archives(dir, &list, visit, data, err)
				: err_set(err, ENOENT, "No archives found in %s.", dir);
	free(list.items);
	return rc;
}
