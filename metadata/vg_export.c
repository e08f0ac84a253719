/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VG -> text, byte for byte as LVM2 2.03.16 writes it. Objects print their keys in a fixed
 * order; what we keep without knowing it follows behind the keys that we know, in its own
 * order, which is LVM2's when LVM2 wrote it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "metadata/base/cleanup.h"
#include "metadata/text_out.h"
#include "metadata/vg_text.h"
#include "metadata/vg_words.h"

#define NAME_TEXT	32 /* "pv4294967295", "segment4294967295" */
#define STATUS_TEXT_MAX 4096
#define PIECE_BYTES	((size_t)64 << 10) /* of a text that goes to a sink */

struct exporter {
	struct text_out out;
	struct vg *vg;
	const struct vg_text_info *info;
	const char *time_text; /* what format_time() said of @time_told; or NULL */
	uint64_t time_told;
	char time_buffer[64];
	struct buf status_text; /* what put_lv_status() wrote for @status_told; or empty */
	uint32_t status_told;
	const struct text_sink *sink; /* or NULL: it all stays in the buf */
	size_t sunk;
	int sink_code; /* what the sink returned */
	struct err *err;
};

/* A line is complete: hand over what there is. */
static void drain(struct exporter *exporter)
{
	struct buf *buf = exporter->out.buf;

	if (!exporter->sink || exporter->sink_code || buf->failed || !buf->used)
		return;
	exporter->sunk += buf->used;
	if (exporter->sunk > VG_TEXT_MAX)
		buf->failed = true;
	else
		exporter->sink_code = exporter->sink->put(exporter->sink->arg, buf->data, buf->used,
							  exporter->err);
	buf->used = 0;
}

static void drain_piece(struct exporter *exporter)
{
	if (exporter->out.buf->used >= PIECE_BYTES)
		drain(exporter);
}

static void put_text(struct text_out *out, const char *key, const char *text)
{
	if (text)
		out_string(out, key, text, NULL);
}

static void put_words(struct text_out *out, const char *key, const struct word *words,
		      enum word_list list, uint32_t status, const struct name_list *unknown)
{
	out_list_begin(out, key);
	for (; words->text; words++)
		if (words->list == list && status & words->bit)
			out_list_add(out, words->text);
	for (; unknown; unknown = unknown->next)
		out_list_add(out, unknown->name);
	out_list_end(out);
}

static void put_status(struct text_out *out, const struct vg *vg, const struct word *words,
		       uint32_t status, const struct name_list *unknown_flags)
{
	status &= ~(uint32_t)FLAG_WRITE_LOCKED;
	if (vg_hides_write(vg) && status & STATUS_WRITE)
		status = (status & ~(uint32_t)STATUS_WRITE) | FLAG_WRITE_LOCKED;
	put_words(out, "status", words, WORD_STATUS, status, NULL);
	put_words(out, "flags", words, WORD_FLAG, status, unknown_flags);
}

/* Most LVs are of one status, and telling it takes a while. */
static void put_lv_status(struct exporter *exporter, const struct lv *lv)
{
	struct buf *buf = exporter->out.buf, *text = &exporter->status_text;
	size_t from = buf->used;

	if (!lv->unknown_flags && text->used && exporter->status_told == lv->status) {
		buf_add_short(buf, text->data, text->used);
		return;
	}
	put_status(&exporter->out, exporter->vg, lv_words, lv->status, lv->unknown_flags);
	text->used = 0;
	if (lv->unknown_flags || buf->failed)
		return;
	buf_add(text, buf->data + from, buf->used - from);
	exporter->status_told = lv->status;
}

static void put_tags(struct text_out *out, const struct name_list *tags)
{
	if (tags)
		out_names(out, "tags", tags);
}

static void put_nodes(struct text_out *out, const struct cfg_node *nodes)
{
	for (; nodes; nodes = nodes->next)
		out_node(out, nodes, NULL);
}

