/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	run_once COMMAND ARGUMENT...
 *
 * Runs it with its output thrown away and prints its exit code, wall time and processor time (ns)
 * and peak memory (KiB). Small, so that its own memory, which the kernel counts for the child until
 *exec, does not show.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long nanoseconds(const struct timeval *t)
{
	return t->tv_sec * 1000000000LL + t->tv_usec * 1000LL;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	long long start = now();
	int status, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;

	if (argc < 2 || null < 0)
		return 2;
	if (!(pid = vfork())) {
		(void)dup2(null, 0);
		(void)dup2(null, 1);
		(void)dup2(null, 2);
		(void)execv(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
		return 2;
	(void)printf("%d %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128,
		     now() - start, nanoseconds(&usage.ru_utime) + nanoseconds(&usage.ru_stime),
		     usage.ru_maxrss);
	return 0;
}
