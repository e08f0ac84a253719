/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * m2: when the table runs. Rings come and go (a third node, with a vote and without clvmd, leaves
 * and returns), quorum callbacks come on a channel of their own, late, and also on the same ring;
 * one clvmd dies and starts again without a ring change. Rules 9 and 10. README.md says more.
 *
 * run: -DRINGS=1 -DFLIPS=1 -DDEATHS=1
 * run: -DRINGS=2 -DFLIPS=1 -DDEATHS=0
 * bug: -DBUG_STATE_OF_ANOTHER_RING_COUNTS -DDEATHS=0
 * bug: -DBUG_QUORUM_OF_ANOTHER_RING_IS_SAID
 * bug: -DBUG_STATE_ONCE_A_RING
 * bug: -DBUG_PROCDOWN_PAUSES -DRINGS=1 -DFLIPS=0
 */
#ifndef RINGS
#define RINGS 2 /* new ones */
#endif
#ifndef FLIPS
#define FLIPS 2 /* of quorum, on the same ring */
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#define LOG 4
#define has(set, n) (((set) >> (n)) & 1)
#define bit(n)	    (1 << (n))

mtype = { RING, JOIN, PROCDOWN, HELLO, STATE, CLAIM };

typedef entry {
	byte type;
	byte from;
	byte ring;
	bit flag
}

/* corosync: one log for all, everybody has read a part of it */
entry log[LOG];
byte log_length;
byte last_ring = 1;
bit quorate = 1;
bit up[2];
byte next_entry[2];
chan callbacks[2] = [2] of { byte, bit };

/* view */
byte ring[2], present[2], hellos[2], hello_synced[2];
bit hello_due[2], state_due[2], state_sent[2], decided[2], loaded[2], claim_sent[2];
byte sent_ring[2];
bit sent_quorate[2];
byte quorum_ring[2]; /* of the last callback */
bit quorum_quorate[2];

/* table */
bit has_table[2], running[2];
byte synced[2], state_valid[2], state_quorate[2];

/* what was ever true: node n was told that these rings are quorate */
byte told_quorate[2];

bit stays_down;
byte rings_left = RINGS, flips_left = FLIPS, deaths_left = DEATHS;
hidden byte i, e_type, e_from, e_ring, e_flag;

inline append(what, who, with_ring, with_flag)
{
	log[log_length].type = what;
	log[log_length].from = who;
	log[log_length].ring = with_ring;
	log[log_length].flag = with_flag;
	log_length++
}

inline trim()
{
	if
	:: log_length > 0 && (!up[0] || next_entry[0] > 0) && (!up[1] || next_entry[1] > 0) ->
		for (i : 0 .. LOG - 2) {
			log[i].type = log[i + 1].type;
			log[i].from = log[i + 1].from;
			log[i].ring = log[i + 1].ring;
			log[i].flag = log[i + 1].flag
		}
		log[LOG - 1].type = 0;
		log[LOG - 1].from = 0;
		log[LOG - 1].ring = 0;
		log[LOG - 1].flag = 0;
		log_length--;
		if
		:: up[0] -> next_entry[0]--
		:: else
		fi
		if
		:: up[1] -> next_entry[1]--
		:: else
		fi
	:: else
	fi
}

#ifdef BUG_STATE_OF_ANOTHER_RING_COUNTS
#define ring_counts(n) 1
#else
#define ring_counts(n) (e_ring == ring[n])
#endif

#define hellos_complete(n) (hellos[n] == present[n])

#define may_run(n)                                                                             \
	(has_table[n] && decided[n] && synced[n] != 0 &&                                       \
	 (synced[n] & state_valid[n] & state_quorate[n]) == synced[n])

inline table_lost(n)
{
	has_table[n] = 0;
	loaded[n] = 0;
	running[n] = 0;
	synced[n] = 0
}

/* decide_core(), join_core(), update_running() */
inline settle(n)
{
	if
	:: hellos_complete(n) && !decided[n] && hello_synced[n] != 0 ->
		decided[n] = 1;
		if
		:: has_table[n] && has(hello_synced[n], n) -> synced[n] = hello_synced[n]
		:: has_table[n] && !has(hello_synced[n], n) -> table_lost(n)
		:: else
		fi
	:: else
	fi
	if
	:: may_run(n) ->
		if
		:: !running[n] ->
			/* no member runs on the quorum of an older ring */
			assert(!has(synced[n], 0) || has(told_quorate[0], ring[n]));
			assert(!has(synced[n], 1) || has(told_quorate[1], ring[n]))
		:: else
		fi
		running[n] = 1
	:: else -> running[n] = 0
	fi
}