/* LVs made by one command or script often share a second, and telling it takes a while. */
static const char *time_comment(struct exporter *exporter, uint64_t seconds)
{
	if (!exporter->time_text || exporter->time_told != seconds)
		exporter->time_text = exporter->info->format_time(seconds, exporter->time_buffer,
								  sizeof(exporter->time_buffer));
	exporter->time_told = seconds;
	return exporter->time_text;
}

static void put_time(struct exporter *exporter, const char *key, uint64_t seconds)
{
	const bool is_told = exporter->out.is_file && exporter->info->format_time;

	out_number(&exporter->out, key, (int64_t)seconds,
		   is_told ? time_comment(exporter, seconds) : NULL);
}

static void put_extents(struct exporter *exporter, const char *key, uint32_t count)
{
	out_size(&exporter->out, key, count, (uint64_t)count * exporter->vg->extent_size);
}

static void put_pv(struct exporter *exporter, const struct pv *pv)
{
	struct text_out *out = &exporter->out;
	char id[UUID_DASHED_SIZE];

	out_blank(out);
	out_open(out, pv->key);
	out_string(out, "id", uuid_format(&pv->id, id), NULL);
	out_string(out, "device", pv->device_hint ? pv->device_hint : "[unknown]", "Hint only");
	out_blank(out);
	if (pv->device_id_type && pv->device_id) {
		put_text(out, "device_id_type", pv->device_id_type);
		put_text(out, "device_id", pv->device_id);
	}
	put_status(out, exporter->vg, pv_words, pv->status, pv->unknown_flags);
	put_tags(out, pv->tags);
	out_size(out, "dev_size", pv->dev_size, pv->dev_size);
	out_number(out, "pe_start", (int64_t)pv->pe_start, NULL);
	put_extents(exporter, "pe_count", pv->pe_count);
	if (pv->ba_start && pv->ba_size) {
		out_number(out, "ba_start", (int64_t)pv->ba_start, NULL);
		out_size(out, "ba_size", pv->ba_size, pv->ba_size);
	}
	put_nodes(out, pv->unknown);
	out_close(out);
}

static const char *area_name(const struct area *area)
{
	return area->type == AREA_PV ? area->pv->key : area->lv->name;
}

static void put_striped(struct exporter *exporter, const struct seg *seg)
{
	struct text_out *out = &exporter->out;

	out_number(out, "stripe_count", seg->area_count, seg->area_count == 1 ? "linear" : NULL);
	if (seg->area_count > 1)
		out_size(out, "stripe_size", seg->stripe_size, seg->stripe_size);
	put_nodes(out, seg->content);
	out_rows_begin(out, "stripes");
	for (uint32_t i = 0; i < seg->area_count; i++) {
		out_rows_add(out, area_name(&seg->areas[i]), NULL, true, false);
		out_rows_add(out, NULL, &seg->areas[i].start, false, i + 1 == seg->area_count);
		out_rows_newline(out);
	}
	out_rows_end(out);
}

/* The comments that LVM2 puts behind keys of types that we only keep. */
enum unit { UNIT_SECTORS = 1, UNIT_EXTENTS, UNIT_MIB };

static const struct {
	const char *type, *key; /* type NULL: any */
	enum unit unit;
} commented_keys[] = {
	{ NULL, "reshape_count", UNIT_EXTENTS },
	{ "mirror", "extents_moved", UNIT_EXTENTS },
	{ "thin-pool", "chunk_size", UNIT_SECTORS },
	{ "vdo-pool", "header_size", UNIT_SECTORS },
	{ "vdo-pool", "virtual_extents", UNIT_EXTENTS },
	{ "vdo-pool", "block_map_cache_size_mb", UNIT_MIB },
	{ "vdo-pool", "index_memory_size_mb", UNIT_MIB },
	{ "vdo-pool", "slab_size_mb", UNIT_MIB },
};

static bool type_is(const struct seg *seg, const char *type)
{
	size_t length = strcspn(seg->type_name, "+");

	return strlen(type) == length && !memcmp(type, seg->type_name, length);
}

