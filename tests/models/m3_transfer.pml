/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * m3: state transfer. Node 2 joins 0 and 1, which go on changing the table; any daemon dies at any
 * point and may come back. Rule 17: copies that have read equally far are equal, and while somebody
 * has the table all get it. README.md says more.
 *
 * run: -DDEATHS=2 -DUPDATES=1 -DDYING=5 -DLOG=3
 * run: -DDEATHS=1 -DUPDATES=2
 * bug: -DBUG_KEEPS_NOTHING -DDEATHS=0
 * bug: -DBUG_CHUNKS_NAME_NO_SYNC -DDEATHS=1
 * bug: -DBUG_SYNC_OF_ANYBODY_COUNTS -DDEATHS=2
 * bug: -DBUG_SENDER_DIES_AND_IS_AWAITED -DDEATHS=1
 * bug: -DBUG_NUMBERS_BEGIN_AGAIN -DDEATHS=2 -DUPDATES=0
 * bug: -DBUG_OLD_TRANSFER_COUNTS_FOR_NEW_DAEMON -DDEATHS=1
 */
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef UPDATES
#define UPDATES 2
#endif
#ifndef DYING
#define DYING 7 /* whose daemons may die */
#endif
#ifndef LOG
#define LOG 4
#endif
#define NODES 3
#define KEPT  11
#define bit(n)	    (1 << (n))
#define has(set, n) (((set) >> (n)) & 1)
#define at(n, i)    ((n) * KEPT + (i))

mtype = { UPDATE, SYNC, CHUNK, CLAIM, JOIN, HELLO, PROCDOWN };

typedef entry {
	byte type;
	byte from;
	byte number; /* SYNC, CHUNK: its number */
	byte set;    /* SYNC: the joiners; CHUNK: 0 first, 1 last */
	byte value;  /* CHUNK: the table */
	byte synced, loaded, class_in
}

entry log[LOG];
byte log_length;
byte next_entry[NODES];
bit up[NODES];

/* view */
byte present[NODES], sync_number[NODES];
bit hello_due[NODES], sync_sent[NODES], keeping[NODES], claim_sent[NODES];
entry kept[NODES * KEPT];
byte kept_length[NODES], chunks_for[NODES], chunks_seen[NODES]; /* chunks_for: place + 1 */
byte chunk_due[NODES], chunk_number[NODES], chunk_value[NODES]; /* 2, 1: parts to send */
byte chunk_synced[NODES], chunk_loaded[NODES], chunk_class[NODES];

/* table: value stands for its contents and the order in which they came about */
bit has_table[NODES], transfer[NODES];
byte value[NODES], class_in[NODES], synced[NODES], loading[NODES], loaded[NODES];
byte transfer_from[NODES], transfer_number[NODES];

byte deaths_left = DEATHS, updates_left = UPDATES;
bit stays_down[NODES];
hidden byte i, k, p, e_type, e_from, e_number, e_set, e_value, e_synced, e_loaded, e_class;

inline append(what, who, with_number, with_set, with_value)
{
	log[log_length].type = what;
	log[log_length].from = who;
	log[log_length].number = with_number;
	log[log_length].set = with_set;
	log[log_length].value = with_value;
	log_length++
}

inline copy_entry(to, source)
{
	to.type = source.type;
	to.from = source.from;
	to.number = source.number;
	to.set = source.set;
	to.value = source.value;
	to.synced = source.synced;
	to.loaded = source.loaded;
	to.class_in = source.class_in
}

inline clear_entry(which)
{
	which.type = 0;
	which.from = 0;
	which.number = 0;
	which.set = 0;
	which.value = 0;
	which.synced = 0;
	which.loaded = 0;
	which.class_in = 0
}

inline trim()
{
	if
	:: log_length > 0 && (!up[0] || next_entry[0] > 0) && (!up[1] || next_entry[1] > 0) &&
	   (!up[2] || next_entry[2] > 0) ->
		for (i : 0 .. LOG - 2) {
			copy_entry(log[i], log[i + 1])
		}
		clear_entry(log[LOG - 1]);
		log_length--;
		for (i : 0 .. NODES - 1) {
			if
			:: up[i] -> next_entry[i]--
			:: else
			fi
		}
	:: else
	fi
}

