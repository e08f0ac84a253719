#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#     tests/lint/cppcheck.sh BUILD-DIR
#
# cppcheck, warnings and portability; what is known is kept in BUILD-DIR/cppcheck.
#
# Suppressed, as of 2.10: memleak (it does not know the cleanup attribute), legacyUninitvar (nor
# a union's designated initializer), internalAstError (nor a compound literal in "?:").
set -euo pipefail
build=$(readlink -f "$1")
cd "$(dirname "$(readlink -f "$0")")/../.."
mkdir -p "$build/cppcheck"
exec cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr \
	--std=c11 --language=c -D_GNU_SOURCE -D__linux__ -j"$(nproc)" \
	--cppcheck-build-dir="$build/cppcheck" --suppress=missingInclude \
	--suppress=memleak --suppress=legacyUninitvar --suppress=internalAstError \
	-I. -I"$build/generated" metadata lib clvmd cmd
