/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/text_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INDENT_MAX     5 /* tabs, however deep */
#define COMMENT_COLUMN 5 /* tabs before a comment of a short line */
#define TAB	       8
#define INTEGERS_OF_G  1000000 /* below this, %g prints whole numbers in full */

static unsigned indent_tabs(const struct text_out *out)
{
	return out->indent < INDENT_MAX ? out->indent : INDENT_MAX;
}

static void begin_line(struct text_out *out)
{
	static const char indent[] = "\t\t\t\t\t";
	unsigned tabs = out->is_file ? indent_tabs(out) : out->tight_depth;

	for (; tabs > INDENT_MAX; tabs--)
		buf_add_short(out->buf, "\t", 1);
	buf_add_short(out->buf, indent, tabs);
	out->line_start = out->buf->used;
}

static void end_line(struct text_out *out, const char *comment)
{
	if (out->is_file && comment) {
		size_t column = (TAB * indent_tabs(out) + out->buf->used - out->line_start) / TAB;

		do
			buf_add_short(out->buf, "\t", 1);
		while (++column < COMMENT_COLUMN);
		buf_add_short(out->buf, "# ", 2);
		buf_puts(out->buf, comment);
	}
	buf_add_short(out->buf, "\n", 1);
}

void out_quoted(struct buf *buf, const char *text)
{
	size_t length = strlen(text);

	buf_add_short(buf, "\"", 1);
	if (!memchr(text, '"', length) && !memchr(text, '\\', length)) {
		buf_add_short(buf, text, length);
		buf_add_short(buf, "\"", 1);
		return;
	}
	for (;;) {
		size_t plain = strcspn(text, "\"\\");

		buf_add_short(buf, text, plain);
		text += plain;
		if (!*text)
			break;
		buf_add_short(buf, "\\", 1);
		buf_add_short(buf, text++, 1);
	}
	buf_add_short(buf, "\"", 1);
}

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_-.+:/@", c));
}

/* A name as it is, or quoted when the grammar would not read it back. */
static void add_name(struct buf *buf, const char *name)
{
	size_t plain = 0;

	/* Nearly every name is of such bytes only; it is read faster so than by the rule. */
	while (is_word_byte(name[plain]))
		plain++;
	if (name[plain])
		plain += strcspn(name + plain, " \t\n\v\f\r#={}\"'\\");
	if (plain && !name[plain])
		buf_add_short(buf, name, plain);
	else
		out_quoted(buf, name);
}

void out_blank(struct text_out *out)
{
	buf_add(out->buf, "\n", 1);
}

void out_line(struct text_out *out, const char *text)
{
	begin_line(out);
	buf_puts(out->buf, text);
	end_line(out, NULL);
}

void out_open(struct text_out *out, const char *name)
{
	begin_line(out);
	add_name(out->buf, name);
	buf_puts(out->buf, " {");
	end_line(out, NULL);
	out->indent++;
}

void out_close(struct text_out *out)
{
	out->indent--;
	out_line(out, "}");
}

/* @key is one of ours, so the grammar reads it back as it is. */
static void begin_key(struct text_out *out, const char *key)
{
	begin_line(out);
	buf_puts(out->buf, key);
	buf_add_short(out->buf, " = ", 3);
}

void out_number(struct text_out *out, const char *key, int64_t value, const char *comment)
{
	begin_key(out, key);
	buf_number(out->buf, value);
	end_line(out, comment);
}

void out_string(struct text_out *out, const char *key, const char *value, const char *comment)
{
	begin_key(out, key);
	out_quoted(out->buf, value);
	end_line(out, comment);
}

