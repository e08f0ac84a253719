/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as --config, and as a text of our own grammar in which the last of equal keys counts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"
#include "metadata/base/cleanup.h"
#include "metadata/config_text.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(void *data, const char *text)
{
	*(size_t *)data += strlen(text);
}

static void look_at(const struct config *config)
{
	size_t seen = 0;

	config_check(config, visit, &seen);
	(void)config_bool(config, "backup/archive");
	(void)config_int(config, "backup/retain_days");
	(void)config_string(config, "devices/dir");
	(void)config_each_string(config, "devices/filter", visit, &seen);
	(void)config_each_string(config, "devices/global_filter", visit, &seen);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("LVM_SYSTEM_DIR", "", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena arena = { .limit = (size_t)64 << 20 };
	char *text = arena_strndup(&arena, (const char *)data, size);
	struct config *config = NULL;
	struct cfg_node *items;
	struct err err = { 0 };

	if (!text)
		return 0;
	if (!config_open(text, &config, &err)) {
		look_at(config);
		config_close(config);
	}
	if (!cfg_parse((const char *)data, size, CFG_LAST_COUNTS, &arena, &items, &err))
		(void)cfg_find_section(items, "devices");
	return 0;
}
