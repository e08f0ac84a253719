/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Report fields as tables: name, heading, width, and a getter that returns a value, never text.
 * Formatting (units, --binary, undefined values) is written once, in field.c.
 *
 * Order, names, headings, types and widths are those that LVM2 2.03.16 prints.
 */
#ifndef LIB_REPORT_FIELD_H
#define LIB_REPORT_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include <libdevmapper.h>

#include "lib/activate/activate.h"
#include "lib/cluster.h"
#include "lib/store/store.h"

/* Which object a field belongs to; dm_report's object type ids. */
enum field_owner {
	OWNER_LV = 1 << 0,
	OWNER_LV_INFO = 1 << 1,	  /* needs the kernel's state */
	OWNER_LV_STATUS = 1 << 2, /* likewise */
	OWNER_LV_BOTH = 1 << 3,	  /* lv_attr: likewise */
	OWNER_LABEL = 1 << 4,
	OWNER_PV = 1 << 5,
	OWNER_VG = 1 << 6,
	OWNER_SEG = 1 << 7,
	OWNER_PVSEG = 1 << 8,
};
#define OWNER_ANY_LV (OWNER_LV | OWNER_LV_INFO | OWNER_LV_STATUS | OWNER_LV_BOTH)

/* How dm_report sorts and selects the field: DM_REPORT_FIELD_TYPE_x without the prefix. */
enum field_type {
	FIELD_STRING = DM_REPORT_FIELD_TYPE_STRING,
	FIELD_NUMBER = DM_REPORT_FIELD_TYPE_NUMBER,
	FIELD_SIZE = DM_REPORT_FIELD_TYPE_SIZE,
	FIELD_PERCENT = DM_REPORT_FIELD_TYPE_PERCENT,
	FIELD_LIST = DM_REPORT_FIELD_TYPE_STRING_LIST,
	FIELD_TIME = DM_REPORT_FIELD_TYPE_TIME,
};

enum value_kind {
	VALUE_EMPTY = 0, /* not defined for this object: "" */
	VALUE_TEXT,
	VALUE_NUMBER,
	VALUE_MINUS_ONE, /* an undefined number that LVM2 shows as -1 */
	VALUE_SIZE,	 /* sectors */
	VALUE_SPECIAL,	 /* text in place of a number or size ("auto"); `number` sorts */
	VALUE_FLAG,	 /* text when number is 1, "" when 0; --binary shows the number */
	VALUE_UNKNOWN,	 /* a flag that cannot be told: "unknown"; --binary -1 */
	VALUE_LIST,
	VALUE_TIME, /* seconds since 1970; 0: none */
};

struct value {
	enum value_kind kind;
	const char *text;
	uint64_t number;
	struct dm_list *list; /* of dm_str_list */
	const char *delimiter;
	bool sorted; /* a list: by name; else in the order it was made */
	bool hidden; /* a text: in brackets, unless the configuration says no; sorts without */
};

/* A run of PEs of one PV: what one area of a segment uses, or free. */
struct pv_run {
	const struct pv *pv;
	uint32_t start, count;
	const struct seg *seg; /* NULL: free */
};

struct report_vg; /* lib/report/links.h */

/* The kernel's state of one LV, asked for when the first field needs it. */
struct kernel_cache {
	bool asked, known;
	bool no_driver; /* found once: it is not looked for again */
	struct lv_kernel_state state;
};

#define FIELD_COUNT_MAX 512

/* What one row is about; members that do not apply are NULL. */
struct report_row {
	char index[FIELD_COUNT_MAX]; /* its addresses number the fields: see field.c */
	const struct report_vg *vg;
	const struct pv *pv;
	const struct pv_disk *disk;
	const struct device *device; /* also of what is no PV */
	const struct lv *lv;
	struct kernel_cache *kernel_cache; /* read it through row_kernel() */
	const struct lv_holders *holders;  /* sorted by VG and LV; NULL: no clvmd */
	const struct seg *seg;
	const struct pv_run *run;
};

struct field {
	enum field_owner owner;
	const char *name, *heading;
	enum field_type type;
	int width;
	struct value (*get)(const struct report_row *row, struct dm_pool *mem);
	const char *help; /* what -o help says of it */
};

/* Each ends with an entry without name. */
extern const struct field lv_fields[], lv_info_fields[], lv_status_fields[], lv_both_fields[],
	label_fields[], pv_fields[], vg_fields[], seg_fields[], pvseg_fields[];

/* What formatting needs; the private argument of the report. */
#define SIZE_TEXT_WIDTH 32

/* The last size that was written: of many volumes neighbours have the same. */
struct last_size {
	uint64_t sectors;
	char text[SIZE_TEXT_WIDTH]; /* empty: none yet */
};

struct field_format {
	char unit_type;
	uint64_t unit_factor;
	bool suffix;
	bool binary;
	bool marks_hidden;
	const char *time_format;			 /* for strftime() */
	const char *list_separator;			 /* in place of "," */
	struct last_size *last_size;			 /* NULL: none is kept */
	const struct field *fields[FIELD_COUNT_MAX + 1]; /* by number, ended by NULL */
};

extern const struct dm_report_object_type field_owners[];

/** All fields as dm_report wants them, ended by an entry without id; malloc'ed, NULL without
 * memory. Also numbers them in @format, which the report gets as private argument. */
struct dm_report_field_type *field_types_build(struct field_format *format);

/* How numbers sort that are shown as a word. */
#define COPIES_ALL	 UINT32_MAX
#define COPIES_UNMANAGED (UINT64_MAX - 1)
#define SORT_AS_AUTO	 UINT32_MAX

/* Short forms for getters. */
static inline struct value value_text(const char *text)
{
	return (struct value){ .kind = text ? VALUE_TEXT : VALUE_EMPTY, .text = text };
}

static inline struct value value_number(uint64_t number)
{
	return (struct value){ .kind = VALUE_NUMBER, .number = number };
}

static inline struct value value_size(uint64_t sectors)
{
	return (struct value){ .kind = VALUE_SIZE, .number = sectors };
}

static inline struct value value_flag(bool is_set, const char *word)
{
	return (struct value){ .kind = VALUE_FLAG, .text = word, .number = is_set };
}

/** State of the row's LV in this kernel; NULL when the kernel does not tell. */
const struct lv_kernel_state *row_kernel(const struct report_row *row);

/** Getter of fields that have no value for the volumes we operate. */
struct value get_nothing(const struct report_row *row, struct dm_pool *mem);
struct value get_minus_one(const struct report_row *row, struct dm_pool *mem);
struct value get_unknown(const struct report_row *row, struct dm_pool *mem);

struct value value_of_uuid(const struct uuid *uuid, struct dm_pool *mem);
struct value value_of_tags(const struct name_list *tags, struct dm_pool *mem);

/** A list value in the order it is made; add to it with list_add(). */
struct value value_list(struct dm_pool *mem, const char *delimiter);
void list_add(struct value *list, struct dm_pool *mem, const char *text);

/** printf into @mem; "" without memory. */
const char *pool_printf(struct dm_pool *mem, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
