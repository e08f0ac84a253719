/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metadata/base/crc.h"
#include "metadata/label.h"
#include "tests/unit/metadata/golden.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

/* The table of the on-disk format's section 1.5, and what LVM2 2.03.16 does beyond it. */
static const struct layout_row {
	uint64_t device, align, offset, mda_size; /* align 0: 1 MiB; device 0: 64 MiB */
	uint32_t copies;
	uint64_t bootloader;
	struct disk_area mda[2];
	uint64_t pe_start;
	struct disk_area ba;
} layout_rows[] = {
	{ 0, 0, 0, 0, 1, 0, { { 4096, 1044480 } }, MIB, { 0 } },
	{ 0, 0, 0, 0, 0, 0, { { 0 } }, MIB, { 0 } },
	{ 0, 0, 0, 0, 2, 0, { { 4096, 1044480 }, { 66060288, 1048576 } }, MIB, { 0 } },
	{ 0, 0, 0, 500 * KIB, 2, 0, { { 4096, 1044480 }, { 66060288, 1048576 } }, MIB, { 0 } },
	{ 0, 0, 0, KIB, 1, 0, { { 4096, 1044480 } }, MIB, { 0 } },
	{ 0, 0, 0, 100 * KIB, 1, 0, { { 4096, 1044480 } }, MIB, { 0 } },
	{ 0, 0, 0, 500 * KIB, 1, 0, { { 4096, 1044480 } }, MIB, { 0 } },
	{ 0, 0, 0, 2 * MIB, 1, 0, { { 4096, 3141632 } }, 3 * MIB, { 0 } },
	{ 0, 0, 0, 3000 * KIB, 1, 0, { { 4096, 3141632 } }, 3 * MIB, { 0 } },
	{ 0, 64 * KIB, 0, 0, 1, 0, { { 4096, 1044480 } }, MIB, { 0 } },
	{ 0, KIB, 0, 0, 1, 0, { { 4096, 1044480 } }, MIB, { 0 } },
	{ 0, 64 * KIB, 0, 64 * KIB, 1, 0, { { 4096, 126976 } }, 128 * KIB, { 0 } },
	{ 0, 256 * KIB, 0, 128 * KIB, 1, 0, { { 4096, 258048 } }, 256 * KIB, { 0 } },
	{ 0,
	  256 * KIB,
	  0,
	  300 * KIB,
	  2,
	  0,
	  { { 4096, 520192 }, { 66584576, 524288 } },
	  512 * KIB,
	  { 0 } },
	{ 0, 768 * KIB, 0, 0, 1, 0, { { 4096, 1568768 } }, 1536 * KIB, { 0 } },
	{ 0, 3 * MIB, 0, 0, 1, 0, { { 4096, 3141632 } }, 3 * MIB, { 0 } },
	{ 0, 2 * MIB, 0, 0, 1, 0, { { 4096, 2093056 } }, 2 * MIB, { 0 } },
	{ 0, 0, 7 * 512, 0, 1, 0, { { 4096, 1048064 } }, 2055 * 512, { 0 } },
	{ 0, 64 * KIB, 0, 0, 0, 0, { { 0 } }, 64 * KIB, { 0 } },
	{ 0, 0, 0, 0, 1, 100 * KIB, { { 4096, 1044480 } }, 2 * MIB, { MIB, MIB } },
	{ 0, 0, 0, 0, 1, MIB, { { 4096, 1044480 } }, 2 * MIB, { MIB, MIB } },
	{ 0, 0, 0, 0, 0, 100 * KIB, { { 0 } }, 2 * MIB, { MIB, MIB } },
	{ 32 * MIB, 0, 0, 0, 1, 0, { { 4096, 1044480 } }, MIB, { 0 } },
	/* seen, not in the table */
	{ 256 * MIB, 64 * KIB, 64 * KIB, 0, 1, 0, { { 4096, 1110016 } }, 1114112, { 0 } },
	{ 256 * MIB,
	  64 * KIB,
	  3584,
	  64 * KIB,
	  2,
	  0,
	  { { 4096, 130560 }, { 268369920, 65536 } },
	  134656,
	  { 0 } },
	{ 256 * MIB, 64 * KIB, 3584, 0, 0, 70 * KIB, { { 0 } }, 200192, { 69120, 131072 } },
	{ 256 * MIB,
	  64 * KIB,
	  3584,
	  0,
	  1,
	  70 * KIB,
	  { { 4096, 1048064 } },
	  1183232,
	  { 1052160, 131072 } },
	{ 256 * MIB, 0, 0, 300 * MIB, 1, 0, { { 4096, 266334208 } }, 266338304, { 0 } },
	{ 256 * MIB,
	  0,
	  0,
	  250 * MIB,
	  2,
	  0,
	  { { 4096, 263188480 }, { 263192576, 5242880 } },
	  263192576,
	  { 0 } },
	{ 256 * MIB,
	  0,
	  0,
	  130 * MIB,
	  2,
	  0,
	  { { 4096, 137359360 }, { 137363456, 131072000 } },
	  137363456,
	  { 0 } },
	{ 256 * MIB,
	  0,
	  0,
	  200 * MIB,
	  1,
	  100 * MIB,
	  { { 4096, 161476608 } },
	  266338304,
	  { 161480704, 104857600 } },
	{ 256 * MIB, 100 * MIB, 0, 220 * MIB, 1, 0, { { 4096, 230686720 } }, 230690816, { 0 } },
	{ 256 * MIB,
	  100 * MIB,
	  0,
	  220 * MIB,
	  1,
	  10 * MIB,
	  { { 4096, 163573760 } },
	  268435456,
	  { 163577856, 104857600 } },
	{ 256 * MIB, 0, 3584, 300 * MIB, 1, 0, { { 4096, 266334208 } }, 266338304, { 0 } },
	{ 256 * MIB,
	  200 * MIB,
	  0,
	  0,
	  2,
	  0,
	  { { 4096, 209711104 }, { 209715200, 58720256 } },
	  209715200,
	  { 0 } },
	{ 256 * MIB, 0, 0, 255 * MIB, 1, 0, { { 4096, 268431360 } }, 268435456, { 0 } },
	{ 5000 * KIB, 0, 0, 0, 2, 0, { { 4096, 1044480 }, { 3145728, 1974272 } }, MIB, { 0 } },
	{ 2100 * KIB,
	  1500 * KIB,
	  0,
	  0,
	  2,
	  0,
	  { { 4096, 1531904 }, { 1536000, 614400 } },
	  1536000,
	  { 0 } },
};

