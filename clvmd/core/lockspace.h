/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lockspace: the replicated lock table and operation table, as a pure state machine.
 *
 * Every clvmd feeds its own copy the deliveries of one corosync closed process group,
 * in the same order, so that all copies agree who holds what with no master and no
 * election. The normative rules (numbers in comments here) are those of the lock
 * service specification. What always holds:
 *
 *	(1) The replicated part changes only by what the group delivered: messages,
 *	    configuration changes, ring changes. Local requests, quorum callbacks, client
 *	    deaths and finished jobs only make this member *send*; the message comes back
 *	    as a delivery and changes all copies alike.
 *	(2) No I/O, no clock, no random numbers, no environment, no globals. Memory comes from
 *	    one arena-like budget; what does not fit is refused, the same everywhere.
 *	(3) What must happen outside comes out as effects, which the shell carries out in
 *	    order, after the call.
 *
 * A grant counts only when every member of the view has acknowledged it (rule 6): CPG's
 * delivery is agreed, not safe.
 */
#ifndef CLVMD_CORE_LOCKSPACE_H
#define CLVMD_CORE_LOCKSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/proto/lock_mode.h"
#include "metadata/base/err.h"

#define RESOURCE_NAME_MAX     136   /* "V_" + 127 characters + NUL is 130; LV: 64 + NUL */
#define LOCKSPACE_NODES_MAX   64    /* as the specification supports */
#define NODE_NAME_MAX	      256   /* corosync's limit for a node name */
#define LOCK_COMMAND_MAX      128   /* shown to people; longer command lines are cut */
#define REQUEST_RESOURCES_MAX 16384 /* LV locks of one request: `vgchange -ay` of a large VG */
#define OP_PAYLOAD_MAX	      (900U << 10) /* a CPG message carries 1 MiB less 1 KiB */
#define RESULT_TEXT_MAX	      2048

struct boot_id {
	unsigned char bytes[16]; /* /proc/sys/kernel/random/boot_id; all zero: unknown */
};

struct daemon_id {
	unsigned char bytes[16]; /* drawn at daemon start; all zero: none */
};

struct ring_id {
	uint32_t node;
	uint64_t seq;
};

/* A command's lock dies with its process; an activation lock with the deactivation or the boot. */
enum lock_kind { LOCK_COMMAND = 1, LOCK_ACTIVATION = 2 };

enum lock_state {
	LOCK_WAITING = 1,
	LOCK_GRANTED,	/* in the table */
	LOCK_CONFIRMED, /* known to the owner only: acknowledged by all (rule 6) */
	LOCK_ORPHAN,	/* its daemon is dead, its kernel lives (rule 13) */
};

/* Public names of the states are in lockspace_member_state_name(). */
enum member_state {
	MEMBER_ABSENT = 1, /* in the nodelist, never seen */
	MEMBER_JOINING,	   /* in the group, HELLO not yet accepted or state transfer under way */
	MEMBER_UP,
	MEMBER_LEFT,	 /* clean leave: holds nothing */
	MEMBER_NO_CLVMD, /* its daemon died or never ran; its locks are orphans */
	MEMBER_UNCLEAN,	 /* vanished without a word: nothing is granted until it is fenced */
	MEMBER_FENCED,
};

/* ---- events: what the shell feeds in ---- */

enum leave_reason { LEAVE_CLEAN = 1, LEAVE_NODEDOWN, LEAVE_PROCDOWN };

struct confchg_entry {
	uint32_t node;
	uint32_t pid;
	bool nodeup;		  /* in joined[]: NODEUP, else JOIN */
	enum leave_reason reason; /* in left[] */
};

/* cpg_confchg. Every array may be NULL when its count is 0. */
struct event_confchg {
	const struct confchg_entry *members, *left, *joined;
	size_t member_count, left_count, joined_count;
};

/* cpg's totem_confchg: the ring that messages are delivered in from now on. */
struct event_ring {
	struct ring_id ring;
	const uint32_t *members;
	size_t member_count;
};

/* The quorum callback: comes on another descriptor, earlier or later than the ring event. */
struct event_quorum {
	bool quorate;
	struct ring_id ring;
	const uint32_t *members;
	size_t member_count;
};

struct event_message {
	uint32_t from;
	const void *bytes;
	size_t length;
};

/* One entry per node of cmap's nodelist; sent at start and when it changes. */
struct nodelist_entry {
	uint32_t node;
	char name[NODE_NAME_MAX];
};

/* ---- local requests: what clients and workers of this node ask for ---- */

