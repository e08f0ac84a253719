#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#     tests/lint/cppcheck.sh BUILD-DIR
#
# cppcheck, warnings and portability; what is known is kept in BUILD-DIR/cppcheck.
# normalCheckLevelMaxBranches and missing system headers are remarks about cppcheck itself.
set -euo pipefail
build=$(readlink -f "$1")
cd "$(dirname "$(readlink -f "$0")")/../.."
mkdir -p "$build/cppcheck"
exec cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr \
	--std=c11 --language=c -D_GNU_SOURCE -D__linux__ -j"$(nproc)" \
	--cppcheck-build-dir="$build/cppcheck" --suppress=missingInclude \
	--suppress=normalCheckLevelMaxBranches -I. -I"$build/generated" metadata lib clvmd cmd