static struct pv_layout_request request_of(const struct layout_row *row)
{
	return (struct pv_layout_request){
		.device_size_bytes = row->device ? row->device : 64 * MIB,
		.alignment_bytes = row->align ? row->align : MIB,
		.alignment_offset_bytes = row->offset,
		.metadata_size_bytes = row->mda_size,
		.metadata_copies = row->copies,
		.bootloader_size_bytes = row->bootloader,
		.page_size = 4096,
	};
}

static void layouts_are_those_of_pvcreate(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(layout_rows); i++) {
		const struct layout_row *row = &layout_rows[i];
		struct pv_layout_request request = request_of(row);
		struct pv_header header = { 0 };
		struct err err = { 0 };

		if (pv_layout(&request, &header, &err))
			fail_msg("row %zu: %s", i, err.text);
		assert_int_equal(header.device_size_bytes, request.device_size_bytes);
		assert_int_equal(header.mda_count, row->copies);
		for (uint32_t j = 0; j < row->copies; j++)
			if (memcmp(&header.mda[j], &row->mda[j], sizeof(row->mda[j])) != 0)
				fail_msg("row %zu: mda %u is %llu,%llu", i, j,
					 (unsigned long long)header.mda[j].offset_bytes,
					 (unsigned long long)header.mda[j].size_bytes);
		assert_int_equal(header.data_count, 1);
		assert_int_equal(header.data[0].offset_bytes, row->pe_start);
		assert_int_equal(header.data[0].size_bytes, 0);
		assert_int_equal(header.bootloader_count, row->ba.size_bytes ? 1 : 0);
		if (row->ba.size_bytes)
			assert_memory_equal(&header.bootloader[0], &row->ba, sizeof(row->ba));
	}
}

