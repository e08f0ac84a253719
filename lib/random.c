/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

int random_bytes(void *bytes, size_t length, struct err *err)
{
	unsigned char *at = bytes;
	ssize_t got;

	for (; length; at += got, length -= (size_t)got) {
		got = getrandom(at, length, 0);
		if (got < 0 && errno == EINTR)
			got = 0;
		if (got < 0)
			return err_set(err, errno, "No random numbers from the kernel: %s.",
				       strerror(errno));
	}
	return 0;
}

int random_uuid(struct uuid *ret_uuid, struct err *err)
{
	unsigned char random[UUID_LENGTH];
	int rc = random_bytes(random, sizeof(random), err);

	if (!rc)
		*ret_uuid = uuid_from_random(random);
	return rc;
}
