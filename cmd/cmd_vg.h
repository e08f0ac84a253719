/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command lines of the VG commands say. */
#ifndef CMD_CMD_VG_H
#define CMD_CMD_VG_H

#include "cmd/pv_opts.h"

/* Two spellings of one option. */
struct vg_copies_args {
	const char *vg_metadata_copies, *metadata_copies;
};

/** A number, "all" (VG_COPIES_ALL) or "unmanaged" (0); -1 without the option. */
int vg_copies_parse(struct cmdline *line, const struct vg_copies_args *args, int *ret_copies,
		    struct err *err) MUST_CHECK;

struct vgcreate_args {
	struct pv_opts pv;
	struct size_arg extent_size;
	struct opt_number max_lv, max_pv;
	int alloc;		       /* 0 or ALLOC_CHOICE + policy */
	int clustered, autoactivation; /* YES, NO; 0 unset */
	struct vg_copies_args copies;
	struct opt_list tags;
	struct vg_create_args op;
};

struct vgextend_args {
	struct pv_opts pv;
	bool restore_missing;
	struct vg_extend_args op;
};

struct vgreduce_args {
	struct vg_reduce_args op;
};

struct vgck_args {
	bool update_metadata;
};

struct vgcfg_args {
	const char *file; /* NULL: the VG's backup */
	bool list;
};

struct vgchange_args {
	/* general */
	struct opt_number max_lv, max_pv;
	int alloc, clustered, resizeable, autoactivation;
	struct vg_copies_args copies;
	struct opt_list add_tags, del_tags;
	struct vg_change_args op;
	/* activation */
	struct activate_args activate;
	int activation_mode; /* MODE_PARTIAL, … */
};

#endif
