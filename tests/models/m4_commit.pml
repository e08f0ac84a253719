/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * m4: one operation of node 0 (suspend on all, commit to disk, resume), its point of no return, and
 * who ends it when the command, its daemon, its node, or those of a participant die, or the link is
 * cut. Rules 22 to 24. README.md says more.
 *
 * run: -DKILLS=1 -DDEATHS=0 -DCUTS=0
 * run: -DKILLS=0 -DDEATHS=0 -DCUTS=1
 * bug: -DKILLS=0 -DDEATHS=0 -DCUTS=1 -DBUG_COMMIT_WITHOUT_ACKS
 * bug: -DKILLS=0 -DDEATHS=0 -DCUTS=1 -DBUG_GOES_BACK_AFTER_COMMIT
 * bug: -DKILLS=0 -DDEATHS=1 -DCUTS=0 -DBUG_RECOVERS_WHILE_OWNER_MAY_WRITE
 * bug: -DKILLS=0 -DDEATHS=1 -DCUTS=0 -DBUG_DEBT_FORGOTTEN
 */
#ifndef NODES
#define NODES 3
#endif
#ifndef KILLS
#define KILLS 1 /* of the command */
#endif
#ifndef DEATHS
#define DEATHS 1 /* of daemons; they start again */
#endif
#ifndef CUTS
#define CUTS 1
#endif
#define LOG    3
#define OUTBOX 3

mtype = { PREPARE, COMMIT, ABORT, RESUME, OVER, OUTCOME, RESULT, ACK, GONE, CLAIM, PROCDOWN, FENCED };

#include "group.inc"

/* ---- table: the operation ---- */
byte phase[NODES]; /* 0: not begun */
byte targets[NODES], pending[NODES], gone[NODES], was_lost[NODES]; /* sets of nodes */
bit doomed[NODES], client_gone[NODES], commit_in_ring[NODES];
byte recoverer[NODES]; /* node + 1 */
byte synced[NODES], unclean[NODES];
bit has_table[NODES], claim_sent[NODES];

/* ---- on each node ---- */
bit up[NODES]; /* its daemon */
bit ack_due[NODES], outcome_due[NODES];
byte result_due[NODES];
byte acked[NODES]; /* at node 0: who acknowledged COMMIT, in this ring */
#define RUNS_OLD   0 /* never suspended */
#define SUSPENDED  1
#define WENT_BACK  2
#define RUNS_NEW   3
byte kernel[NODES];

/* ---- the command on node 0, the disk ---- */
#define IDLE	   0
#define PREPARING  1
#define PREPARED   2
#define COMMITTING 3
#define PERMITTED  4
#define WRITTEN	   5
#define FAILED	   6
#define ENDING	   7
#define DONE	   8
byte command;
bit killed;
bit owner_restarted;
bit disk;
byte said; /* OUTCOME: 1 old, 2 new */

byte kills_left = KILLS, deaths_left = DEATHS, cuts_left = CUTS;

hidden byte n_, i, k, d_phase;

#define is_quorate(set)	    ((has(set, 0) + has(set, 1) + has(set, 2)) * 2 > NODES)
#define running(n)	    (unclean[n] == 0 && is_quorate(ring_of(n)) && has(synced[n], n))
#define is_final(n)	    (phase[n] == ABORT || phase[n] == RESUME)
#define is_pending(n)	    ((pending[n] & ~gone[n]) != 0)
#define is_open(n)	    (phase[n] == PREPARE || phase[n] == COMMIT)
#define owner_is_alive(n)   (has(synced[n], 0) && !owner_restarted)
#define is_mine(n)	    (n == 0 && !killed && !owner_restarted)

#ifdef BUG_GOES_BACK_AFTER_COMMIT
#define phase_proves_old(n) is_open(n)
#else
#define phase_proves_old(n) (phase[n] == PREPARE)
#endif
#define is_proof_of_old(n) (phase_proves_old(n) && (targets[n] & ~was_lost[n]) != 0)

#ifdef BUG_DEBT_FORGOTTEN
#define is_over(n) (is_final(n))
#else
#define is_over(n) (is_final(n) && pending[n] == 0)
#endif

