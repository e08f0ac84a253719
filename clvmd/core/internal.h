/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of the lockspace. Three kinds of state, kept apart:
 *
 *	view	what this member sees of the group: present, ring, HELLOs of this ring. Changed at
 *		once by every delivery, also while this member has no table.
 *	table	replicated: equal, at the same place of the stream, on all synced members of a
 *		component. Changed only by functions named table_*, member_*, op_* that a delivery
 *		calls; while a state transfer runs the deliveries are kept and applied after it.
 *	own	what this node's clients believe: confirmed locks (holds) and open requests. It is
 *		the truth about this node's locks, and what it CLAIMs when its table was lost.
 */
#ifndef CLVMD_CORE_INTERNAL_H
#define CLVMD_CORE_INTERNAL_H

#include <string.h>

#include "clvmd/core/lockspace.h"
#include "clvmd/core/message.h"

#define CHUNK_SIZE	  (60U << 10) /* a chunk and its header stay below 64 KiB */
#define OPS_MAX		  64	      /* open operations, in the cluster */
#define OWN_REQUESTS_MAX  4096	      /* open requests of this node */
#define MEMORY_PER_LOCK	  1024 /* a lock, its resource, hold and command line: at most about this */
#define DEFAULT_MEMORY	  ((size_t)256 << 20)
#define LOG_LEVEL_ERROR	  3 /* syslog's numbers */
#define LOG_LEVEL_WARNING 4
#define LOG_LEVEL_INFO	  6

enum member_class {
	CLASS_ABSENT = 0, /* never seen in this lineage: holds nothing */
	CLASS_IN,	  /* its daemon takes or took part */
	CLASS_NO_CLVMD,	  /* its daemon died: orphans */
	CLASS_LEFT,
	CLASS_FENCED,
};

struct hello {
	struct boot_id boot;
	struct daemon_id daemon, lineage; /* lineage: zero, or the last one it was synced in */
	bool synced, ghost, holds, denies_form;
	uint16_t minor;
	uint64_t epoch, count, hash; /* when the ring began */
	struct mark written_off[MARKS_MAX];
	size_t written_off_count;
};

struct member {
	uint32_t node;
	char name[NODE_NAME_MAX];
	bool in_nodelist;
	enum member_state shown; /* what EFFECT_STATE said last */

	/* view */
	bool present; /* in the group */
	bool in_ring;
	bool other_version; /* speaks another major version: takes no part */
	uint16_t spoken_major, spoken_minor;
	bool hello_valid; /* a HELLO of this ring came */
	bool hello_fresh; /* and since the last JOIN */
	bool acked_down;  /* before formation: an administrator says it is down */
	struct hello hello;
	struct buf claim; /* parts of a CLAIM under way */

	/* table */
	enum member_class class;
	bool unclean; /* may hold locks that the table does not know: pauses everybody */
	bool synced;  /* takes part in confirming and in running */
	bool loading; /* a transfer to it is under way */
	bool loaded;  /* got the table, its CLAIM is awaited */
	bool goodbye; /* said GOODBYE, still in the group */
	bool refused; /* ghost: written off, but the same boot */
	bool written_off;
	bool state_valid, quorate; /* its last STATE of this ring */
	uint64_t loss;		   /* ring in which it was last seen */
	struct boot_id boot, written_off_boot;
	struct daemon_id daemon;
	uint64_t minor; /* version of that daemon */
	uint64_t acked; /* count that it acknowledged in this ring */
};

struct lock {
	struct lock *next;
	uint32_t node;
	uint32_t pid;
	enum lock_kind kind;
	enum lock_mode mode, previous; /* previous: before its request converted it, NL: new */
	uint64_t client, request, since;
	bool orphan;
	bool conflict; /* claimed against another claim (rule 20) */
	char *command;
};

struct hold {
	struct hold *next;
	enum lock_kind kind;
	enum lock_mode mode;
	uint64_t client, since;
	uint32_t pid;
	char *command;
};

struct resource {
	struct resource *next;
	uint64_t value;
	uint64_t lost_value; /* of a table that was lost: claimed */
	uint64_t stamp;	     /* of the pump that saw an earlier request wait here */
	size_t waiting;	     /* waiters that name it */
	struct lock *locks;  /* table */
	struct hold *holds;  /* own */
	uint32_t hash;
	char name[];
};

