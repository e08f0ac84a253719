/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/op/pv_init.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/device/topology.h"
#include "lib/fd.h"
#include "lib/op/members.h"
#include "lib/random.h"
#include "lib/size.h"
#include "metadata/edit.h"

#define UNKNOWN_VG	 "<unknown>"
#define ZEROED_BYTES	 2048 /* of the start of a new PV */
#define MDA_ZEROED_BYTES 4096 /* of the start of each metadata area */

/* ---- which device ---- */

int pv_find_device(struct context *context, const struct scan *scan, const char *path,
		   const struct device **ret_device, struct err *err)
{
	const struct device *device = device_find(scan->devices, path);

	(void)context;
	if (!device)
		return err_set(err, ENODEV, "No device found for %s.", path);
	if (device->rejected)
		return err_set(err, ENODEV, "Cannot use %s: %s", path, device->rejected);
	*ret_device = device;
	return 0;
}

/* A PV that some VG uses is overwritten only with -ff and a yes. */
static int check_not_used(struct context *context, struct scan *scan, const struct pv_disk *pv_disk,
			  const char *path, struct err *err)
{
	const struct vg_summary *vg = scan_vg_claiming(scan, pv_disk);
	const bool used = pv_disk->header.extension_flags & PV_EXTENSION_USED;

	if (!vg && !used)
		return 0;
	if (context->options.force < 2 && vg)
		return err_set(err, EBUSY,
			       "Can't initialize physical volume \"%s\" of volume group \"%s\" "
			       "without -ff\n%s: physical volume not initialized.",
			       path, vg->name, path);
	if (context->options.force < 2)
		return err_set(err, EBUSY,
			       "PV %s is used by a VG but its metadata is missing.\n"
			       "Can't initialize PV '%s' without -ff.\n"
			       "%s: physical volume not initialized.",
			       path, path, path);
	/* An outdated PV is in use by no node. */
	if (vg && vg->clustered && scan_vg_of_pv(scan, &pv_disk->header.id))
		return err_set(err, EBUSY,
			       "PV %s is used by clustered VG %s: other nodes may be using it.\n"
			       "Take it out with vgreduce, or remove the VG, first.\n"
			       "%s: physical volume not initialized.",
			       path, vg->name, path);
	if (!ctx_ask(context,
		     "Really INITIALIZE physical volume \"%s\" of volume group \"%s\" [y/n]? ",
		     path, vg ? vg->name : UNKNOWN_VG))
		return err_set(err, ECANCELED, "%s: physical volume not initialized.", path);
	ctx_warn(context, "WARNING: Forcing physical volume creation on %s of volume group \"%s\"",
		 path, vg ? vg->name : UNKNOWN_VG);
	return 0;
}

/* ---- where things go ---- */

/* What --setphysicalvolumesize says, 0 counts as not said, may differ from what the device has. */
static int check_size(struct context *context, const struct device *device, bool is_pv,
		      const char *path, const struct pv_create_args *args, struct err *err)
{
	const uint64_t minimum = (uint64_t)config_int(context->config, "devices/pv_min_size") * 2;
	const uint64_t sectors = device->size_bytes / SECTOR_BYTES;
	char is[SIZE_TEXT_MAX], wanted[SIZE_TEXT_MAX];

	if (!args->size_sectors)
		return 0;
	if (is_pv && args->size_sectors != sectors) {
		if (!ctx_ask(context,
			     "WARNING: %s: device size %s does not match requested size %s. "
			     "Proceed? [y/n]: ",
			     path, size_format(sectors, is),
			     size_format(args->size_sectors, wanted)))
			return err_set(err, ECANCELED, "%s: physical volume not initialized.",
				       path);
		ctx_warn(context, "WARNING: Faking size of PV %s. Don't write outside real device.",
			 path);
	}
	if (args->size_sectors < minimum)
		return err_set(err, ENOSPC,
			       "%s: Size must exceed minimum of %llu sectors.\n"
			       "Failed to setup physical volume \"%s\".",
			       path, (unsigned long long)minimum, path);
	if (args->size_sectors > sectors)
		ctx_warn(context, "WARNING: %s: Overriding real size. You could lose data.", path);
	return 0;
}