/* EFFECT_RUN: what clvmd/operation.c has the node's worker do */
inline run_here(n)
{
	if
	:: phase[n] == PREPARE -> kernel[n] = SUSPENDED
	:: phase[n] == ABORT ->
		/* nobody goes back once the new text counts */
		assert(kernel[n] != SUSPENDED || !disk);
		kernel[n] = (kernel[n] == SUSPENDED -> WENT_BACK : kernel[n])
	:: phase[n] == RESUME ->
		/* nobody runs it before */
		assert(kernel[n] != SUSPENDED || disk);
		kernel[n] = (kernel[n] == SUSPENDED -> RUNS_NEW : kernel[n])
	fi;
	printf("    %d: kernel %d, disk %d\n", n, kernel[n], disk);
	result_due[n] = phase[n]
}

/* op_settle() */
inline op_settle(n)
{
	if
	:: phase[n] != 0 && phase[n] != OVER && !is_pending(n) && phase[n] != COMMIT ->
		if
		:: is_mine(n) && phase[n] == PREPARE && command == PREPARING -> command = PREPARED
		:: is_mine(n) && is_final(n) && command == ENDING -> command = DONE
		:: else
		fi
		if
		:: is_over(n) ->
			/* from here on others may write to the VG (rule 24, ops_block()) */
			for (k : 0 .. NODES - 1) {
				assert(!(alive[k] && has(ring_of(n), k) && has(targets[n], k) &&
					 kernel[k] == SUSPENDED))
			}
			phase[n] = OVER;
			targets[n] = 0;
			pending[n] = 0;
			gone[n] = 0;
			was_lost[n] = 0;
			doomed[n] = 0;
			client_gone[n] = 0;
			recoverer[n] = 0
		:: else
		fi
	:: else
	fi
}

/* op_decide() */
inline op_decide(n, to)
{
	phase[n] = to;
	if
	:: is_mine(n) && (command == PREPARING || command == PREPARED || command == COMMITTING) ->
		command = FAILED
	:: else
	fi
	pending[n] = targets[n];
	if
	:: has(targets[n], n) && !has(gone[n], n) -> run_here(n)
	:: else
	fi
	op_settle(n)
}

/* target_lost() */
inline target_lost(n, who)
{
	if
	:: has(targets[n], who) && !has(gone[n], who) ->
		gone[n] = gone[n] | bit(who);
		was_lost[n] = was_lost[n] | bit(who);
		if
		:: !is_final(n) -> doomed[n] = 1; pending[n] = pending[n] & ~bit(who)
		:: else
		fi
	:: else
	fi
}

/* ops_member_lost() */
inline member_lost(n, who)
{
	target_lost(n, who);
	if
	:: recoverer[n] == who + 1 -> recoverer[n] = 0
	:: else
	fi
	if
	:: who == 0 && is_proof_of_old(n) -> op_decide(n, ABORT)
	:: else -> op_settle(n)
	fi
}

#ifdef BUG_RECOVERS_WHILE_OWNER_MAY_WRITE
#define nobody_drives_it(n) (client_gone[n] || !has(synced[n], 0))
#define may_recover(n)	    1
#else
#define nobody_drives_it(n) (client_gone[n])
#define may_recover(n)	    (owner_is_alive(n) || running(n))
#endif

/* ops_advance(), recover() */
inline ops_advance(n)
{
	if
	:: has_table[n] && synced[n] != 0 && is_open(n) && nobody_drives_it(n) ->
		if
		:: is_proof_of_old(n) -> op_decide(n, ABORT)
		:: !is_proof_of_old(n) && may_recover(n) && recoverer[n] == 0 ->
			k = 0;
			do
			:: has(synced[n], k) -> break
			:: else -> k++
			od;
			recoverer[n] = (owner_is_alive(n) -> 1 : k + 1);
			if
			:: recoverer[n] == n + 1 -> outcome_due[n] = 1
			:: else
			fi
		:: else
		fi
	:: else
	fi
}

#ifdef BUG_COMMIT_WITHOUT_ACKS
#define all_acknowledged 1
#else
#define all_acknowledged (((targets[0] & ~acked[0]) & ~1) == 0)
#endif
#define is_doomed(n) (doomed[n])

/* permit() */
inline permit(n)
{
	if
	:: is_mine(n) && command == COMMITTING && phase[n] != PREPARE ->
		if
		:: phase[n] != COMMIT || is_doomed(n) || !commit_in_ring[n] -> command = FAILED
		:: else ->
			if
			:: all_acknowledged -> command = PERMITTED
			:: else
			fi
		fi
	:: else
	fi
}

