/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Command locks. The daemon ends a wait (lock_timeout); here a person is told whom we wait for:
 * a verbose line after one second, a warning after five.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cluster.h"
#include "lib/cluster_private.h"
#include "lib/config.h"

#define TELL_VERBOSE_MS 1000
#define TELL_WARNING_MS 5000
#define TEXT_MAX	1024
/* Beyond lock_timeout: the daemon answers after it in any case. */
#define DAEMON_GRACE_MS 30000

/* Rule 11: P_global < P_orphans < V_ by name. Negative: @a comes first. */
static int lock_order(const char *a, const char *b)
{
	static const char *const first[] = { "P_global", "P_orphans" };

	for (size_t i = 0; i < 2; i++) {
		bool a_is = !strcmp(a, first[i]), b_is = !strcmp(b, first[i]);

		if (a_is || b_is)
			return (int)b_is - (int)a_is;
	}
	return strcmp(a, b);
}

static int check_order(struct cluster *cluster, const char *resource, struct err *err)
{
	for (size_t i = 0; i < cluster->held_count; i++)
		if (lock_order(resource, cluster->held[i]) < 0)
			return err_set(err, EDEADLK,
				       "Internal error: lock %s must be taken before %s.", resource,
				       cluster->held[i]);
	return 0;
}

static size_t find_held(const struct cluster *cluster, const char *resource)
{
	size_t i = 0;

	while (i < cluster->held_count && strcmp(cluster->held[i], resource) != 0)
		i++;
	return i;
}

static void forget_held(struct cluster *cluster, size_t i)
{
	if (i == cluster->held_count)
		return;
	free(cluster->held[i]);
	cluster->held[i] = cluster->held[--cluster->held_count];
}

/* One wait: when it began, what was told. */
struct waiting {
	int64_t began;
	int told; /* 0 nothing, 1 verbose, 2 warning */
	const char *resource;
	bool endless;	     /* --wait */
	char text[TEXT_MAX]; /* the daemon's: whom we wait for; "" not known yet */
};

/* Tell what is due; returns the milliseconds until something is due again. */
static int tell_waiting(struct cluster *cluster, struct waiting *waiting)
{
	int64_t passed = cluster_now_ms() - waiting->began;
	const char *text = *waiting->text ? waiting->text : "no answer from the cluster yet";

	if (waiting->told < 1 && passed >= TELL_VERBOSE_MS) {
		if (cluster->context)
			ctx_verbose(cluster->context, "Waiting for lock %s: %s", waiting->resource,
				    text);
		waiting->told = 1;
	}
	if (waiting->told < 2 && passed >= TELL_WARNING_MS) {
		if (cluster->context)
			ctx_warn(cluster->context, "WARNING: Waiting for lock %s: %s",
				 waiting->resource, text);
		waiting->told = 2;
	}
	if (waiting->told == 0)
		return (int)(TELL_VERBOSE_MS - passed);
	if (waiting->told == 1)
		return (int)(TELL_WARNING_MS - passed);
	return 1000;
}

static bool is_out_of_patience(const struct cluster *cluster, const struct waiting *waiting)
{
	return cluster->patience_ms &&
	       cluster_now_ms() - waiting->began >= (int64_t)cluster->patience_ms;
}

/* A grant that is on its way is given back by the daemon; its answers are dropped here. */
static int give_up(struct cluster *cluster, uint32_t id, const struct waiting *waiting,
		   struct err *err)
{
	struct client_message cancel = { .type = CLIENT_CANCEL, .value = id };
	int rc;

	if ((rc = cluster_send(cluster, &cancel, err)))
		return rc;
	return err_set(err, EBUSY, "Lock %s could not be had: %s", waiting->resource,
		       waiting->text);
}