static uint64_t default_alignment(struct context *context, const struct device_topology *topology)
{
	uint64_t alignment =
		(uint64_t)config_int(context->config, "devices/default_data_alignment");
	const uint64_t configured = (uint64_t)config_int(context->config, "devices/data_alignment");

	if (configured)
		return configured << 10;
	alignment = (alignment ? alignment : 1) << 20;
	if (!config_bool(context->config, "devices/data_alignment_detection"))
		return alignment;
	if (topology->minimum_io_bytes && alignment % topology->minimum_io_bytes)
		alignment = topology->minimum_io_bytes;
	if (topology->optimal_io_bytes && alignment % topology->optimal_io_bytes)
		alignment = topology->optimal_io_bytes;
	return alignment;
}

static int layout_restored(const struct device *device, const struct pv *pv,
			   const struct pv_layout_request *request, struct pv_format *format,
			   struct err *err)
{
	const uint64_t extents = (uint64_t)pv->pe_count * pv->vg->extent_size;
	char end[SIZE_TEXT_MAX], size[SIZE_TEXT_MAX];
	struct pv_layout_fixed fixed = {
		.pe_start_bytes = pv->pe_start * SECTOR_BYTES,
		.pe_end_bytes = (pv->pe_start + extents) * SECTOR_BYTES,
		.ba_start_bytes = pv->ba_start * SECTOR_BYTES,
		.ba_size_bytes = pv->ba_size * SECTOR_BYTES,
	};
	const uint64_t sectors = request->device_size_bytes / SECTOR_BYTES;

	if (pv->pe_start > sectors || extents > sectors - pv->pe_start)
		return err_set(err, ENOSPC,
			       "Physical extents (%s) end beyond end of device (%s) %s.\n"
			       "Format-specific initialisation of physical volume %s failed.\n"
			       "Failed to setup physical volume \"%s\".",
			       size_format(pv->pe_start + extents, end), size_format(sectors, size),
			       device->name, device->name, device->name);
	return pv_layout_restore(request, &fixed, &format->header, err);
}

static int layout(struct context *context, const struct device *device,
		  const struct pv_create_args *args, struct pv_format *format, struct err *err)
{
	struct device_topology topology;
	struct pv_layout_request request = {
		.device_size_bytes =
			args->size_sectors ? args->size_sectors * SECTOR_BYTES : device->size_bytes,
		.alignment_bytes = args->data_alignment * SECTOR_BYTES,
		.alignment_offset_bytes = args->data_alignment_offset * SECTOR_BYTES,
		.metadata_size_bytes = args->metadata_size * SECTOR_BYTES,
		.metadata_copies = args->metadata_copies < 0 ? 1 : (uint32_t)args->metadata_copies,
		.bootloader_size_bytes = args->bootloader_size * SECTOR_BYTES,
		.page_size = (uint32_t)sysconf(_SC_PAGESIZE),
	};
	int rc;

	if ((rc = device_topology_get(device->name, &topology, err)))
		return rc;
	if (!request.alignment_bytes)
		request.alignment_bytes = default_alignment(context, &topology);
	if (!request.alignment_offset_bytes)
		request.alignment_offset_bytes = topology.alignment_offset_bytes;
	format->label_sector =
		args->label_sector < 0 ? LABEL_DEFAULT_SECTOR : (uint64_t)args->label_sector;
	format->ignore_mdas = args->metadata_ignore;
	format->zero = args->zero < 0 ? !args->uuid : args->zero > 0;
	format->header.extension_version = PV_EXTENSION_VERSION;
	if (args->restore_pv)
		return layout_restored(device, args->restore_pv, &request, format, err);
	if ((rc = pv_layout(&request, &format->header, err)))
		return err_prefix(err, "%s: ", device->name);
	return 0;
}

static int choose_id(const struct scan *scan, const struct pv_create_args *args,
		     const struct device *device, struct uuid *ret_id, struct err *err)
{
	const struct pv_disk *other;
	int rc;

	if (!args->uuid)
		return random_uuid(ret_id, err);
	if ((rc = uuid_parse(args->uuid, ret_id, err)))
		return rc;
	other = scan_find_pv(scan, ret_id);
	if (other && other->device != device)
		return err_set(err, EEXIST, "UUID %s already in use on \"%s\".", args->uuid,
			       other->device->name);
	return 0;
}

/* ---- undo ---- */

