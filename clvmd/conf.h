/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/clvm/clvmd.conf, in lvm.conf's grammar. Every key is optional; no file is all defaults; an
 * unknown key or a bad value is an error with file, line and what is accepted.
 */
#ifndef CLVMD_CONF_H
#define CLVMD_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "metadata/base/err.h"

enum fence_method {
	FENCE_PACEMAKER,
	FENCE_EXEC,
	FENCE_MANUAL,
	FENCE_NONE,
	FENCE_DEFAULT, /* pacemaker if it runs here when it is needed, else manual (design 3.4) */
};

struct conf {
	uint32_t fence;		     /* enum fence_method */
	uint32_t freeze;	     /* on_quorum_loss: 0 ignore, 1 freeze */
	uint32_t lock_timeout;	     /* seconds */
	uint32_t auto_activate;	     /* activate_at_start: 0 none, 1 auto */
	uint32_t deactivate_on_node; /* deactivation_scope: 0 cluster, 1 node */
	uint32_t max_clients;
	char fence_program[4096];
};

/** @path that does not exist: the defaults. -EINVAL with one line per mistake. */
int conf_read(const char *path, struct conf *ret_conf, struct err *err) MUST_CHECK;

const char *fence_method_name(uint32_t method);

#endif
