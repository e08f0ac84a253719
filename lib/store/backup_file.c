/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/store/backup_file.h"

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

#include "lib/fd.h"
#include "lib/random.h"
#include "lib/together.h"
#include "metadata/base/cleanup.h"
#include "metadata/vg_text.h"

#define DIR_MODE   0700
#define FILE_MODE  0600
#define CTIME_SIZE 32 /* ctime_r() wants 26 */

/* ---- the text ---- */

/* What a file says of itself; the strings that are no one else's. */
struct about {
	struct vg_text_info info;
	struct utsname names;
	char *description, *host;
	char now[CTIME_SIZE];
};

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

static int fill_about(const struct context *context, const char *when, struct about *about,
		      struct err *err)
{
	const struct utsname *names = &about->names;
	time_t seconds = time(NULL);
	int rc;

	*about = (struct about){ 0 };
	if (uname(&about->names))
		return err_set(err, errno, "Cannot get this host's name: %s", strerror(errno));
	if ((rc = describe(context, when, &about->description, err)))
		return rc;
	if (asprintf(&about->host, "%s %s %s %s %s", names->sysname, names->nodename,
		     names->release, names->version, names->machine) < 0) {
		about->host = NULL;
		return err_set(err, ENOMEM, "Out of memory for a backup.");
	}
	if (ctime_r(&seconds, about->now))
		about->now[strcspn(about->now, "\n")] = '\0';
	about->info = (struct vg_text_info){
		.description = about->description,
		.creation_host = names->nodename,
		.creation_host_uname = about->host,
		.creation_time = (uint64_t)seconds,
		.creation_ctime = about->now,
		.format_time = format_time,
	};
	return 0;
}

static void clear_about(struct about *about)
{
	free(about->description);
	free(about->host);
}

int backup_file_export(struct context *context, struct vg *vg, const char *when, struct buf *out,
		       struct err *err)
{
	struct about about;
	int rc;

	if (!(rc = fill_about(context, when, &about, err)))
		rc = vg_export(vg, VG_TEXT_FILE, &about.info, out, err);
	clear_about(&about);
	return rc;
}

/* ---- the file ---- */

struct backup_file {
	struct vg *vg;
	struct about about;
	char path[PATH_MAX];
	int fd;
	struct beside writing;
	struct err err; /* of that */
};

int backup_file_failed(const char *path, const char *what, struct err *err)
{
	int code = errno;

	return err_set(err, code ? code : EIO, "%s: %s failed: %s", path, what, strerror(code));
}

/* LVM2's default folders are two levels below /etc. */
int backup_dir_make(const char *dir, struct err *err)
{
	AUTO_FREE char *copy = strdup(dir);

	if (!copy)
		return err_set(err, ENOMEM, "Out of memory for a backup.");
	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(copy, 0755) && errno != EEXIST)
			return backup_file_failed(copy, "mkdir", err);
		*slash = '/';
	}
	if (mkdir(copy, DIR_MODE) && errno != EEXIST)
		return backup_file_failed(copy, "mkdir", err);
	return 0;
}

int backup_dir_sync(const char *dir, struct err *err)
{
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return backup_file_failed(dir, "open", err);
	return fsync(fd) ? backup_file_failed(dir, "fsync", err) : 0;
}

static int put_piece(void *arg, const char *bytes, size_t length, struct err *err)
{
	const struct backup_file *file = arg;

	while (length) {
		ssize_t put = write(file->fd, bytes, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return backup_file_failed(file->path, "write", err);
		bytes += put;
		length -= (size_t)put;
	}
	return 0;
}

static void *write_file(void *data)
{
	struct backup_file *file = data;
	const struct text_sink sink = { put_piece, file };

	if (!vg_export_to(file->vg, VG_TEXT_FILE, &file->about.info, &sink, &file->err) &&
	    fsync(file->fd))
		(void)backup_file_failed(file->path, "fsync", &file->err);
	return NULL;
}

static int open_aside(const struct context *context, const char *dir, struct backup_file *file,
		      struct err *err)
{
	uint32_t number;
	int length, rc;

	if ((rc = random_bytes(&number, sizeof(number), err)))
		return rc;
	length = snprintf(file->path, sizeof(file->path), "%s/.lvm_%s_%d_%u", dir,
			  context->hostname, (int)getpid(), number);
	if (length < 0 || length >= PATH_MAX)
		return err_set(err, ENAMETOOLONG, "%s: name is too long", dir);
	file->fd =
		open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	return file->fd < 0 ? backup_file_failed(file->path, "open", err) : 0;
}

int backup_file_begin(struct context *context, struct vg *vg, const char *when, const char *dir,
		      struct backup_file **ret_file, struct err *err)
{
	struct backup_file *file = calloc(1, sizeof(*file));
	int rc;

	if (!file)
		return err_set(err, ENOMEM, "Out of memory for a backup.");
	file->vg = vg;
	file->fd = -1;
	if ((rc = fill_about(context, when, &file->about, err)) ||
	    (rc = open_aside(context, dir, file, err))) {
		backup_file_free(file);
		return rc;
	}
	beside_start(&file->writing, write_file, file);
	*ret_file = file;
	return 0;
}

int backup_file_wait(struct backup_file *file, const char **ret_path, struct err *err)
{
	beside_wait(&file->writing);
	if (file->err.code) {
		if (err)
			*err = file->err;
		return file->err.code;
	}
	*ret_path = file->path;
	return 0;
}

void backup_file_free(struct backup_file *file)
{
	if (!file)
		return;
	beside_wait(&file->writing);
	if (file->fd >= 0) {
		(void)unlink(file->path);
		(void)close(file->fd);
	}
	clear_about(&file->about);
	free(file);
}
