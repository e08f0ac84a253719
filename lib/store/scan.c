/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All devices, once, in at most three rounds of reads that go out together: heads (which hold
 * label, first area header and short texts), other headers, other texts. A device that cannot be
 * read, or does not answer in time, is told and left out; it must not keep the others from being
 * seen.
 */
#include "lib/store/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/device/filter.h"
#include "lib/device/selection.h"
#include "metadata/base/cleanup.h"

/* Enough of where LVM2 puts the first area by default for the texts of most VGs, and so little that
 * it is read in the time of a sector; of many devices less, for the sake of memory. */
#define HEAD_BYTES	 32768
#define HEAD_BYTES_LEAST 8192 /* label and first header */
#define HEADS_BYTES_MAX	 ((size_t)4 << 20)
#define HEAD_MIN_BYTES	 ((size_t)LABEL_SCAN_SECTORS * SECTOR_BYTES)
#define GROUP_MAX	 1024		     /* devices whose heads are in memory together */
#define TEXTS_BYTES_MAX	 ((uint64_t)8 << 20) /* or the text of one device */
#define LONG_TEXT_BYTES	 ((uint64_t)1 << 20) /* is in memory alone */
#define SCAN_ARENA_LIMIT ((size_t)1 << 30)

struct scanner {
	struct context *context;
	struct scan *scan;
	size_t denied;
	unsigned timeout_ms;
};

/* A device that is looked at. */
struct target {
	struct device *device;
	struct disk_reader reader;
	struct pv_disk *pv_disk; /* NULL: no label */
};

/* ---- one device ---- */