static const char *kept_comment(const struct exporter *exporter, const struct seg *seg,
				const struct cfg_node *node, char text[OUT_SIZE_TEXT])
{
	uint64_t value;

	if (!exporter->out.is_file || !cfg_get_unsigned(node, UINT32_MAX, &value))
		return NULL;
	for (size_t i = 0; i < sizeof(commented_keys) / sizeof(*commented_keys); i++) {
		if (strcmp(commented_keys[i].key, node->key) != 0 ||
		    (commented_keys[i].type && !type_is(seg, commented_keys[i].type)))
			continue;
		if (commented_keys[i].unit == UNIT_EXTENTS)
			value *= exporter->vg->extent_size;
		else if (commented_keys[i].unit == UNIT_MIB)
			value <<= 11;
		return out_size_text(value, text);
	}
	return NULL;
}

/* Can the node be printed as an array of areas? Else it is printed as any other. */
static bool is_area_array(const struct cfg_node *node)
{
	if (node->is_section || !node->values)
		return false;
	for (const struct cfg_value *value = node->values; value; value = value->next)
		if (value->type == CFG_FLOAT ||
		    (value->type == CFG_INTEGER &&
		     (value->integer < 0 || value->integer > UINT32_MAX)))
			return false;
	return true;
}

static void put_area_array(struct text_out *out, const struct cfg_node *node, unsigned per_line)
{
	unsigned column = 0;

	out_rows_begin(out, node->key);
	for (const struct cfg_value *value = node->values; value; value = value->next) {
		bool is_number = value->type == CFG_INTEGER;
		uint32_t number = is_number ? (uint32_t)value->integer : 0;

		out_rows_add(out, is_number ? NULL : cfg_value_text(value),
			     is_number ? &number : NULL, column % per_line == 0, !value->next);
		if (!value->next || column % per_line == per_line - 1)
			out_rows_newline(out);
		column++;
	}
	out_rows_end(out);
}

static void put_kept_node(struct exporter *exporter, const struct seg *seg,
			  const struct cfg_node *node)
{
	const struct area_key *areas = seg_area_key(node->key);
	struct text_out *out = &exporter->out;
	char comment[OUT_SIZE_TEXT];

	if (areas && is_area_array(node)) {
		put_area_array(out, node, areas->per_line);
	} else if (!strcmp(node->key, "policy_settings") && node->is_section) {
		out_node_tight(out, node);
	} else {
		if (!strcmp(node->key, "message1") && node->is_section)
			out_blank(out);
		out_node(out, node, kept_comment(exporter, seg, node, comment));
	}
	if (!strcmp(node->key, "virtual_extents") && type_is(seg, "vdo-pool"))
		out_blank(out);
}

/* Keys of kept content that are printed from the model. */
static bool is_common_key(const char *key)
{
	return !strcmp(key, "start_extent") || !strcmp(key, "extent_count") ||
	       !strcmp(key, "type") || !strcmp(key, "tags") || !strcmp(key, "reshape_count");
}

static void put_seg(struct exporter *exporter, const struct seg *seg, uint32_t number)
{
	const struct cfg_node *reshape = cfg_find_key(seg->content, "reshape_count");
	struct text_out *out = &exporter->out;
	char name[NAME_TEXT], comment[OUT_SIZE_TEXT];

	if (number > 1)
		(void)snprintf(name, sizeof(name), "segment%" PRIu32, number);
	out_open(out, number > 1 ? name : "segment1");
	out_number(out, "start_extent", seg->le_start, NULL);
	put_extents(exporter, "extent_count", seg->le_count);
	out_blank(out);
	if (reshape && seg->type != SEG_STRIPED)
		out_node(out, reshape, kept_comment(exporter, seg, reshape, comment));
	put_text(out, "type", seg->type_name);
	put_tags(out, seg->tags);
	if (seg->type == SEG_STRIPED) {
		put_striped(exporter, seg);
	} else {
		for (const struct cfg_node *node = seg->content; node; node = node->next)
			if (node->is_section || !is_common_key(node->key))
				put_kept_node(exporter, seg, node);
	}
	out_close(out);
}