/* A request in the table's queue. */
struct waiter {
	struct waiter *next;
	uint32_t node;
	uint32_t pid;
	enum lock_kind kind;
	enum lock_mode mode;
	bool wait;
	bool unclaimed; /* while a CLAIM is applied */
	uint64_t client, request, since;
	char *command;
	size_t count;
	struct resource **resources;
};

/* A request of this node that its client has no answer to. */
struct own_request {
	struct own_request *next;
	uint64_t client, request, since;
	enum lock_kind kind;
	enum lock_mode mode;
	bool wait;
	bool sent;    /* in flight, or in the table */
	bool granted; /* in the table; confirmed when all acknowledged grant_count */
	uint32_t pid;
	uint64_t grant_count;
	char *command;
	size_t count;
	char **names;
};

struct op_target {
	uint32_t node;
	bool pending;  /* has not answered the phase yet */
	bool gone;     /* is lost; answered for, but may still owe the last phase */
	bool was_lost; /* once, since the start: proves nothing any more */
};

/* A member that could not see all metadata areas when it looked how an operation ended. */
struct op_look {
	uint32_t node;
	uint64_t missing; /* areas; AREAS_UNREADABLE: the VG cannot be read there at all */
};

struct op {
	struct op *next;
	struct op_id id;
	struct daemon_id daemon; /* the owner's */
	uint64_t client, since;
	enum op_phase phase; /* DO; PREPARE, COMMIT, then ABORT or RESUME */
	bool commit_seen, doomed;
	bool client_gone; /* the owner's process is dead: nobody will drive this */
	bool claimed;	  /* by its owner, in the CLAIM that is being applied */
	uint64_t commit_count;
	struct ring_id commit_ring;
	uint32_t recoverer;
	/* In no transfer: whoever joins may see more, so then all look again. */
	struct op_look looks[LOCKSPACE_NODES_MAX];
	size_t look_count;
	unsigned look_rounds; /* in which nobody could read it */
	char resource[RESOURCE_NAME_MAX];
	void *payload;
	size_t payload_length;
	struct op_target targets[LOCKSPACE_NODES_MAX];
	size_t target_count;
};

/* An operation as this node's client sees it. */
struct own_op {
	struct own_op *next;
	uint64_t number, client, since;
	enum op_phase phase; /* last asked for */
	bool sent;	     /* in flight or in the table */
	bool answered;	     /* EFFECT_OP_DONE of that phase was given */
	bool permitted;	     /* COMMIT was acknowledged by all: the client may have written */
	bool needs_running, local_only;
	bool runs_here; /* without a table: only this node runs it, nobody else knows */
	uint32_t only_node;
	char resource[RESOURCE_NAME_MAX];
	void *payload;
	size_t payload_length;
};

enum kept_type { KEPT_MESSAGE = 1, KEPT_LEFT, KEPT_SYNC };

struct kept {
	struct kept *next;
	enum kept_type type;
	uint32_t node;
	enum leave_reason reason;
	size_t length;
	unsigned char bytes[];
};

struct lockspace {
	uint32_t node;
	struct boot_id boot;
	struct daemon_id daemon, lineage_seed;
	uint16_t minor;
	size_t memory_limit, memory_used;
	bool broken;
	bool left; /* said GOODBYE */

	/* what goes out */
	struct arena arena; /* effects and decoded messages of this call */
	struct effect *effects, **effects_end;
	struct effect broken_effect;

	/* view */
	struct member *members[LOCKSPACE_NODES_MAX]; /* by node id */
	size_t member_count;
	struct member *self;
	bool has_nodelist;
	bool ring_known;
	struct ring_id ring;
	struct event_quorum quorum; /* without its members */
	bool quorum_known;
	bool decided; /* it is settled whose table counts in this ring */
	bool ghost;
	bool denies_form; /* to be said in the next HELLO */
	bool hello_due, state_due, sync_sent, form_sent, claim_sent, level_sent;
	bool state_sent; /* for sent_ring */
	struct ring_id sent_ring;
	bool sent_quorate;

