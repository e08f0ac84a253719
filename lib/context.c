/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings of the options are copied, so that the caller's need not outlive the context. */
#include "lib/context.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/cluster.h"
#include "lib/config.h"
#include "lib/store/known_text.h"
#include "metadata/base/cleanup.h"

struct owned_context {
	struct context context; /* first: what callers see */
	char *system_dir;
	char *config_override;
	char *command_line;
};

/* ---- messages ---- */

static void send_lines(struct context *context, enum message_level level, char *text)
{
	const struct context_ops *ops = &context->options.ops;
	char *rest = text;

	if (!ops->message)
		return;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		ops->message(ops->data, level, line);
}

__attribute__((format(printf, 3, 0))) static void
send_message(struct context *context, enum message_level level, const char *fmt, va_list args)
{
	AUTO_FREE char *text = NULL;

	if (!context->options.ops.message)
		return;
	if (vasprintf(&text, fmt, args) < 0) {
		text = NULL;
		return;
	}
	send_lines(context, level, text);
}

#define SEND(level)                                        \
	do {                                               \
		va_list args;                              \
                                                           \
		va_start(args, fmt);                       \
		send_message(context, (level), fmt, args); \
		va_end(args);                              \
	} while (0)

void ctx_print(struct context *context, const char *fmt, ...)
{
	SEND(MESSAGE_PRINT);
}

void ctx_row(struct context *context, char *text)
{
	send_lines(context, MESSAGE_ROW, text);
}

void ctx_warn(struct context *context, const char *fmt, ...)
{
	SEND(MESSAGE_WARNING);
}

void ctx_error(struct context *context, const char *fmt, ...)
{
	SEND(MESSAGE_ERROR);
}

void ctx_verbose(struct context *context, const char *fmt, ...)
{
	SEND(MESSAGE_VERBOSE);
}

void ctx_tool_output(struct context *context, const char *text)
{
	AUTO_FREE char *copy = strdup(text);

	if (copy)
		send_lines(context, MESSAGE_TOOL, copy);
}

void ctx_report_error(struct context *context, const struct err *err)
{
	if (err->text[0])
		ctx_error(context, "%s", err->text);
}

bool ctx_ask(struct context *context, const char *fmt, ...)
{
	const struct context_ops *ops = &context->options.ops;
	AUTO_FREE char *question = NULL;
	va_list args;
	int length;

	if (context->options.yes)
		return true;
	if (!ops->ask)
		return false;
	va_start(args, fmt);
	length = vasprintf(&question, fmt, args);
	va_end(args);
	if (length < 0) {
		question = NULL;
		return false;
	}
	return ops->ask(ops->data, question);
}

/* ---- life ---- */

static int copy_string(const char *text, char **copy, struct err *err)
{
	if (text && !(*copy = strdup(text)))
		return err_set(err, ENOMEM, "Out of memory.");
	return 0;
}

static void warn_of_config(void *data, const char *text)
{
	ctx_warn(data, "%s", text);
}

static int fill(struct owned_context *owned, const struct context_options *options, struct err *err)
{
	struct context *context = &owned->context;
	struct utsname names;
	int rc;

	context->options = *options;
	if ((options->system_dir != config_no_files &&
	     (rc = copy_string(options->system_dir, &owned->system_dir, err))) ||
	    (rc = copy_string(options->config_override, &owned->config_override, err)) ||
	    (rc = copy_string(options->command_line, &owned->command_line, err)))
		return rc;
	if (owned->system_dir)
		context->options.system_dir = owned->system_dir;
	context->options.config_override = owned->config_override;
	context->options.command_line = owned->command_line;

	if (uname(&names))
		return err_set(err, errno, "Cannot get this host's name: %s", strerror(errno));
	if ((rc = copy_string(names.nodename, &context->hostname, err)) ||
	    (rc = config_open_in(options->system_dir, options->config_override, &context->config,
				 err)))
		return rc;

	config_check(context->config, warn_of_config, context);
	if (!config_system_dir(context->config))
		ctx_warn(context, "WARNING: Metadata changes will NOT be backed up");
	return 0;
}

int context_open(const struct context_options *options, struct context **ret_context,
		 struct err *err)
{
	struct owned_context *owned = calloc(1, sizeof(*owned));
	int rc;

	if (!owned)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = fill(owned, options, err))) {
		context_close(&owned->context);
		return rc;
	}
	*ret_context = &owned->context;
	return 0;
}

int context_reconfigure(struct context *context, const char *override, struct err *err)
{
	struct owned_context *owned = (struct owned_context *)context;
	char *copy = override ? strdup(override) : NULL;
	struct config *config;
	int rc;

	if (override && !copy)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = config_open_in(context->options.system_dir, copy, &config, err))) {
		free(copy);
		return rc;
	}
	config_close(context->config);
	free(owned->config_override);
	context->config = config;
	owned->config_override = copy;
	context->options.config_override = copy;
	return 0;
}

void context_close(struct context *context)
{
	struct owned_context *owned = (struct owned_context *)context;

	if (!owned)
		return;
	if (context->cluster)
		cluster_close(context->cluster);
	text_list_free(context->texts);
	config_close(context->config);
	free(context->hostname);
	free(owned->system_dir);
	free(owned->config_override);
	free(owned->command_line);
	free(owned);
}