static void put_lv(struct exporter *exporter, const struct lv *lv)
{
	struct text_out *out = &exporter->out;
	char id[UUID_DASHED_SIZE];

	out_blank(out);
	out_open(out, lv->name);
	out_string(out, "id", uuid_format(&lv->id, id), NULL);
	put_lv_status(exporter, lv);
	put_tags(out, lv->tags);
	if (lv->creation_host) {
		put_time(exporter, "creation_time", lv->creation_time);
		put_text(out, "creation_host", lv->creation_host);
	}
	put_text(out, "lock_args", lv->lock_args);
	if (lv->alloc != ALLOC_INHERIT)
		put_text(out, "allocation_policy", alloc_policy_name(lv->alloc));
	put_text(out, "profile", lv->profile);
	if (lv->read_ahead != READ_AHEAD_AUTO)
		out_number(out, "read_ahead", lv->read_ahead,
			   lv->read_ahead == READ_AHEAD_NONE ? "None" : NULL);
	if (lv->major >= 0)
		out_number(out, "major", lv->major, NULL);
	if (lv->minor >= 0)
		out_number(out, "minor", lv->minor, NULL);
	put_nodes(out, lv->unknown);
	out_number(out, "segment_count", lv->seg_count, NULL);
	out_blank(out);
	for (uint32_t i = 0; i < lv->seg_count; i++)
		put_seg(exporter, &lv->segs[i], i + 1);
	out_close(out);
}

static void put_lvs(struct exporter *exporter)
{
	const struct vg *vg = exporter->vg;
	struct text_out *out = &exporter->out;

	if (!vg->lv_count)
		return;
	out_open(out, "logical_volumes");
	for (int visible = 1; visible >= 0; visible--)
		for (uint32_t i = 0; i < vg->lv_count; i++)
			if (lv_is_visible(vg->lvs[i]) == (bool)visible) {
				put_lv(exporter, vg->lvs[i]);
				drain_piece(exporter);
			}
	out_close(out);
}

static void put_history(struct exporter *exporter)
{
	const struct cfg_node *historical = exporter->vg->historical;
	struct text_out *out = &exporter->out;
	uint64_t seconds;

	if (!historical)
		return;
	out_open(out, historical->key);
	for (const struct cfg_node *record = historical->items; record; record = record->next) {
		if (!record->is_section) {
			out_node(out, record, NULL);
			continue;
		}
		out_blank(out);
		out_open(out, record->key);
		for (const struct cfg_node *node = record->items; node; node = node->next) {
			if ((!strcmp(node->key, "creation_time") ||
			     !strcmp(node->key, "removal_time")) &&
			    cfg_get_unsigned(node, INT64_MAX, &seconds))
				put_time(exporter, node->key, seconds);
			else
				out_node(out, node, NULL);
		}
		out_close(out);
	}
	out_close(out);
}

