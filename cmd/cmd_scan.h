/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command lines of pvscan, vgscan, lvscan and lvmdiskscan say. */
#ifndef CMD_CMD_SCAN_H
#define CMD_CMD_SCAN_H

#include "lib/op/pv_online.h"
#include "lib/report/listing.h"

struct cmd_pvscan_args {
	struct pvscan_args list;
	bool cache;
	enum activation_change activate;
};

struct cmd_vgscan_args {
	bool mknodes, notify;
};

struct cmd_lvscan_args {
	bool all;
};

struct cmd_lvmdiskscan_args {
	bool only_lvm;
};

#endif
