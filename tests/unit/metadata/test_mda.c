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

#include "metadata/mda.h"
#include "tests/unit/metadata/golden.h"

#define AREA 126976 /* bytes, as in golden/07-wrap */

static struct mda_header header_with(uint64_t size, uint64_t offset, uint64_t length)
{
	return (struct mda_header){ .start_bytes = 4096,
				    .size_bytes = size,
				    .committed = { .offset_bytes = offset, .size_bytes = length } };
}

static uint64_t place(const struct mda_header *header, uint64_t size)
{
	struct mda_location location = { 0 };
	struct err err = { 0 };

	if (mda_place(header, size, "vg", 7, "/dev/x", &location, &err))
		fail_msg("%s", err.text);
	assert_int_equal(location.size_bytes, size);
	return location.offset_bytes;
}

static void a_text_goes_to_the_next_sector(void **state)
{
	struct mda_header header = header_with(1044480, 0, 0);

	(void)state;
	assert_int_equal(place(&header, 900), 512);
	header = header_with(1044480, 512, 1024); /* its last byte ends a sector */
	assert_int_equal(place(&header, 900), 1536);
	header = header_with(1044480, 512, 1025);
	assert_int_equal(place(&header, 900), 2048);
	header = header_with(1044480, 700, 100); /* unaligned, by others */
	assert_int_equal(place(&header, 900), 1024);
	header.committed.flags = MDA_LOCATION_IGNORED;
	assert_int_equal(place(&header, 900), 512);
}

static void a_text_goes_to_the_rings_start_when_the_end_is_near(void **state)
{
	struct mda_header header = header_with(AREA, 118272, 5001);

	(void)state;
	assert_int_equal(place(&header, 4992), 123392);
	header = header_with(AREA, AREA - 1024, 400);
	assert_int_equal(place(&header, 4992), AREA - 512);
	header = header_with(AREA, AREA - 1024, 513);
	assert_int_equal(place(&header, 4992), 512);
	header = header_with(AREA, AREA - 512, 512);
	assert_int_equal(place(&header, 4992), 512);
	header = header_with(AREA, AREA - 512, 1000); /* wraps: 512 there, 488 at 512 */
	assert_int_equal(place(&header, 4992), 1024);
}

/* Older texts are still in the ring: from each, the next must have gone where we would put it. */
static void texts_follow_each_other_as_lvm2_placed_them(void **state)
{
	static const char *const images[] = { "golden/07-wrap/pv0.first1M.xz",
					      "golden/20-wrap-two-mdas/pv0.first1M.xz" };

	(void)state;
	for (size_t i = 0; i < COUNT(images); i++) {
		struct blob image = read_data(images[i]);
		struct disk_area area = { 4096, AREA };
		struct mda_header header, older;
		uint64_t at, steps = 0;

		assert_int_equal(mda_header_decode(image_bytes(&image, 4096), &area, &header, NULL),
				 0);
		assert_int_equal(mda_text_pieces(&header, &header.committed).count, 2);
		for (at = 512; at < header.committed.offset_bytes; steps++) {
			const char *text = image.data + 4096 + at;
			size_t length = strlen(text) + 1;
			uint64_t next;

			older = header_with(header.size_bytes, at, length);
			next = place(&older, header.committed.size_bytes);
			/* The newest text has overwritten the start of the ring. */
			if (next == header.committed.offset_bytes)
				break;
			assert_true(next > at);
			if (at > 4096)
				assert_memory_equal(image.data + 4096 + next, "vgw", 3);
			at = next;
		}
		assert_true(at < header.committed.offset_bytes);
		assert_true(steps > 10);
		free(image.data);
	}
}

static void a_text_too_long_is_refused(void **state)
{
	struct mda_header header = header_with(1044480, 0, 0);
	struct mda_location location;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(mda_text_max(1044480), 521472);
	assert_int_equal(mda_text_max(1044480) / 512 * 512 / 1024, 509);
	assert_int_equal(mda_text_max(100), 0);
	assert_int_equal(place(&header, 521472), 512);
	assert_int_equal(mda_place(&header, 521473, "vg", 7, "/dev/x", &location, &err), -ENOSPC);
	assert_string_equal(err.text, "VG vg 7 metadata on /dev/x (521473 bytes) exceeds maximum "
				      "metadata size (521472 bytes)");
}

/* Whatever is committed, at any place and of any size, the new text does not touch it. */
static void the_committed_text_is_never_overwritten(void **state)
{
	enum { SIZE = 8192, RING = SIZE - 512 };
	struct mda_header header;
	struct mda_location location;

	(void)state;
	for (uint64_t offset = 512; offset < SIZE; offset += 37) {
		for (uint64_t length = 1; length <= RING; length += 113) {
			header = header_with(SIZE, offset, length);
			for (uint64_t size = 1; size <= mda_text_max(SIZE); size += 611) {
				unsigned char used[RING] = { 0 };
				uint64_t padded = (size + 511) / 512 * 512;

				if (mda_place(&header, size, "vg", 7, "x", &location, NULL))
					continue;
				for (uint64_t i = 0; i < length; i++)
					used[(offset - 512 + i) % RING] = 1;
				for (uint64_t i = 0; i < padded; i++)
					assert_false(
						used[(location.offset_bytes - 512 + i) % RING]);
				assert_int_equal(mda_text_pieces(&header, &location).count == 2,
						 location.offset_bytes + size > SIZE);
			}
		}
	}
}