inline deliver(n)
{
	e_type = log[next_entry[n]].type;
	e_from = log[next_entry[n]].from;
	e_ring = log[next_entry[n]].ring;
	e_flag = log[next_entry[n]].flag;
	next_entry[n]++;
	printf("%d is given %e of %d, ring %d, flag %d\n", n, e_type, e_from, e_ring, e_flag);
	if
	:: e_type == RING -> /* lockspace_ring(), members_ring_changed() */
		if
		:: has_table[n] && !has(synced[n], n) -> table_lost(n)
		:: else
		fi
		ring[n] = e_ring;
		decided[n] = 0;
		claim_sent[n] = 0;
		loaded[n] = 0;
		hellos[n] = 0;
		hello_synced[n] = 0;
		state_valid[n] = 0;
		state_quorate[n] = 0;
		hello_due[n] = 1;
		state_due[n] = 1
	:: e_type == JOIN -> /* one_joined() */
		present[n] = present[n] | bit(e_from);
		hellos[n] = 0;
		hello_due[n] = 1;
		state_due[n] = 1;
		if
		:: e_from == n -> ring[n] = e_ring
		:: else
		fi
	:: e_type == PROCDOWN -> /* one_left(), member_left() */
		present[n] = present[n] & ~bit(e_from);
		hellos[n] = hellos[n] & ~bit(e_from);
		hello_synced[n] = hello_synced[n] & ~bit(e_from);
		synced[n] = synced[n] & ~bit(e_from);
		state_valid[n] = state_valid[n] & ~bit(e_from);
		state_quorate[n] = state_quorate[n] & ~bit(e_from);
#ifdef BUG_PROCDOWN_PAUSES
		state_valid[n] = 0;
		state_quorate[n] = 0
#endif
	:: e_type == HELLO -> /* view_hello() */
		if
		:: e_ring == ring[n] ->
			hellos[n] = hellos[n] | bit(e_from);
			if
			:: e_flag -> hello_synced[n] = hello_synced[n] | bit(e_from)
			:: else
			fi
		:: else
		fi
	:: e_type == STATE -> /* table_state() */
		if
		:: ring_counts(n) ->
			state_valid[n] = state_valid[n] | bit(e_from);
			state_quorate[n] = (state_quorate[n] & ~bit(e_from)) |
					   (e_flag -> bit(e_from) : 0)
		:: else
		fi
	:: e_type == CLAIM -> /* table_claim(), claim_done() */
		if
		:: e_ring == ring[n] ->
			hello_synced[n] = hello_synced[n] | bit(e_from);
			if
			:: has_table[n] -> synced[n] = synced[n] | bit(e_from)
			:: else
			fi
		:: else
		fi
	fi;
	settle(n);
	trim()
}

#ifdef BUG_QUORUM_OF_ANOTHER_RING_IS_SAID
#define callback_is_for(n, r) 1
#else
#define callback_is_for(n, r) (quorum_ring[n] == (r))
#endif

#ifdef BUG_STATE_ONCE_A_RING
#define says_something_new(n) (!state_sent[n] || sent_ring[n] != ring[n])
#else
#define says_something_new(n)                                                                  \
	(state_due[n] || !state_sent[n] || sent_ring[n] != ring[n] ||                          \
	 sent_quorate[n] != quorum_quorate[n])
#endif

#define is_listening(n) (up[n] && ring[n] != 0)
#define may_load(n, m)                                                                         \
	(is_listening(n) && up[m] && decided[n] && !has_table[n] && has(synced[m], m) &&       \
	 decided[m] && next_entry[n] == next_entry[m] && hellos_complete(n) && hellos_complete(m))

inline load(n, m)
{
	has_table[n] = 1;
	loaded[n] = 1;
	synced[n] = synced[m];
	state_valid[n] = state_valid[m];
	state_quorate[n] = state_quorate[m];
	settle(n)
}

