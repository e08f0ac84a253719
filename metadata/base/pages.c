/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/base/pages.h"

#include <stdint.h>
#include <sys/mman.h>

#define PAGE_BYTES ((uintptr_t)4096) /* where they are larger, madvise() may refuse: no harm */

void *pages_map(size_t size, bool is_shared)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    (is_shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void pages_unmap(void *memory, size_t size)
{
	(void)munmap(memory, size);
}

void pages_touch(void *memory, size_t size)
{
	const uintptr_t start = (uintptr_t)memory / PAGE_BYTES * PAGE_BYTES;

	(void)madvise((void *)start, (uintptr_t)memory + size - start, MADV_POPULATE_WRITE);
}
