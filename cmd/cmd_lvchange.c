/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvchange: attributes of LVs, and their activation. A VG stands for all its LVs. */
#include <errno.h>

#include "cmd/cmd_lv.h"
#include "cmd/commands.h"
#include "cmd/operand.h"

#define ARG(field) offsetof(struct lvchange_args, field)

#define SECTORS_PER_PAGE   8
#define UNSUPPORTED_STRING OPT_UNSUPPORTED, 0, &value_string
#define UNSUPPORTED_YES_NO OPT_UNSUPPORTED, 0, &value_yes_no

/* What makes it a change of attributes. */
#define GENERAL                                                                       \
	"contiguous permission readahead setactivationskip zero addtag deltag alloc " \
	"allocation setautoactivation"
#define ALSO "poll monitor sysinit"

static const struct opt opts[] = {
	{ 'a', "activate", OPT_ACTIVATION, ARG(activate.change), &value_activate,
	  "Activate or deactivate it." },
	{ 'a', "available", OPT_ACTIVATION, ARG(activate.change), &value_activate, NULL },
	{ 'C', "contiguous", OPT_CHOICE, ARG(contiguous), &value_yes_no,
	  "Whether its extents must be contiguous." },
	{ 'k', "setactivationskip", OPT_CHOICE, ARG(activation_skip), &value_yes_no,
	  "With y, mark it to be skipped when volumes are activated." },
	{ 'K', "ignoreactivationskip", OPT_FLAG, ARG(activate.ignore_skip), NULL,
	  "Activate it also when it is marked to be skipped." },
	{ 'P', "partial", OPT_FLAG, ARG(activate.partial), NULL,
	  "Activate it also when parts of it are on missing physical volumes." },
	{ 'p', "permission", OPT_CHOICE, ARG(permission), &value_permission,
	  "Whether it can be written to." },
	{ 'r', "readahead", OPT_READ_AHEAD, ARG(read_ahead), &value_read_ahead,
	  "Sectors to read ahead." },
	{ 'S', "select", OPT_UNSUPPORTED, 0, &value_string, "Those that fit this expression." },
	{ 0, "activationmode", OPT_CHOICE, ARG(activation_mode), &value_activation_mode,
	  "How much of it may be missing when it is activated." },
	{ 0, "addtag", OPT_TAGS, ARG(add_tags), &value_tag, "Add this tag; may be repeated." },
	{ 0, "deltag", OPT_TAGS, ARG(del_tags), &value_tag, "Take off this tag; may be repeated." },
	{ 0, "alloc", OPT_CHOICE, ARG(alloc), &value_alloc, "Where new extents come from." },
	{ 0, "ignoremonitoring", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility." },
	{ 0, "monitor", OPT_ACCEPTED, 0, &value_yes_no,
	  "Accepted for compatibility: there is nothing to monitor." },
	{ 0, "poll", OPT_ACCEPTED, 0, &value_yes_no,
	  "Accepted for compatibility: there is nothing to poll." },
	{ 0, "refresh", OPT_FLAG, ARG(activate.refresh), NULL,
	  "Load the current metadata into it, where it is active." },
	{ 0, "setautoactivation", OPT_CHOICE, ARG(autoactivation), &value_yes_no,
	  "With n, leave it out when volumes are activated automatically." },
	{ 0, "sysinit", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility." },
	{ 'j', "major", OPT_UNSUPPORTED, 0, &value_number, "Device number." },
	{ 'M', "persistent", UNSUPPORTED_YES_NO, "Device number." },
	{ 'Z', "zero", UNSUPPORTED_YES_NO, "Pools." },
	{ 0, "cachemode", UNSUPPORTED_STRING, "Caches." },
	{ 0, "cachepolicy", UNSUPPORTED_STRING, "Caches." },
	{ 0, "cachesettings", UNSUPPORTED_STRING, "Caches." },
	{ 0, "compression", UNSUPPORTED_YES_NO, "VDO." },
	{ 0, "deduplication", UNSUPPORTED_YES_NO, "VDO." },
	{ 0, "detachprofile", OPT_UNSUPPORTED, 0, NULL, "Profiles." },
	{ 0, "discards", UNSUPPORTED_STRING, "Pools." },
	{ 0, "errorwhenfull", UNSUPPORTED_YES_NO, "Pools." },
	{ 0, "maxrecoveryrate", UNSUPPORTED_STRING, "RAID." },
	{ 0, "metadataprofile", UNSUPPORTED_STRING, "Profiles." },
	{ 0, "minor", OPT_UNSUPPORTED, 0, &value_number, "Device number." },
	{ 0, "minrecoveryrate", UNSUPPORTED_STRING, "RAID." },
	{ 0, "rebuild", UNSUPPORTED_STRING, "RAID." },
	{ 0, "resync", OPT_UNSUPPORTED, 0, NULL, "Mirrors." },
	{ 0, "syncaction", UNSUPPORTED_STRING, "RAID." },
	{ 0, "vdosettings", UNSUPPORTED_STRING, "VDO." },
	{ 0, "writebehind", UNSUPPORTED_STRING, "RAID." },
	{ 0, "writemostly", UNSUPPORTED_STRING, "RAID." },
	{ 0 },
};

static int check(struct cmdline *line, struct err *err)
{
	struct lvchange_args *args = line->args;
	struct lv_change_args *op = &args->op;

	(void)err;
	op->set_permission = args->permission != 0;
	op->writable = args->permission == PERMISSION_WRITE;
	op->autoactivation = (enum tristate)args->autoactivation;
	op->activation_skip = (enum tristate)args->activation_skip;
	op->contiguous = (enum tristate)args->contiguous;
	op->set_alloc = args->alloc != 0;
	if (args->alloc)
		op->alloc = (enum alloc_policy)(args->alloc - ALLOC_CHOICE);
	op->set_read_ahead = args->read_ahead.is_set;
	op->read_ahead = args->read_ahead.sectors;
	op->add_tags = args->add_tags.items;
	op->add_tag_count = args->add_tags.count;
	op->del_tags = args->del_tags.items;
	op->del_tag_count = args->del_tags.count;
	args->has_changes = op->set_permission || op->autoactivation || op->activation_skip ||
			    op->contiguous || op->set_alloc || op->set_read_ahead ||
			    op->add_tag_count || op->del_tag_count;
	args->activate.partial |= args->activation_mode == MODE_PARTIAL;
	return 0;
}

static int change_one(struct context *context, const struct target *target, const void *untyped,
		      struct err *err)
{
	const struct lvchange_args *args = untyped;
	int rc = 0;

	if (args->has_changes)
		rc = op_lv_change(context, target->vg, target->lv, &args->op, err);
	if (rc == 0 && (args->activate.change || args->activate.refresh))
		rc = op_lv_activate(context, target->vg, target->lv, &args->activate, err);
	return rc;
}

static int run(struct context *context, struct cmdline *line, struct err *err)
{
	struct lvchange_args *args = line->args;
	int64_t *read_ahead = &args->op.read_ahead;
	struct targets targets;
	int rc = operands_as_vgs_or_lvs(line, &targets, err);

	if (rc < 0)
		return rc;
	if (*read_ahead > 0 && *read_ahead % SECTORS_PER_PAGE != 0) {
		*read_ahead += SECTORS_PER_PAGE - *read_ahead % SECTORS_PER_PAGE;
		ctx_warn(context,
			 "WARNING: Overriding readahead to %lld sectors, a multiple of 4K page "
			 "size.",
			 (long long)*read_ahead);
	}
	return targets_each_lv(context, line, &targets, change_one, args, err);
}

static const struct form forms[] = {
	{ "lvchange OPTION ... VG|LV|Tag|Select ...",
	  "Change attributes: -C, -k, -p, -r, --addtag, --deltag, --alloc, --setautoactivation.",
	  GENERAL, ALSO " activate available", 1, ANY_NUMBER },
	{ "lvchange -a|--activate y|n|ay VG|LV|Tag|Select ...", "Activate or deactivate an LV.",
	  "activate available", ALSO, 1, ANY_NUMBER },
	{ "lvchange --refresh VG|LV|Tag|Select ...", "Reactivate an LV using the latest metadata.",
	  "refresh", ALSO, 1, ANY_NUMBER },
	{ "lvchange --monitor|--poll y|n VG|LV|Tag|Select ...", "Accepted, without effect.",
	  "monitor poll", ALSO, 1, ANY_NUMBER },
	{ 0 },
};

const struct command cmd_lvchange = {
	.name = "lvchange",
	.summary = "Change the attributes of logical volume(s)",
	.forms = forms,
	.opts = opts,
	.args_size = sizeof(struct lvchange_args),
	.check = check,
	.run = run,
};
