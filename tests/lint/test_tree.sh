#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tree.sh sees what it is there for: each rule is broken once in a small tree of its own.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

spdx='/* SPDX-License-Identifier: LGPL-2.1-or-later */'
clean() {
	rm -rf "${root:?}"/*
	mkdir -p "$root"/metadata/base "$root"/lib/proto "$root"/clvmd/core "$root"/cmd
	printf '%s\n' "$spdx" "#ifndef LIB_FD_H" "#define LIB_FD_H" "#endif" >"$root/lib/fd.h"
}

# breach NAME EXPECTED-TEXT FILE LINE...: a tree with that file must fail and say so.
failed=0
breach() {
	local name=$1 text=$2 file=$3 said
	shift 3
	clean
	printf '%s\n' "$@" >"$root/$file"
	if said=$("$here/tree.sh" "$root" 2>&1) || ! grep -qF -- "$text" <<<"$said"; then
		printf 'NOT SEEN: %s\n%s\n' "$name" "$said"
		failed=1
	fi
}
passes() {
	local name=$1 file=$2 said
	shift 2
	clean
	printf '%s\n' "$@" >"$root/$file"
	if ! said=$("$here/tree.sh" "$root" 2>&1); then
		printf 'WRONGLY REFUSED: %s\n%s\n' "$name" "$said"
		failed=1
	fi
}

breach "include upwards" "metadata must not include lib/fd.h" metadata/a.c "$spdx" '#include "lib/fd.h"'
breach "core includes lib" "clvmd/core must not include lib/fd.h" clvmd/core/a.c "$spdx" '#include "lib/fd.h"'
breach "include from nowhere" "from the root" lib/a.c "$spdx" '#include "lib/gone.h"'
breach "I/O in a pure folder" "not pure" metadata/a.c "$spdx" 'int f(void)' '{' '	return open("x", 0);' '}'
breach "impure header" "not pure" clvmd/core/a.c "$spdx" '#include <unistd.h>'
breach "banned function" "banned" lib/a.c "$spdx" 'void f(void)' '{' '	strcpy(a, b);' '}'
breach "a command that locks" "an operation's work" cmd/a.c "$spdx" 'void f(void)' '{' '	session_open(x);' '}'
breach "no SPDX" "SPDX" lib/a.c 'int x;'
breach "wrong guard" "guard" lib/a.h "$spdx" '#ifndef A_H' '#define A_H' '#endif'
mapfile -t long < <(printf '%s\n' "$spdx"; printf 'int x;%.0s\n' {1..800})
breach "long file" "800 at most" lib/a.c "${long[@]}"
mapfile -t long < <(printf '%s\n' "$spdx" 'void f(void)' '{'; printf '	g();%.0s\n' {1..71}; echo '}')
breach "long function" "f() has 71 lines" lib/a.c "${long[@]}"

passes "words in comments and strings" metadata/a.c "$spdx" '/* open(x), strcpy(y) */' \
	'static const char text[] = "read(1)"; // write(2)'
passes "a member named like a function" metadata/a.c "$spdx" 'void f(void)' '{' '	ops->read(x);' '}'
passes "a longer name" lib/a.c "$spdx" 'void f(void)' '{' '	my_strcpy(x);' '}'
exit $failed