proctype daemon(byte n)
{
end:	do
	:: d_step {
		up[n] && next_entry[n] < log_length -> deliver(n)
	}
	/* lockspace_quorum() */
	:: d_step {
		is_listening(n) && callbacks[n] ? [_, _] ->
		callbacks[n] ? quorum_ring[n], quorum_quorate[n];
		printf("%d is told: ring %d is quorate: %d\n", n, quorum_ring[n], quorum_quorate[n]);
		if
		:: quorum_quorate[n] -> told_quorate[n] = told_quorate[n] | bit(quorum_ring[n])
		:: else
		fi
	}
	/* send_hello() */
	:: d_step {
		is_listening(n) && hello_due[n] && log_length < LOG ->
		hello_due[n] = 0;
		append(HELLO, n, ring[n], ((has_table[n] && has(synced[n], n)) || claim_sent[n]))
	}
	/* send_hello_and_state(), send_state() */
	:: d_step {
		is_listening(n) && !hello_due[n] && quorum_ring[n] != 0 &&
			callback_is_for(n, ring[n]) && says_something_new(n) && log_length < LOG ->
		state_due[n] = 0;
		state_sent[n] = 1;
		sent_ring[n] = ring[n];
		sent_quorate[n] = quorum_quorate[n];
		append(STATE, n, ring[n], quorum_quorate[n])
	}
	/* transfer_advance(), send_claim(): after STATE, so that a table that runs does not pause */
	:: d_step {
		is_listening(n) && has_table[n] && loaded[n] && !has(synced[n], n) &&
			!claim_sent[n] && state_sent[n] && !state_due[n] &&
			sent_ring[n] == ring[n] && log_length < LOG ->
		claim_sent[n] = 1;
		append(CLAIM, n, ring[n], 0)
	}
	/* SYNC and CHUNK in one step: m3 */
	:: d_step {
		may_load(n, 1 - n) -> load(n, 1 - n)
	}
	od
}

inline call_back(n)
{
	if
	:: up[n] -> callbacks[n] ! last_ring, quorate
	:: else
	fi
}

#define may_call_back (nfull(callbacks[0]) && nfull(callbacks[1]))

proctype network()
{
end:	do
	/* the third node leaves or comes back: another ring, quorate or not, no confchg (F3) */
	:: atomic {
		rings_left > 0 && log_length < LOG && may_call_back ->
		if
		:: quorate = 1
		:: quorate = 0
		fi;
		d_step {
			rings_left--;
			last_ring++;
			append(RING, 0, last_ring, 0);
			call_back(0);
			call_back(1)
		}
	}
	/* qdevice, expected_votes, wait_for_all (F5) */
	:: d_step {
		flips_left > 0 && may_call_back ->
		flips_left--;
		quorate = 1 - quorate;
		call_back(0);
		call_back(1)
	}
	:: atomic {
		up[1] && deaths_left > 0 && log_length < LOG ->
		if
		:: stays_down = 1
		:: stays_down = 0
		fi;
		deaths_left--;
		d_step {
		append(PROCDOWN, 1, 0, 0);
		up[1] = 0;
		next_entry[1] = 0;
		do
		:: callbacks[1] ? _, _
		:: empty(callbacks[1]) -> break
		od;
		ring[1] = 0;
		present[1] = 0;
		hellos[1] = 0;
		hello_synced[1] = 0;
		hello_due[1] = 0;
		state_due[1] = 0;
		state_sent[1] = 0;
		decided[1] = 0;
		claim_sent[1] = 0;
		sent_ring[1] = 0;
		sent_quorate[1] = 0;
		quorum_ring[1] = 0;
		quorum_quorate[1] = 0;
		state_valid[1] = 0;
		state_quorate[1] = 0;
		table_lost(1)
		}
	}
	/* it starts again: JOIN, and a first callback */
	:: d_step {
		!up[1] && !stays_down && log_length < LOG ->
		up[1] = 1;
		next_entry[1] = log_length;
		append(JOIN, 1, last_ring, 0);
		present[1] = 3;
		call_back(1)
	}
	od
}

/* Nothing more to come: it runs if and only if the cluster is quorate, and all take part. */
proctype observer()
{
end:	do
	:: timeout ->
	   d_step {
		assert(running[0] == quorate && (!up[1] || running[1] == quorate));
		assert(synced[0] == (up[1] -> 3 : 1) && (!up[1] || synced[1] == 3));
		i = 0
	}
	od
}

init {
	atomic {
		for (i : 0 .. 1) {
			up[i] = 1;
			ring[i] = 1;
			present[i] = 3;
			hellos[i] = 3;
			hello_synced[i] = 3;
			decided[i] = 1;
			state_sent[i] = 1;
			sent_ring[i] = 1;
			sent_quorate[i] = 1;
			quorum_ring[i] = 1;
			quorum_quorate[i] = 1;
			told_quorate[i] = 2;
			has_table[i] = 1;
			running[i] = 1;
			synced[i] = 3;
			state_valid[i] = 3;
			state_quorate[i] = 3
		}
		run daemon(0);
		run daemon(1);
		run network();
		run observer()
	}
}
