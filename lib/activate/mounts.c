/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mountinfo: "id parent major:minor root directory options [tags] - type source options". */
#include "lib/activate/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/number.h"

#define MOUNTINFO_PATH "/proc/self/mountinfo"
#define MOUNTINFO_MAX  ((size_t)64 << 20)

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Undo "\040" for blanks, tabs, newlines and backslashes, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) &&
		    is_octal(from[3])) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* One line, taken apart; false when it is not of the form above. */
static bool parse_line(char *line, struct mount_entry *entry)
{
	char *rest = line, *devno = NULL, *directory = NULL, *field;
	char *type;

	for (int i = 0; i < 5; i++) {
		field = strsep(&rest, " ");
		if (!field)
			return false;
		if (i == 2)
			devno = field;
		else if (i == 4)
			directory = field;
	}
	while ((field = strsep(&rest, " ")) && strcmp(field, "-"))
		;
	if (!field || !(type = strsep(&rest, " ")) || !*type)
		return false;
	if (!number_devno(devno, &entry->major, &entry->minor))
		return false;
	unescape(directory);
	unescape(type);
	entry->point = (struct mount_point){ .directory = directory, .fs_type = type };
	return true;
}

int mounts_parse(const char *text, struct arena *arena, struct mount_entry **ret_entries,
		 struct err *err)
{
	char *rest = arena_strdup(arena, text), *line;
	struct mount_entry *entries = NULL, **end = &entries;

	if (!rest)
		return err_set(err, ENOMEM, "Out of memory.");
	while ((line = strsep(&rest, "\n"))) {
		struct mount_entry entry = { .next = NULL };

		if (!parse_line(line, &entry))
			continue;
		if (!(*end = arena_new(arena, struct mount_entry)))
			return err_set(err, ENOMEM, "Out of memory.");
		**end = entry;
		end = &(*end)->next;
	}
	*ret_entries = entries;
	return 0;
}

int mounts_read(struct arena *arena, struct mount_entry **ret_entries, struct err *err)
{
	struct buf AUTO_BUF text = { .limit = MOUNTINFO_MAX };
	int AUTO_CLOSE fd = open(MOUNTINFO_PATH, O_RDONLY | O_CLOEXEC);
	char bytes[4096];
	ssize_t got;

	if (fd < 0)
		return err_set(err, errno, "Cannot open %s: %s", MOUNTINFO_PATH, strerror(errno));
	while ((got = read(fd, bytes, sizeof(bytes))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, errno, "Cannot read %s: %s", MOUNTINFO_PATH,
				       strerror(errno));
		buf_add(&text, bytes, (size_t)got);
	}
	if (text.failed)
		return err_set(err, ENOMEM, "%s is too long.", MOUNTINFO_PATH);
	return mounts_parse(text.data ? text.data : "", arena, ret_entries, err);
}

struct mount_point *mounts_find(struct mount_entry *entries, uint32_t major, uint32_t minor)
{
	struct mount_point *first = NULL, **end = &first;

	for (struct mount_entry *entry = entries; entry; entry = entry->next) {
		if (entry->major != major || entry->minor != minor)
			continue;
		entry->point.next = NULL;
		*end = &entry->point;
		end = &entry->point.next;
	}
	return first;
}

const char *mounts_join(const struct mount_point *points, const char *separator,
			struct arena *arena)
{
	const char *joined = "";

	for (; joined && points; points = points->next)
		joined = arena_printf(arena, "%s%s%s", joined, *joined ? separator : "",
				      points->directory);
	return joined;
}

int lv_mount_points(uint32_t major, uint32_t minor, struct arena *arena,
		    struct mount_point **ret_mounts, struct err *err)
{
	struct mount_entry *entries;
	int r = mounts_read(arena, &entries, err);

	if (!r)
		*ret_mounts = mounts_find(entries, major, minor);
	return r;
}
