/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/single.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clvmd/carry_out.h"
#include "clvmd/nodelist.h"
#include "clvmd/quorum.h"

int single_connect(struct daemon *d, struct err *err)
{
	int rc;

	d->node = SINGLE_NODE_ID;
	if (gethostname(d->node_name, sizeof(d->node_name) - 1))
		return err_set(err, errno, "The host's name cannot be read: %s", strerror(errno));
	if (!d->ls && (rc = daemon_create_lockspace(d, err)))
		return rc;
	nodelist_set_single(d->nodelist);
	nodelist_tell(d->nodelist);
	return 0;
}

void single_join(struct daemon *d)
{
	const struct confchg_entry self = { .node = d->node, .pid = (uint32_t)getpid() };
	const struct ring_id ring = { .node = d->node, .seq = 1 };

	carry_out(d, lockspace_confchg(d->ls, &(struct event_confchg){ .members = &self,
								       .member_count = 1,
								       .joined = &self,
								       .joined_count = 1 }));
	carry_out(d, lockspace_ring(d->ls, &(struct event_ring){ .ring = ring,
								 .members = &d->node,
								 .member_count = 1 }));
	quorum_set_single(d->quorum);
	carry_out(d, lockspace_quorum(d->ls, &(struct event_quorum){ .quorate = true,
								     .ring = ring,
								     .members = &d->node,
								     .member_count = 1 }));
}
