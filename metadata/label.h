/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PV label and PV header: one 512-byte sector <-> struct. Offsets: on-disk format, section 1. */
#ifndef METADATA_LABEL_H
#define METADATA_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/base/err.h"
#include "metadata/base/uuid.h"

#define SECTOR_BYTES	     512
#define LABEL_SCAN_SECTORS   4
#define LABEL_DEFAULT_SECTOR 1
#define PV_HEADER_AREAS_MAX \
	8 /* of each kind; LVM2 writes at most 1 data, 2 metadata, 1 bootloader */
#define PV_EXTENSION_VERSION 2
#define PV_EXTENSION_USED    1U /* flag: a VG uses this PV */

struct disk_area {
	uint64_t offset_bytes;
	uint64_t size_bytes; /* data area: 0 is "to the end" */
};

/** Both of a known size. */
bool disk_areas_overlap(const struct disk_area *a, const struct disk_area *b);

struct pv_header {
	struct uuid id;
	uint64_t device_size_bytes;
	struct disk_area data[PV_HEADER_AREAS_MAX];
	struct disk_area mda[PV_HEADER_AREAS_MAX];
	struct disk_area bootloader[PV_HEADER_AREAS_MAX];
	uint32_t data_count, mda_count, bootloader_count;
	uint32_t extension_version; /* 0: none */
	uint32_t extension_flags;
};

/** Does the sector begin with a label's magic (whatever else is wrong with it)? */
bool label_is_present(const unsigned char sector[SECTOR_BYTES]);

/** The sector that a label says it is in; one that is elsewhere is a copy, and ignored. */
uint64_t label_own_sector(const unsigned char sector[SECTOR_BYTES]);

/** -ENOENT no label; -EUCLEAN checksum, position, type or lists are wrong (says which). */
int label_decode(const unsigned char sector[SECTOR_BYTES], uint64_t sector_number,
		 struct pv_header *ret_header, struct err *err) MUST_CHECK;

/** Write a whole label sector. -EINVAL when the header does not fit one sector. */
int label_encode(const struct pv_header *header, uint64_t sector_number,
		 unsigned char sector[SECTOR_BYTES], struct err *err) MUST_CHECK;

/* What pvcreate decides: alignment in, areas out (on-disk format, section 1.5). */
struct pv_layout_request {
	uint64_t device_size_bytes; /* real or --setphysicalvolumesize */
	uint64_t alignment_bytes;   /* A: --dataalignment or default 1 MiB adjusted to topology */
	uint64_t alignment_offset_bytes; /* O */
	uint64_t metadata_size_bytes;	 /* 0: default */
	uint32_t metadata_copies;	 /* 0, 1, 2 */
	uint64_t bootloader_size_bytes;
	uint32_t page_size;
};

/** Fill data/mda/bootloader lists and device size. Error: -ENOSPC, -EINVAL with LVM2's wording. */
int pv_layout(const struct pv_layout_request *request, struct pv_header *header,
	      struct err *err) MUST_CHECK;

/* What a PV's metadata say of a PV that is to be made anew (pvcreate --restorefile). */
struct pv_layout_fixed {
	uint64_t pe_start_bytes, pe_end_bytes; /* the extents keep their place */
	uint64_t ba_start_bytes, ba_size_bytes;
};

/** As pv_layout() with the data where they were: the first metadata area fills what is before
 * them. */
int pv_layout_restore(const struct pv_layout_request *request, const struct pv_layout_fixed *fixed,
		      struct pv_header *header, struct err *err) MUST_CHECK;

/**
 * Where the area at the end of a PV belongs when the device has another size (bytes): as pvcreate
 * would place one of that size. -ENOSPC: it would begin before the data do.
 */
int pv_layout_move_mda(const struct disk_area *area, uint64_t device_size_bytes,
		       uint64_t data_start_bytes, struct disk_area *ret_area,
		       struct err *err) MUST_CHECK;

/** Extents that fit between pe_start and the end (or the second mda). */
uint32_t pv_layout_pe_count(const struct pv_header *header, uint64_t pe_start_sectors,
			    uint32_t extent_size_sectors);

#endif
