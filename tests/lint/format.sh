#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every C file is as clang-format would leave it.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
find metadata lib clvmd cmd tests -name '*.[ch]' -print0 |
	xargs -0 -n20 -P"$(nproc)" clang-format --dry-run -Werror --ferror-limit=3
