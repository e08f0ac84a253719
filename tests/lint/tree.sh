#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The rules of the tree that no compiler knows: who may include whom, what is pure, what is banned,
# how long a file and a function may be, what a file begins with. Says every breach, then fails.
#
#     tests/lint/tree.sh [DIR]    DIR: another root to check (the test of this test)
set -uo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}" || exit 2

FILE_MAX=800
FUNCTION_MAX=70

bad=0
complain() {
	printf '%s\n' "$*"
	bad=1
}

# Who may include whom. A folder may always include itself.
allowed() {
	case $1 in
	metadata/base) echo "metadata/base" ;;
	metadata)      echo "metadata" ;;
	lib/proto)     echo "metadata/base lib/proto" ;;
	lib)           echo "metadata lib" ;;
	clvmd/core)    echo "metadata/base lib/proto clvmd/core" ;;
	clvmd)         echo "metadata lib clvmd" ;;
	cmd)           echo "metadata lib cmd" ;;
	tests)         echo "metadata lib clvmd cmd tests" ;;
	esac
}

layer_of() {
	case $1 in
	metadata/base/* | lib/proto/* | clvmd/core/*) echo "${1%/*}" ;;
	*) echo "${1%%/*}" ;;
	esac
}

# The text without comments and without what is in quotes: words there are not calls.
code_of() {
	awk '
	{
		line = $0; out = ""
		while (length(line)) {
			if (comment) {
				end = index(line, "*/")
				if (!end) { line = ""; break }
				line = substr(line, end + 2); comment = 0
				continue
			}
			if (match(line, /^([^"\/\047]|\/[^*\/"\047])+/)) {
				out = out substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1)
			} else if (line ~ /^\/\*/) {
				comment = 1; line = substr(line, 3)
			} else if (line ~ /^\/\//) {
				line = ""
			} else if (match(line, /^"([^"\\]|\\.)*"/)) {
				out = out "\"\""; line = substr(line, RLENGTH + 1)
			} else if (match(line, /^\047([^\047\\]|\\.)*\047/)) {
				out = out "0"; line = substr(line, RLENGTH + 1)
			} else {
				out = out substr(line, 1, 1); line = substr(line, 2)
			}
		}
		print out
	}' "$1"
}

