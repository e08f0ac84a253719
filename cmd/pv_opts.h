/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options that make a PV, of pvcreate and of the commands that make PVs on the way. */
#ifndef CMD_PV_OPTS_H
#define CMD_PV_OPTS_H

#include "cmd/command.h"
#include "lib/op/op.h"
#include "lib/size.h"

struct pv_opts {
	struct size_arg data_alignment, data_alignment_offset, metadata_size;
	struct opt_number label_sector;
	int zero, metadata_ignore;		 /* YES, NO; 0 unset */
	int metadata_copies, pv_metadata_copies; /* a value_copies choice; two spellings */
};

extern const struct opt pv_opts[];

/** -EINVAL: values that do not go together. */
int pv_opts_check(const struct pv_opts *opts, struct pv_create_args *ret_args,
		  struct err *err) MUST_CHECK;

#endif
