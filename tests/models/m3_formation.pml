/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * m3: formation. No daemon has a table any more; one kernel may have a volume active. The link is cut
 * and heals, an administrator switches nodes off and says so, they boot again. Rule 20: nobody forms
 * while an absent node may hold, nor runs before all have claimed. README.md says more.
 *
 * run: -DCHANGES=1 -DOFFS=1
 * bug: -DBUG_FORMS_WITHOUT_ALL -DCHANGES=1 -DOFFS=0
 * bug: -DBUG_RUNS_BEFORE_ALL_CLAIMED -DCHANGES=0 -DOFFS=0
 */
#ifndef NODES
#define NODES 3
#endif
#ifndef CHANGES
#define CHANGES 2
#endif
#ifndef OFFS
#define OFFS 1
#endif
#define LOG    3
#define OUTBOX 2

mtype = { HELLO, FORM, CLAIM, FENCED };
#define NONE 15

#include "group.inc"

/* kernels: the volume is active in it */
bit hold[NODES];

/* view, of this ring */
byte hellos[NODES], hello_synced[NODES], acked_down[NODES];
bit hello_due[NODES], form_sent[NODES], claim_sent[NODES];

/* table */
bit has_table[NODES], forming[NODES], running[NODES];
byte class_in[NODES], synced[NODES], unclean[NODES], holder[NODES];

byte changes_left = CHANGES, offs_left = OFFS;
hidden byte n_, i, k;

#define is_quorate(set) ((has(set, 0) + has(set, 1) + has(set, 2)) * 2 > NODES)
#define hellos_complete(n) (hellos[n] == ring_of(n))

#ifdef BUG_FORMS_WITHOUT_ALL
#define all_are_known(n) 1
#else
#define all_are_known(n) ((hellos[n] | acked_down[n]) == ALL)
#endif
#ifdef BUG_RUNS_BEFORE_ALL_CLAIMED
#define nobody_is_unclean(n) 1
#else
#define nobody_is_unclean(n) (unclean[n] == 0)
#endif

/* may_form(), transfer_advance() */
#define may_form(n)                                                                            \
	(!has_table[n] && !form_sent[n] && is_quorate(ring_of(n)) && hello_synced[n] == 0 &&   \
	 hellos_complete(n) && all_are_known(n) && component[n] == n)

inline table_lost(n)
{
	has_table[n] = 0;
	forming[n] = 0;
	running[n] = 0;
	class_in[n] = 0;
	synced[n] = 0;
	unclean[n] = 0;
	holder[n] = NONE;
	claim_sent[n] = 0
}

/* may_run(), update_running() */
inline settle(n)
{
	if
	:: has_table[n] && !forming[n] && is_quorate(ring_of(n)) && nobody_is_unclean(n) &&
	   hellos_complete(n) && synced[n] != 0 ->
		running[n] = 1;
		for (i : 0 .. NODES - 1) {
			/* the table knows what any kernel has active */
			assert(!(alive[i] && hold[i] && holder[n] != i))
		}
	:: else -> running[n] = 0
	fi
}

inline handle(n)
{
	n_ = n;
	if
	:: m_type == HELLO -> /* view_hello() */
		if
		:: m_fresh && has(ring_of(n), m_from) ->
			hellos[n] = hellos[n] | bit(m_from);
			acked_down[n] = acked_down[n] & ~bit(m_from);
			if
			:: m_a -> hello_synced[n] = hello_synced[n] | bit(m_from)
			:: else
			fi
			if
			:: !has_table[n] && hello_synced[n] == 0 ->
				acked_down[n] = acked_down[n] | (m_b & ~ring_of(n))
			:: else
			fi
		:: else
		fi
	:: m_type == FORM -> /* form_is_valid(), transfer_form(), form_member() */
		if
		:: m_from == n -> form_sent[n] = 0
		:: else
		fi
		if
		:: m_fresh && !has_table[n] && hello_synced[n] == 0 && hellos_complete(n) &&
		   m_a == hellos[n] && m_from == component[n] ->
			for (i : 0 .. NODES - 1) {
				/* rule 20 */
				assert(has(m_a, i) || !alive[i] || !hold[i])
			}
			has_table[n] = 1;
			forming[n] = 1;
			class_in[n] = m_a;
			unclean[n] = m_a
		:: else
		fi
	:: m_type == CLAIM -> /* table_claim(), claim_done() */
		if
		:: m_fresh && has_table[n] && has(class_in[n], m_from) && !has(synced[n], m_from) ->
			if
			:: m_a -> holder[n] = m_from
			:: else
			fi
			synced[n] = synced[n] | bit(m_from);
			unclean[n] = unclean[n] & ~bit(m_from);
			hello_synced[n] = hello_synced[n] | bit(m_from);
			forming[n] = 0
		:: else
		fi
	:: m_type == FENCED -> /* fenced_before_formation(), member_fenced() */
		if
		:: m_fresh && !has_table[n] && hello_synced[n] == 0 && !has(ring_of(n), m_a) ->
			acked_down[n] = acked_down[n] | bit(m_a)
		:: m_fresh && has_table[n] && has(unclean[n], m_a) && !has(ring_of(n), m_a) ->
			unclean[n] = unclean[n] & ~bit(m_a);
			class_in[n] = class_in[n] & ~bit(m_a);
			if
			:: holder[n] == m_a -> holder[n] = NONE
			:: else
			fi
		:: else
		fi
	fi;
	settle(n)
}

