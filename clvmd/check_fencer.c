/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/check_fencer.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "lib/activate/tool.h"
#include "lib/cluster_private.h"
#include "metadata/base/cleanup.h"

#define OUTPUT_MAX ((size_t)1 << 20)

static void keep_line(void *data, enum message_level level, const char *text)
{
	if (level == MESSAGE_PRINT)
		buf_printf(data, "%s\n", text);
}

/* What a program prints; false: it cannot be run or fails. */
static bool ask(const char *const argv[], struct buf *out)
{
	struct context_options options = { .command_line = "clvmd check",
					   .ops = { .message = keep_line, .data = out },
					   .is_daemon = true };
	struct context *context = NULL;
	int exit_code = 1;
	bool done;

	if (context_open(&options, &context, NULL))
		return false;
	out->used = 0;
	done = !tool_run(context, argv, &exit_code, NULL) && exit_code == 0;
	context_close(context);
	return done;
}

static void check_enabled(void)
{
	const char *const argv[] = { "crm_attribute", "--query",	 "--type",  "crm_config",
				     "--name",	      "stonith-enabled", "--quiet", NULL };
	AUTO_BUF struct buf out = { .limit = OUTPUT_MAX };

	/* Not set at all: the default is that it is on. */
	if (ask(argv, &out) && out.data && (strstr(out.data, "false") || strstr(out.data, "off")))
		check_say("fencing", "pcs property set stonith-enabled=true",
			  "pacemaker's property stonith-enabled is off: no node is ever fenced.");
}

static void check_node(const char *node)
{
	const char *const argv[] = { "stonith_admin", "--list", node, NULL };
	AUTO_BUF struct buf out = { .limit = OUTPUT_MAX };

	if (!ask(argv, &out) || !out.data || strstr(out.data, "No devices") ||
	    strstr(out.data, "0 fence devices"))
		check_say("fencing", "Add a fence device for it (pcs stonith create).",
			  "pacemaker has no device that can fence node %s.", node);
}

static void keep_text(void *data, const char *text)
{
	buf_puts(data, text);
}

static void check_nodes(struct json_object *members)
{
	for (size_t i = 0; i < json_object_array_length(members); i++) {
		struct json_object *member = json_object_array_get_idx(members, i), *name;

		if (json_object_object_get_ex(member, "name", &name))
			check_node(json_object_get_string(name));
	}
}

void check_fencer(void)
{
	struct client_message request = { .type = CLIENT_STATUS, .json = true, .value = 1 };
	AUTO_BUF struct buf text = { .limit = (size_t)64 << 20 };
	struct json_object *status, *members;
	struct cluster *cluster = NULL;

	if (!tool_exists("stonith_admin")) {
		check_say("fencing", "Install pacemaker, or set another fence in clvmd.conf.",
			  "fence is \"pacemaker\", but stonith_admin is not installed.");
		return;
	}
	check_enabled();
	if (!cluster_connect(NULL, CLVMD_SOCKET_PATH, &cluster, NULL))
		(void)!cluster_request_text(cluster, &request, keep_text, &text, NULL);
	cluster_close(cluster);
	status = text.data ? json_tokener_parse(text.data) : NULL;
	if (json_object_object_get_ex(status, "members", &members))
		check_nodes(members);
	(void)json_object_put(status);
}
