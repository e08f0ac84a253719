/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_OP_TAGS_H
#define LIB_OP_TAGS_H

#include "metadata/base/arena.h"
#include "metadata/model.h"

/** Append tags that are not in the list yet; -EINVAL for one that is no tag. A leading @ is
 * dropped. */
int tags_add(struct arena *arena, struct name_list **list, const char *const *tags, size_t count,
	     struct err *err) MUST_CHECK;

/** Take tags out; one that is not there is no error. */
void tags_remove(struct name_list **list, const char *const *tags, size_t count);

bool tags_have(const struct name_list *list, const char *tag);

#endif
