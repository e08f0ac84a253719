/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files with a VG's metadata, as LVM2 names and keeps them: backup/<vg> is the newest,
 * archive/<vg>_NNNNN-R.vg what was before each change. Written aside, synced, then given their
 * name, so a file of that name is always whole.
 */
#include "lib/store/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/fd.h"
#include "lib/random.h"
#include "lib/store/store.h"
#include "metadata/base/cleanup.h"

#define DIR_MODE	  0700
#define FILE_MODE	  0600
#define CTIME_SIZE	  32
#define ARCHIVE_TRIES	  32
#define SECONDS_PER_DAY	  86400
#define ARCHIVE_NAMES_MAX ((size_t)100000)

/* ---- text ---- */

static const char *format_time(uint64_t seconds, char *text, size_t size)
{
	time_t when = (time_t)seconds;
	struct tm local;

	if (!localtime_r(&when, &local) || !strftime(text, size, "%Y-%m-%d %H:%M:%S %z", &local))
		return NULL;
	return text;
}

/* @when: "before" or "after" the command; NULL: the command is what makes the file. */
static int describe(const struct context *context, const char *when, char **ret_text,
		    struct err *err)
{
	const char *command =
		context->options.command_line ? context->options.command_line : "clvm";
	int length;

	length = when ? asprintf(ret_text, "Created *%s* executing '%s'", when, command)
		      : asprintf(ret_text, "%s", command);
	if (length >= 0)
		return 0;
	*ret_text = NULL;
	return err_set(err, ENOMEM, "Out of memory for a backup.");
}

static int export_file(struct context *context, struct vg *vg, const char *when, struct buf *out,
		       struct err *err)
{
	AUTO_FREE char *description = NULL;
	AUTO_FREE char *host = NULL;
	struct vg_text_info info = { .format_time = format_time };
	time_t seconds = time(NULL);
	char now[CTIME_SIZE] = "";
	struct utsname names;
	int rc;

	if (uname(&names))
		return err_set(err, errno, "Cannot get this host's name: %s", strerror(errno));
	if ((rc = describe(context, when, &description, err)))
		return rc;
	if (asprintf(&host, "%s %s %s %s %s", names.sysname, names.nodename, names.release,
		     names.version, names.machine) < 0) {
		host = NULL;
		return err_set(err, ENOMEM, "Out of memory for a backup.");
	}
	if (ctime_r(&seconds, now))
		now[strcspn(now, "\n")] = '\0';
	info.description = description;
	info.creation_host = names.nodename;
	info.creation_host_uname = host;
	info.creation_time = (uint64_t)seconds;
	info.creation_ctime = now;
	return vg_export(vg, VG_TEXT_FILE, &info, out, err);
}

/* ---- files ---- */

static int file_failed(const char *path, const char *what, struct err *err)
{
	int code = errno;

	return err_set(err, code ? code : EIO, "%s: %s failed: %s", path, what, strerror(code));
}

/* LVM2's default folders are two levels below /etc. */
static int make_dirs(const char *dir, struct err *err)
{
	AUTO_FREE char *copy = strdup(dir);

	if (!copy)
		return err_set(err, ENOMEM, "Out of memory for a backup.");
	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(copy, 0755) && errno != EEXIST)
			return file_failed(copy, "mkdir", err);
		*slash = '/';
	}
	if (mkdir(copy, DIR_MODE) && errno != EEXIST)
		return file_failed(copy, "mkdir", err);
	return 0;
}