inline settle(n)
{
	ops_advance(n);
	permit(n)
}

#define is_heard (has_table[n_])
#define counts	 (m_fresh && has(synced[n_], m_from))

inline handle(n)
{
	n_ = n;
	if
	:: !up[n] || !is_heard ->
		skip
	:: up[n] && is_heard ->
		if
		:: m_type == PREPARE -> /* op_start() */
			if
			:: counts ->
				phase[n] = PREPARE;
				targets[n] = synced[n];
				pending[n] = synced[n];
				if
				:: has(targets[n], n) -> run_here(n)
				:: else
				fi
			:: else ->
				if
				:: is_mine(n) && command == PREPARING -> command = IDLE
				:: else
				fi
			fi
		:: m_type == COMMIT -> /* op_commit(), own_op_returned() */
			if
			:: counts && phase[n] == PREPARE && !is_doomed(n) && !client_gone[n] &&
			   pending[n] == 0 ->
				phase[n] = COMMIT;
				commit_in_ring[n] = 1;
				ack_due[n] = 1
			:: else ->
				if
				:: is_mine(n) && command == COMMITTING -> command = FAILED
				:: else
				fi
			fi
		:: m_type == ABORT || m_type == RESUME -> /* op_end() */
			d_phase = m_type;
			if
			:: is_open(n) && (d_phase == ABORT || phase[n] == COMMIT) ->
				op_decide(n, d_phase)
			:: else ->
				if
				:: is_mine(n) && command == ENDING && !(is_final(n) && is_pending(n)) ->
					command = DONE
				:: else
				fi
			fi
		:: m_type == OUTCOME ->
			d_phase = (m_a -> RESUME : ABORT);
			if
			:: is_open(n) -> op_decide(n, d_phase)
			:: else
			fi
		:: m_type == RESULT -> /* op_result() */
			if
			:: has(pending[n], m_from) && phase[n] == m_a ->
				pending[n] = pending[n] & ~bit(m_from);
				op_settle(n)
			:: else
			fi
		:: m_type == ACK -> /* view_ack() */
			if
			:: n == 0 && m_fresh -> acked[0] = acked[0] | bit(m_from)
			:: else
			fi
		:: m_type == GONE -> /* ops_client_gone() */
			if
			:: phase[n] != 0 && phase[n] != OVER -> client_gone[n] = 1
			:: else
			fi
		:: m_type == CLAIM -> /* claim_done(), ops_member_claimed() */
			if
			:: m_fresh && !has(synced[n], m_from) ->
				synced[n] = synced[n] | bit(m_from);
				gone[n] = gone[n] & ~bit(m_from);
				if
				:: m_from == 0 && phase[n] != 0 && phase[n] != OVER ->
					client_gone[n] = 1
				:: else
				fi
				if
				:: m_from == n && is_final(n) && has(pending[n], n) -> run_here(n)
				:: else
				fi
				op_settle(n)
			:: else
			fi
		:: m_type == PROCDOWN -> /* member_left() */
			synced[n] = synced[n] & ~bit(m_from);
			member_lost(n, m_from)
		:: m_type == FENCED -> /* member_fenced(), write_off(), ops_member_dead() */
			if
			:: m_fresh && has(unclean[n], m_a) ->
				unclean[n] = unclean[n] & ~bit(m_a);
				target_lost(n, m_a);
				targets[n] = targets[n] & ~bit(m_a);
				pending[n] = pending[n] & ~bit(m_a);
				gone[n] = gone[n] & ~bit(m_a);
				was_lost[n] = was_lost[n] & ~bit(m_a);
				if
				:: m_a == 0 && phase[n] != 0 && phase[n] != OVER ->
					client_gone[n] = 1
				:: else
				fi
				op_settle(n)
			:: else
			fi
		fi;
		settle(n)
	fi
}

hidden byte lost;

