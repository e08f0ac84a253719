/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lv_attr, the ten characters, and the fields that say the same in words. */
#include <string.h>

#include "lib/report/getters.h"
#include "lib/report/kept.h"
#include "lib/report/links.h"
#include "lib/report/lv_kind.h"

/* What the attributes are made of, looked up once per LV. */
struct look {
	const struct lv *lv;
	const struct lv_kernel_state *kernel; /* NULL: cannot be told */
	const struct lv_duty *duty;
	bool is_cachevol, is_external_origin;
};

static struct look look_at(const struct report_row *row)
{
	const char *type;

	return (struct look){
		.lv = row->lv,
		.kernel = row_kernel(row),
		.duty = lv_duty(row->vg, row->lv, NULL),
		.is_cachevol = lv_is_cachevol(row->vg, row->lv, &type),
		.is_external_origin = links_use(row->vg, row->lv, "thin", "external_origin"),
	};
}

/* Own types and their letters; not in sync from the start in capitals. */
struct type_letter {
	const char *type;
	char volume, volume_unsynced, target;
};

static const struct type_letter type_letters[] = {
	{ "cache", 'C', 'C', 'C' },	 { "cache-pool", 'C', 'C', 'C' },
	{ "writecache", 'C', 'C', 'C' }, { "integrity", 'g', 'g', 0 },
	{ "raid", 'r', 'R', 'r' },	 { "mirror", 'm', 'M', 'm' },
	{ "thin", 'V', 'V', 't' },	 { "thin-pool", 't', 't', 't' },
	{ "vdo-pool", 'd', 'd', 0 },	 { "vdo", 'v', 'v', 'v' },
	{ "error", 'v', 'v', 'v' },	 { "zero", 'v', 'v', 'v' },
};

static const struct type_letter *letters_of(const struct lv *lv)
{
	static const struct type_letter unknown = { "unknown", 'v', 'v', 'u' };

	if (!lv->seg_count || lv->segs[0].type == SEG_STRIPED)
		return NULL;
	if (lv->segs[0].type == SEG_UNKNOWN)
		return &unknown;
	for (size_t i = 0; i < sizeof(type_letters) / sizeof(*type_letters); i++)
		if (lv_is_type(lv, type_letters[i].type) ||
		    (type_letters[i].volume == 'r' && lv_is_raid(lv)))
			return &type_letters[i];
	return NULL;
}

/* Letters that come before those of the LV's type; 0: none of them. */
static char first_letter(const struct report_row *row, const struct look *look)
{
	const struct lv *lv = look->lv;

	if (lv->status & STATUS_PVMOVE)
		return 'p';
	if (lv_converting_layer(lv))
		return 'c';
	if (lv_is_merge_target(row->vg, lv))
		return 'O';
	if (lv_is_merge_source(lv))
		return 'S';
	if (lv->snapshot_count || look->is_external_origin)
		return 'o';
	return lv_is_spare(lv) ? 'e' : '\0';
}

static char volume_type(const struct report_row *row, const struct look *look)
{
	const struct type_letter *letters = letters_of(look->lv);
	const char letter = first_letter(row, look);

	if (letter)
		return letter;
	if (look->is_cachevol)
		return 'C';
	/* metadata comes before its type, as 'e' does in LVM2's order */
	if (look->duty && look->duty->letter == 'e')
		return 'e';
	if (letters)
		return look->lv->status & STATUS_NOTSYNCED ? letters->volume_unsynced
							   : letters->volume;
	/* Images may be out of sync when nobody looks at them. */
	if (look->duty && look->duty->letter == 'i')
		return look->kernel && look->kernel->active ? 'i' : 'I';
	if (look->duty)
		return look->duty->letter;
	return look->lv->snapshot_origin ? 's' : '-';
}

static char permission(const struct look *look)
{
	const struct lv *lv = look->lv;

	if (lv->status & STATUS_PVMOVE)
		return '-';
	if (!(lv->status & (STATUS_WRITE | FLAG_WRITE_LOCKED)))
		return 'r';
	return look->kernel && look->kernel->active && look->kernel->read_only ? 'R' : 'w';
}

static char allocation(const struct lv *lv)
{
	static const char normal[] = {
		[ALLOC_INHERIT] = 'i',	     [ALLOC_CONTIGUOUS] = 'c', [ALLOC_CLING] = 'l',
		[ALLOC_CLING_BY_TAGS] = 'l', [ALLOC_NORMAL] = 'n',     [ALLOC_ANYWHERE] = 'a'
	};
	const char letter = normal[lv->alloc];

	return lv->status & STATUS_LOCKED ? (char)(letter - 'a' + 'A') : letter;
}

static char state(const struct look *look)
{
	if (!look->kernel)
		return 'X';
	if (!look->kernel->exists)
		return '-';
	if (look->kernel->suspended)
		return 's';
	if (look->kernel->active)
		return 'a';
	return look->kernel->inactive_table ? 'i' : 'd';
}

static char is_open(const struct look *look)
{
	if (!look->kernel)
		return 'X';
	return look->kernel->exists && look->kernel->open_count ? 'o' : '-';
}

static char target(const struct look *look)
{
	const struct type_letter *letters = letters_of(look->lv);
	const bool is_thin = letters && letters->target == 't';

	if (look->is_cachevol)
		return 'C';
	if (look->duty && look->duty->target)
		return look->duty->target;
	if ((look->lv->snapshot_count || look->lv->snapshot_origin) && !is_thin)
		return 's';
	if (look->lv->status & STATUS_PVMOVE)
		return 'm';
	return letters && letters->target ? letters->target : '-';
}

static bool zeroes_blocks(const struct lv *lv)
{
	const struct lv *pool = lv_is_type(lv, "thin") ? lv_named_by(lv, "thin_pool") : lv;
	uint64_t zero;

	return pool && lv_is_type(pool, "thin-pool") &&
	       seg_number(&pool->segs[0], "zero_new_blocks", &zero) && zero;
}

/* How a raid fares only the kernel knows. */
static bool is_raid_of_unknown_health(const struct look *look)
{
	return !look->kernel &&
	       (lv_is_raid(look->lv) || (look->duty && !strcmp(look->duty->type, "raid")));
}

static char health(const struct look *look)
{
	if (lv_is_partial(look->lv))
		return 'p';
	return is_raid_of_unknown_health(look) ? 'X' : '-';
}

GETTER(get_lv_attr)
{
	const struct look look = look_at(row);
	const char attr[] = {
		volume_type(row, &look),
		permission(&look),
		allocation(look.lv),
		look.lv->status & STATUS_FIXED_MINOR ? 'm' : '-',
		state(&look),
		is_open(&look),
		target(&look),
		zeroes_blocks(look.lv) ? 'z' : '-',
		health(&look),
		look.lv->status & FLAG_ACTIVATION_SKIP ? 'k' : '-',
		'\0',
	};

	return value_text(dm_pool_strdup(mem, attr));
}

GETTER(get_lv_health_status)
{
	const struct look look = look_at(row);

	(void)mem;
	if (lv_is_partial(row->lv))
		return value_text("partial");
	return value_text(is_raid_of_unknown_health(&look) ? "unknown" : "");
}

GETTER(get_lv_permissions)
{
	const struct look look = look_at(row);

	(void)mem;
	switch (permission(&look)) {
	case '-':
		return value_text("");
	case 'r':
		return value_text("read-only");
	case 'R':
		return value_text("read-only-override");
	default:
		return value_text(look.kernel ? "writeable" : "unknown");
	}
}
