/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All commands, by name. To add one: its file, its line in commands.h, its line here. */
#include "cmd/commands.h"

#include <stddef.h>

const struct command *const commands[] = {
	&cmd_lvchange,	  &cmd_lvcreate,     &cmd_lvdisplay, &cmd_lvextend, &cmd_lvmconfig,
	&cmd_lvmdiskscan, &cmd_lvreduce,     &cmd_lvremove,  &cmd_lvrename, &cmd_lvresize,
	&cmd_lvs,	  &cmd_lvscan,	     &cmd_pvchange,  &cmd_pvck,	    &cmd_pvcreate,
	&cmd_pvdisplay,	  &cmd_pvremove,     &cmd_pvresize,  &cmd_pvs,	    &cmd_pvscan,
	&cmd_vgcfgbackup, &cmd_vgcfgrestore, &cmd_vgchange,  &cmd_vgck,	    &cmd_vgcreate,
	&cmd_vgdisplay,	  &cmd_vgexport,     &cmd_vgextend,  &cmd_vgimport, &cmd_vgreduce,
	&cmd_vgremove,	  &cmd_vgrename,     &cmd_vgs,	     &cmd_vgscan,   NULL,
};
