/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backup file comes from anywhere: another host, an editor, a mail. It is read whole, must be a
 * text as we write it, and goes through the same checks as what is on disks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/store/backup.h"
#include "metadata/base/cleanup.h"

#define GRAMMAR_ERROR "Parse error"
#define NOT_READ      "\nWARNING: couldn't read volume group metadata from file."

static int read_all(int fd, const char *path, size_t size, char *text, struct err *err)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, text + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, errno, "%s: read failed: %s", path, strerror(errno));
		if (!got)
			return err_set(err, EUCLEAN, "%s became shorter while it was read.", path);
		done += (size_t)got;
	}
	return 0;
}

static int read_file(const char *path, char **ret_text, size_t *ret_size, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *text = NULL;
	struct stat st;
	int rc;

	/* Not open() alone: that of a pipe waits for its other end. */
	if (stat(path, &st))
		return err_set(err, errno, "%s: stat failed: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, EISDIR, "%s is not a regular file", path);
	if (st.st_size < 0 || (uint64_t)st.st_size > VG_TEXT_MAX)
		return err_set(err, EFBIG, "%s is too long for a volume group's metadata.", path);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0)
		return err_set(err, errno, "%s: open failed: %s", path, strerror(errno));
	if (!(text = malloc((size_t)st.st_size + 1)))
		return err_set(err, ENOMEM, "Out of memory reading %s.", path);
	if ((rc = read_all(fd, path, (size_t)st.st_size, text, err)))
		return rc;
	text[st.st_size] = '\0';
	*ret_text = text;
	*ret_size = (size_t)st.st_size;
	text = NULL;
	return 0;
}

/* What the grammar lets pass, but no backup has: signs of a file that was changed on its way. */
static int check_bytes(const char *path, const char *text, size_t size, struct err *err)
{
	unsigned line = 1;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			line++;
		if (text[i] == '\r')
			return err_set(err, EUCLEAN,
				       "%s: line %u has a carriage return: the file was converted, "
				       "convert it back.",
				       path, line);
		if (!text[i] && i + 1 < size) /* pvck --dump keeps the one at the end */
			return err_set(err, EUCLEAN, "%s: line %u has a NUL byte.", path, line);
	}
	return 0;
}

static int failed(const char *path, const char *vg_name, struct err *err)
{
	return err_append(err, "\nFailed to read VG %s from %s", vg_name ? vg_name : "(null)",
			  path);
}

int backup_file_read(const char *path, const char *vg_name, struct vg **ret_vg,
		     struct vg_text_info *info, struct err *err)
{
	AUTO_FREE char *text = NULL;
	struct err why = { 0 };
	struct vg *vg = NULL;
	size_t size = 0;

	if (read_file(path, &text, &size, err)) {
		(void)err_append(err, NOT_READ);
		return failed(path, vg_name, err);
	}
	if (check_bytes(path, text, size, err))
		return failed(path, vg_name, err);
	if (vg_import(text, size, &vg, info, &why)) {
		(void)err_set(err, -why.code, "%s", why.text);
		if (!strncmp(why.text, GRAMMAR_ERROR, sizeof(GRAMMAR_ERROR) - 1))
			(void)err_append(err, NOT_READ);
		return failed(path, vg_name, err);
	}
	if (vg_name && strcmp(vg->name, vg_name) != 0) {
		vg_free(vg);
		return err_set(err, ENOENT, "'%s' does not contain volume group '%s'.", path,
			       vg_name);
	}
	*ret_vg = vg;
	return 0;
}

int backup_file_bytes(const char *path, char **ret_text, size_t *ret_length, struct err *err)
{
	return read_file(path, ret_text, ret_length, err);
}
