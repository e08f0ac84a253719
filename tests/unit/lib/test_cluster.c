/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command's side of the connection to clvmd, against a clvmd that the test plays: it answers
 * from a list that was sent beforehand, for a socket keeps what is not yet read.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cluster_private.h"

struct fixture {
	struct channel daemon;
	struct cluster *cluster;
	struct err err;
};

static void says(struct fixture *f, struct client_message message)
{
	assert_int_equal(channel_send(&f->daemon, &message, &f->err), 0);
}

/* The next request; its strings live until the next call. */
static struct client_message hears(struct fixture *f)
{
	struct client_message message;

	assert_int_equal(channel_receive(&f->daemon, 5000, &message, &f->err), 0);
	return message;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int pair[2];

	assert_non_null(f);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	channel_init(&f->daemon, pair[0]);
	says(f, (struct client_message){ .type = CLIENT_WELCOME,
					 .id = 1,
					 .protocol = CLIENT_PROTOCOL,
					 .node = 1,
					 .node_name = "n1",
					 .cluster_name = "demo",
					 .value = 60 });
	assert_int_equal(cluster_connect_fd(NULL, pair[1], &f->cluster, &f->err), 0);
	assert_int_equal(hears(f).type, CLIENT_HELLO);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	f->cluster->lost = true; /* nobody would answer an unlock */
	cluster_close(f->cluster);
	channel_close(&f->daemon);
	free(f);
	return 0;
}

static void hello_names_the_process_and_learns_the_node(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(cluster_node_name(f->cluster), "n1");
	assert_string_equal(cluster_name(f->cluster), "demo");
	assert_int_equal(f->cluster->lock_timeout, 60);
}

static void a_clvmd_of_another_protocol_is_refused_with_advice(void **state)
{
	struct channel daemon;
	struct cluster *cluster;
	struct err err;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	channel_init(&daemon, pair[0]);
	assert_int_equal(channel_send(&daemon,
				      &(struct client_message){ .type = CLIENT_WELCOME,
								.id = 1,
								.protocol = CLIENT_PROTOCOL + 1 },
				      &err),
			 0);
	assert_int_equal(cluster_connect_fd(NULL, pair[1], &cluster, &err), -EPROTO);
	assert_non_null(strstr(err.text, "restart"));
	channel_close(&daemon);
}

static void without_clvmd_the_text_says_so_and_what_to_do(void **state)
{
	struct cluster *cluster;
	struct err err;

	(void)state;
	assert_int_equal(cluster_connect(NULL, "/nonexistent/clvmd.sock", &cluster, &err),
			 -EHOSTDOWN);
	assert_non_null(strstr(err.text, "clvmd is not running on this node"));
	assert_non_null(strstr(err.text, "start it"));
}

static void a_granted_lock_brings_the_seqno(void **state)
{
	struct fixture *f = *state;
	struct client_message request;
	uint64_t value = 0;

	says(f, (struct client_message){ .type = CLIENT_WAITING, .id = 2, .text = "n2 has it" });
	says(f, (struct client_message){ .type = CLIENT_GRANTED, .id = 2, .value = 12 });
	assert_int_equal(cluster_lock(f->cluster, "V_vg", MODE_EX, &value, &f->err), 0);
	assert_int_equal(value, 12);
	request = hears(f);
	assert_int_equal(request.type, CLIENT_LOCK);
	assert_string_equal(request.resource, "V_vg");
	assert_int_equal(request.mode, MODE_EX);
	assert_true(request.wait);
}

static void a_refused_lock_says_who_has_it(void **state)
{
	struct fixture *f = *state;

	says(f, (struct client_message){ .type = CLIENT_REFUSED,
					 .id = 2,
					 .rc = -EBUSY,
					 .text = "vg lock is held EX by node n2" });
	assert_int_equal(cluster_lock(f->cluster, "V_vg", MODE_EX, NULL, &f->err), -EBUSY);
	assert_string_equal(f->err.text, "vg lock is held EX by node n2");
	assert_int_equal(f->cluster->held_count, 0);
}

