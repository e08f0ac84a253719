#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each command has a manual page, and the page has each option that --help has; those of all
# commands are in lvm(8). Pages are clean mdoc, where mandoc is installed to say so.
#
# usage: man.sh DIR		(with our commands, such as sbin/ of the build tree)
set -u
sbin=${1:?usage: man.sh DIRECTORY-WITH-OUR-COMMANDS}
man=$(cd "$(dirname "$0")/../../man" && pwd) || exit 1
failures=0

complain() {
	echo "man.sh: $*" >&2
	failures=$((failures + 1))
}

# Long names in a part of --help: "own" ones, or the "common" ones of all commands.
options() {
	"$sbin/lvm" "$1" --help | awk -v part="$2" '
		/^  Common options:/ { common = 1 }
		/^\t\[/ && (common ? "common" : "own") == part {
			match($0, /--[a-z]+/)
			print substr($0, RSTART + 2, RLENGTH - 2)
		}'
}

# page_has PAGE OPTION: an item of a list, or in the list of what is not supported.
page_has() {
	grep -Eq "^\.(It .*)?.*Fl \\\\-$2( |\$)" "$1"
}

commands=$("$sbin/lvm" help 2>&1 | awk '/^  [a-z]+ +[A-Z]/ && $1 !~ /^(help|version)$/ { print $1 }')
[ -n "$commands" ] || complain "lvm help lists no commands"
for command in $commands; do
	page=$man/$command.8
	if [ ! -f "$page" ]; then
		complain "$command has no page"
		continue
	fi
	grep -qx "\.Nm $command" "$page" || complain "$page is not about $command"
	for option in $(options "$command" own); do
		page_has "$page" "$option" || complain "$page lacks --$option"
	done
	[ -x "$sbin/$command" ] || complain "$command is no program"
	grep -qx "\.It Xr $command 8" "$man/lvm.8" || complain "lvm.8 lacks $command"
done
for option in $(options lvs common); do
	page_has "$man/lvm.8" "$option" || complain "lvm.8 lacks --$option"
done
[ -n "$(options lvs common)" ] || complain "--help lists no common options"

# The other way round: no page describes what is not there.
for command in $commands; do
	known=" $(echo $(options "$command" own) $(options "$command" common)) "
	for option in $(sed -n 's/^\.It .*Fl \\-\([a-z]*\).*/\1/p' "$man/$command.8"); do
		[[ $known == *" $option "* ]] || complain "$command.8 has --$option"
	done
done

for page in clvmd.8 clvmd.conf.5 clvm.7; do
	[ -f "$man/$page" ] || complain "$page is missing"
done
# Section references to our own pages lead somewhere.
for reference in $(sed -n 's/.*\.*Xr \([a-z.]*\) \([578]\).*/\1.\2/p' "$man"/*.[578] | sort -u); do
	case $reference in
	lvm.conf.5 | corosync.conf.5) ;;
	*) [ -f "$man/$reference" ] || complain "a page refers to $reference" ;;
	esac
done

if command -v mandoc >/dev/null; then
	mandoc -Tlint -Wwarning "$man"/*.[578] || complain "mandoc has warnings"
else
	echo "man.sh: no mandoc, pages not checked"
fi
[ "$failures" -eq 0 ]
