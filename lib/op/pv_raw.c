/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/op/pv_raw.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "metadata/base/crc.h"
#include "metadata/base/span.h"

#define LABEL_ID	 "LABELONE"
#define LABEL_TYPE	 "LVM2 001"
#define LABEL_CRC_START	 20
#define PV_HEADER_OFFSET 32
#define MAGIC_HEX	 "0x204c564d3220785b35412572304e2a3e"
#define MAGIC_BYTES	 16
#define LOCATION_BYTES	 24
#define LOCATIONS_OFFSET 40

typedef unsigned long long ull;

static void say(const struct pv_raw *raw, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct pv_raw *raw, const char *fmt, ...)
{
	char text[256];
	va_list args;

	if (!raw->print)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ctx_print(raw->context, "%s", text);
}

void pv_raw_wrong(struct pv_raw *raw, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ctx_print(raw->context, "CHECK: %s", text);
	raw->is_bad = true;
}

/* What cannot be printed is a question mark. */
static const char *printable(const void *bytes, size_t length, char *text)
{
	const unsigned char *from = bytes;

	for (size_t i = 0; i < length; i++)
		text[i] = isgraph(from[i]) || from[i] == ' ' ? (char)from[i] : '?';
	text[length] = '\0';
	return text;
}

/* ---- device ---- */

static int find_label(struct pv_raw *raw, struct err *err)
{
	unsigned char sectors[LABEL_SCAN_SECTORS * SECTOR_BYTES];
	int rc;

	if ((rc = device_read(raw->fd, raw->device, 0, sectors, sizeof(sectors), err)))
		return rc;
	raw->label_sector = LABEL_DEFAULT_SECTOR;
	for (uint64_t i = LABEL_SCAN_SECTORS; i-- > 0;)
		if (label_is_present(sectors + i * SECTOR_BYTES)) {
			raw->label_sector = i;
			raw->has_label = true;
		}
	memcpy(raw->label, sectors + raw->label_sector * SECTOR_BYTES, SECTOR_BYTES);
	return 0;
}

int pv_raw_open(struct context *context, const char *path, enum device_mode mode,
		struct pv_raw *raw, struct err *err)
{
	int rc;

	*raw = (struct pv_raw){ .context = context, .fd = -1 };
	if ((rc = device_list_build(context, &raw->devices, err)))
		return rc;
	if (!(raw->device = device_find(raw->devices, path)))
		return err_set(err, ENODEV, "Cannot access device %s.", path);
	if ((raw->fd = device_open(raw->device, mode, err)) < 0)
		return raw->fd;
	return find_label(raw, err);
}

void pv_raw_close(struct pv_raw *raw)
{
	if (raw->fd >= 0)
		(void)close(raw->fd);
	device_list_free(raw->devices);
	*raw = (struct pv_raw){ .fd = -1 };
}

/* ---- label and PV header ---- */

static void look_at_label_header(struct pv_raw *raw)
{
	struct reader in = { .at = raw->label, .left = SECTOR_BYTES };
	char id[9], type[9], bytes[8];
	uint32_t crc, offset, expected;
	uint64_t sector;

	get_bytes(&in, bytes, sizeof(bytes));
	(void)printable(bytes, sizeof(bytes), id);
	sector = get_le64(&in);
	crc = get_le32(&in);
	offset = get_le32(&in);
	get_bytes(&in, bytes, sizeof(bytes));
	(void)printable(bytes, sizeof(bytes), type);
	expected = lvm_crc(LVM_CRC_INITIAL, raw->label + LABEL_CRC_START,
			   SECTOR_BYTES - LABEL_CRC_START);
	say(raw, "label_header at %llu", (ull)raw->label_sector * SECTOR_BYTES);
	say(raw, "label_header.id %s", id);
	say(raw, "label_header.sector %llu", (ull)sector);
	say(raw, "label_header.crc 0x%x", crc);
	say(raw, "label_header.offset %u", offset);
	say(raw, "label_header.type %s", type);
	if (strcmp(id, LABEL_ID) != 0)
		pv_raw_wrong(raw, "label_header.id expected " LABEL_ID);
	if (sector != raw->label_sector)
		pv_raw_wrong(raw, "label_header.sector expected %llu", (ull)raw->label_sector);
	if (crc != expected)
		pv_raw_wrong(raw, "label_header.crc expected 0x%x", expected);
	if (offset != PV_HEADER_OFFSET)
		pv_raw_wrong(raw, "label_header.offset expected %d", PV_HEADER_OFFSET);
	if (strcmp(type, LABEL_TYPE) != 0)
		pv_raw_wrong(raw, "label_header.type expected " LABEL_TYPE);
}