/* lockspace_confchg() with NODEDOWN, lockspace_ring(); the HELLO round is m1's matter */
inline ring_changed(n)
{
	n_ = n;
	lost = saw[n] & ~ring_of(n);
	if
	:: up[n] && has_table[n] && !has(synced[n], n) ->
		has_table[n] = 0; /* a joiner: gets it again */
		claim_sent[n] = 0;
		phase[n] = 0;
		targets[n] = 0;
		pending[n] = 0;
		gone[n] = 0;
		was_lost[n] = 0;
		doomed[n] = 0;
		client_gone[n] = 0;
		recoverer[n] = 0;
		synced[n] = 0;
		unclean[n] = 0
	:: else
	fi
	if
	:: up[n] && has_table[n] ->
		for (i : 0 .. NODES - 1) {
			if
			:: has(lost, i) -> target_lost(n, i)
			:: else
			fi
		}
		for (i : 0 .. NODES - 1) {
			if
			:: has(lost, i) ->
				synced[n] = synced[n] & ~bit(i);
				unclean[n] = unclean[n] | bit(i);
				member_lost(n, i)
			:: else
			fi
		}
		commit_in_ring[n] = 0;
		recoverer[n] = 0;
		outcome_due[n] = 0;
		if
		:: phase[n] == PREPARE -> doomed[n] = 1
		:: else
		fi
		ack_due[n] = 0;
		acked[n] = 0;
		settle(n)
	:: else
	fi
}

#define may_load(n, m)                                                                         \
	(up[n] && alive[n] && !has_table[n] && up[m] && has_table[m] && has(ring_of(n), m) &&  \
	 has(synced[m], m) && !has(synced[m], n) && next_entry[n] == next_entry[m] &&          \
	 outbox_length[n] == 0)

inline load(n, m)
{
	has_table[n] = 1;
	phase[n] = phase[m];
	targets[n] = targets[m];
	pending[n] = pending[m];
	gone[n] = gone[m];
	was_lost[n] = was_lost[m];
	doomed[n] = doomed[m];
	client_gone[n] = client_gone[m];
	recoverer[n] = recoverer[m];
	synced[n] = synced[m];
	unclean[n] = unclean[m]
}

/* The command: lib/op/session.c and store_commit(); each step asks its clvmd (lockspace_op()). */
inline ask(what, becomes)
{
	command = becomes;
	send(0, what, 0, 0)
}

#define may_ask (alive[0] && up[0] && !killed && has_table[0] && has(synced[0], 0) && room(0))

proctype owner()
{
end:	do
	:: d_step {
		may_ask && command == IDLE && !owner_restarted -> ask(PREPARE, PREPARING)
	}
	:: d_step {
		may_ask && command == PREPARED -> ask(COMMIT, COMMITTING)
	}
	/* writes whatever becomes of its daemon; not once it is dead (rule 22) */
	:: d_step {
		alive[0] && !killed && command == PERMITTED ->
		printf("the command writes the commit\n");
		disk = 1;
		for (i : 0 .. NODES - 1) {
			assert(!(alive[i] && kernel[i] == WENT_BACK))
		}
		command = WRITTEN
	}
	:: d_step {
		may_ask && !owner_restarted && command == WRITTEN -> ask(RESUME, ENDING)
	}
	:: d_step {
		may_ask && !owner_restarted && command == FAILED -> ask(ABORT, ENDING)
	}
	/* kill -9: lockspace_client_gone() */
	:: d_step {
		alive[0] && !killed && kills_left > 0 && up[0] && room(0) ->
		kills_left--;
		killed = 1;
		send(0, GONE, 0, 0)
	}
	/* its daemon is dead: it ends, sooner or later */
	:: d_step {
		alive[0] && !killed && !up[0] -> killed = 1
	}
	od
}

#ifdef BUG_RESTART_DOES_NOT_WAIT_FOR_THE_COMMAND
#define old_processes_are_dead(n) 1
#else
#define old_processes_are_dead(n) (n != 0 || killed)
#endif

