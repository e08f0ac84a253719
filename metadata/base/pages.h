/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory by the page, for what is megabytes long: page faults are a good part of the time of a
 * large VG, so the kernel is asked for many pages at once. Not for huge ones: in a virtual machine
 * whose host has taken the memory back, one of them costs milliseconds.
 */
#ifndef METADATA_BASE_PAGES_H
#define METADATA_BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/** Zeroed memory of at least @size bytes; @is_shared: with processes that are forked from now on.
 * NULL: there is none. */
void *pages_map(size_t size, bool is_shared);
/** @size as it was asked for. */
void pages_unmap(void *memory, size_t size);

/** All of it will be used: many page faults at once cost less than one after the other, which they
 * remain where the kernel (before Linux 5.14) cannot. A system call and no more. */
void pages_touch(void *memory, size_t size);

#endif
