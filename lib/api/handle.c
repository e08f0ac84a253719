/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/api/handle.h"

#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the register ---- */

static pthread_mutex_t register_mutex = PTHREAD_MUTEX_INITIALIZER;
static void *live; /* tsearch() tree of struct handle, by address */

/* Whose errors are those of calls that were given no usable handle. */
static _Thread_local struct lvm *used_last;

static int compare_addresses(const void *a, const void *b)
{
	const uintptr_t left = (uintptr_t)a, right = (uintptr_t)b;

	return (left > right) - (left < right);
}

int handle_register(struct handle *handle, enum handle_type type, struct lvm *library)
{
	void *found;

	handle->type = type;
	handle->library = library;
	(void)pthread_mutex_lock(&register_mutex);
	found = tsearch(handle, &live, compare_addresses);
	(void)pthread_mutex_unlock(&register_mutex);
	if (type == HANDLE_LIBRARY && found)
		used_last = library;
	return found ? 0 : -ENOMEM;
}

void handle_forget(struct handle *handle)
{
	(void)pthread_mutex_lock(&register_mutex);
	(void)tdelete(handle, &live, compare_addresses);
	(void)pthread_mutex_unlock(&register_mutex);
	if (used_last && &used_last->handle == handle)
		used_last = NULL;
}

bool handles_are_left(void)
{
	bool any;

	(void)pthread_mutex_lock(&register_mutex);
	any = live;
	(void)pthread_mutex_unlock(&register_mutex);
	return any;
}

/* Its library, or NULL. */
static struct lvm *library_of(const void *pointer, enum handle_type type)
{
	const struct handle *handle;
	struct lvm *library = NULL;
	void *found;

	(void)pthread_mutex_lock(&register_mutex);
	found = tfind(pointer, &live, compare_addresses);
	if (found) {
		handle = *(const struct handle *const *)found;
		if (handle->type == type)
			library = handle->library;
	}
	(void)pthread_mutex_unlock(&register_mutex);
	return library;
}

bool handle_check(const void *pointer, enum handle_type type, const char *function)
{
	static const char *const nouns[] = {
		[HANDLE_LIBRARY] = "library",	     [HANDLE_VG] = "volume group",
		[HANDLE_LV] = "logical volume",	     [HANDLE_PV] = "physical volume",
		[HANDLE_LVSEG] = "LV segment",	     [HANDLE_PVSEG] = "PV segment",
		[HANDLE_PV_PARAMS] = "PV parameter", [HANDLE_LV_PARAMS] = "LV parameter",
		[HANDLE_PV_LIST] = "PV list",	     [HANDLE_EVENTS] = "event",
	};
	struct lvm *library = pointer ? library_of(pointer, type) : NULL;

	if (library) {
		used_last = library;
		return true;
	}
	/* The library that was used last may have been closed by another thread. */
	if (used_last && library_of(used_last, HANDLE_LIBRARY))
		(void)api_error(used_last, EINVAL, "%s: not an open %s handle%s.", function,
				nouns[type], pointer ? "" : " (NULL)");
	return false;
}

/* ---- errors ---- */

static void add_message(struct lvm *library, const char *text)
{
	if (library->messages.used)
		buf_puts(&library->messages, "\n");
	buf_puts(&library->messages, text);
	library->messages.failed = false; /* full: the first are the ones that tell why */
}

int api_error(struct lvm *library, int code, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!library->error)
		library->error = code;
	add_message(library, text);
	return -1;
}

int api_fail(struct lvm *library, const struct err *err)
{
	int code = -1;

	switch (-err->code) {
	case ENOMEM:
	case EBUSY:
	case ENOLCK:
	case EDEADLK:
		code = -err->code;
		break;
	default:
		break; /* the interface has no number for the others */
	}
	if (!library->error)
		library->error = code;
	add_message(library, err->text);
	return -1;
}

void api_clear(struct lvm *library)
{
	library->error = 0;
	library->messages.used = 0;
}

bool vg_refuses(struct volume_group *vg)
{
	struct lvm *library = vg->handle.library;

	if (!vg->is_writable)
		(void)api_error(library, EPERM, "Attempt to modify a read-only VG");
	else if (vg->is_broken)
		(void)api_error(library, -1,
				"Volume group %s could not be read again after a change: close it.",
				vg->session.vg ? vg->session.vg->name : "");
	else
		return false;
	return true;
}

/* ---- memory, lists ---- */

const char *api_strdup(struct lvm *library, struct arena *arena, const char *text)
{
	const char *copy = arena_strdup(arena, text);

	if (!copy)
		(void)api_error(library, ENOMEM, "Out of memory.");
	return copy;
}

struct dm_list *api_list(struct lvm *library, struct arena *arena)
{
	struct dm_list *list = arena_calloc(arena, 1, sizeof(*list));

	if (list)
		dm_list_init(list);
	else
		(void)api_error(library, ENOMEM, "Out of memory.");
	return list;
}

bool api_list_add_text(struct lvm *library, struct arena *arena, struct dm_list *list,
		       const char *text)
{
	struct lvm_str_list *item = arena_calloc(arena, 1, sizeof(*item));

	if (!item || !(item->str = arena_strdup(arena, text))) {
		(void)api_error(library, ENOMEM, "Out of memory.");
		return false;
	}
	dm_list_add(list, &item->list);
	return true;
}

struct dm_list *api_list_of_tags(struct lvm *library, struct arena *arena,
				 const struct name_list *tags)
{
	struct dm_list *list = api_list(library, arena);

	for (; list && tags; tags = tags->next)
		if (!api_list_add_text(library, arena, list, tags->name))
			return NULL;
	return list;
}

bool api_parse_uuid(struct lvm *library, const char *text, struct uuid *ret_id)
{
	struct err err = { 0 };

	if (!text || strlen(text) < UUID_LENGTH) {
		(void)api_error(library, EINVAL, "Invalid UUID string length.");
		return false;
	}
	if (uuid_parse(text, ret_id, &err)) {
		(void)api_error(library, EINVAL, "Invalid UUID format.");
		return false;
	}
	return true;
}
