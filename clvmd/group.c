/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/group.h"

#include <corosync/cpg.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clvmd/carry_out.h"
#include "clvmd/cfg.h"
#include "clvmd/log.h"
#include "clvmd/nodelist.h"
#include "clvmd/quorum.h"
#include "clvmd/request.h"
#include "clvmd/single.h"

#define RETRY_NS (10 * QB_TIME_NS_IN_MSEC) /* of a send that corosync did not take */

struct outgoing {
	struct outgoing *next;
	size_t length;
	char bytes[];
};

struct group {
	struct daemon *d;
	cpg_handle_t handle;
	int fd; /* -1: not connected */
	bool joined, left, was_connected, complained;
	bool lost_pending, deliver_pending;
	struct outgoing *first, **last;
	size_t queued_bytes;
	qb_loop_timer_handle retry;
	bool retry_set;
	struct confchg_entry members[CPG_MEMBERS_MAX]; /* as last delivered */
	size_t member_count;
};

static void flush_queue(struct group *group);

/* ---- deliveries ---- */

static void delivered(cpg_handle_t handle, const struct cpg_name *name, uint32_t node, uint32_t pid,
		      void *bytes, size_t length)
{
	void *context = NULL;
	struct group *group;

	(void)name;
	(void)pid;
	if (cpg_context_get(handle, &context) != CS_OK || !(group = context) || group->left)
		return;
	group->d->metrics.messages_received++;
	group->d->metrics.bytes_received += length;
	carry_out(group->d,
		  lockspace_message(group->d->ls, &(struct event_message){ .from = node,
									   .bytes = bytes,
									   .length = length }));
}

static enum leave_reason leave_reason(uint32_t reason)
{
	if (reason == CPG_REASON_LEAVE)
		return LEAVE_CLEAN;
	return reason == CPG_REASON_PROCDOWN ? LEAVE_PROCDOWN : LEAVE_NODEDOWN;
}

static size_t copy_entries(struct confchg_entry *to, const struct cpg_address *from, size_t count)
{
	if (count > CPG_MEMBERS_MAX)
		count = CPG_MEMBERS_MAX;
	for (size_t i = 0; i < count; i++)
		to[i] = (struct confchg_entry){ .node = from[i].nodeid,
						.pid = from[i].pid,
						.nodeup = from[i].reason == CPG_REASON_NODEUP,
						.reason = leave_reason(from[i].reason) };
	return count;
}

static void members_changed(cpg_handle_t handle, const struct cpg_name *name,
			    const struct cpg_address *members, size_t member_count,
			    const struct cpg_address *left, size_t left_count,
			    const struct cpg_address *joined, size_t joined_count)
{
	struct confchg_entry gone[CPG_MEMBERS_MAX], come[CPG_MEMBERS_MAX];
	struct event_confchg event = { .left = gone, .joined = come };
	void *context = NULL;
	struct group *group;

	(void)name;
	if (cpg_context_get(handle, &context) != CS_OK || !(group = context) || group->left)
		return;
	group->member_count = copy_entries(group->members, members, member_count);
	event.members = group->members;
	event.member_count = group->member_count;
	event.left_count = copy_entries(gone, left, left_count);
	event.joined_count = copy_entries(come, joined, joined_count);
	for (size_t i = 0; i < event.left_count; i++)
		log_line(LOG_INFO, "Group: node %u left (%s).", gone[i].node,
			 gone[i].reason == LEAVE_CLEAN	    ? "left"
			 : gone[i].reason == LEAVE_PROCDOWN ? "its clvmd died"
							    : "node down");
	for (size_t i = 0; i < event.joined_count; i++)
		log_line(LOG_INFO, "Group: node %u joined.", come[i].node);
	carry_out(group->d, lockspace_confchg(group->d->ls, &event));
}

static void ring_changed(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t count,
			 const uint32_t *members)
{
	void *context = NULL;
	struct group *group;

	if (cpg_context_get(handle, &context) != CS_OK || !(group = context) || group->left)
		return;
	log_line(LOG_DEBUG, "Ring %u.%llu with %u members.", ring.nodeid,
		 (unsigned long long)ring.seq, count);
	carry_out(group->d, lockspace_ring(group->d->ls,
					   &(struct event_ring){ .ring = { ring.nodeid, ring.seq },
								 .members = members,
								 .member_count = count }));
}

/* ---- connection ---- */

static void drop_queue(struct group *group)
{
	while (group->first) {
		struct outgoing *message = group->first;

		group->first = message->next;
		free(message);
	}
	group->last = &group->first;
	group->queued_bytes = 0;
	if (group->retry_set)
		(void)qb_loop_timer_del(group->d->loop, group->retry);
	group->retry_set = false;
}

