/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/admin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clvmd/carry_out.h"
#include "clvmd/group.h"
#include "clvmd/journal.h"
#include "clvmd/log.h"
#include "clvmd/nodelist.h"
#include "clvmd/status_print.h"
#include "lib/number.h"

#define NAMES_SHOWN  5
#define LOGIN_MAX    48
#define STOP_SECONDS 5
#define STOP_TRY_NS  (100 * QB_TIME_NS_IN_MSEC)

/* All clients are root: the login says which person it was, where the system keeps that. */
static const char *login_of(uint32_t pid, char login[LOGIN_MAX])
{
	char path[64], text[16] = "";
	uint64_t uid;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%u/loginuid", pid);
	if ((file = fopen(path, "re"))) {
		if (!fgets(text, sizeof(text), file))
			text[0] = '\0';
		(void)fclose(file);
	}
	text[strcspn(text, "\n")] = '\0';
	if (number_whole(text, UINT32_MAX - 1, &uid)) /* the greatest one is: none */
		(void)snprintf(login, LOGIN_MAX, "uid 0, login uid %" PRIu64, uid);
	else
		(void)snprintf(login, LOGIN_MAX, "uid 0");
	return login;
}

void admin_fence_ack(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;
	uint32_t node = nodelist_find(d->nodelist, message->node_name);
	struct err err = { 0 };
	char text[512], how[512], login[LOGIN_MAX];

	if (!node) {
		(void)snprintf(text, sizeof(text),
			       "No node \"%s\" in corosync's nodelist; clvmd status lists them.",
			       message->node_name);
		client_done(client, message->id, -ENOENT, text);
		return;
	}
	(void)snprintf(how, sizeof(how), "clvmd fence-ack%s%s on node %s, pid %u, %s",
		       message->no_volumes ? " --no-volumes" : "", message->force ? " --force" : "",
		       d->node_name, client->pid, login_of(client->pid, login));
	carry_out(d, lockspace_fenced(d->ls,
				      &(struct fence_ack){ .node = node,
							   .no_volumes = message->no_volumes,
							   .force = message->force,
							   .how = how },
				      &err));
	if (err.code)
		log_line(LOG_WARNING, "%s of node %s was refused: %s", how, message->node_name,
			 err.text);
	client_done(client, message->id, err.code, err.code ? err.text : "");
}

struct name_collect {
	char *text;
	size_t size, used, count;
};

static void add_name(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	struct name_collect *collect = data;
	int length;

	(void)resource;
	(void)mode;
	if (collect->count++ >= NAMES_SHOWN || collect->used >= collect->size)
		return;
	length =
		snprintf(collect->text + collect->used, collect->size - collect->used, " %s", name);
	if (length > 0)
		collect->used += (size_t)length;
}

/* Clustered LVs that are active here, by name, for a message. */
static void active_names(struct daemon *d, char *text, size_t size)
{
	struct name_collect collect = { .text = text, .size = size };

	text[0] = '\0';
	journal_each(d->journal, add_name, &collect);
	if (collect.count > NAMES_SHOWN && collect.used < size)
		(void)snprintf(text + collect.used, size - collect.used, " and %zu more",
			       collect.count - NAMES_SHOWN);
}

static void stop_forced(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;
	char names[1024];

	active_names(d, names, sizeof(names));
	if (*names)
		log_line(LOG_WARNING,
			 "Stopped by force: these logical volumes stay active and locked:%s",
			 names);
	client_done(client, message->id, 0, "");
	daemon_stop(d, 0);
}

/* A stop that waits for commands and jobs to end. */
struct stopping {
	struct daemon *d;
	uint64_t client, deadline;
	uint32_t id;
};

/* What runs is mostly about to end: a backup that nobody waits for, a command's last breath. */
static void say_goodbye(void *data)
{
	struct stopping *stopping = data;
	struct daemon *d = stopping->d;
	struct client *client = client_find(d, stopping->client);
	qb_loop_timer_handle timer;
	struct err err = { 0 };

	if (client)
		carry_out(d, lockspace_goodbye(d->ls, &err));
	if (client && err.code && now_ns() < stopping->deadline &&
	    !qb_loop_timer_add(d->loop, QB_LOOP_MED, STOP_TRY_NS, stopping, say_goodbye, &timer))
		return;
	if (client && !err.code) {
		log_line(LOG_INFO, "Leaving the cluster (clvmd stop).");
		d->stopping = true;
	}
	if (client)
		client_done(client, stopping->id, err.code, err.code ? err.text : "");
	free(stopping);
}

void admin_stop(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;
	struct stopping *stopping;
	char names[1024], text[1400];

	active_names(d, names, sizeof(names));
	if (message->force) {
		stop_forced(client, message);
		return;
	}
	if (*names) {
		(void)snprintf(
			text, sizeof(text),
			"Clustered logical volumes are active here:%s. Deactivate them first "
			"(vgchange -aln), or use --force: they stay active and locked.",
			names);
		client_done(client, message->id, -EBUSY, text);
		return;
	}
	if (!d->ls || !group_is_connected(d->group)) {
		client_done(client, message->id, 0, "");
		daemon_stop(d, 0);
		return;
	}
	stopping = must_alloc(sizeof(*stopping));
	*stopping = (struct stopping){ d, client->number, now_ns() + SECONDS(STOP_SECONDS),
				       message->id };
	say_goodbye(stopping);
}

void admin_ready(struct client *client, const struct client_message *message)
{
	struct daemon *d = client->d;
	char waiting[2048];

	if (d->ls && lockspace_is_up(d->ls)) {
		client_done(client, message->id, 0, "");
		return;
	}
	status_waiting_for(d, waiting, sizeof(waiting));
	client_done(client, message->id, -EAGAIN, *waiting ? waiting : "the other members");
}

void admin_blackbox(struct client *client, const struct client_message *message)
{
	struct err err;

	if (log_write_blackbox(CLVMD_BLACKBOX_PATH, &err))
		client_done(client, message->id, err.code, err.text);
	else
		client_text(client, message->id, CLVMD_BLACKBOX_PATH "\n");
}

void admin_tick(struct daemon *d)
{
	if (!d->stopping || !group_is_idle(d->group))
		return;
	group_leave(d->group);
	daemon_stop(d, 0);
}
