/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command lines of pvcreate, pvremove and pvresize say. */
#ifndef CMD_CMD_PV_H
#define CMD_CMD_PV_H

#include "cmd/pv_opts.h"

struct pvcreate_args {
	struct pv_opts pv;
	const char *uuid;
	bool norestorefile;
	const char *restore_file;
	struct size_arg size, bootloader_size;
	struct pv_create_args op;
};

struct pvresize_args {
	struct size_arg size;
};

#endif
