/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a job, and as what a job answers. What is read must be written and read again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/proto/job.h"
#include "metadata/base/cleanup.h"

#define LIMIT ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_job(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena arena = { .limit = LIMIT };
	AUTO_BUF struct buf bytes = { .limit = LIMIT };
	AUTO_BUF struct buf again = { .limit = LIMIT };
	struct job job, reread;

	if (job_decode(data, size, &arena, &job, NULL) || job_encode(&job, &bytes, NULL))
		return;
	assert(!job_decode(bytes.data, bytes.used, &arena, &reread, NULL));
	assert(!job_encode(&reread, &again, NULL));
	assert(again.used == bytes.used && !memcmp(again.data, bytes.data, bytes.used));
}

static void try_data(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena arena = { .limit = LIMIT };
	AUTO_BUF struct buf bytes = { .limit = LIMIT };
	struct job_data answer, reread;

	if (job_data_decode(data, size, &arena, &answer, NULL) ||
	    job_data_encode(&answer, &bytes, NULL))
		return;
	assert(!job_data_decode(bytes.data, bytes.used, &arena, &reread, NULL));
	assert(reread.lv_count == answer.lv_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_job(data, size);
	try_data(data, size);
	return 0;
}
