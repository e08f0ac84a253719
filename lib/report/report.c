/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/report.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"
#include "lib/dm_log.h"
#include "lib/report/columns.h"
#include "lib/report/reserved.h"
#include "lib/report/rows.h"
#include "lib/together.h"
#include "metadata/base/cleanup.h"
#include "metadata/base/pages.h"

#define COLUMNS_LIMIT ((size_t)1 << 16)
#define ROW_BYTES     900U /* of dm_report's, in the columns of lvs */
#define ROOM_MIN      (1 << 20)
#define ROOM_MAX      (32 << 20) /* the most that malloc() takes for a threshold */

int report_format_of(struct context *context, const struct report_args *args,
		     struct field_format *format, struct err *err)
{
	const char *units =
		args->units ? args->units : config_string(context->config, "global/units");
	const char *end = NULL;

	format->unit_factor = dm_units_to_factor(units, &format->unit_type, 0, &end);
	if (!format->unit_factor || (end && *end))
		return err_set(err, EINVAL, "Invalid units specification");
	format->suffix = !args->no_suffix && config_bool(context->config, "global/suffix");
	/* Without a fixed unit a number alone says nothing: LVM2 keeps the suffix. */
	if (strchr("hHrR", format->unit_type))
		format->suffix = true;
	format->binary = args->binary;
	format->marks_hidden = config_bool(context->config, "report/mark_hidden_devices");
	format->time_format = config_string(context->config, "report/time_format");
	format->list_separator = config_string(context->config, "report/list_item_separator");
	return 0;
}

/* Switches of the configuration that do what an option does. */
static void add_configured(const struct config *config, struct report_args *args)
{
	const char *separator = config_string(config, "report/separator");

	/* An option that does not go with columns parts them; the configuration does not. */
	args->aligned |= config_bool(config, "report/aligned") && !args->unaligned &&
			 !args->separator && !args->name_prefixes && !args->rows;
	args->no_headings |= !config_bool(config, "report/headings");
	args->unbuffered |= !config_bool(config, "report/buffered");
	args->name_prefixes |= config_bool(config, "report/prefixes");
	args->unquoted |= !config_bool(config, "report/quoted");
	args->rows |= config_bool(config, "report/columns_as_rows");
	args->binary |= config_bool(config, "report/binary_values_as_numeric");
	args->json |= !strcmp(config_string(config, "report/output_format"), "json");
	if (!args->separator)
		args->separator = separator;
}

struct column_settings {
	const char *columns, *verbose, *sort;
};

static void add_configured_columns(const struct config *config, struct report_args *args)
{
	static const struct column_settings paths[] = {
		[REPORT_PVS] = { "report/pvs_cols", "report/pvs_cols_verbose", "report/pvs_sort" },
		[REPORT_VGS] = { "report/vgs_cols", "report/vgs_cols_verbose", "report/vgs_sort" },
		[REPORT_LVS] = { "report/lvs_cols", "report/lvs_cols_verbose", "report/lvs_sort" },
		[REPORT_PVSEGS] = { "report/pvsegs_cols", "report/pvsegs_cols_verbose",
				    "report/pvsegs_sort" },
		[REPORT_SEGS] = { "report/segs_cols", "report/segs_cols_verbose",
				  "report/segs_sort" },
	};
	const struct column_settings *kind = &paths[args->kind];

	args->columns = config_string(config, args->verbose ? kind->verbose : kind->columns);
	if (!args->sort)
		args->sort = config_string(config, kind->sort);
}

/* Leave out columns that are empty in all rows: those of -o#, or as the configuration says. */
static bool compact(const struct config *config, const struct report_args *args,
		    struct dm_report *report)
{
	AUTO_BUF struct buf fields = { .limit = COLUMNS_LIMIT };

	if (config_bool(config, "report/compact_output"))
		return dm_report_compact_fields(report);
	buf_puts(&fields, config_string(config, "report/compact_output_cols"));
	for (size_t i = 0; i < args->field_count; i++)
		if (args->fields[i][0] == '#') {
			buf_puts(&fields, fields.used ? "," : "");
			buf_puts(&fields, args->fields[i] + 1);
		}
	return !fields.used || dm_report_compact_given_fields(report, fields.data);
}

static uint32_t output_flags(const struct report_args *args)
{
	uint32_t flags = 0;

	if (!args->unbuffered)
		flags |= DM_REPORT_OUTPUT_BUFFERED;
	if (!args->no_headings)
		flags |= DM_REPORT_OUTPUT_HEADINGS;
	if (args->aligned)
		flags |= DM_REPORT_OUTPUT_ALIGNED;
	if (args->name_prefixes)
		flags |= DM_REPORT_OUTPUT_FIELD_NAME_PREFIX;
	if (args->unquoted)
		flags |= DM_REPORT_OUTPUT_FIELD_UNQUOTED;
	if (args->rows)
		flags |= DM_REPORT_OUTPUT_COLUMNS_AS_ROWS | DM_REPORT_OUTPUT_BUFFERED;
	return flags;
}

/* The one kind of object whose prefix field names may go without: -o name is pv_name in pvs. */
static uint32_t owner_of(enum report_kind kind)
{
	switch (kind) {
	case REPORT_PVS:
		return OWNER_LABEL;
	case REPORT_VGS:
		return OWNER_VG;
	case REPORT_LVS:
		return OWNER_LV;
	case REPORT_PVSEGS:
		return OWNER_PVSEG;
	case REPORT_SEGS:
		return OWNER_SEG;
	}
	return 0;
}