static uint64_t position(const struct pv_raw *raw, const struct reader *in)
{
	return raw->label_sector * SECTOR_BYTES + SECTOR_BYTES - in->left;
}

/* One list of areas, up to its end or the sector's; @number goes on from list to list. */
static void look_at_list(struct pv_raw *raw, struct reader *in, const char *header,
			 unsigned *number, const char *what,
			 void (*take)(struct pv_raw *raw, struct disk_area area))
{
	struct disk_area area;

	do {
		const ull at = position(raw, in);

		area.offset_bytes = get_le64(in);
		area.size_bytes = get_le64(in);
		if (in->overrun)
			return;
		say(raw, "%s.disk_locn[%u] at %llu # %s", header, *number, at,
		    area.offset_bytes ? what : "location list end");
		say(raw, "%s.disk_locn[%u].offset %llu", header, *number, (ull)area.offset_bytes);
		say(raw, "%s.disk_locn[%u].size %llu", header, *number, (ull)area.size_bytes);
		++*number;
		if (area.offset_bytes && take)
			take(raw, area);
	} while (area.offset_bytes);
}

static void take_data(struct pv_raw *raw, struct disk_area area)
{
	if (!raw->data_offset_bytes)
		raw->data_offset_bytes = area.offset_bytes;
}

static void take_mda(struct pv_raw *raw, struct disk_area area)
{
	if (raw->mda_count < RAW_MDAS_MAX)
		raw->mdas[raw->mda_count++].area = area;
}

static void look_at_pv_header(struct pv_raw *raw)
{
	struct reader in = { .at = raw->label, .left = SECTOR_BYTES };
	char bytes[UUID_LENGTH], id[UUID_LENGTH + 1];
	unsigned number = 0;

	skip_bytes(&in, PV_HEADER_OFFSET);
	say(raw, "pv_header at %llu", (ull)position(raw, &in));
	get_bytes(&in, bytes, sizeof(bytes));
	(void)printable(bytes, sizeof(bytes), id);
	raw->has_id = !uuid_parse(id, &raw->id, NULL);
	raw->device_size_bytes = get_le64(&in);
	say(raw, "pv_header.pv_uuid %s", id);
	say(raw, "pv_header.device_size %llu", (ull)raw->device_size_bytes);
	if (!raw->has_id)
		pv_raw_wrong(raw, "pv_header.pv_uuid invalid format");
	look_at_list(raw, &in, "pv_header", &number, "location of data area", take_data);
	look_at_list(raw, &in, "pv_header", &number, "location of metadata area", take_mda);
	say(raw, "pv_header_extension at %llu", (ull)position(raw, &in));
	say(raw, "pv_header_extension.version %u", get_le32(&in));
	say(raw, "pv_header_extension.flags %u", get_le32(&in));
	number = 0;
	look_at_list(raw, &in, "pv_header_extension", &number, "bootloader area", NULL);
}

void pv_raw_look_at_label(struct pv_raw *raw)
{
	raw->mda_count = 0;
	raw->data_offset_bytes = 0;
	look_at_label_header(raw);
	look_at_pv_header(raw);
}

/* ---- areas ---- */