static int save_area(struct pv_undo *undo, int fd, const struct device *device, uint64_t offset,
		     size_t length, struct err *err)
{
	unsigned char *bytes = malloc(length);
	int rc;

	if (!bytes)
		return err_set(err, ENOMEM, "Out of memory.");
	undo->saved[undo->saved_count].offset_bytes = offset;
	undo->saved[undo->saved_count].bytes = bytes;
	undo->saved[undo->saved_count++].length = length;
	rc = device_read(fd, device, offset, bytes, length, err);
	return rc;
}

static int save(struct pv_undo_list *list, const struct device *device,
		const struct pv_format *format, struct err *err)
{
	struct pv_undo *items = realloc(list->items, (list->count + 1) * sizeof(*items)), *undo;
	AUTO_CLOSE int fd = -1;
	int rc;

	if (!items)
		return err_set(err, ENOMEM, "Out of memory.");
	list->items = items;
	undo = &items[list->count];
	*undo = (struct pv_undo){ .path = strdup(device->name) };
	list->count++;
	if (!undo->path)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((fd = device_open(device, DEVICE_READ, err)) < 0)
		return fd;
	rc = save_area(undo, fd, device, 0, ZEROED_BYTES, err);
	for (uint32_t i = 0; !rc && i < format->header.mda_count; i++)
		rc = save_area(undo, fd, device, format->header.mda[i].offset_bytes,
			       MDA_ZEROED_BYTES, err);
	return rc;
}

static void free_undo(struct pv_undo *undo)
{
	for (size_t i = 0; i < undo->saved_count; i++)
		free(undo->saved[i].bytes);
	free(undo->path);
}

void pv_undo_forget(struct pv_undo_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_undo(&list->items[i]);
	free(list->items);
	*list = (struct pv_undo_list){ 0 };
}

static int put_back(const struct pv_undo *undo, const struct device *device, struct err *err)
{
	AUTO_CLOSE int fd = device_open(device, DEVICE_WRITE, err);
	int rc = fd < 0 ? fd : 0;

	for (size_t i = 0; !rc && i < undo->saved_count; i++)
		rc = device_write(fd, device, undo->saved[i].offset_bytes, undo->saved[i].bytes,
				  undo->saved[i].length, err);
	return rc ? rc : device_flush(fd, device, err);
}

void pv_undo_all(struct context *context, struct pv_undo_list *list)
{
	struct device_list *devices = NULL;
	struct err err = { 0 };

	if (list->count && device_list_build(context, &devices, &err))
		ctx_report_error(context, &err);
	for (size_t i = 0; devices && i < list->count; i++) {
		const struct pv_undo *undo = &list->items[i];
		const struct device *device = device_find(devices, undo->path);

		if (device && !put_back(undo, device, &err))
			ctx_warn(context,
				 "WARNING: %s is no physical volume again: its label was "
				 "taken back.",
				 undo->path);
		else
			ctx_warn(context,
				 "WARNING: %s keeps its new label: it could not be taken "
				 "back.",
				 undo->path);
	}
	device_list_free(devices);
	pv_undo_forget(list);
}

/* ---- other nodes ---- */

/* The kernel tells whether a device is in use on this node; the members are asked about theirs. */
static int check_unused_on_members(struct context *context, const struct device *device,
				   struct err *err)
{
	AUTO_RESULTS struct member_results results = { .arena.limit = MEMBER_RESULTS_LIMIT };
	char id[JOB_FS_ID_MAX + 1];
	struct job job = { .kind = JOB_RESCAN, .fs_id = id };
	struct cluster *cluster;
	int rc;

	if (context->options.test || !cluster_is_running(context))
		return 0;
	if ((rc = device_filesystem_id(device->name, true, id, sizeof(id), err)) || !*id)
		return rc;
	if ((rc = cluster_get(context, &cluster, err)) ||
	    (rc = cluster_run(cluster, &job, TARGET_ALL_MEMBERS, NULL, &results, err)))
		return err_prefix(err, "Cannot use %s: ", device->name);
	return 0;
}

/* ---- initialize ---- */

/* Everything that can say no before anything is written. */
static int plan(struct context *context, struct scan *scan, const char *path,
		const struct pv_create_args *args, const struct device **ret_device,
		struct pv_format *format, struct err *err)
{
	const struct pv_disk *present;
	int fd, rc;

