/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	report_floor ROWS
 *
 * The default columns of lvs, that many rows, with values that cost nothing: what libdevmapper's
 * reports take by themselves, whoever uses them.
 */
#include <libdevmapper.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROW = 1 };

struct row {
	char name[16];
	const char *attr, *vg, *empty;
	uint64_t size;
};

static int print_name(struct dm_report *report, struct dm_pool *mem, struct dm_report_field *field,
		      const void *data, void *private)
{
	const char *name = data;

	(void)mem;
	(void)private;
	return dm_report_field_string(report, field, &name);
}

static int print_text(struct dm_report *report, struct dm_pool *mem, struct dm_report_field *field,
		      const void *data, void *private)
{
	(void)mem;
	(void)private;
	return dm_report_field_string(report, field, data);
}

static int print_size(struct dm_report *report, struct dm_pool *mem, struct dm_report_field *field,
		      const void *data, void *private)
{
	uint64_t *sort = dm_pool_alloc(mem, sizeof(*sort));

	(void)report;
	(void)private;
	if (!sort)
		return 0;
	*sort = *(const uint64_t *)data;
	dm_report_field_set_value(field, "1.00m", sort);
	return 1;
}

static void *get_row(void *object)
{
	return object;
}

#define FIELD(id, type, member, width, function)                                     \
	{                                                                            \
		ROW, type, offsetof(struct row, member), width, id, id, function, id \
	}

static const struct dm_report_object_type types[] = {
	{ ROW, "row", "", get_row },
	{ 0, "", "", NULL },
};

static const struct dm_report_field_type fields[] = {
	FIELD("LV", DM_REPORT_FIELD_TYPE_STRING, name, 4, print_name),
	FIELD("VG", DM_REPORT_FIELD_TYPE_STRING, vg, 4, print_text),
	FIELD("Attr", DM_REPORT_FIELD_TYPE_STRING, attr, 5, print_text),
	FIELD("LSize", DM_REPORT_FIELD_TYPE_SIZE, size, 5, print_size),
	FIELD("empty", DM_REPORT_FIELD_TYPE_STRING, empty, 6, print_text),
	{ 0, 0, 0, 0, "", "", NULL, NULL },
};

int main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	struct row *rows = calloc((size_t)count + 1, sizeof(*rows));
	uint32_t type = 0;
	struct dm_report *report = dm_report_init(
		&type, types, fields,
		"LV,VG,Attr,LSize,empty,empty,empty,empty,empty,empty,empty,empty", " ",
		DM_REPORT_OUTPUT_ALIGNED | DM_REPORT_OUTPUT_BUFFERED | DM_REPORT_OUTPUT_HEADINGS,
		"VG,LV", NULL);

	if (!rows || !report)
		return 1;
	for (long i = 0; i < count; i++) {
		(void)snprintf(rows[i].name, sizeof(rows[i].name), "lv%ld", i);
		rows[i].vg = "bench";
		rows[i].attr = "-wi-------";
		rows[i].empty = "";
		rows[i].size = 2048;
		if (!dm_report_object(report, &rows[i]))
			return 1;
	}
	return !dm_report_output(report);
}
