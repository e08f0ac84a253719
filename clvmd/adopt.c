/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/adopt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/group.h"
#include "clvmd/journal.h"
#include "clvmd/log.h"
#include "clvmd/names.h"
#include "clvmd/session.h"
#include "clvmd/worker.h"
#include "lib/proto/client_message.h"

#define TRY_NS		 (50 * QB_TIME_NS_IN_MSEC)
#define TRIES_UNTIL_SAID 20
#define LIST_SECONDS	 0 /* no deadline: without the list we must not join */

/* The kernel's LVs, kept while the names are read. */
struct kernel_list {
	size_t count;
	struct {
		char resource[LV_RESOURCE_LENGTH + 1];
		enum lock_mode mode;
	} lvs[];
};

static void join_now(struct daemon *d, void *data)
{
	(void)data;
	group_tick(d->group);
}

static void finish(struct daemon *d)
{
	struct err err;

	if (journal_write(d->journal, &err))
		log_line(LOG_ERR, "%s", err.text);
	d->adopted = true;
	daemon_defer(d, join_now, NULL);
}

static void claim(struct daemon *d, const char *resource, enum lock_mode mode)
{
	char name[300];

	names_lv(d->names, resource, name, sizeof(name));
	log_line(LOG_WARNING,
		 "Logical volume %s is active here and not in the journal: claimed %s.", name,
		 lock_mode_name(mode));
	journal_add(d->journal, resource, mode, name);
}

/* Which of the LVs that the journal does not know are in clustered VGs? */
static void names_read(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct kernel_list *list = data;

	if (answer->rc) {
		log_line(LOG_ERR, "The disks cannot be read (%s): trying again.", answer->text);
		free(list);
		d->adopt_again = true;
		return;
	}
	names_replace(d->names, answer->length ? answer->data : "");
	for (size_t i = 0; i < list->count; i++)
		if (journal_mode(d->journal, list->lvs[i].resource) == MODE_NL &&
		    names_is_clustered(d->names, list->lvs[i].resource))
			claim(d, list->lvs[i].resource, list->lvs[i].mode);
	free(list);
	finish(d);
}

static struct kernel_list *copy_list(const struct worker_answer *answer)
{
	const char *at = answer->data;
	size_t count = answer->length / HOLDER_RECORD_SIZE;
	struct kernel_list *list = must_alloc(sizeof(*list) + count * sizeof(list->lvs[0]));

	for (; list->count < count; list->count++, at += HOLDER_RECORD_SIZE) {
		list->lvs[list->count].mode = at[0] == MODE_EX ? MODE_EX : MODE_CR;
		memcpy(list->lvs[list->count].resource, at + 1, LV_RESOURCE_LENGTH);
	}
	return list;
}

struct inactive {
	struct daemon *d;
	const struct kernel_list *list;
	const char **gone;
	size_t count, room;
};

static int compare_resource(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void note_inactive(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	struct inactive *inactive = data;
	const struct kernel_list *list = inactive->list;

	(void)mode;
	(void)name;
	if (inactive->count < inactive->room &&
	    !bsearch(resource, list->lvs, list->count, sizeof(list->lvs[0]), compare_resource))
		inactive->gone[inactive->count++] = resource;
}

static void count_one(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	(void)resource;
	(void)mode;
	(void)name;
	++*(size_t *)data;
}

/* In the journal and not in the kernel: deactivated, or never activated, when the daemon died. */
static void forget_inactive(struct daemon *d, struct kernel_list *list)
{
	struct inactive inactive = { .d = d, .list = list };

	journal_each(d->journal, count_one, &inactive.room);
	inactive.gone = must_alloc((inactive.room + 1) * sizeof(*inactive.gone));
	qsort(list->lvs, list->count, sizeof(list->lvs[0]), compare_resource);
	journal_each(d->journal, note_inactive, &inactive);
	for (size_t i = 0; i < inactive.count; i++)
		journal_remove(d->journal, inactive.gone[i]);
	free(inactive.gone);
}

static void kernel_listed(struct daemon *d, void *data, const struct worker_answer *answer)
{
	struct kernel_list *list;
	bool all_known = true;

	(void)data;
	if (answer->rc) {
		log_line(LOG_ERR,
			 "The kernel's logical volumes cannot be listed (%s): trying again.",
			 answer->text);
		d->adopt_again = true;
		return;
	}
	list = copy_list(answer);
	forget_inactive(d, list);
	for (size_t i = 0; i < list->count; i++)
		all_known = all_known && journal_mode(d->journal, list->lvs[i].resource) != MODE_NL;
	if (all_known) {
		free(list);
		finish(d);
		return;
	}
	worker_submit(d, "", &(struct client_message){ .type = CLIENT_WORKER_NAMES }, LIST_SECONDS,
		      names_read, list);
}

static void ask_kernel(struct daemon *d)
{
	worker_submit(d, "", &(struct client_message){ .type = CLIENT_WORKER_KERNEL }, LIST_SECONDS,
		      kernel_listed, NULL);
}

const char *adopt_waits_for(struct daemon *d, char *text, size_t size)
{
	if (sessions_wait_for(d, text, size))
		return text;
	(void)snprintf(text, size,
		       d->adopt_waits
			       ? "a worker process of an earlier clvmd to end"
			       : "a worker process: which logical volumes are active on this node");
	return text;
}

/* Idle workers end in an instant, and so do commands that lost their connection. */
static void begin(void *data)
{
	struct daemon *d = data;
	qb_loop_timer_handle timer;
	char text[512];

	d->adopt_waits =
		sessions_wait_for(d, text, sizeof(text)) || !workers_of_old_daemon_ended(d);
	if (!d->adopt_waits) {
		ask_kernel(d);
		return;
	}
	if (++d->adopt_tries == TRIES_UNTIL_SAID)
		log_line(LOG_INFO, "Before joining, clvmd waits for %s.",
			 adopt_waits_for(d, text, sizeof(text)));
	if (qb_loop_timer_add(d->loop, QB_LOOP_MED, TRY_NS, d, begin, &timer))
		daemon_stop(d, 4);
}

/* So that names are known at once, also while the disks do not answer. */
static void learn_name(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	struct daemon *d = data;
	char vg_name[NODE_NAME_MAX];
	const char *slash = strchr(name, '/'), *lv_name = slash ? slash + 1 : "";
	struct uuid lv_id;
	struct job job = { .vg_name = vg_name,
			   .clustered = true,
			   .lv_ids = &lv_id,
			   .lv_names = &lv_name,
			   .lv_count = 1 };

	(void)mode;
	if (!slash || (size_t)(slash - name) >= sizeof(vg_name))
		return;
	(void)snprintf(vg_name, sizeof(vg_name), "%.*s", (int)(slash - name), name);
	memcpy(job.vg_id.text, resource, UUID_LENGTH);
	memcpy(lv_id.text, resource + UUID_LENGTH, UUID_LENGTH);
	names_learn(d->names, &job);
}

void adopt_start(struct daemon *d)
{
	journal_each(d->journal, learn_name, d);
	begin(d);
}

void adopt_tick(struct daemon *d)
{
	if (!d->adopt_again)
		return;
	d->adopt_again = false;
	ask_kernel(d);
}

static void adopt_one(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	struct daemon *d = data;
	struct err err;

	if (lockspace_adopt(d->ls, resource, mode, journal_since(d->journal, resource), &err))
		log_line(LOG_ERR, "Logical volume %s: %s", *name ? name : resource, err.text);
}

void adopt_into_lockspace(struct daemon *d)
{
	journal_each(d->journal, adopt_one, d);
	sessions_adopt(d);
}
