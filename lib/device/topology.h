/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_DEVICE_TOPOLOGY_H
#define LIB_DEVICE_TOPOLOGY_H

#include <stdint.h>

#include "metadata/base/err.h"

/* Of the device as the kernel says; bytes, 0 when it says nothing. */
struct device_topology {
	uint64_t minimum_io_bytes;
	uint64_t optimal_io_bytes;
	uint64_t alignment_offset_bytes;
};

/** Ask libblkid. A device without topology is not an error. */
int device_topology_get(const char *path, struct device_topology *ret_topology,
			struct err *err) MUST_CHECK;

#endif