static void say_location(const struct pv_raw *raw, unsigned mda, unsigned slot, const char *what,
			 uint64_t header_at, struct reader *in, struct mda_location *location)
{
	location->offset_bytes = get_le64(in);
	location->size_bytes = get_le64(in);
	location->checksum = get_le32(in);
	location->flags = get_le32(in);
	say(raw, "mda_header_%u.raw_locn[%u] at %llu # %s", mda, slot,
	    (ull)header_at + LOCATIONS_OFFSET + (ull)slot * LOCATION_BYTES, what);
	say(raw, "mda_header_%u.raw_locn[%u].offset %llu", mda, slot, (ull)location->offset_bytes);
	say(raw, "mda_header_%u.raw_locn[%u].size %llu", mda, slot, (ull)location->size_bytes);
	say(raw, "mda_header_%u.raw_locn[%u].checksum 0x%x", mda, slot, location->checksum);
	say(raw, "mda_header_%u.raw_locn[%u].flags 0x%x", mda, slot, location->flags);
}

static void check_mda_header(struct pv_raw *raw, unsigned mda, const struct raw_mda *found,
			     uint32_t crc, uint32_t expected, bool magic, uint32_t version)
{
	if (crc != expected)
		pv_raw_wrong(raw, "mda_header_%u.checksum expected 0x%x", mda, expected);
	if (!magic)
		pv_raw_wrong(raw, "mda_header_%u.magic expected " MAGIC_HEX, mda);
	if (version != 1)
		pv_raw_wrong(raw, "mda_header_%u.version expected 1", mda);
	if (found->header.start_bytes != found->area.offset_bytes)
		pv_raw_wrong(raw,
			     "mda_header_%u.start does not match pv_header.disk_locn offset %llu",
			     mda, (ull)found->area.offset_bytes);
	if (found->header.size_bytes != found->area.size_bytes)
		pv_raw_wrong(raw, "mda_header_%u.size does not match pv_header.disk_locn size %llu",
			     mda, (ull)found->area.size_bytes);
}

int pv_raw_look_at_mda(struct pv_raw *raw, unsigned number, struct err *err)
{
	struct raw_mda *found = &raw->mdas[number];
	unsigned char sector[MDA_HEADER_BYTES];
	struct reader in = { .at = sector, .left = sizeof(sector) };
	const unsigned mda = number + 1;
	char hex[2 * MAGIC_BYTES + 1];
	uint32_t crc, version;
	int rc;

	if ((rc = device_read(raw->fd, raw->device, found->area.offset_bytes, sector,
			      sizeof(sector), err)))
		return rc;
	crc = get_le32(&in);
	for (unsigned i = 0; i < MAGIC_BYTES; i++)
		(void)snprintf(hex + (size_t)2 * i, 3, "%02x", get_u8(&in));
	version = get_le32(&in);
	found->header.start_bytes = get_le64(&in);
	found->header.size_bytes = get_le64(&in);
	found->has_magic = mda_header_has_magic(sector);
	say(raw, "mda_header_%u at %llu # metadata area", mda, (ull)found->area.offset_bytes);
	say(raw, "mda_header_%u.checksum 0x%x", mda, crc);
	say(raw, "mda_header_%u.magic 0x%s", mda, hex);
	say(raw, "mda_header_%u.version %u", mda, version);
	say(raw, "mda_header_%u.start %llu", mda, (ull)found->header.start_bytes);
	say(raw, "mda_header_%u.size %llu", mda, (ull)found->header.size_bytes);
	check_mda_header(
		raw, mda, found, crc,
		lvm_crc(LVM_CRC_INITIAL, sector + sizeof(crc), sizeof(sector) - sizeof(crc)),
		!strcmp(hex, &MAGIC_HEX[2]), version);
	say_location(raw, mda, 0, "commit", found->area.offset_bytes, &in,
		     &found->header.committed);
	say_location(raw, mda, 1, "precommit", found->area.offset_bytes, &in,
		     &found->header.precommitted);
	return 0;
}
