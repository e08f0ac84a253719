/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which form of a command a command line has.
 *
 * A form fits when one of the options that it needs is there and there are operands enough; forms
 * that need an option come before those that need none. An option that only other forms need,
 * and operands too many, are refused by name.
 */
#include <errno.h>

#include "cmd/command.h"

static bool has_one_of(const struct cmdline *line, const char *words)
{
	for (size_t i = 0; i < line->given_count; i++)
		if (opt_word_in(words, line->given[i].opt->long_name))
			return true;
	return false;
}

static bool fits(const struct cmdline *line, const struct form *form)
{
	if (form->needs && !has_one_of(line, form->needs))
		return false;
	return line->operand_count >= (size_t)form->operands_min;
}

static const struct form *find_form(const struct cmdline *line)
{
	const struct form *forms = line->command->forms;

	for (const struct form *form = forms; form->usage; form++)
		if (form->needs && fits(line, form))
			return form;
	for (const struct form *form = forms; form->usage; form++)
		if (!form->needs && fits(line, form))
			return form;
	return NULL;
}

static const struct form *find_nearest(const struct cmdline *line)
{
	const struct form *forms = line->command->forms;

	if (!forms[1].usage)
		return &forms[0];
	for (const struct form *form = forms; form->usage; form++)
		if (form->needs && has_one_of(line, form->needs))
			return form;
	return NULL;
}

int form_mismatch(struct cmdline *line, const struct form *form, struct err *err)
{
	bool is_only = !line->command->forms[1].usage;
	int rc;

	line->stage = STAGE_FORM;
	line->nearest = form;
	rc = err_set(err, EINVAL,
		     "No command with matching syntax recognised.  Run '%s --help' for more "
		     "information.",
		     line->command->name);
	if (form)
		rc = err_append(err, is_only ? "\nCorrect command syntax is:"
					     : "\nNearest similar command has syntax:");
	return rc;
}

static bool is_needed_elsewhere(const struct command *command, const char *name)
{
	for (const struct form *form = command->forms; form->usage; form++)
		if (opt_word_in(form->needs, name))
			return true;
	return false;
}

int form_match(struct cmdline *line, struct err *err)
{
	const struct form *form = find_form(line);

	line->stage = STAGE_FORM;
	if (!form)
		return form_mismatch(line, find_nearest(line), err);
	for (size_t i = 0; i < line->given_count; i++) {
		const char *name = line->given[i].opt->long_name;
		const char *value = line->given[i].value;

		if (opt_word_in(form->needs, name) || opt_word_in(form->allows, name) ||
		    !is_needed_elsewhere(line->command, name))
			continue;
		return err_set(err, EINVAL, "Command does not accept option: --%s%s%s.", name,
			       value ? " " : "", value ? value : "");
	}
	if (form->operands_max >= 0 && line->operand_count > (size_t)form->operands_max)
		return err_set(err, EINVAL, "Command does not accept argument: %s.",
			       line->operands[form->operands_max]);
	line->form = form;
	return 0;
}