static void locks_are_taken_in_one_order(void **state)
{
	struct fixture *f = *state;

	says(f, (struct client_message){ .type = CLIENT_GRANTED, .id = 2 });
	assert_int_equal(cluster_lock(f->cluster, "V_b", MODE_EX, NULL, &f->err), 0);
	assert_int_equal(cluster_lock(f->cluster, "V_a", MODE_EX, NULL, &f->err), -EDEADLK);
	assert_int_equal(cluster_lock(f->cluster, "P_global", MODE_PR, NULL, &f->err), -EDEADLK);
	says(f, (struct client_message){ .type = CLIENT_GRANTED, .id = 3 });
	assert_int_equal(cluster_lock(f->cluster, "V_c", MODE_EX, NULL, &f->err), 0);
}

static void a_late_answer_to_another_request_is_dropped(void **state)
{
	struct fixture *f = *state;
	uint64_t value = 0;

	says(f, (struct client_message){ .type = CLIENT_GRANTED, .id = 99, .value = 1 });
	says(f, (struct client_message){ .type = CLIENT_GRANTED, .id = 2, .value = 2 });
	assert_int_equal(cluster_lock(f->cluster, "V_vg", MODE_EX, &value, &f->err), 0);
	assert_int_equal(value, 2);
}

static void a_clvmd_that_dies_is_an_error_and_stays_one(void **state)
{
	struct fixture *f = *state;

	(void)shutdown(f->daemon.fd, SHUT_RDWR);
	assert_int_equal(cluster_lock(f->cluster, "V_vg", MODE_EX, NULL, &f->err), -EHOSTDOWN);
	assert_int_equal(cluster_unlock(f->cluster, "V_vg", 0, &f->err), -EHOSTDOWN);
}

static void an_answer_that_is_no_message_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send(f->daemon.fd, "nonsense", 8, 0), 8);
	assert_int_equal(cluster_lock(f->cluster, "V_vg", MODE_EX, NULL, &f->err), -EBADMSG);
	assert_int_equal(cluster_lock(f->cluster, "V_vg", MODE_EX, NULL, &f->err), -EHOSTDOWN);
}

static int run(struct fixture *f, enum job_kind kind, struct member_results *results)
{
	struct job job = { .kind = kind, .vg_name = "vg" };

	memset(job.vg_id.text, 'a', UUID_LENGTH);
	return cluster_run(f->cluster, &job, TARGET_ALL_MEMBERS, NULL, results, &f->err);
}

static void every_member_has_a_result_and_every_failure_a_line(void **state)
{
	struct member_results results = { .arena.limit = MEMBER_RESULTS_LIMIT };
	struct fixture *f = *state;

	says(f, (struct client_message){
			.type = CLIENT_RESULT, .id = 2, .node = 1, .node_name = "n1" });
	says(f, (struct client_message){ .type = CLIENT_RESULT,
					 .id = 2,
					 .node = 2,
					 .node_name = "n2",
					 .rc = -EBUSY,
					 .text = "vg/lv is open" });
	says(f, (struct client_message){ .type = CLIENT_RESULT,
					 .id = 2,
					 .node = 3,
					 .node_name = "n3",
					 .rc = -EIO,
					 .text = "" });
	says(f, (struct client_message){ .type = CLIENT_DONE, .id = 2 });
	assert_int_equal(run(f, JOB_DEACTIVATE, &results), -EBUSY);
	assert_int_equal(results.count, 3);
	assert_int_equal(results.items[0].rc, 0);
	assert_string_equal(results.items[1].text, "vg/lv is open");
	assert_string_equal(f->err.text, "Error locking on node n2: vg/lv is open\n"
					 "Error locking on node n3: Input/output error");
	member_results_free(&results);
}

static void many_members_fit(void **state)
{
	struct member_results results = { .arena.limit = MEMBER_RESULTS_LIMIT };
	struct fixture *f = *state;

	for (uint32_t node = 1; node <= 33; node++)
		says(f, (struct client_message){ .type = CLIENT_RESULT, .id = 2, .node = node });
	says(f, (struct client_message){ .type = CLIENT_DONE, .id = 2 });
	assert_int_equal(run(f, JOB_QUERY, &results), 0);
	assert_int_equal(results.count, 33);
	for (uint32_t node = 1; node <= 33; node++)
		assert_int_equal(results.items[node - 1].node, node);
	member_results_free(&results);
}

