/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For linux.uml, through LD_PRELOAD, on processors whose extended state is larger than it knows.
 *
 * Debian's user-mode kernel keeps 2696 bytes of a process's floating point registers, which was all
 * that there was before AMX (11008). It reads so much and writes as much back, and the host's
 * kernel refuses to set less than the whole: "ptrace set fp regs failed, errno = 14", and init
 * dies. So what it sets is followed by zeros, which is the state of registers that nothing in a
 * node uses.
 *
 * The user-mode kernel's interrupts are signals: one may come at any time, change errno, and do the
 * same for another process before it returns. Hence no errno here, and a buffer for each.
 */
#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#define XSAVE_LEAF 0xd
#define STATE_MAX  ((size_t)64 << 10)
#define DEPTH_MAX  16 /* of interrupts in interrupts: there are a handful */

typedef long ptrace_fn(enum __ptrace_request request, pid_t pid, void *address, void *data);

static ptrace_fn *real;
static size_t state_size; /* of all that this processor has and the kernel uses */
static char states[DEPTH_MAX][STATE_MAX];
static atomic_flag taken[DEPTH_MAX];

__attribute__((constructor)) static void begin(void)
{
	unsigned a, b, c, d;

	*(void **)&real = dlsym(RTLD_NEXT, "ptrace");
	if (__get_cpuid_count(XSAVE_LEAF, 0, &a, &b, &c, &d) && b <= STATE_MAX)
		state_size = b;
}

static long set_all(pid_t pid, void *kind, const struct iovec *part)
{
	unsigned i = 0;
	struct iovec all;
	long rc;

	while (i < DEPTH_MAX && atomic_flag_test_and_set(&taken[i]))
		i++;
	if (i == DEPTH_MAX)
		abort();
	all = (struct iovec){ .iov_base = states[i], .iov_len = state_size };
	memcpy(states[i], part->iov_base, part->iov_len);
	rc = real(PTRACE_SETREGSET, pid, kind, &all);
	atomic_flag_clear(&taken[i]);
	return rc;
}

long ptrace(enum __ptrace_request request, ...)
{
	const struct iovec *part;
	void *address, *data;
	va_list args;
	pid_t pid;

	va_start(args, request);
	pid = va_arg(args, pid_t);
	address = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	part = data;
	if (request == PTRACE_SETREGSET && address == (void *)(long)NT_X86_XSTATE &&
	    part->iov_len < state_size)
		return set_all(pid, address, part);
	return real(request, pid, address, data);
}
