/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text -> VG: the grammar is config_text.c's; here are the keys of the VG and of its PVs, and the
 * table reader that all objects share.
 *
 * The parsed tree is in a scratch arena; whatever the VG keeps is copied. Every number is checked
 * against the width of its field, and vg_check() sees the result, so that nothing
 * behind vg_import() has to doubt a VG again.
 *
 * Of a long text nearly all is LVs, so these are read as the parser comes to them, and their part
 * of the tree is forgotten at once. That needs the PVs before them and nothing twice, as in all
 * texts that LVM2 writes; any other text, and any that is not valid, is read again as a whole.
 */
#include "metadata/vg_import.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "metadata/base/cleanup.h"
#include "metadata/check.h"
#include "metadata/vg_text.h"

#define CONTENTS_VALUE "Text Format Volume Group"
#define FORMAT_NAME    "lvm2"
#define ERROR_WIDTH    512

int import_error(const struct importer *importer, const struct cfg_node *node, const char *fmt, ...)
{
	char text[ERROR_WIDTH];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!node)
		return err_set(importer->err, EUCLEAN, "%s", text);
	return err_set(importer->err, EUCLEAN, "%s (line %u)", text, node->line);
}

int import_no_memory(const struct importer *importer)
{
	return err_set(importer->err, ENOMEM, "Out of memory reading volume group metadata.");
}

const char *import_describe(const struct importer *importer, const struct import_what *what,
			    char text[IMPORT_WHAT_SIZE])
{
	const char *vg_name = importer->vg->name;

	if (what->pv)
		return "physical volume";
	if (what->seg)
		(void)snprintf(text, IMPORT_WHAT_SIZE, "segment '%s' of logical volume %s/%s",
			       what->seg, vg_name, what->lv);
	else if (what->lv)
		(void)snprintf(text, IMPORT_WHAT_SIZE, "logical volume %s/%s", vg_name, what->lv);
	else
		(void)snprintf(text, IMPORT_WHAT_SIZE, "volume group %s", vg_name);
	return text;
}

int import_copy(struct importer *importer, const struct cfg_node *items, struct cfg_node **ret_copy)
{
	if (!cfg_copy_list(items, importer->arena, NULL, NULL, ret_copy))
		return import_no_memory(importer);
	return 0;
}

static void *field(void *object, size_t offset)
{
	return (char *)object + offset;
}

static int append_name(struct importer *importer, struct name_list ***link, const char *name)
{
	struct name_list *item = arena_new(importer->arena, struct name_list);

	if (!item || !(item->name = arena_strdup(importer->arena, name)))
		return import_no_memory(importer);
	**link = item;
	*link = &item->next;
	return 0;
}

static int read_names(struct importer *importer, const struct cfg_node *node,
		      struct name_list **ret_names, const struct import_what *what)
{
	struct name_list **link = ret_names;
	char text[IMPORT_WHAT_SIZE];
	int rc;

	for (const struct cfg_value *value = node->values; value; value = value->next) {
		if (value->type != CFG_STRING)
			return import_error(importer, node, "Couldn't read '%s' for %s.", node->key,
					    import_describe(importer, what, text));
		if ((rc = append_name(importer, &link, value->text)))
			return rc;
	}
	return 0;
}

static const struct word *find_word(const struct word *words, const char *text, bool is_status)
{
	for (; words->text; words++)
		if ((words->list != WORD_FLAG) == is_status && !strcmp(words->text, text))
			return words;
	return NULL;
}