static void the_phases_of_a_suspend_name_its_run(void **state)
{
	struct member_results results = { .arena.limit = MEMBER_RESULTS_LIMIT };
	struct fixture *f = *state;
	struct client_message request;

	says(f, (struct client_message){ .type = CLIENT_DONE, .id = 2 });
	assert_int_equal(run(f, JOB_SUSPEND, &results), 0);
	assert_int_equal(hears(f).type, CLIENT_RUN);
	says(f, (struct client_message){ .type = CLIENT_DONE, .id = 3 });
	assert_int_equal(cluster_commit(f->cluster, &f->err), 0);
	request = hears(f);
	assert_int_equal(request.type, CLIENT_COMMIT);
	assert_int_equal(request.value, 2);
	says(f, (struct client_message){ .type = CLIENT_DONE, .id = 4 });
	assert_int_equal(cluster_resume(f->cluster, NULL, &f->err), 0);
	assert_int_equal(hears(f).type, CLIENT_RESUME);
	/* closed: there is nothing to abort any more */
	assert_int_equal(cluster_abort(f->cluster, NULL, &f->err), -EINVAL);
	member_results_free(&results);
}

static void holders_come_with_node_and_mode(void **state)
{
	struct lv_holders holders = { .arena.limit = MEMBER_RESULTS_LIMIT };
	struct fixture *f = *state;
	char records[2 * HOLDER_RECORD_SIZE];

	memset(records, 'v', sizeof(records));
	records[0] = MODE_CR;
	records[HOLDER_RECORD_SIZE] = MODE_EX;
	for (uint32_t node = 1; node <= 2; node++)
		says(f, (struct client_message){ .type = CLIENT_HOLDERS_OF,
						 .id = 2,
						 .node = node,
						 .node_name = node == 1 ? "n1" : "n2",
						 .data = records,
						 .data_length = sizeof(records) });
	says(f, (struct client_message){ .type = CLIENT_DONE, .id = 2 });
	assert_int_equal(cluster_lv_holders(f->cluster, &holders, &f->err), 0);
	assert_int_equal(holders.count, 4);
	assert_true(holders.items[0].is_local);
	assert_int_equal(holders.items[1].mode, MODE_EX);
	assert_false(holders.items[2].is_local);
	assert_string_equal(holders.items[3].node_name, "n2");
	lv_holders_free(&holders);
}

static void holder_records_that_are_cut_are_refused(void **state)
{
	struct lv_holders holders = { .arena.limit = MEMBER_RESULTS_LIMIT };
	struct fixture *f = *state;

	says(f, (struct client_message){ .type = CLIENT_HOLDERS_OF,
					 .id = 2,
					 .node = 1,
					 .node_name = "n1",
					 .data = "xyz",
					 .data_length = 3 });
	assert_int_equal(cluster_lv_holders(f->cluster, &holders, &f->err), -EBADMSG);
	lv_holders_free(&holders);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(hello_names_the_process_and_learns_the_node),
		cmocka_unit_test(a_clvmd_of_another_protocol_is_refused_with_advice),
		cmocka_unit_test(without_clvmd_the_text_says_so_and_what_to_do),
		WITH_FIXTURE(a_granted_lock_brings_the_seqno),
		WITH_FIXTURE(a_refused_lock_says_who_has_it),
		WITH_FIXTURE(locks_are_taken_in_one_order),
		WITH_FIXTURE(a_late_answer_to_another_request_is_dropped),
		WITH_FIXTURE(a_clvmd_that_dies_is_an_error_and_stays_one),
		WITH_FIXTURE(an_answer_that_is_no_message_is_an_error),
		WITH_FIXTURE(every_member_has_a_result_and_every_failure_a_line),
		WITH_FIXTURE(many_members_fit),
		WITH_FIXTURE(the_phases_of_a_suspend_name_its_run),
		WITH_FIXTURE(holders_come_with_node_and_mode),
		WITH_FIXTURE(holder_records_that_are_cut_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
