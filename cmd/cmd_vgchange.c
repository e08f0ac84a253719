/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgchange: attributes of VGs, and activation of all their LVs. */
#include <errno.h>
#include <string.h>

#include "cmd/cmd_vg.h"
#include "cmd/commands.h"
#include "cmd/operand.h"

#define ARG(field) offsetof(struct vgchange_args, field)

/* What makes it a change of attributes. */
#define GENERAL                                                                                 \
	"logicalvolume maxphysicalvolumes uuid physicalextentsize resizeable resizable addtag " \
	"deltag alloc allocation clustered pvmetadatacopies metadatacopies vgmetadatacopies "   \
	"detachprofile metadataprofile setautoactivation"
/* What each form takes besides what it is for. */
#define ALSO "poll monitor sysinit"

static const struct opt vgchange_opts[] = {
	{ 'a', "activate", OPT_ACTIVATION, ARG(activate.change), &value_activate,
	  "Activate or deactivate its logical volumes." },
	{ 'a', "available", OPT_ACTIVATION, ARG(activate.change), &value_activate, NULL },
	{ 'c', "clustered", OPT_CHOICE, ARG(clustered), &value_yes_no,
	  "Make it clustered, or local to the one host that uses it." },
	{ 'K', "ignoreactivationskip", OPT_FLAG, ARG(activate.ignore_skip), NULL,
	  "Activate also what is marked to be skipped." },
	{ 'l', "logicalvolume", OPT_NUMBER, ARG(max_lv), &value_number,
	  "Most logical volumes it may have; 0 is any number." },
	{ 'p', "maxphysicalvolumes", OPT_NUMBER, ARG(max_pv), &value_number,
	  "Most physical volumes it may have; 0 is any number." },
	{ 'P', "partial", OPT_FLAG, ARG(activate.partial), NULL,
	  "Activate also what has parts on missing physical volumes." },
	{ 'S', "select", OPT_UNSUPPORTED, 0, &value_string, "Those that fit this expression." },
	{ 's', "physicalextentsize", OPT_UNSUPPORTED, 0, &value_size_mib, "Size of extents." },
	{ 'u', "uuid", OPT_FLAG, ARG(op.new_uuid), NULL, "Give it a new random UUID." },
	{ 'x', "resizeable", OPT_CHOICE, ARG(resizeable), &value_yes_no,
	  "Whether physical volumes may be added and removed." },
	{ 'x', "resizable", OPT_CHOICE, ARG(resizeable), &value_yes_no, NULL },
	{ 0, "activationmode", OPT_CHOICE, ARG(activation_mode), &value_activation_mode,
	  "How much of a logical volume may be missing when it is activated." },
	{ 0, "addtag", OPT_TAGS, ARG(add_tags), &value_tag, "Add this tag; may be repeated." },
	{ 0, "deltag", OPT_TAGS, ARG(del_tags), &value_tag, "Take off this tag; may be repeated." },
	{ 0, "alloc", OPT_CHOICE, ARG(alloc), &value_alloc,
	  "Where logical volumes get their extents from." },
	{ 0, "autoactivation", OPT_ACCEPTED, 0, &value_string,
	  "Accepted for compatibility, without effect." },
	{ 0, "refresh", OPT_FLAG, ARG(activate.refresh), NULL,
	  "Load the current metadata into what is active." },
	{ 0, "setautoactivation", OPT_CHOICE, ARG(autoactivation), &value_yes_no,
	  "With n, leave it out when volumes are activated automatically." },
	{ 0, "lockstart", OPT_ACCEPTED, 0, NULL,
	  "Accepted for compatibility: clustered volume groups are ready when clvmd runs." },
	{ 0, "lockstop", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility." },
	{ 0, "monitor", OPT_ACCEPTED, 0, &value_yes_no,
	  "Accepted for compatibility: there is nothing to monitor." },
	{ 0, "ignoremonitoring", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility." },
	{ 0, "poll", OPT_ACCEPTED, 0, &value_yes_no,
	  "Accepted for compatibility: there is nothing to poll." },
	{ 0, "sysinit", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility." },
	{ 0, "pvmetadatacopies", OPT_UNSUPPORTED, 0, &value_copies, "Metadata areas per PV." },
	{ 0, "vgmetadatacopies", OPT_STRING, ARG(copies.vg_metadata_copies), &value_vg_copies,
	  "How many metadata areas of the volume group are in use: all, unmanaged or a number." },
	{ 0, "metadatacopies", OPT_STRING, ARG(copies.metadata_copies), &value_vg_copies, NULL },
	{ 0, "metadataprofile", OPT_UNSUPPORTED, 0, &value_string, "A profile." },
	{ 0, "detachprofile", OPT_UNSUPPORTED, 0, NULL, "No profile." },
	{ 0, "systemid", OPT_UNSUPPORTED, 0, &value_string, "The host that it belongs to." },
	{ 0, "locktype", OPT_UNSUPPORTED, 0, &value_string, "Use lvmlockd." },
	{ 0 },
};

static const struct form forms[] = {
	{ "vgchange OPTION ... [VG|Tag|Select ...]",
	  "Change attributes: -c, -l, -p, -u, -x, --addtag, --deltag, --alloc, --setautoactivation, --vgmetadatacopies.",
	  GENERAL, ALSO, 0, ANY_NUMBER },
	{ "vgchange -a|--activate y|n|ay|ey|sy|ly|ln [VG|Tag|Select ...]",
	  "Activate or deactivate LVs.", "activate available", ALSO, 0, ANY_NUMBER },
	{ "vgchange --refresh [VG|Tag|Select ...]", "Reactivate LVs using the latest metadata.",
	  "refresh", ALSO, 0, ANY_NUMBER },
	{ "vgchange --lockstart|--lockstop [VG|Tag|Select ...]", "Accepted, without effect.",
	  "lockstart lockstop", NULL, 0, ANY_NUMBER },
	{ "vgchange --monitor|--poll y|n [VG|Tag|Select ...]", "Accepted, without effect.",
	  "monitor poll", ALSO, 0, ANY_NUMBER },
	{ 0 },
};

static int check(struct cmdline *line, struct err *err)
{
	struct vgchange_args *args = line->args;
	struct vg_change_args *op = &args->op;
	int rc = vg_copies_parse(line, &args->copies, &op->vg_metadata_copies, err);

	if (rc)
		return rc;
	op->set_copies = op->vg_metadata_copies >= 0;
	op->clustered = (enum tristate)args->clustered;
	op->resizeable = (enum tristate)args->resizeable;
	op->autoactivation = (enum tristate)args->autoactivation;
	op->set_max_lv = args->max_lv.is_set;
	op->max_lv = args->max_lv.value;
	op->set_max_pv = args->max_pv.is_set;
	op->max_pv = args->max_pv.value;
	op->set_alloc = args->alloc != 0;
	if (args->alloc)
		op->alloc = (enum alloc_policy)(args->alloc - ALLOC_CHOICE);
	op->add_tags = args->add_tags.items;
	op->add_tag_count = args->add_tags.count;
	op->del_tags = args->del_tags.items;
	op->del_tag_count = args->del_tags.count;
	args->activate.partial |= args->activation_mode == MODE_PARTIAL;
	return 0;
}

static int change_one(struct context *context, const struct target *target, const void *untyped,
		      struct err *err)
{
	const struct vgchange_args *args = untyped;

	return op_vg_change(context, target->vg, &args->op, err);
}

static int activate_one(struct context *context, const struct target *target, const void *untyped,
			struct err *err)
{
	const struct vgchange_args *args = untyped;

	return op_vg_activate(context, target->vg, &args->activate, err);
}

/* Nothing to do, but a VG that is not there is an error all the same. */
static int find_one(struct context *context, const struct target *target, const void *untyped,
		    struct err *err)
{
	struct cmdline *const *line = untyped;
	const char *const *names;
	size_t count;
	int rc = op_list_vg_names(context, &(*line)->arena, &names, &count, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], target->vg) == 0)
			return 0;
	return err_set(err, ENOENT, "Volume group \"%s\" not found\nCannot process volume group %s",
		       target->vg, target->vg);
}

static int run(struct context *context, struct cmdline *line, struct err *err)
{
	const struct vgchange_args *args = line->args;
	struct targets targets;
	int rc = operands_as_vgs(line, &targets, err);

	if (rc == 0)
		rc = targets_default_all_vgs(context, line, &targets, err);
	if (rc < 0)
		return rc;
	if (args->activate.change || args->activate.refresh)
		return targets_each(context, &targets, activate_one, args, err);
	if (line->form == &forms[0])
		return targets_each(context, &targets, change_one, args, err);
	return targets_each(context, &targets, find_one, &line, err);
}

const struct command cmd_vgchange = {
	.name = "vgchange",
	.summary = "Change volume group attributes",
	.forms = forms,
	.opts = vgchange_opts,
	.args_size = sizeof(struct vgchange_args),
	.check = check,
	.run = run,
};
