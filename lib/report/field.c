/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One function formats every field for dm_report. dm_report hands it the address row + offset and
 * not the field, so the offset of a field is its number, and the row begins with an array just to
 * have as many addresses.
 */
#include "lib/report/field.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/report/getters.h"

static const struct field *const tables[] = {
	lv_fields, lv_info_fields, lv_status_fields, lv_both_fields, label_fields,
	pv_fields, vg_fields,	   seg_fields,	     pvseg_fields,
};
#define TABLE_COUNT (sizeof(tables) / sizeof(*tables))

const char *pool_printf(struct dm_pool *mem, const char *fmt, ...)
{
	char text[4096];
	const char *copy;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	copy = dm_pool_strdup(mem, text);
	return copy ? copy : "";
}

/* ---- common getters ---- */

struct value get_nothing(const struct report_row *row, struct dm_pool *mem)
{
	(void)row;
	(void)mem;
	return (struct value){ .kind = VALUE_EMPTY };
}

struct value get_minus_one(const struct report_row *row, struct dm_pool *mem)
{
	(void)row;
	(void)mem;
	return (struct value){ .kind = VALUE_MINUS_ONE };
}

struct value get_unknown(const struct report_row *row, struct dm_pool *mem)
{
	(void)row;
	(void)mem;
	return (struct value){ .kind = VALUE_UNKNOWN };
}

struct value value_of_uuid(const struct uuid *uuid, struct dm_pool *mem)
{
	char dashed[UUID_DASHED_SIZE];

	return value_text(dm_pool_strdup(mem, uuid_format(uuid, dashed)));
}

struct value value_list(struct dm_pool *mem, const char *delimiter)
{
	struct dm_list *list = dm_pool_alloc(mem, sizeof(*list));

	if (!list)
		return (struct value){ .kind = VALUE_EMPTY };
	dm_list_init(list);
	return (struct value){ .kind = VALUE_LIST, .list = list, .delimiter = delimiter };
}

void list_add_words(struct value *list, struct dm_pool *mem, const char *words)
{
	char *copy = dm_pool_strdup(mem, words);
	char *word;

	while (copy && (word = strsep(&copy, ",")))
		list_add(list, mem, word);
}

void list_add(struct value *list, struct dm_pool *mem, const char *text)
{
	struct dm_str_list *item = dm_pool_alloc(mem, sizeof(*item));

	if (!item || list->kind != VALUE_LIST)
		return;
	item->str = text;
	dm_list_add(list->list, &item->list);
}

struct value value_of_tags(const struct name_list *tags, struct dm_pool *mem)
{
	struct value list = value_list(mem, ",");

	list.sorted = true;
	for (; tags; tags = tags->next)
		list_add(&list, mem, tags->name);
	return list;
}

const struct lv_kernel_state *row_kernel(const struct report_row *row)
{
	struct kernel_cache *cache = row->kernel_cache;

	if (!cache->asked) {
		cache->asked = true;
		cache->no_driver = cache->no_driver || !activation_driver_present();
		cache->known =
			!cache->no_driver &&
			!lv_kernel_state_get(&row->lv->vg->id, &row->lv->id, &cache->state, NULL);
	}
	return cache->known ? &cache->state : NULL;
}

/* ---- to dm_report ---- */

/* Sizes sort and select as doubles, every other number as a uint64_t. */
static const void *sort_value(struct dm_pool *mem, enum field_type type, uint64_t number)
{
	double *size;
	uint64_t *other;

	if (type == FIELD_SIZE) {
		if ((size = dm_pool_alloc(mem, sizeof(*size))))
			*size = (double)number;
		return size;
	}
	if ((other = dm_pool_alloc(mem, sizeof(*other))))
		*other = number;
	return other;
}

static int set_string(struct dm_pool *mem, struct dm_report_field *field, const struct value *value,
		      const struct field_format *format)
{
	if (value->hidden && format->marks_hidden)
		dm_report_field_set_value(field, pool_printf(mem, "[%s]", value->text),
					  value->text);
	else
		dm_report_field_set_value(field, value->text, NULL);
	return 1;
}

/* The format is root's, from the configuration; strftime() keeps to the buffer whatever it says. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static const char *time_text(struct dm_pool *mem, const struct field_format *format,
			     uint64_t number)
{
	const time_t seconds = (time_t)number;
	char text[256];
	struct tm local;

	if (!seconds || !localtime_r(&seconds, &local) ||
	    !strftime(text, sizeof(text), format->time_format, &local))
		return "";
	return pool_printf(mem, "%s", text);
}
#pragma GCC diagnostic pop

static int set_text(struct dm_pool *mem, struct dm_report_field *field, const char *text,
		    enum field_type type, uint64_t sort_number)
{
	const void *sort = NULL; /* a string sorts by itself */

	if (type != FIELD_STRING && !(sort = sort_value(mem, type, sort_number)))
		return 0;
	dm_report_field_set_value(field, text, sort);
	return 1;
}

static int set_list(struct dm_report *report, struct dm_report_field *field,
		    const struct value *value, const struct field_format *format)
{
	const char *delimiter = value->delimiter && *value->delimiter == ','
					? format->list_separator
					: value->delimiter;
	struct dm_list empty;

	dm_list_init(&empty);
	if (value->kind != VALUE_LIST)
		return dm_report_field_string_list(report, field, &empty, NULL);
	if (value->sorted)
		return dm_report_field_string_list(report, field, value->list, delimiter);
	return dm_report_field_string_list_unsorted(report, field, value->list, delimiter);
}

