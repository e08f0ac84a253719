/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Client message: what commands and clvmd say to each other on /run/clvm/clvmd.sock, and clvmd to
 * its worker processes.
 *
 * A message is a row of tagged fields (lib/proto/field.h). It travels as one or more packets of a
 * SOCK_SEQPACKET socket, each at most CLIENT_PACKET_MAX bytes, so that no socket buffer has to be
 * enlarged and no packet needs a large contiguous piece of kernel memory:
 *
 *	0  u32  CLIENT_PACKET_MAGIC
 *	4  u32  length of the whole message (fields only), 1..CLIENT_MESSAGE_MAX
 *	8  u32  offset of this packet's bytes in it: packets come in order, without gaps
 *	12      bytes
 *
 * Packets of two messages are never mixed. Whoever breaks a rule is cut off.
 *
 * Who speaks (C command, D clvmd, W worker); every answer repeats the request's `id`; with `id` 0 a
 * client is turned away:
 *
 *	C HELLO              D WELCOME
 *	C LOCK               D WAITING* then GRANTED or REFUSED
 *	C UNLOCK, CANCEL     D DONE
 *	C RUN, RESUME, ABORT D RESULT (one per member)* then DONE
 *	C COMMIT             D DONE
 *	C HOLDERS            D HOLDERS_OF (per member, several when long)* then DONE
 *	C MEMBERS            D MEMBER (one per node of the nodelist)* then DONE
 *	C STATUS, LOCKS, EVENTS, METRICS
 *	                     D TEXT* then DONE
 *	C FENCE_ACK, STOP    D DONE
 *	C RESTART, READY     D DONE
 *	C BLACKBOX           D TEXT then DONE
 *
 * A REFUSED or DONE with -EAGAIN says: nothing was done, clvmd starts or is about to be restarted;
 * ask again. A client whose connection was lost connects again and names its session: it goes on
 * with the locks that it holds.
 *	D WORKER_*           W WORKER_LOG*, WORKER_PART* then WORKER_DONE
 */
#ifndef LIB_PROTO_CLIENT_MESSAGE_H
#define LIB_PROTO_CLIENT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/proto/lock_mode.h"
#include "metadata/base/arena.h"
#include "metadata/base/buf.h"
#include "metadata/base/err.h"

#define CLIENT_PROTOCOL		 1u
#define CLIENT_PACKET_MAGIC	 0x31766c63u /* "clv1" */
#define CLIENT_PACKET_HEADER	 12u
#define CLIENT_PACKET_MAX	 65536u /* header included; far below the default socket buffer */
#define CLIENT_MESSAGE_MAX	 (1U << 20)    /* a job of OP_PAYLOAD_MAX and its other fields */
#define CLIENT_TEXT_MAX		 65536u	       /* one text field */
#define CLIENT_TEXT_CHUNK	 49152u	       /* of a long answer: several TEXT messages */
#define CLIENT_RESOURCE_MAX	 135u	       /* characters; RESOURCE_NAME_MAX less the NUL */
#define CLIENT_COMMAND_MAX	 4096u	       /* characters of a command line */
#define CLIENT_NAME_MAX		 255u	       /* characters of a node or cluster name */
#define CLIENT_DATA_MAX		 (1000U << 10) /* the data field */
#define HOLDER_RECORD_SIZE	 65u	       /* in HOLDERS_OF's data: u8 mode, VG id, LV id */
#define HOLDER_RECORDS_MAX	 8192u	       /* in one message */
#define CLIENT_MESSAGE_ARENA_MAX ((size_t)4 << 20) /* a decoder's arena never needs more */

enum client_message_type {
	CLIENT_HELLO = 1,  /* protocol, pid, start_time, command, session: to go on with */
	CLIENT_LOCK = 2,   /* resource, mode, wait, wait_quorum, unless_paused */
	CLIENT_UNLOCK = 3, /* resource, value */
	CLIENT_CANCEL = 4, /* value: the id of the LOCK */
	CLIENT_RUN = 5,	   /* data: a job; target, node_name */
	CLIENT_COMMIT = 6, /* the four below: value is the id of the RUN */
	CLIENT_RESUME = 7,
	CLIENT_ABORT = 8,
	CLIENT_HOLDERS = 9,
	CLIENT_STATUS = 10,    /* json; target: enum status_part; value: ms to wait for members */
	CLIENT_LOCKS = 11,     /* json */
	CLIENT_FENCE_ACK = 12, /* node_name, no_volumes */
	CLIENT_STOP = 13,      /* force */
	CLIENT_EVENTS = 14,    /* json; wait: what comes is sent too, without an end */
	CLIENT_METRICS = 15,
	CLIENT_MEMBERS = 16,
	CLIENT_RESTART = 20,  /* force */
	CLIENT_READY = 21,    /* DONE 0: joined and synchronised; -EAGAIN, text: waits for what */
	CLIENT_BLACKBOX = 22, /* TEXT: the file that was written */

