/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names: from how the user wrote them to VG and LV, and lists of what there is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/op/op.h"
#include "lib/op/session.h"

#define DEV_PREFIX    "/dev/"
#define MAPPER_PREFIX "/dev/mapper/"

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

int op_vg_name(const char *text, struct arena *arena, const char **ret_vg, struct err *err)
{
	const char *name = text;
	char *copy;
	size_t length;

	if (starts_with(name, DEV_PREFIX))
		name += strlen(DEV_PREFIX);
	length = strlen(name);
	while (length && name[length - 1] == '/')
		length--;
	if (memchr(name, '/', length))
		return err_set(err, EINVAL, "Volume group name expected (no slash)");
	if (!(copy = arena_strndup(arena, name, length)))
		return err_set(err, ENOMEM, "Out of memory.");
	*ret_vg = copy;
	return 0;
}

/* "my--vg-a--b": a lone hyphen divides, a doubled one is a hyphen of the name. */
static int split_dm_name(const char *text, struct arena *arena, const char **ret_vg,
			 const char **ret_lv, struct err *err)
{
	char *name = arena_strdup(arena, text), *to = name, *lv = NULL;

	if (!name)
		return err_set(err, ENOMEM, "Out of memory.");
	for (const char *from = text; *from; from++) {
		if (*from == '-' && from[1] == '-') {
			*to++ = '-';
			from++;
		} else if (*from == '-' && !lv) {
			*to++ = '\0';
			lv = to;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	if (!lv || !*name || !*lv)
		return err_set(err, EINVAL, "\"%s%s\": Invalid path for Logical Volume.",
			       MAPPER_PREFIX, text);
	*ret_vg = name;
	*ret_lv = lv;
	return 0;
}

int op_split_lv_name(const char *text, struct arena *arena, const char **ret_vg,
		     const char **ret_lv, struct err *err)
{
	const char *rest = text, *slash;
	char *vg;

	if (starts_with(text, MAPPER_PREFIX))
		return split_dm_name(text + strlen(MAPPER_PREFIX), arena, ret_vg, ret_lv, err);
	if (starts_with(rest, DEV_PREFIX))
		rest += strlen(DEV_PREFIX);
	slash = strchr(rest, '/');
	if (!slash || slash == rest || !slash[1] || strchr(slash + 1, '/'))
		return err_set(err, EINVAL, "\"%s\": Invalid path for Logical Volume.", text);
	vg = arena_strndup(arena, rest, (size_t)(slash - rest));
	*ret_lv = arena_strdup(arena, slash + 1);
	if (!vg || !*ret_lv)
		return err_set(err, ENOMEM, "Out of memory.");
	*ret_vg = vg;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The VG's id where another has the same name. */
static const char *unique_name(const struct vg_summary *summaries, size_t count, size_t which,
			       struct arena *arena)
{
	char dashed[UUID_DASHED_SIZE];

	for (size_t i = 0; i < count; i++)
		if (i != which && !strcmp(summaries[i].name, summaries[which].name))
			return arena_strdup(arena, uuid_format(&summaries[which].id, dashed));
	return arena_strdup(arena, summaries[which].name);
}

int op_list_vg_names(struct context *context, struct arena *arena, const char *const **ret_names,
		     size_t *ret_count, struct err *err)
{
	const struct vg_summary *summaries;
	const char **names;
	struct scan *scan;
	size_t count;
	int rc;

	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if ((rc = scan_list_vgs(scan, &summaries, &count, err)))
		goto out;
	if (!(names = arena_calloc(arena, count + 1, sizeof(*names)))) {
		rc = err_set(err, ENOMEM, "Out of memory.");
		goto out;
	}
	for (size_t i = 0; i < count; i++)
		if (!(names[i] = unique_name(summaries, count, i, arena))) {
			rc = err_set(err, ENOMEM, "Out of memory.");
			goto out;
		}
	qsort(names, count, sizeof(*names), compare_names);
	*ret_names = names;
	*ret_count = count;
out:
	scan_free(scan);
	return rc;
}

int op_list_lv_names(struct context *context, const char *vg_name, struct arena *arena,
		     const char *const **ret_names, size_t *ret_count, struct err *err)
{
	struct stored_vg *stored = NULL;
	struct scan *scan;
	const char **names;
	size_t count = 0;
	int rc;

	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if ((rc = stored_vg_read(context, scan, vg_name, NULL, &stored, err))) {
		(void)err_cannot_process_vg(err, vg_name);
		goto out;
	}
	rc = err_set(NULL, ENOMEM, "%s", "");
	if (!(names = arena_calloc(arena, stored->vg->lv_count + 1, sizeof(*names))))
		goto out;
	for (uint32_t i = 0; i < stored->vg->lv_count; i++)
		if (lv_is_visible(stored->vg->lvs[i]) &&
		    !(names[count++] = arena_strdup(arena, stored->vg->lvs[i]->name)))
			goto out;
	*ret_names = names;
	*ret_count = count;
	rc = 0;
out:
	if (rc == -ENOMEM)
		(void)err_set(err, ENOMEM, "Out of memory.");
	stored_vg_free(stored);
	scan_free(scan);
	return rc;
}