static const char *size_text(struct dm_pool *mem, const struct field_format *format,
			     uint64_t sectors)
{
	struct last_size *last = format->last_size;
	const char *text;

	if (last && *last->text && last->sectors == sectors) {
		text = dm_pool_strdup(mem, last->text);
		return text ? text : "";
	}
	text = dm_size_to_string(mem, sectors, format->unit_type, 1, format->unit_factor,
				 format->suffix, DM_SIZE_UNIT);
	if (last && text) {
		last->sectors = sectors;
		if (snprintf(last->text, sizeof(last->text), "%s", text) >= (int)sizeof(last->text))
			*last->text = '\0';
	}
	return text ? text : "";
}

static const char *number_text(struct dm_pool *mem, uint64_t number)
{
	return pool_printf(mem, "%llu", (unsigned long long)number);
}

static int set_value(struct dm_report *report, struct dm_pool *mem, struct dm_report_field *out,
		     const struct field *field, const struct value *value,
		     const struct field_format *format)
{
	if (field->type == FIELD_LIST)
		return set_list(report, out, value, format);
	switch (value->kind) {
	case VALUE_TEXT:
		if (field->type == FIELD_STRING)
			return set_string(mem, out, value, format);
		return set_text(mem, out, value->text, field->type, 0);
	case VALUE_NUMBER:
		return set_text(mem, out, number_text(mem, value->number), field->type,
				value->number);
	case VALUE_SIZE:
		return set_text(mem, out, size_text(mem, format, value->number), field->type,
				value->number);
	case VALUE_TIME:
		return set_text(mem, out, time_text(mem, format, value->number), field->type,
				value->number);
	case VALUE_SPECIAL:
		return set_text(mem, out, value->text, field->type, value->number);
	case VALUE_FLAG:
		if (format->binary)
			return set_text(mem, out, value->number ? "1" : "0", field->type,
					value->number);
		return set_text(mem, out, value->number ? value->text : "", field->type,
				value->number);
	case VALUE_UNKNOWN:
		return set_text(mem, out, format->binary ? "-1" : "unknown", field->type,
				UINT64_MAX);
	case VALUE_MINUS_ONE:
		return set_text(mem, out, "-1", field->type, UINT64_MAX);
	case VALUE_LIST:
	case VALUE_EMPTY:
		break;
	}
	return set_text(mem, out, "", field->type, field->type == FIELD_SIZE ? 0 : UINT64_MAX);
}

/* The row that is being formatted: dm_report_object() calls format_field() before it returns. */
static _Thread_local const struct report_row *current_row;

static void *row_base(void *object)
{
	struct report_row *row = object;

	current_row = row;
	return row->index;
}

/* A free run has no LV, an LV without segments no PV: their fields are empty. */
static bool has_owner(const struct report_row *row, enum field_owner owner)
{
	if (owner & OWNER_ANY_LV)
		return row->lv;
	if (owner & (OWNER_LABEL | OWNER_PV))
		return row->pv || row->device;
	return true;
}

static int format_field(struct dm_report *report, struct dm_pool *mem, struct dm_report_field *out,
			const void *data, void *private_data)
{
	const struct field_format *format = private_data;
	const struct field *field = format->fields[(const char *)data - current_row->index];
	const struct value value = has_owner(current_row, field->owner)
					   ? field->get(current_row, mem)
					   : (struct value){ .kind = VALUE_EMPTY };

	return set_value(report, mem, out, field, &value, format);
}

const struct dm_report_object_type field_owners[] = {
	{ OWNER_LV, "Logical Volume", "lv_", row_base },
	{ OWNER_LV_INFO, "Logical Volume Device Info", "lv_", row_base },
	{ OWNER_LV_STATUS, "Logical Volume Device Status", "lv_", row_base },
	{ OWNER_LV_BOTH, "Logical Volume Device Info and Status Combined", "lv_", row_base },
	{ OWNER_LABEL, "Physical Volume Label", "pv_", row_base },
	{ OWNER_PV, "Physical Volume", "pv_", row_base },
	{ OWNER_VG, "Volume Group", "vg_", row_base },
	{ OWNER_SEG, "Logical Volume Segment", "seg_", row_base },
	{ OWNER_PVSEG, "Physical Volume Segment", "pvseg_", row_base },
	{ 0, "", "", NULL },
};

struct dm_report_field_type *field_types_build(struct field_format *format)
{
	struct dm_report_field_type *types = calloc(FIELD_COUNT_MAX + 1, sizeof(*types));
	size_t count = 0;

	for (size_t t = 0; types && t < TABLE_COUNT; t++)
		for (const struct field *field = tables[t]; field->name; field++) {
			struct dm_report_field_type type = {
				.type = field->owner,
				.flags = (uint32_t)field->type, /* alone: selection compares it as a
								   whole */
				.offset = (uint32_t)count,
				.width = field->width ? field->width : (int)strlen(field->heading),
				.report_fn = format_field,
				.desc = field->help,
			};

			assert(count < FIELD_COUNT_MAX);
			format->fields[count] = field;
			/* id and heading are const arrays: they are set where the struct is made.
			 */
			memcpy(&types[count], &type, sizeof(type));
			(void)snprintf((char *)(uintptr_t)types[count].id, sizeof(type.id), "%s",
				       field->name);
			(void)snprintf((char *)(uintptr_t)types[count].heading,
				       sizeof(type.heading), "%s", field->heading);
			count++;
		}
	return types;
}
