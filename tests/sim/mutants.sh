#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Plant one bug after the other into a copy of the lock service; the simulation must see each.
# mutants.sh [SCHEDULES] [NAME]
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
schedules=${1:-3000}
only=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missed=0

# name | file in clvmd/core | sed program
mutants() {
	cat <<'END'
grant-without-acks|own.c|s/return least;/return UINT64_MAX;/
unclean-released-early|member.c|s/ops_member_lost(ls, node);/table_drop_locks(ls, node); ops_member_lost(ls, node);/
runs-while-unclean|state_round.c|/static bool may_run/,/^}/s/if (member->unclean)/if (false)/
dead-daemon-releases|member.c|s/table_make_orphans(ls, node);/table_drop_locks(ls, node);/
old-ring-requests-count|lockspace.c|s/return ring_is(ls, message->ring) \&\& from->synced;/return from->synced;/
state-of-another-ring|state_round.c|/^void table_state/,/^}/s/if (!ring_is(ls, message->ring))/if (false)/
no-core-no-strangers|state_round.c|/static bool may_run/,/^}/s/|| !ls->decided//;/^static void join_core/,/^}/s/member->unclean = true;//
claim-forgets-holds|snapshot.c|/^void claim_write/,/^}/s/write_holds(at, out);//
merge-runs-before-claims|state_round.c|/^static void join_core/,/^}/s/member->unclean = true;/member->unclean = false;/
confirms-for-strangers|state_round.c|s/member->acked = core->hello.count;/member->acked = UINT64_MAX;/
any-table-is-the-core|state_round.c|/^static bool same_base/,/^}/s/return .*/return true || (/;/^static bool same_base/,/^}/s/a->count == b->count \&\& a->hash == b->hash;/a->count == b->count);/
forms-without-all|transfer.c|s/if (member->in_nodelist \&\& !takes_part(member) \&\& !member->acked_down)/if (false)/
orphans-not-taken-over|snapshot.c|/^bool claim_apply/,/^}/s/table_drop_locks(ls, from->node);//
gone-keeps-locks|table.c|/^void table_gone/,/^}/s/resource_each(ls, gone_in, \&ending);//
unlock-does-not-pump|table.c|/^void table_unlock/,/^}/s/table_pump(ls);//
lost-requests-not-sent-again|own.c|/^void own_returned/,/^}/s/request->sent = false;/(void)request;/
commit-without-acks|op_own.c|s/member->acked < op->commit_count/false/
commit-despite-a-loss|op.c op_own.c|/^static void op_commit/,/^}/s/op->doomed ||//;s/op->phase != OP_COMMIT || op->doomed/op->phase != OP_COMMIT/
commit-seen-goes-back|op.c|/^static bool is_proof_of_old/,/^}/s/op->phase != OP_PREPARE/op->phase != OP_PREPARE \&\& op->phase != OP_COMMIT/
debts-forgotten|op.c|s/is_over = op->phase == OP_DO .*/is_over = op->phase == OP_DO || is_final(op);/
loaded-counts-as-synced|transfer.c|/^static void transfer_done/,/^}/s/member->loaded = true;/member->loaded = member->synced = true;/
keeps-nothing-during-transfer|lockspace.c|s/keep_message(ls, event->from, event->bytes, event->length);/(void)0;/
END
}

# The name of the first unit test that fails on the mutant.
unit_tests() {
	local test out
	for test in table member transfer operation; do
		gcc -std=c17 -D_GNU_SOURCE -w -I"$work" -I"$root" \
			"$root/tests/unit/core/test_$test.c" "$work"/clvmd/core/*.c \
			"$root"/lib/proto/lock_mode.c "$root"/lib/proto/field.c \
			"$root"/metadata/base/*.c -lz -lcmocka -o "$work/unit" || continue
		if ! out=$("$work/unit" 2>&1); then
			sed -n 's/^\[  FAILED  \] \([a-z_]*\).*/\1/p' <<<"$out" | head -n 1
			return 0
		fi
	done
	return 1
}

while IFS='|' read -r name file program; do
	[ -z "$only" ] || [ "$only" = "$name" ] || continue
	rm -rf "$work/clvmd"
	mkdir -p "$work/clvmd"
	cp -r "$root/clvmd/core" "$work/clvmd/core"
	for one in $file; do
		sed -i "$program" "$work/clvmd/core/$one"
	done
	if diff -qr "$work/clvmd/core" "$root/clvmd/core" >/dev/null; then
		echo "$name: the program changes nothing"
		missed=1
		continue
	fi
	if ! gcc -std=c17 -D_GNU_SOURCE -w -O1 -I"$work" -I"$root" "$root"/tests/sim/*.c \
		"$work"/clvmd/core/*.c "$root"/lib/proto/lock_mode.c "$root"/lib/proto/field.c \
		"$root"/metadata/base/*.c -lz -o "$work/sim"; then
		echo "$name: does not compile"
		missed=1
		continue
	fi
	if ! first=$("$work/sim" --schedules "$schedules" --stop 2>&1); then
		echo "$name: $(head -n 1 <<<"$first")"
	elif seen=$(unit_tests); then
		echo "$name: only seen by the unit test $seen"
	else
		echo "$name: NOT SEEN in $schedules schedules"
		missed=1
	fi
done < <(mutants)
exit $missed