const char *out_size_text(uint64_t sectors, char text[OUT_SIZE_TEXT])
{
	static const char *const units[] = { "Kilobytes", "Megabytes", "Gigabytes",
					     "Terabytes", "Petabytes", "Exabytes" };
	double value = (double)sectors / 2;
	size_t unit = 0;

	for (; value > 1024 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
		value /= 1024;
	/* %g is slow, and an extent's size is seldom a fraction. */
	if (value < INTEGERS_OF_G && value == (double)(unsigned)value)
		(void)snprintf(text, OUT_SIZE_TEXT, "%u %s", (unsigned)value, units[unit]);
	else
		(void)snprintf(text, OUT_SIZE_TEXT, "%g %s", value, units[unit]);
	return text;
}

/* LVs of one size often follow each other, and telling it takes a while. */
static const char *size_comment(struct text_out *out, uint64_t sectors)
{
	if (!out->size_text[0] || out->size_told != sectors)
		(void)out_size_text(sectors, out->size_text);
	out->size_told = sectors;
	return out->size_text;
}

void out_size(struct text_out *out, const char *key, uint64_t value, uint64_t sectors)
{
	begin_key(out, key);
	buf_number(out->buf, (int64_t)value);
	end_line(out, out->is_file ? size_comment(out, sectors) : NULL);
}

void out_list_begin(struct text_out *out, const char *key)
{
	begin_key(out, key);
	buf_puts(out->buf, "[");
}

void out_list_add(struct text_out *out, const char *text)
{
	if (!out->buf->failed && out->buf->data[out->buf->used - 1] != '[')
		buf_puts(out->buf, ", ");
	out_quoted(out->buf, text);
}

void out_list_end(struct text_out *out)
{
	buf_puts(out->buf, "]");
	end_line(out, NULL);
}

void out_names(struct text_out *out, const char *key, const struct name_list *names)
{
	out_list_begin(out, key);
	for (; names; names = names->next)
		out_list_add(out, names->name);
	out_list_end(out);
}

void out_rows_begin(struct text_out *out, const char *key)
{
	out_blank(out);
	begin_key(out, key);
	buf_puts(out->buf, "[");
	end_line(out, NULL);
	out->indent++;
}

void out_rows_add(struct text_out *out, const char *name, const uint32_t *number, bool starts_line,
		  bool is_last)
{
	if (starts_line)
		begin_line(out);
	else
		buf_puts(out->buf, " ");
	if (number)
		buf_number(out->buf, *number);
	else
		out_quoted(out->buf, name);
	if (!is_last)
		buf_puts(out->buf, ",");
}

void out_rows_newline(struct text_out *out)
{
	end_line(out, NULL);
}

void out_rows_end(struct text_out *out)
{
	out->indent--;
	out_line(out, "]");
}

static void add_value(struct buf *buf, const struct cfg_value *value)
{
	switch (value->type) {
	case CFG_INTEGER:
		buf_number(buf, value->integer);
		break;
	case CFG_FLOAT:
		buf_puts(buf, value->text);
		break;
	case CFG_STRING:
		out_quoted(buf, cfg_value_text(value));
		break;
	}
}

static void add_values(struct buf *buf, const struct cfg_node *node, const char *comma)
{
	if (node->is_list)
		buf_puts(buf, "[");
	for (const struct cfg_value *value = node->values; value; value = value->next) {
		add_value(buf, value);
		if (value->next)
			buf_puts(buf, comma);
	}
	if (node->is_list)
		buf_puts(buf, "]");
}

static void add_node(struct text_out *out, const struct cfg_node *node, const char *comment,
		     bool tight)
{
	if (node->is_section) {
		out_open(out, node->key);
		out->tight_depth += tight;
		for (const struct cfg_node *item = node->items; item; item = item->next)
			add_node(out, item, NULL, tight);
		out->tight_depth -= tight;
		out_close(out);
		return;
	}
	begin_line(out);
	add_name(out->buf, node->key);
	buf_puts(out->buf, tight ? "=" : " = ");
	add_values(out->buf, node, tight ? "," : ", ");
	end_line(out, comment);
}

void out_node(struct text_out *out, const struct cfg_node *node, const char *comment)
{
	add_node(out, node, comment, false);
}

void out_node_tight(struct text_out *out, const struct cfg_node *node)
{
	add_node(out, node, NULL, true);
}
