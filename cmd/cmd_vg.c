/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgcreate, vgextend, vgreduce: which PVs a VG has. vgremove, vgrename, vgck. */
#include "cmd/cmd_vg.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/operand.h"
#include "lib/number.h"

#define CREATE(field) offsetof(struct vgcreate_args, field)
#define EXTEND(field) offsetof(struct vgextend_args, field)
#define REDUCE(field) offsetof(struct vgreduce_args, field)

static const struct opt no_opts[] = { { 0 } };

/* ---- vgcreate ---- */

static const struct opt vgcreate_opts[] = {
	{ 'c', "clustered", OPT_CHOICE, CREATE(clustered), &value_yes_no,
	  "Whether it is clustered; it is by default where clvmd runs." },
	{ 'l', "maxlogicalvolumes", OPT_NUMBER, CREATE(max_lv), &value_number,
	  "Most logical volumes it may have; 0, the default, is any number." },
	{ 'p', "maxphysicalvolumes", OPT_NUMBER, CREATE(max_pv), &value_number,
	  "Most physical volumes it may have; 0, the default, is any number." },
	{ 's', "physicalextentsize", OPT_SIZE, CREATE(extent_size), &value_size_mib,
	  "Size of its extents; 4 MiB by default." },
	{ 0, "addtag", OPT_TAGS, CREATE(tags), &value_tag, "Give it this tag; may be repeated." },
	{ 0, "alloc", OPT_CHOICE, CREATE(alloc), &value_alloc,
	  "Where logical volumes get their extents from; normal by default." },
	{ 0, "setautoactivation", OPT_CHOICE, CREATE(autoactivation), &value_yes_no,
	  "With n, leave it out when volumes are activated automatically." },
	{ 0, "vgmetadatacopies", OPT_STRING, CREATE(copies.vg_metadata_copies), &value_vg_copies,
	  "How many of the metadata areas on its physical volumes are used." },
	{ 0, "metadatacopies", OPT_STRING, CREATE(copies.metadata_copies), &value_vg_copies, NULL },
	{ 0, "metadataprofile", OPT_ACCEPTED, 0, &value_string,
	  "Accepted for compatibility; profiles have no effect." },
	{ 0, "systemid", OPT_UNSUPPORTED, 0, &value_string, "The host that it belongs to." },
	{ 0, "shared", OPT_UNSUPPORTED, 0, NULL, "Use lvmlockd." },
	{ 0, "locktype", OPT_UNSUPPORTED, 0, &value_string, "Use lvmlockd." },
	{ 0 },
};

/* A number, "all" (INT_MAX) or "unmanaged" (0); -1 without the option. */
static int parse_copies(const char *text, const char *option, int *ret_copies, struct err *err)
{
	uint64_t number;

	*ret_copies = -1;
	if (!text)
		return 0;
	if (strcmp(text, "all") == 0 || strcmp(text, "unmanaged") == 0) {
		*ret_copies = text[0] == 'a' ? VG_COPIES_ALL : 0;
		return 0;
	}
	if (!number_whole(text, INT_MAX, &number))
		return err_set(err, EINVAL, "Invalid argument for --%s: %s", option, text);
	*ret_copies = (int)number;
	return 0;
}

int vg_copies_parse(struct cmdline *line, const struct vg_copies_args *args, int *ret_copies,
		    struct err *err)
{
	int rc;

	if (args->vg_metadata_copies && args->metadata_copies)
		return err_set(err, EINVAL,
			       "--metadatacopies and --vgmetadatacopies are synonyms.  Please only "
			       "supply one.");
	rc = args->vg_metadata_copies
		     ? parse_copies(args->vg_metadata_copies, "vgmetadatacopies", ret_copies, err)
		     : parse_copies(args->metadata_copies, "metadatacopies", ret_copies, err);
	if (rc)
		line->stage = STAGE_VALUES;
	return rc;
}

