/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PVs: lists of all, making and unmaking them, and what their handles tell. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/api/handle.h"
#include "lib/op/op.h"
#include "lib/op/pv_resize.h"

#define SECTOR	    512
#define COPIES_MAX  2
#define DEFAULT_MDA 255 /* sectors */

/* ---- facts ---- */

static const struct device *new_device(const struct volume_group *vg, const struct uuid *id)
{
	for (const struct new_pv *new = vg->new_pvs; new; new = new->next)
		if (uuid_equal(&new->id, id))
			return device_find(vg->session.scan->devices, new->path);
	return NULL;
}

static bool facts_in_vg(struct physical_volume *pv, struct pv_facts *facts)
{
	const struct report_vg *view = vg_view(pv->vg);

	if (!view)
		return false;
	facts->vg = view;
	if (!(facts->pv = vg_find_pv_by_id(view->stored->vg, &pv->id))) {
		(void)api_error(pv->handle.library, EINVAL,
				"The physical volume is not in the volume group any more.");
		return false;
	}
	facts->disk = scan_find_pv(pv->vg->session.scan, &pv->id);
	facts->device = facts->disk ? facts->disk->device : new_device(pv->vg, &pv->id);
	return true;
}

bool pv_facts_of(struct physical_volume *pv, struct pv_facts *ret_facts)
{
	*ret_facts = (struct pv_facts){ 0 };
	if (pv->vg)
		return facts_in_vg(pv, ret_facts);
	ret_facts->vg = report_vg_of_pv(&pv->list->source, &pv->id, &ret_facts->pv);
	ret_facts->disk = scan_find_pv(pv->list->source.scan, &pv->id);
	ret_facts->device = ret_facts->disk ? ret_facts->disk->device : NULL;
	return true;
}

/* ---- the list of all ---- */

static bool add_pv(struct pv_list *list, const struct uuid *id)
{
	struct lvm_pv_list *item = arena_calloc(&list->arena, 1, sizeof(*item));
	struct physical_volume *pv = arena_calloc(&list->arena, 1, sizeof(*pv));

	if (!item || !pv || handle_register(&pv->handle, HANDLE_PV, list->handle.library))
		return false;
	pv->handle.next = list->objects;
	list->objects = &pv->handle;
	pv->id = *id;
	pv->list = list;
	item->pv = pv;
	dm_list_add(&list->head, &item->list);
	return true;
}

static bool add_all(struct pv_list *list)
{
	const struct report_source *source = &list->source;

	for (size_t i = 0; i < source->scan->pv_disk_count; i++) {
		const struct pv_disk *disk = source->scan->pv_disks[i];

		if (!disk->is_duplicate && !report_hides(source, disk) &&
		    !add_pv(list, &disk->header.id))
			return false;
	}
	/* Those that are missing are PVs all the same. */
	for (size_t i = 0; i < source->vg_count; i++)
		for (uint32_t k = 0; k < source->vgs[i].stored->vg->pv_count; k++)
			if (!source->vgs[i].stored->pv_disks[k] &&
			    !add_pv(list, &source->vgs[i].stored->vg->pvs[k]->id))
				return false;
	return true;
}

static struct pv_list *new_list(struct lvm *library)
{
	struct pv_list *list = calloc(1, sizeof(*list));

	if (!list || handle_register(&list->handle, HANDLE_PV_LIST, library)) {
		free(list);
		(void)api_error(library, ENOMEM, "Out of memory.");
		return NULL;
	}
	dm_list_init(&list->head);
	list->arena.limit = API_MEMORY_LIMIT;
	list->next = library->pv_lists;
	library->pv_lists = list;
	return list;
}

void pv_list_close(struct pv_list *list)
{
	struct pv_list **at = &list->handle.library->pv_lists;

	while (*at != list)
		at = &(*at)->next;
	*at = list->next;
	for (struct handle *object = list->objects; object; object = object->next)
		handle_forget(object);
	handle_forget(&list->handle);
	report_source_close(&list->source);
	global_lock_release(&list->global);
	arena_free(&list->arena);
	free(list);
}

