/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as a size, a number of extents, a PV with ranges, and a number. */
#include <assert.h>
#include <stdint.h>

#include "lib/number.h"
#include "lib/pv_argument.h"
#include "lib/size.h"
#include "metadata/base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_size(const char *text)
{
	char formatted[SIZE_TEXT_MAX];
	struct size_arg extents = { 0 };
	enum size_sign sign;
	uint64_t sectors;

	if (!size_parse(text, 'm', "size", &sign, &sectors, NULL))
		(void)size_format(sectors, formatted);
	(void)!extents_parse(text, &extents, NULL);
}

static void try_pv(const char *text, struct arena *arena)
{
	struct pv pv = { .pe_count = 1000 };
	struct alloc_pv allowed = { .pv = &pv };
	struct pv_argument argument;

	if (pv_argument_parse(text, arena, &argument, NULL))
		return;
	assert(argument.name);
	if (pv_argument_allow(&argument, "/dev/sda", arena, &allowed, NULL))
		return;
	for (size_t i = 0; i < allowed.range_count; i++)
		assert((uint64_t)allowed.ranges[i].start + allowed.ranges[i].count <= 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena arena = { .limit = (size_t)64 << 20 };
	const char *text = arena_strndup(&arena, (const char *)data, size);
	uint32_t major, minor;
	uint64_t number;

	if (!text)
		return 0;
	try_size(text);
	try_pv(text, &arena);
	(void)number_whole(text, UINT64_MAX, &number);
	(void)number_devno(text, &major, &minor);
	return 0;
}
