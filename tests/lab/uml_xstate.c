/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For linux.uml, through LD_PRELOAD, on processors whose extended state is larger than it knows.
 *
 * Debian's user-mode kernel keeps 2696 bytes of a process's floating point registers, which was all
 * that there was before AMX (11008). It reads so much and writes as much back, and the host's
 * kernel refuses to set less than the whole: "ptrace set fp regs failed, errno = 14", and init
 * dies. So a set that is refused is done again with the rest as it is. Nothing in a node uses that
 * rest.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#define STATE_MAX ((size_t)64 << 10)

typedef long ptrace_fn(enum __ptrace_request request, pid_t pid, void *address, void *data);

static long set_all(ptrace_fn *real, pid_t pid, const struct iovec *part)
{
	static char state[STATE_MAX]; /* the kernel has one thread that does this */
	struct iovec all = { .iov_base = state, .iov_len = sizeof(state) };
	void *kind = (void *)(long)NT_X86_XSTATE;

	if (real(PTRACE_GETREGSET, pid, kind, &all) || part->iov_len > all.iov_len) {
		errno = EFAULT;
		return -1;
	}
	memcpy(state, part->iov_base, part->iov_len);
	return real(PTRACE_SETREGSET, pid, kind, &all);
}

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_fn *real;
	void *address, *data;
	va_list args;
	pid_t pid;
	long rc;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ptrace");
	va_start(args, request);
	pid = va_arg(args, pid_t);
	address = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	rc = real(request, pid, address, data);
	if (rc == -1 && errno == EFAULT && request == PTRACE_SETREGSET &&
	    address == (void *)(long)NT_X86_XSTATE)
		return set_all(real, pid, data);
	return rc;
}