static int vgcreate_check(struct cmdline *line, struct err *err)
{
	struct vgcreate_args *args = line->args;
	struct vg_create_args *op = &args->op;
	int rc = vg_copies_parse(line, &args->copies, &op->vg_metadata_copies, err);

	if (rc < 0)
		return rc;
	if (args->extent_size.is_set && args->extent_size.sectors == 0)
		return err_set(err, EINVAL, "Physical extent size may not be zero");
	if (args->alloc == ALLOC_CHOICE + ALLOC_INHERIT)
		return err_set(err, EINVAL,
			       "Volume Group allocation policy cannot inherit from anything");
	rc = pv_opts_check(&args->pv, &op->pv, err);
	op->name = line->operands[0];
	if (rc == 0 && strncmp(op->name, "/dev/", strlen("/dev/")) == 0)
		rc = op_vg_name(line->operands[0], &line->arena, &op->name, err);
	op->devices = line->operands + 1;
	op->device_count = line->operand_count - 1;
	op->extent_size = args->extent_size.sectors;
	op->max_lv = args->max_lv.value;
	op->max_pv = args->max_pv.value;
	if (args->alloc)
		op->alloc = (enum alloc_policy)(args->alloc - ALLOC_CHOICE);
	op->tags = args->tags.items;
	op->tag_count = args->tags.count;
	op->clustered = (enum tristate)args->clustered;
	op->autoactivation = (enum tristate)args->autoactivation;
	return rc;
}

static int vgcreate_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct vgcreate_args *args = line->args;

	return op_vg_create(context, &args->op, err);
}