static int write_all(int fd, const char *path, const struct buf *text, struct err *err)
{
	size_t done = 0;

	while (done < text->used) {
		ssize_t put = write(fd, text->data + done, text->used - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return file_failed(path, "write", err);
		done += (size_t)put;
	}
	return fsync(fd) ? file_failed(path, "fsync", err) : 0;
}

/* A synced file in @dir; the caller gives it its name or unlinks it. */
static int write_aside(const struct context *context, const char *dir, const struct buf *text,
		       char path[PATH_MAX], struct err *err)
{
	AUTO_CLOSE int fd = -1;
	uint32_t number;
	int length, rc;

	if ((rc = random_bytes(&number, sizeof(number), err)))
		return rc;
	length = snprintf(path, PATH_MAX, "%s/.lvm_%s_%d_%u", dir, context->hostname, (int)getpid(),
			  number);
	if (length < 0 || length >= PATH_MAX)
		return err_set(err, ENAMETOOLONG, "%s: name is too long", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return file_failed(path, "open", err);
	if ((rc = write_all(fd, path, text, err)))
		(void)unlink(path);
	return rc;
}

static int sync_dir(const char *dir, struct err *err)
{
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return file_failed(dir, "open", err);
	return fsync(fd) ? file_failed(dir, "fsync", err) : 0;
}

/* ---- backup ---- */

/* A synced file @path in @dir, whole or not there. */
static int write_file(struct context *context, struct vg *vg, const char *when, const char *dir,
		      const char *path, struct err *err)
{
	AUTO_BUF struct buf text = { .limit = VG_TEXT_MAX };
	char aside[PATH_MAX];
	int rc;

	if ((rc = export_file(context, vg, when, &text, err)) ||
	    (rc = write_aside(context, dir, &text, aside, err)))
		return rc;
	if (rename(aside, path)) {
		rc = file_failed(path, "rename", err);
		(void)unlink(aside);
		return rc;
	}
	return sync_dir(dir, err);
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

int backup_save(struct context *context, struct vg *vg, struct err *err)
{
	const char *dir = config_string(context->config, "backup/backup_dir");
	AUTO_FREE char *path = NULL;
	int rc;

	if (context->options.test)
		return 0;
	if ((rc = backup_path(context, vg->name, &path, err)) || (rc = make_dirs(dir, err)))
		return rc;
	return write_file(context, vg, "after", dir, path, err);
}

/* Only what is a file, or nothing yet, is replaced: not /dev/null. */
int backup_file_write(struct context *context, struct vg *vg, const char *path, struct err *err)
{
	AUTO_FREE char *dir = NULL;
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (context->options.test)
		return 0;
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return err_set(err, EEXIST, "%s is not a regular file", path);
	dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!dir)
		return err_set(err, ENOMEM, "Out of memory for a backup.");
	return write_file(context, vg, NULL, dir, path, err);
}

void backup_write(struct context *context, struct vg *vg)
{
	struct err err = { 0 };

	if (!config_string(context->config, "backup/backup_dir") ||
	    !config_bool(context->config, "backup/backup"))
		return;
	if (backup_save(context, vg, &err)) {
		ctx_warn(context, "%s", err.text);
		ctx_warn(context, "WARNING: Backup of volume group %s metadata failed.", vg->name);
	}
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
	    export_file(context, vg, "after", &text, NULL))
		return false;
	kept = find_vg(bytes, vg->name);
	now = find_vg(text.data, vg->name);
	return kept && now && !strcmp(kept, now);
}

/* ---- archive ---- */

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
		return errno == ENOENT ? 0 : file_failed(dir_path, "opendir", err);
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
			return file_failed(path, "link", err);
	}
	return err_set(err, EEXIST, "%s: no free name for an archive of %s", dir, vg_name);
}

static int archive_try(struct context *context, struct vg *vg, const char *dir,
		       struct archive_list *list, struct err *err)
{
	AUTO_BUF struct buf text = { .limit = VG_TEXT_MAX };
	unsigned long number = 0;
	char aside[PATH_MAX];
	int rc;

	if ((rc = make_dirs(dir, err)) || (rc = list_archives(dir, vg->name, list, err)) ||
	    (rc = export_file(context, vg, "before", &text, err)) ||
	    (rc = write_aside(context, dir, &text, aside, err)))
		return rc;
	if (list->count)
		number = list->items[list->count - 1].number + 1;
	rc = give_name(aside, dir, vg->name, number, err);
	(void)unlink(aside);
	if (!rc)
		rc = sync_dir(dir, err);
	if (!rc)
		prune(context, dir, list);
	return rc;
}

int archive_write(struct context *context, struct vg *vg, struct err *err)
{
	const char *dir = config_string(context->config, "backup/archive_dir");
	struct archive_list list = { 0 };
	int rc;

	if (!dir || context->options.test || !config_bool(context->config, "backup/archive"))
		return 0;
	rc = archive_try(context, vg, dir, &list, err);
	free(list.items);
	return rc;
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
