/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command lines of the LV commands say. */
#ifndef CMD_CMD_LV_H
#define CMD_CMD_LV_H

#include "cmd/opt.h"
#include "lib/op/op.h"
#include "lib/size.h"

struct lvcreate_args {
	const char *name;
	struct size_arg size, extents, stripe_size;
	struct opt_number stripes, major, minor;
	struct opt_read_ahead read_ahead;
	struct opt_list tags;
	enum activation_change activate;
	int alloc, type, permission; /* 0 unset */
	int contiguous, persistent;  /* YES, NO; 0 unset */
	int zero, wipe_signatures;   /* … */
	int autoactivation, activation_skip;
	bool is_stripe_size_ignored; /* -I with one stripe: worth a line */
	struct lv_create_args op;
};

struct lvresize_args {
	struct size_arg size, extents, stripe_size;
	struct opt_number stripes;
	int alloc, type, filesystem; /* 0 unset */
	struct lv_resize_args op;
};

/* choices of --fs */
enum { FS_IGNORE = 1, FS_RESIZE };

struct lvrename_args {
	const char *vg, *old_name, *new_name;
};

struct lvchange_args {
	/* attributes */
	struct opt_read_ahead read_ahead;
	struct opt_list add_tags, del_tags;
	int alloc, permission, contiguous, autoactivation, activation_skip; /* 0 unset */
	bool has_changes;
	struct lv_change_args op;
	/* activation */
	struct activate_args activate;
	int activation_mode; /* MODE_PARTIAL, … */
};

#endif
