/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cluster in one thread: the group communication of sim_group.c, the nodes, clients, disk and
 * administrator of sim_node.c and its neighbours, what must hold in sim_truth.c, the schedules of
 * sim_lockspace.c. One number
 * decides everything that happens.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clvmd/core/lockspace.h"

#define SIM_NODES     4
#define SIM_CLIENTS   10
#define SIM_RESOURCES 5
#define SIM_JOBS      256

/* ---- group communication ---- */

enum event_type { EVENT_MESSAGE, EVENT_CONFCHG, EVENT_RING };

struct bytes {
	struct bytes *next;
	size_t length;
	unsigned char data[];
};

struct event {
	struct event *next;
	enum event_type type;
	uint32_t from;
	const struct bytes *bytes;
	struct confchg_entry members[SIM_NODES], left[SIM_NODES], joined[SIM_NODES];
	size_t member_count, left_count, joined_count;
	struct ring_id ring;
	unsigned mask;
};

enum entry_type { ENTRY_MESSAGE, ENTRY_JOIN, ENTRY_DOWN, ENTRY_LEAVE };

/* Something that a node put, or will put, into the total order. */
struct entry {
	struct entry *next;
	enum entry_type type;
	unsigned node;
	unsigned daemon_number;
	const struct bytes *bytes;
};

struct quorum_callback {
	struct quorum_callback *next;
	struct ring_id ring;
	bool quorate;
	unsigned mask;
};

struct ring {
	struct ring *next;
	struct ring_id id;
	unsigned mask; /* nodes */
	struct entry **log;
	size_t length, size;
};

struct node {
	bool alive;	/* its kernel */
	bool daemon;	/* its clvmd */
	bool in_group;	/* JOIN was ordered */
	bool listening; /* and the daemon that sent it lives */
	unsigned boot, daemon_number;
	struct daemon_id daemon_id;
	uint16_t minor;	       /* protocol version of its daemon */
	uint64_t paused_until; /* SIGSTOP: it does nothing before this step */
	struct lockspace *ls;
	struct ring *ring;
	size_t next_entry; /* of the ring's log */
	unsigned group;	   /* whom it was told to be in the group, when all queued is delivered */
	struct event *events, **events_end;
	struct entry *outbox, **outbox_end;
	struct quorum_callback *quorum, **quorum_end;
	bool leaving;
	uint64_t seen_ring, quorum_ring; /* that its daemon was told of last */
	uint64_t suspended;		 /* number of the operation it is suspended for, 0 none */
};

/* ---- clients ---- */

enum client_state {
	CLIENT_NONE,
	CLIENT_IDLE,
	CLIENT_WAITS, /* for a lock */
	CLIENT_HOLDS,
	CLIENT_PREPARES,
	CLIENT_PREPARED,
	CLIENT_COMMITS,
	CLIENT_MAY_WRITE,
	CLIENT_WROTE,
	CLIENT_ENDS, /* RESUME or ABORT was sent */
};

struct client {
	enum client_state state;
	unsigned node;
	uint64_t number, request;
	unsigned resource;
	enum lock_mode held, wanted; /* MODE_NL: nothing */
	uint64_t op;
	uint64_t asked_at, queued_at; /* sim.clock */
	uint64_t queued_ring;
};

struct sim_op {
	bool tainted;				      /* somebody lied while it was open */
	bool used, written, resumed_old, resumed_new; /* by anybody, ever */
	struct op_id id;
};

/* Work that a node's worker has to do. */
struct job {
	bool used, recover, anyway;
	unsigned node, daemon_number;
	struct op_id op;
	enum op_phase phase;
};

struct sim {
	uint64_t seed, random;
	unsigned nodes;
	bool two_node, verbose, healing;
	bool has_lies; /* the administrator says of living nodes that they are down */
	bool mixed;    /* daemons of two minor versions */
	uint64_t clock, step;
	uint64_t calm; /* how seldom something breaks */
	uint64_t next_ring, next_number;
	struct node node[SIM_NODES];
	struct ring *rings;
	struct bytes *bytes;
	struct client client[SIM_CLIENTS];
	bool suspect[SIM_NODES], lies_open;
	struct daemon_id lie_lineage;
	bool errored[SIM_NODES][SIM_RESOURCES];		 /* a ghost's volumes: all I/O fails */
	enum lock_mode active[SIM_NODES][SIM_RESOURCES]; /* activation locks that are relied on */
	uint64_t activation[SIM_NODES][SIM_RESOURCES];	 /* open request, 0 none */
	enum lock_mode activation_mode[SIM_NODES][SIM_RESOURCES];
	struct sim_op ops[SIM_JOBS];
	struct job jobs[SIM_JOBS];
	size_t grants, comparisons, commits, recoveries, cuts, running_steps;
	size_t lies, ghosts, settled, unclear;
	bool failed;
};

extern const char *const sim_resources[SIM_RESOURCES];

uint64_t sim_draw(struct sim *sim, uint64_t below);
void sim_fail(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sim_log(const struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* sim_group.c; nodes are numbered from 0 here, from 1 on the wire */
void group_init(struct sim *sim);
void group_finish(struct sim *sim);
void group_drop(struct node *node); /* all that is queued at it */
void group_send(struct sim *sim, unsigned node, const void *bytes, size_t length);
void group_join(struct sim *sim, unsigned node); /* the daemon connects */
void group_daemon_gone(struct sim *sim, unsigned node, bool cleanly);
/** New rings: color[n] is the component of node n; @blip: members that count as newcomers. */
void group_reform(struct sim *sim, const unsigned color[SIM_NODES], unsigned blip);
bool group_order_one(struct sim *sim, unsigned node);	/* its outbox -> the total order */
bool group_deliver_one(struct sim *sim, unsigned node); /* the total order -> its daemon */
bool group_quorum_one(struct sim *sim, unsigned node);
void group_flip_quorum(struct sim *sim, unsigned node, bool quorate);

/* sim_truth.c */
void check_all(struct sim *sim);
void check_holders(struct sim *sim, unsigned resource, unsigned node, enum lock_mode mode,
		   const void *self);
void check_fairness(struct sim *sim, const struct client *granted);
void suspect(struct sim *sim, unsigned acker, unsigned victim);
struct sim_op *find_op(struct sim *sim, struct op_id id);

/* sim_effects.c */
void node_effects(struct sim *sim, unsigned node, const struct effect *effects);

/* sim_node.c */
void node_boot(struct sim *sim, unsigned node);
void node_crash(struct sim *sim, unsigned node);
void node_start_daemon(struct sim *sim, unsigned node);
void node_kill_daemon(struct sim *sim, unsigned node);
bool node_fence_unclean(struct sim *sim, unsigned node);
void node_leave(struct sim *sim, unsigned node);
void node_settle(struct sim *sim, unsigned node);
void ghost_act(struct sim *sim, unsigned node);
void drop_jobs(struct sim *sim, unsigned node);

/* sim_client.c */
bool client_act(struct sim *sim);
void client_finish(struct sim *sim, struct client *client);
void client_kill(struct sim *sim, struct client *client);
void client_forget(struct client *client);
void activation_act(struct sim *sim, unsigned node);
void activation_release(struct sim *sim, unsigned node, unsigned resource);

/* sim_job.c */
bool job_run_one(struct sim *sim);

#endif
