/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clvmd/auto_activate.h"
#include "clvmd/fence.h"
#include "clvmd/link.h"
#include "clvmd/log.h"
#include "clvmd/stuck.h"
#include "lib/fd.h"

#define STUCK_SECONDS	5 /* then a job is shown as one that may hang */
#define DESCRIPTION_MAX 700
#define ANSWER_MAX	((size_t)64 << 20)

extern char **environ;

struct worker_job {
	struct worker_job *next;
	struct client_message message; /* data and strings are ours */
	uint64_t since, deadline;      /* when it was asked for, and has to be done; 0: never */
	bool begun;		       /* a worker has it */
	worker_done done;	       /* NULL once answered */
	void *data;
	struct buf parts;
};

struct worker {
	struct worker *next;
	struct daemon *d;
	struct link link;
	pid_t pid;
	struct worker_queue *queue; /* NULL: idle */
	uint64_t idle_since;
};

struct worker_queue {
	struct worker_queue *next;
	char *key;
	struct worker_job *first, **last; /* the first one runs when there is a worker */
	struct worker *worker;
};

struct workers {
	struct daemon *d;
	struct worker *first;
	struct worker_queue *queues;
	size_t worker_count, job_count;
	bool serve_pending;
	bool old_ended; /* those of an earlier daemon */
};

static void serve_queues(struct daemon *d, void *data);

/* ---- jobs ---- */

static void free_job(struct worker_job *job)
{
	free((void *)(uintptr_t)job->message.data);
	buf_free(&job->parts);
	free(job);
}

static void answer(struct daemon *d, struct worker_job *job, const struct worker_answer *what)
{
	worker_done done = job->done;

	job->done = NULL;
	if (done) {
		d->metrics.jobs++;
		d->metrics.jobs_failed += what->rc != 0;
	}
	if (done)
		done(d, job->data, what);
}

static struct worker_queue *find_queue(struct workers *workers, const char *key)
{
	struct worker_queue *queue = workers->queues;

	while (queue && strcmp(queue->key, key) != 0)
		queue = queue->next;
	if (queue)
		return queue;
	queue = must_alloc(sizeof(*queue));
	queue->key = must_strdup(key);
	queue->last = &queue->first;
	queue->next = workers->queues;
	workers->queues = queue;
	return queue;
}

static void free_queue(struct workers *workers, struct worker_queue *queue)
{
	struct worker_queue **at = &workers->queues;

	while (*at != queue)
		at = &(*at)->next;
	*at = queue->next;
	free(queue->key);
	free(queue);
}

/* The first job is over: its worker takes the next one or is idle. */
static void pop_job(struct workers *workers, struct worker_queue *queue)
{
	struct worker_job *job = queue->first;

	queue->first = job->next;
	if (!queue->first)
		queue->last = &queue->first;
	workers->job_count--;
	free_job(job);
	if (queue->worker) {
		queue->worker->queue = NULL;
		queue->worker->idle_since = now_ns();
		queue->worker = NULL;
	}
	if (!queue->first)
		free_queue(workers, queue);
	if (!workers->serve_pending)
		daemon_defer(workers->d, serve_queues, NULL);
	workers->serve_pending = true;
}

/* ---- processes ---- */

static void free_worker(struct workers *workers, struct worker *worker)
{
	struct worker **at = &workers->first;

	while (*at != worker)
		at = &(*at)->next;
	*at = worker->next;
	workers->worker_count--;
	link_close(&worker->link);
	free(worker);
}

