/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/cfg.h"

#include <corosync/cfg.h>
#include <corosync/corotypes.h>
#include <poll.h>
#include <stdlib.h>

#include "clvmd/journal.h"
#include "clvmd/log.h"

struct cfg {
	struct daemon *d;
	corosync_cfg_handle_t handle;
	int fd; /* -1: not connected */
	corosync_cfg_shutdown_flags_t asked;
	bool was_asked;
};

static struct cfg *instance; /* libcfg hands no context to its callback */

static void say_active(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	(void)mode;
	++*(size_t *)data;
	log_line(LOG_WARNING, "corosync is asked to stop: logical volume %s is active here.",
		 *name ? name : resource);
}

static void asked_to_stop(corosync_cfg_handle_t handle, corosync_cfg_shutdown_flags_t flags)
{
	(void)handle;
	if (!instance)
		return;
	instance->was_asked = true;
	instance->asked = flags;
}

/* From the loop, not from within the callback: libcfg sends a request of its own. */
static void reply(struct cfg *cfg)
{
	size_t active = 0;

	cfg->was_asked = false;
	journal_each(cfg->d->journal, say_active, &active);
	(void)corosync_cfg_replyto_shutdown(cfg->handle, active ? COROSYNC_CFG_SHUTDOWN_FLAG_NO
								: COROSYNC_CFG_SHUTDOWN_FLAG_YES);
	if (active && cfg->asked == COROSYNC_CFG_SHUTDOWN_FLAG_REQUEST)
		log_line(LOG_WARNING, "corosync was told not to stop.");
}

static int32_t ready(int32_t fd, int32_t revents, void *data)
{
	struct cfg *cfg = data;
	cs_error_t rc;

	(void)fd;
	(void)revents;
	rc = corosync_cfg_dispatch(cfg->handle, CS_DISPATCH_ALL);
	if (rc != CS_OK && rc != CS_ERR_TRY_AGAIN)
		cfg_disconnect(cfg); /* the group's own connection tells what it means */
	else if (cfg->was_asked)
		reply(cfg);
	return 0;
}

void cfg_connect(struct cfg *cfg)
{
	corosync_cfg_callbacks_t callbacks = { .corosync_cfg_shutdown_callback = asked_to_stop };
	int fd;

	if (cfg->fd >= 0)
		return;
	if (corosync_cfg_initialize(&cfg->handle, &callbacks) != CS_OK) {
		log_line(LOG_WARNING, "corosync's cfg service does not answer: corosync can be "
				      "stopped while logical volumes are active.");
		return;
	}
	if (corosync_cfg_fd_get(cfg->handle, &fd) != CS_OK ||
	    corosync_cfg_trackstart(cfg->handle, 0) != CS_OK ||
	    qb_loop_poll_add(cfg->d->loop, QB_LOOP_LOW, fd, POLLIN, cfg, ready)) {
		(void)corosync_cfg_finalize(cfg->handle);
		return;
	}
	cfg->fd = fd;
	instance = cfg;
}

void cfg_disconnect(struct cfg *cfg)
{
	if (cfg->fd < 0)
		return;
	(void)qb_loop_poll_del(cfg->d->loop, cfg->fd);
	(void)corosync_cfg_finalize(cfg->handle);
	cfg->fd = -1;
	cfg->was_asked = false;
	instance = NULL;
}

struct cfg *cfg_create(struct daemon *d)
{
	struct cfg *cfg = must_alloc(sizeof(*cfg));

	cfg->d = d;
	cfg->fd = -1;
	return cfg;
}

void cfg_destroy(struct cfg *cfg)
{
	cfg_disconnect(cfg);
	free(cfg);
}