static void disconnect(struct group *group)
{
	if (group->fd < 0)
		return;
	(void)qb_loop_poll_del(group->d->loop, group->fd);
	(void)cpg_finalize(group->handle);
	group->fd = -1;
	group->joined = false;
	drop_queue(group);
}

/* What a cut link would show: this node alone, and no quorum. */
static void show_alone(struct group *group)
{
	struct daemon *d = group->d;
	struct confchg_entry self = { .node = d->node, .pid = (uint32_t)getpid() };
	struct confchg_entry gone[CPG_MEMBERS_MAX];
	struct event_confchg event = { .members = &self, .member_count = 1, .left = gone };
	struct ring_id ring = { .node = d->node };

	carry_out(d, lockspace_quorum(d->ls, &(struct event_quorum){ .ring = ring,
								     .members = &d->node,
								     .member_count = 1 }));
	for (size_t i = 0; i < group->member_count; i++)
		if (group->members[i].node != d->node) {
			gone[event.left_count] = group->members[i];
			gone[event.left_count++].reason = LEAVE_NODEDOWN;
		}
	carry_out(d, lockspace_confchg(d->ls, &event));
	carry_out(d, lockspace_ring(d->ls, &(struct event_ring){ .ring = ring,
								 .members = &d->node,
								 .member_count = 1 }));
	group->member_count = 0;
}

static void lost_now(struct daemon *d, void *data)
{
	struct group *group = data;
	bool was_joined = group->joined;

	group->lost_pending = false;
	disconnect(group);
	quorum_disconnect(d->quorum);
	nodelist_disconnect(d->nodelist);
	cfg_disconnect(d->cfg);
	if (was_joined && !group->left) {
		show_alone(group);
		request_fail_all(d, "corosync on this node stopped");
	}
}

void group_lost(struct group *group, const char *why)
{
	if (group->lost_pending || group->fd < 0)
		return;
	log_line(LOG_ERR,
		 "No corosync (%s): paused, logical volumes stay active; connecting again every "
		 "second.",
		 why);
	group->lost_pending = true;
	daemon_defer(group->d, lost_now, group);
}

static int32_t ready(int32_t fd, int32_t revents, void *data)
{
	struct group *group = data;
	cs_error_t rc;

	(void)fd;
	(void)revents;
	if (group->lost_pending)
		return 0;
	rc = cpg_dispatch(group->handle, CS_DISPATCH_ALL);
	if (rc != CS_OK && rc != CS_ERR_TRY_AGAIN)
		group_lost(group, cs_strerror(rc));
	return 0;
}

static bool set_up(struct group *group)
{
	cpg_model_v1_data_t model = { .model = CPG_MODEL_V1,
				      .cpg_deliver_fn = delivered,
				      .cpg_confchg_fn = members_changed,
				      .cpg_totem_confchg_fn = ring_changed,
				      .flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF };
	struct daemon *d = group->d;
	cs_error_t rc;
	int fd;

	rc = cpg_model_initialize(&group->handle, CPG_MODEL_V1, (cpg_model_data_t *)&model, group);
	if (rc != CS_OK)
		return false;
	if (cpg_fd_get(group->handle, &fd) != CS_OK ||
	    cpg_local_get(group->handle, &d->node) != CS_OK ||
	    qb_loop_poll_add(d->loop, QB_LOOP_HIGH, fd, POLLIN, group, ready)) {
		(void)cpg_finalize(group->handle);
		return false;
	}
	group->fd = fd;
	return true;
}

/* Corosync refuses to join while it synchronises: asked again each second. */
static void join(struct group *group)
{
	struct cpg_name name = { .length = sizeof(CLVMD_GROUP) - 1, .value = CLVMD_GROUP };
	cs_error_t rc = cpg_join(group->handle, &name);

	if (rc == CS_OK) {
		group->joined = true;
		log_line(LOG_INFO, "Joined the group as node %u (%s).", group->d->node,
			 group->d->node_name);
	} else if (rc != CS_ERR_TRY_AGAIN) {
		group_lost(group, cs_strerror(rc));
	}
}

static bool connect_all(struct group *group)
{
	struct daemon *d = group->d;
	struct err err;

	if (!set_up(group))
		return false;
	if (!nodelist_connect(d->nodelist) || (!d->ls && daemon_create_lockspace(d, &err)) ||
	    !quorum_connect(d->quorum)) {
		quorum_disconnect(d->quorum);
		nodelist_disconnect(d->nodelist);
		disconnect(group);
		return false;
	}
	cfg_connect(d->cfg);
	nodelist_tell(d->nodelist);
	return true;
}