	if ((rc = pv_find_device(context, scan, path, ret_device, err)))
		return rc;
	present = scan_find_pv_on(scan, *ret_device);
	if (present && (rc = check_not_used(context, scan, present, path, err)))
		return rc;
	if ((fd = device_open(*ret_device, DEVICE_EXCLUSIVE, err)) < 0)
		return fd;
	(void)close(fd); /* a probe: libblkid opens the device itself */
	if ((rc = choose_id(scan, args, *ret_device, &format->header.id, err)) ||
	    (rc = check_size(context, *ret_device, present, path, args, err)))
		return rc;
	return layout(context, *ret_device, args, format, err);
}

int pv_initialize(struct context *context, struct scan *scan, const char *path,
		  const struct pv_create_args *args, struct pv_undo_list *undo, struct err *err)
{
	const struct device *device;
	struct pv_format format = { 0 };
	int rc;

	if ((rc = plan(context, scan, path, args, &device, &format, err)))
		return rc;
	if (!context->options.test) {
		if ((rc = check_unused_on_members(context, device, err)) ||
		    (rc = device_wipe_signatures(context, device->name, true, err)))
			return rc;
		if (undo && (rc = save(undo, device, &format, err)))
			return rc;
		if ((rc = store_format_pv(context, device, &format, err)))
			return rc;
	}
	ctx_print(context, "Physical volume \"%s\" successfully created.", path);
	return 0;
}

/* A device of no VG: free for one that wants it. */
static int check_free(struct scan *scan, const struct pv_disk *present, const char *path,
		      struct err *err)
{
	const struct vg_summary *vg = present ? scan_vg_claiming(scan, present) : NULL;

	if (!vg)
		return 0;
	return err_set(err, EBUSY,
		       "Physical volume '%s' is already in volume group '%s'\n"
		       "Unable to add physical volume '%s' to volume group '%s'\n"
		       "%s: physical volume not initialized.",
		       path, vg->name, path, vg->name, path);
}

static bool is_free_pv(const struct pv_disk *present)
{
	return present && !(present->header.extension_flags & PV_EXTENSION_USED);
}

/* Would the signatures on the device be left, as nobody is asked? */
static int check_signatures(struct context *context, const struct device *device, struct err *err)
{
	const bool test = context->options.test;
	int rc;

	context->options.test = true;
	rc = device_wipe_signatures(context, device->name, true, err);
	context->options.test = test;
	return rc;
}

int pv_plan(struct context *context, struct scan *scan, const char *path,
	    const struct pv_create_args *args, struct pv_header *ret_header, bool *ret_is_new,
	    struct err *err)
{
	const struct device *device;
	const struct pv_disk *present;
	struct pv_format format = { 0 };
	int rc;

	if ((rc = pv_find_device(context, scan, path, &device, err)))
		return rc;
	present = scan_find_pv_on(scan, device);
	if ((rc = check_free(scan, present, path, err)))
		return rc;
	*ret_is_new = !is_free_pv(present);
	if (!*ret_is_new) {
		*ret_header = present->header;
		return 0;
	}
	if ((rc = plan(context, scan, path, args, &device, &format, err)) ||
	    (rc = check_signatures(context, device, err)))
		return rc;
	*ret_header = format.header;
	return 0;
}

/* What each path leads to: a free device, and no two to the same. */
static int find_free_devices(struct context *context, struct scan *scan, const char *const *paths,
			     size_t count, const struct device **devices, struct err *err)
{
	int rc;

	for (size_t i = 0; i < count; i++) {
		if ((rc = pv_find_device(context, scan, paths[i], &devices[i], err)))
			return rc;
		for (size_t k = 0; k < i; k++)
			if (devices[k] == devices[i])
				return err_set(err, EEXIST, "%s and %s are the same device.",
					       paths[k], paths[i]);
		if ((rc = check_free(scan, scan_find_pv_on(scan, devices[i]), paths[i], err)))
			return rc;
	}
	return 0;
}

int pv_initialize_missing(struct context *context, struct scan *scan, const char *const *paths,
			  size_t count, const struct pv_create_args *args,
			  struct pv_undo_list *undo, struct err *err)
{
	AUTO_FREE const struct device **devices =
		calloc(count ? count : 1, sizeof(const struct device *));
	int rc;

	if (!devices)
		return err_set(err, ENOMEM, "Out of memory.");
	/* First look at all, then touch the first. */
	rc = find_free_devices(context, scan, paths, count, devices, err);
	for (size_t i = 0; !rc && i < count; i++)
		if (!is_free_pv(scan_find_pv_on(scan, devices[i])))
			rc = pv_initialize(context, scan, paths[i], args, undo, err);
	return rc;
}

