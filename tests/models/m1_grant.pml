/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * m1: grant and confirmation of one exclusive lock, over agreed (not safe) delivery, with cuts,
 * merges and fencing. Rule 7: at most one client believes that it holds it. README.md says more.
 *
 * run: -DTWO_NODE
 * run: -DNODES=3 -DCHANGES=1 -DREQUESTS=1
 * bug: -DTWO_NODE -DBUG_GRANT_ON_OWN_DELIVERY -DCHANGES=1
 * bug: -DTWO_NODE -DBUG_STRANGERS_COUNT_AS_ACKED
 * bug: -DTWO_NODE -DBUG_RUNS_WHILE_UNCLEAN -DCHANGES=2
 * bug: -DTWO_NODE -DBUG_CLAIM_FORGETS_HOLDS -DCHANGES=2
 */
#ifndef NODES
#define NODES 2
#endif
#ifndef CHANGES
#define CHANGES 3 /* cuts and merges */
#endif
#ifndef REQUESTS
#define REQUESTS 2 /* in all */
#endif
#define LOG    4
#define OUTBOX 2

mtype = { LOCK, UNLOCK, ACK, HELLO, CLAIM, FENCED };
#define NONE 15 /* nobody holds it */

#include "group.inc"

/* ---- table: what the group replicates ---- */
byte holder[NODES];
byte queue[NODES * NODES];
byte queue_length[NODES];
byte count[NODES];
byte epoch[NODES];
byte class_in[NODES]; /* sets of nodes */
byte unclean[NODES];
byte synced[NODES];
bit has_table[NODES];
bit running[NODES];
bit decided[NODES];

/* ---- view, of this ring ---- */
byte hellos[NODES];
byte acked[NODES * NODES];
bit hello_due[NODES], ack_due[NODES], loaded[NODES], claim_sent[NODES];
/* what the HELLO of this ring says */
bit base_synced[NODES];
byte base_epoch[NODES], base_count[NODES];
short base_hash[NODES];

/* ---- own: what the client of this node believes ---- */
#define NO_REQUEST 0
#define TO_SEND	   1
#define SENT	   2
#define GRANTED	   3
byte request[NODES];
byte grant_count[NODES];
bit hold[NODES];

byte requests_left = REQUESTS;
byte changes_left = CHANGES;

hidden byte i, j, k, best, least;
hidden byte group, best_group;

/* table_hash() */
#define hash_of(n)                                                                             \
	((holder[n] & 3) | (queue_length[n] << 2) | (queue[two(n, 0)] << 4) |                  \
	 (queue[two(n, 1)] << 6) | (class_in[n] << 8))

#ifdef TWO_NODE
#define is_quorate(set) 1
#else
#define is_quorate(set)                                                                        \
	((has(set, 0) + has(set, 1) + (NODES > 2 && has(set, 2))) * 2 > NODES)
#endif

inline lowest(set, to)
{
	to = 0;
	do
	:: has(set, to) || to == NODES -> break
	:: else -> to++
	od
}

inline unqueue(n, whom)
{
	j = 0;
	for (i : 0 .. NODES - 1) {
		if
		:: i < queue_length[n] && queue[two(n, i)] != whom ->
			queue[two(n, j)] = queue[two(n, i)];
			j++
		:: else
		fi
	}
	queue_length[n] = j;
	for (i : 0 .. NODES - 1) {
		if
		:: i >= j -> queue[two(n, i)] = 0
		:: else
		fi
	}
}

inline is_queued(n, whom, to)
{
	to = 0;
	for (i : 0 .. NODES - 1) {
		if
		:: i < queue_length[n] && queue[two(n, i)] == whom -> to = 1
		:: else
		fi
	}
}

#ifdef BUG_RUNS_WHILE_UNCLEAN
#define nobody_is_unclean(n) 1
#else
#define nobody_is_unclean(n) (unclean[n] == 0)
#endif
#define may_run(n)                                                                             \
	(has_table[n] && decided[n] && is_quorate(ring_of(n)) && synced[n] != 0 &&             \
	 nobody_is_unclean(n))

/* update_running(), may_run(): quorum is m2's matter, here the ring is quorate or not */
inline update_running(n)
{
	if
	:: may_run(n) ->
		if
		:: !running[n] -> running[n] = 1; epoch[n]++
		:: else
		fi
	:: else -> running[n] = 0
	fi
}

