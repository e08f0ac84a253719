/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/config.h"
#include "lib/report/display_private.h"
#include "lib/report/getters.h"

/* What stands for the allocation policy with -c: only contiguous has a number. */
#define CONTIGUOUS_NUMBER 2

static const char *path(const struct lv *lv, char *text, size_t size)
{
	*text = '\0';
	if (lv_is_visible(lv))
		(void)snprintf(text, size, "/dev/%s/%s", lv->vg->name, lv->name);
	return text;
}

/* Sectors; -1: chosen by the system. */
static int64_t read_ahead_number(const struct lv *lv)
{
	return lv->read_ahead == READ_AHEAD_AUTO   ? -1
	       : lv->read_ahead == READ_AHEAD_NONE ? 0
						   : lv->read_ahead;
}

static void show_colon(const struct display *display, const struct report_row *row)
{
	const struct lv_kernel_state *state = row_kernel(row);
	const struct lv *lv = row->lv;
	const bool exists = state && state->exists;
	char device[NAME_MAX_LENGTH * 2 + 16];

	ctx_print(
		display->context,
		"%s:%s:%d:%d:-1:%u:%" PRIu64 ":%" PRIu64 ":-1:%d:%" PRId64 ":%" PRId64 ":%" PRId64,
		path(lv, device, sizeof(device)), lv->vg->name,
		(lv->status & STATUS_READ ? 1 : 0) + (lv->status & STATUS_WRITE ? 2 : 0),
		exists ? 1 : 0, exists ? state->open_count : 0, lv_sectors(lv), lv_size_extents(lv),
		lv->alloc == ALLOC_CONTIGUOUS ? CONTIGUOUS_NUMBER : 0, read_ahead_number(lv),
		exists ? (int64_t)state->major : -1, exists ? (int64_t)state->minor : -1);
}

/* The format is root's, from the configuration; strftime() keeps to the buffer whatever it says. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void show_creation(const struct display *display, const struct lv *lv)
{
	const time_t seconds = (time_t)lv->creation_time;
	char text[256] = "";
	struct tm local;

	if (!lv->creation_host)
		return;
	if (localtime_r(&seconds, &local) &&
	    !strftime(text, sizeof(text), display->format.time_format, &local))
		*text = '\0';
	ctx_print(display->context, LV_LINE "%s, %s", "LV Creation host, time", lv->creation_host,
		  text);
}
#pragma GCC diagnostic pop

static void show_status(const struct display *display, const struct lv_kernel_state *state)
{
	if (!state)
		return;
	ctx_print(display->context, LV_LINE "%s", "LV Status",
		  state->suspended ? "suspended"
		  : state->exists  ? "available"
				   : "NOT available");
	if (state->exists)
		ctx_print(display->context, LV_LINE "%u", "# open", state->open_count);
}

static void show_device(const struct display *display, const struct lv *lv,
			const struct lv_kernel_state *state)
{
	struct context *context = display->context;

	if (lv->read_ahead == READ_AHEAD_AUTO)
		ctx_print(context, LV_LINE "auto", "Read ahead sectors");
	else
		ctx_print(context, LV_LINE "%" PRId64, "Read ahead sectors", read_ahead_number(lv));
	if (state && state->exists)
		ctx_print(context, LV_LINE "%u", "- currently set to", state->read_ahead);
	if (lv->status & STATUS_FIXED_MINOR) {
		if (lv->major >= 0)
			ctx_print(context, LV_LINE "%d", "Persistent major", lv->major);
		ctx_print(context, LV_LINE "%d", "Persistent minor", lv->minor);
	}
	if (state && state->exists)
		ctx_print(context, LV_LINE "%u:%u", "Block device", state->major, state->minor);
	ctx_print(context, " ");
}

static void show_full(const struct display *display, const struct report_row *row)
{
	const struct lv_kernel_state *state = row_kernel(row);
	struct context *context = display->context;
	const struct lv *lv = row->lv;
	char device[NAME_MAX_LENGTH * 2 + 16];
	char uuid[UUID_DASHED_SIZE];

	ctx_print(context, "--- Logical volume ---");
	if (lv_is_visible(lv)) {
		ctx_print(context, LV_LINE "%s", "LV Path", path(lv, device, sizeof(device)));
		ctx_print(context, LV_LINE "%s", "LV Name", lv->name);
	} else {
		ctx_print(context, LV_LINE "%s", "Internal LV Name", lv->name);
	}
	ctx_print(context, LV_LINE "%s", "VG Name", lv->vg->name);
	ctx_print(context, LV_LINE "%s", "LV UUID", uuid_format(&lv->id, uuid));
	ctx_print(context, LV_LINE "%s", "LV Write Access",
		  lv->status & STATUS_WRITE ? "read/write" : "read only");
	show_creation(display, lv);
	show_status(display, state);
	ctx_print(context, LV_LINE "%s", "LV Size", display_size(display, lv_sectors(lv)));
	ctx_print(context, LV_LINE "%" PRIu64, "Current LE", lv_size_extents(lv));
	ctx_print(context, LV_LINE "%u", "Segments", lv->seg_count);
	ctx_print(context, LV_LINE "%s", "Allocation", alloc_policy_name(lv->alloc));
	show_device(display, lv, state);
}

static void show_area(const struct display *display, const struct report_row *row,
		      const struct seg *seg, uint32_t number, const char *indent)
{
	const struct area *area = &seg->areas[number];
	const uint32_t last = area->start + seg_area_length(seg) - 1;

	if (area->type == AREA_LV) {
		ctx_print(display->context, "%sLogical volume\t%s", indent, area->lv->name);
		ctx_print(display->context, "%sLogical extents\t%u to %u", indent, area->start,
			  last);
		return;
	}
	ctx_print(display->context, "%sPhysical volume\t%s", indent,
		  pv_device_name(row->vg, area->pv));
	ctx_print(display->context, "%sPhysical extents\t%u to %u", indent, area->start, last);
}

static void show_segment(const struct display *display, const struct report_row *row,
			 const struct seg *seg)
{
	struct context *context = display->context;
	const bool striped = seg->type == SEG_STRIPED && seg->area_count > 1;

	ctx_print(context, "Logical extents %u to %u:", seg->le_start,
		  seg->le_start + seg->le_count - 1);
	ctx_print(context, "  Type\t\t%s",
		  seg->type == SEG_STRIPED && !striped ? "linear" : seg->type_name);
	if (striped) {
		ctx_print(context, "  Stripes\t\t%u", seg->area_count);
		ctx_print(context, "  Stripe size\t\t%s", display_size(display, seg->stripe_size));
		for (uint32_t i = 0; i < seg->area_count; i++) {
			ctx_print(context, "  Stripe %u:", i);
			show_area(display, row, seg, i, "    ");
		}
	} else if (seg->type == SEG_STRIPED) {
		show_area(display, row, seg, 0, "  ");
	}
	ctx_print(context, " ");
}

void display_lv(const struct display *display, const struct report_row *row)
{
	if (display->form == DISPLAY_COLON) {
		show_colon(display, row);
		return;
	}
	show_full(display, row);
	if (display->form != DISPLAY_MAPS)
		return;
	ctx_print(display->context, "--- Segments ---");
	for (uint32_t i = 0; i < row->lv->seg_count; i++)
		show_segment(display, row, &row->lv->segs[i]);
	ctx_print(display->context, " ");
}