static void received(void *owner, const struct client_message *message)
{
	struct worker *worker = owner;
	struct worker_job *job = worker->queue ? worker->queue->first : NULL;
	struct daemon *d = worker->d;

	if (message->type == CLIENT_WORKER_LOG) {
		log_line(message->value <= LOG_DEBUG ? (int)message->value : LOG_INFO, "%s",
			 message->text);
	} else if (message->type == CLIENT_WORKER_PART && job) {
		buf_add(&job->parts, message->data, message->data_length);
	} else if (message->type == CLIENT_WORKER_DONE && job) {
		bool in_parts = job->parts.used > 0;

		answer(d, job,
		       &(struct worker_answer){ .rc = job->parts.failed ? -E2BIG : message->rc,
						.text = message->text,
						.value = message->value,
						.data = in_parts ? job->parts.data : message->data,
						.length = in_parts ? job->parts.used
								   : message->data_length });
		pop_job(d->workers, worker->queue);
	} else {
		link_fail(&worker->link, "a worker sent what it should not");
	}
}

static void closed(void *owner, const char *why)
{
	struct worker *worker = owner;
	struct worker_queue *queue = worker->queue;
	struct daemon *d = worker->d;
	char text[256];

	if (queue) {
		log_line(LOG_ERR, "Worker process %d ended in the middle of its job (%s).",
			 (int)worker->pid, why);
		(void)snprintf(text, sizeof(text),
			       "clvmd's worker process died in the middle of it (%s); see the log "
			       "of that node.",
			       why);
		queue->worker = NULL;
		worker->queue = NULL;
		answer(d, queue->first, &(struct worker_answer){ .rc = -EIO, .text = text });
		pop_job(d->workers, queue);
	}
	free_worker(d->workers, worker);
}

static const struct link_ops worker_link_ops = { .message = received, .closed = closed };

/*
 * The lock tells a later daemon that this process still runs. It belongs to the open file, so the
 * child has it from its first instruction, and until its end.
 */