inline lowest_synced(n, to)
{
	to = 0;
	do
	:: to == NODES || has(synced[n], to) -> break
	:: else -> to++
	od
}

/* forget_kept() */
inline forget_kept(n)
{
	for (k : 0 .. KEPT - 1) {
		clear_entry(kept[at(n, k)])
	}
	kept_length[n] = 0;
	keeping[n] = 0;
	chunks_for[n] = 0;
	chunks_seen[n] = 0
}

inline keep(n)
{
	assert(kept_length[n] < KEPT);
	kept[at(n, kept_length[n])].type = e_type;
	kept[at(n, kept_length[n])].from = e_from;
	kept[at(n, kept_length[n])].number = e_number;
	kept[at(n, kept_length[n])].set = e_set;
	kept_length[n]++
}

/* transfer_begins() */
inline transfer_begins(n, whose, with_number, joiners)
{
	transfer[n] = 1;
	transfer_from[n] = whose;
	transfer_number[n] = with_number;
	loading[n] = loading[n] | (joiners & ~synced[n])
}

inline transfer_stopped(n)
{
	transfer[n] = 0;
	transfer_from[n] = 0;
	transfer_number[n] = 0;
	loading[n] = 0
}

/* What changes the table, at once or when it is replayed: apply(), member_left(), table_claim() */
inline table_message(n, what, who)
{
	if
	:: what == UPDATE ->
		if
		:: has(synced[n], who) -> value[n] = value[n] * 4 + who + 1
		:: else
		fi
	:: what == HELLO -> /* member_hello() */
		class_in[n] = class_in[n] | bit(who);
		loaded[n] = loaded[n] & ~bit(who);
#ifndef BUG_OLD_TRANSFER_COUNTS_FOR_NEW_DAEMON
		loading[n] = loading[n] & ~bit(who)
#endif
	:: what == PROCDOWN ->
		class_in[n] = class_in[n] & ~bit(who);
		synced[n] = synced[n] & ~bit(who);
		loaded[n] = loaded[n] & ~bit(who);
		loading[n] = loading[n] & ~bit(who)
	:: what == CLAIM ->
		if
		:: has(loaded[n] & class_in[n], who) -> synced[n] = synced[n] | bit(who)
		:: else
		fi
	:: else
	fi
}

#ifdef BUG_SYNC_OF_ANYBODY_COUNTS
#define sync_counts(n) 1
#else
#define sync_counts(n) (e_from == i)
#endif
#ifdef BUG_CHUNKS_NAME_NO_SYNC
#define is_the_sync(n, j) (kept[at(n, j)].type == SYNC)
#else
#define is_the_sync(n, j)                                                                      \
	(kept[at(n, j)].type == SYNC && kept[at(n, j)].from == e_from &&                       \
	 kept[at(n, j)].number == e_number && has(kept[at(n, j)].set, n))
#endif
#ifdef BUG_KEEPS_NOTHING
#define is_kept(n, j) 0
#else
#define is_kept(n, j) ((j) < kept_length[n])
#endif

/* load_and_replay() */
inline load_and_replay(n)
{
	has_table[n] = 1;
	value[n] = e_value;
	synced[n] = e_synced;
	loaded[n] = e_loaded;
	class_in[n] = e_class;
	p = chunks_for[n] - 1;
	transfer_begins(n, kept[at(n, p)].from, kept[at(n, p)].number, kept[at(n, p)].set);
	for (p : 0 .. KEPT - 1) {
		if
		:: p >= chunks_for[n] && is_kept(n, p) ->
			table_message(n, kept[at(n, p)].type, kept[at(n, p)].from)
		:: else
		fi
	}
	forget_kept(n)
}

