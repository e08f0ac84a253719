/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/device/bound_loops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/number.h"
#include "metadata/base/buf.h"
#include "metadata/base/cleanup.h"

#define PARTITIONS	 "/proc/partitions"
#define PARTITIONS_LIMIT ((size_t)4 << 20)
#define PIECE_BYTES	 4096
#define LOOP		 "loop"

/* "loop12", and no partition of it. */
static bool loop_number(const char *name, size_t length, uint64_t *ret_number)
{
	const char *digits = name + strlen(LOOP);

	return length > strlen(LOOP) && !strncmp(name, LOOP, strlen(LOOP)) &&
	       number_parse(&digits, UINT32_MAX, ret_number) && digits == name + length;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool add(struct bound_loops *loops, uint64_t number)
{
	/* One at a time: there are few, and they grow by powers of two. */
	if (!(loops->count & (loops->count - 1))) {
		const size_t size = loops->count ? loops->count * 2 : 1;
		uint64_t *grown = reallocarray(loops->numbers, size, sizeof(*grown));

		if (!grown)
			return false;
		loops->numbers = grown;
	}
	loops->numbers[loops->count++] = number;
	return true;
}

/* Lines of "major minor blocks name", after a heading. */
bool bound_loops_parse(const char *text, struct bound_loops *loops)
{
	while (*text) {
		const size_t length = strcspn(text, "\n");
		const char *end = text + length, *name = end;
		uint64_t number;

		while (name > text && name[-1] != ' ')
			name--;
		if (loop_number(name, (size_t)(end - name), &number) && !add(loops, number))
			return false;
		text = end + (*end == '\n');
	}
	if (loops->count)
		qsort(loops->numbers, loops->count, sizeof(*loops->numbers), compare_numbers);
	loops->is_known = true;
	return true;
}

static bool read_partitions(struct buf *text)
{
	AUTO_CLOSE int fd = open(PARTITIONS, O_RDONLY | O_CLOEXEC);
	char piece[PIECE_BYTES];
	ssize_t got;

	if (fd < 0)
		return false;
	while ((got = read(fd, piece, sizeof(piece)))) {
		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0)
			buf_add(text, piece, (size_t)got);
	}
	return text->used && !text->failed;
}

void bound_loops_read(struct bound_loops *loops)
{
	AUTO_BUF struct buf text = { .limit = PARTITIONS_LIMIT };

	if (!read_partitions(&text) || !bound_loops_parse(text.data, loops))
		bound_loops_free(loops);
}

bool bound_loops_lack(const struct bound_loops *loops, const char *kernel_name)
{
	uint64_t number;

	return loops->is_known && loop_number(kernel_name, strlen(kernel_name), &number) &&
	       !(loops->count &&
		 bsearch(&number, loops->numbers, loops->count, sizeof(number), compare_numbers));
}

void bound_loops_free(struct bound_loops *loops)
{
	free(loops->numbers);
	*loops = (struct bound_loops){ 0 };
}
