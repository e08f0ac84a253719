/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/report/columns.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

struct defaults {
	const char *columns, *verbose, *sort;
};

static const struct defaults defaults[] = {
	[REPORT_PVS] = { "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free",
			 "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free,dev_size,pv_uuid",
			 "pv_name" },
	[REPORT_VGS] = { "vg_name,pv_count,lv_count,snap_count,vg_attr,vg_size,vg_free",
			 "vg_name,vg_attr,vg_extent_size,pv_count,lv_count,snap_count,vg_size,"
			 "vg_free,vg_uuid,vg_profile",
			 "vg_name" },
	[REPORT_LVS] = { "lv_name,vg_name,lv_attr,lv_size,pool_lv,origin,data_percent,"
			 "metadata_percent,move_pv,mirror_log,copy_percent,convert_lv",
			 "lv_name,vg_name,seg_count,lv_attr,lv_size,lv_major,lv_minor,"
			 "lv_kernel_major,lv_kernel_minor,pool_lv,origin,data_percent,"
			 "metadata_percent,move_pv,copy_percent,mirror_log,convert_lv,lv_uuid,"
			 "lv_profile",
			 "vg_name,lv_name" },
	[REPORT_PVSEGS] = { "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free,pvseg_start,pvseg_size",
			    "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free,pvseg_start,"
			    "pvseg_size,lv_name,seg_start_pe,segtype,seg_pe_ranges",
			    "pv_name,pvseg_start" },
	[REPORT_SEGS] = { "lv_name,vg_name,lv_attr,stripes,segtype,seg_size",
			  "lv_name,vg_name,lv_attr,seg_start,seg_size,stripes,segtype,stripe_size,"
			  "chunk_size",
			  "vg_name,lv_name,seg_start" },
};

const char *columns_sort(const struct report_args *args)
{
	return args->sort ? args->sort : defaults[args->kind].sort;
}

#define FIELD_NAME_SIZE 64

/* Field names are compared without underscores, case and type prefix, as dm_report does. */
static void normalize(const char *name, size_t length, char out[FIELD_NAME_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < length && used < FIELD_NAME_SIZE - 1; i++)
		if (name[i] != '_')
			out[used++] = (char)tolower((unsigned char)name[i]);
	out[used] = '\0';
}

static const char *without_prefix(const char *name)
{
	static const char *const prefixes[] = { "lv", "pvseg", "pv", "vg", "seg" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return name + strlen(prefixes[i]);
	return name;
}

static bool is_same(const char *a, const char *b)
{
	return !strcmp(a, b) || !strcmp(without_prefix(a), b) || !strcmp(a, without_prefix(b));
}

static bool is_listed(const char *list, const char *name, size_t length)
{
	char wanted[FIELD_NAME_SIZE], one[FIELD_NAME_SIZE];

	normalize(name, length, wanted);
	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
		normalize(at, strcspn(at, ","), one);
		if (is_same(one, wanted))
			return true;
	}
	return false;
}

static void append(struct buf *out, const char *text, size_t length)
{
	const char *end = text + length;

	for (size_t one; text < end; text += one + 1) {
		one = strcspn(text, ",");
		if (!one)
			continue;
		if (out->used)
			buf_puts(out, ",");
		buf_add(out, text, one);
	}
}

static void remove_listed(struct buf *out, const char *list)
{
	struct buf kept = { .limit = out->limit };

	for (const char *at = out->data ? out->data : ""; *at;
	     at += strcspn(at, ","), at += *at == ',')
		if (!is_listed(list, at, strcspn(at, ",")))
			append(&kept, at, strcspn(at, ","));
	buf_free(out);
	*out = kept;
}

int columns_build(const struct report_args *args, struct buf *out, struct err *err)
{
	const struct defaults *kind = &defaults[args->kind];

	if (args->columns)
		buf_puts(out, args->columns);
	else
		buf_puts(out, args->verbose ? kind->verbose : kind->columns);
	for (size_t i = 0; i < args->field_count; i++) {
		const char *list = args->fields[i];

		switch (*list) {
		case '+':
			append(out, list + 1, strlen(list + 1));
			break;
		case '-':
			remove_listed(out, list + 1);
			break;
		case '#':
			break;
		default:
			if (!*list)
				return err_set(err, EIO, "Invalid options string: %s", list);
			buf_free(out);
			append(out, list, strlen(list));
		}
	}
	return out->failed ? err_set(err, ENOMEM, "Out of memory.") : 0;
}