struct dm_list *lvm_list_pvs(lvm_t libh)
{
	struct pv_list *list;
	struct err err = { 0 };
	bool failed;

	if (!CHECK_LIBRARY(libh) || !(list = new_list(libh)))
		return NULL;
	if (api_take_global(libh, &list->global)) {
		pv_list_close(list);
		return NULL;
	}
	if (report_source_open(libh->context, &list->source, &failed, &err)) {
		(void)api_fail(libh, &err);
		pv_list_close(list);
		return NULL;
	}
	if (add_all(list))
		return &list->head;
	(void)api_error(libh, ENOMEM, "Out of memory.");
	pv_list_close(list);
	return NULL;
}

int lvm_list_pvs_free(struct dm_list *pvlist)
{
	struct pv_list *list;

	if (!pvlist)
		return 0;
	/* Only its address is looked at before it is known to be one of ours. */
	list = (struct pv_list *)(void *)((char *)pvlist - offsetof(struct pv_list, head));
	if (!handle_check(list, HANDLE_PV_LIST, __func__))
		return -1;
	pv_list_close(list);
	return 0;
}

/* ---- making and unmaking ---- */

/* Of the one device that there is. */
static void keep_failure(void *data, int rc, struct err *err)
{
	struct err *kept = data;

	if (rc)
		*kept = *err;
}

static int create(struct lvm *library, const char *path, const struct pv_create_args *args)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	struct context *context = library->context;
	const bool yes = context->options.yes;
	struct err err = { 0 };
	int rc;

	if (!path || !*path)
		return api_error(library, -1, "No device given.");
	if (api_take_global(library, &lock))
		return -1;
	/* Whoever calls this wants the device as it will be, whatever was on it. */
	context->options.yes = true;
	rc = op_pv_create(context, &path, 1, args, keep_failure, &err, &err);
	context->options.yes = yes;
	return rc || err.code ? api_fail(library, &err) : 0;
}

static int check_size(struct lvm *library, uint64_t size)
{
	if (!(size % SECTOR))
		return 0;
	return api_error(library, EINVAL, "A size of %llu bytes: it must be a multiple of %d.",
			 (unsigned long long)size, SECTOR);
}

int lvm_pv_create(lvm_t libh, const char *pv_name, uint64_t size)
{
	const struct pv_create_args args = { .set_size = size > 0,
					     .size_sectors = size / SECTOR,
					     .metadata_copies = -1,
					     .label_sector = -1,
					     .zero = 1 };

	if (!CHECK_LIBRARY(libh) || check_size(libh, size))
		return -1;
	return create(libh, pv_name, &args);
}

int lvm_pv_remove(lvm_t libh, const char *pv_name)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	struct err err = { 0 };
	int rc;

	if (!CHECK_LIBRARY(libh))
		return -1;
	if (!pv_name || !*pv_name)
		return api_error(libh, -1, "No device given.");
	if (api_take_global(libh, &lock))
		return -1;
	rc = op_pv_remove(libh->context, &pv_name, 1, keep_failure, &err, &err);
	return rc || err.code ? api_fail(libh, &err) : 0;
}

/* ---- with parameters ---- */

#define CHECK_PARAMS(params) handle_check((params), HANDLE_PV_PARAMS, __func__)

pv_create_params_t lvm_pv_params_create(lvm_t libh, const char *pv_name)
{
	struct lvm_pv_create_params *params;

	if (!CHECK_LIBRARY(libh))
		return NULL;
	if (!pv_name || !*pv_name) {
		(void)api_error(libh, -1, "No device given.");
		return NULL;
	}
	params = arena_calloc(&libh->arena, 1, sizeof(*params));
	if (!params || !(params->path = arena_strdup(&libh->arena, pv_name)) ||
	    handle_register(&params->handle, HANDLE_PV_PARAMS, libh)) {
		(void)api_error(libh, ENOMEM, "Out of memory.");
		return NULL;
	}
	params->metadata_copies = 1;
	params->metadata_size = DEFAULT_MDA;
	params->zero = 1;
	params->handle.next = libh->params;
	libh->params = &params->handle;
	return params;
}