/* transfer_chunk(), is_expected(), transfer_done() */
inline chunk(n)
{
	k = 0;
	if
	:: keeping[n] ->
		for (p : 0 .. KEPT - 1) {
			if
			:: k == 0 && is_the_sync(n, p) -> k = p + 1
			:: else
			fi
		}
		if
		:: k != 0 && k != chunks_for[n] -> chunks_for[n] = k; chunks_seen[n] = 0
		:: else
		fi
	:: !keeping[n] && has_table[n] && transfer[n] && transfer_from[n] == e_from &&
	   transfer_number[n] == e_number ->
		k = 1
	:: else
	fi;
	if
	:: k != 0 && keeping[n] ->
		chunks_seen[n]++;
		assert(chunks_seen[n] == e_set + 1); /* "a chunk of the lock table is missing" */
		if
		:: e_set == 1 -> load_and_replay(n)
		:: else -> k = 0
		fi
	:: k != 0 && !keeping[n] && e_set != 1 -> k = 0
	:: else
	fi;
	if
	:: k != 0 || (has_table[n] && e_set == 1 && transfer[n] && transfer_from[n] == e_from &&
		      transfer_number[n] == e_number) ->
		loaded[n] = loaded[n] | loading[n];
		transfer_stopped(n)
	:: else
	fi
}

inline table_lost(n)
{
	has_table[n] = 0;
	value[n] = 0;
	synced[n] = 0;
	loaded[n] = 0;
	class_in[n] = 0;
	claim_sent[n] = 0;
	transfer_stopped(n)
}

#ifdef BUG_SENDER_DIES_AND_IS_AWAITED
#define stops_transfer(n) 0
#else
#define stops_transfer(n) (transfer[n] && transfer_from[n] == e_from)
#endif

/* lockspace_message(), lockspace_confchg() */
inline handle(n)
{
	if
	:: e_type == SYNC -> /* transfer_sync() */
		if
		:: e_from == n -> sync_sent[n] = 0
		:: else
		fi
		lowest_synced(n, i);
		if
		:: has_table[n] && sync_counts(n) && !has(synced[n], n) && has(e_set, n) ->
			table_lost(n)
		:: else
		fi
		if
		:: has_table[n] && sync_counts(n) ->
			transfer_begins(n, e_from, e_number, e_set);
			if
			:: e_from == n ->
				chunk_due[n] = 2;
				chunk_number[n] = e_number;
				chunk_value[n] = value[n];
				chunk_synced[n] = synced[n];
				chunk_loaded[n] = loaded[n];
				chunk_class[n] = class_in[n]
			:: else
			fi
		:: !has_table[n] && (keeping[n] || has(e_set, n)) ->
			keeping[n] = 1;
			keep(n)
		:: else
		fi
	:: e_type == CHUNK -> chunk(n)
	:: e_type == JOIN -> present[n] = present[n] | bit(e_from)
	:: else ->
		if
		:: e_type == PROCDOWN ->
			present[n] = present[n] & ~bit(e_from);
			if
			:: stops_transfer(n) -> transfer_stopped(n)
			:: else
			fi
		:: else
		fi
		if
		:: keeping[n] -> keep(n)
		:: !keeping[n] && has_table[n] -> table_message(n, e_type, e_from)
		:: else
		fi
	fi;
	/* settle(): all that had the table died while this member was getting it */
	if
	:: has_table[n] && synced[n] == 0 -> table_lost(n)
	:: else
	fi
}

inline compare(n, m)
{
	if
	:: up[m] && m != n && has_table[n] && has_table[m] && next_entry[n] == next_entry[m] ->
		assert(value[n] == value[m] && synced[n] == synced[m]);
		assert(loaded[n] == loaded[m] && transfer[n] == transfer[m])
	:: else
	fi
}

inline deliver(n)
{
	e_type = log[next_entry[n]].type;
	e_from = log[next_entry[n]].from;
	e_number = log[next_entry[n]].number;
	e_set = log[next_entry[n]].set;
	e_value = log[next_entry[n]].value;
	e_synced = log[next_entry[n]].synced;
	e_loaded = log[next_entry[n]].loaded;
	e_class = log[next_entry[n]].class_in;
	next_entry[n]++;
	printf("%d is given %e of %d, number %d, set %d\n", n, e_type, e_from, e_number, e_set);
	handle(n);
	printf("    table %d: value %d, synced %d, loaded %d, loading %d\n", has_table[n], value[n],
	       synced[n], loaded[n], loading[n]);
	compare(n, 0);
	compare(n, 1);
	compare(n, 2);
	trim()
}

