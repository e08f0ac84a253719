#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#     mutants.sh [--sim] [--schedules N] [NAME...]
#
# Plant one bug after the other into a copy of the lock service, at least one for each rule that can
# be broken: a unit test or the simulation must see each. Says which, and fails if one is not seen.
# --sim: only the simulation may see it.
#
# The core is a shared library here: a mutant is one or two objects and a link.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
schedules=1500
limit=600 # seconds for the schedules of one
with_units=1
while [[ ${1-} == --* ]]; do
	case $1 in
	--sim) with_units=0 ;;
	--schedules) schedules=$2; shift ;;
	*) echo "usage: mutants.sh [--sim] [--schedules N] [NAME...]" >&2; exit 2 ;;
	esac
	shift
done
wanted=" $* "
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name | rule | files in clvmd/core | sed program
mutants() {
	cat <<'END'
value-may-fall|4|table.c|s/else if (!forget \&\& message->value > resource->value)/else if (!forget)/
value-lost-at-merge|4|snapshot.c|/^static bool claim_value/,/^}/s/record->value > resource->value/false/
grant-without-acks|6|own.c|s/return least;/return UINT64_MAX;/
confirms-for-strangers|6|state_round.c|s/member->acked = core->hello.count;/member->acked = UINT64_MAX;/
loaded-counts-as-synced|6|transfer.c|/^static void transfer_done/,/^}/s/member->loaded = true;/member->loaded = member->synced = true;/
old-ring-requests-count|8|lockspace.c|s/return ring_is(ls, message->ring) \&\& from->synced;/return from->synced;/
state-of-another-ring|8|state_round.c|/^void table_state/,/^}/s/if (!ring_is(ls, message->ring))/if (false)/
lost-requests-not-sent-again|8|own.c|/^void own_returned/,/^}/s/request->sent = false;/(void)request;/
runs-while-unclean|9|state_round.c|/^static bool may_run/,/^}/s/if (member->unclean)/if (false)/
runs-without-quorum|9|state_round.c|/^static bool may_run/,/^}/s/if (!member->state_valid || !member->quorate)/if (false)/
not-waiting-waits-in-a-pause|29|table.c|/^void table_pump/,/^}/s/refuse_not_waiting(ls);/(void)refuse_not_waiting;/
no-state-after-a-join|10|lockspace.c|s/ls->hello_due = ls->state_due = true;$/ls->hello_due = true;/
quorum-flip-not-said|10|state_round.c|s/ls->sent_quorate != ls->quorum.quorate/false/
latecomer-passes|11|table.c|s/if (!is_behind_another(ls, at) \&\& waiter_is_grantable(ls, at))/(void)is_behind_another; if (waiter_is_grantable(ls, at))/
conversions-wait-behind|11|table.c|s/pump_pass(ls, true);/pump_pass(ls, false);/
deadlock-not-seen|11|table.c|/^static bool would_deadlock/,/^}/s/return true;/return false;/
unlock-does-not-pump|11|table.c|/^void table_unlock/,/^}/s/table_pump(ls);//
goodbye-with-locks|12|lockspace.c|s/if (own_holds(ls)) {/if (false) {/
dead-daemon-releases|13|member.c|s/table_make_orphans(ls, node);/table_drop_locks(ls, node);/
orphans-not-taken-over|13|snapshot.c|/^bool claim_apply/,/^}/s/table_drop_locks(ls, from->node);//
unclean-released-early|14|member.c|s/ops_member_lost(ls, node);/table_drop_locks(ls, node); ops_member_lost(ls, node);/
no-core-no-strangers|14|state_round.c|/^static bool may_run/,/^}/s/|| !ls->decided//;/^static void join_core/,/^}/s/member->unclean = true;//
fenced-without-asking-who|16|lockspace.c|/^static int why_not_fenced/,/^}/s/if (member->present)/if (false)/
orphan-owner-may-vanish|14|member.c|/^void members_ring_changed/,/^}/s/if (table_has_locks(ls, member->node) .*/if (false) {/
keeps-nothing-during-transfer|17|lockspace.c|s/keep_message(ls, event->from, event->bytes, event->length);/(void)0;/
any-table-is-the-core|18|state_round.c|/^static bool same_base/,/^}/s/return .*/return true || (/;/^static bool same_base/,/^}/s/a->count == b->count \&\& a->hash == b->hash;/a->count == b->count);/
merge-runs-before-claims|18|state_round.c|/^static void join_core/,/^}/s/member->unclean = true;/member->unclean = false;/
claim-forgets-holds|18|snapshot.c|/^void claim_write/,/^}/s/write_holds(at, out);//
ghost-let-in|19|ghost.c|s/return hello->holds || !is_zero(hello->lineage.bytes);/return false;/
ghost-is-new-too-early|19|ghost.c|/^void ghost_advance/,/^}/s/ || own_holds(ls)//
ghost-stays-for-ever|19|ghost.c|/^void ghost_is_new/,/^}/s/member->written_off = false;/(void)0;/
two-lineages-merge|19|member.c state_round.c ghost.c|s/|| (is_foreign \&\& hello->holds)//;s/(is_foreign \&\& hello->holds) ||/false ||/;s/? !is_same(hello->lineage.bytes, lineage->bytes)/? false/
forms-without-all|20|transfer.c|s/if (member->in_nodelist \&\& !takes_part(member) \&\& !member->acked_down)/if (false)/
conflicting-claims-not-marked|20|snapshot.c|/^static bool claim_lock/,/^}/s/at->conflict = lock->conflict = true;//
gone-keeps-locks|22|table.c|/^void table_gone/,/^}/s/resource_each(ls, gone_in, \&ending);//
commit-without-acks|23|op_own.c|s/member->acked < op->commit_count/false/
commit-despite-a-loss|23|op.c op_own.c|/^static void op_commit/,/^}/s/op->doomed ||//;s/op->phase != OP_COMMIT || op->doomed/op->phase != OP_COMMIT/
commit-seen-goes-back|23|op.c|/^static bool is_proof_of_old/,/^}/s/op->phase != OP_PREPARE/op->phase != OP_PREPARE \&\& op->phase != OP_COMMIT/
resumes-without-leave|23|op_own.c|s/asked->phase == OP_RESUME \&\& !own->permitted/false/
dead-owner-not-recovered|23|op.c|/^void ops_client_gone/,/^}/s/op->client_gone = true;/(void)0;/
unclear-is-forgotten|23|op.c|/^static void op_unclear/,/^}/s/op->recoverer = 0;/return;/
who-sees-least-decides|23|op.c|s/look->missing < best->missing/look->missing > best->missing/
debts-forgotten|24|op.c|s/is_over = op->phase == OP_DO .*/is_over = op->phase == OP_DO || is_final(op);/
debtor-s-vg-is-written|24|op.c|/^bool ops_block/,/^}/s/if (is_final(op) \&\& is_write .*/if (false)/
other-major-let-in|27|message.c|s/if (ret->major != PROTOCOL_MAJOR)/if (false)/
unknown-type-skipped|27|lockspace.c|/^static void unknown_type/,/^}/s/if (!message->optional/if (false/
older-joins-at-a-newer-level|27|transfer.c level.c|s/member->hello.minor >= ls->level/true/;s/return !ls->level_sent && .*/return true ||/
rubbish-is-skipped|28|lockspace.c|/^const struct effect \*lockspace_message/,/^}/s/ls_break(ls, "%s sent %s", from->name, err.text);/(void)0;/
END
}

