/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	lock_many COUNT FILE
 *
 * Runs in a lab node: COUNT processes at once, each with a connection of its own, add one to the
 * number in FILE under the lock V_many. Prints how many had the lock and what the number is: they
 * differ when two had it at a time. Exit 1 if not all had it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cluster_private.h"
#include "lib/fd.h"

static bool add_one(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char text[32] = { 0 };
	long number;

	if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) < 0)
		return false;
	number = strtol(text, NULL, 10);
	(void)usleep(1000); /* time for another one to come between */
	(void)snprintf(text, sizeof(text), "%ld\n", number + 1);
	return pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text);
}

static int one(int go, const char *path)
{
	struct cluster *cluster = NULL;
	struct err err = { 0 };
	bool added = false;
	char byte;

	if (cluster_connect(NULL, CLVMD_SOCKET_PATH, &cluster, &err)) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	(void)!read(go, &byte, 1); /* the end of the pipe: all are there */
	if (!cluster_lock(cluster, "V_many", MODE_EX, NULL, &err))
		added = add_one(path) && !cluster_unlock(cluster, "V_many", 0, &err);
	if (!added)
		(void)fprintf(stderr, "%s\n", err.text);
	cluster_close(cluster);
	return !added;
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	long had_it = 0;
	int go[2], status;

	if (count < 1 || pipe2(go, O_CLOEXEC)) {
		(void)fprintf(stderr, "usage: lock_many COUNT FILE\n");
		return 2;
	}
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			perror("fork");
		if (child)
			continue;
		(void)close(go[1]);
		_exit(one(go[0], argv[2]));
	}
	(void)close(go[1]);
	while (wait(&status) > 0)
		had_it += status == 0;
	(void)printf("%ld\n", had_it);
	return had_it != count;
}
