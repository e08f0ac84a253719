/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/status_volumes.h"

#include <stdio.h>
#include <string.h>

#include "clvmd/collect.h"
#include "clvmd/freeze.h"
#include "clvmd/status_ops.h"
#include "clvmd/volumes.h"
#include "lib/size.h"
#include "metadata/base/uuid.h"

#define REASON_MAX 1024
#define CELL_MAX   64

/* ---- why ---- */

/* What is not as it should be, and what to do; "" when all is well. */
static void cell_reason(struct daemon *d, const struct volume *volume,
			const struct volume_cell *cell, uint64_t since, char *text, size_t size)
{
	const struct node_facts *facts = collect_facts(d, cell->node, since);
	char why[REASON_MAX / 2];

	text[0] = '\0';
	if (cell->is_orphan)
		(void)snprintf(text, size, "its clvmd does not run: start it there");
	else if (!cell->is_known)
		(void)snprintf(text, size, "the node does not answer%s%s",
			       facts && *facts->text ? ": " : "", facts ? facts->text : "");
	else if (cell->is_suspended) {
		status_why_suspended(d, volume->vg, why, sizeof(why));
		if (!*why && cell->node == d->node && freeze_is_on(d))
			(void)snprintf(why, sizeof(why),
				       "until the cluster is quorate again (on_quorum_loss)");
		(void)snprintf(text, size, "suspended %s",
			       *why ? why
				    : "without an operation that says why: lvchange --refresh");
	} else if (!cell->is_active)
		(void)snprintf(text, size, "locked, but not active: lvchange -ay or -an");
	else if (cell->mode == MODE_NL)
		(void)snprintf(text, size, "active without a lock: restart clvmd there");
}

/* ---- JSON ---- */

static struct json_object *number_or_null(bool known, uint64_t number)
{
	return known ? json_object_new_uint64(number) : NULL;
}

static struct json_object *bool_or_null(bool known, bool value)
{
	return known ? json_object_new_boolean(value) : NULL;
}

static struct json_object *cell_object(struct daemon *d, const struct volume *volume,
				       const struct volume_cell *cell, uint64_t since)
{
	struct json_object *object = json_object_new_object();
	char reason[REASON_MAX], table[16];

	put_text(object, "node", lockspace_node_name(d->ls, cell->node));
	put_text(object, "mode", lock_mode_name(cell->mode));
	put_bool(object, "orphan", cell->is_orphan);
	put_since(object, "since", cell->locked_since);
	put_text(object, "state", volume_cell_state(cell));
	put_add(object, "active", bool_or_null(cell->is_known, cell->is_active));
	put_add(object, "suspended", bool_or_null(cell->is_known, cell->is_suspended));
	put_add(object, "open", number_or_null(cell->is_known, cell->open_count));
	put_add(object, "size_sectors", number_or_null(cell->is_known, cell->size_sectors));
	put_add(object, "preloaded", bool_or_null(cell->is_known, cell->is_preloaded));
	(void)snprintf(table, sizeof(table), "%08x", cell->table_crc);
	put_add(object, "table", cell->is_known ? json_object_new_string(table) : NULL);
	cell_reason(d, volume, cell, since, reason, sizeof(reason));
	put_text(object, "reason", reason);
	return object;
}

static struct json_object *volume_object(struct daemon *d, const struct volume *volume,
					 uint64_t since)
{
	struct json_object *object = json_object_new_object();
	struct json_object *nodes = json_object_new_array();
	char dashed[UUID_DASHED_SIZE];
	struct uuid id;

	memcpy(id.text, volume->resource + UUID_LENGTH, UUID_LENGTH);
	put_text(object, "vg", volume->vg);
	put_text(object, "lv", volume->lv);
	put_text(object, "uuid", uuid_format(&id, dashed));
	for (size_t i = 0; i < volume->cell_count; i++)
		(void)json_object_array_add(nodes,
					    cell_object(d, volume, &volume->cells[i], since));
	put_add(object, "nodes", nodes);
	return object;
}

void status_volumes_json(struct daemon *d, uint64_t since, struct json_object *status)
{
	struct json_object *list = json_object_new_array();
	struct volumes volumes = { .count = 0 };

	volumes_gather(d, since, &volumes);
	for (size_t i = 0; i < volumes.count; i++)
		(void)json_object_array_add(list, volume_object(d, &volumes.items[i], since));
	put_add(status, "volumes", list);
	put_number(status, "locks_held", volumes.locks_held);
	put_number(status, "locks_waiting", volumes.locks_waiting);
	volumes_free(&volumes);
}

/* ---- text: a row for each volume, a column for each node ---- */

struct column {
	uint32_t node;
	const char *name;
	enum member_state state;
	size_t width;
};

struct matrix {
	struct daemon *d;
	uint64_t since;
	struct column columns[LOCKSPACE_NODES_MAX];
	size_t column_count, vg_width, lv_width;
};