static const struct form vgcreate_forms[] = {
	{ "vgcreate VG_new PV ...", NULL, NULL, NULL, 2, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_vgcreate = {
	.name = "vgcreate",
	.summary = "Create a volume group",
	.forms = vgcreate_forms,
	.opts = vgcreate_opts,
	.more_opts = pv_opts,
	.more_offset = CREATE(pv),
	.args_size = sizeof(struct vgcreate_args),
	.check = vgcreate_check,
	.run = vgcreate_run,
};

/* ---- vgextend ---- */

static const struct opt vgextend_opts[] = {
	{ 0, "restoremissing", OPT_FLAG, EXTEND(restore_missing), NULL,
	  "Take back physical volumes that were missing while the volume group was changed." },
	{ 0 },
};

static int vgextend_check(struct cmdline *line, struct err *err)
{
	struct vgextend_args *args = line->args;
	int rc = pv_opts_check(&args->pv, &args->op.pv, err);

	args->op.devices = line->operands + 1;
	args->op.device_count = line->operand_count - 1;
	if (rc < 0)
		return rc;
	return op_vg_name(line->operands[0], &line->arena, &args->op.name, err);
}

static int vgextend_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct vgextend_args *args = line->args;

	if (args->restore_missing)
		return op_vg_restore_missing(context, args->op.name, args->op.devices,
					     args->op.device_count, err);
	return op_vg_extend(context, &args->op, err);
}

static const struct form vgextend_forms[] = {
	{ "vgextend VG PV ...", NULL, NULL, NULL, 2, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_vgextend = {
	.name = "vgextend",
	.summary = "Add physical volumes to a volume group",
	.forms = vgextend_forms,
	.opts = vgextend_opts,
	.more_opts = pv_opts,
	.more_offset = EXTEND(pv),
	.args_size = sizeof(struct vgextend_args),
	.check = vgextend_check,
	.run = vgextend_run,
};

/* ---- vgreduce ---- */

static const struct opt vgreduce_opts[] = {
	{ 'a', "all", OPT_FLAG, REDUCE(op.all), NULL,
	  "Remove all physical volumes that are not used." },
	{ 0, "removemissing", OPT_FLAG, REDUCE(op.remove_missing), NULL,
	  "Remove all physical volumes that are missing; with --force also the logical volumes "
	  "on them." },
	{ 0, "mirrorsonly", OPT_UNSUPPORTED, 0, NULL, "Remove only images of mirrors." },
	{ 0 },
};

static int vgreduce_check(struct cmdline *line, struct err *err)
{
	struct vgreduce_args *args = line->args;

	args->op.devices = line->operands + 1;
	args->op.device_count = line->operand_count - 1;
	return op_vg_name(line->operands[0], &line->arena, &args->op.name, err);
}

static int vgreduce_run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct vgreduce_args *args = line->args;

	return op_vg_reduce(context, &args->op, err);
}

static const struct form vgreduce_forms[] = {
	{ "vgreduce VG PV ...", "Remove a PV from a VG.", NULL, NULL, 2, ANY_NUMBER },
	{ "vgreduce -a|--all VG", "Remove all unused PVs from a VG.", "all", NULL, 1, 1 },
	{ "vgreduce --removemissing VG", "Remove all missing PVs from a VG.", "removemissing", NULL,
	  1, 1 },
	{ 0 },
};

const struct command cmd_vgreduce = {
	.name = "vgreduce",
	.summary = "Remove physical volume(s) from a volume group",
	.forms = vgreduce_forms,
	.opts = vgreduce_opts,
	.args_size = sizeof(struct vgreduce_args),
	.check = vgreduce_check,
	.run = vgreduce_run,
};

/* ---- vgremove ---- */

static const struct opt select_opts[] = {
	{ 'S', "select", OPT_UNSUPPORTED, 0, &value_string, "Those that fit this expression." },
	{ 0 },
};

static int remove_one(struct context *context, const struct target *target, const void *args,
		      struct err *err)
{
	(void)args;
	return op_vg_remove(context, target->vg, err);
}

static int vgremove_run(struct context *context, struct cmdline *line, struct err *err)
{
	struct targets targets;
	int rc = operands_as_vgs(line, &targets, err);

	return rc < 0 ? rc : targets_each(context, &targets, remove_one, NULL, err);
}

static const struct form vgremove_forms[] = {
	{ "vgremove VG|Tag|Select ...", NULL, NULL, NULL, 1, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_vgremove = {
	.name = "vgremove",
	.summary = "Remove volume group(s)",
	.forms = vgremove_forms,
	.opts = select_opts,
	.run = vgremove_run,
};

/* ---- vgrename ---- */

/* LVM2 has bad names of this one command fail with 5, not 3; so have we. */
static int vgrename_run(struct context *context, struct cmdline *line, struct err *err)
{
	struct targets targets;
	int rc = operands_as_vgs(line, &targets, err);

	if (rc == 0)
		rc = op_vg_rename(context, targets.items[0].vg, targets.items[1].vg, err);
	return rc == -EINVAL ? err->code = -ENOENT : rc;
}

static const struct form vgrename_forms[] = {
	{ "vgrename VG VG_new", "Rename a VG.", NULL, NULL, 2, 2 },
	{ "vgrename String VG_new", "Rename a VG by specifying the VG UUID.", NULL, NULL, 2, 2 },
	{ 0 },
};

const struct command cmd_vgrename = {
	.name = "vgrename",
	.summary = "Rename a volume group",
	.forms = vgrename_forms,
	.opts = no_opts,
	.run = vgrename_run,
};

/* ---- vgck ---- */

static const struct opt vgck_opts[] = {
	{ 0, "updatemetadata", OPT_FLAG, offsetof(struct vgck_args, update_metadata), NULL,
	  "Repair and write all copies of the metadata, and wipe physical volumes that are no "
	  "members any more." },
	{ 0 },
};

static int check_one(struct context *context, const struct target *target, const void *args,
		     struct err *err)
{
	const struct vgck_args *vgck = args;

	return vgck->update_metadata ? op_vg_update_metadata(context, target->vg, err)
				     : op_vg_check(context, target->vg, err);
}

static int vgck_run(struct context *context, struct cmdline *line, struct err *err)
{
	struct targets targets;
	int rc = operands_as_vgs(line, &targets, err);

	if (rc == 0)
		rc = targets_default_all_vgs(context, line, &targets, err);
	return rc < 0 ? rc : targets_each(context, &targets, check_one, line->args, err);
}

static const struct form vgck_forms[] = {
	{ "vgck --updatemetadata VG", "Rewrite VG metadata to correct problems.", "updatemetadata",
	  NULL, 1, 1 },
	{ "vgck [VG|Tag ...]", "Check the metadata of VGs.", NULL, NULL, 0, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_vgck = {
	.name = "vgck",
	.summary = "Check the consistency of volume group(s)",
	.forms = vgck_forms,
	.opts = vgck_opts,
	.args_size = sizeof(struct vgck_args),
	.run = vgck_run,
};