	/* state transfer */
	bool transfer; /* one that this table knows of is under way, from... */
	uint32_t transfer_from;
	uint64_t transfer_level; /* who is older does not heed it */
	uint64_t transfer_number,
		sync_number; /* of its SYNC; of the last one sent by this member */
	bool keeping;	     /* this member was named in a SYNC; what is delivered since then: */
	struct kept *kept, **kept_end;
	const struct kept *chunks_for; /* the SYNC, among those kept, whose chunks come */
	uint64_t chunks_seen;
	struct buf chunks;

	/* table */
	bool has_table;
	bool forming; /* FORM was delivered, nobody has claimed yet */
	bool running;
	struct daemon_id lineage; /* also of the last table, when there is none */
	uint64_t epoch, count;
	uint64_t level, level_count; /* lowest minor version; count when it was set */
	uint64_t base_epoch, base_count, base_hash; /* when the ring began */
	struct resource **buckets;
	size_t bucket_count, resource_count;
	size_t lock_count; /* granted, and names in the queue: what is bounded alike on all members
			    */
	struct waiter *waiters, **waiters_end;
	uint64_t stamp;
	bool pump_due; /* something changed that may let a waiter in */
	struct op *ops;

	/* own */
	struct own_request *own_requests, **own_requests_end;
	size_t own_request_count;
	struct own_op *own_ops;
	struct op *carried; /* operations of a lost table that this node takes part in */
	bool ack_due;
	size_t checked_buckets; /* check_in_turn() goes on here */
};

/* ---- effects.c: memory, effects ---- */

void *ls_alloc(struct lockspace *ls, size_t size); /* zeroed; NULL and broken past the limit */
void ls_free(struct lockspace *ls, void *memory);
char *ls_strdup(struct lockspace *ls, const char *text);

