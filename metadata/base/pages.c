/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/base/pages.h"

#include <stdint.h>
#include <sys/mman.h>

#define PAGE_BYTES ((uintptr_t)4096) /* where they are larger, madvise() may refuse: no harm */

/* Of a length that is a multiple of huge pages the kernel sees to the alignment. */
static size_t mapped_size(size_t size)
{
	if (size < HUGE_PAGE_BYTES)
		return size;
	return (size + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
}

void *pages_map(size_t size, bool is_shared)
{
	void *memory = mmap(NULL, mapped_size(size), PROT_READ | PROT_WRITE,
			    (is_shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	pages_prefer_huge(memory, size);
	return memory;
}

void pages_unmap(void *memory, size_t size)
{
	(void)munmap(memory, mapped_size(size));
}

void pages_prefer_huge(void *memory, size_t size)
{
	const uintptr_t begin = (uintptr_t)memory, end = begin + size;
	const uintptr_t first = (begin + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
	const uintptr_t behind = end / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;

	if (first < behind)
		(void)madvise((void *)first, behind - first, MADV_HUGEPAGE);
}

void pages_touch(void *memory, size_t size)
{
	const uintptr_t start = (uintptr_t)memory / PAGE_BYTES * PAGE_BYTES;

	(void)madvise((void *)start, (uintptr_t)memory + size - start, MADV_POPULATE_WRITE);
}
