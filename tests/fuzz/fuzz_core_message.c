/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a message of the group, and as a record of a table. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "clvmd/core/message.h"
#include "metadata/base/cleanup.h"

#define LIMIT ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_parts(const struct message *message)
{
	AUTO_ARENA struct arena arena = { .limit = LIMIT };
	uint32_t nodes[LOCKSPACE_NODES_MAX];
	struct mark marks[MARKS_MAX];
	const char **names;
	size_t count = 0;

	if (!names_decode(message->names, &arena, &names, &count))
		for (size_t i = 0; i < count; i++)
			assert(*names[i] && strlen(names[i]) < RESOURCE_NAME_MAX);
	assert(!nodes_decode(message->nodes, nodes, &count) || count <= LOCKSPACE_NODES_MAX);
	assert(!marks_decode(message->marks, marks, &count) || count <= MARKS_MAX);
	(void)blob_text(message->text, RESULT_TEXT_MAX, &arena);
}

static void try_message(const void *data, size_t size)
{
	AUTO_BUF struct buf bytes = { .limit = LIMIT };
	AUTO_BUF struct buf again = { .limit = LIMIT };
	struct message message, reread;

	if (message_decode(data, size, &message, NULL))
		return;
	try_parts(&message);
	message_encode(&message, &bytes);
	assert(!bytes.failed && !message_decode(bytes.data, bytes.used, &reread, NULL));
	message_encode(&reread, &again);
	assert(again.used == bytes.used && !memcmp(again.data, bytes.data, bytes.used));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message record;

	try_message(data, size);
	if (!record_decode(data, size, &record))
		try_parts(&record);
	return 0;
}
