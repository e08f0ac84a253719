/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/operand.h"

#include <errno.h>
#include <string.h>

#include "cmd/exit.h"
#include "lib/op/op.h"
#include "metadata/names.h"

#define DEV_DIR	   "/dev/"
#define MAPPER_DIR "/dev/mapper/"

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool operand_is_lv(const char *text)
{
	size_t length;

	if (starts_with(text, MAPPER_DIR))
		return true;
	if (starts_with(text, DEV_DIR))
		text += strlen(DEV_DIR);
	text += strspn(text, "/");
	length = strlen(text);
	while (length > 0 && text[length - 1] == '/')
		length--;
	return memchr(text, '/', length) != NULL;
}

static int refuse_tag(const struct cmdline *line, const char *text, struct err *err)
{
	return err_set(err, EOPNOTSUPP, "%s: selecting by tag (%s) is not supported yet.",
		       line->command->name, text);
}

static int start_targets(struct cmdline *line, struct targets *targets, struct err *err)
{
	targets->count = 0;
	targets->items = arena_calloc(&line->arena, line->operand_count + 1, sizeof(struct target));
	return targets->items ? 0 : err_set(err, ENOMEM, "Out of memory.");
}

int operands_as_vgs(struct cmdline *line, struct targets *ret_targets, struct err *err)
{
	int rc = start_targets(line, ret_targets, err);

	for (size_t i = 0; rc == 0 && i < line->operand_count; i++) {
		struct target *target = &ret_targets->items[ret_targets->count++];

		if (line->operands[i][0] == '@')
			return refuse_tag(line, line->operands[i], err);
		if (operand_is_lv(line->operands[i]))
			return err_set(err, EINVAL, "Invalid volume group name %s.",
				       line->operands[i]);
		rc = op_vg_name(line->operands[i], &line->arena, &target->vg, err);
	}
	return rc;
}

/* A bad path among several objects is a failure, not a bad command line. */
static int split_path(struct cmdline *line, const char *text, struct target *target,
		      struct err *err)
{
	int rc = op_split_lv_name(text, &line->arena, &target->vg, &target->lv, err);

	return rc == -EINVAL ? err->code = -ENOENT : rc;
}

int operands_as_vgs_or_lvs(struct cmdline *line, struct targets *ret_targets, struct err *err)
{
	int rc = start_targets(line, ret_targets, err);

	for (size_t i = 0; rc == 0 && i < line->operand_count; i++) {
		struct target *target = &ret_targets->items[ret_targets->count++];
		const char *text = line->operands[i];

		if (text[0] == '@')
			return refuse_tag(line, text, err);
		if (operand_is_lv(text))
			rc = split_path(line, text, target, err);
		else
			rc = op_vg_name(text, &line->arena, &target->vg, err);
	}
	return rc;
}

int operand_as_lv(struct cmdline *line, const char *text, struct target *ret_target,
		  struct err *err)
{
	if (text[0] == '@')
		return err_set(err, EINVAL, "Logical volume name \"%s\" is invalid.", text);
	if (!operand_is_lv(text))
		return err_set(err, EINVAL, "Please specify a logical volume path.");
	return op_split_lv_name(text, &line->arena, &ret_target->vg, &ret_target->lv, err);
}

int targets_default_all_vgs(struct context *context, struct cmdline *line, struct targets *targets,
			    struct err *err)
{
	const char *const *names;
	size_t count;
	int rc;

	if (line->operand_count > 0)
		return 0;
	rc = op_list_vg_names(context, &line->arena, &names, &count, err);
	if (rc < 0)
		return rc;
	targets->items = arena_calloc(&line->arena, count + 1, sizeof(struct target));
	if (!targets->items)
		return err_set(err, ENOMEM, "Out of memory.");
	for (size_t i = 0; i < count; i++)
		targets->items[i].vg = names[i];
	targets->count = count;
	return 0;
}

int operand_report(struct context *context, int rc, struct err *err)
{
	if (rc < 0 && err->text[0])
		ctx_report_error(context, err);
	err->text[0] = '\0';
	return rc;
}

/* @each is spared names that no VG can have. */
static int do_one(struct context *context, const struct target *target, target_fn *each,
		  const void *args, struct err *err)
{
	if (vg_name_check(target->vg, err) < 0)
		return err_set(err, ENOENT,
			       "Volume group name \"%s\" has invalid characters.\n"
			       "Cannot process volume group %s",
			       target->vg, target->vg);
	return each(context, target, args, err);
}

static int finish(int worst, struct err *err)
{
	err->code = worst;
	err->text[0] = '\0';
	return worst;
}

int targets_each(struct context *context, const struct targets *targets, target_fn *each,
		 const void *args, struct err *err)
{
	int worst = 0;

	for (size_t i = 0; i < targets->count; i++) {
		int rc = do_one(context, &targets->items[i], each, args, err);

		worst = exit_worse(worst, operand_report(context, rc, err));
	}
	return finish(worst, err);
}

static int each_lv_of(struct context *context, struct cmdline *line, const char *vg_name,
		      target_fn *each, const void *args, struct err *err)
{
	const char *const *names;
	size_t count;
	int worst = 0, rc;

	rc = op_list_lv_names(context, vg_name, &line->arena, &names, &count, err);
	if (rc < 0)
		return operand_report(context, rc, err);
	for (size_t i = 0; i < count; i++) {
		struct target target = { .vg = vg_name, .lv = names[i] };

		rc = each(context, &target, args, err);
		worst = exit_worse(worst, operand_report(context, rc, err));
	}
	return worst;
}

int targets_each_lv(struct context *context, struct cmdline *line, const struct targets *targets,
		    target_fn *each, const void *args, struct err *err)
{
	int worst = 0;

	for (size_t i = 0; i < targets->count; i++) {
		const struct target *target = &targets->items[i];
		int rc;

		if (target->lv)
			rc = operand_report(context, do_one(context, target, each, args, err), err);
		else
			rc = each_lv_of(context, line, target->vg, each, args, err);
		worst = exit_worse(worst, rc);
	}
	return finish(worst, err);
}
