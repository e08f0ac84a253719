/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offsets in the sector are in FORMAT.md. pv_layout() is in pv_layout.c. */
#include "metadata/label.h"

#include <errno.h>
#include <string.h>

#include "metadata/base/crc.h"
#include "metadata/base/span.h"

#define LABEL_MAGIC	   "LABELONE"
#define LABEL_TYPE	   "LVM2 001"
#define LABEL_WORD	   8  /* bytes of magic and of type */
#define LABEL_CRC_START	   20 /* the checksum covers what is from here to the sector's end */
#define LABEL_HEADER_BYTES 32 /* the PV header begins behind the label header */

bool label_is_present(const unsigned char sector[SECTOR_BYTES])
{
	return !memcmp(sector, LABEL_MAGIC, LABEL_WORD);
}

/* A list ends at the first entry with offset 0. */
uint64_t label_own_sector(const unsigned char sector[SECTOR_BYTES])
{
	struct reader in = { .at = sector, .left = SECTOR_BYTES };

	skip_bytes(&in, LABEL_WORD);
	return get_le64(&in);
}

static int read_areas(struct reader *in, struct disk_area *areas, uint32_t *ret_count,
		      const char *kind, struct err *err)
{
	for (*ret_count = 0;; ++*ret_count) {
		struct disk_area area = { .offset_bytes = get_le64(in) };

		area.size_bytes = get_le64(in);
		if (in->overrun)
			return err_set(err, EUCLEAN, "List of %s areas in PV header has no end.",
				       kind);
		if (!area.offset_bytes)
			return 0;
		if (*ret_count == PV_HEADER_AREAS_MAX)
			return err_set(err, EUCLEAN, "PV header has more than %d %s areas.",
				       PV_HEADER_AREAS_MAX, kind);
		if (area.size_bytes > UINT64_MAX - area.offset_bytes)
			return err_set(err, EUCLEAN, "PV header has a %s area of a bad size.",
				       kind);
		areas[*ret_count] = area;
	}
}

static int read_header(struct reader *in, struct pv_header *header, struct err *err)
{
	int rc;

	get_bytes(in, header->id.text, UUID_LENGTH);
	header->device_size_bytes = get_le64(in);
	if ((rc = read_areas(in, header->data, &header->data_count, "data", err)) ||
	    (rc = read_areas(in, header->mda, &header->mda_count, "metadata", err)))
		return rc;
	header->extension_version = get_le32(in);
	if (in->overrun)
		header->extension_version = 0;
	if (!header->extension_version)
		return 0;
	header->extension_flags = get_le32(in);
	return read_areas(in, header->bootloader, &header->bootloader_count, "bootloader", err);
}

static int check_id(const struct uuid *id, struct err *err)
{
	char text[UUID_LENGTH + 1] = { 0 };
	struct uuid parsed;

	memcpy(text, id->text, UUID_LENGTH);
	if (uuid_parse(text, &parsed, NULL))
		return err_set(err, EUCLEAN, "PV header has a bad UUID.");
	return 0;
}

int label_decode(const unsigned char sector[SECTOR_BYTES], uint64_t sector_number,
		 struct pv_header *ret_header, struct err *err)
{
	struct reader in = { .at = sector, .left = SECTOR_BYTES };
	struct pv_header header = { 0 };
	char type[LABEL_WORD];
	uint64_t number;
	uint32_t crc, offset;
	int rc;

	if (!label_is_present(sector))
		return err_set(err, ENOENT, "No label in sector %llu.",
			       (unsigned long long)sector_number);
	skip_bytes(&in, LABEL_WORD);
	number = get_le64(&in);
	crc = get_le32(&in);
	offset = get_le32(&in);
	get_bytes(&in, type, sizeof(type));
	if (number != sector_number)
		return err_set(err, EUCLEAN,
			       "Label for sector %llu found at sector %llu - ignoring.",
			       (unsigned long long)number, (unsigned long long)sector_number);
	if (crc !=
	    lvm_crc(LVM_CRC_INITIAL, sector + LABEL_CRC_START, SECTOR_BYTES - LABEL_CRC_START))
		return err_set(err, EUCLEAN, "Label checksum incorrect - ignoring.");
	if (memcmp(type, LABEL_TYPE, LABEL_WORD) != 0)
		return err_set(err, EUCLEAN, "Label type is not \"%s\".", LABEL_TYPE);
	if (offset < LABEL_HEADER_BYTES || offset >= SECTOR_BYTES)
		return err_set(err, EUCLEAN, "Label has its PV header at byte %u.", offset);
	in = (struct reader){ .at = sector + offset, .left = SECTOR_BYTES - offset };
	if ((rc = read_header(&in, &header, err)) || (rc = check_id(&header.id, err)))
		return rc;
	*ret_header = header;
	return 0;
}

static void write_areas(struct writer *out, const struct disk_area *areas, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		put_le64(out, areas[i].offset_bytes);
		put_le64(out, areas[i].size_bytes);
	}
	put_le64(out, 0);
	put_le64(out, 0);
}

int label_encode(const struct pv_header *header, uint64_t sector_number,
		 unsigned char sector[SECTOR_BYTES], struct err *err)
{
	struct writer out = { .at = sector, .left = SECTOR_BYTES };
	struct writer crc = { .at = sector + LABEL_CRC_START - 4, .left = 4 };

	if (header->data_count > PV_HEADER_AREAS_MAX || header->mda_count > PV_HEADER_AREAS_MAX ||
	    header->bootloader_count > PV_HEADER_AREAS_MAX)
		return err_set(err, EINVAL, "PV header has too many areas.");
	memset(sector, 0, SECTOR_BYTES);
	put_bytes(&out, LABEL_MAGIC, LABEL_WORD);
	put_le64(&out, sector_number);
	put_le32(&out, 0); /* checksum, below */
	put_le32(&out, LABEL_HEADER_BYTES);
	put_bytes(&out, LABEL_TYPE, LABEL_WORD);
	put_bytes(&out, header->id.text, UUID_LENGTH);
	put_le64(&out, header->device_size_bytes);
	write_areas(&out, header->data, header->data_count);
	write_areas(&out, header->mda, header->mda_count);
	if (header->extension_version) {
		put_le32(&out, header->extension_version);
		put_le32(&out, header->extension_flags);
		write_areas(&out, header->bootloader, header->bootloader_count);
	}
	if (out.overrun)
		return err_set(err, EINVAL, "PV header does not fit one sector.");
	put_le32(&crc, lvm_crc(LVM_CRC_INITIAL, sector + LABEL_CRC_START,
			       SECTOR_BYTES - LABEL_CRC_START));
	return 0;
}