/* ---- into a VG ---- */

static uint64_t usable_end(const struct pv_header *header)
{
	uint64_t end = header->device_size_bytes;

	for (uint32_t i = 0; i < header->mda_count; i++)
		if (header->mda[i].offset_bytes > header->data[0].offset_bytes &&
		    header->mda[i].offset_bytes < end)
			end = header->mda[i].offset_bytes;
	return end / SECTOR_BYTES;
}

int pv_add_header_to_vg(struct vg *vg, const char *device_name, const struct pv_header *header,
			struct err *err)
{
	struct pv_spec spec = {
		.id = header->id,
		.device_name = device_name,
		.dev_size = header->device_size_bytes / SECTOR_BYTES,
	};

	if (!header->data_count)
		return err_set(err, EUCLEAN, "%s: the PV header has no data area.", device_name);
	spec.pe_start = header->data[0].offset_bytes / SECTOR_BYTES;
	spec.usable_end = usable_end(header);
	if (header->bootloader_count) {
		spec.ba_start = header->bootloader[0].offset_bytes / SECTOR_BYTES;
		spec.ba_size = header->bootloader[0].size_bytes / SECTOR_BYTES;
	}
	return vg_edit_add_pv(vg, &spec, err);
}

static int add_one(struct session *session, const char *path, struct err *err)
{
	const struct device *device = device_find(session->scan->devices, path);
	const struct pv_disk *disk = device ? scan_find_pv_on(session->scan, device) : NULL;

	if (!disk && session->context->options.test)
		return 0;
	if (!disk)
		return err_set(err, ENODEV, "Failed to find physical volume \"%s\".", path);
	return pv_add_header_to_vg(session->vg, device->name, &disk->header, err);
}

int pv_add_to_vg(struct session *session, const char *const *paths, size_t count, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++)
		rc = add_one(session, paths[i], err);
	return rc;
}

static bool is_missing(const struct member_result *result, const struct uuid *id)
{
	for (size_t i = 0; i < result->data.missing_pv_count; i++)
		if (uuid_equal(&result->data.missing_pvs[i], id))
			return true;
	return false;
}

/* Collect "node does not see PV" lines; true when there is one. */
static bool find_blind_members(const struct member_results *results, const char *const *paths,
			       const struct uuid *ids, size_t count, struct err *err)
{
	bool found = false;

	*err = (struct err){ 0 };
	for (size_t i = 0; i < results->count; i++)
		for (size_t k = 0; k < count; k++) {
			char dashed[UUID_DASHED_SIZE];

			if (!is_missing(&results->items[i], &ids[k]))
				continue;
			if (!found)
				(void)err_set(err, ENODEV, "%s", "");
			err_append(err, "%sNode %s does not see physical volume %s (%s).",
				   found ? "\n" : "", results->items[i].node_name, paths[k],
				   uuid_format(&ids[k], dashed));
			found = true;
		}
	return found;
}

int pv_check_members(struct context *context, struct cluster *cluster, const struct scan *scan,
		     const char *const *paths, size_t count, bool warn_only, struct err *err)
{
	AUTO_RESULTS struct member_results results = { .arena.limit = MEMBER_RESULTS_LIMIT };
	AUTO_FREE struct uuid *ids = calloc(count ? count : 1, sizeof(*ids));
	struct job job = { .kind = JOB_RESCAN, .pv_ids = ids, .pv_count = count };
	struct err blind;
	int rc;

	if (context->options.test)
		return 0;
	if (!ids)
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < count; i++) {
		const struct device *device = device_find(scan->devices, paths[i]);
		const struct pv_disk *disk = device ? scan_find_pv_on(scan, device) : NULL;

		if (!disk)
			return err_set(err, ENODEV, "Failed to find physical volume \"%s\".",
				       paths[i]);
		ids[i] = disk->header.id;
	}
	if ((rc = cluster_run(cluster, &job, TARGET_ALL_MEMBERS, NULL, &results, err)))
		return rc;
	if (!find_blind_members(&results, paths, ids, count, &blind))
		return 0;
	if (warn_only) {
		ctx_warn(context, "WARNING: %s", blind.text);
		return 0;
	}
	*err = blind;
	return err_append(err, "\nConnect the device there (or use a volume group that is not "
			       "clustered: vgcreate -cn).");
}