/* table_pump(), grant() */
inline table_pump(n)
{
	if
	:: running[n] && holder[n] == NONE && queue_length[n] > 0 ->
		holder[n] = queue[two(n, 0)];
		unqueue(n, holder[n]);
		count[n]++;
		if
		:: holder[n] == n ->
			request[n] = (request[n] != NO_REQUEST -> GRANTED : NO_REQUEST);
			grant_count[n] = count[n]
		:: else -> ack_due[n] = 1
		fi
	:: else
	fi
}

/* confirm_all(), min_acked() */
inline own_advance(n)
{
	if
	:: request[n] == GRANTED && running[n] && has(synced[n], n) ->
		least = 255;
#ifndef BUG_GRANT_ON_OWN_DELIVERY
		for (i : 0 .. NODES - 1) {
			if
			:: i != n && has(synced[n], i) && acked[two(n, i)] < least ->
				least = acked[two(n, i)]
			:: else
			fi
		}
#endif
		if
		:: grant_count[n] <= least ->
			for (i : 0 .. NODES - 1) {
				/* rule 7 */
				assert(!(i != n && alive[i] && hold[i]))
			}
			hold[n] = 1;
			request[n] = NO_REQUEST;
			grant_count[n] = 0
		:: else
		fi
	:: else
	fi
}

/* table_lost() */
inline table_lost(n)
{
	has_table[n] = 0;
	running[n] = 0;
	holder[n] = NONE;
	queue_length[n] = 0;
	for (i : 0 .. NODES - 1) {
		queue[two(n, i)] = 0
	}
	count[n] = 0;
	epoch[n] = 0;
	class_in[n] = 0;
	unclean[n] = 0;
	synced[n] = 0;
	loaded[n] = 0;
	grant_count[n] = 0;
	if
	:: request[n] != NO_REQUEST -> request[n] = TO_SEND
	:: else
	fi
}

#define same_base(x, y)                                                                        \
	(base_epoch[x] == base_epoch[y] && base_count[x] == base_count[y] &&                   \
	 base_hash[x] == base_hash[y])

/* find_core(): epoch, then size, then the lowest; nobody here was written off and lives */
inline find_core(n)
{
	best = NONE;
	best_group = 0;
	for (i : 0 .. NODES - 1) {
		if
		:: has(ring_of(n), i) && base_synced[i] ->
			group = 0;
			k = 0;
			for (j : 0 .. NODES - 1) {
				if
				:: has(ring_of(n), j) && base_synced[j] && same_base(i, j) ->
					group = group | bit(j);
					k++
				:: else
				fi
			}
			if
			:: best == NONE || base_epoch[i] > base_epoch[best] ||
			   (base_epoch[i] == base_epoch[best] && k > least) ->
				best = i;
				best_group = group;
				least = k
			:: else
			fi
		:: else
		fi
	}
}

/* decide_core(), join_core(), member_hello() */
inline decide_core(n)
{
	if
	:: !decided[n] && hellos[n] == ring_of(n) ->
		find_core(n);
		if
		:: best == NONE
		:: best != NONE ->
			decided[n] = 1;
			if
			:: has_table[n] && has(best_group, n) ->
				synced[n] = best_group;
				for (i : 0 .. NODES - 1) {
					if
					:: has(best_group, i) ->
#ifdef BUG_STRANGERS_COUNT_AS_ACKED
						acked[two(n, i)] = 255
#else
						acked[two(n, i)] = base_count[best]
#endif
					:: else
					fi
				}
				unclean[n] = (unclean[n] & ~best_group) |
					     (class_in[n] & ~best_group)
			:: else ->
				if
				:: has_table[n] -> table_lost(n)
				:: else
				fi
			fi
		fi
	:: else
	fi
}

inline settle(n)
{
	decide_core(n);
	update_running(n);
	table_pump(n);
	own_advance(n)
}

#define is_heard (has_table[n_] && has(class_in[n_], m_from))
hidden byte n_;