proctype node(byte n)
{
end:	do
	/* lockspace_op_result() */
	:: d_step {
		alive[n] && up[n] && result_due[n] != 0 && room(n) ->
		send(n, RESULT, result_due[n], 0);
		result_due[n] = 0
	}
	:: d_step {
		alive[n] && up[n] && ack_due[n] && room(n) ->
		ack_due[n] = 0;
		send(n, ACK, 0, 0)
	}
	/* recover_look(), lockspace_op_outcome() */
	:: d_step {
		alive[n] && up[n] && outcome_due[n] && room(n) ->
		outcome_due[n] = 0;
		/* asked twice, it says the same */
		assert(said == 0 || said == disk + 1);
		said = disk + 1;
		send(n, OUTCOME, disk, 0)
	}
	:: d_step {
		alive[n] && up[n] && deaths_left > 0 && has_table[n] && has(synced[n], n) &&
			room(n) ->
		deaths_left--;
		up[n] = 0;
		has_table[n] = 0;
		claim_sent[n] = 0;
		send(n, PROCDOWN, 0, 0);
		phase[n] = 0;
		targets[n] = 0;
		pending[n] = 0;
		gone[n] = 0;
		was_lost[n] = 0;
		doomed[n] = 0;
		client_gone[n] = 0;
		commit_in_ring[n] = 0;
		recoverer[n] = 0;
		synced[n] = 0;
		unclean[n] = 0;
		ack_due[n] = 0;
		outcome_due[n] = 0;
		result_due[n] = 0;
		acked[n] = 0
	}
	:: d_step {
		alive[n] && !up[n] && old_processes_are_dead(n) && outbox_length[n] == 0 ->
		up[n] = 1;
		owner_restarted = owner_restarted | (n == 0)
	}
	:: d_step {
		may_load(n, 0) -> load(n, 0)
	}
	:: d_step {
		may_load(n, 1) -> load(n, 1)
	}
	:: d_step {
		may_load(n, 2) -> load(n, 2)
	}
	:: d_step {
		alive[n] && up[n] && has_table[n] && !has(synced[n], n) && !claim_sent[n] && room(n) ->
		claim_sent[n] = 1;
		send(n, CLAIM, 0, 0)
	}
	:: d_step {
		alive[n] && outbox_length[n] > 0 && log_length[component[n]] < LOG -> order(n)
	}
	:: d_step {
		alive[n] && next_entry[n] < log_length[component[n]] -> deliver(n)
	}
	/* who is alone is switched off by the others, then FENCED */
	:: d_step {
		alive[n] && up[n] && has_table[n] && has(synced[n], n) && unclean[n] != 0 &&
			is_quorate(ring_of(n)) && room(n) &&
			outbox[out(n, 0)].type != FENCED && outbox[out(n, 1)].type != FENCED ->
		k = 0;
		do
		:: has(unclean[n], k) -> break
		:: else -> k++
		od;
		if
		:: alive[k] && mask[k] == bit(k) ->
			switch_off(k);
			up[k] = 0;
			has_table[k] = 0;
			kernel[k] = 0;
			phase[k] = 0;
			targets[k] = 0;
			pending[k] = 0;
			gone[k] = 0;
			was_lost[k] = 0;
			doomed[k] = 0;
			client_gone[k] = 0;
			commit_in_ring[k] = 0;
			recoverer[k] = 0;
			synced[k] = 0;
			unclean[k] = 0;
			ack_due[k] = 0;
			outcome_due[k] = 0;
			result_due[k] = 0;
			acked[k] = 0;
			claim_sent[k] = 0;
			if
			:: k == 0 -> killed = 1
			:: else
			fi
		:: else
		fi
		send(n, FENCED, k, 0)
	}
	od
}

proctype network()
{
	byte part, extra1, extra2;
end:	do
	:: atomic {
		cuts_left > 0 && mask[0] == ALL ->
		cuts_left--;
		if
		:: part = 1
		:: part = 2
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
	od
}

proctype observer()
{
end:	do
	:: timeout ->
	   d_step {
		/* nobody waits for ever who can be reached */
		for (i : 0 .. NODES - 1) {
			assert(!(alive[i] && is_quorate(ring_of(i)) && kernel[i] == SUSPENDED));
			assert(!(alive[i] && is_quorate(ring_of(i)) &&
				 kernel[i] == (disk -> WENT_BACK : RUNS_NEW)))
		}
		assert(!(alive[0] && is_quorate(ring_of(0)) && !killed && command != DONE));
		i = 0
	}
	od
}

init {
	atomic {
		group_begin();
		for (i : 0 .. NODES - 1) {
			up[i] = 1;
			has_table[i] = 1;
			synced[i] = ALL
		}
		run owner();
		run node(0);
		run node(1);
		run node(2);
		run network();
		run observer()
	}
}
