/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/quorum.h"

#include <corosync/corotypes.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "clvmd/carry_out.h"
#include "clvmd/group.h"
#include "clvmd/log.h"

struct quorum {
	struct daemon *d;
	struct quorum *self; /* libquorum hands back a const pointer: to this, it is not cast */
	quorum_handle_t handle;
	votequorum_handle_t votes_handle;
	int fd; /* -1: not connected */
	bool has_votes, quorate, known, single;
	char votes[64];
};

/* For people only: a failure leaves it empty. */
static void read_votes(struct quorum *quorum)
{
	struct votequorum_info info;

	quorum->votes[0] = '\0';
	if (quorum->has_votes &&
	    votequorum_getinfo(quorum->votes_handle, quorum->d->node, &info) == CS_OK)
		(void)snprintf(quorum->votes, sizeof(quorum->votes), "%u of %u votes",
			       info.total_votes, info.highest_expected);
}

static void changed(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring,
		    uint32_t count, const uint32_t *members)
{
	const void *context = NULL;
	struct quorum *quorum;

	if (quorum_context_get(handle, &context) != CS_OK || !context)
		return;
	quorum = *(struct quorum *const *)context; /* see self */
	if (quorum->quorate != (quorate != 0))
		log_line(LOG_NOTICE,
			 quorate ? "The cluster is quorate." : "The cluster is not quorate.");
	quorum->quorate = quorate;
	quorum->known = true;
	read_votes(quorum);
	carry_out(quorum->d,
		  lockspace_quorum(quorum->d->ls,
				   &(struct event_quorum){ .quorate = quorate,
							   .ring = { ring.nodeid, ring.seq },
							   .members = members,
							   .member_count = count }));
}

static void nodes_changed(quorum_handle_t handle, struct quorum_ring_id ring, uint32_t count,
			  const uint32_t *members, uint32_t joined_count, const uint32_t *joined,
			  uint32_t left_count, const uint32_t *left)
{
	/* cpg's totem_confchg tells the ring in its place among the messages: this one is not
	 * used, but libquorum wants it. */
	(void)handle;
	(void)ring;
	(void)count;
	(void)members;
	(void)joined_count;
	(void)joined;
	(void)left_count;
	(void)left;
}

static int32_t ready(int32_t fd, int32_t revents, void *data)
{
	struct quorum *quorum = data;
	cs_error_t rc;

	(void)fd;
	(void)revents;
	rc = quorum_dispatch(quorum->handle, CS_DISPATCH_ALL);
	if (rc != CS_OK && rc != CS_ERR_TRY_AGAIN)
		group_lost(quorum->d->group, cs_strerror(rc));
	return 0;
}

static void connect_votes(struct quorum *quorum)
{
	votequorum_callbacks_t none = { 0 };

	quorum->has_votes = votequorum_initialize(&quorum->votes_handle, &none) == CS_OK;
}

bool quorum_connect(struct quorum *quorum)
{
	quorum_model_v1_data_t model = { .model = QUORUM_MODEL_V1,
					 .quorum_notify_fn = changed,
					 .nodelist_notify_fn = nodes_changed };
	uint32_t type = QUORUM_FREE;
	int fd;

	if (quorum_model_initialize(&quorum->handle, QUORUM_MODEL_V1, (quorum_model_data_t *)&model,
				    &type, NULL) != CS_OK)
		return false;
	if (quorum_context_set(quorum->handle, &quorum->self) != CS_OK ||
	    quorum_fd_get(quorum->handle, &fd) != CS_OK ||
	    qb_loop_poll_add(quorum->d->loop, QB_LOOP_HIGH, fd, POLLIN, quorum, ready)) {
		(void)quorum_finalize(quorum->handle);
		return false;
	}
	quorum->fd = fd;
	connect_votes(quorum);
	if (type == QUORUM_FREE)
		log_line(LOG_ERR, "corosync has no quorum provider: set quorum { provider: "
				  "corosync_votequorum } in corosync.conf; until then everything "
				  "stays paused.");
	if (quorum_trackstart(quorum->handle, CS_TRACK_CHANGES | CS_TRACK_CURRENT) != CS_OK) {
		quorum_disconnect(quorum);
		return false;
	}
	return true;
}

void quorum_disconnect(struct quorum *quorum)
{
	if (quorum->fd < 0)
		return;
	(void)qb_loop_poll_del(quorum->d->loop, quorum->fd);
	(void)quorum_finalize(quorum->handle);
	if (quorum->has_votes)
		(void)votequorum_finalize(quorum->votes_handle);
	quorum->fd = -1;
	quorum->has_votes = quorum->quorate = quorum->known = false;
	quorum->votes[0] = '\0';
}

struct quorum *quorum_create(struct daemon *d)
{
	struct quorum *quorum = must_alloc(sizeof(*quorum));

	*quorum = (struct quorum){ .d = d, .self = quorum, .fd = -1 };
	return quorum;
}

void quorum_destroy(struct quorum *quorum)
{
	quorum_disconnect(quorum);
	free(quorum);
}

void quorum_set_single(struct quorum *quorum)
{
	quorum->single = quorum->known = quorum->quorate = true;
}

bool quorum_is_known(const struct quorum *quorum)
{
	return quorum->known;
}

bool quorum_is_quorate(const struct quorum *quorum)
{
	return (quorum->fd >= 0 || quorum->single) && quorum->quorate;
}

const char *quorum_votes(const struct quorum *quorum)
{
	return quorum->votes;
}
