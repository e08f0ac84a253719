/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands. */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "cmd/command.h"

extern const struct command cmd_lvchange, cmd_lvcreate, cmd_lvdisplay, cmd_lvextend, cmd_lvreduce,
	cmd_lvremove, cmd_lvrename, cmd_lvresize, cmd_lvs, cmd_lvscan, cmd_lvmconfig,
	cmd_lvmdiskscan;
extern const struct command cmd_pvchange, cmd_pvck, cmd_pvcreate, cmd_pvdisplay, cmd_pvremove,
	cmd_pvresize, cmd_pvs, cmd_pvscan;
extern const struct command cmd_vgcfgbackup, cmd_vgcfgrestore, cmd_vgchange, cmd_vgck, cmd_vgcreate,
	cmd_vgdisplay, cmd_vgexport, cmd_vgextend, cmd_vgimport, cmd_vgreduce, cmd_vgremove,
	cmd_vgrename, cmd_vgs, cmd_vgscan;

#endif
