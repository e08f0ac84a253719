#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Search the whole state space of models of the lock service, then of each with a planted bug.
#
#     run.sh [--runs | --bugs] [--work DIR] MODEL.pml...
#     run.sh --replay [--work DIR] MODEL.pml OPTION...     the shortest way to the error, step by step
#
# The lines "run: OPTIONS" of a model are searched and must have no error; in each "bug: OPTIONS" one
# must be found. Fails too when a search was cut short by its depth or by memory.
set -uo pipefail

memory=1500 # MiB a search
depth=20000
wanted=all
work=

usage() {
	sed -n '3,9s/^# \{0,1\}//p' "$0"
	exit "$1"
}
while (($#)); do
	case $1 in
	--runs) wanted=run ;;
	--bugs) wanted=bug ;;
	--replay) wanted=replay ;;
	--work) work=${2?} && shift ;;
	-h | --help) usage 0 ;;
	-*) usage 2 ;;
	*) break ;;
	esac
	shift
done
(($#)) || usage 2
command -v spin >/dev/null || { echo "run.sh: spin is not installed (scripts/install-packages)" >&2; exit 2; }
if [[ -z $work ]]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"

# Build the verifier of MODEL with OPTIONS in $work. Compiling takes longer than it gains beyond -O1,
# and for a bug, which is found early, beyond -O0.
build() { # OPTIMISE MODEL OPTION...
	local optimise=$1 model
	model=$(readlink -f "$2")
	shift 2
	rm -f "$work"/pan* "$work"/*.trail
	(cd "$work" && spin "$@" -a "$model" && gcc "$optimise" -w -DSAFETY -DNOREDUCE -DCOLLAPSE \
		-DMEMLIM=$memory ${shortest:+-DREACH} -o pan pan.c) >"$work/build.log" 2>&1 </dev/null && return
	cat "$work/build.log"
	return 1
}

search() { # one search; its output in $work/search.log, the number of errors in $errors
	errors=
	(cd "$work" && ./pan -n -m$depth "$@") >"$work/search.log" 2>&1 </dev/null
	if grep -qE 'max search depth too small|out of memory|Search not completed|hash table full' \
		"$work/search.log"; then
		errors=incomplete
		grep -q 'errors: [1-9]' "$work/search.log" && errors=1
	else
		errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$work/search.log")
	fi
}

figures() {
	sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1 states/p;s/.*elapsed time \([0-9.]*\) seconds/\1 s/p' \
		"$work/search.log" | paste -sd ' '
}

# What the header of MODEL says for the word KIND.
options_of() { # KIND MODEL
	sed -n "/^ \*\//q;s/^ \* $1: //p" "$2"
}

failed=0
run_all() { # MODEL
	local model=$1 name options
	name=$(basename "$model" .pml)
	while read -r options; do
		build -O1 "$model" $options || { failed=1; continue; }
		search
		if [[ $errors == 0 ]]; then
			echo "$name $options: ok, $(figures)"
		else
			echo "$name $options: ERROR, see below"
			cat "$work/search.log"
			failed=1
		fi
	done < <(options_of run "$model")
}

bugs_all() { # MODEL
	local model=$1 name options
	name=$(basename "$model" .pml)
	while read -r options; do
		build -O0 "$model" $options || { failed=1; continue; }
		search
		if [[ $errors == [1-9]* ]]; then
			echo "$name $options: found, $(figures)"
		else
			echo "$name $options: NOT FOUND, see below"
			cat "$work/search.log"
			failed=1
		fi
	done < <(options_of bug "$model")
}

if [[ $wanted == replay ]]; then
	model=$(readlink -f "$1")
	shift
	shortest=1
	build -O1 "$model" "$@" || exit 1
	search -i
	[[ $errors == [1-9]* ]] || { echo "no error with: $*"; exit 1; }
	cd "$work" && spin "$@" -k "$work/$(basename "$model").trail" "$model" |
		sed -n '/is given\|^[^\t]*: kernel\|table [01]:\|is told\|cut:\|merge:\|switched\|writes/p;/text of failed/p' &&
		grep -h "assertion violated" search.log
	exit 0
fi
for model in "$@"; do
	[[ -n $(options_of run "$model") && -n $(options_of bug "$model") ]] ||
		{ echo "$model: no run: or no bug: line in its header"; failed=1; }
	[[ $wanted == bug ]] || run_all "$model"
	[[ $wanted == run ]] || bugs_all "$model"
done
exit $failed
