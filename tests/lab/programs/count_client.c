/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	count_client COUNTERS LOG REGION REGIONS
 *
 * Runs in a lab node, until it is killed: takes one of the locks V_count0, V_count1, … and reads
 * the lock's counter on the shared disk COUNTERS, EX: and writes it back increased, PR: and reads
 * it again. What it does goes to its region, one of REGIONS, of the shared disk LOG: a block an
 * event, on the disk before the next step is done, so that it outlives the node. Stamps are of
 * the processor's counter, which all nodes of a host have in common. lab/history.py reads it.
 *
 * Ends with 2 when clvmd hangs up: a lock that it has then ends with the process and in no other
 * way (rule 22). An event behind those of an earlier process begins with "start".
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "lib/cluster.h"

#define BLOCK		 4096u /* of a counter */
#define EVENT		 512u
#define COUNTER_COUNT	 2u
#define READER_PER_CENT	 25
#define PAUSE_MAX_MS	 40
#define RETRY_MS	 200
#define LOG_IS_FULL	 3
#define CONTACT_WAS_LOST 2

struct client {
	struct cluster *cluster;
	int counters, log;
	uint64_t next, end; /* bytes of the log */
	char *block;	    /* aligned, of a counter */
	char *event;	    /* aligned */
};

static void fail(const char *what)
{
	(void)fprintf(stderr, "count_client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void pause_ms(unsigned int ms)
{
	const struct timespec time = { .tv_sec = ms / 1000,
				       .tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&time, NULL);
}

static void put_event(struct client *client, const char *what, unsigned int counter,
		      const char *mode, uint64_t value)
{
	if (client->next >= client->end)
		exit(LOG_IS_FULL);
	memset(client->event, 0, EVENT);
	(void)snprintf(client->event, EVENT, "%" PRIu64 " %s %u %s %" PRIu64 "\n",
		       (uint64_t)__rdtsc(), what, counter, mode, value);
	if (pwrite(client->log, client->event, EVENT, (off_t)client->next) != (ssize_t)EVENT)
		fail("writing the log");
	client->next += EVENT;
}

static uint64_t read_counter(struct client *client, unsigned int counter)
{
	if (pread(client->counters, client->block, BLOCK, (off_t)(counter * BLOCK)) !=
	    (ssize_t)BLOCK)
		fail("reading the counter");
	return strtoull(client->block, NULL, 10);
}

static void write_counter(struct client *client, unsigned int counter, uint64_t value)
{
	memset(client->block, 0, BLOCK);
	(void)snprintf(client->block, BLOCK, "%" PRIu64, value);
	if (pwrite(client->counters, client->block, BLOCK, (off_t)(counter * BLOCK)) !=
	    (ssize_t)BLOCK)
		fail("writing the counter");
}

/* What the lock is there to protect. Returns the counter's value. */
static uint64_t use(struct client *client, unsigned int counter, bool is_reader)
{
	const char *mode = is_reader ? "PR" : "EX";
	uint64_t value = read_counter(client, counter);

	put_event(client, "read", counter, mode, value);
	pause_ms((unsigned int)random() % 5);
	if (is_reader) {
		put_event(client, "read", counter, mode, read_counter(client, counter));
		return 0;
	}
	put_event(client, "writing", counter, mode, ++value);
	write_counter(client, counter, value);
	put_event(client, "wrote", counter, mode, value);
	return value;
}

static void turn(struct client *client)
{
	unsigned int counter = (unsigned int)random() % COUNTER_COUNT;
	bool is_reader = random() % 100 < READER_PER_CENT;
	const char *mode = is_reader ? "PR" : "EX";
	struct err err = { 0 };
	char resource[32];
	uint64_t value;

	(void)snprintf(resource, sizeof(resource), "V_count%u", counter);
	put_event(client, "invoke", counter, mode, 0);
	if (cluster_lock(client->cluster, resource, is_reader ? MODE_PR : MODE_EX, &value, &err)) {
		put_event(client, "refused", counter, mode, 0);
		if (err.code == -EHOSTDOWN)
			exit(CONTACT_WAS_LOST);
		pause_ms(RETRY_MS);
		return;
	}
	put_event(client, "granted", counter, mode, value);
	value = use(client, counter, is_reader);
	put_event(client, "release", counter, mode, value);
	if (cluster_unlock(client->cluster, resource, value, &err))
		exit(CONTACT_WAS_LOST);
	pause_ms((unsigned int)random() % PAUSE_MAX_MS);
}

static int open_disk(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	return fd;
}

static bool is_written(struct client *client, uint64_t at)
{
	if (pread(client->log, client->event, EVENT, (off_t)at) != (ssize_t)EVENT)
		fail("reading the log");
	return client->event[0];
}

/* Behind what earlier processes wrote there. */
static void find_region(struct client *client, uint64_t region, uint64_t regions)
{
	uint64_t size, used = 0, count;

	if (ioctl(client->log, BLKGETSIZE64, &size))
		fail("size of the log");
	count = size / regions / EVENT;
	client->next = region * count * EVENT;
	client->end = client->next + count * EVENT;
	while (count > used) {
		uint64_t middle = used + (count - used) / 2;

		if (is_written(client, client->next + middle * EVENT))
			used = middle + 1;
		else
			count = middle;
	}
	client->next += used * EVENT;
}

int main(int argc, char *argv[])
{
	const struct context_options options = { .command_line = "count_client" };
	struct client client = { .cluster = NULL };
	struct context *context;
	struct err err = { 0 };

	if (argc != 5) {
		(void)fprintf(stderr, "count_client COUNTERS LOG REGION REGIONS\n");
		return 1;
	}
	client.counters = open_disk(argv[1]);
	client.log = open_disk(argv[2]);
	if (posix_memalign((void **)&client.block, BLOCK, BLOCK) ||
	    posix_memalign((void **)&client.event, BLOCK, BLOCK))
		fail("memory");
	find_region(&client, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
	srandom((unsigned int)__rdtsc());
	if (context_open(&options, &context, &err) || cluster_get(context, &client.cluster, &err))
		return CONTACT_WAS_LOST;
	put_event(&client, "start", 0, "NL", (uint64_t)getpid());
	for (;;)
		turn(&client);
}