void ls_begin(struct lockspace *ls);
const struct effect *ls_end(struct lockspace *ls);
struct effect *ls_effect(struct lockspace *ls, enum effect_type type);
const char *ls_printf(struct lockspace *ls, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void ls_log(struct lockspace *ls, int level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** This member cannot go on (rule 28): it leaves the group, once. */
void ls_break(struct lockspace *ls, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ls_send(struct lockspace *ls, struct message *message);

static inline bool is_zero(const unsigned char bytes[16])
{
	static const unsigned char zero[16];

	return !memcmp(bytes, zero, sizeof(zero));
}

static inline bool is_same(const unsigned char a[16], const unsigned char b[16])
{
	return !memcmp(a, b, 16);
}

static inline bool ring_is(const struct lockspace *ls, struct ring_id ring)
{
	return ls->ring_known && ls->ring.node == ring.node && ls->ring.seq == ring.seq;
}

/* ---- table.c: resources, locks, the queue ---- */

struct resource *resource_find(const struct lockspace *ls, const char *name);
struct resource *resource_get(struct lockspace *ls, const char *name);
void resource_put(struct lockspace *ls, struct resource *resource); /* frees it when unused */
/** Calls visit for every resource; it may drop its locks but not free it. */
void resource_each(struct lockspace *ls,
		   void (*visit)(struct lockspace *ls, struct resource *resource, void *data),
		   void *data);

struct lock *lock_find(const struct resource *resource, uint32_t node, enum lock_kind kind,
		       uint64_t client);
struct lock *lock_add(struct lockspace *ls, struct resource *resource, const struct message *record,
		      uint32_t node);
void table_drop_locks(struct lockspace *ls, uint32_t node);
void table_drop_waiters(struct lockspace *ls, uint32_t node);
void table_make_orphans(struct lockspace *ls, uint32_t node);
bool table_has_locks(const struct lockspace *ls, uint32_t node);
bool waiter_add(struct lockspace *ls, const struct message *record, uint32_t node);
struct waiter *waiter_find(const struct lockspace *ls, uint32_t node, uint64_t client,
			   uint64_t request);
void waiter_drop(struct lockspace *ls, struct waiter *waiter);
void waiters_drop_unclaimed(struct lockspace *ls);
/** Why the table refuses what cannot be had now: not quorate or unclean, not just settling. */
bool table_is_hard_paused(const struct lockspace *ls);
bool waiter_is_grantable(const struct lockspace *ls, const struct waiter *waiter);
/** Grant whatever can be granted, in order; refuse what does not wait. */
void table_pump(struct lockspace *ls);
void table_lock(struct lockspace *ls, struct member *from, const struct message *message);
void table_unlock(struct lockspace *ls, uint32_t node, const struct message *message);
void table_cancel(struct lockspace *ls, uint32_t node, const struct message *message);
void table_gone(struct lockspace *ls, uint32_t node, uint64_t client);
void table_free(struct lockspace *ls);
/** This node's claim was delivered: values of a lost table are in the table now. */
void values_claimed(struct lockspace *ls);

/* ---- refusal.c: texts ---- */

const char *text_holders(struct lockspace *ls, const struct waiter *waiter);
const char *text_paused(struct lockspace *ls);
/* A line for each node that has still to end an operation on @resource; NULL: on any. */
void text_add_debts(const struct lockspace *ls, const char *resource, struct buf *out);

/* ---- check.c ---- */

/** lockspace_check(), of a large table one part after each event. */
bool check_in_turn(struct lockspace *ls, struct err *err);

/* ---- own.c: this node's clients ---- */

void own_refused(struct lockspace *ls, uint64_t client, uint64_t request, int error,
		 const char *text);
void own_waiting(struct lockspace *ls, const struct waiter *waiter);
void own_granted(struct lockspace *ls, uint64_t client, uint64_t request);
void own_returned(struct lockspace *ls, const struct message *message); /* LOCK came back unheard */
void own_table_lost(struct lockspace *ls);
void own_advance(struct lockspace *ls); /* confirm, send what was not sent */
bool own_holds(const struct lockspace *ls);
/** Does a request of this node wait for @member's acknowledgement? */
bool own_awaits(const struct lockspace *ls, const struct member *member);
struct hold *hold_find(const struct resource *resource, enum lock_kind kind, uint64_t client);
void hold_set(struct lockspace *ls, const char *name, const struct own_request *request,
	      enum lock_mode mode);
void own_free(struct lockspace *ls);

/** What every other synced member acknowledged in this ring, at least. */
uint64_t own_min_acked(const struct lockspace *ls);

/* ---- level.c ---- */

uint64_t level_wanted(const struct lockspace *ls);
bool level_is_settled(const struct lockspace *ls);
void level_advance(struct lockspace *ls);
void table_level(struct lockspace *ls, const struct member *from, const struct message *message);

/* ---- member.c ---- */

struct member *member_find(const struct lockspace *ls, uint32_t node);
struct member *member_get(struct lockspace *ls, uint32_t node);
const char *member_name(const struct lockspace *ls, uint32_t node);
struct member *lowest_synced(const struct lockspace *ls);
enum member_state member_shown_state(const struct lockspace *ls, const struct member *member);
void member_left(struct lockspace *ls, uint32_t node, enum leave_reason reason);
void member_hello(struct lockspace *ls, struct member *member, const struct hello *hello);
void member_fenced(struct lockspace *ls, const struct member *from, const struct message *message);
void member_goodbye(struct lockspace *ls, struct member *member);
void members_ring_changed(struct lockspace *ls);
size_t written_off_marks(const struct lockspace *ls, struct mark marks[MARKS_MAX]);
void members_report(struct lockspace *ls);

/* ---- ghost.c ---- */

bool is_ghost(const struct mark *marks, size_t count, const struct daemon_id *lineage,
	      uint32_t node, const struct hello *hello);
/** By what @core said in its HELLO of whom it wrote off. */
bool is_ghost_in(const struct member *core, const struct member *member);
void ghost_begin(struct lockspace *ls, const struct member *core);
/** It ends when this node holds nothing any more. */
void ghost_advance(struct lockspace *ls);
void ghost_refuse(struct lockspace *ls, struct member *member);
void ghost_is_new(struct lockspace *ls, struct member *member, const struct hello *hello);

/* ---- state_round.c ---- */

bool view_has_synced(const struct lockspace *ls);
bool hellos_complete(const struct lockspace *ls);
void view_hello(struct lockspace *ls, struct member *from, const struct message *message);
bool hello_from_message(const struct message *message, struct hello *ret);
void decide_core(struct lockspace *ls);
void update_running(struct lockspace *ls);
void send_hello_and_state(struct lockspace *ls);
void table_state(struct lockspace *ls, struct member *from, const struct message *message);

/* ---- transfer.c, snapshot.c ---- */

void transfer_void(struct lockspace *ls);
void transfer_left(struct lockspace *ls, uint32_t node); /* view: sender or joiner died */
void transfer_advance(struct lockspace *ls);
void transfer_sync(struct lockspace *ls, struct member *from, const struct message *message,
		   const void *bytes, size_t length);
void transfer_chunk(struct lockspace *ls, struct member *from, const struct message *message);
void transfer_form(struct lockspace *ls, struct member *from, const struct message *message);
void table_claim(struct lockspace *ls, struct member *from, const struct message *message);
void keep_message(struct lockspace *ls, uint32_t from, const void *bytes, size_t length);
void keep_left(struct lockspace *ls, uint32_t node, enum leave_reason reason);
void table_lost(struct lockspace *ls); /* this member is a joiner from now on */

void snapshot_write(struct lockspace *ls, struct buf *out);
bool snapshot_load(struct lockspace *ls, const void *bytes, size_t length);
void claim_write(struct lockspace *ls, struct buf *out);
bool claim_apply(struct lockspace *ls, struct member *from, const void *bytes, size_t length);
uint64_t table_hash(const struct lockspace *ls);

/* ---- op.c, op_own.c ---- */

struct op *op_find(struct op *ops, struct op_id id);
void op_message(struct lockspace *ls, struct member *from, const struct message *message,
		bool in_ring);
void op_result(struct lockspace *ls, struct member *from, const struct message *message);
void ops_targets_lost(struct lockspace *ls, uint32_t node);
void ops_member_lost(struct lockspace *ls, uint32_t node);
void ops_member_dead(struct lockspace *ls, uint32_t node); /* fenced, rebooted, left */
void ops_member_claimed(struct lockspace *ls, struct member *member);
void ops_client_gone(struct lockspace *ls, uint32_t node, uint64_t client);
void ops_advance(struct lockspace *ls);
bool ops_block(const struct lockspace *ls, const char *resource, uint32_t node, uint64_t client,
	       enum lock_mode mode);
void op_write(const struct op *op, struct buf *out);
struct op *op_read(struct lockspace *ls, const struct message *record);
void op_merge_claim(struct lockspace *ls, struct member *from, struct op *claimed);
void op_free(struct lockspace *ls, struct op *op);
void ops_free(struct lockspace *ls, struct op **ops);
void op_view(const struct op *op, struct op_target_view targets[LOCKSPACE_NODES_MAX],
	     struct op_view *ret);
size_t ops_owed_by(const struct lockspace *ls, uint32_t node);
void ops_carry(struct lockspace *ls); /* before the table is freed */
void ops_ring_changed(struct lockspace *ls);
void ops_forget_looks(struct lockspace *ls);
void ops_paused(struct lockspace *ls);

struct own_op *own_op_find(const struct lockspace *ls, uint64_t number);
void own_op_result(struct lockspace *ls, const struct op *op, uint32_t node, int rc,
		   struct blob text, struct blob data);
void own_op_done(struct lockspace *ls, struct op_id id, enum op_phase phase, int error,
		 const char *text);
/** Its end was decided before its client asked for that. */
void own_op_overtaken(struct lockspace *ls, struct op_id id);
void own_op_returned(struct lockspace *ls, const struct message *message);
void own_ops_table_lost(struct lockspace *ls);
/** All of them, with @error: nobody goes on with them. */
void own_ops_end(struct lockspace *ls, int error, const char *text);
void own_ops_advance(struct lockspace *ls);
bool own_ops_await(const struct lockspace *ls, const struct member *member);
void own_ops_client_gone(struct lockspace *ls, uint64_t client);
void own_ops_free(struct lockspace *ls);

/* ---- lockspace.c ---- */

/** A delivered message's effect on the table: live, or replayed after a transfer. */
void table_message(struct lockspace *ls, uint32_t from, const struct message *message,
		   const void *bytes, size_t length);
/** After each event that the table saw. */
void table_settle(struct lockspace *ls);

#endif