/*
 * client: the shell's number of a client process, never used again while the daemon runs;
 * 0 is the daemon itself (activation locks). request: unique within this daemon's life,
 * chosen by the shell. All resources are granted together or refused together.
 * Who asks for a weaker mode than it holds gives up the stronger one by asking.
 */
struct lock_request {
	uint64_t client;
	uint64_t request;
	enum lock_kind kind;
	enum lock_mode mode; /* a holder of a resource that asks again converts (rule 11) */
	bool wait;	     /* false: refused when it cannot be granted at once */
	uint32_t pid;
	const char *command;	      /* for people */
	uint64_t since;		      /* wall clock in nanoseconds since 1970; only shown */
	const char *const *resources; /* names, shorter than RESOURCE_NAME_MAX */
	size_t resource_count;
};

struct unlock_request {
	uint64_t client;
	enum lock_kind kind;
	const char *const *resources;
	size_t resource_count;
	uint64_t value; /* V_ resources: highest seqno committed; 0 leaves it. Never lowers it (rule
			   4). */
};

/* An operation is named by its owner's node and a number the owner's shell chose. */
struct op_id {
	uint32_t node;
	uint64_t number;
};

/*
 * DO: one phase, all targets run the payload and answer.
 * PREPARE: the same, then stays in the table until COMMIT+RESUME or ABORT.
 */
enum op_phase { OP_DO = 1, OP_PREPARE, OP_COMMIT, OP_ABORT, OP_RESUME, OP_OUTCOME };

struct op_request {
	uint64_t client;
	uint64_t number; /* chosen by the shell; the op_id is {this node, number} */
	enum op_phase phase;
	bool needs_running;   /* DO, PREPARE: refused while the table is paused (rule 9) */
	bool local_only;      /* DO: only this node runs it */
	uint32_t only_node;   /* DO: if not 0 only this member runs it */
	const char *resource; /* PREPARE: "V_<vg>" under which it runs; NULL for DO without one */
	uint64_t since;	      /* wall clock in nanoseconds since 1970; only shown */
	const void *payload;  /* opaque to the lockspace: lib/proto/job.h */
	size_t payload_length;
};

/* What a worker of this node answers to EFFECT_RUN. */
struct op_result {
	struct op_id op;
	enum op_phase phase;
	int rc;		  /* 0 or negative errno */
	const char *text; /* for people; may be empty */
	const void *data; /* opaque result data for the client, travels with the RESULT message */
	size_t data_length;
};

/* ---- effects: what the shell has to do, in order ---- */

/** Of EFFECT_RECOVER. */
enum recover_flag {
	RECOVER_ANYWAY = 1, /* no member sees more: decide by what is seen */
	RECOVER_LATER = 2,  /* nobody could read it: wait a while first */
};

enum effect_type {
	EFFECT_SEND = 1, /* multicast bytes */
	EFFECT_GRANTED,	 /* confirmed: tell client/request; value = VG value (max over resources) */
	EFFECT_REFUSED,	 /* client/request, error, text: says holder, node, pid, command */
	EFFECT_WAITING,	 /* client/request waits; text: for whom */
	EFFECT_RUN,	 /* run op's payload in a worker: op, phase, payload; answer by
			    lockspace_op_result() */
	EFFECT_OP_RESULT, /* for the owner's client: op, phase, node, rc, text, data */
	EFFECT_OP_DONE, /* all targets of this phase have answered or are gone. error: the phase did
			   not happen, text says why; after a PREPARE that failed so nothing is
			   open, after a COMMIT that did ABORT is due */
	EFFECT_RECOVER, /* owner gone after COMMIT: read the disk, then lockspace_op_outcome(), or
			   lockspace_op_unclear() if not all metadata areas are seen; value: enum
			   recover_flag. May be asked again after a ring change: answer again */
	EFFECT_GHOST,	/* this node was written off, and is not dead (rule 19): put all clustered
			   LVs that are active here on the error target, end the processes that
			   have locks; text says why. Then lockspace_unlock() what is removed,
			   lockspace_client_gone() who is dead: with the last lock it joins as new */
	EFFECT_STATE,	/* running <-> paused, member state changed: text for the event log */
	EFFECT_FENCED,	/* node is written off: text says how and by whom it was made sure */
	EFFECT_LEAVE,	/* this member must leave the group (rules 12, 28); text says why */
	EFFECT_LOG,
};

struct effect {
	struct effect *next;
	enum effect_type type;
	uint64_t client, request;
	struct op_id op;
	enum op_phase phase;
	uint32_t node;
	int error;
	uint64_t value;
	const char *text;
	const void *bytes;
	size_t length;
	int level; /* EFFECT_LOG: a syslog level */
};

