/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loop devices that have a file. Machines that run images have hundreds without one, and to ask
 * each of them for its size takes longer than all the rest of a command: /proc/partitions tells of
 * all at once, since it leaves out what is empty.
 */
#ifndef LIB_DEVICE_BOUND_LOOPS_H
#define LIB_DEVICE_BOUND_LOOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start with { 0 }, by which none is known to be empty. */
struct bound_loops {
	bool is_known;
	uint64_t *numbers; /* sorted */
	size_t count;
};

/** As the kernel has it now. Without memory or /proc nothing is known. */
void bound_loops_read(struct bound_loops *loops);

/** Is @kernel_name a whole loop device that certainly is empty? */
bool bound_loops_lack(const struct bound_loops *loops, const char *kernel_name);

void bound_loops_free(struct bound_loops *loops);

/** As bound_loops_read(), of a text like /proc/partitions. False without memory. */
bool bound_loops_parse(const char *text, struct bound_loops *loops);

#endif