	CLIENT_WELCOME = 32,	/* protocol, node, node_name, cluster_name, text: version,
				   value: lock_timeout in seconds, scope_is_node, session */
	CLIENT_GRANTED = 33,	/* value */
	CLIENT_REFUSED = 34,	/* rc, text */
	CLIENT_WAITING = 35,	/* text: for whom */
	CLIENT_RESULT = 36,	/* node, node_name, rc, text, data: job_data */
	CLIENT_DONE = 37,	/* rc, text */
	CLIENT_HOLDERS_OF = 38, /* node, node_name, data: holder records */
	CLIENT_TEXT = 39,	/* text: a piece of the answer */
	CLIENT_MEMBER = 40,	/* node, node_name, text: its state, value: 1 it takes part */

	CLIENT_WORKER_RUN = 64,	    /* data: a job; phase */
	CLIENT_WORKER_KERNEL = 65,  /* PARTs: holder records, mode EX: open, CR: not */
	CLIENT_WORKER_NAMES = 66,   /* PARTs: text, names of all VGs and LVs (clvmd/names.h) */
	CLIENT_WORKER_RECOVER = 67, /* data: a job; DONE's value: 1 the disk has the new metadata */
	CLIENT_WORKER_LOG = 68,	    /* value: a syslog level; text */
	CLIENT_WORKER_DONE = 69,    /* rc, text, value, data */
	CLIENT_WORKER_FREEZE = 76,  /* data: LV resources; phase: 1 freeze, 2 thaw; DONE's value:
				       how many are frozen now, text: what was left out */
	CLIENT_WORKER_PART = 70,    /* data: a piece of an answer too long for DONE */
	CLIENT_WORKER_ERROR = 75,   /* data: lines "<VG id><LV id> <vg>/<lv>" of LVs to put on the
				       error target; PARTs: ids of those that are removed */
};

/* What of the status is wanted as text; as JSON it is one. */
enum status_part { STATUS_SUMMARY = 0, STATUS_VOLUMES = 1 };

/* All fields of all types; what a type does not have is zero. Decoded strings are never NULL. */
struct client_message {
	enum client_message_type type;
	uint32_t id; /* chosen by who asks */
	uint32_t protocol;
	uint32_t pid;
	uint64_t start_time; /* of the process, clock ticks since boot: /proc/PID/stat field 22 */
	uint64_t session;    /* a client's number; 0 none */
	const char *command;
	const char *resource;
	enum lock_mode mode;
	uint64_t value;
	uint32_t target; /* enum cluster_target */
	uint32_t phase;	 /* enum job_phase */
	uint32_t node;
	const char *node_name;
	const char *cluster_name;
	int rc; /* 0 or a negative errno */
	const char *text;
	const void *data;
	size_t data_length;
	bool wait, json, force, no_volumes;
	bool wait_quorum;   /* LOCK: as long as it takes, also for the cluster to be quorate */
	bool unless_paused; /* LOCK: refused when nothing is granted now, for a lost node too */
	bool scope_is_node; /* WELCOME: -an deactivates on this node only (deactivation_scope) */
};

/** Append the fields of @message to @out. -E2BIG when a field is longer than its maximum. */
int client_message_encode(const struct client_message *message, struct buf *out,
			  struct err *err) MUST_CHECK;

/**
 * Decode a whole message; strings and data are copied to @arena. -EBADMSG when the bytes are not a
 * message, a field has no valid value, or the type lacks a field that it must have.
 */
int client_message_decode(const void *bytes, size_t length, struct arena *arena,
			  struct client_message *ret_message, struct err *err) MUST_CHECK;

/* ---- packets ---- */

/**
 * Write the packet of a message of @length bytes that begins at @offset to @packet (of
 * CLIENT_PACKET_MAX bytes). Returns the packet's length.
 */
size_t client_packet_build(const void *message, size_t length, size_t offset, void *packet);

/** How many of a message's bytes the packet at any offset carries at most. */
#define CLIENT_PACKET_BODY (CLIENT_PACKET_MAX - CLIENT_PACKET_HEADER)

/* Puts packets together. Start with client_assembly_init(); released by client_assembly_free(). */
struct client_assembly {
	struct buf bytes;
	size_t expected; /* length of the message under way; 0: none */
};

void client_assembly_init(struct client_assembly *assembly);
void client_assembly_free(struct client_assembly *assembly);

/**
 * Add one packet. *@ret_complete: the message is whole in assembly->bytes; take it and call
 * client_assembly_reset(). -EBADMSG when the packet breaks the rules, -ENOMEM.
 */
int client_assembly_add(struct client_assembly *assembly, const void *packet, size_t length,
			bool *ret_complete, struct err *err) MUST_CHECK;
void client_assembly_reset(struct client_assembly *assembly);

#endif
