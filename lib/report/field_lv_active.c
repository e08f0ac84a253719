/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where an LV is active: by this node's kernel, and by the lock table on the others. */
#include <string.h>

#include "lib/report/getters.h"
#include "lib/report/links.h"

/* ---- activation: by the kernel here, by the lock table elsewhere ---- */

static bool is_clustered(const struct report_row *row)
{
	return vg_is_clustered(row->lv->vg);
}

static int compare_to_holder(const struct lv *lv, const struct lv_holder *holder)
{
	const int by_vg = memcmp(&lv->vg->id, &holder->vg_id, sizeof(holder->vg_id));

	return by_vg ? by_vg : memcmp(&lv->id, &holder->lv_id, sizeof(holder->lv_id));
}

/* The nodes that hold the row's LV; the list is sorted. */
static const struct lv_holder *holders_of(const struct report_row *row, size_t *ret_count)
{
	const struct lv_holders *all = row->holders;
	size_t low = 0, high = all ? all->count : 0, end;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare_to_holder(row->lv, &all->items[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; all && end < all->count && !compare_to_holder(row->lv, &all->items[end]);)
		end++;
	*ret_count = end - low;
	return all ? all->items + low : NULL;
}

struct activity {
	bool here, elsewhere, exclusive, known;
};

static struct activity activity_of(const struct report_row *row)
{
	size_t count;
	const struct lv_holder *holders = holders_of(row, &count);
	struct activity activity = { .here = row_kernel(row) && row_kernel(row)->active,
				     .known = row_kernel(row) || row->holders };

	for (size_t i = 0; i < count; i++) {
		activity.elsewhere |= !holders[i].is_local;
		activity.exclusive |= holders[i].mode == MODE_EX;
	}
	if (!is_clustered(row))
		activity.exclusive = activity.here;
	return activity;
}

GETTER(get_lv_active)
{
	const struct activity activity = activity_of(row);

	(void)mem;
	if (!activity.known)
		return value_text("unknown");
	if (!is_clustered(row))
		return value_text(activity.here ? "active" : "");
	if (activity.here)
		return value_text(activity.exclusive ? "local exclusive" : "locally");
	if (activity.elsewhere)
		return value_text(activity.exclusive ? "remote exclusive" : "remotely");
	return value_text("");
}

static struct value unknown_flag(void)
{
	return (struct value){ .kind = VALUE_UNKNOWN };
}

GETTER(get_lv_active_locally)
{
	(void)mem;
	return row_kernel(row) ? value_flag(row_kernel(row)->active, "active locally")
			       : unknown_flag();
}

GETTER(get_lv_active_remotely)
{
	(void)mem;
	if (is_clustered(row) ? !row->holders : !row_kernel(row))
		return unknown_flag();
	return value_flag(activity_of(row).elsewhere, "active remotely");
}

GETTER(get_lv_active_exclusively)
{
	const struct activity activity = activity_of(row);

	(void)mem;
	if (!activity.known)
		return unknown_flag();
	return value_flag(activity.exclusive && (activity.here || activity.elsewhere),
			  "active exclusively");
}

GETTER(get_lv_active_nodes)
{
	struct value list = value_list(mem, ",");
	size_t count;
	const struct lv_holder *holders = holders_of(row, &count);

	list.sorted = true;
	for (size_t i = 0; i < count; i++)
		list_add(&list, mem, holders[i].node_name);
	return list;
}

/* ---- the kernel's device ---- */

static bool exists(const struct report_row *row)
{
	return row_kernel(row) && row_kernel(row)->exists;
}

static GETTER(get_lv_kernel_major)
{
	(void)mem;
	return exists(row) ? value_number(row_kernel(row)->major)
			   : (struct value){ .kind = VALUE_MINUS_ONE };
}

static GETTER(get_lv_kernel_minor)
{
	(void)mem;
	return exists(row) ? value_number(row_kernel(row)->minor)
			   : (struct value){ .kind = VALUE_MINUS_ONE };
}

static GETTER(get_lv_kernel_read_ahead)
{
	(void)mem;
	return exists(row) ? value_size(row_kernel(row)->read_ahead)
			   : (struct value){ .kind = VALUE_MINUS_ONE };
}

static struct value device_flag(const struct report_row *row, bool is_set, const char *word)
{
	return row_kernel(row) ? value_flag(exists(row) && is_set, word) : unknown_flag();
}

static GETTER(get_lv_suspended)
{
	(void)mem;
	return device_flag(row, row_kernel(row) && row_kernel(row)->suspended, "suspended");
}

static GETTER(get_lv_live_table)
{
	(void)mem;
	return device_flag(row, row_kernel(row) && row_kernel(row)->active, "live table present");
}

static GETTER(get_lv_inactive_table)
{
	(void)mem;
	return device_flag(row, row_kernel(row) && row_kernel(row)->inactive_table,
			   "inactive table present");
}

static GETTER(get_lv_device_open)
{
	(void)mem;
	return device_flag(row, row_kernel(row) && row_kernel(row)->open_count, "open");
}

/* clang-format off */
const struct field lv_info_fields[] = {
	{ OWNER_LV_INFO, "lv_kernel_major", "KMaj", FIELD_NUMBER, 0, get_lv_kernel_major,
	  "major number of its device, -1: no device" },
	{ OWNER_LV_INFO, "lv_kernel_minor", "KMin", FIELD_NUMBER, 0, get_lv_kernel_minor,
	  "minor number of its device, -1: no device" },
	{ OWNER_LV_INFO, "lv_kernel_read_ahead", "KRahead", FIELD_SIZE, 0, get_lv_kernel_read_ahead,
	  "read ahead that its device has" },
	{ OWNER_LV_INFO, "lv_permissions", "LPerms", FIELD_STRING, 8, get_lv_permissions,
	  "may it be written" },
	{ OWNER_LV_INFO, "lv_suspended", "Suspended", FIELD_NUMBER, 10, get_lv_suspended,
	  "its I/O is held back" },
	{ OWNER_LV_INFO, "lv_live_table", "LiveTable", FIELD_NUMBER, 20, get_lv_live_table,
	  "its device works" },
	{ OWNER_LV_INFO, "lv_inactive_table", "InactiveTable", FIELD_NUMBER, 20, get_lv_inactive_table,
	  "a next table is loaded" },
	{ OWNER_LV_INFO, "lv_device_open", "DevOpen", FIELD_NUMBER, 10, get_lv_device_open,
	  "somebody has its device open" },
	{ 0 },
};
/* clang-format on */