static void texts_of_lvm2s_size_always_fit(void **state)
{
	struct mda_location location;

	(void)state;
	for (uint64_t offset = 512; offset < AREA; offset += 512) {
		struct mda_header header = header_with(AREA, offset, mda_text_max(AREA));

		assert_int_equal(
			mda_place(&header, mda_text_max(AREA), "vg", 7, "x", &location, NULL), 0);
	}
}

static void golden_headers_come_back_byte_for_byte(void **state)
{
	unsigned char sector[MDA_HEADER_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(golden_disk_images); i++) {
		struct blob image = read_data(golden_disk_images[i]);
		struct disk_area area = { 4096, 1 << 30 };
		struct mda_header header;

		assert_int_equal(mda_header_decode(image_bytes(&image, 4096), &area, &header, NULL),
				 0);
		mda_header_encode(&header, sector);
		assert_memory_equal(sector, image.data + 4096, sizeof(sector));
		free(image.data);
	}
}

static void areas_at_the_end_of_the_device_are_read(void **state)
{
	static const struct {
		const char *path;
		uint64_t start;
		bool has_text;
	} rows[] = {
		{ "golden/06-two-mdas/pv0.last1M.xz", 66060288, true },
		{ "golden/20-wrap-two-mdas/pv0.last1M.xz", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct blob image = read_data(rows[i].path), text;
		struct mda_header header;
		struct disk_area area = { 0, 1 << 20 };
		uint64_t at = 0;

		/* The image's own start is device size - 1 MiB; the header says where it is. */
		while (memcmp(image_bytes(&image, at) + 4, " LVM2 x[5A%r0N*>", 16) != 0)
			at += SECTOR_BYTES;
		for (int b = 7; b >= 0; b--)
			area.offset_bytes =
				area.offset_bytes << 8 | image_bytes(&image, at)[24 + b];
		if (rows[i].start)
			assert_int_equal(area.offset_bytes, rows[i].start);
		assert_int_equal(mda_header_decode(image_bytes(&image, at), &area, &header, NULL),
				 0);
		text = read_text(&image, area.offset_bytes - at, &header, &header.committed);
		assert_int_equal(text.data[text.size - 1], '\0');
		free(text.data);
		free(image.data);
	}
}

static void the_empty_header_is_that_of_pvcreate(void **state)
{
	struct mda_header header = header_with(1044480, 0, 0);
	unsigned char sector[MDA_HEADER_BYTES];
	static const unsigned char checksum[] = { 0x16, 0xd6, 0x8e, 0xdb };

	(void)state;
	mda_header_encode(&header, sector);
	assert_memory_equal(sector, checksum, sizeof(checksum));
}

static int decode(const struct mda_header *header, struct mda_header *read)
{
	const struct disk_area area = { 4096, 1044480 };
	unsigned char sector[MDA_HEADER_BYTES];

	mda_header_encode(header, sector);
	return mda_header_decode(sector, &area, read, NULL);
}

static void bad_headers_are_refused(void **state)
{
	const struct disk_area area = { 4096, 1044480 };
	struct mda_header header = header_with(1044480, 512, 1000), read;
	unsigned char good[MDA_HEADER_BYTES], sector[MDA_HEADER_BYTES];

	(void)state;
	assert_int_equal(decode(&header, &read), 0);
	mda_header_encode(&header, good);
	for (size_t i = 0; i < sizeof(good); i++) {
		memcpy(sector, good, sizeof(sector));
		sector[i] ^= 1;
		assert_int_equal(mda_header_decode(sector, &area, &read, NULL), -EUCLEAN);
	}
	header.start_bytes = 8192;
	assert_int_equal(decode(&header, &read), -EUCLEAN);
	header = header_with(UINT64_MAX, 512, 1000);
	assert_int_equal(decode(&header, &read), -EUCLEAN);
	header = header_with(512, 512, 1);
	assert_int_equal(decode(&header, &read), -EUCLEAN);
}

static void locations_outside_the_ring_are_refused(void **state)
{
	static const struct mda_location bad[] = {
		{ .offset_bytes = 1, .size_bytes = 10 },
		{ .offset_bytes = 511, .size_bytes = 10 },
		{ .offset_bytes = 512 },
		{ .offset_bytes = 1044480, .size_bytes = 10 },
		{ .offset_bytes = UINT64_MAX, .size_bytes = 10 },
		{ .offset_bytes = 512, .size_bytes = 1044480 },
		{ .offset_bytes = 512, .size_bytes = UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct mda_header header = header_with(1044480, 512, 100), read;

		header.precommitted = bad[i];
		assert_int_equal(decode(&header, &read), 0); /* nobody needs that slot */
		assert_int_equal(read.precommitted.offset_bytes, 0);
		header.committed = bad[i];
		assert_int_equal(decode(&header, &read), -EUCLEAN);
		assert_int_equal(mda_text_pieces(&header, &bad[i]).count, 0);
		header.committed.flags = MDA_LOCATION_IGNORED; /* may be stale */
		assert_int_equal(decode(&header, &read), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_goes_to_the_next_sector),
		cmocka_unit_test(a_text_goes_to_the_rings_start_when_the_end_is_near),
		cmocka_unit_test(texts_follow_each_other_as_lvm2_placed_them),
		cmocka_unit_test(a_text_too_long_is_refused),
		cmocka_unit_test(the_committed_text_is_never_overwritten),
		cmocka_unit_test(texts_of_lvm2s_size_always_fit),
		cmocka_unit_test(golden_headers_come_back_byte_for_byte),
		cmocka_unit_test(areas_at_the_end_of_the_device_are_read),
		cmocka_unit_test(the_empty_header_is_that_of_pvcreate),
		cmocka_unit_test(bad_headers_are_refused),
		cmocka_unit_test(locations_outside_the_ring_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
