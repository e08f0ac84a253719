/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All devices, once: the label sectors, then each metadata area that the label names. A device that
 * cannot be read is told and left out; it must not keep the others from being seen.
 */
#include "lib/store/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fd.h"

/* Label sectors and, where LVM2 puts it by default, the first area's header. */
#define HEAD_BYTES	 8192
#define SCAN_ARENA_LIMIT ((size_t)1 << 30)

struct scanner {
	struct context *context;
	struct scan *scan;
	size_t size; /* slots in scan->pv_disks */
	size_t denied;
};

/* ---- one device ---- */

/* The first good label wins. */
static bool find_label(struct context *context, const struct device *device,
		       const unsigned char *bytes, struct pv_header *ret_header,
		       uint64_t *ret_sector)
{
	struct pv_header header;
	bool found = false;

	for (uint64_t i = 0; i < LABEL_SCAN_SECTORS; i++) {
		const unsigned char *sector = bytes + i * SECTOR_BYTES;
		struct err err = { 0 };

		if (!label_is_present(sector))
			continue;
		if (label_decode(sector, i, &header, &err)) {
			ctx_verbose(context, "%s: label in sector %llu is ignored: %s",
				    device->name, (unsigned long long)i, err.text);
		} else if (found) {
			ctx_error(context, "Ignoring additional label on %s at sector %llu",
				  device->name, (unsigned long long)i);
		} else {
			*ret_header = header;
			*ret_sector = i;
			found = true;
		}
	}
	return found;
}

static int add_pv_disk(struct scanner *scanner, const struct device *device,
		       const struct pv_header *header, uint64_t label_sector,
		       struct pv_disk **ret_disk, struct err *err)
{
	struct scan *scan = scanner->scan;
	struct pv_disk *pv_disk = arena_new(&scan->arena, struct pv_disk);
	struct mda_copy *mdas = arena_calloc(&scan->arena, header->mda_count + 1, sizeof(*mdas));

	if (!pv_disk || !mdas)
		return err_set(err, ENOMEM, "Out of memory for the scan.");
	if (scan->pv_disk_count == scanner->size) {
		size_t size = scanner->size ? scanner->size * 2 : 16;
		struct pv_disk **grown =
			reallocarray(scan->pv_disks, size, sizeof(struct pv_disk *));

		if (!grown)
			return err_set(err, ENOMEM, "Out of memory for the scan.");
		scan->pv_disks = grown;
		scanner->size = size;
	}
	pv_disk->device = device;
	pv_disk->header = *header;
	pv_disk->label_sector = label_sector;
	pv_disk->mdas = mdas;
	pv_disk->mda_count = header->mda_count;
	for (uint32_t i = 0; i < header->mda_count; i++) {
		mdas[i].pv_disk = pv_disk;
		mdas[i].area = header->mda[i];
	}
	scan->pv_disks[scan->pv_disk_count++] = pv_disk;
	*ret_disk = pv_disk;
	return 0;
}

static int scan_device(struct scanner *scanner, const struct device *device, struct err *err)
{
	unsigned char bytes[HEAD_BYTES];
	struct err reason = { 0 };
	AUTO_CLOSE int fd = device_open(device, DEVICE_READ, &reason);
	struct pv_header header;
	struct pv_disk *pv_disk = NULL;
	uint64_t sector;
	int rc;

	if (fd == -EACCES || fd == -EPERM) {
		scanner->denied++;
		return 0;
	}
	if (fd < 0) {
		/* Gone since the list was made, or no medium: not worth a warning. */
		ctx_verbose(scanner->context, "%s", reason.text);
		return 0;
	}
	if (device_read(fd, device, 0, bytes, sizeof(bytes), &reason)) {
		ctx_warn(scanner->context, "%s", reason.text);
		return 0;
	}
	if (!find_label(scanner->context, device, bytes, &header, &sector))
		return 0;
	if ((rc = add_pv_disk(scanner, device, &header, sector, &pv_disk, err)))
		return rc;
	for (uint32_t i = 0; i < pv_disk->mda_count; i++)
		mda_copy_read(scanner->context, scanner->scan, fd, &pv_disk->mdas[i],
			      (struct head_bytes){ bytes, sizeof(bytes) }, true);
	return 0;
}

/* ---- all ---- */

static void warn_same_names(struct context *context, const struct scan *scan)
{
	const struct scan_index *index = scan->index;
	char id[2][UUID_DASHED_SIZE];

	for (size_t i = 0; i < index->vg_count; i++)
		for (size_t k = i + 1; k < index->vg_count; k++) {
			const struct vg_summary *a = &index->vgs[i].newest->summary;
			const struct vg_summary *b = &index->vgs[k].newest->summary;

			if (strcmp(a->name, b->name) != 0)
				continue;
			ctx_warn(context, "WARNING: VG name %s is used by VGs %s and %s.", a->name,
				 uuid_format(&a->id, id[0]), uuid_format(&b->id, id[1]));
			ctx_warn(context, "Fix duplicate VG names with vgrename uuid, a device "
					  "filter, or system IDs.");
		}
}

static int scan_all(struct scanner *scanner, struct err *err)
{
	struct context *context = scanner->context;
	struct scan *scan = scanner->scan;
	int rc;

	if (!(scan->index = arena_new(&scan->arena, struct scan_index)))
		return err_set(err, ENOMEM, "Out of memory for the scan.");
	if ((rc = device_list_build(context, &scan->devices, err)))
		return rc;
	for (size_t i = 0; i < scan->devices->count; i++)
		if (!scan->devices->items[i]->rejected &&
		    (rc = scan_device(scanner, scan->devices->items[i], err)))
			return rc;
	if (scanner->denied)
		ctx_warn(context, "WARNING: Running as a non-root user. "
				  "Functionality may be unavailable.");
	scan_resolve_duplicates(context, scan);
	if ((rc = scan_index_vgs(scan, err)))
		return rc;
	warn_same_names(context, scan);
	return 0;
}

int scan_run(struct context *context, struct scan **ret_scan, struct err *err)
{
	struct scanner scanner = { .context = context };
	int rc;

	if (!(scanner.scan = calloc(1, sizeof(*scanner.scan))))
		return err_set(err, ENOMEM, "Out of memory for the scan.");
	scanner.scan->arena.limit = SCAN_ARENA_LIMIT;
	if ((rc = scan_all(&scanner, err))) {
		scan_free(scanner.scan);
		return rc;
	}
	*ret_scan = scanner.scan;
	return 0;
}

void scan_free(struct scan *scan)
{
	if (!scan)
		return;
	device_list_free(scan->devices);
	free(scan->pv_disks);
	arena_free(&scan->arena);
	free(scan);
}

struct pv_disk *scan_find_pv(const struct scan *scan, const struct uuid *id)
{
	for (size_t i = 0; i < scan->pv_disk_count; i++)
		if (!scan->pv_disks[i]->is_duplicate &&
		    uuid_equal(&scan->pv_disks[i]->header.id, id))
			return scan->pv_disks[i];
	return NULL;
}

struct pv_disk *scan_find_pv_on(const struct scan *scan, const struct device *device)
{
	for (size_t i = 0; i < scan->pv_disk_count; i++)
		if (scan->pv_disks[i]->device == device)
			return scan->pv_disks[i];
	return NULL;
}