static const char *json_name(enum report_kind kind)
{
	static const char *const names[] = { [REPORT_PVS] = "pv",
					     [REPORT_VGS] = "vg",
					     [REPORT_LVS] = "lv",
					     [REPORT_PVSEGS] = "pvseg",
					     [REPORT_SEGS] = "seg" };

	return names[kind];
}

/* An LV has many PVs, and a PV many LVs: only pvs has rows that are about one of each. */
static int check_owners(enum report_kind kind, uint32_t owners, struct err *err)
{
	if (kind == REPORT_PVS || kind == REPORT_PVSEGS || !(owners & (OWNER_ANY_LV | OWNER_SEG)) ||
	    !(owners & (OWNER_PV | OWNER_LABEL | OWNER_PVSEG)))
		return 0;
	return err_set(err, EIO,
		       "Can't report LV and PV fields at the same time in report type \"%s\".",
		       json_name(kind));
}

/* libdevmapper does not change the name, though its argument is not const. */
static bool push(struct dm_report_group *group, struct dm_report *report, const char *name)
{
	return dm_report_group_push(group, report, (void *)(uintptr_t)name);
}

static bool add_row(void *report, struct report_row *row)
{
	return dm_report_object(report, row);
}

/*
 * dm_report keeps a row as a dozen small pieces of the heap: for ten thousand rows the page faults
 * of that take as long as making the rows. So the heap gets room for them at once, and a thread
 * touches it a little ahead of us. Only commands report: it is their own heap.
 */
struct room {
	char *begin;
	size_t size;
	struct beside touching;
};

static void *touch(void *data)
{
	const struct room *room = data;

	pages_touch(room->begin, room->size);
	return NULL;
}

static void make_room(const struct report_source *source, struct room *room)
{
	size_t rows = 0, size;

	for (size_t i = 0; i < source->vg_count; i++)
		rows += source->vgs[i].stored->vg->lv_count;
	size = rows * ROW_BYTES;
	if (size < ROOM_MIN || size > ROOM_MAX || !mallopt(M_MMAP_THRESHOLD, ROOM_MAX) ||
	    !mallopt(M_TRIM_THRESHOLD, 2 * ROOM_MAX) || !(room->begin = malloc(size)))
		return;
	free(room->begin); /* it stays the heap's: that is not trimmed before there is more of it */
	room->size = size;
	beside_start(&room->touching, touch, room);
}

static int feed_and_print(struct report_source *source, const struct report_args *args,
			  uint32_t owners, struct dm_report *report, struct err *err)
{
	struct dm_report_group *group = NULL;
	struct room room = { 0 };
	bool printed;
	int rc;

	if (args->json) {
		group = dm_report_group_create(DM_REPORT_GROUP_JSON, NULL);
		if (!group || !push(group, NULL, "report") ||
		    !push(group, report, json_name(args->kind)))
			return err_set(err, ENOMEM, "The JSON report could not be made.");
	}
	if (owners & (OWNER_ANY_LV | OWNER_VG))
		report_source_ask_cluster(source);
	if (args->kind == REPORT_LVS || args->kind == REPORT_SEGS)
		make_room(source, &room);
	rc = rows_each(source, args, owners, add_row, report, err);
	printed = compact(source->context->config, args, report) && dm_report_output(report);
	beside_wait(&room.touching);
	if (group && !dm_report_group_destroy(group)) /* prints what closes the JSON */
		printed = false;
	if (!printed && !rc)
		rc = err_set(err, EIO, "The report could not be printed.");
	return rc;
}

static int print(struct report_source *source, const struct report_args *args,
		 struct field_format *format, struct err *err)
{
	AUTO_BUF struct buf columns = { .limit = COLUMNS_LIMIT };
	AUTO_FREE struct dm_report_field_type *types = field_types_build(format);
	AUTO_FREE struct dm_report_reserved_value *reserved = NULL;
	uint32_t owners = owner_of(args->kind);
	struct dm_report *report;
	int rc;

	if (types)
		reserved = reserved_values_build(format);
	if (!types || !reserved)
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = columns_build(args, &columns, err)))
		return rc;
	report = dm_report_init_with_selection(&owners, field_owners, types,
					       columns.data ? columns.data : "", args->separator,
					       output_flags(args), columns_sort(args),
					       args->select ? args->select : "", reserved, format);
	if (!report) /* dm_report has said why */
		return err_set(err, EIO, "%s", "");
	if ((rc = check_owners(args->kind, owners, err))) {
		dm_report_free(report);
		return rc;
	}
	if (args->name_prefixes && !dm_report_set_output_field_name_prefix(report, "LVM2_")) {
		dm_report_free(report);
		return err_set(err, ENOMEM, "Out of memory.");
	}
	rc = feed_and_print(source, args, owners, report, err);
	dm_report_free(report);
	return rc;
}

int report_run(struct context *context, const struct report_args *asked, struct err *err)
{
	struct report_args effective = *asked;
	const struct report_args *args = &effective;
	struct field_format format = { 0 };
	struct last_size last_size = { 0 };
	struct report_source source;
	bool failed;
	int rc;

	add_configured(context->config, &effective);
	add_configured_columns(context->config, &effective);
	if ((rc = report_format_of(context, args, &format, err)))
		return rc;
	format.last_size = &last_size;
	if ((rc = report_source_open(context, &source, &failed, err)))
		return rc;
	dm_log_to_context_begin(context);
	rc = print(&source, args, &format, err);
	dm_log_to_context_end();
	report_source_close(&source);
	if (!rc && failed)
		return err_set(err, EUCLEAN, "%s", "");
	return rc;
}