/* lockspace_message() */
inline handle(n)
{
	n_ = n;
	if
	:: m_type == LOCK ->
		if
#ifdef BUG_OLD_RING_REQUEST_COUNTS
		:: is_heard ->
#else
		:: is_heard && m_fresh && has(synced[n], m_from) ->
#endif
			count[n]++;
			is_queued(n, m_from, k);
			if
			:: !k ->
				queue[two(n, queue_length[n])] = m_from;
				queue_length[n]++
			:: else
			fi
		:: else ->
			if
			:: m_from == n && request[n] == SENT -> request[n] = TO_SEND
			:: else
			fi
		fi
	:: m_type == UNLOCK ->
		if
		:: is_heard ->
			count[n]++;
			if
			:: holder[n] == m_from -> holder[n] = NONE
			:: else
			fi
		:: else
		fi
	:: m_type == ACK -> /* view_ack() */
		if
		:: m_fresh && is_heard && m_a > acked[two(n, m_from)] ->
			acked[two(n, m_from)] = m_a
		:: else
		fi
	:: m_type == HELLO ->
		if
		:: m_fresh -> hellos[n] = hellos[n] | bit(m_from)
		:: else
		fi
	:: m_type == CLAIM -> /* table_claim(), claim_apply(), claim_done() */
		if
		:: is_heard && m_fresh && !has(synced[n], m_from) ->
			count[n]++;
			if
			:: holder[n] == m_from -> holder[n] = NONE
			:: else
			fi
			/* two claims of one lock: then two held it */
			assert(!(has(m_a, 0) && holder[n] != NONE));
			if
			:: has(m_a, 0) -> holder[n] = m_from
			:: else
			fi
			is_queued(n, m_from, k);
			if
			:: has(m_a, 1) && !k ->
				queue[two(n, queue_length[n])] = m_from;
				queue_length[n]++
			:: !has(m_a, 1) && k -> unqueue(n, m_from)
			:: else
			fi
			synced[n] = synced[n] | bit(m_from);
			unclean[n] = unclean[n] & ~bit(m_from);
			acked[two(n, m_from)] = m_b;
			if
			:: m_from == n -> ack_due[n] = 1
			:: else
			fi
		:: else
		fi
	:: m_type == FENCED -> /* member_fenced(), write_off() */
		if
		:: is_heard && m_fresh ->
			count[n]++;
			if
			:: has(unclean[n], m_a) && !has(ring_of(n), m_a) ->
				class_in[n] = class_in[n] & ~bit(m_a);
				unclean[n] = unclean[n] & ~bit(m_a);
				if
				:: holder[n] == m_a -> holder[n] = NONE
				:: else
				fi
				unqueue(n, m_a)
			:: else
			fi
		:: else
		fi
	fi;
	settle(n)
}

/* lockspace_confchg() for NODEDOWN and NODEUP, then lockspace_ring() */
inline ring_changed(n)
{
	n_ = n;
	/* member_left(), members_ring_changed() */
#ifdef BUG_UNCLEAN_RELEASED_EARLY
	if
	:: holder[n] != NONE && !has(ring_of(n), holder[n]) -> holder[n] = NONE
	:: else
	fi
#endif
	synced[n] = synced[n] & ring_of(n);
	running[n] = 0;
	unclean[n] = unclean[n] | class_in[n];
	if
	:: has_table[n] && !has(synced[n], n) -> table_lost(n)
	:: else
	fi
	for (i : 0 .. NODES - 1) {
		acked[two(n, i)] = 0
	}
	decided[n] = 0;
	claim_sent[n] = 0;
	loaded[n] = 0;
	hellos[n] = 0;
	ack_due[n] = 0;
	hello_due[n] = 1;
	base_synced[n] = has_table[n];
	base_epoch[n] = epoch[n];
	base_count[n] = count[n];
	base_hash[n] = (has_table[n] -> hash_of(n) : 0)
}

/*
 * SYNC, CHUNK and what is kept meanwhile (m3) in one step: a joiner gets the table of a member of
 * the core that has read equally far.
 */
inline load(n, source)
{
	has_table[n] = 1;
	holder[n] = holder[source];
	queue_length[n] = queue_length[source];
	for (i : 0 .. NODES - 1) {
		queue[two(n, i)] = queue[two(source, i)]
	}
	count[n] = count[source];
	epoch[n] = epoch[source];
	class_in[n] = class_in[source];
	unclean[n] = unclean[source];
	synced[n] = synced[source];
	running[n] = running[source];
	loaded[n] = 1
}

hidden byte l_source;
#define may_load(n, source)                                                                    \
	(decided[n] && !has_table[n] && has(ring_of(n), source) && decided[source] &&          \
	 has(synced[source], source) && next_entry[n] == next_entry[source])

