/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where pvcreate puts things, as LVM2 2.03.16 does:
 *
 *	| labels | mda 1 ........ | bootloader | data ............ | mda 2 |
 *	0        page             end of mda 1   pe_start            aligned down
 *
 * What lies before the data ends at a multiple of the alignment, plus the alignment offset.
 */
#include <errno.h>
#include <string.h>

#include "metadata/label.h"

#define LABEL_AREA_BYTES ((uint64_t)LABEL_SCAN_SECTORS * SECTOR_BYTES)
#define MDA_MIN_PAGES	 8
#define MIB		 ((uint64_t)1 << 20)

bool disk_areas_overlap(const struct disk_area *a, const struct disk_area *b)
{
	return a->offset_bytes < b->offset_bytes + b->size_bytes &&
	       b->offset_bytes < a->offset_bytes + a->size_bytes;
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static int check_request(const struct pv_layout_request *request, uint64_t ba_bytes,
			 struct err *err)
{
	const uint64_t align = request->alignment_bytes, offset = request->alignment_offset_bytes;
	const uint64_t size = request->device_size_bytes;

	if (!align || align % SECTOR_BYTES || offset % SECTOR_BYTES || !request->page_size ||
	    request->metadata_copies > 2 || size > INT64_MAX || align > INT64_MAX / 4)
		return err_set(err, EINVAL, "Invalid layout of a physical volume.");
	if (align < offset)
		return err_set(err, ENOSPC,
			       "pe_align (%llu sectors) must not be less than pe_align_offset "
			       "(%llu sectors)",
			       (unsigned long long)(align / SECTOR_BYTES),
			       (unsigned long long)(offset / SECTOR_BYTES));
	if (align + offset > size)
		return err_set(err, ENOSPC, "Data alignment must not exceed device size.");
	if (request->bootloader_size_bytes > size || ba_bytes > size - align - offset)
		return err_set(err, ENOSPC,
			       "Bootloader area with data-aligned start must not "
			       "exceed device size.");
	return 0;
}

static uint64_t wanted_mda_size(const struct pv_layout_request *request)
{
	if (request->metadata_size_bytes)
		return request->metadata_size_bytes;
	return request->page_size < MIB ? MIB - request->page_size : request->page_size;
}

static int add_mda(const struct pv_layout_request *request, struct pv_header *header,
		   struct disk_area area, struct err *err)
{
	const uint64_t min = (uint64_t)MDA_MIN_PAGES * request->page_size;

	if (area.size_bytes < min)
		return err_set(err, ENOSPC,
			       "Metadata area size too small: %llu bytes. "
			       "It must be at least %llu bytes.",
			       (unsigned long long)area.size_bytes, (unsigned long long)min);
	header->mda[header->mda_count++] = area;
	return 0;
}

/* The end of the first area, where the bootloader area or the data begins. */
static int place_first_mda(const struct pv_layout_request *request, uint64_t ba_bytes,
			   struct pv_header *header, uint64_t *ret_end, struct err *err)
{
	const uint64_t start = round_up(LABEL_AREA_BYTES, request->page_size);
	const uint64_t limit = request->device_size_bytes - ba_bytes;
	const uint64_t align = request->alignment_bytes;
	const uint64_t size = wanted_mda_size(request);
	uint64_t end, aligned;

	if (start >= limit)
		return err_set(err, ENOSPC, "Not enough space available for metadata area.");
	if (size <= limit - start) {
		end = start + size;
		aligned = round_up(end, align) + request->alignment_offset_bytes;
		if (aligned <= limit)
			end = aligned;
	} else {
		/* Too much was asked for: leave two alignments for data, if there are. */
		end = limit > 2 * align + start ? limit - 2 * align : limit;
	}
	*ret_end = end;
	return add_mda(request, header, (struct disk_area){ start, end - start }, err);
}

/* At the end of the device, but behind pe_start. */
static int place_second_mda(const struct pv_layout_request *request, uint64_t pe_start,
			    struct pv_header *header, struct err *err)
{
	const uint64_t device_size = request->device_size_bytes;
	const uint64_t size = wanted_mda_size(request);
	uint64_t start = size < device_size ? device_size - size : 0;

	start = start / request->alignment_bytes * request->alignment_bytes;
	if (start < pe_start)
		start = pe_start;
	if (start >= device_size)
		return err_set(err, ENOSPC,
			       "Not enough space available for metadata area with index 1.");
	return add_mda(request, header, (struct disk_area){ start, device_size - start }, err);
}

int pv_layout(const struct pv_layout_request *request, struct pv_header *header, struct err *err)
{
	uint64_t ba_bytes = 0, at;
	int rc;

	if (request->alignment_bytes && request->bootloader_size_bytes <= INT64_MAX / 2 &&
	    request->alignment_bytes <= INT64_MAX / 4)
		ba_bytes = round_up(request->bootloader_size_bytes, request->alignment_bytes);
	if ((rc = check_request(request, ba_bytes, err)))
		return rc;
	header->device_size_bytes = request->device_size_bytes;
	header->data_count = header->mda_count = header->bootloader_count = 0;
	at = request->alignment_bytes + request->alignment_offset_bytes;
	if (request->metadata_copies && (rc = place_first_mda(request, ba_bytes, header, &at, err)))
		return rc;
	if (ba_bytes) {
		header->bootloader[header->bootloader_count++] = (struct disk_area){ at, ba_bytes };
		at += ba_bytes;
	}
	header->data[header->data_count++] = (struct disk_area){ at, 0 };
	if (request->metadata_copies > 1)
		return place_second_mda(request, at, header, err);
	return 0;
}

static int check_fixed(const struct pv_layout_request *request, const struct pv_layout_fixed *fixed,
		       struct err *err)
{
	if (!request->page_size || request->metadata_copies > 2 || !request->alignment_bytes ||
	    fixed->pe_end_bytes < fixed->pe_start_bytes)
		return err_set(err, EINVAL, "Invalid layout of a physical volume.");
	if (fixed->pe_end_bytes > request->device_size_bytes)
		return err_set(err, ENOSPC, "Physical extents end beyond end of device.");
	if (fixed->ba_size_bytes &&
	    (fixed->ba_start_bytes > fixed->pe_start_bytes ||
	     fixed->ba_size_bytes > fixed->pe_start_bytes - fixed->ba_start_bytes))
		return err_set(err, ENOSPC, "Bootloader area does not end before the data.");
	return 0;
}

int pv_layout_restore(const struct pv_layout_request *request, const struct pv_layout_fixed *fixed,
		      struct pv_header *header, struct err *err)
{
	const uint64_t start =
		round_up(LABEL_AREA_BYTES, request->page_size ? request->page_size : 1);
	const uint64_t end = fixed->ba_size_bytes ? fixed->ba_start_bytes : fixed->pe_start_bytes;
	int rc;

	if ((rc = check_fixed(request, fixed, err)))
		return rc;
	header->device_size_bytes = request->device_size_bytes;
	header->mda_count = header->bootloader_count = 0;
	if (request->metadata_copies &&
	    (rc = add_mda(request, header,
			  (struct disk_area){ start, end > start ? end - start : 0 }, err)))
		return rc;
	if (fixed->ba_size_bytes)
		header->bootloader[header->bootloader_count++] =
			(struct disk_area){ fixed->ba_start_bytes, fixed->ba_size_bytes };
	header->data[0] = (struct disk_area){ fixed->pe_start_bytes, 0 };
	header->data_count = 1;
	if (request->metadata_copies > 1)
		return place_second_mda(request, fixed->pe_end_bytes, header, err);
	return 0;
}

int pv_layout_move_mda(const struct disk_area *area, uint64_t device_size_bytes,
		       uint64_t data_start_bytes, struct disk_area *ret_area, struct err *err)
{
	/* The alignment is written nowhere; what is more than whole ones came of a device that did
	 * not end at one. */
	const uint64_t lowest_bit = area->offset_bytes & (~area->offset_bytes + 1);
	const uint64_t align = lowest_bit && lowest_bit < MIB ? lowest_bit : MIB;
	const uint64_t size =
		area->size_bytes < align ? area->size_bytes : area->size_bytes / align * align;
	const uint64_t start =
		device_size_bytes > size ? (device_size_bytes - size) / align * align : 0;

	if (start < data_start_bytes || start >= device_size_bytes)
		return err_set(
			err, ENOSPC,
			"No room for the metadata area of %llu bytes behind the begin of the data.",
			(unsigned long long)area->size_bytes);
	*ret_area = (struct disk_area){ start, device_size_bytes - start };
	return 0;
}

uint32_t pv_layout_pe_count(const struct pv_header *header, uint64_t pe_start_sectors,
			    uint32_t extent_size_sectors)
{
	uint64_t end = header->device_size_bytes / SECTOR_BYTES;
	uint64_t count;

	for (uint32_t i = 0; i < header->mda_count && i < PV_HEADER_AREAS_MAX; i++) {
		uint64_t start = header->mda[i].offset_bytes / SECTOR_BYTES;

		if (start >= pe_start_sectors && start < end)
			end = start;
	}
	if (!extent_size_sectors || end <= pe_start_sectors)
		return 0;
	count = (end - pe_start_sectors) / extent_size_sectors;
	return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}