/* one_left(), one_joined(), lockspace_ring(), see_ring_members() */
inline ring_changed(n)
{
	if
	:: (saw[n] & ~ring_of(n)) != 0 -> acked_down[n] = 0
	:: else
	fi
	acked_down[n] = acked_down[n] & ~ring_of(n);
	if
	:: has_table[n] && !has(synced[n], n) -> table_lost(n)
	:: has_table[n] && has(synced[n], n) ->
		/* who is lost, or did not claim; the copies of the core are m1's matter */
		unclean[n] = class_in[n] & ~(synced[n] & ring_of(n));
		synced[n] = synced[n] & ring_of(n);
		running[n] = 0
	:: else
	fi
	hellos[n] = 0;
	hello_synced[n] = 0;
	form_sent[n] = 0;
	claim_sent[n] = 0;
	hello_due[n] = 1
}

proctype node(byte n)
{
end:	do
	/* send_hello(): synced; whom it was told to be down */
	:: d_step {
		alive[n] && hello_due[n] && room(n) ->
		hello_due[n] = 0;
		send(n, HELLO, (has_table[n] && has(synced[n], n)), (has_table[n] -> 0 : acked_down[n]))
	}
	:: d_step {
		alive[n] && room(n) && may_form(n) ->
		form_sent[n] = 1;
		send(n, FORM, hellos[n], 0)
	}
	:: d_step {
		alive[n] && has_table[n] && !has(synced[n], n) && !claim_sent[n] && room(n) ->
		claim_sent[n] = 1;
		send(n, CLAIM, hold[n], 0)
	}
	:: d_step {
		alive[n] && outbox_length[n] > 0 && log_length[component[n]] < LOG -> order(n)
	}
	:: d_step {
		alive[n] && next_entry[n] < log_length[component[n]] -> deliver(n)
	}
	od
}

hidden byte victim;

/* An administrator switches off who is alone, then says so where it is accepted. */
inline switch_off_and_say(n, who)
{
	if
	:: alive[who] ->
		offs_left--;
		switch_off(who);
		hold[who] = 0;
		table_lost(who);
		hellos[who] = 0;
		hello_synced[who] = 0;
		acked_down[who] = 0;
		hello_due[who] = 0;
		form_sent[who] = 0
	:: else
	fi
	send(n, FENCED, who, 0)
}

#define may_say(n, who)                                                                        \
	(alive[n] && !has(ring_of(n), who) && is_quorate(ring_of(n)) && room(n) &&             \
	 ((alive[who] && mask[who] == bit(who) && offs_left > 0) || !alive[who]) &&            \
	 (has_table[n] -> has(unclean[n], who) && has(synced[n], n) :                          \
	  hello_synced[n] == 0 && !has(acked_down[n], who)) &&                                 \
	 outbox[out(n, 0)].type != FENCED)

proctype administrator()
{
end:	do
	:: d_step {
		may_say(0, 1) -> switch_off_and_say(0, 1)
	}
	:: d_step {
		may_say(0, 2) -> switch_off_and_say(0, 2)
	}
	:: d_step {
		may_say(1, 0) -> switch_off_and_say(1, 0)
	}
	od
}

proctype network()
{
	byte part, extra1, extra2, c, d;
end:	do
	:: atomic {
		changes_left > 0 && mask[0] == ALL ->
		changes_left--;
		if
		:: part = 1
		:: part = 2
		:: part = 4
		fi;
		select (extra1 : 0 .. LOG - 1);
		select (extra2 : 0 .. LOG - 1);
		d_step {
			split(0, part, extra1, extra2);
			part = 0;
			extra1 = 0;
			extra2 = 0
		}
	}
	:: atomic {
		changes_left > 0 ->
		if
		:: c = 0; d = 1
		:: c = 0; d = 2
		fi;
		if
		:: mask[c] != 0 && mask[d] != 0 ->
			d_step {
				changes_left--;
				merge(c, d);
				c = 0;
				d = 0
			}
		:: else -> c = 0; d = 0
		fi
	}
	/* boots, alone, with nothing */
	:: d_step {
		!alive[2] && mask[2] == 0 && changes_left > 0 ->
		alive[2] = 1;
		component[2] = 2;
		mask[2] = 4;
		hello_due[2] = 1
	}
	od
}

/* All together, or quorate with the rest known to be down: then it runs. */
proctype observer()
{
end:	do
	:: timeout ->
	   d_step {
		for (i : 0 .. NODES - 1) {
			assert(!(alive[i] && ring_of(i) == ALL && !has_table[i] && hello_synced[i] == 0))
			assert(!(alive[i] && has_table[i] && is_quorate(ring_of(i)) && !running[i] &&
				 unclean[i] == 0))
		}
		i = 0
	}
	od
}

init {
	atomic {
		group_begin();
		if
		:: hold[0] = 1
		:: hold[1] = 1
		:: hold[2] = 1
		fi;
		for (i : 0 .. NODES - 1) {
			hello_due[i] = 1;
			holder[i] = NONE
		}
		run node(0);
		run node(1);
		run node(2);
		run administrator();
		run network();
		run observer()
	}
}
