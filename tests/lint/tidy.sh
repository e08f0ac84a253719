#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#     tests/lint/tidy.sh BUILD-DIR [--analyze]
#
# clang-tidy on every C file of the product, as BUILD-DIR compiles it; with --analyze also its static
# analyzer, which takes 40 times as long: a file whose preprocessed text and whose checks were seen
# clean before is not looked at again by it (BUILD-DIR/tidy).
#
# Not counted: leaks. The analyzer does not know the cleanup attribute, by which we free; leaks are
# AddressSanitizer's to find.
set -euo pipefail
build=$(readlink -f "$1")
cd "$(dirname "$(readlink -f "$0")")/../.."
export build
files() {
	find metadata lib clvmd cmd -name '*.c' -print0 | sort -z
}
if [[ ${2-} != --analyze ]]; then
	files | xargs -0 -n8 -P"$(nproc)" \
		clang-tidy --quiet -p "$build" --checks='-clang-analyzer-*' 2>/dev/null
	exit
fi
mkdir -p "$build/tidy"

one() {
	local file=$1 stamp flags
	# The first entry of the compilation database for this file, without compiler and output.
	flags=$(python3 - "$build/compile_commands.json" "$PWD/$file" <<-'PY'
		import json, shlex, sys
		for entry in json.load(open(sys.argv[1])):
		    if entry["file"] == sys.argv[2]:
		        words = shlex.split(entry["command"])
		        keep = [w for w in words[1:] if w[:2] in ("-I", "-D", "-i") or w.startswith("-std")]
		        keep += [words[i + 1] for i, w in enumerate(words) if w == "-isystem"]
		        print(" ".join(shlex.quote(w) for w in keep if w != "-isystem"))
		        break
		else:
		    sys.exit(1)
		PY
	) || { echo "$file: not compiled in $build"; return 1; }
	# shellcheck disable=SC2086
	stamp=$build/tidy/$( (cat .clang-tidy tests/lint/tidy.sh; clang -E -P $flags "$file" 2>/dev/null) |
		sha256sum | cut -c1-40)
	[[ -e $stamp ]] && return 0
	if clang-tidy --quiet -p "$build" "$file" 2>/dev/null | without_leaks; then
		: >"$stamp"
	else
		return 1
	fi
}
# Prints the findings that count, each with its notes; fails if there are any.
without_leaks() {
	awk '
	/: (error|warning): / {
		counts = !/Potential leak of memory|Potential memory leak/
		if (counts)
			bad = 1
	}
	counts { print }
	END { exit bad }'
}
export -f without_leaks
export -f one
files | xargs -0 -n1 -P"$(nproc)" bash -c 'one "$1"' _
