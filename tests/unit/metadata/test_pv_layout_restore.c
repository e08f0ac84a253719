/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where pvcreate --restorefile puts things: the data stay, the metadata take what is before them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "metadata/label.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

static const struct pv_layout_request request = {
	.device_size_bytes = 64 * MIB,
	.alignment_bytes = MIB,
	.metadata_copies = 1,
	.page_size = 4096,
};

static struct pv_layout_fixed fixed_at(uint64_t start, uint64_t end)
{
	return (struct pv_layout_fixed){ .pe_start_bytes = start, .pe_end_bytes = end };
}

static void the_area_fills_what_is_before_the_data(void **state)
{
	const struct pv_layout_fixed fixed = fixed_at(4 * MIB, 64 * MIB);
	struct pv_header header = { 0 };

	(void)state;
	assert_int_equal(pv_layout_restore(&request, &fixed, &header, NULL), 0);
	assert_int_equal(header.data_count, 1);
	assert_int_equal(header.data[0].offset_bytes, 4 * MIB);
	assert_int_equal(header.data[0].size_bytes, 0);
	assert_int_equal(header.mda_count, 1);
	assert_int_equal(header.mda[0].offset_bytes, 4096);
	assert_int_equal(header.mda[0].size_bytes, 4 * MIB - 4096);
	assert_int_equal(header.bootloader_count, 0);
	assert_int_equal(header.device_size_bytes, 64 * MIB);
}

static void a_bootloader_area_ends_the_metadata(void **state)
{
	struct pv_layout_fixed fixed = fixed_at(2 * MIB, 62 * MIB);
	struct pv_header header = { 0 };

	(void)state;
	fixed.ba_start_bytes = fixed.ba_size_bytes = MIB;
	assert_int_equal(pv_layout_restore(&request, &fixed, &header, NULL), 0);
	assert_int_equal(header.mda[0].size_bytes, MIB - 4096);
	assert_int_equal(header.bootloader[0].offset_bytes, MIB);
	assert_int_equal(header.bootloader[0].size_bytes, MIB);
}

static void a_second_area_lies_behind_the_extents(void **state)
{
	const struct pv_layout_fixed fixed = fixed_at(MIB, 61 * MIB);
	struct pv_layout_request two = request;
	struct pv_header header = { 0 };

	(void)state;
	two.metadata_copies = 2;
	assert_int_equal(pv_layout_restore(&two, &fixed, &header, NULL), 0);
	assert_int_equal(header.mda_count, 2);
	assert_true(header.mda[1].offset_bytes >= fixed.pe_end_bytes);
	assert_int_equal(header.mda[1].offset_bytes + header.mda[1].size_bytes, 64 * MIB);
}

static void no_room_is_refused(void **state)
{
	const struct pv_layout_fixed beyond = fixed_at(60 * MIB, 65 * MIB);
	const struct pv_layout_fixed early = fixed_at(20 * KIB, 60 * MIB);
	const struct pv_layout_fixed full = fixed_at(MIB, 64 * MIB);
	const struct pv_layout_fixed backwards = fixed_at(UINT64_MAX, 4 * MIB);
	struct pv_layout_fixed bootloader = fixed_at(2 * MIB, 60 * MIB);
	struct pv_layout_request two = request, none = request;
	struct pv_header header = { 0 };

	(void)state;
	two.metadata_copies = 2;
	none.metadata_copies = 0;
	assert_int_equal(pv_layout_restore(&request, &beyond, &header, NULL), -ENOSPC);
	assert_int_equal(pv_layout_restore(&request, &early, &header, NULL), -ENOSPC);
	assert_int_equal(pv_layout_restore(&none, &early, &header, NULL), 0);
	assert_int_equal(pv_layout_restore(&two, &full, &header, NULL), -ENOSPC);
	assert_int_equal(pv_layout_restore(&request, &backwards, &header, NULL), -EINVAL);
	bootloader.ba_start_bytes = MIB;
	bootloader.ba_size_bytes = UINT64_MAX;
	assert_int_equal(pv_layout_restore(&request, &bootloader, &header, NULL), -ENOSPC);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_area_fills_what_is_before_the_data),
		cmocka_unit_test(a_bootloader_area_ends_the_metadata),
		cmocka_unit_test(a_second_area_lies_behind_the_extents),
		cmocka_unit_test(no_room_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
