/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of mirrors and raids: legs, copies, parity, and what the text keeps of their settings. */
#include <string.h>

#include "lib/report/getters.h"
#include "lib/report/kept.h"
#include "lib/report/links.h"
#include "lib/report/lv_kind.h"

/* How a raid level spreads data; types by their beginning, the longer ones first. */
struct level {
	const char *prefix;
	uint32_t parity; /* stripes that hold no data of their own */
	uint32_t copies; /* of each byte, parity counted; 0: as many as legs */
	bool can_reshape;
};

static const struct level levels[] = {
	{ "raid10", 0, 2, true }, { "raid0", 0, 1, false }, { "raid1", 0, 0, false },
	{ "raid4", 1, 2, true },  { "raid5", 1, 2, true },  { "raid6", 2, 3, true },
};

static const struct level *level_of(const struct seg *seg)
{
	for (size_t i = 0; seg && seg_is_raid(seg) && i < sizeof(levels) / sizeof(*levels); i++)
		if (!strncmp(seg->type_name, levels[i].prefix, strlen(levels[i].prefix)))
			return &levels[i];
	return NULL;
}

static bool is_raid10(const struct level *level)
{
	return level && !strcmp(level->prefix, "raid10");
}

static uint64_t copies_of(const struct seg *seg)
{
	const struct level *level = level_of(seg);
	uint64_t copies;

	if (!level)
		return 1;
	if (is_raid10(level) && seg_number(seg, "data_copies", &copies) && copies)
		return copies;
	return level->copies ? level->copies : seg_data_count(seg);
}

static uint64_t data_stripes_of(const struct seg *seg)
{
	const struct level *level = level_of(seg);
	const uint32_t count = seg_data_count(seg);

	if (!level)
		return count;
	if (is_raid10(level))
		return count / copies_of(seg);
	return count > level->parity ? count - level->parity : 0;
}

GETTER(get_stripes)
{
	(void)mem;
	return value_number(row->seg ? seg_data_count(row->seg) : 0);
}

GETTER(get_data_stripes)
{
	(void)mem;
	return value_number(row->seg ? data_stripes_of(row->seg) : 0);
}

GETTER(get_data_copies)
{
	(void)mem;
	return row->seg ? value_number(copies_of(row->seg)) : value_text("");
}

/* Of mirrors inside a raid the copies count, of the others the parity. */
GETTER(get_parity_chunks)
{
	const struct level *level = level_of(row->seg);

	(void)mem;
	if (!level || copies_of(row->seg) < 2)
		return (struct value){ .kind = VALUE_EMPTY };
	return value_number(level->parity ? level->parity : copies_of(row->seg) - 1);
}

GETTER(get_stripe_size)
{
	uint64_t size;

	(void)mem;
	if (level_of(row->seg) && seg_number(row->seg, "stripe_size", &size))
		return value_size(size);
	return value_size(row->seg ? row->seg->stripe_size : 0);
}

GETTER(get_region_size)
{
	uint64_t size;

	(void)mem;
	return value_size(row->seg && seg_number(row->seg, "region_size", &size) ? size : 0);
}

/* ---- reshape: extents kept aside in each image while the layout changes ---- */

static uint64_t reshape_extents(const struct seg *seg, uint64_t images)
{
	uint64_t count;

	return level_of(seg) && seg_number(seg, "reshape_count", &count) && count <= EXTENTS_MAX
		       ? count * images
		       : 0;
}

uint64_t lv_size_extents(const struct lv *lv)
{
	uint64_t aside = 0;

	for (uint32_t i = 0; i < lv->seg_count; i++)
		aside += reshape_extents(&lv->segs[i], data_stripes_of(&lv->segs[i]));
	return aside < lv->le_count ? lv->le_count - aside : 0;
}

uint64_t lv_sectors(const struct lv *lv)
{
	return lv_size_extents(lv) * lv->vg->extent_size;
}

/* Also an image of a raid that can be reshaped has that field, as 0. */
static bool has_reshape(const struct report_row *row)
{
	const struct level *level = level_of(row->seg);
	const struct lv_use *use;

	if (level || !row->seg)
		return level && level->can_reshape;
	use = links_use(row->vg, row->seg->lv, NULL, USE_AREA);
	level = level_of(use ? use->seg : NULL);
	return level && level->can_reshape;
}

GETTER(get_reshape_len_le)
{
	(void)mem;
	if (!has_reshape(row))
		return (struct value){ .kind = VALUE_EMPTY };
	return value_number(reshape_extents(row->seg, seg_data_count(row->seg)));
}

GETTER(get_reshape_len)
{
	(void)mem;
	if (!has_reshape(row))
		return (struct value){ .kind = VALUE_EMPTY };
	return value_size(reshape_extents(row->seg, seg_data_count(row->seg)) *
			  row->seg->lv->vg->extent_size);
}

/* ---- LVs ---- */

GETTER(get_lv_initial_image_sync)
{
	const struct lv *lv = row->lv;

	(void)mem;
	return value_flag((lv_is_raid(lv) || lv_is_type(lv, "mirror")) &&
				  !(lv->status & STATUS_NOTSYNCED),
			  "initial image sync");
}

static struct value raid_number(const struct report_row *row, const char *key)
{
	uint64_t number;

	if (!lv_is_raid(row->lv) || !seg_number(&row->lv->segs[0], key, &number) || !number)
		return (struct value){ .kind = VALUE_EMPTY };
	return value_number(number);
}

GETTER(get_raid_write_behind)
{
	(void)mem;
	return raid_number(row, "writebehind");
}

GETTER(get_raid_min_recovery_rate)
{
	(void)mem;
	return raid_number(row, "min_recovery_rate");
}

GETTER(get_raid_max_recovery_rate)
{
	(void)mem;
	return raid_number(row, "max_recovery_rate");
}

/* An LV's own integrity segment, or that of a raid's first image. */
static const struct seg *integrity_seg(const struct lv *lv)
{
	struct area area;

	if (lv_is_type(lv, "integrity"))
		return &lv->segs[0];
	if (!lv_is_raid(lv) || !seg_data_count(&lv->segs[0]))
		return NULL;
	area = seg_data_area(&lv->segs[0], 0);
	return area.type == AREA_LV && lv_is_type(area.lv, "integrity") ? &area.lv->segs[0] : NULL;
}

GETTER(get_raidintegritymode)
{
	const struct seg *seg = integrity_seg(row->lv);
	const char *mode = seg ? seg_text(seg, "mode") : NULL;

	(void)mem;
	if (!mode)
		return value_text("");
	return value_text(*mode == 'B' ? "bitmap" : "journal");
}

GETTER(get_raidintegrityblocksize)
{
	const struct seg *seg = integrity_seg(row->lv);
	uint64_t size;

	(void)mem;
	if (!seg || !seg_number(seg, "block_size", &size))
		return (struct value){ .kind = VALUE_MINUS_ONE };
	return value_number(size);
}

static const struct lv *log_of(const struct lv *lv)
{
	return lv_is_type(lv, "mirror") ? lv_named_by(lv, "mirror_log") : NULL;
}

GETTER(get_mirror_log)
{
	(void)mem;
	return log_of(row->lv) ? value_lv(log_of(row->lv)) : value_text("");
}

GETTER(get_mirror_log_uuid)
{
	return log_of(row->lv) ? value_of_uuid(&log_of(row->lv)->id, mem) : value_text("");
}
