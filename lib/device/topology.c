/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/device/topology.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <string.h>

int device_topology_get(const char *path, struct device_topology *ret_topology, struct err *err)
{
	blkid_probe probe;
	blkid_topology topology;

	errno = 0;
	if (!(probe = blkid_new_probe_from_filename(path)))
		return err_set(err, errno ? errno : EIO, "%s: cannot open it: %s.", path,
			       strerror(errno ? errno : EIO));
	*ret_topology = (struct device_topology){ 0 };
	if ((topology = blkid_probe_get_topology(probe)))
		*ret_topology = (struct device_topology){
			.minimum_io_bytes = blkid_topology_get_minimum_io_size(topology),
			.optimal_io_bytes = blkid_topology_get_optimal_io_size(topology),
			.alignment_offset_bytes = blkid_topology_get_alignment_offset(topology),
		};
	blkid_free_probe(probe);
	return 0;
}