static void impossible_layouts_are_refused_in_lvm2s_words(void **state)
{
	static const struct {
		struct layout_row request;
		const char *message;
	} rows[] = {
		{ { .align = 4096, .mda_size = 4096, .copies = 1 },
		  "Metadata area size too small: 4096 bytes. It must be at least 32768 bytes." },
		{ { .align = 64 * KIB, .offset = 65 * KIB, .copies = 1 },
		  "pe_align (128 sectors) must not be less than pe_align_offset (130 sectors)" },
		{ { .align = 300 * MIB, .copies = 1 },
		  "Data alignment must not exceed device size." },
		{ { .bootloader = 300 * MIB, .copies = 1 },
		  "Bootloader area with data-aligned start must not exceed device size." },
		{ { .bootloader = UINT64_MAX, .copies = 1 },
		  "Bootloader area with data-aligned start must not exceed device size." },
		{ { .device = 256 * MIB, .mda_size = MIB, .bootloader = 254 * MIB, .copies = 2 },
		  "Not enough space available for metadata area with index 1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pv_layout_request request = request_of(&rows[i].request);
		struct pv_header header = { 0 };
		struct err err = { 0 };

		assert_int_equal(pv_layout(&request, &header, &err), -ENOSPC);
		if (strncmp(err.text, rows[i].message, strlen(rows[i].message)) != 0)
			fail_msg("row %zu: %s", i, err.text);
	}
}

static void the_area_at_the_end_follows_the_device(void **state)
{
	static const struct {
		struct disk_area area;
		uint64_t device;
		struct disk_area expected;
	} rows[] = {
		{ { 63 * MIB, MIB }, 128 * MIB, { 127 * MIB, MIB } },
		{ { 63 * MIB, MIB }, 40 * MIB, { 39 * MIB, MIB } },
		{ { 63 * MIB, MIB }, 64 * MIB + 512, { 63 * MIB, MIB + 512 } },
		/* does not grow by what was left over before */
		{ { 63 * MIB, MIB + 512 }, 128 * MIB, { 127 * MIB, MIB } },
		{ { 3 * MIB - 65536, 65536 }, 4 * MIB, { 4 * MIB - 65536, 65536 } },
	};
	struct disk_area area = { 63 * MIB, MIB };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct disk_area found;

		assert_int_equal(
			pv_layout_move_mda(&rows[i].area, rows[i].device, MIB, &found, &err), 0);
		assert_int_equal(found.offset_bytes, rows[i].expected.offset_bytes);
		assert_int_equal(found.size_bytes, rows[i].expected.size_bytes);
	}
	assert_int_equal(pv_layout_move_mda(&area, 2 * MIB, 2 * MIB, &area, &err), -ENOSPC);
	assert_int_equal(pv_layout_move_mda(&area, 512, 0, &area, &err), 0);
	assert_int_equal(pv_layout_move_mda(&area, 0, 0, &area, &err), -ENOSPC);
}

static void extents_end_before_the_second_mda(void **state)
{
	struct pv_header header = { .device_size_bytes = 64 * MIB,
				    .mda = { { 4096, 1044480 }, { 66060288, 1048576 } } };

	(void)state;
	assert_int_equal(pv_layout_pe_count(&header, 2048, 8192), 15);
	header.mda_count = 2;
	assert_int_equal(pv_layout_pe_count(&header, 2048, 2048), 62);
	assert_int_equal(pv_layout_pe_count(&header, 2048, 0), 0);
	assert_int_equal(pv_layout_pe_count(&header, 1 << 20, 8192), 0);
	header.device_size_bytes = UINT64_MAX;
	header.mda_count = 0;
	assert_int_equal(pv_layout_pe_count(&header, 0, 1), UINT32_MAX);
}

static void golden_labels_come_back_byte_for_byte(void **state)
{
	unsigned char sector[SECTOR_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(golden_disk_images); i++) {
		struct blob image = read_data(golden_disk_images[i]);
		const unsigned char *at = image_bytes(&image, SECTOR_BYTES);
		struct pv_header header;

		if (strstr(golden_disk_images[i], "12-missing/pv1")) {
			assert_false(label_is_present(at));
		} else {
			assert_int_equal(label_decode(at, 1, &header, NULL), 0);
			assert_int_equal(header.extension_version, PV_EXTENSION_VERSION);
			assert_int_equal(header.extension_flags, PV_EXTENSION_USED);
			assert_int_equal(label_encode(&header, 1, sector, NULL), 0);
			assert_memory_equal(sector, at, SECTOR_BYTES);
		}
		free(image.data);
	}
}

