/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/op/tags.h"

#include <errno.h>
#include <string.h>

#include "metadata/names.h"

static const char *bare(const char *tag)
{
	return *tag == '@' ? tag + 1 : tag;
}

bool tags_have(const struct name_list *list, const char *tag)
{
	for (; list; list = list->next)
		if (!strcmp(list->name, bare(tag)))
			return true;
	return false;
}

int tags_add(struct arena *arena, struct name_list **list, const char *const *tags, size_t count,
	     struct err *err)
{
	struct name_list **end = list;

	while (*end)
		end = &(*end)->next;
	for (size_t i = 0; i < count; i++) {
		if (!tag_is_valid(bare(tags[i])))
			return err_set(err, EINVAL, "Invalid argument for --addtag: %s", tags[i]);
		if (tags_have(*list, tags[i]))
			continue;
		if (!(*end = arena_new(arena, struct name_list)) ||
		    !((*end)->name = arena_strdup(arena, bare(tags[i]))))
			return err_set(err, ENOMEM, "Out of memory.");
		end = &(*end)->next;
	}
	return 0;
}

void tags_remove(struct name_list **list, const char *const *tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (struct name_list **link = list; *link;)
			if (!strcmp((*link)->name, bare(tags[i])))
				*link = (*link)->next;
			else
				link = &(*link)->next;
}