static uint64_t *find_parameter(struct lvm_pv_create_params *params, const char *name)
{
	const struct {
		const char *name;
		uint64_t *value;
	} parameters[] = {
		{ "size", &params->size },
		{ "pvmetadatacopies", &params->metadata_copies },
		{ "pvmetadatasize", &params->metadata_size },
		{ "data_alignment", &params->data_alignment },
		{ "data_alignment_offset", &params->data_alignment_offset },
		{ "zero", &params->zero },
	};

	for (size_t i = 0; name && i < sizeof(parameters) / sizeof(*parameters); i++)
		if (!strcmp(parameters[i].name, name))
			return parameters[i].value;
	(void)api_error(params->handle.library, EINVAL, "No parameter \"%s\" of a new PV.",
			name ? name : "(NULL)");
	return NULL;
}

struct lvm_property_value lvm_pv_params_get_property(const pv_create_params_t params,
						     const char *name)
{
	const uint64_t *value = CHECK_PARAMS(params) ? find_parameter(params, name) : NULL;

	if (!value)
		return (struct lvm_property_value){ 0 };
	return (struct lvm_property_value){
		.is_settable = 1, .is_integer = 1, .is_valid = 1, .value.integer = *value
	};
}

int lvm_pv_params_set_property(pv_create_params_t params, const char *name,
			       struct lvm_property_value *prop)
{
	uint64_t *value = CHECK_PARAMS(params) ? find_parameter(params, name) : NULL;

	if (!value)
		return -1;
	if (!prop || prop->is_string)
		return api_error(params->handle.library, EINVAL, "Parameter \"%s\" is a number.",
				 name);
	*value = prop->value.integer;
	return 0;
}

static int check_parameters(const struct lvm_pv_create_params *params)
{
	struct lvm *library = params->handle.library;

	if (params->metadata_copies > COPIES_MAX)
		return api_error(library, -1, "Metadata copies: 0, 1 or 2, and not %llu.",
				 (unsigned long long)params->metadata_copies);
	if (params->data_alignment > UINT32_MAX || params->data_alignment_offset > UINT32_MAX)
		return api_error(library, -1,
				 "The data alignment is greater than any device is meant for.");
	return check_size(library, params->size);
}

int lvm_pv_create_adv(pv_create_params_t params)
{
	struct pv_create_args args;

	if (!CHECK_PARAMS(params) || check_parameters(params))
		return -1;
	args = (struct pv_create_args){
		.set_size = params->size > 0,
		.size_sectors = params->size / SECTOR,
		.metadata_copies = (int)params->metadata_copies,
		.metadata_size = params->metadata_size,
		.data_alignment = params->data_alignment,
		.data_alignment_offset = params->data_alignment_offset,
		.label_sector = -1,
		.zero = params->zero ? 1 : 0,
	};
	return create(params->handle.library, params->path, &args);
}

/* ---- finding ---- */

pv_t lvm_pv_from_name(vg_t vg, const char *name)
{
	const struct vg *model;

	if (!CHECK_VG(vg) || !name || !(model = vg->session.vg))
		return NULL;
	for (uint32_t i = 0; i < model->pv_count; i++) {
		const struct pv_disk *disk = scan_find_pv(vg->session.scan, &model->pvs[i]->id);
		const struct device *device =
			disk ? disk->device : new_device(vg, &model->pvs[i]->id);

		if (device && !strcmp(device->name, name))
			return pv_handle(vg, model->pvs[i]);
	}
	return NULL;
}

pv_t lvm_pv_from_uuid(vg_t vg, const char *uuid)
{
	const struct pv *pv;
	struct uuid id;

	if (!CHECK_VG(vg) || !api_parse_uuid(vg->handle.library, uuid, &id) || !vg->session.vg)
		return NULL;
	pv = vg_find_pv_by_id(vg->session.vg, &id);
	return pv ? pv_handle(vg, pv) : NULL;
}

/* ---- what it tells ---- */

static struct arena *arena_of(struct physical_volume *pv)
{
	return pv->vg ? &pv->vg->arena : &pv->list->arena;
}

