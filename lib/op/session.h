/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session: one VG held by an operation, from lock to unlock.
 *
 * A local VG is held by LVM2's flock file, a clustered one by clvmd's lock V_<vg>; never by both,
 * so that nobody waits for one while holding the other. Order of locks: P_global, then V_ by name.
 *
 *	session_open() ... edit session.vg ... session_write() ... session_close()
 *
 * session_write() is the whole change of metadata, LVs in use included:
 *
 *	on disk     committed ─ write, precommit ─> both ───── commit ─────> committed
 *	devices     running ──────────── suspend ─> suspended ────── resume ─> running
 *	members               PREPARE(text crc) ─>  COMMIT, ACKed            RESUME
 *
 * Undoing is the same two steps wherever it stopped: revert the areas, abort the suspension. After
 * the first area's header is written there is no undoing: what fails then is a warning.
 */
#ifndef LIB_OP_SESSION_H
#define LIB_OP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/cluster.h"
#include "lib/context.h"
#include "lib/lock/file_lock.h"
#include "lib/store/store.h"
#include "metadata/base/cleanup.h"

enum session_access {
	SESSION_READ,	       /* activation: PR */
	SESSION_WRITE,	       /* EX; refuses what cannot be changed (exported, missing PVs, ...) */
	SESSION_WRITE_PARTIAL, /* EX; missing PVs are allowed (vgreduce, lvremove) */
	SESSION_REPLACE, /* EX; any VG that is this host's: its metadata are about to be replaced */
	SESSION_WRITE_EXPORTED, /* as WRITE, and exported ones too (vgexport, vgimport) */
	SESSION_DEACTIVATE, /* as READ, but goes on without the lock when the cluster cannot grant
			       (rule 9) */
	SESSION_LOOK, /* PR where the cluster can grant it, else none: a text is whole without. Any
			 VG that is this host's; nothing may be done with it but look at it */
	SESSION_LOOK_UNLOCKED, /* the same without a lock */
};

/* Start with { 0 }. */
struct session {
	struct context *context;
	struct cluster *cluster;     /* NULL: local VG */
	struct file_lock *file_lock; /* local VG */
	char *resource;		     /* "V_<vg>" held in the cluster; NULL: none */
	uint64_t value;		     /* highest seqno committed under it that is known */
	struct uuid id;		     /* the VG was named by it; else unset */
	bool is_changed;	     /* the members' backups are out of date */
	struct scan *scan;
	struct stored_vg *before; /* as on disk */
	struct vg *vg;		  /* the copy that is edited and written */
};

/** Lock VG @name (or that of this id, as text) and read it. Errors carry LVM2's two lines for an
 * unknown VG. */
int session_open(struct context *context, const char *name, enum session_access access,
		 struct session *session, struct err *err) MUST_CHECK;

/** Hold the name of a VG that is to be created (or renamed to): -EEXIST when there is one. */
int session_reserve(struct context *context, const char *name, bool clustered,
		    struct session *session, struct err *err) MUST_CHECK;

/** The same when a VG of that name whose metadata are not valid is no obstacle. */
int session_reserve_damaged(struct context *context, const char *name, bool clustered,
			    struct session *session, struct err *err) MUST_CHECK;

/** Release the lock alone: what was read can be looked at. */
void session_unlock(struct session *session);

/** Release everything; { 0 } and a session that failed to open are allowed. */
void session_close(struct session *session);

/** The VG of that name is no more (removed, renamed): its lock forgets the seqno. */
void session_forget(struct session *session);

/** Read the devices and session->before again; session->vg stays as edited. */
int session_rescan(struct session *session, struct err *err) MUST_CHECK;

/** Read the VG again after a write, for the next change in the same session. */
int session_reread(struct session *session, struct err *err) MUST_CHECK;
/** The same after a write that succeeded, from what the scan has learnt of it: nothing is read. */
int session_follow(struct session *session, struct err *err) MUST_CHECK;

/**
 * Write session->vg. @lvs (of session->before, may be 0) are suspended over the commit on every
 * node where they are active, and resumed to the new metadata. Does nothing in test mode.
 */
int session_write(struct session *session, struct lv *const *lvs, size_t lv_count,
		  struct err *err) MUST_CHECK;

/** -EPERM: the VG belongs to another host or another lock manager. */
int session_check_owner(const struct vg *vg, struct err *err) MUST_CHECK;

/** True when LVM2's message for a missing VG, -ENOENT, is what @err holds. */
int err_cannot_process_vg(struct err *err, const char *name);

static inline bool session_is_clustered(const struct session *session)
{
	return session->cluster;
}

#define AUTO_SESSION CLEANUP(session_close)

/*
 * P_global: creating and removing PVs and VGs, here and (when clvmd runs) in the whole cluster.
 * A context that holds it may take it again: it is held until all have released it.
 */
struct global_lock {
	struct context *context; /* NULL: not held */
	struct cluster *cluster; /* NULL: not held in the cluster */
};
int global_lock_take(struct context *context, struct global_lock *lock, struct err *err) MUST_CHECK;
void global_lock_release(struct global_lock *lock);

#define AUTO_GLOBAL_LOCK CLEANUP(global_lock_release)

#endif
