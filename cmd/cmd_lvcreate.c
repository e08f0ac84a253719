/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvcreate: a new LV of a VG, linear or striped. */
#include <errno.h>
#include <string.h>

#include "cmd/cmd_lv.h"
#include "cmd/commands.h"
#include "cmd/lv_size.h"
#include "cmd/operand.h"
#include "metadata/names.h"

#define ARG(field) offsetof(struct lvcreate_args, field)

#define STRIPES_MAX	   128
#define STRIPE_SIZE_MIN	   8 /* sectors: a page */
#define SECTORS_PER_PAGE   8
#define UNSUPPORTED_NUMBER OPT_UNSUPPORTED, 0, &value_number
#define UNSUPPORTED_STRING OPT_UNSUPPORTED, 0, &value_string
#define UNSUPPORTED_SIZE   OPT_UNSUPPORTED, 0, &value_size

static const struct opt opts[] = {
	{ 'a', "activate", OPT_ACTIVATION, ARG(activate), &value_activate,
	  "Whether and where it is activated; y by default." },
	{ 'a', "available", OPT_ACTIVATION, ARG(activate), &value_activate, NULL },
	{ 'C', "contiguous", OPT_CHOICE, ARG(contiguous), &value_yes_no,
	  "With y, the same as --alloc contiguous." },
	{ 'i', "stripes", OPT_NUMBER, ARG(stripes), &value_number,
	  "Number of physical volumes that the data goes to in turn; 1 by default." },
	{ 'I', "stripesize", OPT_SIZE, ARG(stripe_size), &value_size_kib,
	  "How much goes to one of them before the next; 64 KiB by default." },
	{ 'j', "major", OPT_NUMBER, ARG(major), &value_number,
	  "Major device number, with --persistent y." },
	{ 'k', "setactivationskip", OPT_CHOICE, ARG(activation_skip), &value_yes_no,
	  "With y, mark it to be skipped when volumes are activated." },
	{ 'K', "ignoreactivationskip", OPT_ACCEPTED, 0, NULL,
	  "Accepted for compatibility: a new volume is activated as --activate says." },
	{ 'l', "extents", OPT_EXTENTS, ARG(extents), &value_extents,
	  "Its size in extents, or in per cent: %VG, %FREE, %PVS." },
	{ 'L', "size", OPT_SIZE, ARG(size), &value_size, "Its size." },
	{ 'M', "persistent", OPT_CHOICE, ARG(persistent), &value_yes_no,
	  "With y, it keeps the device number of --minor." },
	{ 'n', "name", OPT_STRING, ARG(name), &value_string,
	  "Its name; lvol and a number by default." },
	{ 'p', "permission", OPT_CHOICE, ARG(permission), &value_permission,
	  "Whether it can be written to; rw by default." },
	{ 'r', "readahead", OPT_READ_AHEAD, ARG(read_ahead), &value_read_ahead,
	  "Sectors to read ahead; auto by default." },
	{ 'W', "wipesignatures", OPT_CHOICE, ARG(wipe_signatures), &value_yes_no,
	  "Whether signatures of file systems are looked for and wiped." },
	{ 'Z', "zero", OPT_CHOICE, ARG(zero), &value_yes_no,
	  "Whether its first 4 KiB are cleared; they are by default." },
	{ 0, "addtag", OPT_TAGS, ARG(tags), &value_tag, "Give it this tag; may be repeated." },
	{ 0, "alloc", OPT_CHOICE, ARG(alloc), &value_alloc,
	  "Where its extents come from; as the volume group says by default." },
	{ 0, "ignoremonitoring", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility." },
	{ 0, "metadataprofile", OPT_ACCEPTED, 0, &value_string,
	  "Accepted for compatibility; profiles have no effect." },
	{ 0, "minor", OPT_NUMBER, ARG(minor), &value_number,
	  "Minor device number, with --persistent y." },
	{ 0, "monitor", OPT_ACCEPTED, 0, &value_yes_no,
	  "Accepted for compatibility: there is nothing to monitor." },
	{ 0, "nosync", OPT_ACCEPTED, 0, NULL, "Accepted for compatibility: for mirrors." },
	{ 0, "setautoactivation", OPT_CHOICE, ARG(autoactivation), &value_yes_no,
	  "With n, leave it out when volumes are activated automatically." },
	{ 0, "type", OPT_CHOICE, ARG(type), &value_segment_type, "linear or striped." },
	{ 'c', "chunksize", UNSUPPORTED_SIZE, "Snapshots and pools." },
	{ 'H', "cache", OPT_UNSUPPORTED, 0, NULL, "Caches." },
	{ 'm', "mirrors", UNSUPPORTED_NUMBER, "Mirrors." },
	{ 'R', "regionsize", UNSUPPORTED_SIZE, "Mirrors." },
	{ 's', "snapshot", OPT_UNSUPPORTED, 0, NULL, "Snapshots." },
	{ 'T', "thin", OPT_UNSUPPORTED, 0, NULL, "Thin volumes." },
	{ 'V', "virtualsize", UNSUPPORTED_SIZE, "Thin volumes." },
	{ 0, "cachedevice", UNSUPPORTED_STRING, "Caches." },
	{ 0, "cachemetadataformat", UNSUPPORTED_STRING, "Caches." },
	{ 0, "cachemode", UNSUPPORTED_STRING, "Caches." },
	{ 0, "cachepolicy", UNSUPPORTED_STRING, "Caches." },
	{ 0, "cachepool", UNSUPPORTED_STRING, "Caches." },
	{ 0, "cachesettings", UNSUPPORTED_STRING, "Caches." },
	{ 0, "cachesize", UNSUPPORTED_SIZE, "Caches." },
	{ 0, "cachevol", UNSUPPORTED_STRING, "Caches." },
	{ 0, "compression", UNSUPPORTED_STRING, "VDO." },
	{ 0, "deduplication", UNSUPPORTED_STRING, "VDO." },
	{ 0, "discards", UNSUPPORTED_STRING, "Pools." },
	{ 0, "errorwhenfull", UNSUPPORTED_STRING, "Pools." },
	{ 0, "maxrecoveryrate", UNSUPPORTED_SIZE, "RAID." },
	{ 0, "minrecoveryrate", UNSUPPORTED_SIZE, "RAID." },
	{ 0, "mirrorlog", UNSUPPORTED_STRING, "Mirrors." },
	{ 0, "poolmetadatasize", UNSUPPORTED_SIZE, "Pools." },
	{ 0, "poolmetadataspare", UNSUPPORTED_STRING, "Pools." },
	{ 0, "raidintegrity", UNSUPPORTED_STRING, "RAID." },
	{ 0, "raidintegrityblocksize", UNSUPPORTED_NUMBER, "RAID." },
	{ 0, "raidintegritymode", UNSUPPORTED_STRING, "RAID." },
	{ 0, "thinpool", UNSUPPORTED_STRING, "Thin volumes." },
	{ 0, "vdo", OPT_UNSUPPORTED, 0, NULL, "VDO." },
	{ 0, "vdopool", UNSUPPORTED_STRING, "VDO." },
	{ 0, "vdosettings", UNSUPPORTED_STRING, "VDO." },
	{ 0 },
};

/* The first only is ever chosen; the second is for --help. */
static const struct form forms[] = {
	{ "lvcreate -L|--size Size[m|UNIT] VG [PV ...]", "Create a linear LV.", "size extents",
	  NULL, 0, ANY_NUMBER },
	{ "lvcreate -i|--stripes Number -L|--size Size[m|UNIT] VG [PV ...]", "Create a striped LV.",
	  "size extents", NULL, 0, ANY_NUMBER },
	{ 0 },
};

/* The VG is the first operand, or goes before the slash of --name, or both and the same. */
static int check_names(struct cmdline *line, struct err *err)
{
	struct lvcreate_args *args = line->args;
	const char *named_vg = NULL;
	int rc;

	args->op.lv_name = args->name;
	if (args->name && strchr(args->name, '/')) {
		rc = op_split_lv_name(args->name, &line->arena, &named_vg, &args->op.lv_name, err);
		if (rc < 0)
			return rc;
	}
	if (line->operand_count == 0) {
		args->op.vg_name = named_vg;
		return named_vg ? 0 : form_mismatch(line, &forms[0], err);
	}
	if (operand_is_lv(line->operands[0]))
		return err_set(err, EINVAL, "Volume group name expected (no slash)");
	rc = op_vg_name(line->operands[0], &line->arena, &args->op.vg_name, err);
	if (rc < 0)
		return rc;
	if (named_vg && strcmp(named_vg, args->op.vg_name) != 0)
		return err_set(err, EINVAL,
			       "Inconsistent volume group names given: \"%s\" and \"%s\"", named_vg,
			       args->op.vg_name);
	args->op.pvs = line->operands + 1;
	args->op.pv_count = line->operand_count - 1;
	return 0;
}

static int check_stripes(struct lvcreate_args *args, struct err *err)
{
	uint32_t stripes = args->stripes.is_set ? args->stripes.value : 1;
	uint64_t sectors = args->stripe_size.sectors;
	char text[SIZE_TEXT_MAX];
	int rc = stripes_check(&args->stripes, &args->stripe_size, err);

	if (rc < 0)
		return rc;
	if (stripes > STRIPES_MAX)
		return err_set(err, EINVAL, "Number of stripes (%u) must be between 1 and %d.",
			       stripes, STRIPES_MAX);
	args->op.stripes = stripes;
	if (!args->stripe_size.is_set)
		return 0;
	if (stripes == 1) {
		args->is_stripe_size_ignored = true;
		return 0;
	}
	if (sectors < STRIPE_SIZE_MIN || (sectors & (sectors - 1)) != 0)
		return err_set(err, EINVAL, "Invalid stripe size %s.", size_format(sectors, text));
	args->op.stripe_size = sectors;
	return 0;
}

static int check_device_number(struct lvcreate_args *args, struct err *err)
{
	args->op.major = args->op.minor = -1;
	if (args->persistent != YES)
		return 0;
	if (!args->minor.is_set)
		return err_set(err, EINVAL,
			       "Please specify minor number with --minor when using -My");
	if (args->minor.value > 0xfffff || (args->major.is_set && args->major.value > 0xfff))
		return err_set(err, EINVAL, "Device number %u is too large.", args->minor.value);
	args->op.minor = (int)args->minor.value;
	if (args->major.is_set)
		args->op.major = (int)args->major.value;
	return 0;
}

static void fill_attributes(struct lvcreate_args *args)
{
	struct lv_create_args *op = &args->op;

	if (args->alloc)
		op->alloc = (enum alloc_policy)(args->alloc - ALLOC_CHOICE);
	else if (args->contiguous == YES)
		op->alloc = ALLOC_CONTIGUOUS;
	op->activate = args->activate;
	op->zero = args->zero ? args->zero == YES : -1;
	op->wipe_signatures = args->wipe_signatures ? args->wipe_signatures == YES : -1;
	op->read_only = args->permission == PERMISSION_READ;
	op->autoactivation = (enum tristate)args->autoactivation;
	op->activation_skip = (enum tristate)args->activation_skip;
	op->tags = args->tags.items;
	op->tag_count = args->tags.count;
	op->read_ahead = args->read_ahead.is_set ? args->read_ahead.sectors : READ_AHEAD_AUTO;
}

static int check(struct cmdline *line, struct err *err)
{
	struct lvcreate_args *args = line->args;
	int rc;

	if (args->type == TYPE_OTHER)
		return err_set(err, EOPNOTSUPP, "lvcreate --type %s is not supported yet.",
			       cmdline_value(line, "type"));
	if (args->type == TYPE_LINEAR && args->stripes.is_set) {
		line->stage = STAGE_FORM;
		return err_set(err, EINVAL, "Command does not accept option: --stripes %u.",
			       args->stripes.value);
	}
	rc = check_names(line, err);
	if (rc == 0 && args->op.lv_name)
		rc = lv_name_check(args->op.lv_name, err);
	if (rc == 0)
		rc = lv_size_choose(&args->size, &args->extents,
				    "Please specify either size or extents (not both).",
				    &args->op.size, err);
	if (rc == 0)
		rc = check_stripes(args, err);
	if (rc == 0)
		rc = check_device_number(args, err);
	if (rc == 0)
		fill_attributes(args);
	return rc;
}

static int run(struct context *context, struct cmdline *line, struct err *err)
{
	struct lvcreate_args *args = line->args;
	int64_t pages = (args->op.read_ahead + SECTORS_PER_PAGE - 1) / SECTORS_PER_PAGE;

	if (args->is_stripe_size_ignored)
		ctx_print(context, "Ignoring stripesize argument with single stripe.");
	if (args->op.read_ahead > 0 && args->op.read_ahead % SECTORS_PER_PAGE != 0) {
		args->op.read_ahead = pages * SECTORS_PER_PAGE;
		ctx_warn(context,
			 "WARNING: Overriding readahead to %lld sectors, a multiple of 4K page "
			 "size.",
			 (long long)args->op.read_ahead);
	}
	return op_lv_create(context, &args->op, err);
}

const struct command cmd_lvcreate = {
	.name = "lvcreate",
	.summary = "Create a logical volume",
	.forms = forms,
	.opts = opts,
	.args_size = sizeof(struct lvcreate_args),
	.check = check,
	.run = run,
};