/* ---- the lockspace ---- */

struct lockspace;

struct lockspace_options {
	uint32_t node;
	const char *node_name;
	struct boot_id boot;
	struct daemon_id daemon;
	struct daemon_id
		lineage_seed; /* random; becomes the lineage if this member FORMs (rule 20) */
	uint16_t minor;	      /* protocol version that is spoken; 0: this one's */
	size_t memory_limit;  /* bytes for tables and effects, the same on all nodes; 0: 256 MiB */
};

/** NULL when there is no memory. */
struct lockspace *lockspace_create(const struct lockspace_options *options);
void lockspace_destroy(struct lockspace *ls);

/*
 * Feed one event. Each returns the list of effects, owned by the lockspace and valid until
 * the next call on it; NULL is none. Malformed bytes never crash: rule 28.
 */
const struct effect *lockspace_nodelist(struct lockspace *ls, const struct nodelist_entry *nodes,
					size_t count);
const struct effect *lockspace_confchg(struct lockspace *ls, const struct event_confchg *event);
const struct effect *lockspace_ring(struct lockspace *ls, const struct event_ring *event);
const struct effect *lockspace_quorum(struct lockspace *ls, const struct event_quorum *event);
const struct effect *lockspace_message(struct lockspace *ls, const struct event_message *event);

/** End of one pass of the event loop: sends the one ACK that covers everything applied (rule 6). */
const struct effect *lockspace_flush(struct lockspace *ls);

const struct effect *lockspace_lock(struct lockspace *ls, const struct lock_request *request);
const struct effect *lockspace_unlock(struct lockspace *ls, const struct unlock_request *request);
/** Give up waiting: time-out or Ctrl-C. Answers EFFECT_REFUSED -ECANCELED, or GRANTED if it raced.
 */
const struct effect *lockspace_cancel(struct lockspace *ls, uint64_t client, uint64_t request);
/** The client's process is dead: its command locks and open operations end (rule 22). */
const struct effect *lockspace_client_gone(struct lockspace *ls, uint64_t client);

const struct effect *lockspace_op(struct lockspace *ls, const struct op_request *request);
const struct effect *lockspace_op_result(struct lockspace *ls, const struct op_result *result);
/** Answer to EFFECT_RECOVER: the disk holds the new (or old) metadata. Sends OUTCOME to all. */
const struct effect *lockspace_op_outcome(struct lockspace *ls, struct op_id op, bool is_new);

#define AREAS_UNREADABLE UINT64_MAX
/**
 * The other answer to EFFECT_RECOVER: @missing metadata areas of the VG are not seen by this node
 * (AREAS_UNREADABLE: it cannot read the VG). Another member that may see more is asked, and whoever
 * sees most decides when there is none.
 */
const struct effect *lockspace_op_unclear(struct lockspace *ls, struct op_id op, uint64_t missing);

/**
 * An activation lock that this kernel has from before the daemon started (rules 20, 21). Before
 * joining. Joining says that of the processes of the daemon before only those live whose locks were
 * adopted, and none that had an operation open: locks that were not adopted are released,
 * operations recovered. @since: as in lock_request.
 */
int lockspace_adopt(struct lockspace *ls, const char *resource, enum lock_mode mode, uint64_t since,
		    struct err *err);

/* Somebody made sure that a node is down: a fencing device, or a person. */
struct fence_ack {
	uint32_t node;
	bool no_volumes; /* it is up, but has had no clustered volume active since it booted */
	bool force;	 /* also without quorum (rule 16) */
	const char *how; /* for people on all nodes: the method, who asked, how long it took */
};

/** Refused for a present member, without quorum, and for a node that nothing waits for. */
const struct effect *lockspace_fenced(struct lockspace *ls, const struct fence_ack *ack,
				      struct err *err);

/** A command that outlived the daemon before; its number there goes on, and is not given again. */
struct adopted_client {
	uint64_t client;
	uint32_t pid;
	const char *command;
};

/** A lock of a command that lives on: the same for it. Ends by lockspace_client_gone(). */
int lockspace_adopt_command(struct lockspace *ls, const struct adopted_client *client,
			    const char *resource, enum lock_mode mode, uint64_t since,
			    struct err *err);

/** Clean leave: refused (err says why) with active LVs, clients or debts (rule 12). */
const struct effect *lockspace_goodbye(struct lockspace *ls, struct err *err);

/* ---- looking at it: no effects, for status, locks, lvs and tests ---- */