/* The first good label wins. */
bool scan_find_label(struct context *context, const struct device *device,
		     const unsigned char *bytes, struct pv_header *ret_header, uint64_t *ret_sector)
{
	struct pv_header header;
	bool found = false;

	for (uint64_t i = 0; i < LABEL_SCAN_SECTORS; i++) {
		const unsigned char *sector = bytes + i * SECTOR_BYTES;
		struct err err = { 0 };

		if (!label_is_present(sector))
			continue;
		if (label_own_sector(sector) != i) {
			ctx_error(context,
				  "%s: Label for sector %llu found at sector %llu - ignoring.",
				  device->name, (unsigned long long)label_own_sector(sector),
				  (unsigned long long)i);
		} else if (label_decode(sector, i, &header, &err)) {
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

int scan_add_pv(struct scan *scan, const struct device *device, const struct pv_header *header,
		uint64_t label_sector, struct pv_disk **ret_disk, struct err *err)
{
	struct scan_index *index = scan->index;
	struct pv_disk *pv_disk = arena_new(&scan->arena, struct pv_disk);
	struct mda_copy *mdas = arena_calloc(&scan->arena, header->mda_count + 1, sizeof(*mdas));

	if (!pv_disk || !mdas)
		return err_set(err, ENOMEM, "Out of memory for the scan.");
	if (scan->pv_disk_count == index->pv_disk_size) {
		size_t size = index->pv_disk_size ? index->pv_disk_size * 2 : 16;
		struct pv_disk **grown =
			reallocarray(scan->pv_disks, size, sizeof(struct pv_disk *));

		if (!grown)
			return err_set(err, ENOMEM, "Out of memory for the scan.");
		scan->pv_disks = grown;
		index->pv_disk_size = size;
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

/* The head of a device was read, or could not be. */
static int take_head(struct scanner *scanner, struct target *target, const struct batch_read *head,
		     struct err *err)
{
	const struct selection *selection = scanner->scan->devices->selection;
	struct device *device = target->device;
	struct pv_header header;
	uint64_t sector;

	if (head->code == -ETIMEDOUT)
		return 0; /* told at the end */
	if (head->code == -EACCES || head->code == -EPERM) {
		scanner->denied++;
		return 0;
	}
	if (head->code && head->open_failed) {
		/* Gone since the list was made, or no medium: not worth a warning. */
		ctx_verbose(scanner->context, "%s: open failed: %s", device->name,
			    strerror(-head->code));
		return 0;
	}
	if (head->code || head->got < HEAD_MIN_BYTES) {
		ctx_warn(scanner->context, "Error reading device %s at 0 length %d: %s.",
			 device->name, (int)head->length,
			 head->code ? strerror(-head->code) : "end of device");
		return 0;
	}
	filter_content(scanner->context->config, device, head->bytes, head->got);
	if (device->rejected ||
	    !scan_find_label(scanner->context, device, head->bytes, &header, &sector))
		return 0;
	if (selection && (device->rejected = selection_check_pv(scanner->context, selection, device,
								&header.id)))
		return 0;
	return scan_add_pv(scanner->scan, device, &header, sector, &target->pv_disk, err);
}

static int read_heads(struct scanner *scanner, struct target *targets, size_t count,
		      struct gather *gather, struct err *err)
{
	const size_t length = count * HEAD_BYTES > HEADS_BYTES_MAX ? HEAD_BYTES_LEAST : HEAD_BYTES;
	int rc;

	for (size_t i = 0; i < count; i++)
		if ((rc = gather_add(gather, &targets[i].reader, 0, length, NULL, err)))
			return rc;
	if ((rc = gather_run(gather, scanner->timeout_ms, err)))
		return rc;
	for (size_t i = 0; i < count; i++)
		if ((rc = take_head(scanner, &targets[i], &gather->items[i].read, err)))
			return rc;
	return 0;
}

/* Headers of areas that are not in the head: second areas, and those of unusual layouts. */
static int read_headers(struct scanner *scanner, struct target *targets, size_t count,
			struct gather *gather, struct err *err)
{
	int rc;

	for (size_t i = 0; i < count; i++)
		for (uint32_t k = 0; targets[i].pv_disk && k < targets[i].pv_disk->mda_count; k++)
			if ((rc = mda_gather_header(gather, &targets[i].reader,
						    &targets[i].pv_disk->mdas[k], err)))
				return rc;
	return gather_run(gather, scanner->timeout_ms, err);
}

static void read_areas(struct scanner *scanner, struct target *targets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct target *target = &targets[i];

		if (!target->pv_disk || target->reader.hangs)
			continue;
		for (uint32_t k = 0; k < target->pv_disk->mda_count; k++)
			mda_copy_read(scanner->context, scanner->scan, &target->reader,
				      &target->pv_disk->mdas[k], true);
		disk_reader_close(&target->reader);
	}
}

/* For one more device with as much to read as the @last one. */
static bool has_room(const struct gather *gather, uint64_t last)
{
	return gather->bytes + last <= TEXTS_BYTES_MAX && last < LONG_TEXT_BYTES;
}

static int gather_texts_of(struct scanner *scanner, struct target *target, struct gather *gather,
			   struct err *err)
{
	int rc = 0;

	for (uint32_t k = 0; !rc && target->pv_disk && k < target->pv_disk->mda_count; k++)
		rc = mda_gather_texts(gather, scanner->scan, &target->reader,
				      &target->pv_disk->mdas[k], err);
	return rc;
}

/* Most areas of a VG hold the same text: once that is known, the others are only compared. */
static bool is_better_read_later(const struct gather *gather, struct target *target)
{
	for (uint32_t k = 0; target->pv_disk && k < target->pv_disk->mda_count; k++)
		if (mda_text_is_gathered(gather, &target->reader, &target->pv_disk->mdas[k]))
			return true;
	return false;
}

/* Texts that are not in the head, as many devices at a time as memory bears. */
static int read_texts(struct scanner *scanner, struct target *targets, size_t count,
		      struct err *err)
{
	size_t first = 0;

	while (first < count) {
		struct gather gather = { 0 };
		uint64_t last = 0; /* bytes of the device before, and likely of the next one */
		size_t next = first;
		int rc = 0;

		while (!rc && next < count && has_room(&gather, last) &&
		       !is_better_read_later(&gather, &targets[next])) {
			const uint64_t before = gather.bytes;

			rc = gather_texts_of(scanner, &targets[next++], &gather, err);
			last = gather.bytes - before;
		}
		if (!rc && !(rc = gather_run(&gather, scanner->timeout_ms, err)))
			read_areas(scanner, targets + first, next - first);
		if (gather.batch.is_lost)
			scan_pin_texts(scanner->scan);
		gather_free(&gather);
		if (rc)
			return rc;
		first = next;
	}
	return 0;
}

/* A device that hangs is not there: whatever used it would hang too. */
static void leave_out_hanging(struct scanner *scanner, struct target *targets, size_t count)
{
	struct scan *scan = scanner->scan;

	for (size_t i = 0; i < count; i++) {
		size_t kept = 0;

		if (!targets[i].reader.hangs)
			continue;
		device_set_hanging(scanner->context, targets[i].device);
		for (size_t k = 0; k < scan->pv_disk_count; k++)
			if (scan->pv_disks[k] != targets[i].pv_disk)
				scan->pv_disks[kept++] = scan->pv_disks[k];
		scan->pv_disk_count = kept;
	}
}

static int scan_group(struct scanner *scanner, struct target *targets, size_t count,
		      struct err *err)
{
	struct gather heads = { 0 }, headers = { 0 };
	int rc;

	if (!(rc = read_heads(scanner, targets, count, &heads, err)) &&
	    !(rc = read_headers(scanner, targets, count, &headers, err)) &&
	    !(rc = read_texts(scanner, targets, count, err)))
		leave_out_hanging(scanner, targets, count);
	for (size_t i = 0; i < count; i++)
		disk_reader_close(&targets[i].reader);
	gather_free(&headers);
	gather_free(&heads);
	return rc;
}

static int scan_devices(struct scanner *scanner, struct err *err)
{
	struct device_list *devices = scanner->scan->devices;
	AUTO_FREE struct target *targets = calloc(devices->count + 1, sizeof(*targets));
	size_t count = 0;
	int rc = 0;

	if (!targets)
		return err_set(err, ENOMEM, "Out of memory for the scan.");
	for (size_t i = 0; i < devices->count; i++)
		if (!devices->items[i]->rejected)
			targets[count++] = (struct target){
				.device = devices->items[i],
				.reader = { .device = devices->items[i], .fd = -1 },
			};
	for (size_t first = 0; !rc && first < count; first += GROUP_MAX)
		rc = scan_group(scanner, targets + first,
				count - first < GROUP_MAX ? count - first : GROUP_MAX, err);
	return rc;
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
	scan_begin_texts(context, scan);
	if ((rc = device_list_build(context, &scan->devices, err)))
		return rc;
	if ((rc = scan_devices(scanner, err)))
		return rc;
	if (scanner->denied)
		ctx_warn(context, "WARNING: Running as a non-root user. "
				  "Functionality may be unavailable.");
	scan_resolve_duplicates(context, scan);
	if ((rc = scan_index_vgs(scan, err)))
		return rc;
	warn_same_names(context, scan);
	scan_end_texts(context, scan);
	return 0;
}

int scan_run(struct context *context, struct scan **ret_scan, struct err *err)
{
	struct scanner scanner = {
		.context = context,
		.timeout_ms = device_read_timeout_ms(context),
	};
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
	batch_finish();
	if (scan->index)
		scan_free_texts(scan);
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
