/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library handle: configuration, errors, and finding VGs. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/activate/activate.h"
#include "lib/api/handle.h"
#include "lib/api/lvm2app_cluster.h"
#include "lib/config.h"
#include "lib/version.h"

#define ORPHANS "#orphans_lvm2" /* what the name of no VG was always called */

const char *lvm_library_get_version(void)
{
	return "2.02.188(2) (clvm " CLVM_VERSION ")";
}

float lvm_percent_to_float(percent_t v)
{
	return (float)v / (float)PERCENT_1;
}

/* Only what is an error is kept; nothing is printed, nobody is asked. */
static void keep_message(void *data, enum message_level level, const char *text)
{
	if (level == MESSAGE_ERROR)
		(void)api_error(data, -1, "%s", text);
}

static int open_context(struct lvm *library, const char *system_dir, struct err *err)
{
	const struct context_options options = {
		.system_dir = system_dir,
		.command_line = program_invocation_short_name,
		.ops = { .message = keep_message, .data = library },
	};

	return context_open(&options, &library->context, err);
}

static struct lvm *library_new(void)
{
	struct lvm *library = calloc(1, sizeof(*library));

	if (!library)
		return NULL;
	library->arena.limit = API_MEMORY_LIMIT;
	library->messages.limit = API_ERROR_LIMIT;
	if (!handle_register(&library->handle, HANDLE_LIBRARY, library))
		return library;
	free(library);
	return NULL;
}

lvm_t lvm_init(const char *system_dir)
{
	struct lvm *library = library_new();
	struct err err = { 0 };

	if (!library)
		return NULL;
	if (!open_context(library, system_dir, &err))
		return library;
	(void)api_fail(library, &err);
	if (!open_context(library, config_no_files, &err))
		return library; /* with defaults; the error is there to be asked for */
	lvm_quit(library);
	return NULL;
}

void lvm_quit(lvm_t libh)
{
	if (!libh || !CHECK_LIBRARY(libh))
		return;
	while (libh->pv_lists)
		pv_list_close(libh->pv_lists);
	while (libh->vgs)
		vg_handle_close(libh->vgs);
	while (libh->events) /* the handle is a subscription's first member */
		(void)lvm_cluster_events_close((void *)libh->events);
	for (struct handle *params = libh->params; params; params = params->next)
		handle_forget(params);
	handle_forget(&libh->handle);
	context_close(libh->context);
	buf_free(&libh->messages);
	arena_free(&libh->arena);
	free(libh);
	if (!handles_are_left())
		activation_release();
}

/* ---- configuration ---- */

int lvm_config_reload(lvm_t libh)
{
	struct err err = { 0 };

	if (!CHECK_LIBRARY(libh))
		return -1;
	api_clear(libh);
	return context_reconfigure(libh->context, libh->context->options.config_override, &err)
		       ? api_fail(libh, &err)
		       : 0;
}

int lvm_config_override(lvm_t libh, const char *config_string)
{
	struct err err = { 0 };

	if (!CHECK_LIBRARY(libh))
		return -1;
	if (!config_string)
		return api_error(libh, EINVAL, "No configuration given.");
	if (libh->context->options.config_override)
		return api_error(libh, -1, "The configuration is overridden already.");
	return context_reconfigure(libh->context, config_string, &err) ? api_fail(libh, &err) : 0;
}

int lvm_config_find_bool(lvm_t libh, const char *config_path, int fail)
{
	struct config *config;
	int found;

	if (!config_path)
		return fail;
	if (libh)
		return CHECK_LIBRARY(libh) ? config_truth(libh->context->config, config_path, fail)
					   : fail;
	if (config_open(NULL, &config, NULL))
		return 0;
	found = config_truth(config, config_path, fail);
	config_close(config);
	return found;
}

/* ---- errors ---- */

int lvm_errno(lvm_t libh)
{
	return CHECK_LIBRARY(libh) ? libh->error : EINVAL;
}

const char *lvm_errmsg(lvm_t libh)
{
	const char *text;

	if (!CHECK_LIBRARY(libh))
		return "Not an open library handle.";
	text = libh->messages.used ? arena_strdup(&libh->arena, libh->messages.data) : "";
	api_clear(libh);
	return text ? text : "Out of memory.";
}

/* ---- finding ---- */

static struct scan *scan_all(struct lvm *library)
{
	struct scan *scan = NULL;
	struct err err = { 0 };

