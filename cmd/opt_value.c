/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values of options: what each kind takes, and LVM2's words when it does not. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "cmd/opt.h"
#include "lib/number.h"
#include "lib/op/op.h"
#include "lib/size.h"
#include "metadata/model.h"
#include "metadata/names.h"

static const struct opt_choice yes_no[] = { { "y", YES }, { "n", NO }, { NULL, 0 } };
static const struct opt_choice permissions[] = { { "rw", PERMISSION_WRITE },
						 { "r", PERMISSION_READ },
						 { NULL, 0 } };
static const struct opt_choice policies[] = {
	{ "contiguous", ALLOC_CHOICE + ALLOC_CONTIGUOUS },
	{ "cling", ALLOC_CHOICE + ALLOC_CLING },
	{ "cling_by_tags", ALLOC_CHOICE + ALLOC_CLING_BY_TAGS },
	{ "normal", ALLOC_CHOICE + ALLOC_NORMAL },
	{ "anywhere", ALLOC_CHOICE + ALLOC_ANYWHERE },
	{ "inherit", ALLOC_CHOICE + ALLOC_INHERIT },
	{ NULL, 0 },
};
static const struct opt_choice formats[] = { { "basic", FORMAT_BASIC },
					     { "json", FORMAT_JSON },
					     { NULL, 0 } };
static const struct opt_choice metadata_types[] = { { "lvm2", 2 }, { "2", 2 }, { NULL, 0 } };
/* one more than the number of copies, since 0 says that the option was not given */
static const struct opt_choice copies[] = { { "0", 1 }, { "1", 2 }, { "2", 3 }, { NULL, 0 } };
static const struct opt_choice modes[] = { { "partial", MODE_PARTIAL },
					   { "degraded", MODE_DEGRADED },
					   { "complete", MODE_COMPLETE },
					   { NULL, 0 } };
static const struct opt_choice report_types[] = { { "log", 1 }, { "vg", 2 },	{ "lv", 3 },
						  { "pv", 4 },	{ "pvseg", 5 }, { "seg", 6 },
						  { NULL, 0 } };
static const struct opt_choice segment_types[] = {
	{ "linear", TYPE_LINEAR },
	{ "striped", TYPE_STRIPED },
	{ "snapshot", TYPE_OTHER },
	{ "mirror", TYPE_OTHER },
	{ "raid", TYPE_OTHER },
	{ "raid0", TYPE_OTHER },
	{ "raid0_meta", TYPE_OTHER },
	{ "raid1", TYPE_OTHER },
	{ "raid10", TYPE_OTHER },
	{ "raid10_near", TYPE_OTHER },
	{ "raid4", TYPE_OTHER },
	{ "raid5", TYPE_OTHER },
	{ "raid5_la", TYPE_OTHER },
	{ "raid5_ls", TYPE_OTHER },
	{ "raid5_n", TYPE_OTHER },
	{ "raid5_ra", TYPE_OTHER },
	{ "raid5_rs", TYPE_OTHER },
	{ "raid6", TYPE_OTHER },
	{ "raid6_la_6", TYPE_OTHER },
	{ "raid6_ls_6", TYPE_OTHER },
	{ "raid6_n_6", TYPE_OTHER },
	{ "raid6_nc", TYPE_OTHER },
	{ "raid6_nr", TYPE_OTHER },
	{ "raid6_ra_6", TYPE_OTHER },
	{ "raid6_rs_6", TYPE_OTHER },
	{ "raid6_zr", TYPE_OTHER },
	{ "thin", TYPE_OTHER },
	{ "thin-pool", TYPE_OTHER },
	{ "cache", TYPE_OTHER },
	{ "cache-pool", TYPE_OTHER },
	{ "writecache", TYPE_OTHER },
	{ "integrity", TYPE_OTHER },
	{ "vdo", TYPE_OTHER },
	{ "vdo-pool", TYPE_OTHER },
	{ "error", TYPE_OTHER },
	{ "zero", TYPE_OTHER },
	{ NULL, 0 },
};

