/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/reserved.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 6 /* with the NULL that ends them */

/* What a number or size is when there is none; the fields' values say so too. */
static const uint64_t undefined_number = UINT64_MAX, yes = 1, no = 0;
static const uint64_t copies_unmanaged = COPIES_UNMANAGED, copies_all = COPIES_ALL;
static const double read_ahead_auto = SORT_AS_AUTO;

struct reserved_row {
	const char *field; /* NULL: every number */
	const void *value; /* as the field sorts it */
	const char *names[NAMES_MAX];
	bool is_name; /* only another name: the value itself may be asked for, too */
};

/* A flag: its word, or yes; and no. */
/* clang-format off */
#define FLAG(field, ...) \
	{ field, &yes, { __VA_ARGS__, "yes" }, true }, { field, &no, { "no" }, true }
#define UNDEFINED(field) { field, "", { "undefined" }, false }

static const struct reserved_row rows[] = {
	{ NULL, &undefined_number, { "-1", "unknown", "undefined", "undef" }, false },
	FLAG("pv_allocatable", "allocatable"),
	FLAG("pv_exported", "exported"),
	FLAG("pv_missing", "missing"),
	FLAG("pv_in_use", "used", "in use"),
	FLAG("pv_duplicate", "duplicate"),
	FLAG("vg_extendable", "extendable"),
	FLAG("vg_exported", "exported"),
	FLAG("vg_partial", "partial"),
	FLAG("vg_clustered", "clustered"),
	FLAG("vg_shared", "shared"),
	FLAG("lv_initial_image_sync", "initial image sync", "sync"),
	FLAG("lv_image_synced", "image synced", "synced"),
	FLAG("lv_merging", "merging"),
	FLAG("lv_converting", "converting"),
	FLAG("lv_allocation_locked", "allocation locked", "locked"),
	FLAG("lv_fixed_minor", "fixed minor", "fixed"),
	FLAG("lv_skip_activation", "skip activation", "skip"),
	FLAG("lv_active_locally", "active locally", "active", "locally"),
	FLAG("lv_active_remotely", "active remotely", "active", "remotely"),
	FLAG("lv_active_exclusively", "active exclusively", "active", "exclusively"),
	FLAG("lv_suspended", "suspended"),
	FLAG("lv_live_table", "live table present", "live table", "live"),
	FLAG("lv_inactive_table", "inactive table present", "inactive table", "inactive"),
	FLAG("lv_device_open", "open"),
	FLAG("lv_check_needed", "check needed", "needed"),
	FLAG("lv_merge_failed", "merge failed", "failed"),
	FLAG("lv_snapshot_invalid", "snapshot invalid", "invalid"),
	FLAG("zero", "zero"),
	FLAG("vdo_compression", "enabled"),
	FLAG("vdo_deduplication", "enabled"),
	FLAG("vdo_use_metadata_hints", "enabled"),
	FLAG("vdo_use_sparse_index", "enabled"),
	UNDEFINED("lv_when_full"),
	UNDEFINED("lv_health_status"),
	UNDEFINED("kernel_discards"),
	UNDEFINED("seg_monitor"),
	UNDEFINED("cache_policy"),
	UNDEFINED("vdo_write_policy"),
	{ "lv_when_full", "error", { "error", "error when full", "error if no space" }, true },
	{ "lv_when_full", "queue", { "queue", "queue when full", "queue if no space" }, true },
	{ "vg_permissions", "writeable", { "writeable", "rw", "read-write" }, true },
	{ "vg_permissions", "read-only", { "read-only", "r", "ro" }, true },
	{ "lv_permissions", "writeable", { "writeable", "rw", "read-write" }, true },
	{ "lv_permissions", "read-only", { "read-only", "r", "ro" }, true },
	{ "lv_permissions", "read-only-override",
	  { "read-only-override", "ro-override", "r-override", "R" }, true },
	{ "lv_read_ahead", &read_ahead_auto, { "auto" }, false },
	{ "vg_mda_copies", &copies_unmanaged, { "unmanaged" }, false },
	{ "vg_mda_copies", &copies_all, { "all" }, false },
};
/* clang-format on */
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

struct block {
	struct dm_report_reserved_value values[ROW_COUNT + 1];
	struct dm_report_field_reserved_value fields[ROW_COUNT];
	const char *names[ROW_COUNT][NAMES_MAX];
};

static uint32_t number_of_field(const struct field_format *format, const char *name)
{
	uint32_t number = 0;

	while (format->fields[number] && strcmp(format->fields[number]->name, name) != 0)
		number++;
	return number;
}

struct dm_report_reserved_value *reserved_values_build(const struct field_format *format)
{
	struct block *block = calloc(1, sizeof(*block));

	for (size_t i = 0; block && i < ROW_COUNT; i++) {
		const bool all = !rows[i].field;
		const struct dm_report_reserved_value value = {
			.type = (all ? DM_REPORT_FIELD_TYPE_NUMBER : DM_REPORT_FIELD_TYPE_NONE) |
				(rows[i].is_name ? DM_REPORT_FIELD_RESERVED_VALUE_NAMED : 0U),
			.value = all ? rows[i].value : &block->fields[i],
			.names = block->names[i],
			.description = all ? "A number that is not known." : "",
		};

		if (!all)
			block->fields[i] = (struct dm_report_field_reserved_value){
				number_of_field(format, rows[i].field), rows[i].value
			};
		memcpy(block->names[i], rows[i].names, sizeof(rows[i].names));
		/* members are const: they are set where the struct is made */
		memcpy(&block->values[i], &value, sizeof(value));
	}
	return block ? block->values : NULL;
}
