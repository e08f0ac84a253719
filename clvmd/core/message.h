/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Group messages: what the members of the closed process group send each other.
 *
 * A message is a fixed header (protocol, type, lineage, ring, daemon) and a row of tagged fields
 * (lib/proto/field.h). Every number that is 0 and every string that is absent is left out. The
 * same rows are the records of a state transfer and of a claim. A decoded message points into the
 * bytes it was decoded from, and into the arena: it lives as long as both.
 */
#ifndef CLVMD_CORE_MESSAGE_H
#define CLVMD_CORE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clvmd/core/lockspace.h"
#include "metadata/base/arena.h"
#include "metadata/base/buf.h"

#ifndef PROTOCOL_MAJOR /* tests of mixed versions build others */
#define PROTOCOL_MAJOR 1
#endif
#ifndef PROTOCOL_MINOR
#define PROTOCOL_MINOR 0
#endif
#define MESSAGE_LENGTH_MAX ((1U << 20) - (1U << 10)) /* what CPG carries */
#define MARKS_MAX	   LOCKSPACE_NODES_MAX

enum message_type {
	MESSAGE_HELLO = 1,
	MESSAGE_STATE,
	MESSAGE_SYNC,
	MESSAGE_CHUNK,
	MESSAGE_CLAIM,
	MESSAGE_FORM,
	MESSAGE_LOCK, /* a request for locks; a conversion where the sender holds them already */
	MESSAGE_UNLOCK,
	MESSAGE_CANCEL,
	MESSAGE_GONE,
	MESSAGE_ACK,
	MESSAGE_OP,
	MESSAGE_RESULT, /* of a phase; of OUTCOME: the recoverer does not see count areas */
	MESSAGE_GOODBYE,
	MESSAGE_FENCED,
	MESSAGE_LEVEL,
	MESSAGE_TYPE_COUNT,
};

#define MESSAGE_OPTIONAL 0x1 /* header flag: who does not know the type ignores the message */

/* Bits of message.flags; each belongs to the types named. */
enum message_flag {
	FLAG_WAIT = 0x1,	      /* LOCK */
	FLAG_LAST = 0x2,	      /* CHUNK, CLAIM */
	FLAG_FIRST = 0x4,	      /* CLAIM */
	FLAG_SYNCED = 0x8,	      /* HELLO: has the table, or has claimed already */
	FLAG_GHOST = 0x10,	      /* HELLO: was written off */
	FLAG_HOLDS = 0x20,	      /* HELLO: has confirmed locks of its own */
	FLAG_LOADED = 0x40,	      /* records of members */
	FLAG_DENIES_FORM = 0x1000000, /* HELLO: heard a FORM that it did not follow */
	FLAG_QUORATE = 0x80,	      /* STATE */
	FLAG_NO_VOLUMES = 0x100,      /* FENCED: is up, but uses no clustered volume */
	FLAG_NEEDS_RUNNING = 0x200,   /* OP */
	FLAG_IS_NEW = 0x400,	      /* OP, phase OUTCOME: the disk holds the new metadata */
	FLAG_COMMIT_SEEN = 0x800,     /* records of operations */
	FLAG_DOOMED = 0x1000,
	FLAG_CLIENT_GONE = 0x2000,
	FLAG_ORPHAN = 0x4000, /* records of locks */
	FLAG_CONFLICT = 0x8000,
	FLAG_UNCLEAN = 0x10000, /* records of members */
	FLAG_GOODBYE = 0x20000,
	FLAG_WRITTEN_OFF = 0x40000,
	FLAG_STATE_VALID = 0x80000,
	FLAG_RUNNING = 0x100000, /* record of the table */
	FLAG_PENDING = 0x200000, /* records of targets */
	FLAG_GONE = 0x400000,
};

/* A node that was written off: with this boot, or with any (zero). */
struct mark {
	uint32_t node;
	struct boot_id boot;
};

struct blob {
	const void *bytes;
	size_t length;
};

struct message {
	/* header */
	uint16_t major, minor;
	enum message_type type;
	bool optional;
	uint16_t unknown_type; /* what was on the wire, when type is 0 */
	struct daemon_id lineage;
	struct ring_id ring;
	struct daemon_id daemon;
	/* fields */
	uint64_t flags;
	uint64_t node, client, request, kind, mode, previous_mode, pid, value;
	uint64_t epoch, count, hash, number, state;
	uint64_t op_node, op_number, op_phase, only_node, rc;
	uint64_t since; /* wall clock, nanoseconds since 1970: shown, never compared */
	struct boot_id boot;
	struct daemon_id id; /* FORM: the new lineage; records: a member's daemon */
	struct blob command, text, payload, data, nodes, marks;
	struct blob names; /* front-coded resource names: message_names() */
};

/** Append header and fields. */
void message_encode(const struct message *message, struct buf *out);
/**
 * -EBADMSG malformed; -EPROTO another major protocol version (major and minor are set). A type
 * that this version does not know has type 0: only if it is optional it may be ignored.
 */
int message_decode(const void *bytes, size_t length, struct message *ret,
		   struct err *err) MUST_CHECK;

/** Only the row of fields: a record of a table or a claim. */
void record_encode(uint16_t tag, const struct message *record, struct buf *out);
int record_decode(const void *bytes, size_t length, struct message *ret) MUST_CHECK;

/** Names, each stored as what differs from the one before it. */
void names_encode(const char *const *names, size_t count, struct buf *out);
/** -EBADMSG, -ENOMEM. Each name is printable ASCII, not empty, shorter than RESOURCE_NAME_MAX. */
int names_decode(struct blob blob, struct arena *arena, const char ***ret_names,
		 size_t *ret_count) MUST_CHECK;

/** Node ids and marks, little-endian. The decoders return false when the bytes are not such. */
void nodes_encode(const uint32_t *nodes, size_t count, struct buf *out);
bool nodes_decode(struct blob blob, uint32_t nodes[LOCKSPACE_NODES_MAX], size_t *ret_count);
void marks_encode(const struct mark *marks, size_t count, struct buf *out);
bool marks_decode(struct blob blob, struct mark marks[MARKS_MAX], size_t *ret_count);

/** A NUL-terminated copy, cut to what is printable; NULL without memory. */
const char *blob_text(struct blob blob, size_t max, struct arena *arena);

#endif
