/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who follows the events and does not read: clvmd goes on, and he is told what he missed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clvmd/event.h"
#include "clvmd/log.h"
#include "clvmd/quorum.h"

/* ---- the daemon around it: one client, whose socket is as full as the test says ---- */

static struct client reader;
static bool reader_is_there;
static size_t sent, done;
static char last[EVENT_LINE_MAX], before_last[EVENT_LINE_MAX];

struct client *client_find(struct daemon *d, uint64_t number)
{
	(void)d;
	return reader_is_there && number == reader.number ? &reader : NULL;
}

void client_send(struct client *client, const struct client_message *message)
{
	assert_ptr_equal(client, &reader);
	assert_int_equal(message->type, CLIENT_TEXT);
	sent++;
	memcpy(before_last, last, sizeof(last));
	(void)snprintf(last, sizeof(last), "%s", message->text);
}

void client_done(struct client *client, uint32_t id, int rc, const char *text)
{
	(void)client;
	(void)id;
	(void)rc;
	(void)text;
	done++;
}

void *must_alloc(size_t size)
{
	return calloc(1, size);
}

const char *quorum_votes(const struct quorum *quorum)
{
	(void)quorum;
	return "";
}

void log_watch_errors(void (*watcher)(void *data, const char *text), void *data)
{
	(void)watcher;
	(void)data;
}

static int set_up(void **state)
{
	struct daemon *d = calloc(1, sizeof(*d));

	reader = (struct client){ .d = d, .number = 7, .link.fd = 5 };
	reader_is_there = true;
	sent = done = 0;
	last[0] = before_last[0] = '\0';
	(void)snprintf(d->node_name, sizeof(d->node_name), "n1");
	d->events = events_create(d);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct daemon *d = *state;

	events_destroy(d->events);
	free(d);
	return 0;
}

static void happens(struct daemon *d, const char *vg)
{
	event_add(d, EVENT_COMMIT, 0, event_text("vg", vg), event_number("seqno", 1));
}

static void follow(void)
{
	events_request(&reader,
		       &(struct client_message){ .type = CLIENT_EVENTS, .id = 3, .wait = true });
}

/* ---- tests ---- */

static void who_follows_gets_the_ring_and_what_comes(void **state)
{
	struct daemon *d = *state;

	happens(d, "old");
	follow();
	assert_int_equal(sent, 1);
	assert_non_null(strstr(last, "n1 commit vg=old seqno=1\n"));
	happens(d, "new");
	assert_int_equal(sent, 2);
	assert_non_null(strstr(last, "vg=new"));
	assert_int_equal(done, 0);
}

static void who_does_not_read_is_told_how_many_he_lost(void **state)
{
	struct daemon *d = *state;

	follow();
	happens(d, "seen");
	reader.link.out_bytes = EVENT_QUEUE_MAX;
	for (int i = 0; i < 5; i++)
		happens(d, "lost");
	events_tick(d);
	assert_int_equal(sent, 1);
	assert_int_equal(events_lost(d), 5);
	reader.link.out_bytes = 0;
	happens(d, "again");
	assert_int_equal(sent, 3);
	assert_non_null(strstr(before_last, "n1 lost count=5\n"));
	assert_non_null(strstr(last, "vg=again"));
	happens(d, "more");
	assert_int_equal(sent, 4);
}

static void he_is_told_also_when_nothing_else_happens(void **state)
{
	struct daemon *d = *state;

	follow();
	reader.link.out_bytes = EVENT_QUEUE_MAX;
	happens(d, "lost");
	reader.link.out_bytes = EVENT_QUEUE_MAX - 1;
	events_tick(d);
	assert_int_equal(sent, 1);
	assert_non_null(strstr(last, "lost count=1"));
}

static void who_is_gone_is_forgotten(void **state)
{
	struct daemon *d = *state;

	follow();
	reader_is_there = false;
	happens(d, "unseen");
	reader_is_there = true;
	happens(d, "unseen too");
	assert_int_equal(sent, 0);
	assert_int_equal(events_lost(d), 0);
}

static void so_many_may_follow_and_no_more(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < EVENT_FOLLOWERS_MAX; i++)
		follow();
	assert_int_equal(done, 0);
	follow();
	assert_int_equal(done, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_follows_gets_the_ring_and_what_comes, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(who_does_not_read_is_told_how_many_he_lost, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(he_is_told_also_when_nothing_else_happens, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(who_is_gone_is_forgotten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(so_many_may_follow_and_no_more, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