proctype daemon(byte n)
{
end:	do
	:: d_step {
		up[n] && next_entry[n] < log_length -> deliver(n)
	}
	:: d_step {
		up[n] && updates_left > 0 && has_table[n] && has(synced[n], n) && chunk_due[n] == 0 &&
			log_length < LOG ->
		updates_left--;
		append(UPDATE, n, 0, 0, 0)
	}
	/* transfer_advance(), send_sync() */
	:: d_step {
		up[n] && has_table[n] && has(synced[n], n) && !transfer[n] && !sync_sent[n] &&
			chunk_due[n] == 0 && log_length < LOG &&
			(present[n] & class_in[n] & ~(synced[n] | loaded[n] | loading[n])) != 0 ->
		lowest_synced(n, i);
		if
		:: i == n ->
			sync_sent[n] = 1;
			sync_number[n]++;
			append(SYNC, n, sync_number[n],
			       (present[n] & class_in[n] & ~(synced[n] | loaded[n] | loading[n])), 0)
		:: else
		fi
	}
	/* send_chunks() */
	:: d_step {
		up[n] && chunk_due[n] > 0 && log_length < LOG ->
		log[log_length].synced = chunk_synced[n];
		log[log_length].loaded = chunk_loaded[n];
		log[log_length].class_in = chunk_class[n];
		append(CHUNK, n, chunk_number[n], 2 - chunk_due[n], chunk_value[n]);
		chunk_due[n]--;
		if
		:: chunk_due[n] == 0 ->
			chunk_value[n] = 0;
			chunk_synced[n] = 0;
			chunk_loaded[n] = 0;
			chunk_class[n] = 0;
			chunk_number[n] = 0
		:: else
		fi
	}
	/* send_hello() */
	:: d_step {
		up[n] && hello_due[n] && log_length < LOG ->
		hello_due[n] = 0;
		append(HELLO, n, 0, 0, 0)
	}
	/* send_claim() */
	:: d_step {
		up[n] && has_table[n] && has(loaded[n], n) && !has(synced[n], n) && !claim_sent[n] &&
			log_length < LOG ->
		claim_sent[n] = 1;
		append(CLAIM, n, 0, 0, 0)
	}
	:: atomic {
		up[n] && deaths_left > 0 && has(DYING, n) && log_length < LOG ->
		if
		:: stays_down[n] = 1
		:: stays_down[n] = 0
		fi;
		d_step {
			deaths_left--;
			append(PROCDOWN, n, 0, 0, 0);
			up[n] = 0;
			next_entry[n] = 0;
			present[n] = 0;
#ifdef BUG_NUMBERS_BEGIN_AGAIN
			sync_number[n] = 0; /* the number stands for the daemon's id, too */
#endif
			sync_sent[n] = 0;
			chunk_due[n] = 0;
			chunk_number[n] = 0;
			chunk_value[n] = 0;
			chunk_synced[n] = 0;
			chunk_loaded[n] = 0;
			chunk_class[n] = 0;
			hello_due[n] = 0;
			forget_kept(n);
			table_lost(n);
			trim()
		}
	}
	:: d_step {
		!up[n] && !stays_down[n] && log_length < LOG ->
		up[n] = 1;
		next_entry[n] = log_length;
		append(JOIN, n, 0, 0, 0);
		hello_due[n] = 1;
		present[n] = up[0] | (up[1] << 1) | (up[2] << 2)
	}
	od
}

proctype observer()
{
end:	do
	:: timeout ->
	   d_step {
		/* somebody has it, so all do */
		k = 0;
		for (i : 0 .. NODES - 1) {
			if
			:: up[i] && has_table[i] -> k = 1
			:: else
			fi
		}
		for (i : 0 .. NODES - 1) {
			assert(!k || !up[i] || (has_table[i] && has(synced[i], i)))
		}
		i = 0
	}
	od
}

init {
	atomic {
		for (i : 0 .. 1) {
			up[i] = 1;
			has_table[i] = 1;
			synced[i] = 3;
			loaded[i] = 3;
			class_in[i] = 3;
			present[i] = 3
		}
		run daemon(0);
		run daemon(1);
		run daemon(2);
		run observer()
	}
}
