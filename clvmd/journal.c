/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both files are lines of text:
 *
 *	locks: <resource> <mode number> <since when, nanoseconds since 1970> <vg/lv>
 *	ops:   <node> <number> <phase> <payload in hex>
 */
#include "clvmd/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clvmd/log.h"
#include "lib/fd.h"
#include "lib/number.h"
#include "metadata/base/cleanup.h"

#define LOCKS_PATH CLVMD_RUN_DIR "/locks"
#define OPS_PATH   CLVMD_RUN_DIR "/ops"
#define FILE_MAX   ((size_t)256 << 20)
#define NAME_SHOWN 260 /* "vg/lv" */
#define OPS_MAX	   1024

struct journal_lv {
	enum lock_mode mode;
	uint64_t since;
	char name[NAME_SHOWN];
	char resource[LV_RESOURCE_LENGTH + 1]; /* the map's key */
};

struct journal_op {
	struct journal_op *next;
	struct op_id op;
	enum op_phase phase;
	bool is_old; /* of an earlier daemon */
	size_t length;
	unsigned char payload[];
};

struct journal {
	struct daemon *d;
	qb_map_t *lvs; /* resource -> struct journal_lv */
	struct journal_op *ops;
	size_t op_count;
};

struct journal *journal_create(struct daemon *d)
{
	struct journal *journal = must_alloc(sizeof(*journal));

	journal->d = d;
	if (!(journal->lvs = qb_hashtable_create(4096))) {
		free(journal);
		return NULL;
	}
	return journal;
}

/* Iterators of libqb are run to their end: the entry where one stops early is not removed by
 * qb_map_rm(), and is met again. */
static void forget_lvs(struct journal *journal)
{
	qb_map_iter_t *iter = qb_map_iter_create(journal->lvs);
	size_t room = qb_map_count_get(journal->lvs), count = 0;
	struct journal_lv **lvs = must_alloc((room + 1) * sizeof(struct journal_lv *));
	void *value;

	while (qb_map_iter_next(iter, &value))
		if (count < room)
			lvs[count++] = value;
	qb_map_iter_free(iter);
	while (count > 0)
		journal_remove(journal, lvs[--count]->resource);
	free(lvs);
}

void journal_destroy(struct journal *journal)
{
	forget_lvs(journal);
	qb_map_destroy(journal->lvs);
	while (journal->ops) {
		struct journal_op *op = journal->ops;

		journal->ops = op->next;
		free(op);
	}
	free(journal);
}

void journal_add(struct journal *journal, const char *resource, enum lock_mode mode,
		 const char *name)
{
	struct journal_lv *lv = qb_map_get(journal->lvs, resource);

	if (!lv) {
		lv = must_alloc(sizeof(*lv));
		(void)snprintf(lv->resource, sizeof(lv->resource), "%s", resource);
		lv->since = wall_ns();
		qb_map_put(journal->lvs, lv->resource, lv);
	}
	lv->mode = mode;
	if (*name)
		(void)snprintf(lv->name, sizeof(lv->name), "%s", name);
}

void journal_remove(struct journal *journal, const char *resource)
{
	struct journal_lv *lv = qb_map_get(journal->lvs, resource);

	if (!lv)
		return;
	(void)qb_map_rm(journal->lvs, lv->resource);
	free(lv);
}

enum lock_mode journal_mode(const struct journal *journal, const char *resource)
{
	const struct journal_lv *lv = qb_map_get(journal->lvs, resource);

	return lv ? lv->mode : MODE_NL;
}

const char *journal_name(const struct journal *journal, const char *resource)
{
	const struct journal_lv *lv = qb_map_get(journal->lvs, resource);

	return lv ? lv->name : NULL;
}

uint64_t journal_since(const struct journal *journal, const char *resource)
{
	const struct journal_lv *lv = qb_map_get(journal->lvs, resource);

	return lv ? lv->since : 0;
}

bool journal_has_lvs(const struct journal *journal)
{
	return qb_map_count_get(journal->lvs) > 0;
}

void journal_each(const struct journal *journal,
		  void (*visit)(void *data, const char *resource, enum lock_mode mode,
				const char *name),
		  void *data)
{
	qb_map_iter_t *iter = qb_map_iter_create(journal->lvs);
	void *value;

	while (qb_map_iter_next(iter, &value)) {
		const struct journal_lv *lv = value;

		visit(data, lv->resource, lv->mode, lv->name);
	}
	qb_map_iter_free(iter);
}

/* ---- writing ---- */

/* Replace @path by @text in one step. No fsync: it need not outlive the boot. */
static int replace_file(const char *path, const struct buf *text, struct err *err)
{
	char temporary[64];
	AUTO_CLOSE int fd = -1;
	size_t done = 0;

	(void)snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || text->failed)
		return err_set(err, fd < 0 ? errno : ENOMEM, "%s cannot be written: %s", temporary,
			       strerror(fd < 0 ? errno : ENOMEM));
	while (done < text->used) {
		ssize_t written = write(fd, text->data + done, text->used - done);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return err_set(err, written ? errno : EIO, "%s cannot be written: %s",
				       temporary, strerror(errno));
		done += (size_t)written;
	}
	if (rename(temporary, path))
		return err_set(err, errno, "%s cannot be replaced: %s", path, strerror(errno));
	return 0;
}

struct print {
	const struct journal *journal;
	struct buf *text;
};

static void print_lv(void *data, const char *resource, enum lock_mode mode, const char *name)
{
	const struct print *print = data;

	buf_printf(print->text, "%s %d %" PRIu64 " %s\n", resource, (int)mode,
		   journal_since(print->journal, resource), name);
}

