/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this kernel's device-mapper knows of LVs. Only asks. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/activate/mapper.h"
#include "metadata/base/cleanup.h"
#include "metadata/base/crc.h"

bool activation_driver_present(void)
{
	return mapper_driver_present();
}

int lv_kernel_state_get(const struct uuid *vg_id, const struct uuid *lv_id,
			struct lv_kernel_state *ret_state, struct err *err)
{
	char uuid[MAPPER_UUID_SIZE];

	return mapper_state(mapper_uuid(vg_id, lv_id, uuid), false, ret_state, NULL, err);
}

/* The length of a word "major:minor" at @text; 0: something else is there. */
static size_t device_number_length(const char *text)
{
	size_t major = strspn(text, "0123456789"), minor;

	if (!major || text[major] != ':')
		return 0;
	minor = strspn(text + major + 1, "0123456789");
	return minor && strchr(" \n", text[major + 1 + minor]) ? major + 1 + minor : 0;
}

static uint32_t table_crc(const char *text)
{
	uint32_t crc = LVM_CRC_INITIAL;

	while (*text) {
		size_t device = device_number_length(text), length;

		text += device;
		length = strcspn(text, " \n");
		length += text[length] != '\0';
		crc = lvm_crc(crc, text, length);
		text += length;
	}
	return crc;
}

int lv_kernel_state_get_crc(const struct uuid *vg_id, const struct uuid *lv_id,
			    struct lv_kernel_state *ret_state, uint32_t *ret_crc, struct err *err)
{
	struct buf AUTO_BUF table = { .limit = MAPPER_TABLE_MAX };
	char uuid[MAPPER_UUID_SIZE];
	int r = mapper_state(mapper_uuid(vg_id, lv_id, uuid), false, ret_state, &table, err);

	*ret_crc = r ? 0 : table_crc(table.data ? table.data : "");
	return r;
}

struct lv_list {
	struct arena *arena;
	struct kernel_lv **end;
};

/* Take it when its uuid is that of a whole LV. False without memory. */
static bool add_lv(void *data, const struct mapper_device *device)
{
	struct lv_list *list = data;
	struct kernel_lv *lv;
	const char *ids = device->uuid + 4;

	if (strlen(device->uuid) != MAPPER_UUID_SIZE - 1 || strncmp(device->uuid, "LVM-", 4))
		return true;
	if (!(lv = arena_new(list->arena, struct kernel_lv)))
		return false;
	memcpy(lv->vg_id.text, ids, UUID_LENGTH);
	memcpy(lv->lv_id.text, ids + UUID_LENGTH, UUID_LENGTH);
	(void)snprintf(lv->name, sizeof(lv->name), "%s", device->name);
	lv->suspended = device->suspended;
	lv->open_count = device->open_count;
	*list->end = lv;
	list->end = &lv->next;
	return true;
}

int kernel_lvs_list(struct arena *arena, struct kernel_lv **ret_lvs, struct err *err)
{
	struct kernel_lv *lvs = NULL;
	struct lv_list list = { .arena = arena, .end = &lvs };
	int r = mapper_each(add_lv, &list, err);

	if (!r)
		*ret_lvs = lvs;
	return r;
}
