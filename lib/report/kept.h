/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to segments of types that we keep but do not operate: their keys are in the text. */
#ifndef LIB_REPORT_KEPT_H
#define LIB_REPORT_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "metadata/model.h"

/** Is @seg of that type, whatever +FLAGS it has? */
bool seg_is(const struct seg *seg, const char *type);
bool seg_is_raid(const struct seg *seg);

/** The first segment is what gives an LV its kind; false for an LV without segments. */
bool lv_is_type(const struct lv *lv, const char *type);
bool lv_is_raid(const struct lv *lv);

/** One of the pools: thin, cache, vdo. */
bool lv_is_pool(const struct lv *lv);

/** The record of a COW snapshot: an LV of its own in the text only, shown by no report. */
static inline bool lv_is_snapshot_record(const struct lv *lv)
{
	return lv_is_type(lv, "snapshot");
}

/** What stands behind @key; NULL or false when there is no such value. */
const char *seg_text(const struct seg *seg, const char *key);
bool seg_number(const struct seg *seg, const char *key, uint64_t *ret_number);
const struct lv *seg_lv(const struct seg *seg, const char *key);

/** As seg_text() and seg_lv() for the first segment of @lv. */
const struct lv *lv_named_by(const struct lv *lv, const char *key);

/** Areas that hold the data: stripes, legs, images, or the one LV below. */
uint32_t seg_data_count(const struct seg *seg);
struct area seg_data_area(const struct seg *seg, uint32_t number);

/** Areas that hold a raid's metadata, one for each image; 0 when it has none. */
uint32_t seg_meta_count(const struct seg *seg);
struct area seg_meta_area(const struct seg *seg, uint32_t number);

#endif