static void single_tick(struct group *group)
{
	struct err err;

	if (group->joined)
		return;
	if (single_connect(group->d, &err)) {
		log_line(LOG_CRIT, "%s", err.text);
		daemon_stop(group->d, 1);
		return;
	}
	group->joined = true;
	log_line(LOG_INFO, "Without corosync: this node (%s) alone.", group->d->node_name);
	single_join(group->d);
}

void group_tick(struct group *group)
{
	if (group->left || !group->d->adopted)
		return;
	if (group->d->single) {
		single_tick(group);
		return;
	}
	if (group->fd < 0 && !connect_all(group)) {
		if (!group->complained)
			log_line(LOG_WARNING, "corosync does not run here (yet): trying every "
					      "second.");
		group->complained = true;
		return;
	}
	if (group->complained)
		log_line(LOG_INFO, "Connected to corosync.");
	group->complained = false;
	if (!group->joined)
		join(group);
	flush_queue(group);
}

struct group *group_create(struct daemon *d)
{
	struct group *group = must_alloc(sizeof(*group));

	*group = (struct group){ .d = d, .fd = -1 };
	group->last = &group->first;
	return group;
}

void group_destroy(struct group *group)
{
	disconnect(group);
	drop_queue(group);
	free(group);
}

bool group_is_connected(const struct group *group)
{
	return (group->fd >= 0 || group->d->single) && group->joined;
}

bool group_is_missing(const struct group *group)
{
	return group->complained || group->left;
}

bool group_has_left(const struct group *group)
{
	return group->left;
}

void group_leave(struct group *group)
{
	struct cpg_name name = { .length = sizeof(CLVMD_GROUP) - 1, .value = CLVMD_GROUP };

	if (group->left)
		return;
	group->left = true;
	if (group->joined && !group->d->single)
		(void)cpg_leave(group->handle, &name);
	disconnect(group);
}

/* ---- sending ---- */

static void remove_first(struct group *group)
{
	struct outgoing *message = group->first;

	group->first = message->next;
	if (!group->first)
		group->last = &group->first;
	group->queued_bytes -= message->length;
}

static void retry(void *data)
{
	struct group *group = data;

	group->retry_set = false;
	flush_queue(group);
}

/* Without corosync: what was sent comes back, one message in a pass of the loop. */
static void deliver_own(struct daemon *d, void *data)
{
	struct group *group = data;
	struct outgoing *message = group->first;

	group->deliver_pending = false;
	if (!message || group->left)
		return;
	remove_first(group);
	carry_out(d,
		  lockspace_message(d->ls, &(struct event_message){ .from = d->node,
								    .bytes = message->bytes,
								    .length = message->length }));
	free(message);
	flush_queue(group);
}

static void flush_queue(struct group *group)
{
	if (group->d->single && group->first && !group->deliver_pending) {
		group->deliver_pending = true;
		daemon_defer(group->d, deliver_own, group);
	}
	if (group->d->single)
		return;
	while (group->first && group->joined && !group->lost_pending) {
		struct outgoing *message = group->first;
		struct iovec part = { .iov_base = message->bytes, .iov_len = message->length };
		cs_error_t rc = cpg_mcast_joined(group->handle, CPG_TYPE_AGREED, &part, 1);

		if (rc == CS_ERR_TRY_AGAIN) {
			group->d->metrics.send_retries++;
			break;
		}
		if (rc != CS_OK) {
			group_lost(group, cs_strerror(rc));
			return;
		}
		group->d->metrics.messages_sent++;
		group->d->metrics.bytes_sent += message->length;
		remove_first(group);
		free(message);
	}
	if (group->first && group->joined && !group->retry_set)
		group->retry_set = !qb_loop_timer_add(group->d->loop, QB_LOOP_HIGH, RETRY_NS, group,
						      retry, &group->retry);
}

static void overflow(struct daemon *d, void *data)
{
	(void)data;
	log_line(LOG_CRIT, "corosync has taken no message for too long: leaving the group.");
	group_leave(d->group);
	daemon_stop(d, 1);
}

void group_send(struct group *group, const void *bytes, size_t length)
{
	struct outgoing *message;

	if ((group->fd < 0 && !group->d->single) || group->left)
		return; /* nobody to send to; the lockspace sends its state again when we join */
	if (length > GROUP_MESSAGE_MAX || group->queued_bytes + length > GROUP_QUEUE_MAX) {
		daemon_defer(group->d, overflow, NULL);
		return;
	}
	message = must_alloc(sizeof(*message) + length);
	message->length = length;
	memcpy(message->bytes, bytes, length);
	*group->last = message;
	group->last = &message->next;
	group->queued_bytes += length;
	flush_queue(group);
}

bool group_is_idle(const struct group *group)
{
	return !group->first;
}

size_t group_queued_bytes(const struct group *group)
{
	return group->queued_bytes;
}