const struct opt_value value_string = { .name = "String" };
const struct opt_value value_tag = { .name = "Tag" };
const struct opt_value value_number = { .name = "Number" };
const struct opt_value value_uuid = { .name = "String" };
const struct opt_value value_pv = { .name = "PV" };
const struct opt_value value_yes_no = { .name = "y|n", .choices = yes_no };
const struct opt_value value_alloc = {
	.name = "contiguous|cling|cling_by_tags|normal|anywhere|inherit",
	.choices = policies,
	.complaint = "Unrecognised allocation policy",
};
const struct opt_value value_segment_type = {
	.name = "linear|striped",
	.choices = segment_types,
	.complaint = "WARNING: Unrecognised segment type",
};
const struct opt_value value_extents = { .name = "Number[PERCENT]", .signs = SIGNS_PLUS };
const struct opt_value value_extents_plus = { .name = "[+]Number[PERCENT]", .signs = SIGNS_PLUS };
const struct opt_value value_extents_minus = { .name = "[-]Number[PERCENT]", .signs = SIGNS_MINUS };
const struct opt_value value_extents_both = { .name = "[+|-]Number[PERCENT]", .signs = SIGNS_BOTH };
const struct opt_value value_size = { .name = "Size[m|UNIT]", .unit = 'm', .signs = SIGNS_PLUS };
const struct opt_value value_size_plus = { .name = "[+]Size[m|UNIT]",
					   .unit = 'm',
					   .signs = SIGNS_PLUS };
const struct opt_value value_size_minus = { .name = "[-]Size[m|UNIT]",
					    .unit = 'm',
					    .signs = SIGNS_MINUS };
const struct opt_value value_size_both = { .name = "[+|-]Size[m|UNIT]",
					   .unit = 'm',
					   .signs = SIGNS_BOTH };
const struct opt_value value_size_kib = { .name = "Size[k|UNIT]",
					  .unit = 'k',
					  .signs = SIGNS_PLUS };
const struct opt_value value_size_mib = { .name = "Size[m|UNIT]",
					  .unit = 'm',
					  .signs = SIGNS_NONE };
const struct opt_value value_read_ahead = { .name = "auto|none|Number",
					    .unit = 's',
					    .signs = SIGNS_PLUS };
const struct opt_value value_activate = { .name = "y|n|ay|ey|sy|ly|ln" };
const struct opt_value value_permission = { .name = "rw|r", .choices = permissions };
const struct opt_value value_metadata_type = { .name = "lvm2", .choices = metadata_types };
const struct opt_value value_copies = { .name = "0|1|2", .choices = copies };
const struct opt_value value_vg_copies = { .name = "all|unmanaged|Number" };
const struct opt_value value_report_format = { .name = "basic|json", .choices = formats };
const struct opt_value value_units = {
	.name = "[Number]r|R|h|H|b|B|s|S|k|K|m|M|g|G|t|T|p|P|e|E",
};
const struct opt_value value_activation_mode = { .name = "partial|degraded|complete",
						 .choices = modes };
const struct opt_value value_report_type = { .name = "log|vg|lv|pv|pvseg|seg",
					     .choices = report_types };

static int invalid(const struct opt *opt, const char *text, struct err *err)
{
	return err_set(err, EINVAL, "Invalid argument for --%s: %s", opt->long_name, text);
}

static int set_choice(const struct opt *opt, int *field, const char *text, struct err *err)
{
	int rc;

	for (const struct opt_choice *choice = opt->value->choices; choice->word; choice++) {
		if (strcmp(choice->word, text) != 0)
			continue;
		if (field)
			*field = choice->value;
		return 0;
	}
	rc = invalid(opt, text, err);
	if (opt->value->complaint)
		rc = err_prefix(err, "%s %s\n", opt->value->complaint, text);
	return rc;
}

static int set_list(struct arena *arena, struct opt_list *list, const char *text, size_t items_max,
		    struct err *err)
{
	if (!list->items)
		list->items = arena_calloc(arena, items_max, sizeof(char *));
	if (!list->items || list->count >= items_max)
		return err_set(err, ENOMEM, "Out of memory.");
	list->items[list->count++] = text;
	return 0;
}

static int set_tag(struct arena *arena, const struct opt *opt, struct opt_list *list,
		   const char *text, size_t items_max, struct err *err)
{
	const char *tag = text[0] == '@' ? text + 1 : text;

	if (!tag_is_valid(tag))
		return invalid(opt, text, err);
	return set_list(arena, list, tag, items_max, err);
}

