/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a clustered volume manager adds to lvm2app: who takes part, where an LV is active, and what
 * happens. LVM2's library has none of these; a program that uses them needs ours.
 *
 * The rules of lvm2app.h hold: handles, errors, memory, one thread at a time for a handle. All of
 * these answer from this node's clvmd, without waiting for others. Without one they fail with
 * EHOSTDOWN; while one starts, with EAGAIN.
 */
#ifndef LIB_API_LVM2APP_CLUSTER_H
#define LIB_API_LVM2APP_CLUSTER_H

#include "lvm2app.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- nodes ---- */

typedef struct lvm_cluster_member_list {
	struct dm_list list;
	const char *name;  /* as in corosync's nodelist */
	const char *state; /* "up", "joining", "unclean", ...: as clvmd status says it */
	uint32_t node_id;
	uint32_t is_local : 1;	 /* this node */
	uint32_t takes_part : 1; /* up and in step with the others */
} lvm_cluster_member_list_t;

/** 1: a clvmd answers on this node, 0: none does. Never fails for another reason; -1 for a bad
 * handle. */
int lvm_cluster_is_running(lvm_t libh);

/** All nodes of the cluster, of lvm_cluster_member_list, in handle memory. NULL on error. */
struct dm_list *lvm_cluster_list_members(lvm_t libh);

/* ---- where an LV is active ---- */

/** Names of the nodes on which the LV is active, of lvm_str_list, sorted, in VG memory; empty: on
 * none. Of a LV in a VG that is not clustered: EINVAL. NULL on error. */
struct dm_list *lvm_cluster_lv_list_nodes(lv_t lv);

/** 1: the node named there is the only one that may activate it until it deactivates it; 0 not; -1
 * on error. */
int lvm_cluster_lv_is_exclusive(lv_t lv);

/** As lvchange -aey: active here, and on no other node while it is. EBUSY, and the holder's name in
 * lvm_errmsg(), when another has it. In a VG that is not clustered as lvm_lv_activate(). */
int lvm_cluster_lv_activate_exclusive(lv_t lv);

/** As lvchange -aly and -aln: this node alone, others as they are. */
int lvm_cluster_lv_activate_local(lv_t lv);
int lvm_cluster_lv_deactivate_local(lv_t lv);

/* ---- events ---- */

struct lvm_cluster_events;
typedef struct lvm_cluster_events *lvm_cluster_events_t;

/**
 * Subscribe to what happens: the events that clvmd still keeps, then each as it comes, as `clvmd
 * events --follow --json` prints them (clvmd(8)).
 * Closed by lvm_cluster_events_close() or lvm_quit(). NULL on error.
 */
lvm_cluster_events_t lvm_cluster_events_open(lvm_t libh);

/** To be waited on with poll(), POLLIN; it belongs to @events and is not to be read or closed. Ask
 * for all events that are there, until NULL, before waiting. -1 for a bad handle. */
int lvm_cluster_events_fd(lvm_cluster_events_t events);

/**
 * The next event as one line of JSON without its newline, valid until the next call. NULL: there is
 * none now (lvm_errno() is 0), or clvmd has gone (EHOSTDOWN: close it, and open another).
 */
const char *lvm_cluster_events_next(lvm_cluster_events_t events);

int lvm_cluster_events_close(lvm_cluster_events_t events);

#ifdef __cplusplus
}
#endif

#endif