struct member_view {
	uint32_t node;
	const char *name;
	enum member_state state;
	bool synced;
	bool present; /* its daemon is in the group */
	bool in_ring; /* its corosync is in the ring */
	bool in_nodelist;
	bool unclean;
	bool is_ghost;		       /* written off, but the same boot (rule 19) */
	bool other_version;	       /* speaks a protocol that this one does not */
	uint16_t major, minor;	       /* what it speaks; 0: not heard yet */
	bool said_quorate, is_quorate; /* what its last STATE of this ring says */
	/* A grant or a commit of this node waits for its acknowledgement (row 28). */
	bool is_awaited;
	uint64_t acked; /* count that it acknowledged in this ring */
	uint64_t loss;	/* ring in which it was lost, when it is unclean */
	size_t debts;	/* operations whose end it owes (rule 24), or owns */
	struct boot_id boot;
	struct daemon_id daemon;
};

struct lock_view {
	const char *resource;
	enum lock_mode mode;
	enum lock_kind kind;
	enum lock_state state;
	uint32_t node;
	uint64_t client, request; /* meaningful on the owner's node */
	uint32_t pid;
	const char *command;
	uint64_t since; /* when it was first asked for; kept when it is converted. 0: unknown */
};

/* One node's part in an operation. */
struct op_target_view {
	uint32_t node;
	bool is_pending; /* has not answered this phase */
	bool is_gone;	 /* was lost: if pending it owes the end, and pays when it is back */
};

/* An operation of the table, open or owed. */
struct op_view {
	struct op_id op;
	const char *resource; /* "" for a DO without one */
	enum op_phase phase;
	uint64_t client, since;
	bool is_suspended;  /* PREPARE or COMMIT: its volumes may be suspended at the targets */
	bool is_owed;	    /* its end is decided, and only lost members have to run it */
	bool is_abandoned;  /* nobody drives it: it waits for what only the disk knows */
	uint32_t recoverer; /* who reads the disk for it; 0 nobody yet */
	const struct op_target_view *targets;
	size_t target_count;
};

struct lockspace_header {
	bool has_table, is_running;
	bool ring_known;
	struct ring_id ring;
	struct daemon_id lineage; /* of the table, or of the last one */
	uint64_t epoch, count;
	uint64_t level; /* the lowest minor protocol version of the members (rule 27) */
	size_t locks, waiters, resources, ops;
	size_t memory_used, memory_limit;
};

/** Ready: synced, formed; local requests are accepted. */
bool lockspace_is_up(const struct lockspace *ls);
bool lockspace_is_running(const struct lockspace *ls);
bool lockspace_is_quorate(const struct lockspace *ls);
/** Has corosync said at all whether it is? */
bool lockspace_knows_quorum(const struct lockspace *ls);

/** What it waits for, one sentence a line, into @text; empty when nothing. */
void lockspace_waiting_for(const struct lockspace *ls, char *text, size_t size);

/* How every line begins that says that members' tables differ which must be equal: by a mistake of
 * ours alone. The simulation fails when it is logged. */
#define LOCKSPACE_TABLES_DIFFER "the lock tables of this node and of"

/**
 * Does the table only not form yet because other nodes, which are up, have no clvmd? When those
 * daemons start nothing else is missing.
 */
bool lockspace_waits_for_daemons(const struct lockspace *ls);

/** Call @visit for each member/lock in a stable order until it returns false. */
void lockspace_each_member(const struct lockspace *ls,
			   bool (*visit)(void *data, const struct member_view *member), void *data);
void lockspace_each_lock(const struct lockspace *ls,
			 bool (*visit)(void *data, const struct lock_view *lock), void *data);

/** Open and owed operations, oldest first. */
void lockspace_each_op(const struct lockspace *ls,
		       bool (*visit)(void *data, const struct op_view *op), void *data);

struct lockspace_header lockspace_header(const struct lockspace *ls);

/** The value (seqno) last stored under a resource; 0 unknown. */
uint64_t lockspace_value(const struct lockspace *ls, const char *resource);

const char *lockspace_node_name(const struct lockspace *ls, uint32_t node);

const char *member_state_name(enum member_state state);

/** Hash over the replicated table: equal on all synced members that applied the same count. */
uint64_t lockspace_hash(const struct lockspace *ls);

/**
 * Every invariant that can be seen from one copy; false and @err name the broken one. Runs after
 * each event in production too; of a large table a part at a time, so that an event's cost does
 * not grow with it.
 */
bool lockspace_check(const struct lockspace *ls, struct err *err);

#endif