static int open_worker_lock(void)
{
	int fd = open(WORKER_LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static bool lock_is_free(void)
{
	AUTO_CLOSE int fd = open(WORKER_LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 || !flock(fd, LOCK_EX | LOCK_NB);
}

/* Our own have the lock too: once it was free they are all who can have it. */
bool workers_of_old_daemon_ended(struct daemon *d)
{
	d->workers->old_ended = d->workers->old_ended || lock_is_free();
	return d->workers->old_ended;
}

static int spawn_process(int socket_fd, int lock_fd, pid_t *ret_pid)
{
	char name[] = "clvmd", option[] = "--worker";
	char *argv[] = { name, option, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int rc;

	(void)sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions))
		return ENOMEM;
	if (posix_spawnattr_init(&attributes)) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	rc = posix_spawn_file_actions_adddup2(&actions, socket_fd, WORKER_SOCKET_FD);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, lock_fd, WORKER_LOCK_FD);
	if (!rc)
		rc = posix_spawnattr_setsigmask(&attributes, &none);
	/* A group of its own: who kills the daemon's group does not kill a job half done. */
	if (!rc)
		rc = posix_spawnattr_setflags(&attributes,
					      POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	if (!rc)
		rc = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return rc;
}

/* fds that are not 3 or 4 themselves: adddup2 onto itself would keep close-on-exec. */
static int move_up(int fd)
{
	int higher = fcntl(fd, F_DUPFD_CLOEXEC, 10);

	(void)close(fd);
	return higher;
}

static struct worker *start_worker(struct workers *workers, struct err *err)
{
	AUTO_CLOSE int lock_fd = move_up(open_worker_lock());
	AUTO_CLOSE int theirs = -1;
	struct worker *worker;
	int pair[2], ours, rc;

	if (lock_fd < 0)
		return err_set(err, EIO, "%s cannot be locked", WORKER_LOCK_PATH), NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_set(err, errno, "no socket for a worker: %s", strerror(errno)), NULL;
	ours = move_up(pair[0]);
	theirs = move_up(pair[1]);
	if (ours < 0 || theirs < 0 || fcntl(ours, F_SETFL, O_NONBLOCK)) {
		(void)close(ours);
		return err_set(err, EMFILE, "no socket for a worker"), NULL;
	}
	worker = must_alloc(sizeof(*worker));
	worker->d = workers->d;
	if ((rc = spawn_process(theirs, lock_fd, &worker->pid))) {
		(void)close(ours);
		free(worker);
		return err_set(err, rc, "no worker process: %s", strerror(rc)), NULL;
	}
	if (link_open(workers->d, &worker->link, ours, &worker_link_ops, worker, err)) {
		free(worker); /* the process sees the end of its socket and ends */
		return NULL;
	}
	worker->next = workers->first;
	workers->first = worker;
	workers->worker_count++;
	return worker;
}

/* ---- dispatch ---- */

static struct worker *idle_worker(struct workers *workers)
{
	struct worker *worker = workers->first;

	while (worker && (worker->queue || worker->link.fd < 0))
		worker = worker->next;
	return worker;
}

/* Give the queue's first job to a worker; false when none can be had now. */
static bool serve_queue(struct workers *workers, struct worker_queue *queue)
{
	struct worker *worker = idle_worker(workers);
	struct worker_job *job = queue->first;
	struct err err = { 0 };

	if (!worker && workers->worker_count >= WORKERS_MAX)
		return false;
	if (!worker && !(worker = start_worker(workers, &err))) {
		log_line(LOG_ERR, "Cannot run a job: %s", err.text);
		answer(workers->d, job,
		       &(struct worker_answer){ .rc = err.code, .text = err.text });
		pop_job(workers, queue);
		return true;
	}
	worker->queue = queue;
	queue->worker = worker;
	job->begun = true;
	link_send(&worker->link, &job->message);
	return true;
}

static void serve_queues(struct daemon *d, void *data)
{
	struct workers *workers = d->workers;
	struct worker_queue *next;

	(void)data;
	workers->serve_pending = false;
	/* What is asked for early, such as names for a status, waits: adopt.c sees to it. */
	if (!workers_of_old_daemon_ended(d))
		return;
	for (struct worker_queue *queue = workers->queues; queue; queue = next) {
		next = queue->next;
		if (!queue->worker && !serve_queue(workers, queue))
			return;
	}
}

void worker_submit(struct daemon *d, const char *key, const struct client_message *message,
		   unsigned int seconds, worker_done done, void *data)
{
	struct workers *workers = d->workers;
	struct worker_queue *queue = find_queue(workers, key);
	struct worker_job *job = must_alloc(sizeof(*job));
	void *copy = NULL;

	*job = (struct worker_job){
		.message = *message, .since = now_ns(), .done = done, .data = data
	};
	/* Behind one that is late already there is no point in waiting for long. */
	if (seconds > STUCK_SECONDS && queue->first && queue->first->begun && !queue->first->done)
		seconds = STUCK_SECONDS;
	if (seconds)
		job->deadline = job->since + SECONDS(seconds);
	job->parts.limit = ANSWER_MAX;
	if (message->data_length) {
		copy = must_alloc(message->data_length);
		memcpy(copy, message->data, message->data_length);
	}
	job->message.data = copy;
	*queue->last = job;
	queue->last = &job->next;
	workers->job_count++;
	if (!workers->serve_pending)
		daemon_defer(d, serve_queues, NULL);
	workers->serve_pending = true;
}

/* ---- time ---- */

static uint64_t seconds_of(const struct worker_job *job, uint64_t now)
{
	return (now - job->since) / QB_TIME_NS_IN_SEC;
}

static void describe_current(const struct worker_queue *queue, uint64_t now, char *text,
			     size_t size)
{
	char what[DESCRIPTION_MAX];

	stuck_describe(&queue->first->message, what, sizeof(what));
	(void)snprintf(text, size, "worker process %d has been %s for %" PRIu64 " seconds",
		       queue->worker ? (int)queue->worker->pid : 0, what,
		       seconds_of(queue->first, now));
}

static void job_is_late(struct daemon *d, const struct worker_queue *queue, struct worker_job *job,
			uint64_t now)
{
	char current[DESCRIPTION_MAX + 100], text[DESCRIPTION_MAX + 200];

	if (queue->worker)
		describe_current(queue, now, current, sizeof(current));
	else
		(void)snprintf(current, sizeof(current), "all %d worker processes are busy",
			       WORKERS_MAX);
	(void)snprintf(text, sizeof(text), "not %s in time: %s", job->begun ? "done" : "begun",
		       current);
	log_line(LOG_ERR, "Job of \"%s\" %s.", queue->key, text);
	d->metrics.jobs_late++;
	answer(d, job, &(struct worker_answer){ .rc = -ETIMEDOUT, .text = text });
}

/*
 * What has begun goes on, unanswerable: it cannot be stopped, and later jobs wait for it. What has
 * not is taken out: nobody waits for it any more. (The first one stays, the queue is its.)
 */
static void end_late_jobs(struct daemon *d, struct worker_queue *queue, uint64_t now)
{
	struct worker_job **at = &queue->first, *job;

	while ((job = *at)) {
		if (job->done && job->deadline && now >= job->deadline)
			job_is_late(d, queue, job, now);
		if (job->done || job == queue->first) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		if (!*at)
			queue->last = at;
		d->workers->job_count--;
		free_job(job);
	}
}

void workers_tick(struct daemon *d, uint64_t now)
{
	for (struct worker_queue *queue = d->workers->queues; queue; queue = queue->next)
		end_late_jobs(d, queue, now);
	for (struct worker *worker = d->workers->first, *next; worker; worker = next) {
		next = worker->next;
		if (!worker->queue && !worker->link.close_pending &&
		    now - worker->idle_since > SECONDS(WORKER_IDLE_SECONDS))
			free_worker(d->workers, worker);
	}
}

size_t workers_job_count(const struct daemon *d)
{
	return d->workers->job_count;
}

void workers_reap(struct daemon *d)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (fence_process_ended(d, pid, status) || auto_activate_ended(d, pid, status))
			continue;
		if (WIFSIGNALED(status))
			log_line(LOG_ERR, "Process %d was killed by signal %d.", (int)pid,
				 WTERMSIG(status));
		else if (WEXITSTATUS(status))
			log_line(LOG_WARNING, "Process %d exited with %d.", (int)pid,
				 WEXITSTATUS(status));
	}
}

