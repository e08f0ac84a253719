/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints lines of a metadata text in either form: on disk there is no indentation and no
 * comment, in a file there are both. Failures stay in the buf until the end.
 */
#ifndef METADATA_TEXT_OUT_H
#define METADATA_TEXT_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "metadata/base/buf.h"
#include "metadata/config_text.h"
#include "metadata/model.h"

#define OUT_SIZE_TEXT 48

struct text_out {
	struct buf *buf;
	bool is_file;
	unsigned indent;
	unsigned tight_depth; /* in tight sections, which are indented on disk too */
	size_t line_start;    /* of the open line's first character behind its tabs */
	uint64_t size_told;   /* what size_text says; nothing yet when it is empty */
	char size_text[OUT_SIZE_TEXT];
};

void out_blank(struct text_out *out);
void out_line(struct text_out *out, const char *text);
/** "name {" and one step in; "}" and one step out. */
void out_open(struct text_out *out, const char *name);
void out_close(struct text_out *out);

/** key = value; @comment (file form only) may be NULL. */
void out_number(struct text_out *out, const char *key, int64_t value, const char *comment);
void out_string(struct text_out *out, const char *key, const char *value, const char *comment);
/** key = number, with a comment that says how much @sectors are. */
void out_size(struct text_out *out, const char *key, uint64_t value, uint64_t sectors);

/** key = ["...", ...] in pieces. */
void out_list_begin(struct text_out *out, const char *key);
void out_list_add(struct text_out *out, const char *text);
void out_list_end(struct text_out *out);
void out_names(struct text_out *out, const char *key, const struct name_list *names);

/** An array on lines of its own: begin; values and line ends; end. @number NULL: a name. */
void out_rows_begin(struct text_out *out, const char *key);
void out_rows_add(struct text_out *out, const char *name, const uint32_t *number, bool starts_line,
		  bool is_last);
void out_rows_newline(struct text_out *out);
void out_rows_end(struct text_out *out);

/** A kept node, with all that is in it. */
void out_node(struct text_out *out, const struct cfg_node *node, const char *comment);
/** As out_node(), in the style without blanks that LVM2 uses in policy_settings. */
void out_node_tight(struct text_out *out, const struct cfg_node *node);

/** Text in double quotes, escaped. */
void out_quoted(struct buf *buf, const char *text);

/** "8 Megabytes", as LVM2 comments sizes. */
const char *out_size_text(uint64_t sectors, char text[OUT_SIZE_TEXT]);

#endif
