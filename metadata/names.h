/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which names a VG, an LV and a tag may have. Wording and limits are LVM2's. */
#ifndef METADATA_NAMES_H
#define METADATA_NAMES_H

#include <stdbool.h>

#include "metadata/base/err.h"
#include "metadata/model.h"

/** -EINVAL with LVM2's reason ("Name contains invalid character, valid set includes: …"). */
int vg_name_check(const char *name, struct err *err) MUST_CHECK;

/** As vg_name_check() for an LV's name; also refuses reserved prefixes and substrings. */
int lv_name_check(const char *name, struct err *err) MUST_CHECK;

bool tag_is_valid(const char *tag);

/** "lvol<N>", N one above the highest in use, into @vg's arena; NULL without memory. */
const char *lv_default_name(const struct vg *vg);

#endif
