/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LVM2's protocol (on-disk format, section 8.4). The last one to leave unlinks the file, so who
 * gets the flock must look whether the file he locked is still the one of that name, and try again
 * if not. A writer waits while it holds <file>:aux, which readers must pass through: so readers
 * cannot starve it.
 */
#include "lib/lock/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/config.h"
#include "lib/fd.h"
#include "metadata/base/cleanup.h"

#define LOCK_DIR_MODE  0700
#define LOCK_FILE_MODE 0600
#define AUX_TRIES      20      /* without waiting: a reader only passes through */
#define AUX_PAUSE_NS   5000000 /* between two of them */

struct file_lock {
	int fd; /* -1: nothing was locked (--nolocking) */
	char *path;
};

static int open_failed(const char *path, struct err *err)
{
	int code = errno;

	(void)err_set(err, code, "%s: open failed: %s", path, strerror(code));
	if (code == EACCES || code == EPERM)
		return err_append(err, "\nOnly root can lock volume groups: run this as root.");
	return -code;
}

/* Did @path change its file while we waited? */
static bool still_named(int fd, const char *path)
{
	struct stat named, locked;

	return !stat(path, &named) && !fstat(fd, &locked) && named.st_ino == locked.st_ino &&
	       named.st_dev == locked.st_dev;
}

/* -EAGAIN: busy and not to wait. Anything else has its reason in @err. */
static int lock_path(const char *path, int operation, int *ret_fd, struct err *err)
{
	for (;;) {
		AUTO_CLOSE int fd = -1;

		fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, LOCK_FILE_MODE);
		if (fd < 0)
			return open_failed(path, err);
		if (flock(fd, operation)) {
			int code = errno;

			if (code == EINTR)
				return err_set(err, EINTR, "Giving up waiting for lock.");
			return err_set(err, code == EWOULDBLOCK ? EAGAIN : code,
				       "%s: flock failed: %s", path, strerror(code));
		}
		if (still_named(fd, path)) {
			*ret_fd = fd;
			fd = -1;
			return 0;
		}
	}
}

/* Unlink the file if nobody else has it, then let go. */
static void unlock_path(const char *path, int fd)
{
	if (!flock(fd, LOCK_EX | LOCK_NB) && still_named(fd, path))
		(void)unlink(path);
	/* Closing alone would not do while a child still has the descriptor. */
	(void)flock(fd, LOCK_UN);
	(void)close(fd);
}

/* Somebody who only passes through is worth a short wait even when we may not wait. */
static int lock_aux(const char *path, bool wait, int *ret_fd, struct err *err)
{
	const struct timespec pause = { .tv_nsec = AUX_PAUSE_NS };
	int rc = -EAGAIN;

	if (wait)
		return lock_path(path, LOCK_EX, ret_fd, err);
	for (int i = 0; i < AUX_TRIES; i++) {
		if ((rc = lock_path(path, LOCK_EX | LOCK_NB, ret_fd, err)) != -EAGAIN)
			return rc;
		(void)nanosleep(&pause, NULL);
	}
	return rc;
}

static int lock_with_priority(const char *path, bool exclusive, bool wait, int *ret_fd,
			      struct err *err)
{
	AUTO_FREE char *aux = NULL;
	int operation = (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB);
	int aux_fd = -1, rc;

	if (asprintf(&aux, "%s:aux", path) < 0) {
		aux = NULL;
		return err_set(err, ENOMEM, "Out of memory for a lock.");
	}
	if ((rc = lock_aux(aux, wait, &aux_fd, err)))
		return rc;
	if (!exclusive)
		unlock_path(aux, aux_fd);
	rc = lock_path(path, operation, ret_fd, err);
	if (exclusive)
		unlock_path(aux, aux_fd);
	return rc;
}

static int make_lock_dir(const char *dir, struct err *err)
{
	if (!mkdir(dir, LOCK_DIR_MODE) || errno == EEXIST)
		return 0;
	if (errno == EACCES || errno == EPERM)
		return open_failed(dir, err);
	return err_set(err, errno, "File locking initialisation failed.\n%s: %s", dir,
		       strerror(errno));
}

static int take(struct context *context, const char *resource, bool exclusive,
		struct file_lock *lock, struct err *err)
{
	const struct config *config = context->config;
	const char *dir = config_string(config, "global/locking_dir");
	bool wait = !context->no_wait && config_bool(config, "global/wait_for_locks");
	int rc;

	if ((rc = make_lock_dir(dir, err)))
		return rc;
	if (asprintf(&lock->path, "%s/%s", dir, resource) < 0) {
		lock->path = NULL;
		return err_set(err, ENOMEM, "Out of memory for a lock.");
	}
	if (config_bool(config, "global/prioritise_write_locks"))
		rc = lock_with_priority(lock->path, exclusive, wait, &lock->fd, err);
	else
		rc = lock_path(lock->path, (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB),
			       &lock->fd, err);
	if (rc != -EAGAIN)
		return rc;
	if (err)
		err->code = -EBUSY;
	return -EBUSY;
}

int file_lock_take(struct context *context, const char *resource, bool exclusive,
		   struct file_lock **ret_lock, struct err *err)
{
	struct file_lock *lock;
	int rc;

	if (!*resource || strchr(resource, '/'))
		return err_set(err, EINVAL, "Lock name \"%s\" is invalid.", resource);
	if (exclusive && context->options.readonly)
		return err_set(err, EROFS, "Operation prohibited while --readonly is set.");
	if (!(lock = calloc(1, sizeof(*lock))))
		return err_set(err, ENOMEM, "Out of memory for a lock.");
	lock->fd = -1;
	/* As LVM2: --readonly reads without locks. */
	if (!context->options.nolocking && !context->options.readonly &&
	    (rc = take(context, resource, exclusive, lock, err))) {
		free(lock->path); /* nothing is locked */
		free(lock);
		return rc;
	}
	*ret_lock = lock;
	return 0;
}

void file_lock_release(struct file_lock *lock)
{
	if (!lock)
		return;
	if (lock->fd >= 0)
		unlock_path(lock->path, lock->fd);
	free(lock->path);
	free(lock);
}