int journal_write(struct journal *journal, struct err *err)
{
	AUTO_BUF struct buf text = { .limit = FILE_MAX };

	journal_each(journal, print_lv, &(struct print){ journal, &text });
	return replace_file(LOCKS_PATH, &text, err);
}

static int write_ops(struct journal *journal, struct err *err)
{
	AUTO_BUF struct buf text = { .limit = FILE_MAX };

	for (const struct journal_op *op = journal->ops; op; op = op->next) {
		buf_printf(&text, "%u %" PRIu64 " %d ", op->op.node, op->op.number, (int)op->phase);
		for (size_t i = 0; i < op->length; i++)
			buf_printf(&text, "%02x", op->payload[i]);
		buf_puts(&text, "\n");
	}
	return replace_file(OPS_PATH, &text, err);
}

static struct journal_op *find_op(const struct journal *journal, struct op_id id)
{
	struct journal_op *op = journal->ops;

	while (op && (op->op.node != id.node || op->op.number != id.number))
		op = op->next;
	return op;
}

static void put_op(struct journal *journal, struct op_id id, enum op_phase phase,
		   const void *payload, size_t length)
{
	struct journal_op *op = must_alloc(sizeof(*op) + length);

	op->op = id;
	op->phase = phase;
	op->length = length;
	if (length)
		memcpy(op->payload, payload, length);
	op->next = journal->ops;
	journal->ops = op;
	journal->op_count++;
}

int journal_op_add(struct journal *journal, struct op_id op, enum op_phase phase,
		   const void *payload, size_t length, struct err *err)
{
	struct journal_op *known = find_op(journal, op);

	if (known)
		known->phase = phase;
	else if (journal->op_count >= OPS_MAX)
		return err_set(err, EBUSY, "More than %d operations are open on this node.",
			       OPS_MAX);
	else
		put_op(journal, op, phase, payload, length);
	return write_ops(journal, err);
}

void journal_op_remove(struct journal *journal, struct op_id id)
{
	struct journal_op *op = find_op(journal, id), **at = &journal->ops;
	struct err err;

	if (!op)
		return;
	while (*at != op)
		at = &(*at)->next;
	*at = op->next;
	journal->op_count--;
	free(op);
	if (write_ops(journal, &err))
		log_line(LOG_ERR, "%s", err.text);
}

const void *journal_op_find(const struct journal *journal, struct op_id id,
			    enum op_phase *ret_phase, size_t *ret_length)
{
	const struct journal_op *op = find_op(journal, id);

	if (!op)
		return NULL;
	*ret_phase = op->phase;
	*ret_length = op->length;
	return op->payload;
}

bool journal_op_is_old(const struct journal *journal, struct op_id id)
{
	const struct journal_op *op = find_op(journal, id);

	return op && op->is_old;
}

bool journal_op_at(const struct journal *journal, size_t index, struct op_id *ret_op,
		   enum op_phase *ret_phase, const void **ret_payload, size_t *ret_length)
{
	const struct journal_op *op = journal->ops;

	while (op && index--)
		op = op->next;
	if (!op)
		return false;
	*ret_op = op->op;
	*ret_phase = op->phase;
	*ret_payload = op->payload;
	*ret_length = op->length;
	return true;
}

/* ---- reading ---- */

static bool read_lv_line(struct journal *journal, char *line)
{
	const char *resource = strsep(&line, " "), *mode_word = strsep(&line, " ");
	const char *since_word;
	uint64_t mode, since;

	if (strlen(resource) != LV_RESOURCE_LENGTH || !number_whole(mode_word, MODE_EX, &mode) ||
	    mode == MODE_NL)
		return false;
	since_word = strsep(&line, " ");
	if (!number_whole(since_word, UINT64_MAX, &since))
		return false;
	journal_add(journal, resource, (enum lock_mode)mode, line ? line : "");
	((struct journal_lv *)qb_map_get(journal->lvs, resource))->since = since;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_op_line(struct journal *journal, char *line)
{
	uint64_t node, number, phase;
	unsigned char *payload;
	size_t length;

	if (!number_whole(strsep(&line, " "), UINT32_MAX, &node) ||
	    !number_whole(strsep(&line, " "), UINT64_MAX, &number) ||
	    !number_whole(strsep(&line, " "), OP_OUTCOME, &phase) || !line || phase < OP_DO ||
	    journal->op_count >= OPS_MAX)
		return false;
	length = strlen(line) / 2;
	payload = must_alloc(length + 1);
	for (size_t i = 0; i < length; i++) {
		int high = hex_digit(line[2 * i]);
		int low = hex_digit(line[2 * i + 1]);

		if (high < 0 || low < 0) {
			free(payload);
			return false;
		}
		payload[i] = (unsigned char)(high << 4 | low);
	}
	put_op(journal, (struct op_id){ (uint32_t)node, number }, (enum op_phase)phase, payload,
	       length);
	journal->ops->is_old = true;
	free(payload);
	return true;
}

static void read_file(struct journal *journal, const char *path,
		      bool (*read_line)(struct journal *journal, char *line))
{
	FILE *file = fopen(path, "re");
	AUTO_FREE char *line = NULL;
	size_t size = 0;

	if (!file)
		return; /* none yet in this boot */
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!read_line(journal, line))
			log_line(LOG_WARNING, "%s: a line is not valid and is skipped.", path);
	}
	(void)fclose(file);
}

void journal_read(struct journal *journal)
{
	read_file(journal, LOCKS_PATH, read_lv_line);
	read_file(journal, OPS_PATH, read_op_line);
}