void workers_print_stuck(const struct daemon *d, char *text, size_t size)
{
	uint64_t now = now_ns();
	size_t used = strlen(text);

	for (const struct worker_queue *queue = d->workers->queues; queue; queue = queue->next) {
		const struct worker_job *job = queue->first;

		if (!queue->worker || !job->deadline || seconds_of(job, now) < STUCK_SECONDS ||
		    used + DESCRIPTION_MAX > size)
			continue;
		if (used && text[used - 1] != '\n')
			text[used++] = '\n';
		describe_current(queue, now, text + used, size - used);
		used += strlen(text + used);
	}
}

void workers_count(const struct daemon *d, struct workers_count *ret_count)
{
	*ret_count = (struct workers_count){ .workers = d->workers->worker_count,
					     .jobs = d->workers->job_count };
	for (const struct worker *worker = d->workers->first; worker; worker = worker->next)
		if (worker->queue) {
			ret_count->busy++;
			ret_count->late += worker->queue->first && !worker->queue->first->done;
		}
}

struct workers *workers_create(struct daemon *d)
{
	struct workers *workers = must_alloc(sizeof(*workers));

	workers->d = d;
	return workers;
}

void workers_destroy(struct workers *workers)
{
	while (workers->queues) {
		struct worker_queue *queue = workers->queues;

		workers->queues = queue->next;
		while (queue->first) {
			struct worker_job *job = queue->first;

			queue->first = job->next;
			free_job(job);
		}
		free(queue->key);
		free(queue);
	}
	while (workers->first)
		free_worker(workers, workers->first);
	free(workers);
}