static int read_words(struct importer *importer, const struct key_table *table,
		      const struct cfg_node *node, bool is_status, void *object,
		      const struct import_what *what)
{
	char text[IMPORT_WHAT_SIZE];
	struct name_list **link = field(object, table->flags_offset);
	uint32_t *status = field(object, table->status_offset);
	int rc;

	for (const struct cfg_value *value = node->values; value; value = value->next) {
		const struct word *word;

		if (value->type != CFG_STRING)
			return import_error(importer, node,
					    "Status value is not a string.\nCould not read status "
					    "flags.\nCouldn't read status flags for %s.",
					    import_describe(importer, what, text));
		word = find_word(table->words, value->text, is_status);
		if (word)
			*status |= word->bit;
		else if (is_status)
			return import_error(importer, node,
					    "Unknown status flag '%s'.\nCould not read status "
					    "flags.\nCouldn't read status flags for %s.",
					    value->text, import_describe(importer, what, text));
		else if ((rc = append_name(importer, &link, value->text)))
			return rc;
	}
	if (*status & FLAG_WRITE_LOCKED)
		*status |= STATUS_WRITE;
	return 0;
}

static int read_text(struct importer *importer, const struct cfg_node *node, const char **ret_text,
		     bool *ret_ok)
{
	const char *text = NULL;

	if (!(*ret_ok = cfg_get_string(node, &text)))
		return 0;
	if (!importer->last_text || strcmp(importer->last_text, text) != 0)
		importer->last_text = arena_strdup(importer->arena, text);
	if (!(*ret_text = importer->last_text))
		return import_no_memory(importer);
	return 0;
}

static bool read_uuid(const struct cfg_node *node, struct uuid *ret_id)
{
	const char *text;

	return cfg_get_string(node, &text) && !uuid_parse(text, ret_id, NULL);
}