static int wait_for_grant(struct cluster *cluster, uint32_t id, struct waiting *waiting,
			  uint64_t *ret_value, struct err *err)
{
	int64_t limit = (int64_t)cluster->lock_timeout * 1000 + DAEMON_GRACE_MS;
	struct client_message answer;
	int rc;

	for (;;) {
		rc = cluster_receive(cluster, id, tell_waiting(cluster, waiting), &answer, err);
		if (rc == -ETIMEDOUT && is_out_of_patience(cluster, waiting))
			return give_up(cluster, id, waiting, err);
		if (rc == -ETIMEDOUT &&
		    (waiting->endless || cluster_now_ms() - waiting->began < limit))
			continue;
		if (rc == -ETIMEDOUT)
			return cluster_fail(cluster, err_set(err, EHOSTDOWN,
							     "clvmd on this node does not answer "
							     "the request for lock %s.",
							     waiting->resource));
		if (rc)
			return rc;
		if (answer.type == CLIENT_WAITING) {
			(void)snprintf(waiting->text, sizeof(waiting->text), "%s", answer.text);
			continue;
		}
		break;
	}
	if (answer.type == CLIENT_REFUSED && answer.rc == -EAGAIN) {
		(void)snprintf(waiting->text, sizeof(waiting->text), "%s", answer.text);
		(void)tell_waiting(cluster, waiting);
	}
	if (answer.type == CLIENT_REFUSED)
		return err_set(err, answer.rc ? -answer.rc : EBUSY, "%s", answer.text);
	if (answer.type != CLIENT_GRANTED)
		return cluster_unexpected(cluster, &answer, err);
	*ret_value = answer.value;
	return 0;
}

static bool waits_for_quorum(const struct cluster *cluster)
{
	return cluster->context && cluster->context->options.wait;
}

static bool may_wait(const struct cluster *cluster)
{
	const struct context *context = cluster->context;

	if (context && context->no_wait)
		return false;
	return !context || !context->config ||
	       config_bool(context->config, "global/wait_for_locks");
}

static int take_lock(struct cluster *cluster, const char *resource, enum lock_mode mode,
		     bool unless_paused, uint64_t *ret_value, struct err *err)
{
	const bool endless = !unless_paused && waits_for_quorum(cluster);
	struct client_message request = {
		.type = CLIENT_LOCK,
		.resource = resource,
		.mode = mode,
		.wait = endless || may_wait(cluster),
		.wait_quorum = endless,
		.unless_paused = unless_paused,
	};
	struct waiting waiting = { .began = cluster_now_ms(),
				   .resource = resource,
				   .endless = endless };
	bool is_held = find_held(cluster, resource) < cluster->held_count;
	uint64_t value = 0;
	char *name = NULL;
	int rc;

	/* Who does not wait is in nobody's way. */
	if (!is_held && request.wait && ((rc = check_order(cluster, resource, err))))
		return rc;
	if (!is_held && cluster->held_count == HELD_LOCKS_MAX)
		return err_set(err, ENOLCK, "More than %d locks in one command.", HELD_LOCKS_MAX);
	if (!is_held && !(name = strdup(resource)))
		return err_set(err, ENOMEM, "Out of memory.");
	do
		if (!(rc = cluster_send(cluster, &request, err)))
			rc = wait_for_grant(cluster, request.id, &waiting, &value, err);
	while (rc && cluster_may_repeat(cluster, rc, waiting.began, err));
	if (rc) {
		free(name);
		return rc;
	}
	if (name)
		cluster->held[cluster->held_count++] = name;
	if (ret_value)
		*ret_value = value;
	return 0;
}

int cluster_lock(struct cluster *cluster, const char *resource, enum lock_mode mode,
		 uint64_t *ret_value, struct err *err)
{
	return take_lock(cluster, resource, mode, false, ret_value, err);
}

int cluster_lock_unless_paused(struct cluster *cluster, const char *resource, enum lock_mode mode,
			       uint64_t *ret_value, struct err *err)
{
	return take_lock(cluster, resource, mode, true, ret_value, err);
}

static int unlock_once(struct cluster *cluster, const char *resource, uint64_t value,
		       struct err *err)
{
	struct client_message answer, request = {
		.type = CLIENT_UNLOCK,
		.resource = resource,
		.value = value,
	};
	int rc;

	if ((rc = cluster_send(cluster, &request, err)))
		return rc;
	if ((rc = cluster_receive(cluster, request.id, DAEMON_GRACE_MS, &answer, err)))
		return rc == -ETIMEDOUT ? cluster_fail(cluster, -EHOSTDOWN) : rc;
	if (answer.type != CLIENT_DONE)
		return cluster_unexpected(cluster, &answer, err);
	return answer.rc ? err_set(err, -answer.rc, "%s", answer.text) : 0;
}

int cluster_unlock(struct cluster *cluster, const char *resource, uint64_t value, struct err *err)
{
	int64_t began = cluster_now_ms();
	int rc;

	while ((rc = unlock_once(cluster, resource, value, err)) &&
	       cluster_may_repeat(cluster, rc, began, err))
		;
	/* @resource may be the very string that is forgotten: not used after this */
	forget_held(cluster, find_held(cluster, resource));
	return rc;
}