static void put_vg(struct exporter *exporter)
{
	const struct vg *vg = exporter->vg;
	struct text_out *out = &exporter->out;
	char id[UUID_DASHED_SIZE];

	out_open(out, vg->name);
	out_string(out, "id", uuid_format(&vg->id, id), NULL);
	out_number(out, "seqno", vg->seqno, NULL);
	out_string(out, "format", "lvm2", "informational");
	put_status(out, vg, vg_words, vg->status, vg->unknown_flags);
	put_tags(out, vg->tags);
	if (vg->system_id && *vg->system_id)
		put_text(out, "system_id", vg->system_id);
	put_text(out, "lock_type", vg->lock_type);
	put_text(out, "lock_args", vg->lock_args);
	out_size(out, "extent_size", vg->extent_size, vg->extent_size);
	out_number(out, "max_lv", vg->max_lv, NULL);
	out_number(out, "max_pv", vg->max_pv, NULL);
	if (vg->alloc != ALLOC_NORMAL && vg->alloc != ALLOC_INHERIT) {
		out_blank(out);
		put_text(out, "allocation_policy", alloc_policy_name(vg->alloc));
	}
	put_text(out, "profile", vg->profile);
	out_number(out, "metadata_copies", vg->metadata_copies, NULL);
	put_nodes(out, vg->unknown);
	out_blank(out);
	out_open(out, "physical_volumes");
	for (uint32_t i = 0; i < vg->pv_count; i++) {
		put_pv(exporter, vg->pvs[i]);
		drain_piece(exporter);
	}
	out_close(out);
	out_blank(out);
	put_lvs(exporter);
	out_blank(out);
	put_history(exporter);
	out_close(out);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* The same lines in both forms, their comments too. */
static void put_info(struct exporter *exporter)
{
	const struct vg_text_info *info = exporter->info;
	struct buf *buf = exporter->out.buf;

	buf_printf(buf, "# Generated by %s: %s\n\n", VG_TEXT_GENERATOR,
		   or_empty(info->creation_ctime));
	buf_puts(buf, "contents = \"Text Format Volume Group\"\nversion = 1\n\ndescription = ");
	out_quoted(buf, or_empty(info->description));
	buf_puts(buf, "\n\ncreation_host = ");
	out_quoted(buf, or_empty(info->creation_host));
	buf_printf(buf, "\t# %s\n", or_empty(info->creation_host_uname));
	if (info->creation_host_system_id && *info->creation_host_system_id) {
		buf_puts(buf, "creation_host_system_id = ");
		out_quoted(buf, info->creation_host_system_id);
		buf_puts(buf, "\n");
	}
	buf_printf(buf, "creation_time = %" PRIu64 "\t# %s\n\n", info->creation_time,
		   or_empty(info->creation_ctime));
}

static int number_pvs(struct vg *vg, struct err *err)
{
	char key[NAME_TEXT];

	for (uint32_t i = 0; i < vg->pv_count; i++) {
		struct pv *pv = vg->pvs[i];

		(void)snprintf(key, sizeof(key), "pv%" PRIu32, i);
		if (pv->key && !strcmp(pv->key, key))
			continue;
		if (!(pv->key = arena_strdup(vg->arena, key)))
			return err_set(err, ENOMEM, "Out of memory for volume group %s.", vg->name);
	}
	return 0;
}

static int export(struct exporter *exporter, enum vg_text_form form)
{
	struct vg *vg = exporter->vg;
	struct buf *out = exporter->out.buf;
	int rc;

	if ((rc = number_pvs(vg, exporter->err)))
		return rc;
	exporter->out.is_file = form == VG_TEXT_FILE;
	exporter->status_text.limit = STATUS_TEXT_MAX;
	if (form == VG_TEXT_FILE) {
		put_info(exporter);
		put_vg(exporter);
	} else {
		put_vg(exporter);
		put_info(exporter);
		buf_add(out, "", 1);
	}
	drain(exporter);
	buf_free(&exporter->status_text);
	if (out->failed)
		return err_set(exporter->err, ENOSPC, "Metadata of volume group %s is too large.",
			       vg->name);
	return exporter->sink_code;
}

int vg_export(struct vg *vg, enum vg_text_form form, const struct vg_text_info *info,
	      struct buf *out, struct err *err)
{
	struct exporter exporter = { .out = { .buf = out }, .vg = vg, .info = info, .err = err };

	return export(&exporter, form);
}

int vg_export_to(struct vg *vg, enum vg_text_form form, const struct vg_text_info *info,
		 const struct text_sink *sink, struct err *err)
{
	AUTO_BUF struct buf piece = { .limit = VG_TEXT_MAX };
	struct exporter exporter = {
		.out = { .buf = &piece }, .vg = vg, .info = info, .sink = sink, .err = err
	};

	return export(&exporter, form);
}
