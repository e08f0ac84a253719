/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every invariant of a VG. Run on everything read and before everything written. */
#ifndef METADATA_CHECK_H
#define METADATA_CHECK_H

#include "metadata/model.h"

/**
 * -EUCLEAN names the first thing wrong: names and ids unique and valid, segments cover
 * each LV from 0 without gap or overlap, PEs lie in their PV and are used once, no LV rests
 * on itself, counts and sizes do not overflow, stripe sizes make sense.
 */
int vg_check(const struct vg *vg, struct err *err) MUST_CHECK;

#endif