static int set_number(const struct opt *opt, struct opt_number *number, const char *text,
		      struct err *err)
{
	uint64_t value;

	if (!number_whole(text, UINT32_MAX, &value))
		return invalid(opt, text, err);
	*number = (struct opt_number){ .is_set = true, .value = (uint32_t)value };
	return 0;
}

/* @what is "Size" or "Extents". */
static int check_sign(const struct opt *opt, const char *what, const char *text, struct err *err)
{
	const char *complaint = NULL;

	if (opt->value->signs == SIGNS_NONE && (text[0] == '+' || text[0] == '-'))
		complaint = "relative/signed";
	else if (opt->value->signs == SIGNS_PLUS && text[0] == '-')
		complaint = "negative";
	else if (opt->value->signs == SIGNS_MINUS && text[0] == '+')
		complaint = "positive";
	if (!complaint)
		return 0;
	return err_set(err, EINVAL, "%s may not be %s.\nInvalid argument for --%s: %s", what,
		       complaint, opt->long_name, text);
}

static int set_size(const struct opt *opt, struct size_arg *size, const char *text, struct err *err)
{
	struct size_arg parsed = { .is_set = true };
	int rc = check_sign(opt, "Size", text, err);

	if (rc < 0)
		return rc;
	rc = size_parse(text, opt->value->unit, opt->long_name, &parsed.sign, &parsed.sectors, err);
	if (rc < 0)
		return rc;
	*size = parsed;
	return 0;
}

static int set_extents(const struct opt *opt, struct size_arg *size, const char *text,
		       struct err *err)
{
	struct size_arg parsed = { .is_extents = true };
	int rc = check_sign(opt, "Extents", text, err);

	if (rc < 0)
		return rc;
	rc = extents_parse(text, &parsed, err);
	if (rc < 0)
		return rc;
	parsed.is_set = true;
	parsed.is_extents = true;
	*size = parsed;
	return 0;
}

static int set_read_ahead(const struct opt *opt, struct opt_read_ahead *read_ahead,
			  const char *text, struct err *err)
{
	enum size_sign sign;
	uint64_t sectors;
	int rc;

	read_ahead->is_set = true;
	if (strcmp(text, "auto") == 0) {
		read_ahead->sectors = READ_AHEAD_AUTO;
		return 0;
	}
	if (strcmp(text, "none") == 0) {
		read_ahead->sectors = READ_AHEAD_NONE;
		return 0;
	}
	if (text[0] == '-')
		return invalid(opt, text, err);
	rc = size_parse(text, opt->value->unit, opt->long_name, &sign, &sectors, err);
	if (rc < 0)
		return rc;
	if (sectors > UINT32_MAX)
		return invalid(opt, text, err);
	read_ahead->sectors = sectors > 0 ? (int64_t)sectors : READ_AHEAD_NONE;
	return 0;
}

int opt_set(struct arena *arena, const struct opt *opt, void *args, const char *text,
	    size_t items_max, struct err *err)
{
	void *field = (char *)args + opt->offset;

	switch (opt->kind) {
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_COUNT:
		if (*(int *)field < INT_MAX)
			(*(int *)field)++;
		return 0;
	case OPT_STRING:
		*(const char **)field = text;
		return 0;
	case OPT_LIST:
		return set_list(arena, field, text, items_max, err);
	case OPT_TAGS:
		return set_tag(arena, opt, field, text, items_max, err);
	case OPT_NUMBER:
		return set_number(opt, field, text, err);
	case OPT_CHOICE:
		return set_choice(opt, field, text, err);
	case OPT_SIZE:
		return set_size(opt, field, text, err);
	case OPT_EXTENTS:
		return set_extents(opt, field, text, err);
	case OPT_READ_AHEAD:
		return set_read_ahead(opt, field, text, err);
	case OPT_ACTIVATION:
		return activation_change_parse(text, field, err);
	case OPT_ACCEPTED:
		return opt->value && opt->value->choices ? set_choice(opt, NULL, text, err) : 0;
	case OPT_UNSUPPORTED:
	default:
		return err_set(err, EOPNOTSUPP, "--%s is not supported yet.", opt->long_name);
	}
}
