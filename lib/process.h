/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_PROCESS_H
#define LIB_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/** When @pid was started, in clock ticks since boot: tells a process from a later one with the same
 * pid. 0 when there is no such process. */
uint64_t process_start_time(pid_t pid);

#endif
