/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Journal: /run/clvm/locks, the LV locks of this node with their modes; and /run/clvm/ops, the
 * operations that have devices suspended here. On tmpfs, so they die with the boot, as the kernel's
 * devices do; rewritten as a whole and renamed, so they are never half.
 *
 * An LV is in the journal before its device exists and until it is gone (rule 26).
 */
#ifndef CLVMD_JOURNAL_H
#define CLVMD_JOURNAL_H

#include "clvmd/daemon.h"

#define LV_RESOURCE_LENGTH 64 /* VG id + LV id */

struct journal *journal_create(struct daemon *d);
void journal_destroy(struct journal *journal);

/** Read both files of an earlier daemon of this boot. What is not valid is skipped with a warning.
 */
void journal_read(struct journal *journal);

/** @name is "vg/lv", for people. Changes memory only: journal_write() follows. */
void journal_add(struct journal *journal, const char *resource, enum lock_mode mode,
		 const char *name);
void journal_remove(struct journal *journal, const char *resource);
int journal_write(struct journal *journal, struct err *err) MUST_CHECK;

/** MODE_NL when it is not there. */
enum lock_mode journal_mode(const struct journal *journal, const char *resource);
const char *journal_name(const struct journal *journal, const char *resource); /* NULL: not there */
/** Wall clock of its first journal_add(), in nanoseconds since 1970; 0 unknown. */
uint64_t journal_since(const struct journal *journal, const char *resource);

bool journal_has_lvs(const struct journal *journal);

void journal_each(const struct journal *journal,
		  void (*visit)(void *data, const char *resource, enum lock_mode mode,
				const char *name),
		  void *data);

/* ---- operations (rule 25) ---- */

/** Devices are about to be suspended for @op; @payload is its job. @phase: the last one seen. */
int journal_op_add(struct journal *journal, struct op_id op, enum op_phase phase,
		   const void *payload, size_t length, struct err *err) MUST_CHECK;
void journal_op_remove(struct journal *journal, struct op_id op);

/** The payload of an operation and the last phase seen; NULL when it is not there. */
const void *journal_op_find(const struct journal *journal, struct op_id op,
			    enum op_phase *ret_phase, size_t *ret_length);

/** Was it read from an earlier daemon's journal, and not heard of since? */
bool journal_op_is_old(const struct journal *journal, struct op_id op);

/** The @index-th; false past the end. */
bool journal_op_at(const struct journal *journal, size_t index, struct op_id *ret_op,
		   enum op_phase *ret_phase, const void **ret_payload, size_t *ret_length);

#endif