check_includes() {
	local file=$1 layer=$2 included prefix ok
	while read -r included; do
		# Installed side by side: a program that includes it has no root of ours.
		[[ $file:$included == lib/api/lvm2app_cluster.h:lvm2app.h ]] && continue
		ok=
		for prefix in $(allowed "$layer"); do
			[[ $included == "$prefix"/* ]] && ok=1
		done
		[[ $ok ]] || complain "$file: $layer must not include $included"
		[[ -e $included || -e $included.in ]] ||
			complain "$file: $included: includes are spelled from the root of the repository"
	done < <(sed -n 's/^#include "\(.*\)"/\1/p' "$file")
}

IMPURE='open|openat|fopen|creat|read|write|pread|pwrite|ioctl|socket|connect|send|recv|poll|select'
IMPURE+='|time|gettimeofday|clock_gettime|localtime|gmtime|sleep|usleep|nanosleep'
IMPURE+='|rand|random|getrandom|srand|drand48|getenv|secure_getenv|setenv|getpid'
IMPURE+='|printf|fprintf|puts|fputs|putchar|perror|syslog|fork|system|popen|exit|_exit|signal'
IMPURE_HEADERS='unistd|fcntl|sys/(ioctl|socket|stat|mman|time|wait|un|epoll)|time|signal|pthread|syslog'
# What a command must leave to the operations: metadata, their edits, devices, locks, members.
OPERATING='(store|scan|stored_vg|mda|label|vg_edit|lv_edit|vg_import|vg_export|alloc|session|members'
OPERATING+='|member_results|cluster|file_lock|global_lock|activation|device)_[a-z_]+'
BANNED='strcpy|strcat|sprintf|vsprintf|gets|alloca|atoi|atol|atoll|atof|strtok|mktemp|tmpnam|scanf'
BANNED+='|longjmp|setjmp'

check_words() {
	local file=$1 layer=$2 code=$3 hit
	# A member of the same name (ops->read(...)) is not the function.
	while IFS= read -r hit; do
		complain "$file:${hit%%:*}: banned: ${hit#*:}"
	done < <(grep -nE "(^|[^A-Za-z0-9_.>])($BANNED)\(" <<<"$code")
	case $layer in
	cmd)
		while IFS= read -r hit; do
			complain "$file:${hit%%:*}: an operation's work: ${hit#*:}"
		done < <(grep -nE "(^|[^A-Za-z0-9_.>])$OPERATING\(" <<<"$code" |
			grep -vE 'alloc_policy_|_parse\(') # words to values
		;;
	metadata | metadata/base | lib/proto | clvmd/core)
		while IFS= read -r hit; do
			# Memory is memory, from malloc or in huge pages.
			[[ $file:${hit#*:} == "metadata/base/pages.c:#include <sys/mman.h>" ]] && continue
			complain "$file:${hit%%:*}: not pure: ${hit#*:}"
		done < <(grep -nE "(^|[^A-Za-z0-9_.>])($IMPURE)\(|^#include <($IMPURE_HEADERS)\.h>" <<<"$code")
		;;
	esac
}

# A function's body is from a "{" in the first column to the "}" in the first column.
functions() {
	awk -v file="$1" '
	/^[A-Za-z_].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\{/ { start = NR }
	/^\}/ { if (start) print NR - start - 1, file ":" start, name; start = 0 }' "$1"
}

guard_of() {
	local name=${1^^}
	printf '%s' "${name//[^A-Z0-9]/_}"
}

check_form() {
	local file=$1 lines guard
	lines=$(wc -l <"$file")
	((lines <= FILE_MAX)) || complain "$file: $lines lines, $FILE_MAX at most"
	[[ $(head -n1 "$file") == "/* SPDX-License-Identifier: LGPL-2.1-or-later */" ]] ||
		complain "$file: the first line is not the SPDX line"
	if [[ $file == *.h ]]; then
		guard=$(guard_of "$file")
		grep -qx "#ifndef $guard" "$file" || complain "$file: include guard is not $guard"
	fi
}

files=()
for dir in metadata lib clvmd cmd tests; do
	[[ -d $dir ]] && while IFS= read -r file; do files+=("$file"); done < <(find $dir -name '*.[ch]')
done
((${#files[@]})) || { echo "no C files here: $PWD"; exit 2; }

lengths=
for file in "${files[@]}"; do
	layer=$(layer_of "$file")
	check_includes "$file" "$layer"
	check_words "$file" "$layer" "$(code_of "$file")"
	check_form "$file"
	lengths+=$(functions "$file")$'\n'
done

while read -r lines place name; do
	[[ -n $lines ]] && ((lines > FUNCTION_MAX)) &&
		complain "$place: $name() has $lines lines, $FUNCTION_MAX at most"
done <<<"$lengths"

while IFS= read -r script; do
	head -n3 "$script" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' ||
		complain "$script: no SPDX line"
	case $(head -n1 "$script") in
	*bash*) bash -n "$script" || complain "$script: does not parse" ;;
	*/sh)   sh -n "$script" || complain "$script: does not parse" ;;
	esac
done < <(find check quickstart scripts .ci tests -type f \
	\( -perm -u+x -o -name '*.sh' -o -name '*.py' \) -not -path 'tests/data/*' \
	-not -name '*.pyc' 2>/dev/null)

echo "${#files[@]} files, $(cat "${files[@]}" | wc -l) lines; longest files:"
wc -l "${files[@]}" | sort -rn | sed -n '2,6s/^/  /p'
echo "longest functions:"
sort -rn <<<"$lengths" | sed -n '1,5s/^/  /p'
exit $bad
