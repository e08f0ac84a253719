/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a message on clvmd's socket, and as a row of packets, each behind its length. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/proto/client_message.h"
#include "metadata/base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_message(const void *data, size_t size)
{
	AUTO_ARENA struct arena arena = { .limit = 4 * CLIENT_MESSAGE_ARENA_MAX };
	AUTO_BUF struct buf bytes = { .limit = 4 * CLIENT_MESSAGE_MAX };
	struct client_message message, reread;

	if (client_message_decode(data, size, &arena, &message, NULL) ||
	    client_message_encode(&message, &bytes, NULL))
		return;
	assert(!client_message_decode(bytes.data, bytes.used, &arena, &reread, NULL));
	assert(reread.type == message.type && reread.id == message.id);
	assert(reread.data_length == message.data_length);
	assert(!message.data_length || !memcmp(reread.data, message.data, message.data_length));
}

static void try_packets(const uint8_t *data, size_t size)
{
	struct client_assembly assembly;
	bool complete = false;

	client_assembly_init(&assembly);
	while (size > 2) {
		size_t length = (size_t)data[0] | (size_t)data[1] << 8;

		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		if (client_assembly_add(&assembly, data, length, &complete, NULL))
			break;
		if (complete) {
			try_message(assembly.bytes.data, assembly.bytes.used);
			client_assembly_reset(&assembly);
		}
		data += length;
		size -= length;
	}
	client_assembly_free(&assembly);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_message(data, size);
	try_packets(data, size);
	return 0;
}