CC=${CC:-gcc}
flags=(-std=c17 -D_GNU_SOURCE -w -O1 -fPIC -I"$root")
command -v ccache >/dev/null && CC="ccache $CC"
build() { $CC "${flags[@]}" "$@"; }

# ---- the core as it is, its tests, the simulation ----

prepare() {
	local file
	mkdir -p "$work/objects"
	for file in "$root"/clvmd/core/*.c "$root"/lib/proto/{lock_mode,field}.c \
		"$root"/metadata/base/*.c; do
		echo "$file $work/objects/$(basename "$file" .c).o"
	done | xargs -P"$(nproc)" -L1 bash -c "$CC ${flags[*]} -c \$0 -o \$1" || return 1
	link "$work/libcore.so" "$work"/objects/*.o || return 1
	for file in "$root"/tests/unit/core/test_*.c; do
		build "$file" -L"$work" -lcore -lcmocka -o "$work/$(basename "$file" .c)" || return 1
	done
	build "$root"/tests/sim/*.c -L"$work" -lcore -o "$work/sim" || return 1
}
link() { $CC -shared -o "$@" -lz; }

# What sees the library in the directory: its name, or nothing.
seen_by() { # DIRECTORY
	local test out
	export LD_LIBRARY_PATH=$1
	for test in "$work"/test_*; do
		((with_units)) || break
		out=$(timeout 60 "$test" 2>&1) && continue
		out=$(sed -n 's/^\[  FAILED  \] \([a-z_0-9]*\)$/\1/p' <<<"$out" | head -n 1)
		echo "unit test $(basename "$test"), ${out:-crash}"
		return
	done
	out=$(timeout "$limit" "$work/sim" --schedules "$schedules" --stop 2>&1) && return
	if (($? == 124)); then
		echo "not seen in $limit seconds by $(basename "$work/sim")" >&2
		return
	fi
	out=$(head -n 1 <<<"$out")
	echo "simulation, ${out:-crash}"
}

# One line; fails when it is not seen.
try() { # NAME RULE FILES PROGRAM
	local name=$1 rule=$2 dir=$work/$1 objects=("$work"/objects/*.o) file seen
	mkdir -p "$dir/clvmd/core"
	for file in $3; do
		sed "$4" "$root/clvmd/core/$file" >"$dir/clvmd/core/$file"
		if cmp -s "$root/clvmd/core/$file" "$dir/clvmd/core/$file"; then
			echo "$name (rule $rule): $file is not changed by the program"
			return 1
		fi
		build -c "$dir/clvmd/core/$file" -o "$dir/${file%.c}.o" || {
			echo "$name (rule $rule): $file does not compile"
			return 1
		}
		objects=("${objects[@]/#"$work/objects/${file%.c}.o"/"$dir/${file%.c}.o"}")
	done
	link "$dir/libcore.so" "${objects[@]}" || return 1
	seen=$(seen_by "$dir")
	rm -rf "$dir"
	echo "$name (rule $rule): ${seen:-NOT SEEN in $schedules schedules}"
	[ -n "$seen" ]
}

prepare || { echo "mutants.sh: cannot build"; exit 1; }
if seen=$(with_units=1 schedules=20 seen_by "$work") && [ -n "$seen" ]; then
	echo "mutants.sh: fails without any bug: $seen"
	exit 1
fi

missed=0
running=0
while IFS='|' read -r name rule files program; do
	[[ $wanted == "  " || $wanted == *" $name "* ]] || continue
	try "$name" "$rule" "$files" "$program" &
	if ((++running >= $(nproc))); then
		wait -n || missed=1
		((running--))
	fi
done < <(mutants)
while ((running-- > 0)); do
	wait -n || missed=1
done
exit $missed