static struct pv_header sample_header(void)
{
	struct pv_header header = { .device_size_bytes = 64 * MIB,
				    .data = { { MIB, 0 } },
				    .data_count = 1,
				    .mda = { { 4096, 1044480 } },
				    .mda_count = 1,
				    .extension_version = 2,
				    .bootloader = { { MIB, MIB } },
				    .bootloader_count = 1 };

	memset(header.id.text, 'a', UUID_LENGTH);
	return header;
}

static void reseal(unsigned char sector[SECTOR_BYTES])
{
	uint32_t crc = lvm_crc(LVM_CRC_INITIAL, sector + 20, SECTOR_BYTES - 20);

	for (int i = 0; i < 4; i++)
		sector[16 + i] = (unsigned char)(crc >> 8 * i);
}

static void old_headers_without_extension_are_read(void **state)
{
	struct pv_header header = sample_header(), read;
	unsigned char sector[SECTOR_BYTES];

	(void)state;
	header.extension_version = header.bootloader_count = 0;
	assert_int_equal(label_encode(&header, 0, sector, NULL), 0);
	assert_int_equal(label_decode(sector, 0, &read, NULL), 0);
	assert_int_equal(read.extension_version, 0);
	header.extension_version = 7;
	assert_int_equal(label_encode(&header, 0, sector, NULL), 0);
	assert_int_equal(label_decode(sector, 0, &read, NULL), 0);
	assert_int_equal(read.extension_version, 7);
}

static void bad_labels_are_refused(void **state)
{
	struct pv_header header = sample_header(), read;
	unsigned char good[SECTOR_BYTES], sector[SECTOR_BYTES];

	(void)state;
	assert_int_equal(label_encode(&header, 1, good, NULL), 0);
	memset(sector, 0, sizeof(sector));
	assert_int_equal(label_decode(sector, 1, &read, NULL), -ENOENT);
	assert_int_equal(label_decode(good, 2, &read, NULL), -EUCLEAN);
	for (size_t i = 8; i < SECTOR_BYTES; i++) {
		memcpy(sector, good, sizeof(sector));
		sector[i] ^= 0x40;
		assert_int_equal(label_decode(sector, 1, &read, NULL), -EUCLEAN);
	}
	/* A list that never ends; a PV header that lies outside; a UUID of other characters. */
	memcpy(sector, good, sizeof(sector));
	memset(sector + 72, 1, SECTOR_BYTES - 72);
	reseal(sector);
	assert_int_equal(label_decode(sector, 1, &read, NULL), -EUCLEAN);
	memcpy(sector, good, sizeof(sector));
	sector[21] = 0xff;
	reseal(sector);
	assert_int_equal(label_decode(sector, 1, &read, NULL), -EUCLEAN);
	memcpy(sector, good, sizeof(sector));
	sector[40] = '%';
	reseal(sector);
	assert_int_equal(label_decode(sector, 1, &read, NULL), -EUCLEAN);
}

static void a_header_that_does_not_fit_is_not_encoded(void **state)
{
	struct pv_header header = sample_header();
	unsigned char sector[SECTOR_BYTES];

	(void)state;
	header.mda_count = PV_HEADER_AREAS_MAX + 1;
	assert_int_equal(label_encode(&header, 1, sector, NULL), -EINVAL);
	header.data_count = header.mda_count = header.bootloader_count = PV_HEADER_AREAS_MAX;
	assert_int_equal(label_encode(&header, 1, sector, NULL), 0); /* just fits */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts_are_those_of_pvcreate),
		cmocka_unit_test(impossible_layouts_are_refused_in_lvm2s_words),
		cmocka_unit_test(extents_end_before_the_second_mda),
		cmocka_unit_test(golden_labels_come_back_byte_for_byte),
		cmocka_unit_test(the_area_at_the_end_follows_the_device),
		cmocka_unit_test(old_headers_without_extension_are_read),
		cmocka_unit_test(bad_labels_are_refused),
		cmocka_unit_test(a_header_that_does_not_fit_is_not_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