static bool add_column(void *data, const struct member_view *member)
{
	struct matrix *matrix = data;

	if (member->state != MEMBER_ABSENT && matrix->column_count < LOCKSPACE_NODES_MAX)
		matrix->columns[matrix->column_count++] =
			(struct column){ .node = member->node,
					 .name = member->name,
					 .state = member->state,
					 .width = strlen(member->name) };
	return true;
}

static const struct volume_cell *find_cell(const struct volume *volume, uint32_t node)
{
	for (size_t i = 0; i < volume->cell_count; i++)
		if (volume->cells[i].node == node)
			return &volume->cells[i];
	return NULL;
}

/* "CR open", "EX suspended", "-"; of a node that is not up, what it is instead. */
static const char *cell_text(const struct column *column, const struct volume_cell *cell,
			     char text[CELL_MAX])
{
	if (!cell && column->state != MEMBER_UP)
		(void)snprintf(text, CELL_MAX, "(%s)", member_state_name(column->state));
	else if (!cell)
		(void)snprintf(text, CELL_MAX, "-");
	else if (cell->is_orphan)
		(void)snprintf(text, CELL_MAX, "%s orphan", lock_mode_name(cell->mode));
	else if (cell->is_known && cell->is_active && !cell->is_suspended)
		(void)snprintf(text, CELL_MAX, "%s%s",
			       cell->mode == MODE_NL ? "no lock" : lock_mode_name(cell->mode),
			       cell->open_count ? " open" : "");
	else
		(void)snprintf(text, CELL_MAX, "%s %s",
			       cell->mode == MODE_NL ? "no lock" : lock_mode_name(cell->mode),
			       volume_cell_state(cell));
	return text;
}

static uint64_t volume_size(const struct volume *volume)
{
	uint64_t size = 0;

	for (size_t i = 0; i < volume->cell_count; i++)
		if (volume->cells[i].size_sectors > size)
			size = volume->cells[i].size_sectors;
	return size;
}

static void widen(size_t *width, const char *text)
{
	if (strlen(text) > *width)
		*width = strlen(text);
}

static void measure(struct matrix *matrix, const struct volumes *volumes)
{
	char text[CELL_MAX];

	matrix->vg_width = matrix->lv_width = 2;
	for (size_t i = 0; i < volumes->count; i++) {
		const struct volume *volume = &volumes->items[i];

		widen(&matrix->vg_width, *volume->vg ? volume->vg : "?");
		widen(&matrix->lv_width, *volume->lv ? volume->lv : volume->resource + UUID_LENGTH);
		for (size_t k = 0; k < matrix->column_count; k++)
			widen(&matrix->columns[k].width,
			      cell_text(&matrix->columns[k],
					find_cell(volume, matrix->columns[k].node), text));
	}
}

/* Without the blanks that only fill the last column. */
static void end_row(struct buf *out)
{
	while (out->used && !out->failed && out->data[out->used - 1] == ' ')
		out->used--;
	buf_puts(out, "\n");
}

static void print_row(const struct matrix *matrix, const struct volume *volume, struct buf *out)
{
	char size[SIZE_TEXT_MAX] = "-", cell[CELL_MAX];
	uint64_t sectors = volume_size(volume);

	if (sectors)
		(void)size_format(sectors, size);
	buf_printf(out, "%-*s  %-*s  %10s", (int)matrix->vg_width, *volume->vg ? volume->vg : "?",
		   (int)matrix->lv_width, *volume->lv ? volume->lv : volume->resource + UUID_LENGTH,
		   size);
	for (size_t i = 0; i < matrix->column_count; i++)
		buf_printf(out, "  %-*s", (int)matrix->columns[i].width,
			   cell_text(&matrix->columns[i],
				     find_cell(volume, matrix->columns[i].node), cell));
	end_row(out);
}

static void print_reasons(const struct matrix *matrix, const struct volume *volume, struct buf *out)
{
	char reason[REASON_MAX];

	for (size_t i = 0; i < volume->cell_count; i++) {
		const struct volume_cell *cell = &volume->cells[i];

		cell_reason(matrix->d, volume, cell, matrix->since, reason, sizeof(reason));
		if (*reason)
			buf_printf(out, "    %s: %s\n",
				   lockspace_node_name(matrix->d->ls, cell->node), reason);
	}
}

void status_volumes_text(struct daemon *d, uint64_t since, struct buf *out)
{
	struct matrix matrix = { .d = d, .since = since };
	struct volumes volumes = { .count = 0 };

	volumes_gather(d, since, &volumes);
	if (d->ls)
		lockspace_each_member(d->ls, add_column, &matrix);
	measure(&matrix, &volumes);
	buf_printf(out, "%-*s  %-*s  %10s", (int)matrix.vg_width, "VG", (int)matrix.lv_width, "LV",
		   "Size");
	for (size_t i = 0; i < matrix.column_count; i++)
		buf_printf(out, "  %-*s", (int)matrix.columns[i].width, matrix.columns[i].name);
	end_row(out);
	for (size_t i = 0; i < volumes.count; i++) {
		print_row(&matrix, &volumes.items[i], out);
		print_reasons(&matrix, &volumes.items[i], out);
	}
	volumes_free(&volumes);
}