const char *lvm_pv_get_uuid(const pv_t pv)
{
	char dashed[UUID_DASHED_SIZE];

	if (!CHECK_PV(pv))
		return NULL;
	return api_strdup(pv->handle.library, arena_of(pv), uuid_format(&pv->id, dashed));
}

const char *lvm_pv_get_name(const pv_t pv)
{
	return lvm_pv_get_property(pv, "pv_name").value.string;
}

uint64_t lvm_pv_get_mda_count(const pv_t pv)
{
	return lvm_pv_get_property(pv, "pv_mda_count").value.integer;
}

uint64_t lvm_pv_get_dev_size(const pv_t pv)
{
	return lvm_pv_get_property(pv, "dev_size").value.integer;
}

uint64_t lvm_pv_get_size(const pv_t pv)
{
	return lvm_pv_get_property(pv, "pv_size").value.integer;
}

uint64_t lvm_pv_get_free(const pv_t pv)
{
	return lvm_pv_get_property(pv, "pv_free").value.integer;
}

/* ---- segments ---- */

static bool add_run(struct physical_volume *pv, const struct pv_run *run, struct dm_list *list)
{
	struct lvm_pvseg_list *item = arena_calloc(arena_of(pv), 1, sizeof(*item));
	struct pv_segment *object = arena_calloc(arena_of(pv), 1, sizeof(*object));
	struct handle **owner = pv->vg ? &pv->vg->objects : &pv->list->objects;

	if (!item || !object ||
	    handle_register(&object->handle, HANDLE_PVSEG, pv->handle.library)) {
		(void)api_error(pv->handle.library, ENOMEM, "Out of memory.");
		return false;
	}
	object->handle.next = *owner;
	*owner = &object->handle;
	object->pv = pv;
	object->start = run->start;
	object->count = run->count;
	item->pvseg = object;
	dm_list_add(list, &item->list);
	return true;
}

struct dm_list *lvm_pv_list_pvsegs(pv_t pv)
{
	const struct report_pv *found;
	struct pv_facts facts;
	struct dm_list *list;

	if (!CHECK_PV(pv) || !pv_facts_of(pv, &facts) || !facts.pv)
		return NULL;
	found = links_pv(facts.vg, facts.pv);
	if (!found->run_count)
		return NULL;
	list = api_list(pv->handle.library, arena_of(pv));
	for (size_t i = 0; list && i < found->run_count; i++)
		if (!add_run(pv, &found->runs[i], list))
			return NULL;
	return list;
}

/* ---- size ---- */

struct resizing {
	struct uuid id;
	uint64_t sectors;
};

static int resize_in_vg(struct volume_group *vg, void *data, struct err *err)
{
	const struct resizing *resizing = data;

	return pv_resize_in(&vg->session, &resizing->id, resizing->sectors, err);
}

/* Nobody is asked whether the size is meant. */
static int resize(struct physical_volume *pv, uint64_t sectors)
{
	AUTO_GLOBAL_LOCK struct global_lock lock = { 0 };
	struct lvm *library = pv->handle.library;
	struct resizing resizing = { .id = pv->id, .sectors = sectors };
	struct pv_facts facts;
	struct err err = { 0 };

	if (pv->vg)
		return vg_refuses(pv->vg) ? -1 : vg_commit(pv->vg, resize_in_vg, &resizing);
	if (!pv_facts_of(pv, &facts))
		return -1;
	if (!facts.device)
		return api_error(library, -1, "The physical volume's device is missing.");
	if (api_take_global(library, &lock))
		return -1;
	return op_pv_resize(library->context, facts.device->name, sectors, &err)
		       ? api_fail(library, &err)
		       : 0;
}

int lvm_pv_resize(const pv_t pv, uint64_t new_size)
{
	struct context *context;
	bool yes;
	int rc;

	if (!CHECK_PV(pv) || check_size(pv->handle.library, new_size))
		return -1;
	context = pv->handle.library->context;
	yes = context->options.yes;
	context->options.yes = true;
	rc = resize(pv, new_size / SECTOR);
	context->options.yes = yes;
	return rc;
}