	if (scan_run(library->context, &scan, &err))
		(void)api_fail(library, &err);
	return scan;
}

int lvm_scan(lvm_t libh)
{
	struct scan *scan;

	if (!CHECK_LIBRARY(libh) || !(scan = scan_all(libh)))
		return -1;
	scan_free(scan);
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool list_sorted(struct lvm *library, const char **texts, size_t count, struct dm_list *list)
{
	if (count)
		qsort(texts, count, sizeof(*texts), compare_texts);
	for (size_t i = 0; i < count; i++)
		if (!api_list_add_text(library, &library->arena, list, texts[i]))
			return false;
	return true;
}

static const char *id_text(struct arena *arena, const struct uuid *id)
{
	return arena_strndup(arena, id->text, UUID_LENGTH);
}

/* Names or ids of all VGs, in the scan's memory. */
static const char **vg_texts(struct scan *scan, const struct vg_summary *vgs, size_t count,
			     bool ids)
{
	const char **texts = arena_calloc(&scan->arena, count + 1, sizeof(*texts));

	for (size_t i = 0; texts && i < count; i++)
		if (!(texts[i] = ids ? id_text(&scan->arena, &vgs[i].id) : vgs[i].name))
			return NULL;
	return texts;
}

static struct dm_list *list_vgs(struct lvm *library, struct scan *scan, bool ids)
{
	struct dm_list *list = api_list(library, &library->arena);
	const struct vg_summary *vgs;
	const char **texts;
	struct err err = { 0 };
	size_t count;

	if (!list)
		return NULL;
	if (scan_list_vgs(scan, &vgs, &count, &err)) {
		(void)api_fail(library, &err);
		return NULL;
	}
	if (!(texts = vg_texts(scan, vgs, count, ids))) {
		(void)api_error(library, ENOMEM, "Out of memory.");
		return NULL;
	}
	return list_sorted(library, texts, count, list) ? list : NULL;
}

static struct dm_list *list_found(lvm_t libh, bool ids)
{
	struct scan *scan = scan_all(libh);
	struct dm_list *list = scan ? list_vgs(libh, scan, ids) : NULL;

	scan_free(scan);
	return list;
}

struct dm_list *lvm_list_vg_names(lvm_t libh)
{
	return CHECK_LIBRARY(libh) ? list_found(libh, false) : NULL;
}

struct dm_list *lvm_list_vg_uuids(lvm_t libh)
{
	return CHECK_LIBRARY(libh) ? list_found(libh, true) : NULL;
}

/* The name in handle memory, before the scan is freed. */
static const char *vg_name_of(struct lvm *library, struct scan *scan, const struct pv_disk *disk)
{
	const struct vg_summary *vg = scan_vg_of_pv(scan, &disk->header.id);

	return api_strdup(library, &library->arena, vg ? vg->name : ORPHANS);
}

const char *lvm_vgname_from_pvid(lvm_t libh, const char *pvid)
{
	const struct pv_disk *disk;
	const char *name = NULL;
	struct err err = { 0 };
	struct scan *scan;
	struct uuid id;

	if (!CHECK_LIBRARY(libh))
		return NULL;
	if (!pvid || uuid_parse(pvid, &id, &err)) {
		(void)api_error(libh, -1, "%s", pvid ? err.text : "No PV id given.");
		return NULL;
	}
	if (!(scan = scan_all(libh)))
		return NULL;
	if ((disk = scan_find_pv(scan, &id)))
		name = vg_name_of(libh, scan, disk);
	else
		(void)api_error(libh, -1, "No physical volume with id %s found.", pvid);
	scan_free(scan);
	return name;
}

const char *lvm_vgname_from_device(lvm_t libh, const char *device)
{
	const struct device *found;
	const struct pv_disk *disk;
	const char *name = NULL;
	struct scan *scan;

	if (!CHECK_LIBRARY(libh))
		return NULL;
	if (!device) {
		(void)api_error(libh, -1, "No device given.");
		return NULL;
	}
	if (!(scan = scan_all(libh)))
		return NULL;
	found = device_find(scan->devices, device);
	disk = found ? scan_find_pv_on(scan, found) : NULL;
	if (disk)
		name = vg_name_of(libh, scan, disk);
	else
		(void)api_error(libh, -1, "No physical volume found on device %s.", device);
	scan_free(scan);
	return name;
}