proctype node(byte n)
{
end:	do
	/* a client, lockspace_lock(), lockspace_unlock() */
	:: d_step {
		alive[n] && requests_left > 0 && request[n] == NO_REQUEST && !hold[n] ->
		requests_left--;
		request[n] = TO_SEND
	}
	:: d_step {
		alive[n] && hold[n] && room(n) ->
		hold[n] = 0;
		send(n, UNLOCK, 0, 0)
	}
	/* own_advance(): send_request() */
	:: d_step {
		alive[n] && request[n] == TO_SEND && has_table[n] && decided[n] &&
			has(synced[n], n) && room(n) ->
		request[n] = SENT;
		send(n, LOCK, 0, 0)
	}
	/* lockspace_flush() */
	:: d_step {
		alive[n] && ack_due[n] && has_table[n] && decided[n] && has(synced[n], n) &&
			room(n) ->
		ack_due[n] = 0;
		send(n, ACK, count[n], 0)
	}
	:: d_step {
		alive[n] && hello_due[n] && room(n) ->
		hello_due[n] = 0;
		send(n, HELLO, 0, 0)
	}
	/* send_claim() */
	:: d_step {
		alive[n] && has_table[n] && loaded[n] && !has(synced[n], n) && !claim_sent[n] &&
			room(n) ->
		claim_sent[n] = 1;
#ifdef BUG_CLAIM_FORGETS_HOLDS
		send(n, CLAIM, (request[n] != NO_REQUEST -> 2 : 0), count[n]);
#else
		send(n, CLAIM, (hold[n] -> 1 : 0) | (request[n] != NO_REQUEST -> 2 : 0), count[n]);
#endif
		if
		:: request[n] != NO_REQUEST -> request[n] = SENT
		:: else
		fi
	}
	:: d_step {
		may_load(n, 0) -> load(n, 0)
	}
	:: d_step {
		may_load(n, 1) -> load(n, 1)
	}
#if NODES > 2
	:: d_step {
		may_load(n, 2) -> load(n, 2)
	}
#endif
	/* corosync */
	:: d_step {
		alive[n] && outbox_length[n] > 0 && log_length[component[n]] < LOG -> order(n)
	}
	:: d_step {
		alive[n] && next_entry[n] < log_length[component[n]] -> deliver(n)
	}
	/* lockspace_fence_ack() of what was really switched off */
	:: d_step {
		alive[n] && decided[n] && has_table[n] && has(synced[n], n) && room(n) &&
			unclean[n] != 0 && is_quorate(ring_of(n)) ->
		lowest(synced[n], k);
		lowest((unclean[n] & ~ring_of(n)), j);
		if
		:: k == n && j < NODES && (!alive[j] || mask[j] == bit(j)) &&
		   !(outbox_length[n] > 0 && outbox[out(n, 0)].type == FENCED) ->
			send(n, FENCED, j, 0);
			if
			:: alive[j] ->
				switch_off(j);
				hold[j] = 0;
				request[j] = NO_REQUEST;
				table_lost(j);
				hello_due[j] = 0;
				ack_due[j] = 0;
				decided[j] = 0
			:: else
			fi
		:: else
		fi
	}
	od
}

proctype network()
{
	byte part, extra1, extra2;
end:	do
	:: atomic {
		changes_left > 0 && mask[0] == ALL ->
		changes_left--;
#if NODES == 2
		part = 1;
#else
		if
		:: part = 1
		:: part = 2
		:: part = 4
		fi;
#endif
		select (extra1 : 0 .. LOG - 1);
		select (extra2 : 0 .. LOG - 1);
		d_step {
			split(0, part, extra1, extra2);
			part = 0;
			extra1 = 0;
			extra2 = 0
		}
	}
	:: d_step {
		changes_left > 0 && alive[0] && mask[0] != ALL && mask[1] != 0 && mask[0] != 0 ->
		changes_left--;
		merge(0, 1)
	}
#if NODES > 2
	:: d_step {
		changes_left > 0 && alive[0] && mask[0] != 0 && mask[2] != 0 ->
		changes_left--;
		merge(0, 2)
	}
#endif
	od
}

/* When nothing can happen any more, nobody waits who could have it. */
proctype observer()
{
end:	do
	:: timeout ->
	   d_step {
		for (i : 0 .. NODES - 1) {
			assert(!(alive[i] && is_quorate(ring_of(i)) && request[i] != NO_REQUEST))
		}
		i = 0
	}
	od
}

init {
	atomic {
		group_begin();
		for (i : 0 .. NODES - 1) {
			has_table[i] = 1;
			holder[i] = NONE;
			class_in[i] = ALL;
			synced[i] = ALL;
			decided[i] = 1;
			running[i] = 1;
			hellos[i] = ALL
		}
		run node(0);
		run node(1);
#if NODES > 2
		run node(2);
#endif
		run network();
		run observer()
	}
}