static bool read_integer(const struct cfg_node *node, int64_t min, int64_t max, int64_t *ret_value)
{
	int64_t value;

	if (!cfg_get_integer(node, &value) || value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

static bool read_number(const struct cfg_node *node, enum key_type type, void *where)
{
	int64_t value = 0;
	bool ok;

	if (type == KEY_UINT32) {
		if ((ok = read_integer(node, 0, UINT32_MAX, &value)))
			*(uint32_t *)where = (uint32_t)value;
	} else if (type == KEY_UINT64) {
		if ((ok = read_integer(node, 0, INT64_MAX, &value)))
			*(uint64_t *)where = (uint64_t)value;
	} else if (type == KEY_INT32) {
		if ((ok = read_integer(node, INT32_MIN, INT32_MAX, &value)))
			*(int32_t *)where = (int32_t)value;
	} else {
		if ((ok = read_integer(node, INT64_MIN, INT64_MAX, &value)))
			*(int64_t *)where = value;
	}
	return ok;
}

static int read_key(struct importer *importer, const struct key_table *table,
		    const struct key_row *row, const struct cfg_node *node, void *object,
		    const struct import_what *what)
{
	void *where = field(object, row->offset);
	char described[IMPORT_WHAT_SIZE];
	const char *text = NULL;
	bool ok = true;
	int rc = 0;

	switch (row->type) {
	case KEY_IGNORED:
		return 0;
	case KEY_NAMES:
		return read_names(importer, node, where, what);
	case KEY_STATUS:
	case KEY_FLAGS:
		return read_words(importer, table, node, row->type == KEY_STATUS, object, what);
	case KEY_TEXT:
		rc = read_text(importer, node, where, &ok);
		break;
	case KEY_UUID:
		ok = read_uuid(node, where);
		break;
	case KEY_POLICY:
		ok = cfg_get_string(node, &text) && alloc_policy_parse(text, where);
		break;
	case KEY_UINT32:
	case KEY_UINT64:
	case KEY_INT32:
	case KEY_INT64:
		ok = read_number(node, row->type, where);
		break;
	}
	if (!ok)
		return import_error(importer, node, "Couldn't read '%s' for %s.", node->key,
				    import_describe(importer, what, described));
	return rc;
}

static inline bool is_key(const struct key_row *row, const char *key)
{
	return *row->key == *key && !strcmp(row->key, key);
}

/* @next: the row behind the last one found, which it often is, as texts are written in this order.
 */
static const struct key_row *find_row(const struct key_row *rows, const struct key_row *next,
				      const char *key)
{
	for (const struct key_row *row = next; row->key; row++)
		if (is_key(row, key))
			return row;
	for (const struct key_row *row = rows; row != next; row++)
		if (is_key(row, key))
			return row;
	return NULL;
}

int import_keys(struct importer *importer, const struct key_table *table,
		const struct cfg_node *items, void *object, const struct import_what *what)
{
	struct cfg_node **unknown = field(object, table->unknown_offset);
	const struct key_row *row, *next = table->rows;
	char text[IMPORT_WHAT_SIZE];
	uint64_t seen = 0;
	int rc;

	for (const struct cfg_node *node = items; node; node = node->next) {
		if (node->is_section && table->sections_are_parts)
			continue;
		row = find_row(table->rows, next, node->key);
		next = row ? row + 1 : next;
		if (row && (!node->is_section || row->type == KEY_IGNORED)) {
			uint64_t bit = (uint64_t)1 << (row - table->rows);

			if (!(seen & bit) &&
			    (rc = read_key(importer, table, row, node, object, what)))
				return rc;
			seen |= bit;
			continue;
		}
		if (!(*unknown = cfg_copy(node, importer->arena, NULL, NULL)))
			return import_no_memory(importer);
		unknown = &(*unknown)->next;
	}
	for (row = table->rows; row->key; row++)
		if (row->missing && !(seen & (uint64_t)1 << (row - table->rows)))
			return import_error(importer, NULL, "Couldn't %s for %s.", row->missing,
					    import_describe(importer, what, text));
	return 0;
}

static const struct key_row vg_rows[] = {
	{ "id", KEY_UUID, offsetof(struct vg, id), "read uuid" },
	{ "seqno", KEY_UINT32, offsetof(struct vg, seqno), "read 'seqno'" },
	{ "format", KEY_IGNORED, 0, NULL },
	{ "status", KEY_STATUS, 0, "find status flags" },
	{ "flags", KEY_FLAGS, 0, NULL },
	{ "tags", KEY_NAMES, offsetof(struct vg, tags), NULL },
	{ "system_id", KEY_TEXT, offsetof(struct vg, system_id), NULL },
	{ "lock_type", KEY_TEXT, offsetof(struct vg, lock_type), NULL },
	{ "lock_args", KEY_TEXT, offsetof(struct vg, lock_args), NULL },
	{ "extent_size", KEY_UINT32, offsetof(struct vg, extent_size), "read extent size" },
	{ "max_lv", KEY_UINT32, offsetof(struct vg, max_lv), "read 'max_lv'" },
	{ "max_pv", KEY_UINT32, offsetof(struct vg, max_pv), "read 'max_pv'" },
	{ "allocation_policy", KEY_POLICY, offsetof(struct vg, alloc), NULL },
	{ "profile", KEY_TEXT, offsetof(struct vg, profile), NULL },
	{ "metadata_copies", KEY_UINT32, offsetof(struct vg, metadata_copies), NULL },
	{ "physical_volumes", KEY_IGNORED, 0, NULL },
	{ "logical_volumes", KEY_IGNORED, 0, NULL },
	{ "historical_logical_volumes", KEY_IGNORED, 0, NULL },
	{ 0 },
};

static const struct key_table vg_table = {
	.rows = vg_rows,
	.words = vg_words,
	.status_offset = offsetof(struct vg, status),
	.flags_offset = offsetof(struct vg, unknown_flags),
	.unknown_offset = offsetof(struct vg, unknown),
};

static const struct key_row pv_rows[] = {
	{ "id", KEY_UUID, offsetof(struct pv, id), "read uuid" },
	{ "device", KEY_TEXT, offsetof(struct pv, device_hint), NULL },
	{ "device_id_type", KEY_TEXT, offsetof(struct pv, device_id_type), NULL },
	{ "device_id", KEY_TEXT, offsetof(struct pv, device_id), NULL },
	{ "status", KEY_STATUS, 0, "find status flags" },
	{ "flags", KEY_FLAGS, 0, NULL },
	{ "tags", KEY_NAMES, offsetof(struct pv, tags), NULL },
	{ "dev_size", KEY_UINT64, offsetof(struct pv, dev_size), NULL },
	{ "pe_start", KEY_UINT64, offsetof(struct pv, pe_start), "read extent start (pe_start)" },
	{ "pe_count", KEY_UINT32, offsetof(struct pv, pe_count), "find extent count (pe_count)" },
	{ "ba_start", KEY_UINT64, offsetof(struct pv, ba_start), NULL },
	{ "ba_size", KEY_UINT64, offsetof(struct pv, ba_size), NULL },
	{ 0 },
};

static const struct key_table pv_table = {
	.rows = pv_rows,
	.words = pv_words,
	.status_offset = offsetof(struct pv, status),
	.flags_offset = offsetof(struct pv, unknown_flags),
	.unknown_offset = offsetof(struct pv, unknown),
};

static int read_pv(struct importer *importer, const struct cfg_node *node)
{
	struct pv *pv = arena_new(importer->arena, struct pv);
	const struct import_what what = { .pv = node->key };
	int rc;

	if (!pv || !(pv->key = arena_strdup(importer->arena, node->key)))
		return import_no_memory(importer);
	if ((rc = import_keys(importer, &pv_table, node->items, pv, &what)))
		return rc;
	name_index_add(&importer->pvs, pv->key, pv);
	return vg_add_pv(importer->vg, pv, importer->err);
}

static size_t count_sections(const struct cfg_node *items)
{
	size_t count = 0;

	for (; items; items = items->next)
		count += items->is_section;
	return count;
}

static int read_pvs(struct importer *importer, const struct cfg_node *section)
{
	int rc;

	if (!section)
		return import_error(importer, NULL,
				    "Couldn't find all physical volumes for volume group %s.",
				    importer->vg->name);
	if (!name_index_new(&importer->pvs, count_sections(section->items), &importer->scratch))
		return import_no_memory(importer);
	for (const struct cfg_node *node = section->items; node; node = node->next) {
		if (!node->is_section)
			continue;
		if ((rc = read_pv(importer, node))) {
			err_append(importer->err,
				   "\nCouldn't find all physical volumes for volume group %s.",
				   importer->vg->name);
			return rc;
		}
	}
	(void)name_index_finish(&importer->pvs);
	return 0;
}

/* The first section is the VG. */
static const struct cfg_node *find_vg_node(const struct cfg_node *items)
{
	while (items && !items->is_section)
		items = items->next;
	return items;
}

static int check_format(const struct importer *importer, const struct cfg_node *items)
{
	const struct cfg_node *contents = cfg_find_key(items, "contents");
	const struct cfg_node *version = cfg_find_key(items, "version");
	const char *text;
	uint64_t number;

	if (!contents)
		return import_error(importer, NULL,
				    "Can't process text format file - missing contents field.");
	if (!cfg_get_string(contents, &text) || strcmp(text, CONTENTS_VALUE) != 0)
		return import_error(importer, contents,
				    "Can't process text format file - unrecognised contents.");
	if (!cfg_get_unsigned(version, 1, &number) || !number)
		return import_error(importer, version,
				    "Can't process text format file - version is not 1.");
	if (!find_vg_node(items))
		return import_error(importer, NULL, "Couldn't find volume group in file.");
	return 0;
}

static int check_vg_format(const struct importer *importer, const struct cfg_node *node)
{
	const struct cfg_node *format = cfg_find_key(node->items, "format");
	const char *text = "";

	if (!format || (cfg_get_string(format, &text) && !strcmp(text, FORMAT_NAME)))
		return 0;
	return import_error(importer, format, "Unrecognised format %s for volume group %s.", text,
			    node->key);
}

static int read_info(struct importer *importer, const struct cfg_node *items,
		     struct vg_text_info *info)
{
	static const struct {
		const char *key;
		size_t offset;
	} texts[] = {
		{ "description", offsetof(struct vg_text_info, description) },
		{ "creation_host", offsetof(struct vg_text_info, creation_host) },
		{ "creation_host_system_id",
		  offsetof(struct vg_text_info, creation_host_system_id) },
	};
	bool ok;
	int rc;

	*info = (struct vg_text_info){ 0 };
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if ((rc = read_text(importer, cfg_find_key(items, texts[i].key),
				    field(info, texts[i].offset), &ok)))
			return rc;
	(void)cfg_get_unsigned(cfg_find_key(items, "creation_time"), INT64_MAX,
			       &info->creation_time);
	return 0;
}

static int read_history(struct importer *importer, const struct cfg_node *section)
{
	struct vg *vg = importer->vg;

	if (!section)
		return 0;
	if (!(vg->historical = cfg_copy(section, importer->arena, NULL, NULL)))
		return import_no_memory(importer);
	return import_bind_history(importer, vg->historical);
}

static int new_vg(struct importer *importer, const struct cfg_node *node)
{
	if (!(importer->vg = vg_new(node->key)))
		return import_no_memory(importer);
	importer->arena = importer->vg->arena;
	return 0;
}

static void drop_vg(struct importer *importer)
{
	vg_free(importer->vg);
	importer->vg = NULL;
	importer->last_text = NULL;
}

static int read_vg(struct importer *importer, const struct cfg_node *node)
{
	const struct cfg_node *items = node->items;
	const struct import_what what = { 0 };
	int rc;

	if (!importer->is_streamed && (rc = new_vg(importer, node)))
		return rc;
	if ((rc = check_vg_format(importer, node)) ||
	    (rc = import_keys(importer, &vg_table, items, importer->vg, &what)))
		return rc;
	if (!importer->is_streamed &&
	    (rc = read_pvs(importer, cfg_find_section(items, "physical_volumes"))))
		return rc;
	if (importer->is_streamed)
		rc = import_rest_of_lvs(importer);
	else
		rc = import_lvs(importer, cfg_find_section(items, "logical_volumes"));
	if (rc ||
	    (rc = read_history(importer, cfg_find_section(items, "historical_logical_volumes"))))
		return rc;
	if (importer->vg->alloc == ALLOC_INHERIT)
		importer->vg->alloc = ALLOC_NORMAL;
	return vg_check(importer->vg, importer->err);
}

/* The LVs of a VG whose PVs are known can be read one by one while the text is being parsed. */
static bool begins_lvs(const struct cfg_node *root, const struct cfg_node *outer,
		       const struct cfg_node *section, void *arg)
{
	struct importer *importer = arg;
	const struct cfg_node *pvs = cfg_find_section(outer->items, "physical_volumes");

	if (importer->is_streamed || !pvs || strcmp(section->key, "logical_volumes") != 0 ||
	    outer != find_vg_node(root))
		return false;
	importer->is_streamed = !new_vg(importer, outer) && !read_pvs(importer, pvs);
	if (!importer->is_streamed)
		drop_vg(importer);
	return importer->is_streamed;
}

static int take_lv(const struct cfg_node *node, void *arg)
{
	return import_next_lv(arg, node);
}

/* Parse into the scratch arena and look at what is around the VG, whose node is the first section
 * of *ret_items. */
static int parse_text(struct importer *importer, const char *text, size_t length,
		      const struct cfg_stream *stream, struct cfg_node **ret_items)
{
	bool merged;
	int rc;

	if (length > VG_TEXT_MAX)
		return import_error(importer, NULL, "Metadata text of %zu bytes is too long.",
				    length);
	if ((rc = cfg_parse_stream(text, length, CFG_FIRST_COUNTS, stream, &importer->scratch,
				   ret_items, &merged, importer->err)))
		return rc;
	if (merged && importer->is_streamed)
		return import_error(importer, NULL, "A section comes twice.");
	return check_format(importer, *ret_items);
}

/* No text that LVM2 wrote has carriage returns, but in strings; nor would ours, so it would not be
 * the same text that is written back. */
static int check_returns(const char *text, size_t length, struct err *err)
{
	const char *end = text + strnlen(text, length);
	unsigned line = 1;
	char until = '\0'; /* the end of a string or comment that @at is in */

	if (!memchr(text, '\r', (size_t)(end - text)))
		return 0;
	for (const char *at = text; at < end; at++) {
		line += *at == '\n';
		if (until) {
			if (*at == until)
				until = '\0';
			else if (until == '"' && *at == '\\' && at + 1 < end)
				at++;
		} else if (*at == '\r') {
			return err_set(err, EUCLEAN,
				       "Line %u has a carriage return: the text was converted.",
				       line);
		} else if (*at == '"' || *at == '\'' || *at == '#') {
			until = *at == '#' ? '\n' : *at;
		}
	}
	return 0;
}

/* With @stream the LVs may be read while the text is being parsed. */
static int import(const char *text, size_t length, bool may_stream, struct importer *importer,
		  struct vg_text_info *info)
{
	const struct cfg_stream stream = { begins_lvs, take_lv, importer };
	struct cfg_node *items = NULL;
	int rc;

	importer->scratch.limit = VG_ARENA_LIMIT;
	if (!(rc = parse_text(importer, text, length, may_stream ? &stream : NULL, &items)) &&
	    !(rc = read_vg(importer, find_vg_node(items))) && info)
		rc = read_info(importer, items, info);
	arena_free(&importer->scratch);
	if (rc)
		drop_vg(importer);
	return rc;
}

int vg_import(const char *text, size_t length, struct vg **ret_vg, struct vg_text_info *info,
	      struct err *err)
{
	struct importer streaming = { .err = NULL }, importer = { .err = err };
	int rc;

	if ((rc = check_returns(text, length, err)))
		return rc;
	if (!import(text, length, true, &streaming, info)) {
		*ret_vg = streaming.vg;
		return 0;
	}
	if (!(rc = import(text, length, false, &importer, info)))
		*ret_vg = importer.vg;
	return rc;
}

static int read_summary(struct importer *importer, const struct cfg_node *node,
			struct vg_summary *summary)
{
	const struct cfg_node *status = cfg_find_key(node->items, "status");
	uint64_t seqno;

	if (!read_uuid(cfg_find_key(node->items, "id"), &summary->id))
		return import_error(importer, node, "Couldn't read uuid for volume group %s.",
				    node->key);
	if (!cfg_get_unsigned(cfg_find_key(node->items, "seqno"), UINT32_MAX, &seqno))
		return import_error(importer, node, "Couldn't read seqno for volume group %s.",
				    node->key);
	summary->seqno = (uint32_t)seqno;
	for (const struct cfg_value *value = status ? status->values : NULL; value;
	     value = value->next)
		if (value->type == CFG_STRING && !strcmp(value->text, "CLUSTERED"))
			summary->clustered = true;
	if (!(summary->name = arena_strdup(importer->arena, node->key)))
		return import_no_memory(importer);
	return 0;
}

int vg_text_summary(const char *text, size_t length, struct arena *arena,
		    struct vg_summary *ret_summary, struct err *err)
{
	struct importer importer = { .arena = arena,
				     .scratch = { .limit = VG_ARENA_LIMIT },
				     .err = err };
	struct vg_summary summary = { 0 };
	struct cfg_node *items = NULL;
	int rc;

	if (!(rc = parse_text(&importer, text, length, NULL, &items)) &&
	    !(rc = read_summary(&importer, find_vg_node(items), &summary)))
		*ret_summary = summary;
	arena_free(&importer.scratch);
	return rc;
}
